"""Walking through more rows than paging reaches.

Wootric gives out 30 pages of 50 rows for one filter, has no cursor, and tells no total. So a walk reads the
30 pages of a window of time (a leg), moves the window's bound to the last second it has seen, and goes on.
That second is read again, because its rows may go on behind page 30. Rows are told apart by id; only an empty
page is proof of the end. Pages are asked for in parallel, as many as the rows so far let expect, and used in
order.

A row that is added with an old date while a walk is under way, or one that is deleted, may push another row
past a page that has been read; such changes are caught by reading recent intervals again later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Generic, Literal, Protocol, TypeVar

import anyio

from wootric_mcp.api.errors import BadAnswer, RateLimited, WootricError
from wootric_mcp.api.models import Bounds

MAX_PAGE = 30
"""Pages that can be asked for; page 31 is refused."""
MAX_PER_PAGE = 50
IN_FLIGHT = 8
"""Pages that are asked for at once, at most."""
_CAUTION = 0.9
"""Share of the expected pages that is asked for ahead: a page too many costs a request."""


class Row(Protocol):
    """What a walk needs to know of a row."""

    @property
    def id(self) -> int: ...

    @property
    def created_at(self) -> datetime: ...


T = TypeVar("T", bound=Row)

SortOrder = Literal["asc", "desc"]
Stopped = Literal["end", "taken", "patience", "rate_limited"]
Fetch = Callable[[int, Bounds, SortOrder], Awaitable[Sequence[T]]]
"""Reads one page (1 to 30) of the rows created within the bounds, in this order of creation."""
Take = Callable[[Sequence[T]], bool | None]
"""Is handed rows in order; returning False ends the walk."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a walk has read.

    `reached`: every row on the walked side of this instant, and at it, was handed over; to go on, walk
    `before` it (newest first) or `after` it. None: nothing is known to be complete. `overfull` are seconds
    with more rows than can be reached from both ends; `unreachable` is the number of rows missing there, -1
    if unknown.
    """

    rows: int
    complete: bool
    reached: datetime | None
    unreachable: int
    stopped: Stopped
    overfull: tuple[datetime, ...] = ()


async def walk(
    fetch: Fetch[T],
    take: Take[T],
    *,
    after: datetime | None,
    before: datetime,
    newest_first: bool,
    patience: float | None = None,
    still_growing: bool = False,
) -> Reading:
    """Hand every row created after `after` and before `before` (both excluded) to `take`, each once.

    Rows come by creation, then id, all rows of one second in one call. `patience` are the seconds after which
    the walk ends, as it does when the request limit would make it wait for longer; an error is raised if
    nothing had been handed over by then, and for every other fault. With `still_growing` rows are expected to
    arrive at the new end of the interval, where they would push rows from one page to the next.
    """
    bounds = Bounds(after, before).operators()
    legs = _Walk(fetch, take, bounds.get("gt"), bounds["lt"], newest_first)
    legs.begins_with_one_page = still_growing and newest_first
    with anyio.move_on_after(patience) as scope:
        try:
            await legs.run()
        except RateLimited:
            if not legs.handed:
                raise
            legs.stopped = "rate_limited"
    if scope.cancelled_caught:
        legs.stopped = "patience"
    return legs.reading()


class _Walk(Generic[T]):
    def __init__(
        self, fetch: Fetch[T], take: Take[T], after: int | None, before: int, newest_first: bool
    ) -> None:
        self.stopped: Stopped | None = None
        self.begins_with_one_page = False
        self.handed = 0
        self._fetch = fetch
        self._take = take
        self._after, self._before = after, before
        self._gt, self._lt = after, before
        self._newest_first = newest_first
        self._origin: int | None = None
        """Second of the first row."""
        self._edge: int | None = None
        """Second of the last row."""
        self._pending: list[T] = []
        """Rows of the last second: there may be more of them."""
        self._found = 0
        self._pages = 0
        self._last_page_was_short = False
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()
        self._reached: int | None = None
        self._overfull: list[int] = []

    def reading(self) -> Reading:
        return Reading(
            rows=self.handed,
            complete=self.stopped == "end" and not self._overfull,
            reached=None if self._reached is None else datetime.fromtimestamp(self._reached, UTC),
            unreachable=-1 if self._overfull else 0,
            stopped=self.stopped or "end",
            overfull=tuple(datetime.fromtimestamp(second, UTC) for second in self._overfull),
        )

    def _is_over(self) -> bool:
        return self.stopped is not None

    async def run(self) -> None:
        while True:
            found = self._found
            await self._leg()
            if self._is_over():
                return
            if self._found > found and self._edge is not None:
                self._move(self._edge, again=True)
            elif self._pending:
                await self._from_the_other_end()
                if self._is_over():
                    return
            else:
                raise BadAnswer("Wootric gives out the same rows again and again; the list cannot be read.")

    async def _leg(self) -> None:
        """Read the window's pages up to the last or the end.

        Pages that can only hold pending rows are skipped, as far as the first page shows that this is so.
        """
        self._seen_before, self._seen = self._seen, {row.id for row in self._pending}
        first = max(1, ceil(len(self._pending) / MAX_PER_PAGE))
        if not await self._leg_from(first):
            await self._leg_from(1)

    async def _leg_from(self, first: int) -> bool:
        """Read pages `first` to 30; False if the rows skipped were not the pending ones."""
        known = {row.id for row in self._pending}
        skipped = (first - 1) * MAX_PER_PAGE
        is_shifted = False

        def use(page: int, rows: Sequence[T]) -> bool:
            nonlocal is_shifted
            if not rows:
                self._end()
                return False
            if first > 1:
                expected = len(known) - skipped if page == first else 0
                is_shifted = sum(row.id in known for row in rows) != expected
            if is_shifted:
                return False
            self._accept(rows)
            alone, self.begins_with_one_page = self.begins_with_one_page, False
            return not self._is_over() and (not alone or self._last_page_was_short)

        order: SortOrder = "desc" if self._newest_first else "asc"
        bounds = Bounds.of_seconds(self._gt, self._lt)
        await _in_order(lambda page: self._fetch(page, bounds, order), first, self._horizon, use)
        return not is_shifted

    async def _from_the_other_end(self) -> None:
        """Complete a second with more rows than 30 pages: read it in the opposite order, too."""
        assert self._edge is not None  # noqa: S101 - there are pending rows
        second = self._edge
        is_met = False

        def use(_page: int, rows: Sequence[T]) -> bool:
            nonlocal is_met
            of_second = [row for row in rows if _second(row) == second]
            new = self._unseen(of_second)
            self._pending += new
            is_met = len(new) < len(of_second) or not rows
            return not is_met

        order: SortOrder = "asc" if self._newest_first else "desc"
        bounds = Bounds.of_seconds(second - 1, second + 1)
        await _in_order(lambda page: self._fetch(page, bounds, order), 1, lambda page: 2 * page, use)
        if not is_met:
            self._overfull.append(second)
        self._move(second, again=False)
        self._reached = second
        self._hand_over(self._pending)
        self._pending = []

    def _accept(self, rows: Sequence[T]) -> None:
        """Take in a page, and hand over its rows but for those of the last second."""
        self._pages += 1
        self._last_page_was_short = len(rows) < MAX_PER_PAGE
        seconds = [_second(row) for row in rows]
        if seconds != sorted(seconds, reverse=self._newest_first):
            raise BadAnswer("Wootric's list is not in the order asked for, so it cannot be read completely.")
        self._pending += self._unseen([row for row in rows if self._is_inside(_second(row))])
        if not self._pending:
            return
        seconds = [_second(row) for row in self._pending]
        self._edge = min(seconds) if self._newest_first else max(seconds)
        self._origin = seconds[0] if self._origin is None else self._origin
        complete = [row for row in self._pending if _second(row) != self._edge]
        self._pending = [row for row in self._pending if _second(row) == self._edge]
        self._reached = self._edge + (1 if self._newest_first else -1)
        self._hand_over(complete)

    def _is_inside(self, second: int) -> bool:
        """Whether a second belongs to what is asked for, and not to what an earlier leg has walked past.

        The bounds of a leg count as inside: a server that compares fractions of a second gives out such rows.
        """
        return (
            (self._after is None or second > self._after)
            and second < self._before
            and (self._gt is None or second >= self._gt)
            and second <= self._lt
        )

    def _unseen(self, rows: Sequence[T]) -> list[T]:
        new = []
        for row in rows:
            if row.id not in self._seen and row.id not in self._seen_before:
                self._seen.add(row.id)
                new.append(row)
        self._found += len(new)
        return new

    def _hand_over(self, rows: list[T]) -> None:
        if not rows:
            return
        self.handed += len(rows)
        rows = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=self._newest_first)
        if self._take(rows) is False:
            self.stopped = "taken"

    def _end(self) -> None:
        self.stopped = "end"
        if not self._newest_first:
            self._reached = self._before - 1
        else:
            self._reached = self._edge if self._after is None else self._after + 1
        pending, self._pending = self._pending, []
        self._hand_over(pending)

    def _move(self, second: int, *, again: bool) -> None:
        """Let the window begin at a second (`again`) or behind it."""
        if self._newest_first:
            self._lt = second + again
        else:
            self._gt = second - again

    def _horizon(self, page: int) -> int:
        """The last page to ask for while `page` is awaited, by the rows per second so far."""
        if self._edge is None or self._origin is None or self._last_page_was_short:
            return page
        ahead = 2 * self._pages
        span = self._lt - self._edge if not self._newest_first else self._edge - (self._gt or 0)
        if not self._newest_first or self._gt is not None:
            density = self._found / max(abs(self._edge - self._origin), 1)
            ahead = min(ahead, int(_CAUTION * density * span / MAX_PER_PAGE))
        return page - 1 + ahead


def _second(row: Row) -> int:
    return int(row.created_at.timestamp())


async def _in_order(
    read: Callable[[int], Awaitable[Sequence[T]]],
    first: int,
    horizon: Callable[[int], int],
    use: Callable[[int, Sequence[T]], bool],
) -> None:
    """Hand the pages from `first` to 30 to `use`, in order, until it returns False.

    Up to `horizon(page)`, but never more than `IN_FLIGHT`, are asked for at once. An error of a page is
    raised when its turn has come, after the pages before it.
    """
    arrived: dict[int, Sequence[T] | WootricError] = {}
    bell = anyio.Event()
    failure: Exception | None = None

    async def get(page: int) -> None:
        try:
            arrived[page] = await read(page)
        except WootricError as error:
            arrived[page] = error
        bell.set()

    async with anyio.create_task_group() as group:
        asked = first - 1
        for page in range(first, MAX_PAGE + 1):
            ahead = min(max(page, horizon(page)), page + IN_FLIGHT - 1, MAX_PAGE)
            for number in range(asked + 1, ahead + 1):
                group.start_soon(get, number)
            asked = max(asked, ahead)
            while page not in arrived:
                bell = anyio.Event()
                await bell.wait()
            rows = arrived.pop(page)
            try:
                if isinstance(rows, WootricError):
                    raise rows
                if not use(page, rows):
                    break
            except Exception as error:  # noqa: BLE001 - raised below, where no group wraps it
                failure = error
                break
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
