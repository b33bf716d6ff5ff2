"""The database of the store: private, and shared by threads and processes."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, select

from tests.store.databases import filled, keep, names, opened, run
from wootric_mcp.store import engines
from wootric_mcp.store.database import Database, StoreBusy, StoreError, upsert
from wootric_mcp.store.location import files_of
from wootric_mcp.store.schema import documents, leases


def test_what_was_written_is_read(database: Database) -> None:
    with database.writing() as connection:
        keep(connection)
    with database.reading() as connection:
        assert names(connection) == ["a"]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        keep(connection)
        raise ZeroDivisionError
    with database.reading() as connection:
        assert names(connection) == []


async def test_work_is_done_in_a_worker_thread(database: Database) -> None:
    await database.write(keep)
    assert await database.read(names) == ["a"]
    assert await database.read(lambda _: threading.get_ident()) != threading.get_ident()


async def test_concurrent_writers_wait_in_line(database: Database) -> None:
    def count_up(connection: Connection) -> None:
        expires = connection.scalar(select(leases.c.expires)) or 0.0
        upsert(connection, leases, [{"source": "a", "holder": "x", "expires": expires + 1}])

    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(database.write, count_up)
    assert await database.read(lambda connection: connection.scalar(select(leases.c.expires))) == 50


def test_upsert_inserts_updates_and_keeps_what_is_newer(database: Database) -> None:
    def read_at() -> float | None:
        with database.reading() as connection:
            return connection.scalar(select(documents.c.read_at))

    row = {"name": "a", "row": "1"}
    for stated, unless_older, kept in (
        (5.0, None, 5.0),
        (3.0, "read_at", 5.0),
        (5.0, "read_at", 5.0),
        (2.0, None, 2.0),
    ):
        with database.writing() as connection:
            upsert(connection, documents, [row | {"read_at": stated}], unless_older=unless_older)
        assert read_at() == kept


def test_upsert_of_nothing_changes_nothing(database: Database) -> None:
    with database.writing() as connection:
        upsert(connection, documents, [])
        assert names(connection) == []


def test_upsert_of_keys_alone_keeps_what_is_there(database: Database) -> None:
    numbers = Table("numbers", MetaData(), Column("number", Integer, primary_key=True))
    with database.writing() as connection:
        numbers.create(connection)
        for _ in range(2):
            upsert(connection, numbers, [{"number": 1}, {"number": 2}])
        assert connection.scalar(select(func.count()).select_from(numbers)) == 2


def test_once_closed_it_says_so(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(StoreError, match="closed"), database.reading():
        pass


def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(StoreError, match="sqlite"):
        Database.open("mysql://x", privacy="alias")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_folder_and_files_are_the_users_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        database = opened(path)
        with database.writing() as connection:
            keep(connection)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(modes) >= 3
    assert set(modes.values()) == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_file_that_others_could_read_is_made_private(path: Path) -> None:
    filled(path)
    path.chmod(0o644)
    opened(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_a_write_ahead_log_and_readers_do_not_wait_for_a_writer(path: Path) -> None:
    database = opened(path)
    with database.writing() as writer:
        keep(writer)
        with database.reading() as reader:
            assert reader.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert names(reader) == []
    database.close()


def test_what_was_kept_is_there_after_a_restart(path: Path) -> None:
    filled(path)
    database = opened(path)
    with database.reading() as connection:
        assert len(names(connection)) == 1
    database.close()
    assert not files_of(path)[3].exists()


def test_a_writer_that_waits_too_long_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_PATIENCE", 0.05)
    database = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="Ask again"), database.writing():
        pass
    other.close()
    with database.writing() as connection:
        keep(connection)
        with pytest.raises(StoreBusy), database.writing():
            pass
    database.close()


def test_a_folder_that_cannot_be_made_means_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    database = opened(tmp_path / "file" / "store.sqlite3")
    with database.writing() as connection:
        keep(connection)
    assert database.path is None
    assert "kept in memory until the server ends" in caplog.text
    database.close()


async def test_a_full_disk_means_memory_and_the_work_is_done_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = opened(path)

    def much(connection: Connection) -> None:
        if database.path:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        for number in range(2_000):
            keep(connection, f"{number:0100}")

    await database.write(much)
    assert len(await database.read(names)) == 2_000
    assert "the disk is full" in caplog.text
    database.close()


OPEN_AND_COUNT = """
import sys
from wootric_mcp.store.database import Database, upsert
from wootric_mcp.store.schema import documents
sys.stdin.readline()
database = Database.open("sqlite:///" + sys.argv[1], privacy="alias")
for number in range(20):
    with database.writing() as connection:
        upsert(connection, documents, [{"name": f"{sys.argv[2]}-{number}", "row": "1", "read_at": 1.0}])
assert database.path
database.close()
"""


@pytest.mark.parametrize("content", [None, b"rubbish" * 2000])
def test_processes_that_open_a_new_or_damaged_file_at_once_share_it(
    path: Path, content: bytes | None
) -> None:
    if content:
        path.parent.mkdir()
        path.write_bytes(content)
    running = [run(OPEN_AND_COUNT, str(path), str(number)) for number in range(4)]
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    database = opened(path)
    with database.reading() as connection:
        assert len(names(connection)) == 80
    database.close()


def test_a_process_that_is_killed_while_writing_leaves_a_sound_store(path: Path) -> None:
    code = OPEN_AND_COUNT.replace("range(20)", "range(10**9)").replace(
        "    with", "    print(number, flush=True)\n    with"
    )
    process = run(code, str(path), "x")
    assert process.stdin
    assert process.stdout
    process.stdin.write("go\n")
    process.stdin.flush()
    for line in process.stdout:
        if int(line) == 25:
            break
    process.kill()
    process.communicate(timeout=30)
    database = opened(path)
    with database.writing() as connection:
        assert len(names(connection)) >= 25
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    database.close()


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
