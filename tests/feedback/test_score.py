"""Scores, their intervals, and when they are not given."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feedback.making import record
from wootric_mcp.feedback.score import SCALES, SurveyType, category, percent, score, score_of_counts

TYPES: list[SurveyType] = ["nps", "csat5", "csat10", "ces7"]
SCORES = st.one_of(st.none(), st.integers(-3, 13))


@pytest.mark.parametrize(
    ("survey_type", "parts"),
    [
        ("nps", {0: "detractor", 6: "detractor", 7: "passive", 8: "passive", 9: "promoter", 10: "promoter"}),
        (
            "csat5",
            {1: "detractor", 2: "detractor", 3: "passive", 4: "promoter", 5: "promoter", 0: None, 6: None},
        ),
        ("csat10", {0: None, 1: "detractor", 6: "detractor", 7: "passive", 9: "promoter"}),
        (
            "ces7",
            {0: None, 3: "detractor", 4: "passive", 5: "passive", 6: "promoter", 7: "promoter", 8: None},
        ),
    ],
)
def test_a_score_lies_in_the_part_that_its_survey_gives_it(survey_type: SurveyType, parts: dict) -> None:
    assert {given: category(given, survey_type) for given in parts} == parts
    assert category(None, survey_type) is None


def test_nps_of_a_known_sample() -> None:
    found = score_of_counts(Counter({10: 50, 8: 30, 2: 20, 11: 2, None: 3}), "nps")
    assert (found.n, found.promoters, found.passives, found.detractors) == (100, 50, 30, 20)
    assert (found.unscored, found.out_of_range) == (3, 2)
    assert found.value == 30
    # 100 ((q'-d')/n' ± 1.96 sqrt(v/n')) with q' = 50.75, d' = 20.75, n' = 103
    assert found.low == pytest.approx(14.05, abs=0.01)
    assert found.high == pytest.approx(44.20, abs=0.01)
    assert found.margin == pytest.approx(15.08, abs=0.01)
    assert found.figure == "NPS 30 ± 15, n = 100"
    assert found.parts == "50 promoters (50 %), 30 passives (30 %), 20 detractors (20 %)"


def test_csat_is_the_positive_share_with_wilsons_interval() -> None:
    found = score_of_counts(Counter({5: 60, 4: 20, 3: 10, 1: 10}), "csat5")
    assert found.value == 80
    assert (found.low, found.high) == (pytest.approx(71.11, abs=0.01), pytest.approx(86.66, abs=0.01))
    assert found.figure == "CSAT 80 % ± 8, n = 100"
    assert "80 positive (80 %)" in found.parts


def test_ces_is_the_mean_with_its_interval() -> None:
    found = score_of_counts(Counter({7: 10, 5: 20, 3: 10}), "ces7")
    assert found.value == 5
    assert found.high == pytest.approx(5 + 1.96 * math.sqrt(80 / 39 / 40), abs=0.001)
    assert found.figure == "CES 5.0 ± 0.4, n = 40"


def test_few_answers_are_indicative_and_very_few_give_no_figure() -> None:
    few = score([record(number, score=10 * (number % 2)) for number in range(10)], "nps")
    assert few.is_indicative and few.figure.endswith("n = 10, indicative only")
    four = score([record(number, score=10) for number in range(4)], "nps")
    assert four.value is four.margin is four.low is None
    assert four.figure == "no NPS (too few), n = 4"
    assert four.parts == "4 promoters, 0 passives, 0 detractors"


def test_a_share_is_never_rounded_to_nothing_or_everything() -> None:
    parts = [(0, 5), (1, 1000), (999, 1000), (5, 5), (1, 4), (0, 0)]
    assert [percent(*part) for part in parts] == ["0 %", "<1 %", ">99 %", "100 %", "25 %", "0 %"]


def test_a_tiny_negative_value_shows_no_minus_zero() -> None:
    assert score_of_counts(Counter({10: 499, 8: 1000, 0: 500}), "nps").short == "NPS 0 ± 3"


@given(st.lists(SCORES, max_size=80), st.sampled_from(TYPES))
def test_parts_add_up_to_what_is_scored(scores: list[int | None], survey_type: SurveyType) -> None:
    found = score([record(number, score=given) for number, given in enumerate(scores)], survey_type)
    assert found.promoters + found.passives + found.detractors == found.n
    assert found.n + found.unscored + found.out_of_range == len(scores)
    if found.value is None:
        assert found.n < 5
        return
    scale = SCALES[survey_type]
    least, most = {"NPS": (-100, 100), "CSAT": (0, 100), "CES": (1, 7)}[scale.name]
    assert found.low is not None and found.high is not None
    assert least <= found.low <= found.value + 1e-9 or survey_type == "nps"
    assert least <= found.low <= found.high <= most
    if survey_type == "nps":
        assert found.value == pytest.approx(100 * (found.promoters - found.detractors) / found.n)


@given(st.lists(SCORES, max_size=60), st.randoms())
def test_order_and_chunks_do_not_matter(scores: list[int | None], rnd: random.Random) -> None:
    whole = score_of_counts(Counter(scores), "nps")
    cut = rnd.randint(0, len(scores))
    rnd.shuffle(scores)
    assert score_of_counts(Counter(scores[:cut]) + Counter(scores[cut:]), "nps") == whole


@pytest.mark.parametrize(("promoter", "detractor"), [(0.5, 0.2), (0.3, 0.5), (0.8, 0.05)])
def test_the_interval_covers_the_truth_at_thirty_answers(promoter: float, detractor: float) -> None:
    rnd = random.Random(7)
    truth = 100 * (promoter - detractor)
    hits = 0
    for _ in range(2_000):
        counts = Counter(rnd.choices([10, 8, 0], [promoter, 1 - promoter - detractor, detractor], k=30))
        found = score_of_counts(counts, "nps")
        assert found.low is not None and found.high is not None
        hits += found.low <= truth <= found.high
    assert 0.93 <= hits / 2_000 <= 0.985


@pytest.mark.parametrize(
    ("counts", "survey_type", "short"),
    [
        ({0: 5}, "nps", "NPS -100 (-100 to -17)"),
        ({10: 32, 0: 8}, "nps", "NPS 60 (32 to 80)"),
        ({10: 50, 8: 20, 0: 30}, "nps", "NPS 20 ± 17"),
        ({5: 20}, "csat5", "CSAT 100 % (84 to 100)"),
        ({7: 9, 5: 1}, "ces7", "CES 6.8 (6.4 to 7.0)"),
        ({7: 8}, "ces7", "CES 7.0 ± 0.0"),
    ],
)
def test_a_lopsided_interval_is_told_by_its_ends(counts, survey_type, short: str) -> None:
    assert score_of_counts(Counter(counts), survey_type).short == short
