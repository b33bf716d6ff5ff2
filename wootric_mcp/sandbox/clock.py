"""The time that a sandbox lives in."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """A clock that ticks like the machine's, can be set, moved on and stopped.

    Everything the sandbox does with time (timestamps, token expiry, rate limits, deletions, the HTTP `Date`
    header) reads this one clock.
    """

    def __init__(self, now: datetime | None = None) -> None:
        """Start at `now` (an aware datetime), by default at the machine's time."""
        self._offset = 0.0
        self._stopped_at: float | None = None
        if now is not None:
            self.set(now)

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._offset if self._stopped_at is None else self._stopped_at

    def seconds(self) -> int:
        """Whole seconds since the epoch: the resolution of the API."""
        return int(self.time())

    def now(self) -> datetime:
        """The same instant as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def set(self, now: datetime) -> None:
        """Jump to `now`; a clock that ticks goes on ticking from there.

        Raises:
            ValueError: `now` has no time zone.
        """
        if now.tzinfo is None:
            raise ValueError("the sandbox clock needs a time with a zone, such as 2026-11-20T12:00:00Z")
        instant = now.timestamp()
        self._offset = instant - time.time()
        if self._stopped_at is not None:
            self._stopped_at = instant

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._offset += seconds
        if self._stopped_at is not None:
            self._stopped_at += seconds

    def freeze(self) -> None:
        """Stop ticking; `set` and `advance` still move it."""
        self._stopped_at = self.time()
