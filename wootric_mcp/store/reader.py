"""Reading through the store: a question waits for its interval, lanes read what of it is missing."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from math import inf
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import anyio
from anyio import to_thread

from wootric_mcp.api.limits import WINDOW, exhausted
from wootric_mcp.store import coverage, documents, marks, rows, wants
from wootric_mcp.store.analyses import analysing
from wootric_mcp.store.database import Database
from wootric_mcp.store.errors import StoreError
from wootric_mcp.store.freshness import Piece
from wootric_mcp.store.lane import Expected, Lane
from wootric_mcp.store.location import account_name, database_url
from wootric_mcp.store.sources import Source, named
from wootric_mcp.store.wants import Standing, Want

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from wootric_mcp.api.client import WootricClient
    from wootric_mcp.api.errors import WootricError
    from wootric_mcp.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")
Spawn = Callable[[Callable[[], Coroutine[Any, Any, None]]], object]

_LOOK_AGAIN = 0.5
"""Seconds after which a question looks whether another process has read for it."""
_ALIVE = 10.0
"""Seconds for which a question without a deadline is taken to be waiting still."""
_DAY = 86_400
_CHANGES_KNOWN = 1_000
"""Changes of our own that a reading under way is checked for."""
SUMMARIES = "nps_summary:"
"""What the names of Wootric's own figures of a period begin with."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Something that this process changed at Wootric: one record, or one created in a certain second."""

    at: float
    """Account time."""
    table: Table
    row_id: int | None
    second: int | None

    def second_in(self, connection: Connection) -> int | None:
        """When the record was created, if that is known."""
        if self.row_id is None:
            return self.second
        return rows.created(connection, self.table, self.row_id)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a question got."""

    asked_at: float
    """Account time that freshness was judged by."""
    reached: int
    """Everything from where it began up to this second is there (newest first: from this second on)."""
    stopped: Literal["end", "enough", "patience", "failure"]
    failure: Exception | None = None


class Reader:
    """Reads lists of one account into its store, each interval once.

    `now` is account time in epoch seconds; `spawn` starts tasks that outlive the call that needed them.
    """

    def __init__(
        self,
        client: WootricClient,
        settings: Settings,
        *,
        now: Callable[[], float],
        spawn: Spawn,
    ) -> None:
        self.client = client
        self.spawn = spawn
        self.holder = uuid.uuid4().hex
        self._settings = settings
        self._now = now
        self._key = cache(partial(marks.secret, settings))
        self._last = -inf
        self._database: Database | None = None
        self._opening = anyio.Lock()
        self._lanes: dict[str, Lane] = {}
        self._questions = 0
        self._forgotten: dict[tuple[str, int], float] = {}
        """Deleted records, and when."""
        self._changes: deque[_Change] = deque(maxlen=_CHANGES_KNOWN)
        self._owed: list[Callable[[Connection], None]] = []
        """What is to be done in the store before it is used again."""
        self._pruned_at = -inf

    async def database(self) -> Database:
        """The store, opened when it is first needed; what must not be kept any longer is dropped then."""
        async with self._opening:
            settings = self._settings
            if self._database is None:
                opening = partial(
                    Database.open,
                    database_url(settings),
                    privacy=settings.privacy,
                    account=account_name(settings),
                )
                self._database = await to_thread.run_sync(opening)
            days, now = settings.store_days, self._now()
            if days and now - self._pruned_at >= _DAY:
                prune = partial(rows.prune, seen_before=now - days * _DAY)
                await self._database.write(prune)
                self._pruned_at = now
        return self._database

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do something in one transaction."""
        await self._settle()
        return await (await self.database()).write(work)

    async def fetch(self, work: Callable[[Connection], T]) -> T:
        """Look something up."""
        await self._settle()
        return await (await self.database()).read(work)

    async def _reflect(self, work: Callable[[Connection], None]) -> None:
        """Do something in the store at once or, if it is busy, before its next use.

        It does not fail for that: whoever changed something at Wootric must learn what became of it.
        """
        self._owed.append(work)
        with anyio.CancelScope(shield=True):
            try:
                await self._settle()
            except StoreError as error:
                log.warning("What is kept will be put right later. %s", error)

    async def _settle(self) -> None:
        owed, self._owed = self._owed, []
        if not owed:
            return

        def pay(connection: Connection) -> None:
            for work in owed:
                work(connection)

        try:
            await (await self.database()).write(pay)
        except BaseException:
            self._owed = owed + self._owed
            raise

    def tick(self) -> float:
        """Account time, later than at every call before."""
        self._last = max(self._now(), self._last + 1e-4)
        return self._last

    @property
    def changed_at(self) -> float:
        """Account time when this process last changed something at Wootric."""
        return self._changes[-1].at if self._changes else -inf

    @property
    def keeps_nothing(self) -> bool:
        """Whether what is read now is not to be kept: the store is off, and nobody asks."""
        return self._settings.store == "off" and not self._questions

    def put(self, connection: Connection, table: Table, models: Sequence[Any], *, seen: float) -> None:
        """Keep rows that Wootric returned to a reading that began at `seen`."""
        there = [model for model in models if self._forgotten.get((table.name, model.id), -inf) < seen]
        privacy, analysis = self._settings.privacy, analysing(self._settings)
        rows.put(connection, table, there, seen=seen, privacy=privacy, marks=self._mark, analysis=analysis)

    async def forget(self, table: Table, row_id: int) -> None:
        """Drop a record that was deleted; a reading that is under way does not bring it back."""
        self._forgotten[table.name, row_id] = self.tick()
        await self._reflect(lambda connection: rows.forget(connection, table, row_id))

    async def stale(self, table: Table, row_id: int | None = None, second: int | None = None) -> None:
        """Have a record, or all that were created in a second, read again: they may have changed just now."""
        change = _Change(self.tick(), table, row_id, second)
        self._changes.append(change)

        def drop(connection: Connection) -> None:
            documents.drop(connection, SUMMARIES)
            if (second := change.second_in(connection)) is not None:
                coverage.drop(connection, table.name, second)

        await self._reflect(drop)

    def drop_changed(self, connection: Connection, table: Table, piece: Piece) -> None:
        """Do not take what changed while a piece was read for read."""
        for change in reversed(self._changes.copy()):
            if change.at <= piece.read_at:
                return
            second = change.second_in(connection) if change.table is table else None
            if second is not None and piece.start <= second < piece.end:
                coverage.drop(connection, table.name, second)

    async def erase(self, end_user_id: int) -> None:
        """Drop everything about a person who was deleted; nothing that Wootric still returns is kept."""
        now = self.tick()

        def erase(connection: Connection) -> None:
            marks.erase(connection, self._mark(end_user_id), end_user_id, now)
            documents.drop(connection, SUMMARIES)

        await self._reflect(erase)

    def _mark(self, end_user_id: int) -> str:
        return marks.mark(self._key(), end_user_id)

    async def close(self) -> None:
        """Close the store. The tasks that were spawned must have ended."""
        database, self._database = self._database, None
        if database is not None:
            await to_thread.run_sync(database.close)

    async def resume(self) -> None:
        """Read on what an earlier process was asked to read and did not finish."""
        for key in await self.fetch(wants.sources):
            self._lane(named(key)).run()

    @asynccontextmanager
    async def question(self) -> AsyncIterator[None]:
        """While it is open, what was read for it is there; with the store off, no longer."""
        self._questions += 1
        try:
            yield
        finally:
            self._questions -= 1
            if self._settings.store == "off" and not self._questions:
                await self._reflect(rows.clear)

    async def read(
        self,
        source: Source,
        start: int,
        end: int,
        *,
        newest_first: bool = True,
        enough: int = 0,
        fresh: bool = False,
        patience: float | None = None,
        lasting: bool = False,
        expected: Expected = lambda: None,
        progress: Callable[[], Awaitable[None]] | None = None,
    ) -> Outcome:
        """Have the seconds from `start` to before `end` read, as far as they are not fresh already.

        Args:
            source: Which list.
            start: First second of creation.
            end: First second that is not asked for any more; later than now is now.
            newest_first: From which side.
            enough: Rows that are enough; 0: all.
            fresh: Read again what has been read.
            patience: Seconds to wait; None: until it is done.
            lasting: Whether to read on when patience is over.
            expected: Tells how many rows are missing, once that is known.
            progress: Called after every batch that was read.
        """
        lane = self._lane(source)
        now = self.tick()
        start, end = max(start, 0), min(end, int(now) + 1)
        lasting = lasting and self._settings.store != "off"
        shared = None if fresh else lane.shared_since(end)
        wait_until = time.time() + (_ALIVE if patience is None else patience)
        want = Want(start, end, shared or now, newest_first, enough, fresh, wait_until, lasting)
        if start >= end:
            return Outcome(now, start if newest_first else end, "end")
        look = partial(wants.standing, source=source, want=want)
        standing = await self.fetch(look)
        if not standing.gaps:
            return _outcome(want, standing)
        want = await self.write(partial(wants.add, source=source.key, want=want))
        failure: Exception | None = None
        held_up: Exception | None = None
        keeps_on = False
        try:
            lane.arrive(want.id, expected)
            with anyio.move_on_after(patience) as scope:
                while True:
                    moved = lane.moved
                    standing = await self.fetch(look)
                    if progress:
                        await progress()
                    failure = lane.failure or held_up
                    if not standing.gaps or failure:
                        break
                    if not await self.fetch(partial(wants.is_kept, want_id=want.id)):
                        # Taken for given up, after the machine slept, or lost with a damaged file.
                        lane.leave(want.id)
                        want = await self._again(source, want, scope.deadline)
                        lane.arrive(want.id, expected)
                    has_moved = await self._wait(moved)
                    if want.urgent_until - time.time() < _ALIVE / 2 and patience is None:
                        want = await self._hastened(want)
                    held_up = None if has_moved else self._held_up(lane, scope.deadline)
            keeps_on = lasting and bool(standing.gaps)
            return _outcome(want, standing, failure)
        finally:
            try:
                with anyio.CancelScope(shield=True):
                    if keeps_on:
                        await self.write(lambda connection: wants.hasten(connection, want.id, 0.0))
                    else:
                        await self.write(lambda connection: wants.withdraw(connection, want.id))
            finally:
                lane.leave(want.id)

    async def _wait(self, moved: anyio.Event) -> bool:
        """Wait until something was read or went wrong, or for a while; whether it was."""
        with anyio.move_on_after(_LOOK_AGAIN):
            await moved.wait()
        return moved.is_set()

    async def _hastened(self, want: Want) -> Want:
        """The same want, for which somebody says that it waits still."""
        want = replace(want, urgent_until=time.time() + _ALIVE)
        await self.write(partial(wants.hasten, want_id=want.id, urgent_until=want.urgent_until))
        return want

    async def _again(self, source: Source, want: Want, deadline: float) -> Want:
        """The same want, kept anew."""
        waits = _ALIVE if deadline == inf else max(deadline - anyio.current_time(), 0.0)
        want = replace(want, urgent_until=time.time() + waits)
        return await self.write(partial(wants.add, source=source.key, want=want))

    def _held_up(self, lane: Lane, deadline: float) -> Exception | None:
        """The error for a question that the request limit lets nothing be read for before its deadline."""
        if deadline == inf:
            return None
        left = deadline - anyio.current_time()
        return self.limit_reached() if lane.is_held_up(time.time() + left) else None

    def limit_reached(self) -> WootricError:
        """The error for reading that the request limit holds up."""
        now, resets_at = time.time(), self.client.budget.resets_at
        return exhausted(resets_at.timestamp() - now if resets_at else WINDOW, now)

    def _lane(self, source: Source) -> Lane:
        return self._lanes.setdefault(source.key, Lane(self, source))


def _outcome(want: Want, standing: Standing, failure: Exception | None = None) -> Outcome:
    if not standing.gaps:
        is_through = standing.reached == (want.start if want.newest_first else want.end)
        return Outcome(want.asked_at, standing.reached, "end" if is_through else "enough")
    return Outcome(want.asked_at, standing.reached, "failure" if failure else "patience", failure)
