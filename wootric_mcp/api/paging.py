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

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Generic, Literal, Protocol, TypeVar

import anyio

from wootric_mcp.api.ahead import in_order
from wootric_mcp.api.errors import BadAnswer, RateLimited
from wootric_mcp.api.models import Bounds

MAX_PAGE = 30
"""Pages that can be asked for; page 31 is refused."""
MAX_PER_PAGE = 50
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


class Batch(list[T]):
    """Rows that are handed over together.

    `reached`: every row on the walked side of this instant, and at it, has been handed over, these included;
    but for some rows at it, if `is_cut`: there are more than can be reached from both ends.
    """

    def __init__(self, rows: Iterable[T], reached: datetime | None, *, is_cut: bool = False) -> None:
        super().__init__(rows)
        self.reached = reached
        self.is_cut = is_cut


Take = Callable[[Batch[T]], bool | Awaitable[bool | None] | None]
"""Is handed rows in order, and awaited if it is asynchronous; returning False ends the walk."""


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
    as_of: datetime | None = None
    """When the rows that were read first of these were; None: now."""


async def hand(take: Take[T], batch: Batch[T]) -> bool | None:
    """Give a batch to `take`, whether it is asynchronous or not, in the task of the caller."""
    answer = take(batch)
    return answer if answer is None or isinstance(answer, bool) else await answer


