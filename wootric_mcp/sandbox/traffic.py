"""A record of the requests that came in, for tests and benchmarks to count."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from .clock import Clock

KEPT = 2_000


@dataclass(slots=True)
class Request:
    """One request. `status` is None while it is under way and when its connection was cut."""

    method: str
    path: str
    query: str
    at: float
    operation: str = "unknown"
    status: int | None = None
    fault: str | None = None


class Traffic:
    """Totals of all requests (tokens included), and the latest ones.

    "Answered" are those that the account itself answered: not failed on request, not refused
    by the rate limit.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.total = 0
        self.answered = 0
        self.by_operation: Counter[str] = Counter()
        self.by_path: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self._latest: deque[Request] = deque(maxlen=KEPT)

    def arrived(self, method: str, path: str, query: str) -> Request:
        """Note a request that has just come in."""
        request = Request(method, path, query, self._clock.time())
        self._latest.append(request)
        self.total += 1
        return request

    def finished(self, request: Request, status: int | None) -> None:
        """Note how it ended: with `status`, or (None) with a cut connection."""
        request.status = status
        self.by_operation[request.operation] += 1
        self.by_path[f"{request.method} {request.path}"] += 1
        self.by_status["cut" if status is None else str(status)] += 1
        if request.fault in {None, "delay"} and status != 429:
            self.answered += 1

    def log(self) -> list[dict[str, Any]]:
        """The latest requests, oldest first."""
        return [
            {
                "method": each.method,
                "path": each.path,
                "query": each.query,
                "operation": each.operation,
                "status": each.status,
                "fault": each.fault,
                "at": each.at,
            }
            # A copy, made at one stroke: the server may be adding to it in its own thread.
            for each in list(self._latest)
        ]

    def summary(self) -> dict[str, Any]:
        """Totals and the latest requests, as JSON can hold them."""
        return {
            "total": self.total,
            "answered": self.answered,
            "by_operation": dict(self.by_operation),
            "by_path": dict(self.by_path),
            "by_status": dict(self.by_status),
            "log": self.log(),
        }
