"""What people said in a period: read, summed up off the event loop, written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import anyio.to_thread
from mcp.types import CallToolResult

from wootric_mcp.shield.fence import fence
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.comparing import reading_both
from wootric_mcp.tools.lexicons import chosen_lexicon
from wootric_mcp.tools.reading import Evidence, Progress

if TYPE_CHECKING:
    from wootric_mcp.feedback.records import FeedbackRecord
    from wootric_mcp.tools.app import App
    from wootric_mcp.tools.parameters import Category


async def summarize(
    app: App,
    period: str,
    compare_to: str,
    category: Category,
    query: str,
    where: Mapping[str, Any],
    max_tokens: int,
    *,
    fresh: bool,
    progress: Progress,
) -> CallToolResult:
    """Score, themes and quotes of a period, and what changed since another one.

    Raises:
        ToolError: If a period cannot be read, or the two share a day.
    """
    from wootric_mcp.feedback.digest import digest
    from wootric_mcp.feedback.report import as_data, as_text
    from wootric_mcp.feedback.selection import Selection

    selection = Selection(category=category, where=dict(where), query=query)
    lexicon = chosen_lexicon(app)

    def written(evidence: Evidence, earlier: Evidence | None) -> CallToolResult:
        def read(evidence: Evidence) -> Iterator[FeedbackRecord]:
            return evidence.records(with_properties=bool(where), with_tags=True, lexicon=lexicon)

        summed_up = digest(
            read(evidence),
            receipt=evidence.receipt,
            earlier=(read(earlier), earlier.receipt) if earlier else None,
            response_rate=None if where else evidence.response_rate,
            person=app.aliases.alias,
            shown=shapes.property_shown,
            survey_type=app.settings.survey_type,
            selection=selection,
            lexicon=lexicon,
            budget=max_tokens,
            go_on=anyio.from_thread.check_cancelled,
        )
        text = as_text(summed_up, fence=fence, budget=max_tokens)
        return answers.both(text, as_data(summed_up, budget=max_tokens))

    async with reading_both(app, period, compare_to, fresh=fresh, progress=progress) as (evidence, earlier):
        return await anyio.to_thread.run_sync(written, evidence, earlier)
