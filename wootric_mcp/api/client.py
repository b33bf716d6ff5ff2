"""`WootricClient`: every operation of Wootric, and readers that walk past its paging limits."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import random
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from wootric_mcp.api.endpoints import Category, Endpoints
from wootric_mcp.api.limits import Budget
from wootric_mcp.api.models import Bounds, Decline, EndUser, Response
from wootric_mcp.api.paging import Reading, Take
from wootric_mcp.api.people import Person
from wootric_mcp.api.sender import Sender
from wootric_mcp.settings import Settings

if TYPE_CHECKING:
    import httpx


class WootricClient(Endpoints):
    """One Wootric account over HTTP.

    Opens connections when they are needed; close it with `aclose` or use it as an async context manager.
    Every call honours the caller's deadline (`anyio.current_effective_deadline`): it waits for the request
    limit only if that fits. `transport`, `clock` (epoch seconds), `sleep` and `jitter` (0..1) are for tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        jitter: Callable[[], float] = random,
    ) -> None:
        super().__init__(Sender(settings, transport=transport, clock=clock, sleep=sleep, jitter=jitter))
        self._clock = clock

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; a later call opens new ones."""
        await self._sender.aclose()

    @property
    def budget(self) -> Budget:
        """The account's request limit as last heard from Wootric."""
        return self._sender.limits.budget

    @property
    def requests(self) -> int:
        """HTTP requests sent by this client, those for tokens included."""
        return self._sender.requests

    async def read_responses(
        self,
        take: Take[Response],
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = True,
        excluded: bool | None = None,
        person: Person | None = None,
        category: Category | None = None,
        patience: float | None = None,
    ) -> Reading:
        """Hand all responses of an open interval to `take`; see `paging.walk`. `category` needs `person`."""
        raise NotImplementedError

    async def read_declines(
        self,
        take: Take[Decline],
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = True,
        person: Person | None = None,
        patience: float | None = None,
    ) -> Reading:
        """Hand all declines of an open interval to `take`; see `paging.walk`."""
        raise NotImplementedError

    async def read_end_users(
        self,
        take: Take[EndUser],
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = True,
        updated: Bounds | None = None,
        patience: float | None = None,
    ) -> Reading:
        """Hand all people created in an open interval to `take`; see `paging.walk`."""
        raise NotImplementedError
