"""How two periods are read that are to be compared: at the same time, neither at the cost of the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.tools.concurrently import concurrently
from wootric_mcp.tools.reading import Evidence, Progress, reading

if TYPE_CHECKING:
    from wootric_mcp.feedback.period import Period
    from wootric_mcp.tools.app import App


@asynccontextmanager
async def reading_both(
    app: App, period: str, compare_to: str, *, fresh: bool, progress: Progress
) -> AsyncIterator[tuple[Evidence, Evidence | None]]:
    """Read a period and the one to compare with: "previous", a period, or "" for none.

    Raises:
        ToolError: If a period cannot be read, or the two share a day.
    """
    periods = [period, *([_other(app, period, compare_to)] if compare_to else [])]
    together = _Together(progress, len(periods))
    async with AsyncExitStack() as stack:
        # At the same time, so that the call's time does for both.
        evidence, *earlier = await concurrently(
            [
                partial(
                    _read if number == 0 else _read_if_possible,
                    app,
                    text,
                    stack,
                    fresh=fresh,
                    progress=together.of(number),
                )
                for number, text in enumerate(periods)
            ]
        )
        yield evidence, earlier[0] if earlier else None


async def _read(app: App, period: str, stack: AsyncExitStack, *, fresh: bool, progress: Progress) -> Evidence:
    """The responses of a period, which stay there until `stack` is closed."""
    return await stack.enter_async_context(reading(app, period, fresh=fresh, progress=progress))


async def _read_if_possible(
    app: App, period: str, stack: AsyncExitStack, *, fresh: bool, progress: Progress
) -> Evidence:
    """The same, and nothing for now where the other period took all that could be read."""
    from wootric_mcp.api.errors import RateLimited
    from wootric_mcp.feedback.receipt import Receipt

    try:
        return await _read(app, period, stack, fresh=fresh, progress=progress)
    except RateLimited as error:
        missing = Receipt(app.period(period), app.now(), f"Nothing of it has been read yet. {error}")
        return Evidence(missing, 0, lambda *_: iter(()))


def _other(app: App, period: str, compare_to: str) -> str:
    """The period to compare with, as text."""
    from wootric_mcp.feedback.period import PeriodError, previous

    one = app.period(period)
    if compare_to.strip().casefold() == "previous":
        try:
            return previous(one).name
        except PeriodError as error:
            raise ToolError(str(error)) from error
    other = app.period(compare_to)
    if _overlap(one, other):
        raise ToolError(
            f"The periods {one.label} and {other.label} share days, so they cannot be compared. Choose a "
            'compare_to that ends before the period begins, or "previous".'
        )
    return compare_to


def _overlap(one: Period, other: Period) -> bool:
    starts = [period.start for period in (one, other)]
    return (starts[0] is None or starts[0] < other.end) and (starts[1] is None or starts[1] < one.end)


class _Together:
    """Progress of several readings as that of one."""

    def __init__(self, progress: Progress, readings: int) -> None:
        self._progress = progress
        self._found = [0.0] * readings
        self._expected: list[float | None] = [None] * readings

    def of(self, number: int) -> Progress:
        """What one of the readings calls."""

        async def tell(found: float, expected: float | None, _: str | None) -> None:
            self._found[number], self._expected[number] = found, expected
            known = [each for each in self._expected if each is not None]
            total = sum(known) if len(known) == len(self._expected) else None
            await self._progress(sum(self._found), total, f"Read {sum(self._found):,.0f} responses")

        return tell
