"""The resources a host can attach to a conversation: segments, survey templates, definitions."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resources import FunctionResource

from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.fields import shown_name

if TYPE_CHECKING:
    from wootric_mcp.api.models import SurveyTemplate
    from wootric_mcp.tools.app import App

_JSON, _MARKDOWN = "application/json", "text/markdown"

Content = str | dict[str, Any]


def register(server: MCPServer[Any], app: App) -> None:
    """Offer the resources. They read through `app`, because the SDK gives a fixed resource no context.

    What the account's users named stands under `untrusted`, as in the structured answers of tools.

    A failure reaches clients as a sentence: -32602 for a template that does not exist, else -32603.
    """

    async def segments() -> Content:
        found = await app.client().segments()
        rows = [
            {"name": shown_name(segment.name), "data_type": shown_name(segment.data_type)}
            for segment in found
        ]
        return {"untrusted": {"segments": rows}}

    async def survey_templates() -> Content:
        found = await app.client().survey_templates()
        rows = [_template(template) for template in found.survey_templates]
        return {
            "default_survey_template_id": found.default_survey_template_id,
            "untrusted": {"survey_templates": rows},
        }

    async def survey_template(id: str) -> Content:  # noqa: A002 - the word in the URI
        found = await app.client().survey_templates()
        for template in found.survey_templates:
            if str(template.id) == id:
                is_default = template.id == found.default_survey_template_id
                return {"is_default": is_default, "untrusted": _template(template)}
        known = ", ".join(str(template.id) for template in found.survey_templates) or "none"
        raise ResourceNotFoundError(f"There is no survey template {clean(id, 40)!r}. There are: {known}.")

    async def definitions() -> Content:
        return Path(__file__).with_name("definitions.md").read_text(encoding="utf-8")

    fixed = (
        (segments, "Segments", _JSON, "Names and types of the account's end-user properties"),
        (
            survey_templates,
            "Survey templates",
            _JSON,
            "Survey templates with their languages, and the default one",
        ),
        (
            definitions,
            "Definitions",
            _MARKDOWN,
            "What the words in answers mean and how figures are computed",
        ),
    )
    for function, title, mime_type, description in fixed:
        name = function.__name__.replace("_", "-")
        server.add_resource(
            FunctionResource(
                uri=f"wootric://{name}",
                name=name,
                title=title,
                description=description,
                mime_type=mime_type,
                fn=_in_words(function),
            )
        )
    server.resource(
        "wootric://survey-templates/{id}",
        name="survey-template",
        title="Survey template",
        description="One survey template with its languages",
        mime_type=_JSON,
    )(_in_words(survey_template))


def _template(template: SurveyTemplate) -> dict[str, Any]:
    """What is shown of a template; the account's users chose its names."""
    return {
        "id": template.id,
        "name": shown_name(template.name),
        "default_language": shown_name(template.default_language),
        "languages": [
            {"code": shown_name(language.code), "name": shown_name(language.name)}
            for language in template.languages
        ],
    }


def _in_words(read: Callable[..., Awaitable[Content]]) -> Callable[..., Awaitable[Content]]:
    """Let a failure that was foreseen reach the client as its sentence; the SDK hides others."""

    @functools.wraps(read)
    async def run(**arguments: Any) -> Content:
        from wootric_mcp.api.errors import WootricError
        from wootric_mcp.store.errors import StoreError

        try:
            return await read(**arguments)
        except (WootricError, StoreError, ToolError) as error:
            raise ResourceError(str(error)) from error

    return run
