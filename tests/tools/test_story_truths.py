"""What is known to have happened in the story is found, and stated right, by one or two calls."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.accounts import ERAS, Era, answered, connected, story, structure_of, text_of, tokens
from wootric_mcp.sandbox.server import RunningSandbox

FENCED = re.compile(r"\[customer text (\d+): .*?\n(.*?)\n\[end of customer text \1\]", re.DOTALL)
CHANCE = "more than chance"
RUN = 4
"""Words in a row that nobody but the customer has written."""


def runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def themes_of(structure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The figures of each theme by its name, or its phrase."""
    columns, rows = structure["themes"]["columns"], structure["themes"]["rows"]
    figures = [dict(zip(columns, row, strict=True)) for row in rows]
    phrases = structure["untrusted"]["themes"]
    return {each["name"] or phrase: each for each, phrase in zip(figures, phrases, strict=True)}


@pytest.mark.parametrize("mode", ERAS)
async def test_hostile_comments_reach_no_trusted_field_of_any_form(served: RunningSandbox, mode: Era) -> None:
    rows = {row.id: row for row in story().responses}
    hostile = [rows[one["id"]] for one in story().truth["hostile"]]
    assert len(hostile) == 3
    week: dict[str, Any] = {"period": story().truth["last_week"]["period"]}
    longest = {**week, "max_tokens": 8_000}
    calls = [
        ("summarize_feedback", longest),
        ("summarize_feedback", {**longest, "category": "detractor"}),
        ("summarize_feedback", {**longest, "query": "delighted OR dashboards OR \"csv export\""}),
        ("summarize_feedback", {**longest, "query": "delighted"}),
        ("analyze_nps", {**week, "compare_to": "previous", "group_by": "plan"}),
        *(
            call
            for row in hostile
            for call in (
                ("search_feedback", {**longest, "query": " ".join((row.text or "").split()[:4])}),
                ("check_quotes", {"text": f"“{(row.text or '')[:60]}” (#{row.id})", **week}),
                ("find_customer", {"end_user": row.end_user_id, "detail": "full"}),
                ("get_end_user_response", {"end_user": row.end_user_id, "response_id": row.id}),
            )
        ),
    ]  # fmt: skip
    foreign = set().union(*(runs(row.text or "") for row in hostile))
    seen = 0
    async with connected(served, mode) as client:
        for tool, arguments in calls:
            answer = await answered(client, tool, **arguments)
            text, structure = text_of(answer), dict(answer.structured_content or {})
            untrusted = json.dumps(structure.pop("untrusted", None), ensure_ascii=False)
            seen += bool(foreign & runs(text)) + bool(foreign & runs(untrusted))
            asked = runs(json.dumps(arguments))
            assert not foreign & runs(FENCED.sub("", text)) - asked, tool
            assert not foreign & runs(json.dumps(structure, ensure_ascii=False)) - asked, tool
    assert seen >= 23


@pytest.mark.parametrize("mode", ERAS)
async def test_one_call_tells_what_changed_last_week(served: RunningSandbox, mode: Era) -> None:
    truth = story().truth
    async with connected(served, mode) as client:
        answer = await answered(client, "summarize_feedback", period="last_week", compare_to="previous")
    structure = structure_of(answer)
    assert structure["score"]["value"] == truth["last_week"]["nps"]
    assert structure["compared"]["score"]["value"] == truth["week_before"]["nps"]
    assert structure["compared"]["change"]["verdict"] == CHANCE
    grown = {name: row for name, row in themes_of(structure).items() if row["verdict"] == CHANCE}
    assert "errors and reliability" in grown
    crashes = grown["errors and reliability"]
    assert crashes["share_change"] > 0.15 and crashes["contribution_change"] < 0
    # The wave is of complaints that the truth counts; a row tells at least most of them.
    weeks = list(truth["crash_wave"]["complaints_by_week"].values())
    assert crashes["comments"] >= 0.8 * weeks[-1]
    text = text_of(answer)
    assert re.search(r"^\d+\. errors and reliability .*more than chance", text, re.MULTILINE)
    assert max(tokens(text), tokens(structure)) <= 1_500


@pytest.mark.parametrize("mode", ERAS)
async def test_two_calls_tell_who_minds_the_price_and_that_it_is_the_price(
    served: RunningSandbox, mode: Era
) -> None:
    truth = story().truth["price_change"]
    months = {"period": truth["months"]["during"], "compare_to": truth["months"]["before"]}
    async with connected(served, mode) as client:
        by_plan = structure_of(await answered(client, "analyze_nps", **months, group_by=truth["segment"]))
        names, rows = by_plan["untrusted"]["groups"], by_plan["groups"]["rows"]
        at = by_plan["groups"]["columns"].index("verdict")
        minding = [name for name, row in zip(names, rows, strict=True) if row[at] == CHANCE]
        assert minding == [truth["plan"]]
        where = {truth["segment"]: minding[0]}
        answer = structure_of(await answered(client, "summarize_feedback", **months, where=where))
    first = next(iter(themes_of(answer).items()))
    assert first[0] == "price and value" and first[1]["verdict"] == CHANCE
    assert first[1]["share_change"] > 0.2 and first[1]["impact"] < -10
    assert answer["score"]["value"] == truth["scores"]["during"]["plan"]["nps"]
    assert answer["compared"]["score"]["value"] == truth["scores"]["before"]["plan"]["nps"]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_month_in_which_other_people_answered_has_no_theme_to_blame(
    served: RunningSandbox, mode: Era
) -> None:
    truth = story().truth["mix_shift"]
    months = {"period": truth["after"]["month"], "compare_to": truth["before"]["month"]}
    async with connected(served, mode) as client:
        answer = structure_of(await answered(client, "summarize_feedback", **months))
    assert answer["score"]["value"] == truth["after"]["overall"]["nps"]
    assert all(row["verdict"] != CHANCE for row in themes_of(answer).values())
