"""What is held of a period: how much of it has been read, and its responses as the analysis reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, case, literal, null

from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.shield.fields import shown_name
from wootric_mcp.store import coverage, rows
from wootric_mcp.store.freshness import good
from wootric_mcp.store.intervals import Interval, joined
from wootric_mcp.store.schema import responses
from wootric_mcp.store.sources import Source
from wootric_mcp.store.sources import responses as all_responses

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wootric_mcp.store.analyses import Analyses
    from wootric_mcp.store.database import Database
    from wootric_mcp.store.reader import Reader


_TAGGED = '%"tags":["%'
"""How the document of a response with tags is told, in which quotation marks of texts are escaped."""
_LONGEST_TAG = 60


@dataclass(frozen=True, slots=True)
class Holding:
    """The part of a period that has been read, freshly or not. Nothing else goes into any figure."""

    intervals: tuple[Interval, ...] = ()
    """Ascending, half-open, epoch seconds."""
    rows: int = 0
    counted: int = 0
    """Those that are not excluded from the score."""
    unreachable: int = 0
    """Rows that the API cannot hand out; -1: an unknown number."""
    oldest_reading: float | None = None
    """Account time of the oldest reading that any of it stems from."""


async def held(reader: Reader, start: int, end: int) -> Holding:
    """What has been read of the account's responses created from `start` to before `end`."""

    def look(connection: Connection) -> Holding:
        source: Source = all_responses()
        pieces = coverage.pieces(connection, source.keys, (start, end))
        covered = joined((piece.start, piece.end) for piece in pieces)
        missing = [piece.unreachable for piece in pieces if piece.unreachable]
        return Holding(
            tuple(covered),
            rows.count(connection, source.table, covered),
            rows.count(connection, source.table, covered, responses.c.excluded.is_(False)),
            -1 if -1 in missing else sum(missing),
            min((piece.read_at for piece in pieces), default=None),
        )

    return await reader.fetch(look)


async def rows_good(reader: Reader, start: int, end: int, *, asked_at: float, fresh: bool) -> int:
    """How many responses are held that a question of that account time need not read again."""

    def look(connection: Connection) -> int:
        source = all_responses()
        pieces = coverage.pieces(connection, source.keys, (start, end))
        return rows.count(connection, source.table, good(pieces, asked_at, source.rule, fresh=fresh))

    return await reader.fetch(look)


def records(
    database: Database,
    holding: Holding,
    *,
    with_properties: bool,
    with_tags: bool = False,
    analyses: Analyses | None = None,
) -> Iterator[FeedbackRecord]:
    """The responses held, newest first. It blocks, and holds a few at a time only.

    Their properties, as they were when the person answered, their tags and the analysis of their comments are
    read only if they are asked for.
    """
    c = responses.c
    document: ColumnElement[Any] = null()
    if with_properties:
        document = c.row
    elif with_tags:  # most rows have none, and are not worth reading
        document = case((c.row.like(_TAGGED), c.row), else_=None)
    columns = [c.id, c.created, c.end_user_id, c.speaker, c.score, c.excluded, c.shown, document.label("row")]
    columns.append(c.analysis if analyses else literal("").label("analysis"))
    for number, created, user, person, score, excluded, text, row, kept in rows.stream(
        database, responses, holding.intervals, columns=columns
    ):
        tags, properties = _read(row, with_properties=with_properties) if row else ((), {})
        yield FeedbackRecord(
            id=number,
            end_user_id=person,
            score=score,
            text=text,
            created_at=datetime.fromtimestamp(created, UTC),
            tags=tags if with_tags else (),
            properties=properties,
            excluded=excluded,
            shared_user_id=user if person is None else None,
            analysis=analyses.of(number, text, kept) if analyses and text else "",
        )


def _read(row: str, *, with_properties: bool) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The tags of a response and, if wanted, the properties as they were then; fit to be shown."""
    document = json.loads(row)
    tags = tuple(dict.fromkeys(shown_name(tag, _LONGEST_TAG) for tag in document.get("tags") or ()))
    if not with_properties:
        return tags, {}
    properties = (document.get("end_user") or {}).get("properties") or {}
    return tags, {shown_name(name): value for name, value in properties.items()}
