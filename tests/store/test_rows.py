"""Rows of the store: what goes in comes out equal, streams in order, and goes when it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Row, Table, select

from wootric_mcp.api.models import Decline, EndUser, Response
from wootric_mcp.settings import Privacy
from wootric_mcp.store import rows
from wootric_mcp.store.database import Database, upsert
from wootric_mcp.store.marks import erase, mark
from wootric_mcp.store.schema import coverage, declines, documents, end_users, erased, responses

marking = partial(mark, b"key")


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database.open("sqlite://", privacy="alias")
    yield made
    made.close()


def response(number: int, created: int = 1_700_000_000, **fields: Any) -> Response:
    moment = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
    sent = {"id": number, "end_user_id": number % 5, "score": number % 11, "created_at": moment}
    return Response.model_validate(sent | fields)


def put(
    database: Database,
    *models: rows.Model,
    table: Table = responses,
    seen: float = 1.0,
    privacy: Privacy = "alias",
) -> None:
    with database.writing() as connection:
        rows.put(connection, table, models, seen=seen, privacy=privacy, marks=marking)


def stored(database: Database, table: Table = responses) -> dict[int, Row[Any]]:
    with database.reading() as connection:
        return {row.id: row for row in connection.execute(select(table))}


def kept(database: Database, table: Table = responses) -> list[Any]:
    return [rows.load(table, row.row) for row in stored(database, table).values()]


def streamed(database: Database, *intervals: tuple[int, int], **options: Any) -> list[int]:
    return [row.id for row in rows.stream(database, responses, intervals, **options)]


def test_a_response_comes_out_as_it_went_in(database: Database) -> None:
    sent = response(
        1,
        text="Slow &amp; late: mara@lumenfield.test",
        tags=None,
        notes=[{"unknown": [1, None, 2.5]}],
        end_user={"email": "mara@lumenfield.test", "properties": '{"plan": "Team"}', "new": {"x": True}},
        excluded_from_calculations=True,
        updated_at="2024-03-18T14:05:44.123Z",
        something_new="\x00 ü 🎉",
    )
    put(database, sent)
    assert kept(database) == [sent]
    assert kept(database)[0].model_fields_set == sent.model_fields_set
    row = stored(database)[1]
    assert (row.created, row.end_user_id, row.score, row.excluded) == (1_700_000_000, 1, 1, True)
    assert row.shown == "Slow & late: [email]"


def test_a_decline_and_an_end_user_come_out_as_they_went_in(database: Database) -> None:
    moment = "2024-03-18 07:05:44 -0700"
    decline = Decline.model_validate({"id": 5, "created_at": moment, "end_user": None, "origin_url": "/x"})
    user = EndUser.model_validate(
        {
            "id": 6,
            "created_at": moment,
            "external_created_at": "1600000000",
            "properties": None,
            "settings": {"email_nps": True},
            "last_response": {"id": 1, "survey": {"channel": "web", "more": 1}},
        }
    )
    put(database, decline, table=declines)
    put(database, user, table=end_users)
    assert kept(database, declines) == [decline]
    assert kept(database, end_users) == [user]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.text(), JSON, max_size=4),
    st.none() | st.text(),
    st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2100-01-01")),
    JSON,
)
def test_every_response_comes_out_equal(
    properties: dict[str, Any], text: str | None, created: datetime, more: Any
) -> None:
    sent = response(
        1, text=text, created_at=created.isoformat(), end_user={"properties": properties}, more=more
    )
    row = sent.model_dump_json(exclude_unset=True)
    assert rows.load(responses, row) == sent
    database = Database.open("sqlite://", privacy="alias")
    put(database, sent)
    assert kept(database) == [sent]
    assert stored(database)[1].created <= created.replace(tzinfo=UTC).timestamp()
    database.close()


def test_a_row_that_was_seen_later_is_not_undone_by_an_older_reading(database: Database) -> None:
    put(database, response(1, text="new"), seen=5.0)
    put(database, response(1, text="old"), seen=4.0)
    assert [model.text for model in kept(database)] == ["new"]
    put(database, response(1, text="newest"), seen=5.0)
    assert [model.text for model in kept(database)] == ["newest"]


def test_rows_of_an_erased_person_are_skipped_and_the_mark_is_renewed(database: Database) -> None:
    put(database, response(1), response(2))
    with database.writing() as connection:
        erase(connection, marking(1), 1, 2.0)
    put(database, response(1), response(2), response(6), response(3, end_user_id=None), seen=9.0)
    put(database, EndUser.model_validate({"id": 1, "created_at": 5}), table=end_users)
    assert sorted(stored(database)) == [2, 3]
    assert stored(database, end_users) == {}
    with database.reading() as connection:
        assert connection.execute(select(erased)).all() == [(marking(1), 9.0)]


def test_strict_privacy_keeps_no_address(database: Database) -> None:
    sent = response(
        1, text="I am mara@lumenfield.test", ip_address="203.0.113.4", end_user={"email": "a@b.test"}
    )
    put(database, sent, privacy="strict")
    row = stored(database)[1]
    assert row.shown == "I am [email]"
    assert not [secret for secret in ("mara", "203.0", "a@b") if secret in row.row]
    (model,) = kept(database)
    assert (model.id, model.text, model.ip_address, model.end_user.email) == (1, "I am [email]", None, None)


def test_a_stricter_privacy_rewrites_what_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    database = Database.open(f"sqlite:///{path}", privacy="alias")
    end_user = EndUser.model_validate({"id": 3, "created_at": 5, "email": "mara@lumenfield.test"})
    put(database, *(response(n, end_user={"email": f"mara{n}@lumenfield.test"}) for n in range(1, 2_500)))
    put(database, end_user, table=end_users)
    with database.writing() as connection:
        upsert(connection, documents, [{"name": "a", "row": '"mara@lumenfield.test"', "read_at": 1.0}])
    database.close()
    assert b"lumenfield" in path.read_bytes()
    strict = Database.open(f"sqlite:///{path}", privacy="strict")
    files = list(tmp_path.iterdir())
    assert not [file for file in files if b"lumenfield" in file.read_bytes()]
    assert len(kept(strict)) == 2_499
    strict.close()
    Database.open(f"sqlite:///{path}", privacy="alias").close()


def test_rows_stream_in_order_of_creation_and_id(database: Database) -> None:
    created = {1: 10, 2: 30, 3: 20, 4: 20, 5: 20, 6: 40}
    put(database, *(response(number, second) for number, second in created.items()))
    for chunk in (1, 2, 3, 100):
        assert streamed(database, (10, 41), chunk=chunk) == [6, 2, 5, 4, 3, 1]
        assert streamed(database, (10, 41), chunk=chunk, newest_first=False) == [1, 3, 4, 5, 2, 6]


def test_intervals_are_half_open_may_overlap_and_come_in_any_order(database: Database) -> None:
    put(database, *(response(second, second) for second in range(10, 20)))
    assert streamed(database, (10, 12), (15, 17), (16, 18), (12, 12), chunk=2) == [17, 16, 15, 11, 10]
    assert streamed(database, (15, 17), (10, 12), newest_first=False) == [10, 11, 15, 16]
    assert streamed(database) == []


@given(
    st.dictionaries(st.integers(1, 99), st.integers(0, 12), max_size=20),
    st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=4),
    st.integers(1, 5),
    st.booleans(),
)
def test_a_stream_has_each_row_of_the_intervals_once(
    created: dict[int, int], intervals: list[tuple[int, int]], chunk: int, newest_first: bool
) -> None:
    database = Database.open("sqlite://", privacy="alias")
    put(database, *(response(number, second) for number, second in created.items()))
    inside = [
        (second, number)
        for number, second in created.items()
        if any(start <= second < end for start, end in intervals)
    ]
    found = streamed(database, *intervals, chunk=chunk, newest_first=newest_first)
    assert found == [number for _, number in sorted(inside, reverse=newest_first)]
    with database.reading() as connection:
        assert rows.count(connection, responses, intervals) == len(inside)
    database.close()


def test_a_stream_can_be_narrowed_to_rows_and_columns(database: Database) -> None:
    put(database, *(response(number, 100 + number) for number in range(1, 9)))
    c = responses.c
    found = rows.stream(
        database, responses, [(0, 999)], where=c.end_user_id == 3, columns=[c.score, c.shown], chunk=1
    )
    assert [tuple(row) for row in found] == [(8, "", 108, 8), (3, "", 103, 3)]
    with database.reading() as connection:
        assert rows.count(connection, responses, [(0, 999)], c.end_user_id == 3) == 2


def test_writers_are_not_held_up_by_a_stream(database: Database) -> None:
    put(database, *(response(number, number) for number in range(10)))
    stream = rows.stream(database, responses, [(0, 99)], chunk=2)
    assert next(stream).id == 9
    put(database, response(50, 50), response(0, 0, text="changed"))
    later = list(stream)
    assert [row.id for row in later] == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert later[-1].shown == "changed"


def test_rows_that_were_not_seen_again_are_dropped(database: Database) -> None:
    put(database, *(response(number, number) for number in range(10, 16)), seen=1.0)
    put(database, response(12, 12), seen=2.0)
    with database.writing() as connection:
        c = responses.c
        assert rows.drop_unseen(connection, responses, 11, 14, 2.0, c.end_user_id == 3) == 1
        assert rows.drop_unseen(connection, responses, 11, 14, 2.0) == 1
    assert sorted(stored(database)) == [10, 12, 14, 15]


def test_one_row_can_be_forgotten(database: Database) -> None:
    put(database, response(1), response(2))
    with database.writing() as connection:
        rows.forget(connection, responses, 1)
        rows.forget(connection, responses, 99)
    assert list(stored(database)) == [2]


def test_what_wootric_has_not_returned_for_long_is_pruned(database: Database) -> None:
    day = 86_400.0
    piece = {"start": 0, "end": 9, "unreachable": 0}
    put(database, response(1), seen=9 * day)
    put(database, response(2), seen=11 * day)
    with database.writing() as connection:
        upsert(connection, coverage, [piece | {"source": "a", "read_at": 9 * day}])
        upsert(connection, coverage, [piece | {"source": "b", "read_at": 11 * day}])
        upsert(connection, documents, [{"name": "a", "row": "1", "read_at": 9 * day}])
        upsert(connection, erased, [{"mark": "old", "returned_at": -360 * day}])
        upsert(connection, erased, [{"mark": "new", "returned_at": -350 * day}])
        rows.prune(connection, seen_before=10 * day)
        assert list(connection.scalars(select(coverage.c.source))) == ["b"]
        assert connection.execute(select(documents)).all() == []
        assert list(connection.scalars(select(erased.c.mark))) == ["new"]
    assert list(stored(database)) == [2]


def test_clearing_keeps_the_marks_of_erased_people(database: Database) -> None:
    put(database, response(2))
    with database.writing() as connection:
        erase(connection, marking(1), 1, 2.0)
        rows.clear(connection)
        assert connection.execute(select(erased)).all() == [(marking(1), 2.0)]
    assert stored(database) == {}


def test_a_stored_row_tells_its_owner_and_creation(database: Database) -> None:
    put(database, response(3, 77))
    with database.reading() as connection:
        assert rows.owner(connection, responses, 3) == 3
        assert rows.created(connection, responses, 3) == 77
        assert rows.owner(connection, responses, 4) is None
