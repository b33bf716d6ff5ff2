"""What a model sees: tools, prompts and answers, each compared with what was read in review."""

from __future__ import annotations

import json
import re
from typing import Any

import bpe_openai

from tests.accounts import JUN, MARA, MARA_DECLINE, MARA_LAST, PHONE_ONLY, Person, connected, running, text_of
from tests.snapshot import assert_matches

VISIBLE_TOKENS, TOOL_TOKENS = 6_940, 550


def _tokens(value: object) -> int:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(bpe_openai.get_encoding("o200k_base").encode(text))


async def _tools() -> tuple[str, list[dict[str, Any]]]:
    with running() as served:
        async with connected(served) as client:
            listed = (await client.list_tools()).tools
            return client.instructions or "", [tool.model_dump(by_alias=True, mode="json") for tool in listed]


def _parameter(name: str, schema: dict[str, Any], *, required: bool) -> str:
    options = schema.get("enum") or schema.get("items", {}).get("enum")
    kind = " | ".join(options) if options else schema["type"]
    limits = [
        f"{key} {schema[key]}" for key in ("minimum", "maximum", "minItems", "default") if key in schema
    ]
    about = ", ".join([kind, *(["required"] if required else []), *limits])
    return f"- `{name}` ({about}): {schema['description']}"


async def test_the_tools_read_as_they_did_in_review() -> None:
    instructions, tools = await _tools()
    lines = ["# Instructions", "", instructions, "", "# Tools"]
    for tool in tools:
        schema = tool["inputSchema"]
        hints = ", ".join(name for name, value in tool["annotations"].items() if value is True)
        lines += ["", f"## {tool['name']}: {tool['title']}", "", tool["description"], "", f"Hints: {hints}"]
        lines += [
            _parameter(name, parameter, required=name in schema.get("required", []))
            for name, parameter in schema["properties"].items()
        ]
    assert_matches("tools.md", "\n".join(lines) + "\n")


async def test_the_tool_list_keeps_its_budget() -> None:
    _, tools = await _tools()
    read = ("name", "description", "inputSchema")
    sizes = [_tokens({key: tool[key] for key in read}) for tool in tools]
    assert sum(sizes) <= VISIBLE_TOKENS
    assert max(sizes) <= TOOL_TOKENS


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("summarize_feedback", {"period": "last_week", "category": "detractor"}),
    ("search_feedback", {"query": "outage", "period": "last 30 days"}),
    ("search_feedback", {"query": "invoice", "period": "last 30 days"}),
    ("analyze_nps", {"period": "last_week", "compare_to": "previous", "group_by": "plan"}),
    ("check_quotes", {"text": f"“two outages in a month” (#{MARA_LAST}), “Setup … minutes”, “I love it”"}),
    ("find_customer", {"end_user": MARA}),
    ("list_responses", {"period": "last_week", "limit": 1}),
    ("list_declines", {"detail": "full"}),
    ("list_end_users", {"limit": 2}),
    ("get_end_user_response", {"end_user": MARA, "response_id": MARA_LAST}),
    ("get_end_user_settings", {"end_user": MARA}),
    ("get_nps_summary", {"period": "last_week"}),
    ("list_segments", {}),
    ("list_survey_templates", {}),
    ("get_email_stats_sources", {}),
    ("update_end_user", {"end_user": MARA, "properties": {"plan": "Pro"}}),
    ("delete_decline", {"end_user": MARA, "decline_id": MARA_DECLINE}),
    ("plan_email_survey", {"people": [MARA, JUN, PHONE_ONLY], "eligibility": "wootric"}),
    ("plan_email_survey", {"period": "all", "category": "detractor", "eligibility": "ours"}),
    ("send_email_survey", {"emails": [MARA], "survey_immediately": True}),
    ("get_end_user", {"end_user": "somebody@lumenfield.test"}),
    ("list_responses", {"period": "next week"}),
]


async def test_answers_read_as_they_did_in_review() -> None:
    person = Person("yes")
    lines = ["# Answers"]
    with running() as served:
        served.sandbox.clock.freeze()
        async with connected(served, person=person) as client:
            for tool, arguments in ASKED:
                answer = await client.call_tool(tool, arguments)
                # The fence's marker is new each time.
                text = re.sub(r"(customer text )\d+", r"\g<1>#", text_of(answer))
                structure = json.dumps(answer.structured_content, ensure_ascii=False)
                # So are the ids of requests that were sent.
                text, structure = (re.sub(r"S-[0-9a-f]{8}", "S-#", form) for form in (text, structure))
                lines += ["", f"## {tool} {json.dumps(arguments)}", "", text, "", f"    {structure}"]
                lines += [f"\nAsked before: {question}" for question in person.questions]
                person.questions.clear()
    assert_matches("answers.md", "\n".join(lines) + "\n")
