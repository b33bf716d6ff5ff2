"""Erased people: nothing of them is left but a mark that gives nothing away."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import Connection, Table, func, select

from wootric_mcp.store.database import Database, upsert
from wootric_mcp.store.marks import erase, erased_among, mark, returned
from wootric_mcp.store.schema import coverage, declines, end_users, erased, leases, responses, wants

KEY = b"k" * 100
marking = partial(mark, KEY)


@pytest.fixture
def connection() -> Iterator[Connection]:
    database = Database.open("sqlite://", privacy="alias")
    with database.writing() as connection:
        yield connection
    database.close()


def ids(connection: Connection, table: Table) -> list[int]:
    return list(connection.scalars(select(table.c.id).order_by(table.c.id)))


def test_a_mark_depends_on_key_and_person() -> None:
    assert mark(KEY, 1) == mark(KEY, 1)
    assert len({mark(KEY, 1), mark(KEY, 2), mark(KEY, 12), mark(b"other", 1), mark(KEY + b"k", 1)}) == 5
    assert len(mark(KEY, 2**70)) == 32


def test_erasing_deletes_everything_of_the_person_and_of_nobody_else(connection: Connection) -> None:
    row: dict[str, object] = {"created": 1, "row": "{}", "seen": 1.0}
    shown: dict[str, object] = {"score": 1, "excluded": False, "shown": ""}
    people: list[dict[str, object]] = [
        {"id": 10, "end_user_id": 1},
        {"id": 11, "end_user_id": 2},
        {"id": 12, "end_user_id": None},
    ]
    upsert(connection, responses, [row | shown | person for person in people])
    upsert(connection, declines, [row | person for person in people])
    upsert(connection, end_users, [row | {"id": 1}, row | {"id": 2}])
    erase(connection, marking(1), 1, 5.0)
    assert ids(connection, responses) == ids(connection, declines) == [11, 12]
    assert ids(connection, end_users) == [2]
    assert connection.execute(select(erased)).all() == [(marking(1), 5.0)]


def test_erasing_forgets_the_lists_that_are_named_after_the_person(connection: Connection) -> None:
    theirs = ["responses/person:1", "responses/person:1/promoter", "declines/person:1"]
    others = ["responses", "responses/person:12", "responses/person:12/excluded"]
    piece: dict[str, object] = {"start": 0, "end": 9, "read_at": 1.0, "unreachable": 0}
    upsert(connection, coverage, [piece | {"source": name} for name in theirs + others])
    upsert(connection, leases, [{"source": name, "holder": "x", "expires": 1.0} for name in theirs + others])
    erase(connection, marking(1), 1, 5.0)
    for table in (coverage, leases):
        assert sorted(connection.scalars(select(table.c.source))) == others
    assert connection.scalar(select(func.count()).select_from(wants)) == 0


def test_an_erased_person_is_known_again_and_others_are_not(connection: Connection) -> None:
    assert erased_among(connection, [1, 2, 3], marking) == set()
    erase(connection, marking(2), 2, 5.0)
    assert erased_among(connection, [1, 2, 3], marking) == {2}
    assert erased_among(connection, [], marking) == set()
    assert erased_among(connection, [2], partial(mark, b"other key")) == set()


def test_a_mark_remembers_when_wootric_last_returned_the_person(connection: Connection) -> None:
    erase(connection, marking(2), 2, 5.0)
    for seen, last in ((8.0, 8.0), (6.0, 8.0)):
        returned(connection, [2, 3], seen, marking)
        assert connection.execute(select(erased.c.returned_at)).all() == [(last,)]


def test_erasing_again_renews_the_mark(connection: Connection) -> None:
    erase(connection, marking(2), 2, 5.0)
    erase(connection, marking(2), 2, 7.0)
    assert connection.execute(select(erased)).all() == [(marking(2), 7.0)]
