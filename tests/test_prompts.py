from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, TextContent

from tests.accounts import MARA, Person, answered, connected, refused, running, structure_of
from wootric_mcp.api.models import EndUser, EndUserSettings, SurveySettings
from wootric_mcp.feedback.period import EXAMPLES
from wootric_mcp.prompts import PromptFile, PromptFileError, load_prompts, register
from wootric_mcp.tools.catalog import CATALOG

PROMPTS = {prompt.name: prompt for prompt in load_prompts()}
EVERY_TOOL = {spec.name for spec in CATALOG}
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])

GREETING = """+++
title = "Greeting"
description = "Greets somebody"
tools = ["find_customer"]

[[arguments]]
name = "who"
description = "Whom to greet"

[[arguments]]
name = "tone"
description = "How"
default = "warmly"
+++
Greet {who} {tone}. Keep {"json": 1} as it is.
"""


def server_with_prompts(available: set[str] = EVERY_TOOL) -> MCPServer:
    server: MCPServer = MCPServer("prompts", subscriptions=False)
    register(server, available)
    return server


def written(folder: Path, text: str) -> PromptFile:
    (folder / "greeting.md").write_text(text, encoding="utf-8")
    (prompt,) = load_prompts(folder)
    return prompt


def code_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
async def test_a_prompt_names_only_what_exists_and_the_tools_it_says_it_needs(prompt: PromptFile) -> None:
    with running() as served:
        async with connected(served) as client:
            tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
    named = {match[0] for code in code_in(prompt.text) if (match := re.match(r"[a-z_]+(?![a-z_ ])", code))}
    assert named & set(tools) == set(prompt.tools)
    parameters = {name for tool in prompt.tools for name in tools[tool]["properties"]}
    fields = {*EndUser.model_fields, *EndUserSettings.model_fields, *SurveySettings.model_fields}
    assert named - set(tools) <= parameters | fields


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
async def test_a_call_that_a_prompt_spells_out_is_answered(prompt: PromptFile) -> None:
    filled = prompt.fill({a.name: "CSV export" for a in prompt.arguments if a.is_required})
    calls = [ast.parse(code, mode="eval").body for code in code_in(filled) if re.match(r"\w+\(", code)]
    assert calls
    with running() as served:
        async with connected(served) as client:
            for call in calls:
                assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
                arguments = {word.arg or "": ast.literal_eval(word.value) for word in call.keywords}
                await answered(client, call.func.id, **arguments)


async def test_a_follow_up_reaches_people_who_have_just_answered_only_by_our_rules() -> None:
    text = PROMPTS["follow_up_with_detractors"].text
    assert '`eligibility: "ours"`' in text
    person = Person()
    with running() as served:
        async with connected(served, person=person) as client:
            for rules in ("wootric", "ours"):
                plan = await answered(client, "plan_email_survey", people=[MARA], eligibility=rules)
            said = await refused(client, "send_email_survey", emails=[MARA])
            await answered(client, "send_email_survey", plan=structure_of(plan)["plan"])
        assert len(served.sandbox.account.outbox()) == 1
    assert "surveyed lately: 1" in said
    (question,) = person.questions
    assert "everybody on the list" in question


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_a_prompt_is_described_and_warns_of_instructions_in_comments(prompt: PromptFile) -> None:
    assert prompt.title
    assert 20 <= len(prompt.description) <= 120
    assert all(argument.description for argument in prompt.arguments)
    assert "Comments are what" in prompt.text


def test_the_period_of_a_prompt_defaults_to_one_that_can_be_read() -> None:
    defaults = {a.default for prompt in PROMPTS.values() for a in prompt.arguments if a.name == "period"}
    assert defaults
    for default in defaults:
        assert default in EXAMPLES or re.fullmatch(r"last \d+ days", default)


def test_the_prompts_of_the_issue_are_there() -> None:
    assert {"weekly_detractor_digest", "follow_up_with_detractors", "feature_feedback"} <= set(PROMPTS)


@ERAS
async def test_a_client_sees_titles_and_arguments_with_descriptions(era: str) -> None:
    async with Client(server_with_prompts(), mode=era) as client:
        listed = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
    assert set(listed) == set(PROMPTS)
    feature, period = listed["feature_feedback"].arguments or []
    assert (feature.name, feature.required, period.name, period.required) == (
        "feature",
        True,
        "period",
        False,
    )
    assert feature.description and listed["feature_feedback"].title == "What customers say about a feature"


@ERAS
async def test_a_filled_prompt_holds_the_values_and_defaults(era: str) -> None:
    async with Client(server_with_prompts(), mode=era) as client:
        answer = await client.get_prompt("feature_feedback", {"feature": "CSV export", "period": " "})
    (message,) = answer.messages
    assert isinstance(message.content, TextContent)
    assert message.role == "user"
    assert "this feature: CSV export? Look at last 90 days." in message.content.text
    assert not re.search(r"\{\w+\}", message.content.text)


@ERAS
async def test_a_missing_argument_is_named_with_what_it_means(era: str) -> None:
    async with Client(server_with_prompts(), mode=era) as client:
        with pytest.raises(MCPError) as caught:
            await client.get_prompt("feature_feedback", {"period": "all"})
    assert caught.value.error.code == INVALID_PARAMS
    assert "feature_feedback needs feature" in caught.value.error.message
    assert "e.g. CSV export" in caught.value.error.message


@ERAS
async def test_an_unknown_argument_is_refused_by_name(era: str) -> None:
    async with Client(server_with_prompts(), mode=era) as client:
        with pytest.raises(MCPError, match="has no argument 'perod'"):
            await client.get_prompt("weekly_detractor_digest", {"perod": "all"})


async def test_a_prompt_is_left_out_where_one_of_its_tools_is_off() -> None:
    read_only = {spec.name for spec in CATALOG if spec.is_read_only}
    async with Client(server_with_prompts(read_only)) as client:
        listed = {prompt.name for prompt in (await client.list_prompts()).prompts}
    assert listed == set(PROMPTS) - {"follow_up_with_detractors"}


def test_a_value_cannot_smuggle_in_a_placeholder_or_invisible_text(tmp_path: Path) -> None:
    prompt = written(tmp_path, GREETING)
    assert (
        prompt.fill({"who": "{tone}\u202e\x00 Ann"}) == 'Greet {tone} Ann warmly. Keep {"json": 1} as it is.'
    )


def test_a_value_is_cut_at_500_characters(tmp_path: Path) -> None:
    assert len(written(tmp_path, GREETING).fill({"who": "a" * 9_000})) < 600


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (GREETING.replace("{tone}", "{mood}"), "mood, tone: arguments"),
        (GREETING.replace("{tone}", ""), "tone: arguments"),
        (GREETING.replace("tools =", "tolls ="), "tools"),
        (GREETING.replace("title =", "titel ="), "titel"),
        (GREETING.replace('name = "tone"', 'nome = "tone"'), "nome"),
        (GREETING.replace('"Greeting"', '"Greeting'), "line 2"),
        (GREETING.removeprefix("+++\n"), "front matter"),
        ("Just text.", "front matter"),
        (GREETING[: GREETING.rindex("+++")], "front matter"),
    ],
)
def test_a_faulty_prompt_file_is_refused_with_its_name_and_fault(
    tmp_path: Path, fault: str, said: str
) -> None:
    with pytest.raises(PromptFileError, match=r"^greeting\.md: ") as caught:
        written(tmp_path, fault)
    assert said in str(caught.value)
