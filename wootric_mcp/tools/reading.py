"""How a feedback tool reads: every response of a period, newest first, as far as the call's time allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio

from wootric_mcp.tools import shapes

if TYPE_CHECKING:
    from wootric_mcp.api.models import Response
    from wootric_mcp.api.paging import Reading
    from wootric_mcp.feedback.period import Period
    from wootric_mcp.feedback.receipt import Receipt
    from wootric_mcp.feedback.records import FeedbackRecord
    from wootric_mcp.tools.app import App

_SECOND = timedelta(seconds=1)
# Seconds for asking how many there are, once reading has used up its time.
_TIME_TO_COUNT = 2.0


async def read_feedback(
    app: App, period_text: str, before: int | None = None
) -> tuple[list[FeedbackRecord], Receipt]:
    """The responses of a period, none from the second `before` on, and what they are worth as evidence."""
    from wootric_mcp.feedback.receipt import Receipt

    period, as_of = app.period(period_text), app.now()
    records: list[FeedbackRecord] = []

    def take(responses: Sequence[Response]) -> None:
        records.extend(shapes.feedback_record(app, response) for response in responses)

    client = app.client()
    if period.future:
        return [], Receipt(period, as_of)
    reading = await client.read_responses(
        take,
        after=period.start and period.start - _SECOND,
        before=min(period.end, datetime.fromtimestamp(before, UTC) if before else as_of + _SECOND),
        patience=app.patience,
    )
    return records, Receipt(period, as_of, await _coverage(app, period, reading))


async def _coverage(app: App, period: Period, reading: Reading) -> str:
    """What of the period could not be read, in figures; empty if all of it was."""
    said = []
    if not reading.complete and reading.stopped != "end":
        expected = await _expected(app, period)
        of_about = f" of about {expected:,}" if expected else ""
        back = f", newest first, back to {shapes.local(app, reading.reached)}" if reading.reached else ""
        why = "time ran out" if reading.stopped == "patience" else "Wootric's request limit was reached"
        said.append(
            f"Read {reading.rows:,}{of_about} responses{back}; then {why}. Older ones are not in any figure: "
            "ask for a shorter period, or again in a minute."
        )
    if reading.unreachable:
        count = "An unknown number" if reading.unreachable < 0 else f"{reading.unreachable:,}"
        said.append(f"{count} of responses that share one second cannot be reached through the API.")
    return " ".join(said)


async def _expected(app: App, period: Period) -> int | None:
    """How many responses Wootric itself counts in the period; None if it does not say in time."""
    from wootric_mcp.api.errors import WootricError
    from wootric_mcp.tools.metrics import summary_of

    with anyio.move_on_after(_TIME_TO_COUNT):
        try:
            return (await summary_of(app, period)).responses
        except WootricError:
            return None
    return None
