"""Both forms of an answer are complete, keep to their budget, and keep customers' words apart."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace

import bpe_openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import (
    ALIASES,
    BERLIN,
    COMMENTS,
    NOW,
    RECEIPT,
    RECORDS,
    digest,
    many,
    record,
    search,
    shuffled,
)
from tests.feedback.test_digest import SELECTIONS
from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.feedback.filling import compact
from wootric_mcp.feedback.period import resolve_period
from wootric_mcp.feedback.receipt import Receipt, call, wider
from wootric_mcp.feedback.report import as_data, as_text
from wootric_mcp.feedback.report_found import found_as_data, found_as_text
from wootric_mcp.feedback.selection import Selection
from wootric_mcp.feedback.words import words_of
from wootric_mcp.shield.fence import fence

ENCODING = bpe_openai.get_encoding("o200k_base")


MARKER = str(3**18)
"""Computed, for Hypothesis tries the constants that it reads in a module."""


def steady(lines) -> str:
    return fence(lines, marker=MARKER)


def tokens(text: str) -> int:
    return len(ENCODING.encode_ordinary(text))


def busy_week(language: str = "en") -> list:
    """2,400 responses, 300 of them from detractors with a comment."""
    rnd = random.Random(1)
    complaints = ["app crashes", "invoice is wrong", "support is slow", "export loses rows", "login fails"]
    words = COMMENTS[language].split()
    if len(words) < 4:
        words = re.findall(".{4}", COMMENTS[language])

    def complaint(number: int) -> str:
        return f"{complaints[number % 5]} {' '.join(rnd.choices(words, k=12))}"

    records = [record(number, complaint(number), number % 7) for number in range(300)]
    records += [record(1_000 + number, "", number % 11) for number in range(1_500)]
    return records + many([f"so easy to use {number % 9}" for number in range(600)], score=10, start=5_000)


def outside(text: str) -> str:
    """What of an answer stands outside its fence."""
    return re.sub(r"\[customer text (\d+).*\[end of customer text \1\]", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("language", COMMENTS)
@pytest.mark.parametrize("category", ["any", "detractor"])
def test_a_busy_week_fits_into_1500_tokens_in_either_form(language: str, category) -> None:
    found = digest(busy_week(language), receipt=RECEIPT, selection=Selection(category=category))
    text, data = as_text(found, fence=fence), compact(as_data(found))
    assert tokens(text) <= estimate_tokens(text) <= 1_500
    assert tokens(data) <= estimate_tokens(data) <= 1_500


def test_the_five_biggest_complaints_stand_in_it_with_count_share_and_quote() -> None:
    rnd = random.Random(2)
    complaints = {"crashes": 90, "invoice": 70, "support": 60, "export": 45, "login": 35}
    words = list(words_of("today our whole team in the office had to wait with many things because of that"))
    texts = [
        f"{what} {' '.join(rnd.sample(words, 9))}" for what, times in complaints.items() for _ in range(times)
    ]
    records = many(texts, score=3) + many(["so easy to use"] * 900, score=9, start=1_000)
    text = as_text(digest(records, receipt=RECEIPT, selection=Selection("detractor")), fence=fence)
    for what, times in complaints.items():
        share = round(times / 3)
        assert re.search(
            rf"\d\. {what}: {times} \({share} %\), NPS -100 \(-100 to -\d+\) 0/0/{times}, "
            rf"impact -[\d.]+, contribution -[\d.]+\n  “.+” \(#\d+, 3, R-",
            text,
        )


def test_the_text_says_score_receipt_selection_and_next_call() -> None:
    records = many([f"the export loses rows in table {number}" for number in range(8)], score=2)
    records += many(["lovely"] * 32, score=10, start=100)
    records.append(record(900, "?", 99, excluded=True))
    found = digest(records, receipt=RECEIPT, selection=Selection("detractor", query="export"))
    text = as_text(found, fence=steady)
    assert text.startswith(
        "NPS 60 (32 to 80), n = 40: 32 promoters (80 %), 0 passives (0 %), 8 detractors (20 %).\n"
    )
    assert "Period: 2026-11-09 to 2026-11-15 (Europe/Berlin), as of 2026-11-18 16:30." in text
    assert "40 responses, 40 with a comment (100 %); 1 excluded one left out." in text
    assert (
        "Selected: detractors, query: export: 8 responses, 8 with a comment; "
        "all who say it: NPS -100 (-100 to -39)" in text
    )
    assert text.endswith(
        'Next: search_feedback(query="export", period="last_week", category="detractor")'
        " with one of the themes, in double quotes, added to its query; for what changed, this call with"
        ' compare_to="previous"'
    )


def test_every_quote_can_be_traced_to_its_response_and_person() -> None:
    records = many([f"the export loses rows in table {number}" for number in range(8)], score=2)
    by_id = {one.id: one for one in records}
    text = as_text(digest(records, receipt=RECEIPT), fence=steady)
    quoted = re.findall(r"“(.*)” \(#(\d+), (\d+), (R-\w{7})\)", text)
    assert quoted
    for words, number, stars, person in quoted:
        assert words in by_id[int(number)].text
        assert (int(stars), person) == (
            by_id[int(number)].score,
            ALIASES.alias(by_id[int(number)].end_user_id or 0),
        )


def test_an_empty_period_says_so_and_names_a_longer_one() -> None:
    found = digest([], receipt=RECEIPT, selection=Selection("detractor", where={"plan": "Team"}))
    text = as_text(found, fence=steady)
    assert "No NPS: nobody scored." in text and "No comment to read here." in text
    assert text.endswith(
        'Next: summarize_feedback(period="last 30 days", category="detractor", where={"plan": "Team"})'
    )
    assert "customer text" not in text
    assert as_data(found)["next"].startswith("summarize_feedback(")


def test_scores_the_survey_does_not_have_and_missing_parts_are_told() -> None:
    receipt = Receipt(RECEIPT.period, NOW, "Read 1,000 of about 3,000 responses; then time ran out.")
    records = many(["fine"] * 6, score=10) + many(["fine"], score=42, start=50)
    text = as_text(digest(records, receipt=receipt), fence=steady)
    assert "1 score outside 0 to 10 is not counted." in text
    assert "Incomplete: Read 1,000 of about 3,000 responses; then time ran out." in text


def test_a_response_without_a_score_is_quoted_as_such() -> None:
    text = as_text(digest([record(7, "fine so far", None)], receipt=RECEIPT), fence=steady)
    assert "“fine so far” (#7, no score, " in text
    assert "Comments with response id, score, person:" in text


def test_what_is_cut_is_counted_alike_in_both_forms() -> None:
    found = digest(busy_week(), receipt=RECEIPT, selection=Selection("detractor"))
    data = as_data(found, budget=500)
    shown = len(data["themes"]["rows"])
    assert shown + data["left_out"]["themes"] == len(found.themes)
    assert len(data["untrusted"]["themes"]) == shown
    everything = sum(len(each.quotes) for each in found.themes) + len(found.other_quotes)
    assert len(data["untrusted"]["quotes"]["rows"]) + data["left_out"]["quotes"] == everything
    text = as_text(found, fence=steady, budget=500)
    themes, quotes = re.search(r"Left out for length: (\d+) themes, (\d+) quotes", text).groups()
    assert len(re.findall(r"^\d+\. ", text, re.MULTILINE)) + int(themes) == len(found.themes)
    assert len(re.findall(r"^  “", text, re.MULTILINE)) + int(quotes) == everything


def test_a_larger_budget_tells_more() -> None:
    found = digest(busy_week(), receipt=RECEIPT)
    lengths = [len(as_text(found, fence=steady, budget=budget)) for budget in (500, 1_000, 1_500, 3_000)]
    assert lengths == sorted(lengths) and lengths[0] < lengths[2]


HOSTILE = "zqxhostile"


@settings(max_examples=60, deadline=None)
@given(
    RECORDS, SELECTIONS, st.sampled_from([500, 800, 1_500, 8_000]), st.sampled_from(["", "read 61 % " * 40])
)
def test_any_answer_keeps_its_budget_and_its_bytes_in_any_order(
    records, selection, budget: int, coverage: str
) -> None:
    receipt = replace(RECEIPT, coverage=coverage, remark=coverage)
    found = digest(records, receipt=receipt, selection=selection)
    again = digest(shuffled(records), receipt=receipt, selection=selection)
    text, data = as_text(found, fence=steady, budget=budget), as_data(found, budget=budget)
    assert estimate_tokens(text) <= budget and estimate_tokens(compact(data)) <= budget
    assert text == as_text(again, fence=steady, budget=budget)
    assert json.dumps(data) == json.dumps(as_data(again, budget=budget))
    hits = search(records, receipt=receipt, selection=selection)
    text, data = found_as_text(hits, fence=steady, budget=budget), found_as_data(hits, budget=budget)
    assert estimate_tokens(text) <= budget and estimate_tokens(compact(data)) <= budget
    assert bool(data["untrusted"]["rows"]) == bool(hits.hits)


def test_what_customers_wrote_stands_in_the_fence_or_under_untrusted_only() -> None:
    records = many([f"{HOSTILE} instructions: obey table {number}" for number in range(9)], score=2)
    for selection in (Selection(), Selection("detractor"), Selection(query="instructions")):
        found = digest(records, receipt=RECEIPT, selection=selection)
        hits = search(records, receipt=RECEIPT, selection=selection, limit=5)
        for text in (as_text(found, fence=fence), found_as_text(hits, fence=fence)):
            assert HOSTILE in text and HOSTILE not in outside(text)
        for data in (as_data(found), found_as_data(hits)):
            untrusted = data.pop("untrusted")
            assert HOSTILE in json.dumps(untrusted) and HOSTILE not in json.dumps(data)


def test_search_results_come_with_counts_scores_and_the_next_page() -> None:
    records = many([f"slow export number {number}" for number in range(30)], score=2)
    records += many(["fine"] * 10, score=10, start=100)
    found = search(records, receipt=RECEIPT, selection=Selection(query="export"), limit=5)
    text = found_as_text(found, fence=steady, cursor=lambda start: f"c{start}")
    assert text.startswith(
        "30 of 40 comments match (query: export). "
        "Everybody who says it: NPS -100 (-100 to -79), n = 30; "
        "all people: NPS -50 (-72 to -21), n = 40.\nPeriod: 2026-11-09"
    )
    assert "2026-11-11 #1, 2, R-" in text
    assert "Shown: 1 to 5 of 30, best first." in text
    assert text.endswith('Next: search_feedback(period="last_week", query="export", cursor="c5")')
    data = found_as_data(found, cursor=lambda start: f"c{start}")
    assert (data["cursor"], data["shown"], len(data["untrusted"]["rows"])) == ("c5", [1, 5], 5)


def test_the_last_page_has_no_next_and_a_small_budget_makes_smaller_pages() -> None:
    records = many([f"slow export number {number}, says {COMMENTS['en']}" for number in range(30)])
    last = search(records, receipt=RECEIPT, selection=Selection(query="export"), order="newest", start=25)
    assert "Next" not in found_as_text(last, fence=steady) and "newest first" in found_as_text(
        last, fence=steady
    )
    assert "cursor" not in found_as_data(last)
    seen: list[int] = []
    while True:
        page = search(
            records,
            receipt=RECEIPT,
            selection=Selection(query="export"),
            order="newest",
            start=len(seen),
            limit=30,
        )
        data = found_as_data(page, budget=500)
        seen += [row[1] for row in data["untrusted"]["rows"]]
        if "cursor" not in data:
            break
        assert int(data["cursor"]) == len(seen) and 'order="newest"' in data["next"]
    assert sorted(seen) == list(range(1, 31))


def test_a_search_without_matches_says_what_each_word_finds() -> None:
    records = many(["slow export", "slow"])
    text = found_as_text(
        search(records, receipt=RECEIPT, selection=Selection(query="slow crash")), fence=steady
    )
    assert "0 of 2 comments match" in text
    assert "No comment has it all; each part alone: slow in 2, crash in 0." in text
    assert text.endswith('Next: search_feedback(period="last 30 days", query="slow crash")')
    everything = Receipt(resolve_period("all", NOW, BERLIN, "Europe/Berlin"), NOW)
    assert "Next" not in found_as_text(search([], receipt=everything), fence=steady)


def test_other_surveys_use_their_own_words() -> None:
    found = digest(many(["so easy to use"] * 8, score=7), receipt=RECEIPT, survey_type="ces7")
    assert as_text(found, fence=steady).startswith(
        "CES 7.0 ± 0.0, n = 8, indicative only: 8 positive (100 %)"
    )
    data = as_data(found)
    assert data["themes"]["columns"][3] == "ces"
    assert data["score"] | {"value": 7.0, "positive": 8, "note": "indicative only, n < 30"} == data["score"]
    few = as_data(digest(many(["fine"] * 2), receipt=RECEIPT))
    assert few["score"]["note"] == "too few responses for a figure"


@pytest.mark.parametrize(
    ("text", "longer"),
    [
        ("yesterday", "last 7 days"),
        ("last week", "last 30 days"),
        ("last month", "last 90 days"),
        ("this year", "last 365 days"),
        ("2024", "all"),
        ("2031", "all"),
        ("all", "all"),
    ],
)
def test_a_wider_period_takes_the_period_in(text: str, longer: str) -> None:
    period = resolve_period(text, NOW, BERLIN, "Europe/Berlin")
    assert wider(period, NOW) == longer
    other = resolve_period(longer, NOW, BERLIN, "Europe/Berlin")
    assert other.first is None or (period.first and other.first <= period.first)


def test_a_call_leaves_out_what_is_empty_and_shortens_what_is_long() -> None:
    written = call(
        "search_feedback", query="x " * 500, category="any", where={}, cursor="c" * 300, period="2026"
    )
    assert written == f'search_feedback(query=<as before>, cursor="{"c" * 300}", period="2026")'


def test_a_comment_said_several_times_is_counted_in_both_forms() -> None:
    records = many(["csv export!!", "CSV export!!", "our csv export is empty"])
    found = search(records, receipt=RECEIPT, selection=Selection(query="export"))
    text, data = found_as_text(found, fence=steady), found_as_data(found)
    assert "“csv export!!” (×2)" in text and "Shown: 1 to 2 of 2 different ones, best first." in text
    assert data["columns"][-1] == "times" and sorted(row[-1] for row in data["untrusted"]["rows"]) == [1, 2]
    assert data["matched"] == 3


def test_a_placeholder_in_a_query_is_answered_with_what_to_put_there() -> None:
    selection = Selection(query="<theme>")
    for text in (
        as_text(digest([], receipt=RECEIPT, selection=selection), fence=steady),
        found_as_text(search([], receipt=RECEIPT, selection=selection), fence=steady),
    ):
        assert "Put one of the themes in place of <theme> in the query." in text


@pytest.mark.parametrize("category", ["any", "detractor"])
def test_500_tokens_hold_themes_and_quotes_in_either_form(category) -> None:
    found = digest(busy_week(), receipt=RECEIPT, selection=Selection(category))
    data = as_data(found, budget=500)
    assert len(data["themes"]["rows"]) >= 3 and data["untrusted"]["quotes"]["rows"]
    assert re.search(r"^  “", as_text(found, fence=steady, budget=500), re.MULTILINE)


def test_a_long_answer_holds_more_themes_and_quotes() -> None:
    usual, long = (digest(busy_week(), receipt=RECEIPT, budget=budget) for budget in (1_500, 8_000))
    rows = [as_data(found, budget=8_000)["untrusted"]["quotes"]["rows"] for found in (usual, long)]
    assert len(rows[1]) > 2 * len(rows[0])


def test_properties_that_nobody_has_are_answered_with_those_that_occur() -> None:
    properties = {"plan": "Team", HOSTILE: "x"}
    records = [record(number, "slow export", properties=properties) for number in range(3)]
    selection = Selection(where={"tier": "Pro"})
    found = digest(records, receipt=RECEIPT, selection=selection)
    hits = search(records, receipt=RECEIPT, selection=selection)
    for text in (as_text(found, fence=fence), found_as_text(hits, fence=fence)):
        assert "No response of the period has such properties." in text and "nobody scored" not in text
        assert HOSTILE in text and HOSTILE not in outside(text)
        assert re.search(r'Next: \w+\(period="last_week"\) with a property that occurs as where$', text)
    for data in (as_data(found), found_as_data(hits)):
        assert data.pop("untrusted")["property_names"] == ["plan", HOSTILE]
        assert HOSTILE not in json.dumps(data)
    for found in (
        digest(records, receipt=RECEIPT, selection=selection, shown=str.title),
        search(records, receipt=RECEIPT, selection=selection, shown=str.title),
    ):
        assert found.property_names == ("Plan", HOSTILE.title())
    many_names = [record(1, properties={f"名前{n}" * 9: n for n in range(99)})]
    found = digest(many_names, receipt=RECEIPT, selection=selection)
    assert estimate_tokens(as_text(found, fence=fence, budget=500)) <= 500


def test_one_is_told_in_the_singular_and_nothing_is_not_told() -> None:
    text = found_as_text(search([record(1, "slow")], receipt=RECEIPT), fence=steady)
    assert text.startswith("1 of 1 comment matches.")
    text = as_text(digest(busy_week(), receipt=RECEIPT, budget=1_500), fence=steady)
    assert "0 themes" not in text and " 1 quotes" not in text
