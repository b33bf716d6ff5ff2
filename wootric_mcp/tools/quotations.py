"""Checking quotations: a draft is compared with every comment of a period, and with all others kept."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread
from mcp.types import CallToolResult

from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.fence import fence
from wootric_mcp.shield.masking import mask
from wootric_mcp.tools import answers
from wootric_mcp.tools.reading import Progress, reading, stoppable

if TYPE_CHECKING:
    from wootric_mcp.feedback.receipt import Receipt
    from wootric_mcp.tools.app import App

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")


async def check_draft(app: App, text: str, period: str, *, progress: Progress) -> CallToolResult:
    """What became of the quotations in a text; the period is read only if what is stored does not have them
    all."""
    from wootric_mcp.feedback.checking import Check, check
    from wootric_mcp.feedback.report_checked import checked_as_data, checked_as_text
    from wootric_mcp.store.holding import held, records

    # The comments have come the same way, so that what was masked in them is no difference.
    draft = "\n\n".join(mask(clean(part, keep_lines=True)) for part in _PARAGRAPH.split(text))
    reader = app.client().reader

    async def compared(receipt: Receipt | None) -> Check:
        stored = await held(reader, 0, int(app.now().timestamp()) + 1)
        rows = records(await reader.database(), stored, with_properties=False)
        return await anyio.to_thread.run_sync(partial(check, draft, stoppable(rows), receipt=receipt))

    checked = await compared(None)
    if not checked.is_clean:
        async with reading(app, period, progress=progress) as evidence:
            checked = await compared(evidence.receipt)
    said = checked_as_text(checked, person=app.aliases.alias, fence=fence)
    return answers.both(said, checked_as_data(checked, person=app.aliases.alias))
