"""A period cut into days, weeks, months or quarters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from wootric_mcp.feedback.period import Period, beginning, step

Interval = Literal["day", "week", "month", "quarter"]
State = Literal["", "unfinished", "cut"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One day, week, month or quarter, by its first and last local day."""

    interval: Interval
    first: date
    last: date
    state: State = ""
    """Whether days of it are still to come (unfinished), or the period has only a part of it (cut)."""

    @property
    def name(self) -> str:
        """The stretch as it may be asked for as a period: `2026-11-09`, `2026-W46`, `2026-11`, `2026-Q4`."""
        if self.interval == "week":
            return f"{self.first:%G-W%V}"
        if self.interval == "month":
            return f"{self.first:%Y-%m}"
        if self.interval == "quarter":
            return f"{self.first:%Y}-Q{(self.first.month + 2) // 3}"
        return str(self.first)


def stretches(
    interval: Interval, period: Period, oldest: date, newest: date, today: date
) -> Iterator[Stretch]:
    """The stretches from the local day `oldest` to `newest`, both inclusive, without a gap.

    Args:
        interval: What to cut into.
        period: What is cut.
        oldest: Local day of the first response.
        newest: Local day of the last one.
        today: Local day of asking.
    """
    first = beginning(oldest, interval)
    while first <= newest:
        after = step(first, interval, 1)
        last = after - timedelta(days=1)
        state: State = ""
        if last >= today:
            state = "unfinished"
        elif last > period.last or (period.first is not None and first < period.first):
            state = "cut"
        yield Stretch(interval, first, last, state)
        first = after
