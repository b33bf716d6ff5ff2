"""The database behind the store: transactions in worker threads, and a place that may be replaced."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self, TypeVar

from anyio import to_thread
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from wootric_mcp.settings import SQLITE, Privacy
from wootric_mcp.store import engines, location
from wootric_mcp.store.engines import Place
from wootric_mcp.store.errors import StoreBusy, StoreError, StoreReplaced
from wootric_mcp.store.schema import VERSION

__all__ = ["Database", "StoreBusy", "StoreError", "StoreReplaced", "upsert"]

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Database:
    """The store's database. Its methods may be called from any thread."""

    def __init__(self, place: Place, privacy: Privacy, account: str) -> None:
        self.privacy: Privacy = privacy
        self._account = account
        self._place = place
        self._replacing = threading.Lock()
        self._closed = False

    @classmethod
    def open(cls, url: str, *, privacy: Privacy, account: str = "") -> Self:
        """Open or make a database.

        It blocks. A file of another schema version, or a damaged one, is set aside and made anew; one that
        cannot be written, or belongs to another account, gives way to memory. A stricter privacy than before
        rewrites what is stored.

        Args:
            url: `sqlite://` (memory) or `sqlite:///` and an absolute path.
            privacy: Strict sets nothing aside, it deletes.
            account: Whose feedback it is to hold; empty: anybody's.

        Raises:
            StoreBusy: other processes kept the file locked.
            StoreError: a URL of another kind.
        """
        if url == location.MEMORY:
            return cls(engines.in_memory(privacy), privacy, account)
        if not url.startswith(SQLITE):
            raise StoreError("A store is sqlite:// or sqlite:/// and a path.")
        return cls(engines.on_disk(Path(url.removeprefix(SQLITE)), privacy, account), privacy, account)

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
            with self._place.turn() if self._place.path is None else nullcontext():
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
            with place.turn() if alone else nullcontext(), engines.begun(place.engine, begin) as connection:
                if place.path and engines.version(connection) != VERSION:
                    raise engines.OtherVersion
                yield connection
        except engines.OtherVersion:
            self._replace(place, "another version of this server uses it", memory=True)
            raise StoreReplaced from None
        except DBAPIError as error:
            code = engines.code_of(error)
            if code in engines.BUSY:
                raise StoreBusy from error
            if place.path and code in engines.DAMAGED:
                self._replace(place, "it is damaged", damaged=True)
                raise StoreReplaced from error
            if place.path and code in engines.UNUSABLE:
                self._replace(place, engines.UNUSABLE[code], memory=True)
                raise StoreReplaced from error
            raise

    def _replace(self, place: Place, why: str, *, damaged: bool = False, memory: bool = False) -> Place:
        """Open the store anew where `place` was, or in memory; another thread may have done so already."""
        with self._replacing:
            if self._place is place and place.path and not self._closed:
                place.engine.dispose()
                if memory:
                    engines.warn_of_memory(place.path, why)
                    self._place = engines.in_memory(self.privacy)
                else:
                    logger.warning("The store %s is opened anew: %s.", place.path, why)
                    unfit = place.identity if damaged else None
                    self._place = engines.on_disk(place.path, self.privacy, self._account, unfit=unfit)
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
