"""Rows in and out of the store: responses, declines and end users, as Wootric sent them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.sql.elements import NamedColumn

from wootric_mcp.api.models import Decline, EndUser, Response
from wootric_mcp.settings import Privacy
from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.masking import mask
from wootric_mcp.store.database import Database, upsert
from wootric_mcp.store.intervals import Interval, joined
from wootric_mcp.store.marks import Marking, erased_among, returned
from wootric_mcp.store.privacy import stripped
from wootric_mcp.store.schema import coverage, declines, documents, end_users, erased, responses

Model = Response | Decline | EndUser

_MODELS: dict[str, type[Model]] = {
    responses.name: Response,
    declines.name: Decline,
    end_users.name: EndUser,
}
_YEAR = 365 * 86_400.0
_CHUNK = 400
"""Values in one statement: SQLite takes 999."""


def put(
    connection: Connection,
    table: Table,
    models: Sequence[Model],
    *,
    seen: float,
    privacy: Privacy,
    marks: Marking,
    analysis: Callable[[str], str] = lambda _: "",
) -> None:
    """Keep rows that Wootric returned, except those of erased people.

    A row that was seen later than `seen` stays as it is: two readings may finish in another order than they
    began.

    Args:
        connection: In a writing transaction.
        table: `responses`, `declines` or `end_users`.
        models: Of the table's kind.
        seen: When Wootric returned them, epoch seconds.
        privacy: Strict takes addresses and numbers of people out of what is kept.
        marks: Gives the mark of an end-user id.
        analysis: Gives what is kept of the analysis of a comment.
    """
    people = {person for model in models if (person := _person(model)) is not None}
    gone = erased_among(connection, people, marks)
    returned(connection, gone, seen, marks)
    rows = [
        {**_columns(model, privacy, analysis), "seen": seen}
        for model in models
        if not gone or _person(model) not in gone
    ]
    upsert(connection, table, rows, unless_older="seen")


def load(table: Table, row: str) -> Any:
    """The model that was kept as `row` in `table`: a Response, a Decline or an EndUser."""
    return _MODELS[table.name].model_validate_json(row)


def stream(
    database: Database,
    table: Table,
    intervals: Sequence[Interval],
    *,
    where: ColumnElement[bool] | None = None,
    newest_first: bool = True,
    columns: Sequence[NamedColumn[Any]] | None = None,
    chunk: int = 1_000,
) -> Iterator[Row[*tuple[Any, ...]]]:
    """The rows created in any of some intervals, each once, in order of creation and id.

    It blocks. Each chunk is a transaction of its own, so writers are not held up and a row may have changed
    since the chunk before; none is left out or repeated.

    Args:
        database: What to read.
        table: `responses`, `declines` or `end_users`.
        intervals: Epoch seconds, in any order; the first of each is in it, the last is not.
        where: Which rows.
        newest_first: The order.
        columns: Which columns, default all; `created` and `id` are added at the end if they are missing.
        chunk: Rows held at once.

    Raises:
        StoreError: see `Database.reading`.
    """
    created, row_id = table.c.created, table.c.id
    wanted: list[NamedColumn[Any]] = list(columns or table.c)
    wanted += [column for column in (created, row_id) if column.name not in {each.name for each in wanted}]
    order = (created.desc(), row_id.desc()) if newest_first else (created, row_id)
    statement = select(*wanted).where(_condition(where)).order_by(*order).limit(chunk)
    for start, end in sorted(joined(intervals), reverse=newest_first):
        within = statement.where(created >= start, created < end)
        while True:
            with database.reading() as connection:
                rows = connection.execute(within).all()
            yield from rows
            if len(rows) < chunk:
                break
            # The bound on this side is dropped: with two of them, SQLite may begin at the wrong one.
            last = tuple_(*(literal(rows[-1]._mapping[key], BigInteger) for key in (created, row_id)))
            if newest_first:
                within = statement.where(created >= start, tuple_(created, row_id) < last)
            else:
                within = statement.where(created < end, tuple_(created, row_id) > last)


def count(
    connection: Connection,
    table: Table,
    intervals: Sequence[Interval],
    where: ColumnElement[bool] | None = None,
) -> int:
    """How many rows were created in any of some intervals; see `stream`."""
    statement = select(func.count()).select_from(table).where(_condition(where))
    created = table.c.created
    return sum(
        connection.scalar(statement.where(created >= start, created < end)) or 0
        for start, end in joined(intervals)
    )


def seconds_unseen(
    connection: Connection,
    table: Table,
    start: int,
    end: int,
    before: float,
    where: ColumnElement[bool] | None = None,
) -> list[int]:
    """When the rows were created that `drop_unseen` would delete."""
    created = table.c.created
    unseen = and_(created >= start, created < end, table.c.seen < before, _condition(where))
    return list(connection.scalars(select(created).where(unseen).distinct()))


def drop_unseen(
    connection: Connection,
    table: Table,
    start: int,
    end: int,
    before: float,
    where: ColumnElement[bool] | None = None,
) -> int:
    """Delete the rows created in `[start, end)` that Wootric has not returned since `before`; how many."""
    created = table.c.created
    unseen = and_(created >= start, created < end, table.c.seen < before, _condition(where))
    return connection.execute(delete(table).where(unseen)).rowcount


def forget(connection: Connection, table: Table, row_id: int) -> None:
    """Delete one row, if it is there."""
    connection.execute(delete(table).where(table.c.id == row_id))


def prune(connection: Connection, *, seen_before: float) -> None:
    """Delete what Wootric has not returned since `seen_before` (epoch seconds), and the coverage by it.

    Marks of erased people stay a year longer.
    """
    for table in (responses, declines, end_users):
        connection.execute(delete(table).where(table.c.seen < seen_before))
    for table in (coverage, documents):
        connection.execute(delete(table).where(table.c.read_at < seen_before))
    connection.execute(delete(erased).where(erased.c.returned_at < seen_before - _YEAR))


def clear(connection: Connection) -> None:
    """Delete everything that was read. Marks of erased people stay."""
    for table in (responses, declines, end_users, coverage, documents):
        connection.execute(delete(table))


def created(connection: Connection, table: Table, row_id: int) -> int | None:
    """When a row was created, epoch seconds; None if it is not kept."""
    return connection.scalar(select(table.c.created).where(table.c.id == row_id))


def people_with(
    connection: Connection, addresses: Collection[str], intervals: Sequence[Interval]
) -> list[EndUser]:
    """The people with these e-mail addresses who were created in any of some intervals.

    Args:
        connection: For reading.
        addresses: In lower case; as SQLite folds ASCII only, others are not found in another case.
        intervals: Epoch seconds; the first of each is in it, the last is not.
    """
    email = func.lower(func.json_extract(end_users.c.row, "$.email"))
    wanted = list(addresses)
    found: list[tuple[int, str]] = []
    for start in range(0, len(wanted), _CHUNK):
        these = select(end_users.c.created, end_users.c.row).where(email.in_(wanted[start : start + _CHUNK]))
        found += [(row.created, row.row) for row in connection.execute(these)]
    return [
        EndUser.model_validate_json(row)
        for created, row in found
        if any(start <= created < end for start, end in intervals)
    ]


def owner(connection: Connection, table: Table, row_id: int) -> int | None:
    """The end user whose response or decline a row is; None if it is not kept."""
    return connection.scalar(select(table.c.end_user_id).where(table.c.id == row_id))


def strip_some(connection: Connection, table: Table, after: int, chunk: int = 1_000) -> int | None:
    """Rewrite rows as strict privacy keeps them: the first ones with an id above `after`.

    Returns the id to go on after, None at the end.
    """
    some = select(table.c.id, table.c.row).where(table.c.id > after).order_by(table.c.id).limit(chunk)
    found = connection.execute(some).all()
    stricter = [{"its_id": row_id, "row": _strict(row, table.name)} for row_id, row in found]
    if stricter:
        connection.execute(update(table).where(table.c.id == bindparam("its_id")), stricter)
    return found[-1].id if found else None


def _columns(model: Model, privacy: Privacy, analysis: Callable[[str], str]) -> dict[str, Any]:
    row = model.model_dump_json(exclude_unset=True, by_alias=False)
    if privacy == "strict":
        row = _strict(row, _table(model))
    columns = {"id": model.id, "created": int(model.created_at.timestamp() // 1), "row": row}
    if not isinstance(model, EndUser):
        columns["end_user_id"] = model.end_user_id
    if isinstance(model, Response):
        columns["speaker"] = model.speaker
        columns["score"] = model.score
        columns["excluded"] = bool(model.excluded_from_calculations)
        columns["shown"] = shown = mask(clean(model.text)) if model.text else ""
        columns["analysis"] = analysis(shown) if shown else ""
    return columns


def _strict(row: str, table_name: str) -> str:
    return json.dumps(stripped(json.loads(row), table_name), ensure_ascii=False, separators=(",", ":"))


def _table(model: Model) -> str:
    return next(name for name, kind in _MODELS.items() if isinstance(model, kind))


def _person(model: Model) -> int | None:
    return model.id if isinstance(model, EndUser) else model.end_user_id


def _condition(where: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return true() if where is None else where
