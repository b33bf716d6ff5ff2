"""The database behind the store: transactions in worker threads, and a file that is never worth a crash.

What is specific to SQLite stands here and nowhere else. The store is a cache: a file that cannot be used
gives way to a new one, or to memory, and a warning says why.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from anyio import to_thread
from sqlalchemy import URL, Connection, Engine, StaticPool, Table, create_engine, delete, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from wootric_mcp.settings import SQLITE, Privacy
from wootric_mcp.store import location
from wootric_mcp.store.schema import (
    VERSION,
    declines,
    documents,
    end_users,
    facts,
    metadata,
    responses,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")

_PATIENCE = 5.0
"""Seconds to wait for a lock."""
_ASIDE_KEPT = 7 * 86_400.0
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNUSABLE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_PERM: "it cannot be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


class StoreError(Exception):
    """The store cannot do what it was asked; the text says what to do about it."""


class StoreBusy(StoreError):  # noqa: N818 - the names say what happened
    """Another process or thread kept the store locked for too long."""

    def __init__(self) -> None:
        super().__init__(
            "The store of feedback is busy: another process has been writing to it for several seconds. "
            "Ask again in a moment."
        )


class StoreReplaced(StoreError):  # noqa: N818
    """The store had to be replaced by an empty one in the middle of a transaction, which is lost."""

    def __init__(self) -> None:
        super().__init__("The store of feedback had to be made anew. Ask again.")


class _OtherVersion(Exception):  # noqa: N818
    """The file is of another schema version."""


@dataclass(eq=False)
class _Place:
    """An open database; in memory without a path. One thread at a time may write, in memory also read."""

    engine: Engine
    path: Path | None = None
    identity: tuple[int, int] | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)


class Database:
    """The store's database. Its methods may be called from any thread."""

    def __init__(self, place: _Place, privacy: Privacy) -> None:
        self.privacy: Privacy = privacy
        self._place = place
        self._replacing = threading.Lock()
        self._closed = False

    @classmethod
    def open(cls, url: str, *, privacy: Privacy) -> Self:
        """Open or make the database of `url`, `sqlite://` (memory) or `sqlite:///` and an absolute path.

        It blocks. A file of another schema version, or a damaged one, is set aside and made anew; one that
        cannot be written is replaced by memory. A stricter privacy than before rewrites what is stored.

        Raises:
            StoreBusy: other processes kept the file locked.
            StoreError: a URL of another kind.
        """
        if url == location.MEMORY:
            return cls(_in_memory(privacy), privacy)
        if not url.startswith(SQLITE):
            raise StoreError("A store is sqlite:// or sqlite:/// and a path.")
        return cls(_on_disk(Path(url.removeprefix(SQLITE)), privacy), privacy)

    @property
    def path(self) -> Path | None:
        """The file in use; None in memory, also after a file could not be used."""
        return self._place.path

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that reads. It blocks.

        Raises:
            StoreBusy: a lock was not to be had in time.
            StoreReplaced: the file turned out damaged or unusable; another try meets an empty store.
            StoreError: the store is closed.
        """
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write, and that no other writer comes between. It blocks.

        Raises as `reading` does.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a reading transaction, in a worker thread; once more if the store was replaced."""
        return await to_thread.run_sync(self._twice, work, self.reading)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a writing transaction, in a worker thread; once more if the store was replaced."""
        return await to_thread.run_sync(self._twice, work, self.writing)

    def close(self) -> None:
        """Close every connection. What is in memory only is gone."""
        with self._replacing:
            self._closed = True
            with _turn(self._place) if self._place.path is None else nullcontext():
                self._place.engine.dispose()

    def _twice(
        self, work: Callable[[Connection], T], transaction: Callable[[], AbstractContextManager[Connection]]
    ) -> T:
        try:
            with transaction() as connection:
                return work(connection)
        except StoreReplaced:
            with transaction() as connection:
                return work(connection)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        if self._closed:
            raise StoreError("The store of feedback is closed: the server is shutting down.")
        place = self._place
        if place.path and location.identity(place.path) != place.identity:
            place = self._replace(place, "it was removed or replaced")
        alone = place.path is None or begin != "BEGIN"
        try:
            with _turn(place) if alone else nullcontext(), _begun(place.engine, begin) as connection:
                if place.path and _version(connection) != VERSION:
                    raise _OtherVersion
                yield connection
        except _OtherVersion:
            self._replace(place, "another version of this server uses it", memory=True)
            raise StoreReplaced from None
        except DBAPIError as error:
            code = _code(error)
            if code in _BUSY:
                raise StoreBusy from error
            if place.path and code in _DAMAGED:
                self._replace(place, "it is damaged", damaged=True)
                raise StoreReplaced from error
            if place.path and code in _UNUSABLE:
                self._replace(place, _UNUSABLE[code], memory=True)
                raise StoreReplaced from error
            raise

    def _replace(self, place: _Place, why: str, *, damaged: bool = False, memory: bool = False) -> _Place:
        """Open the store anew where `place` was, or in memory; another thread may have done so already."""
        with self._replacing:
            if self._place is place and place.path and not self._closed:
                place.engine.dispose()
                if memory:
                    _warn_of_memory(place.path, why)
                    self._place = _in_memory(self.privacy)
                else:
                    logger.warning("The store %s is opened anew: %s.", place.path, why)
                    unfit = place.identity if damaged else None
                    self._place = _on_disk(place.path, self.privacy, unfit=unfit)
            return self._place


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_older: str | None = None,
) -> None:
    """Insert rows, or update those that are there by primary key.

    Args:
        connection: In a writing transaction.
        table: Where to.
        rows: All with the same keys.
        unless_older: A column; a stored row with a greater value in it stays as it is.
    """
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if changed:
        newer = statement.excluded[unless_older] >= table.c[unless_older] if unless_older else None
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=newer)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, rows)


@contextmanager
def _turn(place: _Place) -> Iterator[None]:
    """Wait in line with the other threads: SQLite's own waiting is neither fair nor quick."""
    if not place.turn.acquire(timeout=_PATIENCE):
        raise StoreBusy
    try:
        yield
    finally:
        place.turn.release()