async def walk(
    fetch: Fetch[T],
    take: Take[T],
    *,
    after: datetime | None,
    before: datetime,
    newest_first: bool,
    patience: float | None = None,
    still_growing: bool = False,
    aim: Callable[[], datetime | None] | None = None,
    expected: Callable[[], int | None] | None = None,
) -> Reading:
    """Hand every row created after `after` and before `before` (both excluded) to `take`, each once.

    Rows come by creation, then id, all rows of one second in one call. `patience` are the seconds after which
    the walk ends, as it does when the request limit would make it wait for longer; an error is raised if
    nothing had been handed over by then, and for every other fault. With `still_growing` rows are expected to
    arrive at the new end of the interval, where they would push rows from one page to the next.

    Two figures say how many pages to ask for ahead, and may change while the walk goes on; neither ends it.
    `aim`: to where rows are wanted, nearer than the far bound. `expected`: the number of rows from where the
    walk begins to there, once somebody knows it (None until then); a wrong one costs requests or time only.
    Pages go on arriving while `take` is awaited.
    """
    bounds = Bounds(after, before).operators()
    legs = _Walk(fetch, take, bounds.get("gt"), bounds["lt"], newest_first)
    legs.aim, legs.expected = aim or legs.aim, expected or legs.expected
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
        self.aim: Callable[[], datetime | None] = lambda: None
        self.expected: Callable[[], int | None] = lambda: None
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
        self._begun_at = 0
        """Rows found before the first one that this leg gives out."""
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
            reached=_instant(self._reached),
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
        self._begun_at = self._found - len(self._pending)
        first = max(1, ceil(len(self._pending) / MAX_PER_PAGE))
        if not await self._leg_from(first):
            await self._leg_from(1)

    async def _leg_from(self, first: int) -> bool:
        """Read pages `first` to 30; False if the rows skipped were not the pending ones."""
        known = {row.id for row in self._pending}
        skipped = (first - 1) * MAX_PER_PAGE
        is_shifted = False

        async def use(page: int, rows: Sequence[T]) -> bool:
            nonlocal is_shifted
            if not rows:
                await self._end()
                return False
            if first > 1:
                expected = len(known) - skipped if page == first else 0
                is_shifted = sum(row.id in known for row in rows) != expected
            if is_shifted:
                return False
            await self._accept(rows)
            alone, self.begins_with_one_page = self.begins_with_one_page, False
            return not self._is_over() and (not alone or self._last_page_was_short)

        order: SortOrder = "desc" if self._newest_first else "asc"
        bounds = Bounds.of_seconds(self._gt, self._lt)
        pages = range(first, MAX_PAGE + 1)
        await in_order(lambda page: self._fetch(page, bounds, order), pages, self._horizon, use)
        return not is_shifted

    async def _from_the_other_end(self) -> None:
        """Complete a second with more rows than 30 pages: read it in the opposite order, too."""
        assert self._edge is not None  # noqa: S101 - there are pending rows
        second = self._edge
        is_met = False

        async def use(_page: int, rows: Sequence[T]) -> bool:
            nonlocal is_met
            of_second = [row for row in rows if _second(row) == second]
            new = self._unseen(of_second)
            self._pending += new
            is_met = len(new) < len(of_second) or not rows
            return not is_met

        order: SortOrder = "asc" if self._newest_first else "desc"
        bounds = Bounds.of_seconds(second - 1, second + 1)
        pages = range(1, MAX_PAGE + 1)
        await in_order(lambda page: self._fetch(page, bounds, order), pages, lambda page: 2 * page, use)
        if not is_met:
            self._overfull.append(second)
        self._move(second, again=False)
        pending, self._pending = self._pending, []
        await self._hand_over(pending, second, is_cut=not is_met)

    async def _accept(self, rows: Sequence[T]) -> None:
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
        await self._hand_over(complete, self._edge + (1 if self._newest_first else -1))

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

    async def _hand_over(self, rows: list[T], reached: int | None, *, is_cut: bool = False) -> None:
        """Give rows to the taker. They count once it is done: it may be cancelled on the way."""
        if rows:
            rows.sort(key=lambda row: (row.created_at, row.id), reverse=self._newest_first)
            if await hand(self._take, Batch(rows, _instant(reached), is_cut=is_cut)) is False:
                self.stopped = "taken"
            self.handed += len(rows)
        self._reached = reached

    async def _end(self) -> None:
        self.stopped = "end"
        if not self._newest_first:
            reached: int | None = self._before - 1
        else:
            reached = self._edge if self._after is None else self._after + 1
        pending, self._pending = self._pending, []
        await self._hand_over(pending, reached)

    def _move(self, second: int, *, again: bool) -> None:
        """Let the window begin at a second (`again`) or behind it."""
        if self._newest_first:
            self._lt = second + again
        else:
            self._gt = second - again

    def _horizon(self, page: int) -> int:
        """The last page to ask for while `page` is awaited."""
        if self.begins_with_one_page or self._last_page_was_short:
            return page
        return max(self._by_expectation(), page - 1 + self._by_density())

    def _by_expectation(self) -> int:
        """The page of this leg that gets to the aim or shows the end, if as many rows as expected come."""
        expected = self.expected()
        if expected is None:
            return 0
        rows = max(expected - self._begun_at, 0)
        last = rows // MAX_PER_PAGE + 1  # holds the first row behind the aim, or nothing
        return last if self._aim_second() is not None else last + (rows % MAX_PER_PAGE > 0)

    def _by_density(self) -> int:
        """Pages that are still to come by the rows per second so far, twice those read at most."""
        if self._edge is None or self._origin is None:
            return 0
        ahead = 2 * self._pages
        if self._newest_first:
            goal = self._aim_second() or self._gt
            span = None if goal is None else self._edge - goal
        else:
            span = (self._aim_second() or self._lt) - self._edge
        if span is None:
            return ahead
        density = self._found / max(abs(self._edge - self._origin), 1)
        return min(ahead, int(_CAUTION * density * span / MAX_PER_PAGE))

    def _aim_second(self) -> int | None:
        """The aim; None if there is none or it lies behind the far bound."""
        aim = self.aim()
        if aim is None:
            return None
        second = int(aim.timestamp())
        is_inside = second > (self._after or 0) if self._newest_first else second < self._before
        return second if is_inside else None


def _second(row: Row) -> int:
    return int(row.created_at.timestamp())


def _instant(second: int | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)
