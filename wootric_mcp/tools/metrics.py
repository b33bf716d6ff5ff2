"""The tool for Wootric's own NPS figures."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.parameters import PeriodText
from wootric_mcp.tools.registry import Toolset

if TYPE_CHECKING:
    from wootric_mcp.api.models import NpsSummary
    from wootric_mcp.feedback.period import Period

metrics = Toolset("metrics")

# Before Wootric began; without a start it would take the last month only.
LONG_AGO = date(2010, 1, 1)


async def summary_of(app: App, period: Period) -> NpsSummary:
    """Wootric's own figures for the days of a period."""
    return await app.client().get_nps_summary(start=period.first or LONG_AGO, end=period.last)


@metrics.operation("Get NPS summary", answers.FIGURES)
async def get_nps_summary(ctx: Context[App], period: PeriodText = "last 30 days") -> CallToolResult:
    """Gives Wootric's own NPS, counts and response rates (whole percents) of a period, without reading single
    responses: the quick way to one number."""
    app = app_of(ctx)
    chosen = app.period(period)
    summary = await summary_of(app, chosen)
    days = f"{chosen.first or LONG_AGO} to {chosen.last}"
    title = (
        f"NPS summary by Wootric; {days}, days as the account's own time zone at Wootric cuts them. "
        f"As of {shapes.local(app, app.now())}."
    )
    if app.settings.survey_type != "nps":
        title += " Wootric counts by the thresholds of NPS here, whatever the survey asks."
    return answers.figures(title, summary.model_dump(include=set(type(summary).model_fields)))
