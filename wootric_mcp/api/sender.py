"""Sending: request limit, deadline, and which requests may be sent again."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
import httpx

from wootric_mcp.api import answers, forms
from wootric_mcp.api.auth import WootricAuth
from wootric_mcp.api.errors import NotConfigured, NotFound, RateLimited, WootricError
from wootric_mcp.api.limits import PACE, Limits, Urgency, exhausted, limits_for, rate_limited
from wootric_mcp.api.transport import Transport
from wootric_mcp.operations import OPERATIONS, Operation, Retry
from wootric_mcp.settings import Settings

T = TypeVar("T")

RETRY_PERIOD = 15.0
"""Seconds after which no further attempt begins, waits for the request limit aside."""
MAX_ATTEMPTS = 5
MAX_REFUSALS = 5
"""Times one request may be refused with 429 before its caller is told."""
_FIRST_PAUSE = 0.25
_LOOK_AGAIN = 0.25
"""Seconds after which a reader that waits for its share asks again, as its urgency may have risen."""
_TIME_TO_ANSWER = 1.0
"""Seconds before a deadline that are kept for the request itself when waiting for the limit."""

File = tuple[str, str, str]
"""Form field, file name, text."""


class Sender:
    """Sends requests of one account until they are answered, as often as it is safe to."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._transport = Transport(settings.url, transport)
        self._auth = WootricAuth(settings, clock)
        token = settings.account_token.get_secret_value() if settings.account_token else ""
        account = (settings.url, settings.client_id, settings.username, token)
        self.limits: Limits = limits_for(account, clock, settings.budget_share)

    @property
    def requests(self) -> int:
        """HTTP requests sent, those for tokens included."""
        return self._transport.requests

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def call(
        self,
        operation_id: str,
        parse: Callable[[Any], T],
        *,
        path: Mapping[str, str | int] | None = None,
        query: Mapping[str, object] | None = None,
        form: Mapping[str, object] | None = None,
        file: File | None = None,
    ) -> T:
        """Perform one operation and read its answer with `parse`. Raises WootricError."""
        operation = OPERATIONS[operation_id]
        if not self._settings.is_usable:
            raise NotConfigured(self._settings.what_to_set())
        url = self._settings.url + forms.path(operation.path, path or {})
        if parameters := forms.encoded(query or {}):
            url += f"?{parameters}"
        attempts = _Attempts(operation, self._jitter)
        while True:
            try:
                await self._await_limit(operation)
                try:
                    return await self._attempt(operation, _request(operation, url, form, file), parse)
                finally:
                    self.limits.finish()
            except WootricError as error:
                if isinstance(error, NotFound) and operation.method == "DELETE" and attempts.may_have_arrived:
                    return parse(None)  # the attempt before has deleted it
                pause = attempts.after(error)
                if pause is None:
                    raise
                is_refused = isinstance(error, RateLimited)
            await (self._rest(pause, self._clock() + pause) if is_refused else self._sleep(pause))

    async def _attempt(self, operation: Operation, request: httpx.Request, parse: Callable[[Any], T]) -> T:
        is_safe = operation.retry is Retry.SAFE
        response = await self._transport.send(request, self._auth, fresh=not is_safe)
        self.limits.observe(operation.id, response.status_code, response.headers)
        if response.status_code == 429:
            raise rate_limited(response.headers, self._clock())
        return parse(answers.read(response, any_body=parse is answers.nothing))

    async def _await_limit(self, operation: Operation) -> None:
        pace = PACE.get()
        while (seconds := self.limits.admit(operation.id, pace.urgency if pace else Urgency.ASKED)) > 0:
            if seconds + _TIME_TO_ANSWER > time_left():
                await anyio.lowlevel.checkpoint_if_cancelled()  # then nobody is left to be told
                raise exhausted(seconds, self._clock())
            # A pace may change meanwhile.
            await self._rest(min(seconds, _LOOK_AGAIN) if pace else seconds, self._clock() + seconds)

    async def _rest(self, seconds: float, until: float) -> None:
        """Sleep for `seconds`; meanwhile the pace of the task tells until when it waits for the limit."""
        pace = PACE.get()
        if pace is None:
            return await self._sleep(seconds)
        pace.waits_until = until
        try:
            await self._sleep(seconds)
        finally:
            pace.waits_until = None


class _Attempts:
    """The attempts at one operation so far, and whether there may be another."""

    def __init__(self, operation: Operation, jitter: Callable[[], float]) -> None:
        self.may_have_arrived = False
        self._operation = operation
        self._jitter = jitter
        self._faults = 0
        self._refusals = 0
        self._ends = anyio.current_time() + RETRY_PERIOD

    def after(self, error: WootricError) -> float | None:
        """Seconds to wait before the next attempt; None if there must not be one. Completes the error."""
        may_repeat = self._operation.retry is Retry.SAFE or error.may_have_changed is False
        self.may_have_arrived |= error.may_have_changed is not False
        self._complete(error)
        if not error.is_passing or not may_repeat:
            return None
        if isinstance(error, RateLimited):
            return self._after_refusal(error)
        self._faults += 1
        pause = _FIRST_PAUSE * 2 ** (self._faults - 1) * (0.5 + self._jitter())
        in_time = anyio.current_time() + pause < self._ends and pause < time_left()
        return pause if self._faults < MAX_ATTEMPTS and in_time else None

    def _after_refusal(self, error: RateLimited) -> float | None:
        self._refusals += 1
        pause = (error.seconds or 0.0) + self._jitter()
        if self._refusals > MAX_REFUSALS or pause + _TIME_TO_ANSWER > time_left():
            return None
        self._ends += pause
        return pause

    def _complete(self, error: WootricError) -> None:
        """Say in the error what became of the operation, all attempts taken together."""
        if self._operation.is_read_only:
            error.may_have_changed = False
            return
        error.may_have_changed = self.may_have_arrived
        if not self.may_have_arrived:
            error.outcome = "Nothing was changed."
        elif self._operation.retry is Retry.REFUSED:
            error.outcome = "It may have been sent: check before you try again, or it may happen twice."
        else:
            error.outcome = "It may have been carried out: read the record before you try again."


def time_left() -> float:
    """Seconds until the caller's deadline; infinite if there is none."""
    deadline = anyio.current_effective_deadline()
    return math.inf if deadline == math.inf else deadline - anyio.current_time()


def _request(
    operation: Operation, url: str, form: Mapping[str, object] | None, file: File | None
) -> httpx.Request:
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "wootric-mcp"}
    if file is not None:
        field, name, text = file
        # As parts in this order: repeated fields of `context[][…]` belong to the one before them.
        parts: list[Any] = [(key, (None, value)) for key, value in forms.pairs(form or {})]
        parts.append((field, (name, text.encode(), "text/csv")))
        request = httpx.Request(operation.method, url, headers=headers, files=parts)
        request.read()
        return request
    if form is None:
        return httpx.Request(operation.method, url, headers=headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return httpx.Request(operation.method, url, headers=headers, content=forms.encoded(form).encode())
