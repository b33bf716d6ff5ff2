"""Reading one list: the only place that asks Wootric for rows which are to be kept.

A lane runs while something of its list is wanted, by this process or by another that shares the store. It
holds the list's lease, walks the gaps, and commits every batch of rows together with what it covers, so that
a process may die at any moment and nothing is lost, doubled or wrongly taken for read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

import anyio

from wootric_mcp.api.errors import WootricError
from wootric_mcp.api.limits import PACE, Pace, Urgency
from wootric_mcp.api.paging import MAX_PER_PAGE, Batch, Reading
from wootric_mcp.store import coverage, leases, rows, wants
from wootric_mcp.store.errors import StoreError
from wootric_mcp.store.freshness import Piece
from wootric_mcp.store.planning import Need, Position, Prospect, next_walk, prospect

if TYPE_CHECKING:
    from anyio.abc import TaskGroup
    from sqlalchemy import Connection

    from wootric_mcp.store.reader import Reader
    from wootric_mcp.store.sources import Source

log = logging.getLogger(__name__)

_AT_ONCE = 3
"""Walks of one list at once, at most."""
_BEAT = 2.0
"""Seconds after which the lease is renewed and what other processes want is looked at."""
_ASK_AGAIN = 0.5
"""Seconds after which a lease that another process holds is asked for again."""
_SMALL = 4
"""Batches after a question has arrived which no share holds up: small questions stay quick."""
_REST, _LONGEST_REST = 5.0, 300.0
"""Seconds of rest after a failure when nobody waits, doubled each time."""
_JUST_BEGUN = 5.0
"""Seconds within which a question shares a reading that is under way, though rows may have come since."""

Expected = Callable[[], int | None]


class _LeaseLostError(Exception):
    """Another process reads this list now."""


@dataclass(eq=False)
class _Walk:
    top: int
    position: Position
    """Its `began` is not before any question that it reads for."""
    began_at: float
    """The event loop's clock."""
    going: Prospect
    expected: Expected
    pace: Pace = field(default_factory=Pace)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    @property
    def began(self) -> float:
        return self.position.began


class Lane:
    """Reads one list for everybody who wants something of it."""

    def __init__(self, reader: Reader, source: Source) -> None:
        self.source = source
        self.moved = anyio.Event()
        """Set, and replaced, whenever something was read or went wrong."""
        self.failure: Exception | None = None
        """What ended the last walk, until a batch arrives again."""
        self._reader = reader
        self._is_running = False
        self._walks: list[_Walk] = []
        self._bell = anyio.Event()
        self._deciding = anyio.Lock()
        """Held from looking at what is wanted until the walks do it."""
        self._expected: dict[int, Expected] = {}
        self._arrivals = 0
        self._since_arrival = 0
        """Batches since a question arrived."""
        self._failures = 0
        self._rests_until = 0.0

    def arrive(self, want_id: int, expected: Expected) -> None:
        """Read for a want that was just added; `expected` tells how many rows it lacks, once known."""
        self._expected[want_id] = expected
        self._since_arrival = 0
        self.failure = None
        self._rests_until = 0.0
        self.run()

    def leave(self, want_id: int) -> None:
        """Nobody waits for this want any more."""
        self._expected.pop(want_id, None)
        self._bell.set()

    def run(self) -> None:
        """Look at what is wanted, now."""
        self._arrivals += 1
        self._bell.set()
        if not self._is_running:
            self._is_running = True
            self._reader.spawn(self._run)

    def shared_since(self, end: int) -> float | None:
        """The beginning of a walk from `end` or later that is under way and young enough to be shared."""
        now = anyio.current_time()
        return max(
            (
                walk.began
                for walk in self._walks
                if walk.position.newest_first
                and walk.top >= end
                and now - walk.began_at < _JUST_BEGUN
                and walk.began > self._reader.changed_at
            ),
            default=None,
        )

    def is_held_up(self, deadline: float) -> bool:
        """Whether all reading waits for the request limit until after `deadline` (the client's clock)."""
        waits = [walk.pace.waits_until for walk in self._walks]
        return bool(waits) and all(until is not None and until > deadline for until in waits)

    async def _run(self) -> None:
        try:
            async with anyio.create_task_group() as group:
                while await self._beat(group):
                    with anyio.move_on_after(_BEAT if self._walks else _ASK_AGAIN):
                        await self._bell.wait()
        except anyio.get_cancelled_exc_class():
            self._is_running = False
            release = partial(leases.release, source=self.source.key, holder=self._reader.holder)
            with anyio.CancelScope(shield=True), suppress(StoreError):
                await self._reader.write(release)  # another process need not wait until the lease ends
            raise
        except Exception as error:
            log.exception("Reading %s ended", self.source.key)
            self._is_running = False
            self._fail(_first(error))

    async def _beat(self, group: TaskGroup) -> bool:
        """Look at what is wanted and read it; False when nothing is, and then the lane has ended."""
        self._bell = anyio.Event()
        arrivals = self._arrivals
        rests = anyio.current_time() < self._rests_until
        async with self._deciding:
            is_idle = not self._walks
            has_lease, needs = await self._reader.write(partial(self._survey, rests=rests, is_idle=is_idle))
            if has_lease:
                self._follow(needs, group)
        if needs or self._walks or not is_idle or arrivals != self._arrivals:
            return True  # and the lease has not been given back yet
        self._is_running = False
        return False

    def _survey(self, connection: Connection, *, rests: bool, is_idle: bool) -> tuple[bool, list[Need]]:
        """Whether this process may read the list, and what is wanted of it."""
        needs = self._needs(connection)
        if rests or (is_idle and not needs):
            leases.release(connection, self.source.key, self._reader.holder)
            return False, needs
        return leases.hold(connection, self.source.key, self._reader.holder), needs

    def _needs(self, connection: Connection) -> list[Need]:
        needs: list[Need] = []
        for want in wants.of(connection, self.source.key):
            gaps = wants.standing(connection, self.source, want).gaps
            if not gaps or not (want.lasting or want.is_urgent):
                wants.withdraw(connection, want.id)
                continue
            if want.enough:  # how far down it goes is not known before the nearest gap is read
                gaps = gaps[-1:] if want.newest_first else gaps[:1]
            needs += [
                Need(*gap, want.is_urgent, want.newest_first, want.asked_at, want.fresh) for gap in gaps
            ]
        return needs

    def _follow(self, needs: Sequence[Need], group: TaskGroup) -> None:
        """Let the walks do what is wanted, and begin more where that is needed."""
        for walk in self._walks:
            going = prospect(needs, walk.position)
            if going is None:
                walk.scope.cancel()
            else:
                self._go(walk, going)
        while True:
            begin = next_walk(needs, [walk.position for walk in self._walks])
            going = prospect(needs, begin) if begin else None
            if begin is None or going is None:
                return
            # What nobody waits for does not keep out what somebody does.
            rivals = [walk for walk in self._walks if walk.going.urgent or not going.urgent]
            if len(rivals) >= _AT_ONCE:
                return
            # The clocks of other processes, whose questions these may be, can be ahead.
            began = max(self._reader.tick(), *(need.asked_at for need in needs))
            begin = replace(begin, began=began)
            walk = _Walk(begin.edge, begin, anyio.current_time(), going, self._expectation())
            self._go(walk, going)
            self._walks.append(walk)
            group.start_soon(self._read, walk, group)

    def _go(self, walk: _Walk, going: Prospect) -> None:
        """Set how eagerly a walk may use up the request limit."""
        walk.going = going
        expected, a_minute = walk.expected(), self._reader.client.limits.per_minute(Urgency.READING)
        fits = expected is None or a_minute is None or ceil(expected / MAX_PER_PAGE) <= a_minute
        if not going.urgent or not fits:
            # What cannot be read within a minute anyway leaves some of the share to the next question.
            walk.pace.urgency = Urgency.BEHIND
        elif self._since_arrival < _SMALL:
            walk.pace.urgency = Urgency.ASKED
        else:
            walk.pace.urgency = Urgency.READING

    def _expectation(self) -> Expected:
        """How many rows those who wait now expect."""
        waiting = list(self._expected.values())

        def expected() -> int | None:
            known = [rows for ask in waiting if (rows := ask()) is not None]
            return max(known, default=None)

        return expected

    async def _read(self, walk: _Walk, group: TaskGroup) -> None:
        PACE.set(walk.pace)
        try:
            with walk.scope:
                await self._walked(walk, group)
        except _LeaseLostError:
            log.info("Another process reads %s now", self.source.key)
        except WootricError as error:
            log.info("Reading %s stopped: %s", self.source.key, error)
            await self._give_up(error)
        except Exception as error:
            log.exception("Reading %s failed", self.source.key)
            await self._give_up(error)
        finally:
            self._walks.remove(walk)
            self._bell.set()

    async def _walked(self, walk: _Walk, group: TaskGroup) -> None:
        ends = int(walk.began) + 1
        newest_first = walk.position.newest_first

        async def take(batch: Batch[Any]) -> bool:
            if batch.reached is None:
                return True
            second = int(batch.reached.timestamp())
            edge = second if newest_first else second + 1
            return await self._keep(walk, batch, edge, group, cut=second if batch.is_cut else None)

        reading = await self.source.walk(
            self._reader.client,
            take,
            after=None if newest_first or not walk.position.edge else _moment(walk.position.edge - 1),
            before=_moment(walk.position.edge if newest_first else ends),
            newest_first=newest_first,
            aim=lambda: _moment(walk.going.aim),
            expected=walk.expected,
        )
        await self._end(walk, reading, 0 if newest_first else ends, group)
        if reading.stopped == "rate_limited":
            raise self._reader.limit_reached()

    async def _keep(
        self, walk: _Walk, batch: Sequence[Any], edge: int, group: TaskGroup, *, cut: int | None = None
    ) -> bool:
        """Commit what a walk has read up to `edge`; whether it is to go on. Of `cut` there are more rows."""
        low, high = sorted((edge, walk.position.edge))
        piece = Piece(low, high, walk.began)
        async with self._deciding:
            needs = await self._reader.write(partial(self._commit, batch=batch, piece=piece, cut=cut))
            walk.position = replace(walk.position, edge=edge)
            self._since_arrival += 1
            self._failures, self.failure = 0, None
            self._announce()
            going = prospect(needs, walk.position)
            if going is None:
                return False
            self._go(walk, going)
            self._follow(needs, group)
            return True

    def _commit(
        self, connection: Connection, batch: Sequence[Any], piece: Piece, cut: int | None
    ) -> list[Need]:
        if not leases.hold(connection, self.source.key, self._reader.holder):
            raise _LeaseLostError
        if self._reader.keeps_nothing:
            return []
        source, table = self.source, self.source.table
        self._reader.put(connection, table, batch, seen=piece.read_at)
        unseen = (piece.start, piece.end, piece.read_at, source.where)
        if source.wider:  # a row that has left this list may be in those still, changed
            for second in rows.seconds_unseen(connection, table, *unseen):
                coverage.drop(connection, table.name, second)
        rows.drop_unseen(connection, table, *unseen)
        coverage.extend(connection, source.key, piece)
        if cut is not None:  # how many is found out at the end, if the walk gets there
            coverage.extend(connection, source.key, Piece(cut, cut + 1, piece.read_at, -1))
        self._reader.drop_changed(connection, table, piece)
        return self._needs(connection)

    async def _end(self, walk: _Walk, reading: Reading, end: int, group: TaskGroup) -> None:
        """Take in what is known once a walk is over: that nothing follows, and what cannot be reached."""
        if reading.stopped == "end":
            await self._keep(walk, (), end, group)
        for position, moment in enumerate(reading.overfull):
            second = int(moment.timestamp())
            # Wootric tells the number for all of them together.
            missing = reading.unreachable if not position or reading.unreachable < 0 else 0
            piece = Piece(second, second + 1, walk.began, missing)
            await self._reader.write(partial(coverage.extend, source=self.source.key, piece=piece))

    async def _give_up(self, error: Exception) -> None:
        """Tell who waits what went wrong; what nobody waits for is tried again later, if it may pass."""
        self._failures += 1
        rest = min(_REST * 2 ** (self._failures - 1), _LONGEST_REST)
        self._rests_until = anyio.current_time() + rest
        if not (isinstance(error, WootricError) and error.is_passing):
            await self._reader.write(lambda connection: wants.forget_lasting(connection, self.source.key))
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._announce()

    def _announce(self) -> None:
        self.moved.set()
        self.moved = anyio.Event()


def _first(error: Exception) -> Exception:
    """What went wrong, out of the groups that task groups make."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
