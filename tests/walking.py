"""Walking a server: a call of every tool, and everything else that it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference, ResourceTemplateReference

from wootric_mcp.prompts import load_prompts

Call = tuple[str, dict[str, Any]]
Said = tuple[str, str]
"""Where something was said, and what."""


@dataclass(frozen=True)
class Names:
    """What the calls are about in an account."""

    person: int
    other: int
    """Somebody who is deleted."""
    response: int
    decline: int
    template: int
    phone: str
    group: str
    """A property."""
    words: str
    """That some comments have."""
    draft: str
    domain: str
    """Of addresses that are made up."""


def calls(names: Names) -> list[Call]:
    """Every tool, those that read first as they would be used."""
    one = {"end_user": names.person}
    response, decline = {"response_id": names.response}, {"decline_id": names.decline}
    team = {names.group: "Team"}
    return [
        ("summarize_feedback", {}),
        ("summarize_feedback", {"category": "detractor", "query": "comment", "max_tokens": 4_000}),
        ("summarize_feedback", {"query": names.words, "where": {names.group: "none"}}),
        ("summarize_feedback", {"compare_to": "previous", "where": team}),
        ("search_feedback", {"query": names.words, "limit": 100, "max_tokens": 8_000}),
        ("search_feedback", {"query": "", "limit": 100, "max_tokens": 8_000}),
        ("search_feedback", {"query": "nothing like it"}),
        ("search_feedback", {"period": "all", **one}),
        ("analyze_nps", {"group_by": "region", "interval": "week"}),
        ("analyze_nps", {"compare_to": "previous", "group_by": names.group, "period": "last 5 days"}),
        ("analyze_nps", {"group_by": "no such property"}),
        ("analyze_nps", {"where": {"no such property": "x"}}),
        ("check_quotes", {"text": names.draft}),
        ("find_customer", one),
        ("find_customer", {**one, "detail": "full"}),
        ("account_status", {}),
        ("list_end_users", {"detail": "full"}),
        ("list_end_users", {"sort_key": "email"}),
        ("create_end_user", {"email": f"new@{names.domain}", "properties": team}),
        ("get_end_user", one),
        ("get_end_user_by_phone", {"phone_number": names.phone}),
        ("update_end_user", {**one, "properties": team}),
        ("update_end_user", {**one, "email": f"other@{names.domain}"}),
        ("export_end_user_data", one),
        ("list_responses", {"detail": "full"}),
        ("list_responses", {"where": {names.group: "none"}}),
        ("list_end_user_responses", {**one, "detail": "full"}),
        ("list_promoter_responses", one),
        ("list_passive_responses", one),
        ("list_detractor_responses", one),
        ("get_end_user_response", {**one, **response}),
        ("create_response", {**one, "score": 3, "text": "comment 1"}),
        ("update_response", {**one, **response, "properties": team}),
        ("delete_response", {**response, **one}),
        ("list_declines", {"detail": "full"}),
        ("list_end_user_declines", one),
        ("get_end_user_decline", {**one, **decline}),
        ("create_decline", one),
        ("update_decline", {**one, **decline, "properties": team}),
        ("delete_decline", {**decline, **one}),
        ("get_end_user_settings", one),
        ("update_end_user_settings", {**one, "force_web_survey": True}),
        ("get_nps_summary", {}),
        ("list_segments", {}),
        ("list_survey_templates", {}),
        ("list_follow_ups", {"period": "last 30 days", "value_property": names.group}),
        ("plan_email_survey", {"people": ["1", "2", "3", str(names.other)], "eligibility": "ours"}),
        ("plan_email_survey", {"period": "last 30 days", "category": "detractor"}),
        (
            "plan_email_survey",
            {"people": [names.other], "message": {"survey_settings": {"survey_template_id": names.template}}},
        ),
        ("send_email_survey", {"emails": [names.other], "intro": "Hello", "survey_immediately": True}),
        ("send_email_survey_csv", {"csv": f"email\na@{names.domain}\n"}),
        ("get_email_stats", {}),
        ("get_email_stats_sources", {}),
        ("generate_bounce_report", {"period": "last_month"}),
        ("delete_end_user", {"end_user": names.other}),
    ]


async def called(client: Client, some: Sequence[Call]) -> list[Said]:
    """What the tools answer, both forms in one."""
    return [(tool, (await client.call_tool(tool, given)).model_dump_json()) for tool, given in some]


async def told(client: Client, names: Names, *, written: str, filled: str) -> list[Said]:
    """What is said besides: lists, resources, completions, prompts.

    Args:
        client: Of the server.
        names: What is in the account.
        written: What somebody writes where an id or a value is expected.
        filled: What a person fills into the prompts.
    """
    said = [
        ("tools", (await client.list_tools()).model_dump_json()),
        ("prompts", (await client.list_prompts()).model_dump_json()),
        ("templates", (await client.list_resource_templates()).model_dump_json()),
    ]
    listed = await client.list_resources()
    said.append(("resources", listed.model_dump_json()))
    by_id = "wootric://survey-templates/{id}"
    uris = [str(resource.uri) for resource in listed.resources]
    for uri in (*uris, by_id.format(id=names.template), by_id.format(id=0), f"wootric://{written}"):
        try:
            said.append((uri, (await client.read_resource(uri)).model_dump_json()))
        except MCPError as error:
            said.append((uri, str(error)))
    for reference, argument in _arguments(by_id):
        for value in ("", written):
            found = await client.complete(reference, {"name": argument, "value": value})
            said.append((f"completion of {argument}", found.model_dump_json()))
    for prompt in load_prompts():
        given = {argument.name: filled for argument in prompt.arguments}
        said.append((prompt.name, (await client.get_prompt(prompt.name, given)).model_dump_json()))
    return said


def _arguments(by_id: str) -> Iterator[tuple[PromptReference | ResourceTemplateReference, str]]:
    for prompt in load_prompts():
        for argument in prompt.arguments:
            yield PromptReference(type="ref/prompt", name=prompt.name), argument.name
    yield ResourceTemplateReference(type="ref/resource", uri=by_id), "id"
