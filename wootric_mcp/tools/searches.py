"""The search of comments: a period read, searched off the event loop, a page written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import anyio.to_thread
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult

from wootric_mcp.shield.fence import fence
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.customer import user_id
from wootric_mcp.tools.lexicons import chosen_lexicon, theme_named
from wootric_mcp.tools.listing import offset_cursor, offset_of, question_of
from wootric_mcp.tools.reading import Evidence, Progress, reading

if TYPE_CHECKING:
    from wootric_mcp.tools.app import App
    from wootric_mcp.tools.parameters import Category

# What is found is put in order by all that was read.
_SHIFTED = (
    "More was read since the page before, so comments may come twice or be left out: leave out the cursor to "
    "begin again."
)


async def find(
    app: App,
    query: str,
    period: str,
    category: Category,
    where: Mapping[str, Any],
    order: Literal["relevance", "newest"],
    theme: str,
    language: str,
    end_user: str,
    limit: int,
    cursor: str,
    max_tokens: int,
    *,
    fresh: bool,
    progress: Progress,
) -> CallToolResult:
    """Comments that match a query and other filters."""
    from wootric_mcp.feedback.narrowing import Narrowing
    from wootric_mcp.feedback.report_found import found_as_data, found_as_text
    from wootric_mcp.feedback.search import search
    from wootric_mcp.feedback.selection import Selection

    named = app.period(period).name
    lexicon = chosen_lexicon(app) if theme or language else None
    narrowing = Narrowing(
        theme=theme_named(lexicon, theme) if lexicon and theme else "",
        language=_language(language) if language else "",
        end_user=await user_id(app, end_user) if end_user else None,
    )
    question = question_of(
        "search_feedback",
        query=query,
        period=named,
        category=category,
        where=where,
        order=order,
        narrowing=astuple(narrowing),
    )
    start, before, among = offset_of(cursor, question)
    before = before or int(app.now().timestamp()) + 1
    selection = Selection(category=category, where=dict(where), query=query)

    def written(evidence: Evidence) -> CallToolResult:
        receipt, following = (
            evidence.receipt,
            partial(offset_cursor, question=question, before=before, among=evidence.rows),
        )
        if cursor and evidence.rows != among:
            receipt = replace(receipt, remark=f"{_SHIFTED} {receipt.remark}".strip())
        found = search(
            evidence.records(with_properties=bool(where), lexicon=lexicon),
            receipt=receipt,
            person=app.aliases.alias,
            shown=shapes.property_shown,
            survey_type=app.settings.survey_type,
            selection=selection,
            narrowing=narrowing,
            lexicon=lexicon,
            order=order,
            start=start,
            limit=limit,
        )
        text = found_as_text(found, fence=fence, budget=max_tokens, cursor=following)
        return answers.both(text, found_as_data(found, budget=max_tokens, cursor=following))

    async with reading(app, period, before=before, fresh=fresh, progress=progress) as evidence:
        return await anyio.to_thread.run_sync(written, evidence)


def _language(text: str) -> str:
    """The code of a language, with or without a country.

    Raises:
        ToolError: if comments are not told apart by it.
    """
    from wootric_mcp.feedback.narrowing import TOLD_APART

    code = text.strip().lower().replace("_", "-").split("-")[0]
    if code not in TOLD_APART:
        raise ToolError(
            f"{answers.shown(text, 20)!r} is no language that comments are found by. Give one of "
            f"{', '.join(TOLD_APART)}."
        )
    return code
