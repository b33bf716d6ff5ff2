"""Differences of scores: their intervals cover the truth, verdicts are careful, a change adds up."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.feedback.change import (
    Difference,
    Sample,
    difference,
    judged,
    sample,
    share_chance,
    share_change,
    split,
)
from wootric_mcp.feedback.score import SurveyType, score_of_counts

TYPES: list[SurveyType] = ["nps", "csat5", "csat10", "ces7"]
COUNTS = st.dictionaries(st.integers(0, 10), st.integers(1, 40), max_size=11).map(Counter)
ODDS = [(p / 20, d / 20) for p, d in product((1, 3, 6, 10, 14, 18), repeat=2) if p + d <= 19]
"""Shares of promoters and detractors."""


def nps(promoters: int, passives: int, detractors: int) -> Sample:
    return sample(Counter({10: promoters, 8: passives, 0: detractors}), "nps")


def outcomes(n: int, promoter: float, detractor: float) -> Iterator[tuple[tuple[int, int], float]]:
    """How many promoters and detractors there may be among n, and how probable that is."""
    passive = 1 - promoter - detractor
    for up in range(n + 1):
        for down in range(n - up + 1):
            chance = math.comb(n, up) * math.comb(n - up, down)
            yield (up, down), chance * promoter**up * detractor**down * passive ** (n - up - down)


@cache
def of_thirty(up: int, down: int) -> Sample:
    return nps(up, 30 - up - down, down)


def test_the_interval_of_nps_at_thirty_covers_the_truth_wherever_it_is() -> None:
    covered = []
    for promoter, detractor in product((p / 20 for p in range(1, 19)), repeat=2):
        if promoter + detractor > 0.96:
            continue
        truth, hits = 100 * (promoter - detractor), 0.0
        for (up, down), chance in outcomes(30, promoter, detractor):
            hits += chance * (of_thirty(up, down).low <= truth <= of_thirty(up, down).high)
        covered.append(hits)
    assert min(covered) >= 0.92
    assert 0.94 <= sum(covered) / len(covered) <= 0.98


def test_the_interval_of_a_difference_of_two_thirties_covers_it_too() -> None:
    pairs = random.Random(1).sample(list(product(ODDS, repeat=2)), 30)
    pairs += [((0.05, 0.9), (0.9, 0.05)), ((0.5, 0.2), (0.5, 0.2))]
    covered = []
    for one, other in pairs:
        truth = 100 * (other[0] - other[1] - one[0] + one[1])
        before = [(of_thirty(*found), chance) for found, chance in outcomes(30, *one) if chance > 1e-4]
        after = [(of_thirty(*found), chance) for found, chance in outcomes(30, *other) if chance > 1e-4]
        hits = total = 0.0
        for (first, chance), (second, other_chance) in product(before, after):
            found = difference(first, second)
            assert found.low is not None and found.high is not None
            total += chance * other_chance
            hits += chance * other_chance * (found.low <= truth <= found.high)
        covered.append(hits / total)
    assert min(covered) >= 0.92
    assert 0.94 <= sum(covered) / len(covered) <= 0.98


@pytest.mark.parametrize("survey_type", ["csat5", "ces7"])
def test_so_do_those_of_other_surveys(survey_type: SurveyType) -> None:
    rnd = random.Random(3)
    scale = range(1, 6 if survey_type == "csat5" else 8)
    covered = []
    for _ in range(12):
        odds = [[rnd.random() + 0.1 for _ in scale] for _ in range(2)]
        truths = []
        for each in odds:
            worth = [100 * (given >= 4) if survey_type == "csat5" else given for given in scale]
            truths.append(sum(map(math.prod, zip(each, worth, strict=True))) / sum(each))
        hits = 0
        for _ in range(400):
            first, second = (sample(Counter(rnd.choices(scale, each, k=30)), survey_type) for each in odds)
            found = difference(first, second)
            assert found.low is not None and found.high is not None
            hits += found.low <= truths[1] - truths[0] <= found.high
        covered.append(hits / 400)
    assert min(covered) >= 0.92
    assert 0.94 <= sum(covered) / len(covered) <= 0.98


def test_a_difference_of_a_known_sample() -> None:
    found = difference(nps(50, 30, 20), nps(40, 30, 30))
    # NPS 30 (14.05 to 44.20) and 10 (-6.55 to 25.97), each as in `score`
    before, after = (
        score_of_counts(Counter(each), "nps") for each in ({10: 50, 8: 30, 0: 20}, {10: 40, 8: 30, 0: 30})
    )
    assert before.low is not None and before.high is not None
    assert after.low is not None and after.high is not None
    assert found.value == pytest.approx(-20)
    assert found.low == pytest.approx(-20 - math.hypot(10 - after.low, before.high - 30))
    assert found.high == pytest.approx(-20 + math.hypot(after.high - 10, 30 - before.low))


@given(COUNTS, COUNTS, st.sampled_from(TYPES))
def test_a_difference_turned_round_changes_its_sign_only(
    one: Counter[int | None], other: Counter[int | None], survey_type: SurveyType
) -> None:
    there = difference(sample(one, survey_type), sample(other, survey_type))
    back = difference(sample(other, survey_type), sample(one, survey_type))
    if there.value is None or there.low is None or there.high is None:
        assert back.value is None and min(there.n, back.n) < 5
        return
    assert back.value == pytest.approx(-there.value)
    assert back.low == pytest.approx(-there.high)
    assert back.high == pytest.approx(-there.low)
    assert back.p == pytest.approx(there.p)
    assert there.low <= there.value <= there.high
    # One test alone is called real just if its interval has no zero.
    (alone,) = judged([there], survey_type)
    assert (alone.verdict == "real") == (there.low > 0 or there.high < 0)
    assert (alone.needed is not None) == (alone.verdict == "unclear")


def test_fewer_than_five_answers_are_not_compared() -> None:
    (found,) = judged([difference(nps(2, 1, 1), nps(100, 50, 50))], "nps")
    assert (found.value, found.p, found.verdict) == (None, None, "too few")


@pytest.mark.parametrize(("worse", "then"), [(7, "real"), (2, "real"), (1, "level"), (0, "level")])
def test_too_few_answers_to_say_come_with_how_many_more_would_tell(worse: int, then: str) -> None:
    parts = (25, 15, 10), (25 - worse, 15, 10 + worse)
    (found,) = judged([difference(*(nps(*each) for each in parts))], "nps")
    assert found.verdict == "unclear" and found.needed
    grown = 1 + found.needed / 50
    enough = [nps(*(round(1.1 * grown * part) for part in each)) for each in parts]
    assert judged([difference(*enough)], "nps")[0].verdict == then
    less = [nps(*(round(0.8 * grown * part) for part in each)) for each in parts]
    assert judged([difference(*less)], "nps")[0].verdict == "unclear"


def test_of_many_answers_without_a_difference_there_is_none_to_be_seen() -> None:
    (found,) = judged([difference(nps(500, 300, 200), nps(498, 301, 201))], "nps")
    assert (found.verdict, found.needed) == ("level", None)


def test_among_many_tests_one_that_is_barely_significant_may_be_chance() -> None:
    barely = difference(nps(50, 30, 20), nps(38, 30, 32))
    assert barely.p and 0.01 < barely.p < 0.05
    assert judged([barely], "nps")[0].verdict == "real"
    same = difference(nps(500, 300, 200), nps(500, 300, 200))
    clear = difference(nps(500, 300, 200), nps(200, 300, 500))
    found = judged([barely, clear, *[same] * 20], "nps")
    assert [each.verdict for each in found[:3]] == ["chance", "real", "level"]


def test_hardly_any_report_on_what_did_not_change_calls_a_difference_real() -> None:
    rnd = random.Random(5)

    def week() -> Sample:
        return sample(Counter(rnd.choices([10, 8, 0], [0.5, 0.3, 0.2], k=120)), "nps")

    reports = [judged([difference(week(), week()) for _ in range(20)], "nps") for _ in range(200)]
    assert sum(any(each.verdict == "real" for each in report) for report in reports) <= 20


def test_a_mean_of_equal_scores_is_not_taken_for_certain() -> None:
    found = difference(sample(Counter({7: 5}), "ces7"), sample(Counter({6: 5}), "ces7"))
    assert found.low is not None and found.high is not None
    assert found.low < -1 < found.high


GROUPS = st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=8)


@given(GROUPS, st.sampled_from(TYPES))
def test_mix_and_rate_add_up_to_the_change(
    groups: list[tuple[Counter[int | None], Counter[int | None]]], survey_type: SurveyType
) -> None:
    pairs = [(sample(before, survey_type), sample(after, survey_type)) for before, after in groups]
    whole = [sample(sum((pair[side] for pair in groups), Counter()), survey_type) for side in (0, 1)]
    found = split(pairs)
    if found is None:
        assert 0 in (whole[0].n, whole[1].n)
        return
    rate = sum(each.rate for each in found.groups)
    assert found.mix + rate == pytest.approx(whole[1].value - whole[0].value, abs=1e-9)
    if min(whole[0].n, whole[1].n) < 5:
        assert found.rate.value is None
    else:
        assert found.rate.value == pytest.approx(rate, abs=1e-9)


@given(GROUPS, st.randoms())
def test_the_order_of_the_groups_does_not_matter(
    groups: list[tuple[Counter[int | None], Counter[int | None]]], rnd: random.Random
) -> None:
    pairs = [(sample(before, "nps"), sample(after, "nps")) for before, after in groups]
    found = split(pairs)
    order = list(range(len(pairs)))
    rnd.shuffle(order)
    mixed = split([pairs[place] for place in order])
    if found is None or mixed is None:
        assert found is mixed
        return
    for place, each in zip(order, mixed.groups, strict=True):
        assert each.mix == pytest.approx(found.groups[place].mix, abs=1e-9)
        assert each.rate == pytest.approx(found.groups[place].rate, abs=1e-9)
    assert mixed.is_reversal == found.is_reversal


def test_a_group_that_only_one_side_has_is_all_mix() -> None:
    found = split([(nps(50, 30, 20), nps(50, 30, 20)), (nps(0, 0, 0), nps(0, 0, 100))])
    assert found
    assert [each.rate for each in found.groups] == [0, 0]
    assert found.mix == pytest.approx(-35 - 30)


def test_groups_that_all_rise_while_the_whole_falls_are_a_reversal() -> None:
    fond, cool = (nps(80, 10, 10), nps(17, 2, 1)), (nps(3, 10, 7), nps(20, 50, 30))
    found = split([fond, cool])
    assert found and found.is_reversal
    assert found.mix < 0 < sum(each.rate for each in found.groups)
    (rate,) = judged([found.rate], "nps")
    assert isinstance(rate, Difference) and rate.verdict != "real"
    assert split([fond, (nps(3, 10, 7), nps(5, 50, 45))]) != found
    assert not split([fond, (nps(3, 10, 7), nps(5, 50, 45))]).is_reversal  # type: ignore[union-attr]


def test_chance_of_a_share_is_that_of_fishers_exact_test_with_the_found_counted_half() -> None:
    # The lady tasting tea: of 70 ways to choose four cups, 16 + 16 are as likely as three right, 2 rarer.
    assert share_change((3, 4), (1, 4)).p is None  # too few for a figure
    assert share_change((6, 8), (2, 8)).p == pytest.approx((2 * (8 * 8 + 1) + 28 * 28) / 12_870)


SHARES = st.integers(0, 60).flatmap(lambda part: st.tuples(st.just(part), st.integers(max(part, 5), 90)))


COUNTED = st.integers(0, 700).flatmap(lambda part: st.tuples(st.just(part), st.integers(part, 900)))


@given(COUNTED, COUNTED)
def test_the_chance_of_a_share_alone_is_that_of_its_change(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    assert share_chance(before, after) == share_change(before, after).p


@given(SHARES, SHARES)
def test_a_change_of_a_share_back_is_its_opposite(before: tuple[int, int], after: tuple[int, int]) -> None:
    there, back = share_change(before, after), share_change(after, before)
    assert there.value == pytest.approx(100 * (after[0] / after[1] - before[0] / before[1]))
    assert there.value == pytest.approx(-(back.value or 0.0))
    assert there.p == pytest.approx(back.p) and 0 <= (there.p or 0) <= 1
    assert (there.low, there.high) == (pytest.approx(-(back.high or 0.0)), pytest.approx(-(back.low or 0.0)))


def binomial(n: int, share: float) -> list[float]:
    return [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_equal_shares_are_told_apart_in_five_of_a_hundred_at_most(share: float) -> None:
    n, m = 60, 90
    wrong = sum(
        one * other
        for before, one in enumerate(binomial(n, share))
        for after, other in enumerate(binomial(m, share))
        if one * other > 1e-7 and (share_chance((before, n), (after, m)) or 0) <= 0.05
    )
    assert wrong <= 0.055


def test_shares_of_very_many_have_a_chance_too() -> None:
    found = share_change((9_000, 90_000), (11_000, 100_000))
    assert found.p is not None and found.p < 1e-6
    assert 0 < (share_change((0, 5_000), (900, 90_000)).p or 0) < 1e-9


def test_shares_are_judged_together_with_scores() -> None:
    barely = share_change((20, 200), (34, 200))
    assert barely.p and 0.02 < barely.p < 0.05
    assert judged([], "nps", [barely])[0].verdict == "real"
    same = difference(nps(500, 500, 500), nps(500, 500, 500))
    found = judged([same] * 3, "nps", [barely])
    assert [each.verdict for each in found] == ["level"] * 3 + ["chance"]
