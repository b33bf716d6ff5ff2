"""Every tool there is, toolset by toolset, in the order in which they are listed."""

from __future__ import annotations

from wootric_mcp.settings import Settings
from wootric_mcp.tools.declines import declines
from wootric_mcp.tools.email_surveys import email_surveys
from wootric_mcp.tools.end_users import end_users
from wootric_mcp.tools.feedback import feedback
from wootric_mcp.tools.metrics import metrics
from wootric_mcp.tools.registry import ToolSpec
from wootric_mcp.tools.responses import responses
from wootric_mcp.tools.segments import segments
from wootric_mcp.tools.survey_settings import settings as survey_settings
from wootric_mcp.tools.survey_templates import survey_templates

TOOLSETS = (
    feedback,
    end_users,
    responses,
    declines,
    survey_settings,
    metrics,
    segments,
    survey_templates,
    email_surveys,
)

CATALOG: tuple[ToolSpec, ...] = tuple(spec for toolset in TOOLSETS for spec in toolset.specs)


def offered(settings: Settings) -> tuple[ToolSpec, ...]:
    """The catalog, and under strict privacy the tool that shows what the others hide."""
    if not settings.is_strict:
        return CATALOG
    from wootric_mcp.tools.revealing import revealing

    return (*CATALOG, *revealing.specs)
