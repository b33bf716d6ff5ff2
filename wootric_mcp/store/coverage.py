"""Which intervals of creation have been read for which list, and when."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, or_, select

from wootric_mcp.store.freshness import Piece
from wootric_mcp.store.intervals import Interval, without
from wootric_mcp.store.schema import coverage

if TYPE_CHECKING:
    from sqlalchemy import Connection


def pieces(connection: Connection, sources: Collection[str], interval: Interval) -> list[Piece]:
    """What was read of an interval through any of these sources, cut to it, by start."""
    start, end = interval
    found = connection.execute(
        select(coverage.c.start, coverage.c.end, coverage.c.read_at, coverage.c.unreachable)
        .where(coverage.c.source.in_(sources), coverage.c.start < end, coverage.c.end > start)
        .order_by(coverage.c.start)
    )
    return [Piece(max(row.start, start), min(row.end, end), row.read_at, row.unreachable) for row in found]


def extend(connection: Connection, source: str, piece: Piece) -> None:
    """Note that a piece was read; of what was known of that interval before, the rest stays."""
    if piece.start >= piece.end:
        return
    c = coverage.c
    near = and_(c.source == source, c.start <= piece.end, c.end >= piece.start)
    known = [
        Piece(row.start, row.end, row.read_at, row.unreachable)
        for row in connection.execute(select(c.start, c.end, c.read_at, c.unreachable).where(near))
    ]
    start, end = piece.start, piece.end
    kept: list[Piece] = []
    for old in known:
        is_same = (old.read_at, old.unreachable) == (piece.read_at, piece.unreachable)
        if is_same and not piece.unreachable:
            start, end = min(start, old.start), max(end, old.end)
        else:
            kept += [
                Piece(*rest, old.read_at, old.unreachable)
                for rest in without((old.start, old.end), [(piece.start, piece.end)])
            ]
    connection.execute(delete(coverage).where(near))
    connection.execute(
        insert(coverage),
        [
            {
                "source": source,
                "start": one.start,
                "end": one.end,
                "read_at": one.read_at,
                "unreachable": one.unreachable,
            }
            for one in [*kept, Piece(start, end, piece.read_at, piece.unreachable)]
        ],
    )


def drop(connection: Connection, table: str, second: int) -> None:
    """Take a second as not read, whichever list of that table it was read through."""
    c = coverage.c
    found = connection.execute(
        select(coverage).where(
            or_(c.source == table, c.source.startswith(f"{table}/")), c.start <= second, c.end > second
        )
    ).all()
    for row in found:
        connection.execute(delete(coverage).where(c.source == row.source, c.start == row.start))
        kept = without((row.start, row.end), [(second, second + 1)])
        if kept:
            values = [{**row._mapping, "start": start, "end": end} for start, end in kept]
            connection.execute(insert(coverage), values)
