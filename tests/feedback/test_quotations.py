"""Quotations are found in whatever marks people write, each with the response id that stands with it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wootric_mcp.feedback.quotations import quotations


def texts(draft: str) -> list[str]:
    return [quotation.text for quotation in quotations(draft)]


def ids(draft: str) -> list[int | None]:
    return [quotation.id for quotation in quotations(draft)]


@pytest.mark.parametrize(
    "quoted",
    ["“{}”", '"{}"', "„{}“", "„{}”", "«{}»", "« {} »", "»{}«", "‹{}›", "”{}”", "「{}」", "‘{}’", "'{}'"],
)
def test_the_marks_of_many_languages_are_known(quoted: str) -> None:
    assert texts(f"They say {quoted.format('it is very slow')}, all of them.") == ["it is very slow"]


def test_no_space_is_needed_before_a_quotation_where_none_is_written() -> None:
    assert texts('客户说“应用很慢”，还说"太贵了"。') == ["应用很慢", "太贵了"]
    assert texts("お客様は「とても遅い」と書き、『高い』とも") == ["とても遅い", "高い"]


@pytest.mark.parametrize(
    "draft",
    [
        "It's the users' app, isn't it? They don't mind.",
        "The so-called 'Pro' plan and the 'old' one.",
        "A 5\" screen and a 7\" screen.",
        'search_feedback(query="crash", period="all")',
        "He said “and never stopped",
        "- > 50% of users\n- >$5 a month\n",
        "“ ” and “…” and “!”",
        "",
    ],
)  # fmt: skip
def test_what_is_no_quotation_is_left_alone(draft: str) -> None:
    assert texts(draft) == []


def test_an_apostrophe_ends_no_quotation() -> None:
    assert texts("They wrote 'it doesn't open the customer's file' twice.") == [
        "it doesn't open the customer's file"
    ]


def test_the_outer_quotation_counts() -> None:
    assert texts("“He told me ‘call us again tomorrow’ and hung up”") == [
        "He told me ‘call us again tomorrow’ and hung up"
    ]


def test_straight_marks_within_others_end_nothing_and_mixed_marks_are_understood() -> None:
    assert texts('“It says "no file" each time” and “it is slow" and „it is “late“') == [
        'It says "no file" each time',
        "it is slow",
        "it is “late",
    ]


def test_a_quotation_goes_over_lines_but_not_over_paragraphs() -> None:
    assert texts("“one\n  two” and “three\n\nfour” five") == ["one two"]


def test_a_block_quotation_is_one_without_its_source() -> None:
    draft = (
        "They say:\n\n> It is slow\n> every day.\n> — R-7K2M9QX, #103377120\n\nand\n\n> Ok. (#103377121)\n"
    )
    assert texts(draft) == ["It is slow every day.", "Ok."]
    assert ids(draft) == [103377120, 103377121]


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("> It is slow (and late). (#12)", "It is slow (and late)."),
        ("> It is slow - #12, 4", "It is slow"),
        ("> It is slow (really)", "It is slow (really)"),
        ("> It is slow\n> - somebody", "It is slow"),
        ("> It is slow - and late", "It is slow - and late"),
        ("> **Detractor (3):** It is slow", "It is slow"),
        ("> __R-7K2M9QX__: It is slow", "It is slow"),
        ("> **Detractor (3):**\n> It is slow", "It is slow"),
        ("> **It is slow:** every day", "every day"),
        ("> **It is slow:**", "**It is slow:**"),
        ("> It is slow (score 3, Team plan)", "It is slow"),
        ("> It is slow\n> (score 3, Team plan)", "It is slow"),
        ("> It is slow — a detractor", "It is slow"),
        ("> It is slow — Team plan, promoter", "It is slow"),
        ("> It is slow — my score is 3", "It is slow — my score is 3"),
        ("> It is slow - score it 3", "It is slow - score it 3"),
        ("> > It is slow", "It is slow"),
        ("- > It is slow\n  > (really)", "It is slow (really)"),
        ("1. > It is slow\n", "It is slow"),
    ],
)
def test_what_belongs_to_a_block_quotation_is_kept(block: str, text: str) -> None:
    assert texts(block) == [text]


def test_each_item_of_a_list_is_a_block_quotation_of_its_own() -> None:
    draft = "- > It is slow (#1)\n- > Ok. (#2)\n"
    assert (texts(draft), ids(draft)) == (["It is slow", "Ok."], [1, 2])


def test_a_text_made_to_be_slow_is_read_at_once() -> None:
    for unit in (
        "(",
        "> (-",
        "“a",
        "«",
        "'a ",
        "#1",
        "… ",
        "\n>—",
        "1. >",
        "> **a",
        "[a",
        ". ",
        "(#1",
        "> (score ",
    ):
        assert quotations(unit * (20_000 // len(unit))) is not None


def test_marks_within_a_block_quotation_tell_where_it_begins() -> None:
    assert texts("> “It is slow” (#103377120)\n") == ["It is slow"]


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("“it is slow” (#103377120, 4, R-7K2M9QX)", [103377120]),
        ("“it is slow” [103377120]", [103377120]),
        ("“it is slow” (ID: 120)", [120]),
        ("“it is slow” — response 103377120", [103377120]),
        ("“it is slow”\n— #103377120", [103377120]),
        ("“one thing”\n[end of customer text 136437125]", [None]),
        ("“one thing” (#1), “another” (#2)", [1, 2]),
        ("“one thing” said somebody (#1). “another” (#2)", [1, 2]),
        ("- 2026-11-12 #1, 4: “one thing”\n- 2026-11-13 #2, 9: “another”", [1, 2]),
        ("#1: “one thing”, #2: “another”", [1, 2]),
        ("“one thing”\n- #2: “another”", [None, 2]),
        ("“one thing”, “another” (#2)", [None, 2]),
        ("12 of 4000 said “one thing” in 2026", [None]),
        ("Version 123456.7 is “one thing”", [None]),
        ("Theme #2 (speed): “one thing” (#4711)", [4711]),
        ("“one thing” is our #1 issue (#4711)", [4711]),
        ("“one thing” (score 3) (#4711)", [4711]),
        ("“one thing”, they say (103377120, 103377121)", [103377120]),
        ("**“one thing”** (103377120)", [103377120]),
        ("“one thing” — 103377120.", [103377120]),
        ("| “one thing” | 103377120 |", [103377120]),
        ("“one thing” — 250000 users say so", [None]),
        ("“one thing” (ticket 1234567)", [None]),
        ("“one thing” was said on 20261109 about 250000 dollars", [None]),
    ],
)
def test_an_id_belongs_to_the_quotation_it_stands_with(draft: str, expected: list[int | None]) -> None:
    assert ids(draft) == expected


def test_an_ellipsis_parts_a_quotation_into_pieces() -> None:
    for mark in (
        "…",
        " … ",
        "...",
        " [...] ",
        " (…) ",
        " [ … ] ",
        " . . . ",
        "..",
        ". . . .",
        " [..] ",
        "<...>",
    ):
        (found,) = quotations(f"“… it is{mark}slow”")
        assert found.pieces == ("it is", "slow")


@given(st.text(alphabet="ab 1#“”\"'‘’„«»>\n.…-(—", max_size=80))
@example('"1\n>1"')
def test_any_text_can_be_read(draft: str) -> None:
    found = quotations(draft)
    for quotation in found:
        assert 0 <= quotation.start < quotation.end <= len(draft)
        assert quotation.pieces
    assert all(one.end <= after.start for one, after in pairwise(found))
