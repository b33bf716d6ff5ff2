"""The SQLite databases that the store may lie in: opened, in order, and never worth a crash.

What is kept is a cache: a file that cannot be used gives way to a new one, or to memory, and a warning says
why.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, StaticPool, create_engine, delete, event
from sqlalchemy.exc import DBAPIError

from wootric_mcp.settings import Privacy
from wootric_mcp.store import location
from wootric_mcp.store.errors import StoreBusy
from wootric_mcp.store.schema import VERSION, declines, documents, end_users, metadata, responses

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds to wait for a lock."""
_ASIDE_KEPT = 7 * 86_400.0
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
UNUSABLE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_PERM: "it cannot be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


class OtherVersion(Exception):  # noqa: N818
    """The file is of another schema version."""


class _OtherAccount(Exception):  # noqa: N818
    """The file holds the feedback of another account."""


@dataclass(eq=False)
class Place:
    """An open database; in memory without a path. One thread at a time may write, in memory also read."""

    engine: Engine
    path: Path | None = None
    identity: tuple[int, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait in line with the other threads: SQLite's own waiting is neither fair nor quick.

        Raises:
            StoreBusy: it took too long.
        """
        if not self._lock.acquire(timeout=_PATIENCE):
            raise StoreBusy
        try:
            yield
        finally:
            self._lock.release()


@contextmanager
def begun(engine: Engine, begin: str) -> Iterator[Connection]:
    """A transaction that begins with the statement `begin`."""
    with engine.connect().execution_options(begin=begin) as connection, connection.begin():
        yield connection


def in_memory(privacy: Privacy) -> Place:
    """A database that lasts as long as the process."""
    engine = create_engine(
        "sqlite://",
        poolclass=StaticPool,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "begin", _begin)
    _prepare(engine, privacy, "")
    return Place(engine)


def on_disk(path: Path, privacy: Privacy, account: str, *, unfit: tuple[int, int] | None = None) -> Place:
    """The file at `path`, opened and in order; memory if that cannot be.

    `unfit` is the identity of a file that was found damaged; where another process has replaced it by now,
    the new one is fine.
    """
    try:
        with location.alone(path):
            location.forget_aside(path, older_than=0.0 if privacy == "strict" else _ASIDE_KEPT)
            if unfit and location.identity(path) == unfit:
                location.set_aside(path, keep=privacy != "strict")
            return _opened(path, privacy, account)
    except _OtherAccount:
        why = (
            "it holds the feedback of another account (give each a file, or let WOOTRIC_STORE name a folder)"
        )
    except (OSError, sqlite3.Error, DBAPIError) as error:
        code = code_of(error)
        if code in BUSY:
            raise StoreBusy from error
        why = UNUSABLE.get(code) or getattr(error, "strerror", None) or str(error)
    warn_of_memory(path, why)
    return in_memory(privacy)


def existing(path: Path) -> Engine:
    """The file at `path` as it is, to look at; it is not made."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return create_engine(
        "sqlite://",
        poolclass=NullPool,
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=_PATIENCE),
    )


def _opened(path: Path, privacy: Privacy, account: str) -> Place:
    location.make_private(path)
    engine = _file_engine(path, privacy)
    try:
        _put_in_order(engine, path, privacy, account)
    except BaseException:
        engine.dispose()
        raise
    return Place(engine, path, location.identity(path))


def _put_in_order(engine: Engine, path: Path, privacy: Privacy, account: str) -> None:
    try:
        try:
            _prepare(engine, privacy, account)
        except OtherVersion:
            logger.warning("The store %s is of another version: it is set aside and filled anew.", path)
            _empty(engine, path, privacy)
            _prepare(engine, privacy, account)
    except DBAPIError as error:
        if code_of(error) not in DAMAGED:
            raise
        logger.warning("The store %s is damaged: it is set aside and filled anew.", path)
        engine.dispose()
        location.set_aside(path, keep=privacy != "strict")
        location.make_private(path)
        _prepare(engine, privacy, account)


def _file_engine(path: Path, privacy: Privacy) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        max_overflow=-1,  # the worker threads are bounded
        connect_args={"isolation_level": None, "timeout": _PATIENCE},
    )

    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA secure_delete = {'ON' if privacy == 'strict' else 'FAST'}")

    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    if statement := connection.get_execution_options().get("begin"):
        connection.exec_driver_sql(statement)


def _prepare(engine: Engine, privacy: Privacy, account: str) -> None:
    """Make the tables, or see that they are ours and as private as they should be."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    with begun(engine, "BEGIN IMMEDIATE") as connection:
        if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
            metadata.create_all(connection)
            _note(connection, version=str(VERSION), privacy=privacy)
        if version(connection) != VERSION:
            raise OtherVersion
        if account and (_fact(connection, "account") or account) != account:
            raise _OtherAccount
        if account:
            _note(connection, account=account)
        metadata.create_all(connection)  # tables that a later release added
        before = _fact(connection, "privacy")
    if before != privacy:
        if privacy == "strict":
            _strip(engine)
        with begun(engine, "BEGIN IMMEDIATE") as connection:
            _note(connection, privacy=privacy)


def _empty(engine: Engine, path: Path, privacy: Privacy) -> None:
    """Copy a sound file aside and drop all that is in it.

    It is not renamed: a process of that other version may have it open, and would delete the log of the new
    one when it ends.
    """
    aside = location.cleared_aside(path)
    with engine.connect() as connection:
        if privacy != "strict":
            location.make_private(aside)
            connection.exec_driver_sql("VACUUM INTO ?", (str(aside),))
    with begun(engine, "BEGIN IMMEDIATE") as connection:
        virtual_first = (
            "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite_%' ORDER BY sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        while found := connection.exec_driver_sql(virtual_first).first():
            name = found.name.replace('"', '""')
            connection.exec_driver_sql(f'DROP {found.type} "{name}"')
    if privacy == "strict":
        _vacuum(engine)


def _strip(engine: Engine) -> None:
    """Take what strict privacy forbids out of every row, and out of the free space of the file."""
    from wootric_mcp.store.rows import strip_some  # it needs this module

    for table in (responses, declines, end_users):
        last: int | None = -1
        while last is not None:
            with begun(engine, "BEGIN IMMEDIATE") as connection:
                last = strip_some(connection, table, last)
    with begun(engine, "BEGIN IMMEDIATE") as connection:
        connection.execute(delete(documents))
    _vacuum(engine)


def _vacuum(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def version(connection: Connection) -> int | None:
    """The schema version of what is stored; None where that is not ours."""
    try:
        return int(_fact(connection, "version") or 0)
    except (DBAPIError, ValueError) as error:
        if isinstance(error, DBAPIError) and code_of(error) != sqlite3.SQLITE_ERROR:
            raise
        return None  # no table of facts, or nonsense in it


def privacy_of(connection: Connection) -> str:
    """How privately it was stored."""
    return _fact(connection, "privacy") or "alias"


def _fact(connection: Connection, name: str) -> str | None:
    found = connection.exec_driver_sql(f"SELECT value FROM facts WHERE name = '{name}'").scalar()  # noqa: S608
    return None if found is None else str(found)


def _note(connection: Connection, **values: str) -> None:
    for fact in values.items():
        connection.exec_driver_sql("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", fact)


def code_of(error: BaseException) -> int:
    """SQLite's primary result code; 0 for another error."""
    return getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) & 0xFF


def warn_of_memory(path: Path, why: str) -> None:
    """Tell the operator that the file is not used, and why."""
    logger.warning(
        "The store %s cannot be used: %s. What is read is kept in memory until the server ends.", path, why
    )
