"""Which lists there are, which rows are in them, and whose reading covers them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from wootric_mcp.store import sources
from wootric_mcp.store.database import Database, upsert
from wootric_mcp.store.schema import responses
from wootric_mcp.store.sources import END_USERS, Source

ALL = [
    sources.responses(),
    sources.responses(excluded=False),
    sources.responses(7),
    sources.responses(7, excluded=True),
    sources.responses(7, category="promoter"),
    sources.responses(7, category="detractor", excluded=False),
    sources.declines(),
    sources.declines(7),
    END_USERS,
]


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.key)
def test_another_process_finds_a_list_by_its_key(source: Source) -> None:
    found = sources.named(source.key)
    assert (found.key, found.table, found.keys, found.rule) == (
        source.key,
        source.table,
        source.keys,
        source.rule,
    )
    assert str(found.where) == str(source.where)


@pytest.mark.parametrize("key", ["", "responses/", "responses/person:x", "segments", "responses/promoter/7"])
def test_what_is_no_list_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is no list"):
        sources.named(key)


def test_a_list_is_covered_by_those_with_fewer_filters() -> None:
    assert set(sources.responses(7, category="passive", excluded=True).keys) == {
        "responses/person:7/passive/excluded",
        "responses/person:7/passive",
        "responses/person:7/excluded",
        "responses/person:7",
        "responses/passive/excluded",
        "responses/passive",
        "responses/excluded",
        "responses",
    }
    assert sources.declines(7).keys == ("declines/person:7", "declines")
    assert END_USERS.keys == ("end_users",)


def test_the_rows_of_a_list_are_those_with_its_marks() -> None:
    database = Database.open("sqlite://", privacy="alias")
    rows: list[dict[str, Any]] = [
        {
            "id": 100 * person + 10 * excluded + score,
            "created": 1,
            "end_user_id": person,
            "score": score,
            "excluded": bool(excluded),
            "shown": "",
            "row": "{}",
            "seen": 1.0,
        }
        for person in (1, 2)
        for excluded in (0, 1)
        for score in range(10)
    ]

    def ids(source: Source) -> set[int]:
        return set(connection.scalars(select(responses.c.id).where(source.where)))

    with database.writing() as connection:
        upsert(connection, responses, rows)
        assert ids(sources.responses()) == {row["id"] for row in rows}
        assert ids(sources.responses(1, category="promoter")) == {109, 119}
        assert ids(sources.responses(1, category="passive", excluded=True)) == {117, 118}
        assert ids(sources.responses(2, category="detractor", excluded=False)) == set(range(200, 207))
        assert ids(sources.responses(excluded=True)) == {*range(110, 120), *range(210, 220)}
    database.close()
