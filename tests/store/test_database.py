"""The database of the store: private, shared by processes, and replaced where it cannot be used."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, delete, func, select

from wootric_mcp.settings import Privacy
from wootric_mcp.store import engines
from wootric_mcp.store.database import Database, StoreBusy, StoreError, StoreReplaced, upsert
from wootric_mcp.store.location import files_of
from wootric_mcp.store.schema import documents, leases

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "account 1?.sqlite3"


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, path: Path) -> Iterator[Database]:
    made = opened(path) if request.param == "file" else Database.open("sqlite://", privacy="standard")
    yield made
    made.close()


def opened(path: Path, privacy: Privacy = "standard", account: str = "") -> Database:
    return Database.open(f"sqlite:///{path}", privacy=privacy, account=account)


def keep(connection: Connection, name: str = "a", read_at: float = 1.0) -> None:
    upsert(connection, documents, [{"name": name, "row": f'"{name}"', "read_at": read_at}])


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(documents.c.name).order_by(documents.c.name)))


def filled(path: Path, count: int = 1, privacy: Privacy = "standard") -> None:
    database = opened(path, privacy)
    with database.writing() as connection:
        for number in range(count):
            keep(connection, f"{number:050}")
    database.close()


def damage(path: Path) -> None:
    """Overwrite the pages that the documents lie in, as a bad disk might; opening does not notice."""
    content = path.read_bytes()
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    path.write_bytes(b"".join(b"\xff" * 4096 if b"0" * 40 in page else page for page in pages))


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


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
        Database.open("mysql://x", privacy="standard")


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
database = Database.open("sqlite:///" + sys.argv[1], privacy="standard")
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
