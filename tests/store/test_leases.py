"""One holder at a time, and none that has died."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from wootric_mcp.store import leases
from wootric_mcp.store.database import Database


@pytest.fixture
def connection() -> Iterator[Connection]:
    database = Database.open("sqlite://", privacy="alias")
    with database.writing() as connection:
        yield connection
    database.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(leases.time, "time", lambda: now[0])
    return now


def test_it_is_held_as_long_as_it_is_renewed(connection: Connection, clock: list[float]) -> None:
    for _ in range(5):
        assert leases.hold(connection, "responses", "a")
        assert not leases.hold(connection, "responses", "b")
        assert leases.hold(connection, "declines", "b")
        clock[0] += leases.LASTS - 1


def test_one_that_was_not_renewed_is_anybodys(connection: Connection, clock: list[float]) -> None:
    leases.hold(connection, "responses", "a")
    clock[0] += leases.LASTS
    assert leases.hold(connection, "responses", "b")
    assert not leases.hold(connection, "responses", "a")


def test_one_that_is_given_back_is_anybodys(connection: Connection, clock: list[float]) -> None:
    leases.hold(connection, "responses", "a")
    leases.release(connection, "responses", "b")
    assert not leases.hold(connection, "responses", "b")
    leases.release(connection, "responses", "a")
    assert leases.hold(connection, "responses", "b")


def test_a_clock_that_was_set_back_makes_none_last_longer(connection: Connection, clock: list[float]) -> None:
    leases.hold(connection, "responses", "a")
    clock[0] -= 3_600
    assert leases.hold(connection, "responses", "b")
