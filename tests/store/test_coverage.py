"""Which seconds have been read when, against a table with a line for every second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from wootric_mcp.store import coverage, schema
from wootric_mcp.store.database import Database
from wootric_mcp.store.freshness import Piece

LAST = 30
SOURCES = ("responses", "responses/person:1", "declines")


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    made = Database.open("sqlite://", privacy="alias")
    yield made
    made.close()


extend = st.tuples(
    st.sampled_from(SOURCES),
    st.builds(
        Piece,
        st.integers(0, LAST),
        st.integers(0, LAST),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.sampled_from([0, 0, 0, 5, -1]),
    ),
)
drop = st.tuples(st.sampled_from(["responses", "declines"]), st.integers(0, LAST))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.one_of(extend, drop), max_size=12))
def test_every_second_has_what_was_noted_last(
    database: Database, steps: list[tuple[str, Piece] | tuple[str, int]]
) -> None:
    noted: dict[str, dict[int, tuple[float, int]]] = {source: {} for source in SOURCES}
    with database.writing() as connection:
        connection.execute(delete(schema.coverage))
        for source, what in steps:
            if isinstance(what, Piece):
                coverage.extend(connection, source, what)
                noted[source].update(
                    dict.fromkeys(range(what.start, what.end), (what.read_at, what.unreachable))
                )
            else:
                coverage.drop(connection, source, what)
                for name in noted:
                    if name.partition("/")[0] == source:
                        noted[name].pop(what, None)
        for source, expected in noted.items():
            found = coverage.pieces(connection, [source], (0, LAST + 1))
            seconds = {
                second: (piece.read_at, piece.unreachable)
                for piece in found
                for second in range(piece.start, piece.end)
            }
            assert seconds == expected
            assert sum(piece.end - piece.start for piece in found) == len(expected)
            cut = coverage.pieces(connection, [source], (10, 20))
            assert all(10 <= piece.start < piece.end <= 20 for piece in cut)


def test_reading_on_makes_one_piece_and_not_many(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(delete(schema.coverage))
        for start in range(90, 0, -10):
            coverage.extend(connection, "responses", Piece(start, start + 10, 5.0))
        rows = connection.execute(select(schema.coverage.c.start, schema.coverage.c.end)).all()
    assert rows == [(10, 100)]
