"""What is known to have happened in the story is found, and stated right, by one or two calls."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

import pytest

from tests.accounts import ERAS, answered, connected, story, text_of
from wootric_mcp.sandbox.server import RunningSandbox

Era = Literal["auto", "legacy"]
FENCED = re.compile(r"\[customer text (\d+): .*?\n(.*?)\n\[end of customer text \1\]", re.DOTALL)
RUN = 4
"""Words in a row that nobody but the customer has written."""


def runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


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
