"""What is wanted, and how far it is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from wootric_mcp.store import coverage, sources, wants
from wootric_mcp.store.database import Database, upsert
from wootric_mcp.store.freshness import Piece
from wootric_mcp.store.schema import responses
from wootric_mcp.store.wants import Standing, Want

NOW = 1_000_000.0
RESPONSES = sources.responses()


@pytest.fixture
def connection() -> Iterator[Connection]:
    database = Database.open("sqlite://", privacy="alias")
    with database.writing() as connection:
        yield connection
    database.close()


def covered(connection: Connection, *intervals: tuple[int, int]) -> None:
    for start, end in intervals:
        coverage.extend(connection, "responses", Piece(start, end, NOW))


def row(second: int, **more: Any) -> dict[str, Any]:
    return {"id": second, "created": second, "excluded": False, "shown": "", "row": "{}", "seen": NOW, **more}


@pytest.mark.parametrize(
    ("newest_first", "reached"), [(True, 80), (False, 30)], ids=["newest first", "oldest first"]
)
def test_it_stands_at_the_first_gap(connection: Connection, newest_first: bool, reached: int) -> None:
    covered(connection, (0, 30), (40, 50), (80, 200))
    standing = wants.standing(connection, RESPONSES, Want(10, 100, NOW, newest_first))
    assert standing == Standing(((30, 40), (50, 80)), reached)


@pytest.mark.parametrize("newest_first", [True, False])
def test_it_stands_where_it_began_when_nothing_was_read(connection: Connection, newest_first: bool) -> None:
    standing = wants.standing(connection, RESPONSES, Want(10, 100, NOW, newest_first))
    assert standing == Standing(((10, 100),), 100 if newest_first else 10)


@pytest.mark.parametrize("newest_first", [True, False])
def test_it_is_fulfilled_when_all_was_read(connection: Connection, newest_first: bool) -> None:
    covered(connection, (0, 200))
    standing = wants.standing(connection, RESPONSES, Want(10, 100, NOW, newest_first))
    assert standing == Standing((), 10 if newest_first else 100)


def test_enough_rows_fulfil_it_too_if_none_is_missing_before_them(connection: Connection) -> None:
    covered(connection, (0, 30), (80, 200))
    upsert(connection, responses, [row(second) for second in (5, 6, 7, 8, 81, 82)])
    standing = wants.standing
    assert standing(connection, RESPONSES, Want(0, 100, NOW, enough=2)) == Standing((), 80)
    assert standing(connection, RESPONSES, Want(0, 100, NOW, enough=3)).gaps == ((30, 80),)
    assert standing(connection, RESPONSES, Want(0, 100, NOW, False, enough=4)) == Standing((), 30)
    excluded = sources.responses(excluded=True)
    assert standing(connection, excluded, Want(0, 100, NOW, enough=1)).gaps == ((30, 80),)


def test_wants_come_back_as_they_were_put(connection: Connection) -> None:
    want = wants.add(connection, "responses", Want(1, 2, NOW, False, 3, True, time.time() + 60, True))
    wants.add(connection, "declines", Want(1, 2, NOW))
    assert wants.of(connection, "responses") == [want]
    assert want.is_urgent
    assert wants.sources(connection) == ["responses"]
    wants.hasten(connection, want.id, 0.0)
    assert [one.is_urgent for one in wants.of(connection, "responses")] == [False]
    wants.forget_lasting(connection, "responses")
    assert not wants.is_kept(connection, want.id)
    assert len(wants.of(connection, "declines")) == 1
