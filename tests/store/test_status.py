"""What the store says of itself: rows, what has been read, what is still wanted; and what cannot be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import pytest

from tests.accounts import NOW, running
from wootric_mcp.settings import Settings
from wootric_mcp.store import coverage, engines, leases, schema, sources, wants
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.database import Database
from wootric_mcp.store.freshness import Piece
from wootric_mcp.store.status import Unreadable, described, held, looking
from wootric_mcp.store.wants import Want

DAY = 86_400
TODAY = int(NOW.timestamp())
BERLIN = ZoneInfo("Europe/Berlin")


def settings_for(path: Path, **more: object) -> Settings:
    return Settings.load({"client_id": "one", "store": f"sqlite:///{path}", **more})


def made(path: Path) -> Database:
    return Database.open(f"sqlite:///{path}", privacy="alias")


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_rows_and_what_was_read_are_told_by_list(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    database = made(path)
    with database.writing() as connection:
        for start, end, read_at in (
            (0, 10 * DAY, 98 * DAY),
            (10 * DAY, 12 * DAY, 99 * DAY),
            (20 * DAY, 21 * DAY, 99 * DAY),
        ):
            coverage.extend(connection, "responses", Piece(start, end, float(read_at)))
        coverage.extend(connection, "responses/person:7", Piece(0, DAY, 1.0))
        leases.hold(connection, "responses", "me")
        wants.add(connection, "responses", Want(11 * DAY, 21 * DAY, 100.0 * DAY, lasting=True))
        wants.add(connection, "declines", Want(0, DAY, 100.0 * DAY))  # whoever asked has gone
    with looking(path) as connection:
        responses, declines, _ = held(connection).values()
    assert [(one.start, one.end) for one in responses.stretches] == [(0, 12 * DAY), (20 * DAY, 21 * DAY)]
    assert (responses.stretches[0].oldest_reading, responses.stretches[0].newest_reading) == (
        98 * DAY,
        99 * DAY,
    )
    assert responses.covered == (0, 21 * DAY)
    assert responses.narrower == 1
    assert responses.wanted == ((12 * DAY, 20 * DAY),)
    assert responses.is_being_read
    assert (declines.rows, declines.covered, declines.wanted, declines.is_being_read) == (0, None, (), False)
    said = described(path, settings_for(path), BERLIN)
    assert "responses: 0 rows, being read now" in said
    assert "created the beginning to 1970-01-13 01:00, read 1970-04-09 01:00 to 1970-04-10 01:00" in said
    assert "besides, 1 list of one person or with a filter" in said
    assert "still to read: created 1970-01-13 01:00 to 1970-01-21 01:00" in said
    assert "person:" not in said
    database.close()


def test_a_privacy_that_is_set_but_not_applied_yet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    made(path).close()
    assert "Privacy: alias (here strict is set: the next program that starts so makes it that)" in described(
        path, settings_for(path, privacy="strict"), BERLIN
    )


async def test_looking_works_while_another_process_uses_the_store_and_leaves_no_files_behind(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.sqlite3"
    with running() as served, anyio.fail_after(30):
        settings = Settings.load(
            {
                "base_url": served.base_url,
                "client_id": "sandbox",
                "client_secret": "sandbox",
                "store": f"sqlite:///{path}",
                "alias_key_file": tmp_path / "key",
            }
        )
        async with CachingClient(settings, now=NOW.timestamp) as client:
            await client.reader.read(sources.responses(), 0, TODAY)
            assert "responses: 3 rows" in described(path, settings, BERLIN)
    before = names(tmp_path)
    described(path, settings, BERLIN)
    assert names(tmp_path) == before


def test_a_file_that_is_damaged_of_another_version_or_no_store_says_so_and_stays(tmp_path: Path) -> None:
    damaged, foreign, other = (tmp_path / name for name in ("damaged", "foreign", "other"))
    damaged.write_bytes(b"no database" * 100)
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE x (y)")
    connection.close()
    made(other).close()
    engine = engines.existing(other)
    with engine.begin() as changed:
        changed.execute(schema.facts.update().where(schema.facts.c.name == "version").values(value="99"))
    engine.dispose()
    for path, says in (
        (damaged, "is damaged"),
        (foreign, "no store of this program"),
        (other, "of version 99"),
    ):
        was = path.read_bytes()
        with pytest.raises(Unreadable, match=says), looking(path):
            pass
        assert path.read_bytes() == was


def test_a_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Unreadable), looking(tmp_path / "none"):
        pass
    assert not list(tmp_path.iterdir())
