"""The file of the ledger, beside the store's: its tables, and how it is opened.

It is no cache, so it is never set aside or made anew: where it cannot be read or written, nothing is sent.
Of people it holds keyed hashes; who is in a plan that waits is sealed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from anyio import to_thread
from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Double,
    Engine,
    Integer,
    MetaData,
    StaticPool,
    String,
    Table,
    Text,
    create_engine,
    event,
    select,
)
from sqlalchemy.exc import DBAPIError

from wootric_mcp.store import engines, location
from wootric_mcp.store.database import upsert
from wootric_mcp.store.errors import LedgerUnusable, StoreBusy

T = TypeVar("T")

_VERSION = 1
_PATIENCE = 5.0
"""Seconds to wait for a lock."""

metadata = MetaData()
requests = Table(
    "requests",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("plan", String(40), nullable=False),
    Column("subject", Text, nullable=False, comment="to know it by; empty: the standard question"),
    Column("people", Integer, nullable=False),
    Column("made_at", Double, nullable=False, comment="account time"),
    Column("until", Double, nullable=False, comment="wall clock; then its process has given up or is gone"),
    Column("state", String(10), nullable=False, comment="sending, sent, not sent or unclear"),
)
sends = Table(
    "sends",
    metadata,
    Column("account", String(40), primary_key=True),
    Column("plan", String(40), primary_key=True),
    Column("recipient", String(64), primary_key=True, comment="keyed hash of the address"),
    Column("person", String(64), nullable=False, index=True, comment="keyed hash of the id; empty: none"),
    Column("request", String(20), nullable=False, index=True),
)
plans = Table(
    "plans",
    metadata,
    Column("account", String(40), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("row", Text, nullable=False, comment="sealed"),
    Column("expires", BigInteger, nullable=False, comment="account time"),
)
facts = Table(
    "facts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)


class LedgerFile:
    """An open ledger; one transaction at a time, each of which may write.

    Args:
        path: The file; None: in memory.
        print_of_key: Tells the key behind the hashes from another one, and gives nothing away.

    Raises:
        StoreBusy: another process kept it locked for too long.
        LedgerUnusable: it cannot be read or written; the text says why.
    """

    def __init__(self, path: Path | None, print_of_key: str) -> None:
        self.path = path
        self._engine = _engine(path)
        self._turn = threading.Lock()
        try:
            if path:
                location.make_private(path)
            with self._transaction() as connection:
                self._prepare(connection, print_of_key)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    async def do(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one transaction, in a worker thread."""

        def whole() -> T:
            with self._transaction() as connection:
                return work(connection)

        return await to_thread.run_sync(whole)

    def close(self) -> None:
        """Close it; what is in memory only is gone."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._turn, self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            if engines.code_of(error) in engines.BUSY:
                raise StoreBusy from error
            raise self._unusable(str(error.orig)) from error

    def _prepare(self, connection: Connection, print_of_key: str) -> None:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar()
        if version == 0:
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise self._unusable("a newer version of this server wrote it")
        known = connection.scalar(select(facts.c.value).where(facts.c.name == "key"))
        if known is None:
            upsert(connection, facts, [{"name": "key", "value": print_of_key}])
        elif known != print_of_key:  # its hashes would not know anybody again
            raise self._unusable("it was written with another key (see WOOTRIC_ALIAS_KEY_FILE)")

    def _unusable(self, why: str) -> LedgerUnusable:
        place = self.path or "in memory"
        return LedgerUnusable(f"The ledger of who was mailed ({place}) cannot be used: {why}.")


def _engine(path: Path | None) -> Engine:
    """The file keeps SQLite's own journal, which survives a crash of the machine; a log might not."""
    if path:
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"isolation_level": None, "timeout": _PATIENCE},
        )
    else:
        engine = create_engine(
            location.MEMORY,
            poolclass=StaticPool,
            connect_args={"isolation_level": None, "check_same_thread": False},
        )
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA secure_delete = ON"))
    # At once for writing, so that nobody else comes between looking and noting.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine
