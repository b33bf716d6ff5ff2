"""What somebody wants read. Kept in the store, so that whoever reads a list reads for all processes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from random import getrandbits
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from wootric_mcp.store import coverage
from wootric_mcp.store.freshness import good
from wootric_mcp.store.intervals import Interval, around, without
from wootric_mcp.store.rows import count
from wootric_mcp.store.schema import wants

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wootric_mcp.store.sources import Source


@dataclass(frozen=True, slots=True)
class Want:
    """An interval of creation that a question needs."""

    start: int
    end: int
    asked_at: float
    """Account time: what freshness is judged by."""
    newest_first: bool = True
    enough: int = 0
    """Rows that are enough, counted from where reading begins; 0: all."""
    fresh: bool = False
    """Whether nothing read before `asked_at` will do."""
    urgent_until: float = 0.0
    """Wall clock (epoch seconds): somebody waits until then."""
    lasting: bool = False
    """Whether to read on when nobody waits any more."""
    id: int = 0

    @property
    def interval(self) -> Interval:
        return self.start, self.end

    @property
    def is_urgent(self) -> bool:
        return self.urgent_until > time.time()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a want is fulfilled."""

    gaps: tuple[Interval, ...]
    """What is still to be read of it, ascending; empty when it is fulfilled."""
    reached: int
    """The side from which it is read is completely there up to this second."""


def standing(connection: Connection, source: Source, want: Want) -> Standing:
    """How far what was read fulfils a want."""
    pieces = coverage.pieces(connection, source.keys, want.interval)
    covered = good(pieces, want.asked_at, source.rule, fresh=want.fresh)
    gaps = tuple(without(want.interval, covered))
    if not gaps:
        return Standing((), want.start if want.newest_first else want.end)
    if want.newest_first:
        part = around(covered, want.end - 1)
        reached = max(part[0], want.start) if part else want.end
        there = (reached, want.end)
    else:
        part = around(covered, want.start)
        reached = min(part[1], want.end) if part else want.start
        there = (want.start, reached)
    if (
        want.enough
        and there[0] < there[1]
        and count(connection, source.table, [there], source.where) >= want.enough
    ):
        gaps = ()
    return Standing(gaps, reached)


def add(connection: Connection, source: str, want: Want) -> Want:
    """Keep a want; returns it with its id."""
    # An id that was used before might be withdrawn by whoever had it then.
    want = replace(want, id=getrandbits(62))
    values = {name: getattr(want, name) for name in Want.__slots__}
    connection.execute(insert(wants).values(source=source, **values))
    return want


def is_kept(connection: Connection, want_id: int) -> bool:
    """Whether a want is still there."""
    return connection.scalar(select(wants.c.id).where(wants.c.id == want_id)) is not None


def of(connection: Connection, source: str) -> list[Want]:
    """All wants of a list."""
    return [
        Want(**{name: row[name] for name in Want.__slots__})
        for row in connection.execute(select(wants).where(wants.c.source == source)).mappings()
    ]


def sources(connection: Connection) -> list[str]:
    """Keys of the lists of which something is wanted by nobody in particular."""
    found = connection.scalars(select(wants.c.source).where(wants.c.lasting.is_(True)).distinct())
    return list(found)


def withdraw(connection: Connection, want_id: int) -> None:
    """Nobody wants this any more."""
    connection.execute(delete(wants).where(wants.c.id == want_id))


def hasten(connection: Connection, want_id: int, urgent_until: float) -> None:
    """Somebody waits until then (wall clock); 0: nobody does any more."""
    connection.execute(update(wants).where(wants.c.id == want_id).values(urgent_until=urgent_until))


def forget_lasting(connection: Connection, source: str) -> None:
    """Do not read on for nobody in particular."""
    connection.execute(delete(wants).where(wants.c.source == source, wants.c.lasting.is_(True)))
