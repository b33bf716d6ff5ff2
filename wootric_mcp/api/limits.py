"""Wootric's request limit: a number of requests per minute and account, told in `X-Rate-Limit-*` headers.

Answers without these headers come from operations that are not limited. Others live on the same limit:
reading takes only a share of what they leave, while the single calls of a person may use all of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from math import floor
from weakref import WeakValueDictionary

from wootric_mcp.api.errors import RateLimited

WINDOW = 60.0
"""Seconds until the count begins anew."""
_MARGIN = 1.0
"""Seconds by which times of whole seconds may be off."""
RESERVE = 600.0
"""Seconds for which the share is halved after others have used up the limit."""
_BEHIND = 0.8
"""Part of the share for what nobody waits for."""


class Urgency(Enum):
    """Who waits for a request, and so how much of the limit it may use."""

    ASKED = "asked"
    """A single call of a person: all that is left."""
    READING = "reading"
    """Reading many rows for a person who waits: the share."""
    BEHIND = "behind"
    """Reading for nobody yet: a part of the share, so that a person's reading can begin at once."""


@dataclass(slots=True)
class Pace:
    """How urgent the requests of a task are, which may change while they wait.

    `waits_until`: while a request of this pace waits for the limit, the instant (epoch, by the client's
    clock) at which it expects to be sent; None otherwise.
    """

    urgency: Urgency = Urgency.ASKED
    waits_until: float | None = None


PACE: ContextVar[Pace | None] = ContextVar("PACE", default=None)
"""The pace of the current task and of the tasks it starts; None: `ASKED`."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests allowed per minute, requests left, when the count begins anew (UTC). None: unknown."""

    limit: int | None
    remaining: int | None
    resets_at: datetime | None


class Limits:
    """What is left of the request limit. One object serves all clients of an account in the process.

    `share` (above 0, at most 1) is the part of the requests left by others that reading may use.
    """

    def __init__(self, clock: Callable[[], float] = time.time, share: float = 0.5) -> None:
        self._clock = clock
        self._share = share
        self._halved_until = 0.0
        self._limit: int | None = None
        self._remaining: int | None = None
        self._resets_at: float | None = None
        self._window: int | None = None
        self._own = 0
        """Requests of this process in the current window."""
        self._in_flight = 0
        self._unlimited: set[str] = set()

    @property
    def budget(self) -> Budget:
        """The limit as it stands now."""
        self._roll()
        resets_at = None if self._resets_at is None else datetime.fromtimestamp(self._resets_at, UTC)
        return Budget(self._limit, self._remaining, resets_at)

    @property
    def share(self) -> float:
        """The share as it stands now: halved for a while after others have used up the limit."""
        return self._share / 2 if self._clock() < self._halved_until else self._share

    def allowance(self, urgency: Urgency) -> int | None:
        """Requests of this urgency that may be sent now; None: unknown, so any."""
        self._roll()
        if self._remaining is None or urgency is Urgency.ASKED:
            return self._remaining
        left_by_others = self._remaining + self._own
        quota = floor(self._part(urgency) * left_by_others + 1e-9)
        if self._limit is not None and left_by_others >= self._limit:
            quota = max(quota, 1)  # however small the share, reading comes to an end
        return max(min(quota - self._own, self._remaining), 0)

    def per_minute(self, urgency: Urgency) -> float | None:
        """Requests of this urgency that a minute holds if nobody else uses it; None: unknown."""
        if self._limit is None:
            return None
        return max(self._part(urgency) * self._limit, 1.0)

    def admit(self, operation_id: str, urgency: Urgency = Urgency.ASKED) -> float:
        """Count a request that is about to be sent; 0, or the seconds to wait before asking again.

        Whoever was admitted calls `finish` when the request is over.
        """
        self._roll()
        if operation_id not in self._unlimited:
            allowance = self.allowance(urgency)
            if allowance is not None and self._resets_at is None:
                self._resets_at = self._clock() + WINDOW  # a new count begins; the answer will tell exactly
            if allowance is not None and allowance <= 0:
                return max((self._resets_at or 0.0) - self._clock(), 0.0) + 0.05
            if self._remaining is not None:
                self._remaining -= 1
            self._own += 1
        self._in_flight += 1
        return 0.0

    def finish(self) -> None:
        """Take note that an admitted request is over, answered or not."""
        self._in_flight -= 1

    def observe(self, operation_id: str, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer."""
        self._roll()
        remaining = _number(headers.get("x-rate-limit-remaining"))
        if status == 429:
            remaining = 0
        elif remaining is None:
            if 200 <= status < 300:  # an error may come from something between Wootric and here
                self._unlimited.add(operation_id)
            return
        self._unlimited.discard(operation_id)
        self._limit = _number(headers.get("x-rate-limit-limit")) or self._limit
        if status == 429 and self._was_used_by_others():
            self._halved_until = self._clock() + RESERVE
        window = _number(headers.get("x-rate-limit-reset"))
        later = 0 if window is None or self._window is None else window - self._window
        if status != 429 and -2 * WINDOW < later <= -WINDOW / 2:
            return  # overtaken by an answer of the window that followed
        is_new = abs(later) >= WINDOW / 2  # some servers reckon the same reset a second later each time
        if self._remaining is None or is_new:
            # A count not heard of before: ours is what is under way, and it may not have counted all of that.
            counted = self._in_flight if self._limit is None else self._limit - remaining
            self._own = self._in_flight
            self._remaining = max(remaining - max(self._own - counted, 0), 0)
        else:
            # Answers may overtake each other: within one window only the smallest count is news.
            self._remaining = min(self._remaining, remaining)
        if is_new or self._window is None:
            self._window = window
        self._resets_at = self._clock() + _wait(headers, self._clock())

    def _was_used_by_others(self) -> bool:
        """Whether a refusal comes as a surprise, or this process can have caused only half of it."""
        return bool(self._remaining) or self._limit is None or self._own <= self._limit / 2

    def _part(self, urgency: Urgency) -> float:
        match urgency:
            case Urgency.ASKED:
                return 1.0
            case Urgency.READING:
                return self.share
            case Urgency.BEHIND:
                return self.share * _BEHIND

    def _roll(self) -> None:
        if self._resets_at is not None and self._clock() >= self._resets_at:
            self._remaining, self._resets_at = self._limit, None
            self._own = self._in_flight


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


def limits_for(account: tuple[str, ...], clock: Callable[[], float], share: float) -> Limits:
    """The limits of an account, the same object for all its clients as long as one of them lives."""
    return _SHARED.setdefault(account, Limits(clock, share))
