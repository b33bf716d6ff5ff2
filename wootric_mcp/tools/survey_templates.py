"""The tool for survey templates."""

from __future__ import annotations

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from wootric_mcp.shield.fields import shown_name
from wootric_mcp.tools import answers
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.registry import Toolset

survey_templates = Toolset("survey_templates")


@survey_templates.operation("List survey templates", answers.ROWS)
async def list_survey_templates(ctx: Context[App]) -> CallToolResult:
    """Lists the survey templates with id, default language and the languages they are written in; e-mail
    surveys name a template by id."""
    found = await app_of(ctx).client().list_survey_templates()
    table = (
        [
            item.id,
            shown_name(item.name),
            shown_name(item.default_language),
            [shown_name(language.code) for language in item.languages],
            item.id == found.default_survey_template_id,
        ]
        for item in found.survey_templates
    )
    columns = ("id", "name", "default_language", "languages", "is_default")
    count = answers.counted(len(found.survey_templates), "survey template")
    return answers.rows(f"{count}.", columns, table)
