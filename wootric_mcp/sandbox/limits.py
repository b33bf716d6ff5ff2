"""The rate limit: so many requests in a fixed window of one minute, for the whole account."""

from __future__ import annotations

from .answers import Refusal, failure
from .clock import Clock
from .switches import Switches

WINDOW = 60
"""Seconds. A window begins with the first request after the last one has passed."""


class RateLimit:
    """Counts requests and refuses those above the limit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._resets_at = 0

    def admit(self, switches: Switches) -> dict[str, str]:
        """Count one request; the headers its answer carries (none where nothing is limited).

        Raises:
            Refusal: 429, with the same headers.
        """
        if switches.rate_limit is None:
            return {}
        now = self._clock.seconds()
        # A clock that was set back must not leave the window closed for years.
        if not now < self._resets_at <= now + WINDOW:
            self._count, self._resets_at = 0, now + WINDOW
        self._count += 1
        headers = rate_headers(switches.rate_limit, switches.rate_limit - self._count, self._resets_at)
        if self._count <= switches.rate_limit:
            return headers
        raise rate_limited(headers, self._resets_at - now if switches.retry_after else None)


def rate_headers(limit: int, remaining: int, resets_at: int) -> dict[str, str]:
    """The headers of a limited endpoint; `resets_at` is in epoch seconds."""
    return {
        "X-Rate-Limit-Limit": str(limit),
        "X-Rate-Limit-Remaining": str(max(0, remaining)),
        "X-Rate-Limit-Reset": str(resets_at),
    }


def rate_limited(headers: dict[str, str], retry_after: int | None = None) -> Refusal:
    """The refusal of a request above the limit."""
    advice = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return failure(429, "Rate limit exceeded", {**headers, **advice})
