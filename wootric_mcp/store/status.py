"""What is kept of an account: rows, what of each list has been read and when, what is still wanted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from wootric_mcp.settings import Settings
from wootric_mcp.store import engines, sources, wants
from wootric_mcp.store.intervals import Interval, joined
from wootric_mcp.store.location import files_of
from wootric_mcp.store.schema import VERSION, coverage, leases

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from wootric_mcp.store.sources import Source

LISTS: dict[str, Source] = {
    "responses": sources.responses(),
    "declines": sources.declines(),
    "end users": sources.END_USERS,
}
_MOST = 5
_MEBIBYTE = 1 << 20


class Unreadable(Exception):  # noqa: N818 - the names say what happened
    """The file of a store cannot be looked at; the text says what that means."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An interval of creation without a gap, and when its parts were read (epoch seconds)."""

    start: int
    end: int
    oldest_reading: float
    newest_reading: float


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of one list of the account, and of its lists by person or mark."""

    rows: int
    stretches: tuple[Stretch, ...]
    """Ascending."""
    narrower: int
    """Lists of single persons, or with a filter, of which something has been read."""
    wanted: tuple[Interval, ...]
    """What is still to be read, for somebody who waits or for later."""
    is_being_read: bool

    @property
    def covered(self) -> Interval | None:
        """From the oldest second that was read to the newest."""
        return (self.stretches[0].start, self.stretches[-1].end) if self.stretches else None


def held(connection: Connection) -> dict[str, Held]:
    """What is kept, by list."""
    return {name: _held(connection, source) for name, source in LISTS.items()}


def _held(connection: Connection, source: Source) -> Held:
    c, key = coverage.c, source.key
    pieces = connection.execute(
        select(c.start, c.end, c.read_at).where(c.source == key).order_by(c.start)
    ).all()
    stretches = []
    for start, end in joined((piece.start, piece.end) for piece in pieces):
        readings = [piece.read_at for piece in pieces if start <= piece.start < end]
        stretches.append(Stretch(start, end, min(readings), max(readings)))
    narrower = select(func.count(c.source.distinct())).where(c.source.startswith(f"{key}/"))
    holder = select(func.count()).where(leases.c.source == key, leases.c.expires > time.time())
    return Held(
        rows=_rows(connection, source.table),
        stretches=tuple(stretches),
        narrower=connection.scalar(narrower) or 0,
        wanted=tuple(
            joined(
                gap
                for want in wants.of(connection, key)
                if want.lasting or want.is_urgent
                for gap in wants.standing(connection, source, want).gaps
            )
        ),
        is_being_read=bool(connection.scalar(holder)),
    )


def _rows(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def looking(path: Path) -> Iterator[Connection]:
    """A connection that looks at a store's file, which is not made, mended or changed.

    Raises:
        Unreadable: It is damaged, locked, or of another version of this program.
    """
    engine = engines.existing(path)
    try:
        with engine.connect() as connection:
            version = engines.version(connection)
            if version != VERSION:
                kind = f"of version {version}" if version else "no store of this program"
                raise Unreadable(f"{path} is {kind}: it will be set aside, and a new one made in its place.")
            yield connection
    except DBAPIError as error:
        code = engines.code_of(error)
        if code in engines.DAMAGED:
            why = "is damaged: it will be set aside, and a new one made in its place"
        else:
            why = f"cannot be read ({engines.UNUSABLE.get(code) or error.orig})"
        raise Unreadable(f"{path} {why}.") from error
    finally:
        engine.dispose()


def described(path: Path, settings: Settings, zone: tzinfo) -> str:
    """What the store at `path` holds, for a person to read.

    Raises:
        Unreadable: as `looking`.
    """
    with looking(path) as connection:
        lists, privacy = held(connection), engines.privacy_of(connection)
    size = sum(file.stat().st_size for file in files_of(path) if file.exists())
    lines = [
        f"Store: {path}, {size / _MEBIBYTE:.1f} MiB",
        f"Account: {settings.url}",
        f"Privacy: {privacy}"
        + (
            f" (here {settings.privacy} is set: the next program that starts so makes it that)"
            if privacy != settings.privacy
            else ""
        ),
        f"Kept for {_counted(settings.store_days, 'day')} after Wootric last returned it; times in {zone}",
    ]
    for name, one in lists.items():
        lines += ["", f"{name}: {_counted(one.rows, 'row')}{', being read now' if one.is_being_read else ''}"]
        lines += [f"  created {_stretch(each, zone)}" for each in reversed(one.stretches[-_MOST:])]
        if len(one.stretches) > _MOST:
            lines.append(f"  and {_counted(len(one.stretches) - _MOST, 'older stretch', 'older stretches')}")
        if one.narrower:
            lines.append(f"  besides, {_counted(one.narrower, 'list')} of one person or with a filter")
        lines += [
            f"  still to read: created {_day(start, zone)} to {_day(end, zone)}"
            for start, end in one.wanted[-_MOST:]
        ]
    return "\n".join(lines)


def _stretch(one: Stretch, zone: tzinfo) -> str:
    oldest, newest = _minute(one.oldest_reading, zone), _minute(one.newest_reading, zone)
    read_at = newest if oldest == newest else f"{oldest} to {newest}"
    return f"{_day(one.start, zone)} to {_day(one.end, zone)}, read {read_at}"


def _day(second: int, zone: tzinfo) -> str:
    return "the beginning" if not second else _minute(second, zone)


def _minute(second: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(second, UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def _counted(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
