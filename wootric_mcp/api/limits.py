"""Wootric's request limit: a number of requests per minute and account, told in `X-Rate-Limit-*` headers.

Answers without these headers come from operations that are not limited.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from weakref import WeakValueDictionary

from wootric_mcp.api.errors import RateLimited

WINDOW = 60.0
"""Seconds until the count begins anew."""
_MARGIN = 1.0
"""Seconds by which times of whole seconds may be off."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests allowed per minute, requests left, when the count begins anew (UTC). None: unknown."""

    limit: int | None
    remaining: int | None
    resets_at: datetime | None


class Limits:
    """What is left of the request limit. One object serves all clients of an account in the process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._limit: int | None = None
        self._remaining: int | None = None
        self._resets_at: float | None = None
        self._window: int | None = None
        self._unlimited: set[str] = set()

    @property
    def budget(self) -> Budget:
        """The limit as it stands now."""
        self._roll()
        resets_at = None if self._resets_at is None else datetime.fromtimestamp(self._resets_at, UTC)
        return Budget(self._limit, self._remaining, resets_at)

    def admit(self, operation_id: str) -> float:
        """Count a request that is about to be sent; 0, or the seconds to wait before asking again."""
        self._roll()
        if operation_id in self._unlimited or self._remaining is None:
            return 0.0
        if self._resets_at is None:
            self._resets_at = self._clock() + WINDOW  # a new count begins; the answer will tell exactly
        if self._remaining <= 0:
            return max(self._resets_at - self._clock(), 0.0) + 0.05
        self._remaining -= 1
        return 0.0

    def observe(self, operation_id: str, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer."""
        self._roll()
        remaining = _number(headers.get("x-rate-limit-remaining"))
        if status == 429:
            self._unlimited.discard(operation_id)
            self._remaining, self._resets_at = 0, self._clock() + _wait(headers, self._clock())
            return
        if remaining is None:
            if 200 <= status < 300:  # an error may come from something between Wootric and here
                self._unlimited.add(operation_id)
            return
        self._unlimited.discard(operation_id)
        self._limit = _number(headers.get("x-rate-limit-limit")) or self._limit
        window = _number(headers.get("x-rate-limit-reset"))
        # Answers may overtake each other: within one window only the smallest count is news.
        if self._remaining is None or window != self._window:
            self._window, self._remaining = window, remaining
        else:
            self._remaining = min(self._remaining, remaining)
        self._resets_at = self._clock() + _wait(headers, self._clock())

    def _roll(self) -> None:
        if self._resets_at is not None and self._clock() >= self._resets_at:
            self._remaining, self._resets_at = self._limit, None


def _wait(headers: Mapping[str, str], now: float) -> float:
    """Seconds until the count begins anew, by the headers of one answer received at epoch `now`.

    The server's own `Date` is preferred, so that a wrong clock on either side does no harm; what cannot be
    true (garbage, more than a window away) counts as a whole window.
    """
    reset = _number(headers.get("x-rate-limit-reset"))
    waits = (
        []
        if reset is None
        else [reset - base for base in (_date(headers.get("date")), now) if base is not None]
    )
    after = _number(headers.get("retry-after"))
    if after is not None:
        waits.append(after)
    return next((max(wait, 0.0) + _MARGIN for wait in waits if -_MARGIN <= wait <= WINDOW + _MARGIN), WINDOW)


def rate_limited(headers: Mapping[str, str], now: float) -> RateLimited:
    """The error that an answer with status 429, received at epoch `now`, stands for."""
    return exhausted(_wait(headers, now), now)


def exhausted(seconds: float, now: float) -> RateLimited:
    """The error for a request that would have to wait for so long."""
    return RateLimited(datetime.fromtimestamp(now + seconds, UTC), seconds)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,12}", text.strip()) else None


def _date(text: str | None) -> float | None:
    try:
        return None if text is None else parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


_SHARED: WeakValueDictionary[tuple[str, ...], Limits] = WeakValueDictionary()


def limits_for(account: tuple[str, ...], clock: Callable[[], float]) -> Limits:
    """The limits of an account, the same object for all its clients as long as one of them lives."""
    return _SHARED.setdefault(account, Limits(clock))
