"""A digest: the score of all, the themes of those asked about, quotes that can be traced."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import COMMENTS, RECEIPT, RECORDS, Passing, digest, many, record, shuffled
from wootric_mcp.feedback.analysis import analyze
from wootric_mcp.feedback.digest import Digest
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.report import as_data, as_text
from wootric_mcp.feedback.selection import Selection
from wootric_mcp.shield.fence import fence

SELECTIONS = st.sampled_from(
    [
        Selection(),
        Selection(category="detractor"),
        Selection(category="promoter", query="app"),
        Selection(where={"plan": "Team"}, has_text=True),
        Selection(query="-crash"),
    ]
)


def sum_up(records, **selection) -> Digest:
    return digest(records, receipt=RECEIPT, selection=Selection(**selection))


def test_the_score_stays_that_of_all_while_detractors_are_read() -> None:
    records = many(["the export fails"] * 5, score=2) + many(["lovely export"] * 12, score=10, start=20)
    found = sum_up(records, category="detractor")
    assert (found.score.n, found.score.value) == (17, 100 * 7 / 17)
    assert (found.selected, found.comments, found.query_score) == (5, 5, None)
    (theme,) = [each.theme for each in found.themes if each.theme.phrase == "export"] or [
        found.themes[0].theme
    ]
    assert (theme.n, theme.share) == (5, 1.0)
    assert {quote.record.score for each in found.themes for quote in each.quotes} == {2}


@given(RECORDS)
def test_its_score_and_margin_are_those_that_analyze_nps_tells(records: list[FeedbackRecord]) -> None:
    found = digest(records, receipt=RECEIPT)
    assert found.score == analyze(records, receipt=RECEIPT).score


def test_people_who_answer_again_count_once_in_margins_and_that_is_said() -> None:
    once = many(["the export fails"] * 30, score=2) + many(["lovely export"] * 20, score=10, start=50)
    again = [replace(one, id=1_000 + one.id) for one in once]
    single, double = digest(once, receipt=RECEIPT), digest([*once, *again], receipt=RECEIPT)
    assert (double.score.n, double.score.repeats) == (100, 50)
    assert double.score.margin == pytest.approx(single.score.margin)
    assert double.themes[0].theme.score.margin == pytest.approx(single.themes[0].theme.score.margin)
    told = "50 responses by people who had answered already: margins count them once."
    assert told in as_text(double, fence=fence)
    assert told in as_data(double)["summary"]


def test_properties_narrow_the_score_too() -> None:
    records = [record(number, "x", score=number, properties={"plan": "Pro"}) for number in range(5)]
    records += [record(number, "x", score=10, properties={"plan": "Team"}) for number in range(5, 12)]
    found = sum_up(records, where={"plan": "pro"})
    assert (found.responses, found.score.n, found.score.value) == (5, 5, -100)


def test_a_query_has_the_score_of_everybody_who_says_it() -> None:
    records = many(["slow export"] * 6, score=0) + many(["export works"] * 6, score=10, start=20)
    found = sum_up(records, category="detractor", query="export")
    assert found.comments == 6
    assert found.query_score and found.query_score.value == 0


def test_with_a_query_a_theme_has_the_score_of_those_who_say_both() -> None:
    records = many([f"the csv really loses rows {number}" for number in range(6)], score=0)
    records += many([f"csv never loses rows {number}" for number in range(4)], score=10, start=20)
    records += many([f"it never loses rows {number}" for number in range(3)], score=10, start=50)
    records += many(["lovely colours"] * 9, score=10, start=80)
    (theme, *_) = [each.theme for each in sum_up(records, category="detractor", query="csv").themes]
    assert (theme.n, theme.score.n, theme.score.promoters) == (6, 10, 4)


def test_words_of_the_query_are_no_theme() -> None:
    records = many(
        [
            f"the csv exports {what}"
            for what in ("lose rows", "lose rows too", "lose rows again", "stall", "hang")
        ]
    )
    phrases = [each.theme.phrase for each in sum_up(records, query="CSV export").themes]
    assert phrases and "csv exports" not in phrases and "exports" not in phrases


def test_excluded_responses_are_counted_apart() -> None:
    found = sum_up([record(1, "spam", 0, excluded=True), record(2, "fine", 10), record(3, "", 10)])
    assert (found.responses, found.excluded, found.commented, found.score.n) == (2, 1, 1, 2)


def test_a_theme_that_lowers_the_score_is_quoted_from_critics() -> None:
    places = ["gate", "desk", "phone", "door", "lobby", "garage", "lift", "kiosk"]
    records = [
        record(number, f"waiting at the {place}", 10 * (number % 2)) for number, place in enumerate(places)
    ]
    records += many([f"nice staff at desk {number}" for number in range(20)], score=10, start=50)
    found = sum_up(records)
    (waiting,) = [each for each in found.themes if "waiting" in each.theme.phrase]
    assert {quote.record.score for quote in waiting.quotes} == {0}


def test_a_few_comments_are_all_quoted_without_themes() -> None:
    found = sum_up(many([COMMENTS["en"], COMMENTS["ja"], COMMENTS["de"]]))
    assert found.themes == ()
    assert found.in_no_theme == len(found.other_quotes) == 3


def test_nothing_gives_an_empty_digest() -> None:
    found = sum_up([])
    assert (found.responses, found.score.value, found.themes, found.other_quotes) == (0, None, (), ())


@settings(max_examples=60, deadline=None)
@given(RECORDS, SELECTIONS)
def test_figures_add_up_quotes_are_verbatim_and_order_does_not_matter(records, selection: Selection) -> None:
    found = digest(records, receipt=RECEIPT, selection=selection)
    assert found == digest(shuffled(records), receipt=RECEIPT, selection=selection)
    score = found.score
    assert score.promoters + score.passives + score.detractors == score.n
    assert score.n + score.unscored + score.out_of_range == found.responses
    assert found.comments <= found.selected <= found.responses and found.comments <= found.commented
    themed = {comment.record.id for each in found.themes for comment in each.theme.members}
    assert len(themed) + found.in_no_theme == found.comments
    quotes = [quote for each in found.themes for quote in each.quotes] + list(found.other_quotes)
    assert len({quote.record.id for quote in quotes}) == len(quotes)
    by_id = {one.id: one for one in records}
    for quote in quotes:
        assert quote.text and quote.text in quote.record.text
        assert selection.matches(by_id[quote.record.id], "nps") and not quote.record.excluded


def test_records_pass_by_once_and_what_only_filters_need_is_let_go() -> None:
    records = [
        record(number, f"the export is slow {number}", properties={"plan": "Pro"}) for number in range(99)
    ]
    for where in ({}, {"plan": "Pro"}, {"plan": "Team"}):
        passing = Passing(records)
        assert sum_up(iter(passing), where=where) == sum_up(records, where=where)
        assert passing.most_held <= 1
