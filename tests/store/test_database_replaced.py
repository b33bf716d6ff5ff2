"""A store that cannot be used is set aside, emptied or left alone, and another takes its place."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, func, select

from tests.store.databases import damage, filled, keep, names, opened
from wootric_mcp.store.database import StoreReplaced
from wootric_mcp.store.location import files_of
from wootric_mcp.store.schema import documents


@pytest.mark.parametrize("content", [b"not a database " * 1000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_file_that_is_no_database_is_set_aside(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    filled(path)
    assert "is damaged: it is set aside" in caplog.text
    assert files_of(path)[3].read_bytes() == content


def test_only_the_last_one_set_aside_is_kept(path: Path) -> None:
    path.parent.mkdir()
    for content in (b"first " * 1000, b"second" * 1000):
        path.write_bytes(content)
        opened(path).close()
    assert files_of(path)[3].read_bytes() == content
    assert sum(".aside" in file.name for file in path.parent.iterdir()) == 1


def test_what_was_set_aside_long_ago_is_deleted(path: Path) -> None:
    filled(path)
    aside = files_of(path)[3]
    for age, is_there in ((6, True), (8, False)):
        aside.write_bytes(b"old")
        moment = aside.stat().st_mtime - age * 86_400
        os.utime(aside, (moment, moment))
        opened(path).close()
        assert aside.exists() is is_there


def test_strict_privacy_sets_nothing_aside(path: Path) -> None:
    filled(path)
    files_of(path)[3].write_bytes(b"of earlier times")
    path.write_bytes(b"rubbish" * 1000)
    opened(path, "strict").close()
    assert not files_of(path)[3].exists()


async def test_a_file_found_damaged_in_use_is_set_aside_and_the_work_done_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled(path, 500)
    damage(path)
    database = opened(path)
    tries = []

    def work(connection: Connection) -> int:
        tries.append(len(names(connection)))
        keep(connection)
        return connection.scalar(select(func.count()).select_from(documents)) or 0

    assert "set aside" not in caplog.text
    assert await database.write(work) == 1
    assert tries == [0]
    assert files_of(path)[3].exists()
    assert "damaged" in caplog.text
    database.close()


def test_who_holds_a_damaged_file_open_is_told_to_ask_again(path: Path) -> None:
    filled(path, 500)
    damage(path)
    database = opened(path)
    with pytest.raises(StoreReplaced), database.reading() as connection:
        names(connection)
    assert files_of(path)[3].exists()
    with database.reading() as connection:
        assert names(connection) == []
    database.close()


async def test_two_that_find_the_same_damage_set_it_aside_once(path: Path) -> None:
    filled(path, 500)
    damage(path)
    first, second = opened(path), opened(path)
    assert await first.read(names) == []
    await first.write(keep)
    assert await second.read(names) == ["a"]
    assert len(files_of(path)[3].read_bytes()) > 10_000
    first.close()
    second.close()


async def test_a_file_that_was_removed_in_use_is_made_anew(path: Path) -> None:
    database = opened(path)
    await database.write(keep)
    for file in files_of(path):
        file.unlink(missing_ok=True)
    assert await database.read(names) == []
    await database.write(keep)
    assert database.path == path
    database.close()


def of_another_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE facts SET value = '999' WHERE name = 'version'")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    connection.execute('CREATE VIEW "an ""odd"" name" AS SELECT 1')
    connection.commit()
    connection.close()


def test_a_store_of_another_version_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled(path)
    of_another_version(path)
    database = opened(path)
    with database.writing() as connection:
        assert names(connection) == []
        keep(connection)
    database.close()
    assert "another version" in caplog.text
    old = sqlite3.connect(files_of(path)[3])
    assert old.execute("SELECT count(*) FROM documents").fetchone() == (1,)
    old.close()


def test_a_store_without_a_version_is_set_aside(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE facts")
    connection.commit()
    connection.close()
    database = opened(path)
    with database.reading() as reader:
        assert names(reader) == []
    database.close()


def test_a_damaged_store_of_another_version_is_set_aside(path: Path) -> None:
    filled(path, 500)
    of_another_version(path)
    damage(path)
    filled(path)
    assert files_of(path)[3].exists()


def test_in_strict_privacy_a_store_of_another_version_is_emptied(path: Path) -> None:
    filled(path, 50)
    of_another_version(path)
    opened(path, "strict").close()
    assert not files_of(path)[3].exists()
    assert b"0" * 40 not in path.read_bytes()


async def test_who_has_it_open_while_another_version_takes_it_goes_on_in_memory(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    older = opened(path)
    await older.write(keep)
    of_another_version(path)
    assert await older.read(names) == []
    assert older.path is None
    await older.write(keep)
    assert "another version of this server uses it" in caplog.text
    older.close()


def test_a_store_of_another_account_is_left_alone(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = opened(path, account="one")
    with first.writing() as connection:
        keep(connection)
    first.close()
    other = opened(path, account="two")
    with other.reading() as connection:
        assert names(connection) == []
    assert other.path is None
    assert "another account" in caplog.text
    other.close()
    again = opened(path, account="one")
    with again.reading() as connection:
        assert names(connection) == ["a"]
    again.close()


def test_what_was_erased_cannot_be_found_in_the_file(path: Path) -> None:
    database = opened(path)
    with database.writing() as connection:
        for number in range(20):
            keep(connection, f"{number} {'secret' * 10}")
    with database.writing() as connection:
        connection.execute(delete(documents).where(documents.c.name.startswith("7 ")))
    database.close()
    content = path.read_bytes()
    assert b"8 secretsecret" in content
    assert b"7 secretsecret" not in content.replace(b"17 secretsecret", b"")


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