@contextmanager
def _begun(engine: Engine, begin: str) -> Iterator[Connection]:
    with engine.connect().execution_options(begin=begin) as connection, connection.begin():
        yield connection


def _in_memory(privacy: Privacy) -> _Place:
    engine = create_engine(
        "sqlite://",
        poolclass=StaticPool,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "begin", _begin)
    _prepare(engine, privacy)
    return _Place(engine)


def _on_disk(path: Path, privacy: Privacy, *, unfit: tuple[int, int] | None = None) -> _Place:
    """The file at `path`, opened and in order; memory if that cannot be.

    `unfit` is the identity of a file that was found damaged; where another process has replaced it by now,
    the new one is fine.
    """
    try:
        location.make_private(Path(f"{path}.lock"))
        with location.alone(path):
            location.forget_aside(path, older_than=0.0 if privacy == "strict" else _ASIDE_KEPT)
            if unfit and location.identity(path) == unfit:
                location.set_aside(path, keep=privacy == "standard")
            return _opened(path, privacy)
    except (OSError, sqlite3.Error, DBAPIError) as error:
        code = _code(error)
        if code in _BUSY:
            raise StoreBusy from error
        _warn_of_memory(path, _UNUSABLE.get(code) or getattr(error, "strerror", None) or str(error))
        return _in_memory(privacy)


def _opened(path: Path, privacy: Privacy) -> _Place:
    location.make_private(path)
    engine = _file_engine(path, privacy)
    try:
        _prepare(engine, privacy)
    except (DBAPIError, _OtherVersion) as error:
        engine.dispose()
        if isinstance(error, DBAPIError) and _code(error) not in _DAMAGED:
            raise
        why = "it is damaged" if isinstance(error, DBAPIError) else "it is of another version"
        logger.warning("The store %s is set aside and filled anew: %s.", path, why)
        location.set_aside(path, keep=privacy == "standard")
        location.make_private(path)
        engine = _file_engine(path, privacy)
        _prepare(engine, privacy)
    return _Place(engine, path, location.identity(path))


def _file_engine(path: Path, privacy: Privacy) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        max_overflow=-1,  # the worker threads are bounded
        connect_args={"isolation_level": None, "timeout": _PATIENCE},
    )

    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA secure_delete = {'ON' if privacy == 'strict' else 'OFF'}")

    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    if statement := connection.get_execution_options().get("begin"):
        connection.exec_driver_sql(statement)


def _prepare(engine: Engine, privacy: Privacy) -> None:
    """Make the tables, or see that they are ours and as private as they should be."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    with _begun(engine, "BEGIN IMMEDIATE") as connection:
        if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
            metadata.create_all(connection)
            _note(connection, version=str(VERSION), privacy=privacy)
        if _version(connection) != VERSION:
            raise _OtherVersion
        before = _fact(connection, "privacy")
    if before != privacy:
        if privacy == "strict":
            _rewrite(engine)
        with _begun(engine, "BEGIN IMMEDIATE") as connection:
            _note(connection, privacy=privacy)


def _rewrite(engine: Engine) -> None:
    """Take what strict privacy forbids out of every row, and out of the free space of the file."""
    from wootric_mcp.store.rows import strip_some  # it needs this module

    for table in (responses, declines, end_users):
        last: int | None = -1
        while last is not None:
            with _begun(engine, "BEGIN IMMEDIATE") as connection:
                last = strip_some(connection, table, last)
    with _begun(engine, "BEGIN IMMEDIATE") as connection:
        connection.execute(delete(documents))
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _version(connection: Connection) -> int | None:
    try:
        return int(_fact(connection, "version") or 0)
    except (DBAPIError, ValueError) as error:
        if isinstance(error, DBAPIError) and _code(error) != sqlite3.SQLITE_ERROR:
            raise
        return None  # no table of facts, or nonsense in it: not ours


def _fact(connection: Connection, name: str) -> str | None:
    found = connection.exec_driver_sql(f"SELECT value FROM facts WHERE name = '{name}'").scalar()  # noqa: S608
    return None if found is None else str(found)


def _note(connection: Connection, **values: str) -> None:
    upsert(connection, facts, [{"name": name, "value": value} for name, value in values.items()])


def _code(error: BaseException) -> int:
    """SQLite's primary result code; 0 for another error."""
    return getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) & 0xFF


def _warn_of_memory(path: Path, why: str) -> None:
    logger.warning(
        "The store %s cannot be used: %s. What is read is kept in memory until the server ends.", path, why
    )
