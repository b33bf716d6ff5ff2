"""A score analysed: over time, by a property, against another period; and how that is written down."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import bpe_openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import BERLIN, NOW, RECEIPT, RECORDS, Passing, record, shuffled
from tests.feedback.test_report import outside, steady, tokens
from wootric_mcp.feedback.analysis import Analysis, analyze
from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.feedback.filling import compact
from wootric_mcp.feedback.interval import Interval, stretches
from wootric_mcp.feedback.period import previous, resolve_period
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.report_analysis import analysis_as_data, analysis_as_text
from wootric_mcp.feedback.selection import Selection

ENCODING = bpe_openai.get_encoding("o200k_base")
BEFORE = Receipt(previous(RECEIPT.period), NOW)


def receipt_of(period: str) -> Receipt:
    return Receipt(resolve_period(period, NOW, BERLIN, "Europe/Berlin"), NOW)


def answers(first: int, **parts: tuple[int, int, int]) -> list[FeedbackRecord]:
    """Promoters, passives and detractors of each plan, each by another person."""
    scores = [
        (plan, score)
        for plan, counts in parts.items()
        for score, n in zip((10, 8, 0), counts, strict=True)
        for _ in range(n)
    ]
    return [
        record(first + number, "", score, properties={"plan": plan} if plan != "none" else {})
        for number, (plan, score) in enumerate(scores)
    ]


def text_of(found: Analysis, budget: int = 1_500) -> str:
    return analysis_as_text(found, fence=steady, budget=budget)


def test_a_period_alone_has_its_score_distribution_and_receipt() -> None:
    records = [*answers(1, Team=(20, 10, 10)), record(900, "", 10, excluded=True), record(901, "", 44)]
    records += [record(902, "", None), record(903, "a word", None)]
    found = analyze(records, receipt=RECEIPT)
    text, data = text_of(found), analysis_as_data(found)
    assert text.startswith(
        "NPS 25 (-1 to 48), n = 40: 20 promoters (50 %), 10 passives (25 %), 10 detractors (25 %).\n"
        "Period: 2026-11-09 to 2026-11-15 (Europe/Berlin), as of 2026-11-18 16:30. "
        "43 responses; 1 excluded one left out.\n"
        "1 score outside 0 to 10 is not counted. 2 responses have no score.\n"
        "Scores from 0 to 10: 10, 0, 0, 0, 0, 0, 0, 0, 10, 0, 20.\n"
    )
    assert text.endswith('Next: summarize_feedback(period="last_week")')
    assert data["score"]["value"] == 25 and data["distribution"] == [10, *[0] * 7, 10, 0, 20]
    assert data["untrusted"] == {}
    assert data["summary"].endswith("1 score outside 0 to 10 is not counted. 2 responses have no score.")


def test_groups_are_told_against_all_others_the_largest_first() -> None:
    records = answers(1, Pro=(20, 10, 70), Team=(70, 40, 40), none=(2, 1, 1))
    found = analyze(records, receipt=RECEIPT, group_by="PLAN")
    assert [(group.name, group.score.n) for group in found.groups] == [("Team", 150), ("Pro", 100), (None, 4)]
    team, pro, none = found.groups
    assert team.difference.verdict == pro.difference.verdict == "real"
    assert none.difference.verdict == "too few"
    text, data = text_of(found), analysis_as_data(found)
    assert "By PLAN (as it was when they answered; share of responses): score, against all others:" in text
    assert re.search(
        r"^Pro: NPS -50 \(-64 to -33\), n = 100 \(39 %\); -70\.1 \(.+\), more than chance$",
        text,
        re.MULTILINE,
    )
    assert "(none): no NPS (too few), n = 4 (2 %); too few answers to compare" in text
    assert data["untrusted"]["groups"] == ["Team", "Pro", None]
    assert len(data["groups"]["columns"]) == len(data["groups"]["rows"][0])
    assert "Verdicts allow for 2 tests." in text


def test_values_that_differ_in_case_or_space_around_them_are_one_group() -> None:
    records = answers(1, **{"Team": (5, 0, 0), "team ": (0, 0, 5)})
    (group,) = analyze(records, receipt=RECEIPT, group_by="plan").groups
    assert (group.name, group.score.n) == ("Team", 10)


def test_small_groups_are_told_together_and_no_response_is_lost() -> None:
    records = answers(1, **{f"p{number:02}": (number, 0, 2) for number in range(40)})
    found = analyze(records, receipt=RECEIPT, group_by="plan")
    assert sum(group.score.n for group in found.groups) == len(records)
    assert found.groups[-1].groups == 28 and found.groups[-1].name is None
    assert "28 smaller groups: NPS" in text_of(found)
    data = analysis_as_data(found, budget=8_000)
    assert data["untrusted"]["groups"][-1] == 28


def test_a_change_is_told_with_its_interval_verdict_and_what_it_consists_of() -> None:
    before, after = (
        answers(1, A=(240, 120, 40), B=(40, 100, 160)),
        answers(1_000, A=(124, 56, 20), B=(56, 150, 244)),
    )
    found = analyze(after, receipt=RECEIPT, earlier=(before, BEFORE), group_by="plan")
    assert found.compared and found.compared.split
    assert found.compared.difference.verdict == "real"
    assert found.compared.split.mix < -13
    assert found.compared.split.rate.verdict == "level"
    assert found.compared.split.mix + (found.compared.split.rate.value or 0) == pytest.approx(
        (found.score.value or 0) - (found.compared.score.value or 0)
    )
    text, data = text_of(found), analysis_as_data(found)
    assert "Period: 2026-11-02 to 2026-11-08 (Europe/Berlin)" in text
    assert re.search(r"^Change: -2\d\.\d \(-.+ to -.+\), more than chance\.$", text, re.MULTILINE)
    assert re.search(r"^Of it -2\d\.\d is mix .+, no difference to be seen\.$", text, re.MULTILINE)
    assert data["compared"]["change"]["verdict"] == "more than chance"
    assert data["compared"]["mix"] == round(found.compared.split.mix, 1)
    assert len(data["groups"]["columns"]) == len(data["groups"]["rows"][0])
    assert "they do not tell causes" in text and "they do not tell causes" in data["summary"]


@pytest.mark.parametrize(("times", "is_told"), [(1, False), (4, True)])
def test_groups_that_all_rise_while_the_whole_falls_are_pointed_out_if_together_they_do_by_more_than_chance(
    times: int, is_told: bool
) -> None:
    fond, cool = ((160, 20, 20), (34, 4, 2)), ((6, 20, 14), (40, 100, 60))
    sides = [
        answers(
            first, **{plan: tuple(times * n for n in each[side]) for plan, each in (("A", fond), ("B", cool))}
        )
        for side, first in enumerate((1, 10_000))
    ]
    found = analyze(sides[1], receipt=RECEIPT, earlier=(sides[0], BEFORE), group_by="plan")
    assert found.compared and found.compared.split
    assert found.compared.difference.verdict == "real" and found.compared.split.is_reversal
    told = "Reversal: the whole fell though each group rose. Judge by the groups."
    assert (told in text_of(found)) == is_told
    assert ("reversal" in analysis_as_data(found)["compared"]) == is_told


def test_groups_that_rise_by_a_hair_are_no_reversal() -> None:
    before, after = answers(1, A=(500, 300, 200), B=(500, 300, 200)), answers(9_000, A=(501, 300, 199))
    after += answers(12_000, B=(505, 300, 203))
    same = analyze(after, receipt=RECEIPT, earlier=(before, BEFORE), group_by="plan")
    assert "Reversal" not in text_of(same)


def test_too_few_answers_say_how_many_more_would_tell() -> None:
    found = analyze(
        answers(1, A=(25, 15, 10)), receipt=RECEIPT, earlier=(answers(99, A=(20, 15, 15)), BEFORE)
    )
    text, data = text_of(found), analysis_as_data(found)
    needed = data["compared"]["change"]["more_needed"]
    assert f"too few answers to say; about {needed} more would be needed." in text
    assert "with a property of list_segments as group_by" in text


@pytest.mark.parametrize("changed", [(10, 5, 5), (1, 2, 17)], ids=["alone", "beside one that is real"])
def test_as_many_more_answers_as_are_said_to_be_needed_make_a_change_more_than_chance(
    changed: tuple[int, int, int],
) -> None:
    same = {f"p{number:02}": (10, 5, 5) for number in range(10)}

    def told(grown: float) -> str:
        """What is told of the change of the plan A, with so many times the answers."""
        sides = [
            answers(first, **{plan: tuple(math.ceil(grown * n) for n in each) for plan, each in side.items()})
            for first, side in (
                (1, {**same, "A": (10, 5, 5), "B": (10, 5, 5)}),
                (9_000, {**same, "A": (6, 5, 9), "B": changed}),
            )
        ]
        found = analyze(sides[1], receipt=RECEIPT, earlier=(sides[0], BEFORE), group_by="plan")
        assert found.tests == 12
        return next(line for line in text_of(found, 4_000).splitlines() if line.startswith("A: "))

    assert (needed := re.search(r"too few answers to say; about (\d+) more would be needed", told(1)))
    assert ", more than chance; " in told(1 + int(needed[1]) / 20)
    assert ", more than chance; " not in told(1 + int(needed[1]) / 20 / 2)


def test_people_who_answer_again_count_once_in_margins() -> None:
    once = answers(1, A=(50, 30, 20))
    again = [record(1_000 + one.id, "", one.score, end_user_id=one.end_user_id) for one in once]
    single, double = analyze(once, receipt=RECEIPT), analyze(once + again, receipt=RECEIPT)
    assert (double.score.value, double.score.n, double.repeats) == (single.score.value, 200, 100)
    assert double.score.margin == pytest.approx(single.score.margin)
    assert (
        "100 responses by people who had answered already: margins and verdicts count them once."
        in text_of(double)
    )
    both = analyze(once, receipt=RECEIPT, earlier=(again, BEFORE))
    assert "Answered in both periods: 100 known respondents." in text_of(both)
    nobody = [record(1_000 + one.id, "", one.score, end_user_id=None) for one in once]
    assert analyze(once + nobody, receipt=RECEIPT).repeats == 0


def test_weeks_are_named_and_unfinished_or_cut_ones_are_not_compared() -> None:
    receipt = receipt_of("2026-10-28..2026-11-18")
    records = [
        record(number, "", (10, 8, 0)[number % 3], created_at=NOW - timedelta(hours=number))
        for number in range(22 * 24)
    ]
    found = analyze(records, receipt=receipt, interval="week")
    assert [(step.stretch.name, step.stretch.state) for step in found.steps] == [
        ("2026-W44", "cut"),
        ("2026-W45", ""),
        ("2026-W46", ""),
        ("2026-W47", "unfinished"),
    ]
    assert [step.difference is None for step in found.steps] == [True, True, False, True]
    assert sum(step.score.n for step in found.steps) == found.score.n
    text, data = text_of(found), analysis_as_data(found)
    assert "2026-W44, only partly in the period: NPS" in text and "2026-W47, unfinished: NPS" in text
    assert [row[0] for row in data["over_time"]["rows"]] == [f"2026-W{week}" for week in range(44, 48)]
    assert len(data["over_time"]["columns"]) == len(data["over_time"]["rows"][0])


@pytest.mark.parametrize(
    ("interval", "names"),
    [
        ("day", ["2026-09-30", "2026-10-01", "2026-10-02"]),
        ("week", ["2026-W40"]),
        ("month", ["2026-09", "2026-10"]),
        ("quarter", ["2026-Q3", "2026-Q4"]),
    ],
)
def test_a_stretch_can_be_asked_for_by_its_name(interval: Interval, names: list[str]) -> None:
    period = resolve_period("2026", NOW, BERLIN, "Europe/Berlin")
    first, last = datetime(2026, 9, 30, tzinfo=UTC).date(), datetime(2026, 10, 2, tzinfo=UTC).date()
    found = list(stretches(interval, period, first, last, NOW.date()))
    assert [stretch.name for stretch in found] == names
    for stretch in found:
        again = resolve_period(stretch.name, NOW, BERLIN, "Europe/Berlin")
        assert (again.first, again.last) == (stretch.first, stretch.last)


def test_a_property_that_nobody_has_is_answered_with_those_that_occur() -> None:
    records = answers(1, Team=(20, 10, 10))
    asked: dict[str, Any]
    for asked in ({"group_by": "planet"}, {"selection": Selection(where={"planet": "x"})}):
        found = analyze(records, receipt=RECEIPT, shown=str.upper, **asked)
        assert found.property_names == ("PLAN",) and not found.groups
        text, data = text_of(found), analysis_as_data(found)
        assert "Nobody has the property asked for." in text and "Nobody" in data["summary"]
        assert data["untrusted"]["property_names"] == ["PLAN"]
        assert text.endswith('Next: analyze_nps(period="last_week") with a property that occurs')


def test_an_empty_period_says_so_and_names_a_longer_one() -> None:
    found = analyze([], receipt=RECEIPT, earlier=([], BEFORE), group_by="plan", interval="day")
    text = text_of(found)
    assert text.startswith("No NPS: nobody scored.") and "too few answers to compare" in text
    assert text.endswith('Next: analyze_nps(period="last 30 days", group_by="plan")')


def test_other_surveys_are_compared_in_their_own_points() -> None:
    def given(first: int, counts: dict[int, int]) -> list[FeedbackRecord]:
        scores = [score for score, times in counts.items() for _ in range(times)]
        return [record(first + number, "", score) for number, score in enumerate(scores)]

    ces = analyze(
        given(1, {7: 50, 3: 50}),
        receipt=RECEIPT,
        earlier=(given(999, {7: 80, 3: 20}), BEFORE),
        survey_type="ces7",
    )
    assert "Change: -1.20 (-1.7" in text_of(ces) and analysis_as_data(ces)["score"]["type"] == "CES"
    csat = analyze(
        given(1, {5: 50, 1: 50}),
        receipt=RECEIPT,
        earlier=(given(999, {5: 80, 1: 20}), BEFORE),
        survey_type="csat5",
    )
    assert "Change: -30.0 (-4" in text_of(csat) and "Scores from 1 to 5: 50, 0, 0, 0, 50." in text_of(csat)


def test_what_strangers_named_stands_in_the_fence_or_under_untrusted_only() -> None:
    records = answers(1, zqxhostile=(20, 10, 10), Team=(5, 1, 1))
    for asked in (
        {"group_by": "plan"},
        {"group_by": "plan", "earlier": (answers(99, zqx=(5, 1, 1)), BEFORE)},
    ):
        found = analyze(records, receipt=RECEIPT, **asked)
        text, data = text_of(found), analysis_as_data(found)
        assert "zqx" in text and "zqx" not in outside(text)
        assert "zqx" in json.dumps(data.pop("untrusted")) and "zqx" not in json.dumps(data)


ASKED: list[dict[str, Any]] = [
    {},
    {"group_by": "plan"},
    {"interval": "day"},
    {"group_by": "plan", "interval": "week", "selection": Selection(where={"plan": "Team"})},
]


@settings(max_examples=60, deadline=None)
@given(RECORDS, RECORDS, st.sampled_from(ASKED), st.booleans(), st.sampled_from([500, 1_500, 8_000]))
def test_any_analysis_keeps_its_budget_and_its_bytes_in_any_order(
    records: list[FeedbackRecord],
    others: list[FeedbackRecord],
    asked: dict[str, Any],
    compares: bool,
    budget: int,
) -> None:
    def written(mix: Callable[[list[FeedbackRecord]], list[FeedbackRecord]]) -> tuple[str, str]:
        earlier = (mix(others), BEFORE) if compares else None
        found = analyze(mix(records), receipt=RECEIPT, earlier=earlier, budget=budget, **asked)
        return text_of(found, budget), compact(analysis_as_data(found, budget=budget))

    text, data = written(list)
    assert tokens(text) <= estimate_tokens(text) <= budget
    assert tokens(data) <= estimate_tokens(data) <= budget
    assert written(shuffled) == (text, data)


def test_the_longest_answer_keeps_the_shortest_budget() -> None:
    said = "Read 12 % of 123,456 expected responses, 2026-01-01 to 2026-03-04; the rest in about 99 min. " * 2
    period = resolve_period("2026", NOW, BERLIN, "America/Argentina/Buenos_Aires")
    receipts = [Receipt(period, NOW, said, said), Receipt(previous(period), NOW, said, said)]
    sides = [
        [
            record(
                number, "", number % 12, end_user_id=number // 2, properties={"plan": f"plan {number % 30}"}
            )
            for number in range(start, start + 3_000)
        ]
        for start in (0, 2_500)
    ]
    selection = Selection(
        where={f"plan of a long name {number}": [f"plan {number}", "x" * 90] for number in (1, 2)}
    )
    for where in (Selection(), selection):
        found = analyze(
            sides[0],
            receipt=receipts[0],
            earlier=(sides[1], receipts[1]),
            group_by="plan",
            interval="day",
            selection=where,
        )
        for budget in (500, 1_500, 8_000):
            assert estimate_tokens(text_of(found, budget)) <= budget
            assert estimate_tokens(compact(analysis_as_data(found, budget=budget))) <= budget


def test_what_does_not_fit_is_counted_alike_in_both_forms() -> None:
    records = [
        record(
            number,
            "",
            number % 11,
            created_at=NOW - timedelta(hours=number),
            properties={"plan": number % 20},
        )
        for number in range(3_000)
    ]
    found = analyze(records, receipt=receipt_of("2026"), group_by="plan", interval="day")
    data, text = analysis_as_data(found), text_of(found)
    shown = len(data["over_time"]["rows"]), len(data["groups"]["rows"])
    assert shown[0] + data["left_out"]["older"] == len(found.steps)
    assert shown[1] + data["left_out"]["groups"] == len(found.groups)
    days = re.findall(r"^2026-\d\d-\d\d", text, re.MULTILINE)
    (older,) = re.findall(r"Left out for length: (\d+) older days", text)
    assert days and len(days) + int(older) == len(found.steps)
    assert days[-1] == "2026-11-18"


def test_records_pass_by_and_are_not_kept() -> None:
    passing = Passing(answers(1, Team=(200, 100, 100)))
    analyze(passing, receipt=RECEIPT, group_by="plan", interval="day")
    assert passing.most_held <= 2
