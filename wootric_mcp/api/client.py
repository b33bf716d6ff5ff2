"""`WootricClient`: every operation of Wootric, and readers that walk past its paging limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from random import random
from time import time as epoch_time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import anyio

from wootric_mcp.api.endpoints import Category, Endpoints
from wootric_mcp.api.errors import InvalidRequest, WootricError
from wootric_mcp.api.limits import Budget, Limits
from wootric_mcp.api.models import Bounds, Decline, EndUser, Response
from wootric_mcp.api.paging import MAX_PER_PAGE, Batch, Fetch, Reading, Row, SortOrder, Take, hand, walk
from wootric_mcp.api.people import Person
from wootric_mcp.api.sender import Sender
from wootric_mcp.settings import Settings

if TYPE_CHECKING:
    import httpx

T = TypeVar("T", bound=Row)
Aim = Callable[[], datetime | None]
Expected = Callable[[], int | None]


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
        clock: Callable[[], float] = epoch_time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        jitter: Callable[[], float] = random,
    ) -> None:
        super().__init__(Sender(settings, transport=transport, clock=clock, sleep=sleep, jitter=jitter))
        self._settings = settings
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
    def limits(self) -> Limits:
        """What is left of that limit, shared by all clients of the account in this process."""
        return self._sender.limits

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
        aim: Aim | None = None,
        expected: Expected | None = None,
    ) -> Reading:
        """Hand the responses of an open interval to `take`, see `paging.walk`; `category` needs a `person`.

        `excluded` keeps only responses that are, or are not, excluded from the score. Where a second has more
        rows than can be reached, `unreachable` is what the account's summary of that day counts beyond those
        read; it knows nothing of excluded responses.
        """
        if category and not person:
            raise InvalidRequest("A category needs a person.", "Name a person, or leave the category out.")
        days: Counter[date] = Counter()
        kept = 0
        zone = self._zone()

        async def count(rows: Batch[Response]) -> bool | None:
            nonlocal kept
            if category and excluded is not None:  # these lists have no such filter
                fitting = (row for row in rows if bool(row.excluded_from_calculations) is excluded)
                rows = Batch(fitting, rows.reached, is_cut=rows.is_cut)
            goes_on = await hand(take, rows) if rows else None
            kept += len(rows)
            days.update(
                row.created_at.astimezone(zone).date() for row in rows if not row.excluded_from_calculations
            )
            return goes_on

        reader = person and Person("id", str(await self.identify(person)))

        async def fetch(page: int, created: Bounds, order: SortOrder) -> list[Response]:
            if reader and category:
                return await self._bucket(category, reader, page, MAX_PER_PAGE, created, order)
            if reader:
                return await self.list_end_user_responses(
                    reader,
                    page=page,
                    created=created,
                    excluded_from_calculations=excluded,
                    sort_key="created_at",
                    sort_order=order,
                )
            return await self.list_responses(
                page=page,
                created=created,
                excluded_from_calculations=excluded,
                sort_key="created_at",
                sort_order=order,
            )

        reading = await self._walk(fetch, count, after, before, newest_first, patience, aim, expected)
        reading = replace(reading, rows=kept)
        if reading.overfull and reading.stopped == "end" and not reader and not excluded:
            return replace(reading, unreachable=await self._unreachable(reading, days, after, before, zone))
        return reading

    async def read_declines(
        self,
        take: Take[Decline],
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = True,
        person: Person | None = None,
        patience: float | None = None,
        aim: Aim | None = None,
        expected: Expected | None = None,
    ) -> Reading:
        """Hand the declines of an open interval to `take`; see `paging.walk`."""
        reader = person and Person("id", str(await self.identify(person)))

        async def fetch(page: int, created: Bounds, order: SortOrder) -> list[Decline]:
            if reader:
                return await self.list_end_user_declines(
                    reader, page=page, created=created, sort_key="created_at", sort_order=order
                )
            return await self.list_declines(
                page=page, created=created, sort_key="created_at", sort_order=order
            )

        return await self._walk(fetch, take, after, before, newest_first, patience, aim, expected)

    async def read_end_users(
        self,
        take: Take[EndUser],
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = True,
        updated: Bounds | None = None,
        patience: float | None = None,
        aim: Aim | None = None,
        expected: Expected | None = None,
    ) -> Reading:
        """Hand the people created in an open interval to `take`; see `paging.walk`."""

        async def fetch(page: int, created: Bounds, order: SortOrder) -> list[EndUser]:
            return await self.list_end_users(
                page=page, created=created, updated=updated, sort_key="created_at", sort_order=order
            )

        return await self._walk(fetch, take, after, before, newest_first, patience, aim, expected)

    async def _walk(
        self,
        fetch: Fetch[T],
        take: Take[T],
        after: datetime | None,
        before: datetime | None,
        newest_first: bool,
        patience: float | None,
        aim: Aim | None,
        expected: Expected | None,
    ) -> Reading:
        now = self._clock()
        before = before or datetime.fromtimestamp(int(now) + 1, UTC)
        return await walk(
            fetch,
            take,
            after=after,
            before=before,
            newest_first=newest_first,
            patience=patience,
            still_growing=before.timestamp() > now,
            aim=aim,
            expected=expected,
        )

    async def _unreachable(
        self,
        reading: Reading,
        read: Mapping[date, int],
        after: datetime | None,
        before: datetime | None,
        zone: tzinfo | None,
    ) -> int:
        """Responses that the account counts on days with overfull seconds beyond those read; -1: unknown."""
        missing = 0
        for day in {moment.astimezone(zone).date() for moment in reading.overfull}:
            begins, ends = (
                datetime.combine(day + timedelta(days), time(), zone).astimezone() for days in (0, 1)
            )
            if (after and after >= begins) or (before and before < ends):
                return -1
            try:
                summary = await self.get_nps_summary(start=day, end=day)
            except WootricError:
                return -1
            missing += max(summary.responses - read.get(day, 0), 0)
        return missing

    def _zone(self) -> tzinfo | None:
        """The account's time zone; None is the machine's."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self._settings.timezone) if self._settings.timezone else None
