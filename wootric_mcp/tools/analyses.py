"""The analysis of a score: one or two periods read, counted off the event loop, written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from mcp.types import CallToolResult

from wootric_mcp.shield.fence import fence
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.comparing import reading_both
from wootric_mcp.tools.reading import Evidence, Progress

if TYPE_CHECKING:
    from wootric_mcp.feedback.interval import Interval
    from wootric_mcp.tools.app import App


async def analysis(
    app: App,
    period: str,
    compare_to: str,
    group_by: str,
    interval: Interval | None,
    where: Mapping[str, Any],
    max_tokens: int,
    *,
    fresh: bool,
    progress: Progress,
) -> CallToolResult:
    """Score of a period, over time, by a property, against another period.

    Raises:
        ToolError: If a period cannot be read, or the two share a day.
    """
    from wootric_mcp.feedback.analysis import analyze
    from wootric_mcp.feedback.report_analysis import analysis_as_data, analysis_as_text
    from wootric_mcp.feedback.selection import Selection

    def written(evidence: Evidence, earlier: Evidence | None) -> CallToolResult:
        with_properties = bool(where or group_by)
        found = analyze(
            evidence.records(with_properties=with_properties),
            receipt=evidence.receipt,
            earlier=(earlier.records(with_properties=with_properties), earlier.receipt) if earlier else None,
            survey_type=app.settings.survey_type,
            selection=Selection(where=dict(where)),
            group_by=group_by.strip(),
            interval=interval,
            shown=shapes.property_shown,
            budget=max_tokens,
        )
        text = analysis_as_text(found, fence=fence, budget=max_tokens)
        return answers.both(text, analysis_as_data(found, budget=max_tokens))

    async with reading_both(app, period, compare_to, fresh=fresh, progress=progress) as (evidence, earlier):
        return await anyio.to_thread.run_sync(written, evidence, earlier)
