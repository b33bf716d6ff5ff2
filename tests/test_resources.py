from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, ErrorData, TextResourceContents

from wootric_mcp import resources
from wootric_mcp.api.errors import InvalidRequest
from wootric_mcp.api.models import Segment, SurveyTemplates
from wootric_mcp.settings import Settings
from wootric_mcp.tools.app import App

ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])

TEMPLATES = {
    "default_survey_template_id": 7,
    "survey_templates": [
        {
            "id": 7,
            "name": "Quarterly\u202e NPS",
            "default_language": "en",
            "languages": [{"code": "en", "name": "English"}],
        },
        {"id": 8, "name": None, "default_language": None, "languages": None},
    ],
}


class Account:
    """What the API client of one account answers."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def segments(self) -> list[Segment]:
        self._maybe_fail()
        return [Segment.model_validate({"name": "plan\x00\u200b", "data_type": "string"})]

    async def survey_templates(self) -> SurveyTemplates:
        self._maybe_fail()
        return SurveyTemplates.model_validate(TEMPLATES)

    def _maybe_fail(self) -> None:
        if self.error:
            raise self.error


class StubApp:
    def __init__(self, account: Account) -> None:
        self.account = account

    def client(self) -> Account:
        return self.account


def server_of(app: Any) -> MCPServer:
    server: MCPServer = MCPServer("resources", subscriptions=False, log_level="CRITICAL")
    resources.register(server, cast(App, app))
    return server


async def read(uri: str, era: str = "auto", error: Exception | None = None) -> tuple[str, str]:
    async with Client(server_of(StubApp(Account(error))), mode=cast(Any, era)) as client:
        (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.mime_type or "", content.text


async def failure(uri: str, era: str = "auto", error: Exception | None = None) -> ErrorData:
    async with Client(server_of(StubApp(Account(error))), mode=cast(Any, era)) as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(uri)
    return caught.value.error


async def test_the_resources_and_the_template_are_listed_with_titles() -> None:
    async with Client(server_of(StubApp(Account()))) as client:
        listed = (await client.list_resources()).resources
        (template,) = (await client.list_resource_templates()).resource_templates
    assert [str(resource.uri) for resource in listed] == [
        "wootric://segments",
        "wootric://survey-templates",
        "wootric://definitions",
    ]
    assert all(resource.title and resource.description for resource in listed)
    assert template.uri_template == "wootric://survey-templates/{id}"


@ERAS
async def test_segments_are_named_without_invisible_characters(era: str) -> None:
    mime_type, text = await read("wootric://segments", era)
    assert mime_type == "application/json"
    assert json.loads(text) == {"untrusted": {"segments": [{"name": "plan", "data_type": "string"}]}}


@ERAS
async def test_survey_templates_say_which_is_the_default_and_bear_nulls(era: str) -> None:
    _, text = await read("wootric://survey-templates", era)
    templates = json.loads(text)
    assert templates["default_survey_template_id"] == 7
    assert [template["name"] for template in templates["untrusted"]["survey_templates"]] == [
        "Quarterly NPS",
        "",
    ]


@ERAS
async def test_one_survey_template_is_read_by_its_id(era: str) -> None:
    _, text = await read("wootric://survey-templates/7", era)
    assert json.loads(text) == {
        "is_default": True,
        "untrusted": {
            "id": 7,
            "name": "Quarterly NPS",
            "default_language": "en",
            "languages": [{"code": "en", "name": "English"}],
        },
    }


@ERAS
@pytest.mark.parametrize("id_", ["9", "7%20", "%2e%2e", "a%0Ab"])
async def test_an_unknown_template_is_not_found(era: str, id_: str) -> None:
    assert (await failure(f"wootric://survey-templates/{id_}", era)).code == INVALID_PARAMS


async def test_not_found_tells_the_ids_there_are() -> None:
    told = (await failure("wootric://survey-templates/9")).message
    assert told == "There is no survey template '9'. There are: 7, 8."


@ERAS
@pytest.mark.parametrize("error", [InvalidRequest("The sky is down."), ToolError("The sky is down.")])
@pytest.mark.parametrize("uri", ["wootric://segments", "wootric://survey-templates/7"])
async def test_a_failure_reaches_the_client_as_its_sentence(era: str, error: Exception, uri: str) -> None:
    told = await failure(uri, era, error)
    assert (told.code, "The sky is down." in told.message) == (INTERNAL_ERROR, True)


@ERAS
async def test_an_unforeseen_failure_tells_nothing_of_itself(era: str) -> None:
    told = await failure("wootric://segments", era, RuntimeError("secret detail"))
    assert "secret detail" not in told.message


async def test_a_server_without_credentials_says_what_to_set() -> None:
    async with Client(server_of(App(Settings.model_construct(**_nothing())))) as client:
        with pytest.raises(MCPError, match="WOOTRIC_CLIENT_ID"):
            await client.read_resource("wootric://segments")


def _nothing() -> dict[str, Any]:
    return {name: field.get_default() for name, field in Settings.model_fields.items()}


@ERAS
async def test_definitions_explain_every_word_that_answers_use(era: str) -> None:
    mime_type, text = await read("wootric://definitions", era)
    assert mime_type == "text/markdown"
    defined = " ".join(re.findall(r"\*\*(.+?)\*\*", text)).lower()
    words = (
        "nps,csat,ces,promoter,passive,detractor,response,decline,verbatim,coverage,segment,margin,alias,"
        "indicative,repeats,response rate,comment rate,difference,more than chance,too few answers to say,"
        "mix and within,reversal,theme,share,in none of the themes,impact,contribution,sentiment,duplicate,"
        "quote,match,everybody who says it,all people,relevance,each part alone,altered,invented,period,as of"
    )
    assert [word for word in words.split(",") if word not in defined] == []
