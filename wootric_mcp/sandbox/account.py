"""The state of a simulated account: SQLite, in memory or in a file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from .clock import Clock
from .records import AccountData, DeclineRow, EmailSendRow, EndUserRow, ResponseRow, data_type_of
from .tables import FIRST_IDS, SCHEMA, TABLES, columns_of, pack, record_of, values_of
from .traffic import Traffic

R = TypeVar("R")

PURGE_HOUR = 7
"""The hour (UTC) at which end users marked for deletion disappear, the day after."""


class AccountNotEmptyError(ValueError):
    """Data was given for a database file that already holds an account."""


def opted_out(settings: dict[str, bool | None]) -> bool:
    """Whether somebody with these survey flags must not be mailed."""
    return settings["email_nps"] is False or settings["surveys_disabled_by_end_user"] is True


def state_on_arrival(address: str) -> str:
    """What becomes of a mail: one to `bounce@…` or `bounce+anything@…` comes back, all others arrive."""
    return "bounced" if address.partition("@")[0].partition("+")[0].lower() == "bounce" else "delivered"


class Account:
    """One account. The operations of the API work on it through `rows`, `row` and `execute`.

    One connection serves every thread; a lock guards it. `traffic` counts the requests that came in.
    """

    def __init__(self, clock: Clock, db: str = ":memory:") -> None:
        """Open the account in the file `db`, or in memory.

        Raises:
            sqlite3.Error: the file cannot be opened, or is no database.
        """
        self.clock = clock
        self.traffic = Traffic(clock)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(db, check_same_thread=False, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)
        if not self.row("SELECT 1 FROM sqlite_sequence WHERE name = 'end_users'"):
            self._db.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", FIRST_IDS.items())

    def close(self) -> None:
        """Close the database; the account cannot be used any more."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what is done inside, or, after an exception, nothing of it."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Every row that `sql` selects."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row that `sql` selects, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Change something; the id of the row inserted last."""
        with self._lock:
            return self._db.execute(sql, values).lastrowid or 0

    def insert(self, table: str, **columns: Any) -> int:
        """Insert one row; its id."""
        names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
        return self.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608

    def update(self, table: str, id_: int, **columns: Any) -> None:
        """Change columns of one row."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*columns.values(), id_))  # noqa: S608

    def post(self, mail: dict[str, Any]) -> int:
        """Put a mail into the outbox; its id."""
        return self.insert("outbox", mail=pack(mail))

    def note_segments(self, properties: dict[str, Any]) -> None:
        """List property keys that the account has not seen before as segments."""
        now = self.clock.seconds()
        for name, value in properties.items():
            self.execute(
                "INSERT OR IGNORE INTO segments (name, data_type, created_at) VALUES (?, ?, ?)",
                (name, data_type_of(name, value), now),
            )

    def next_purge(self) -> int:
        """The next 07:00 UTC, in epoch seconds."""
        now = datetime.fromtimestamp(self.clock.seconds(), UTC)
        purge = now.replace(hour=PURGE_HOUR, minute=0, second=0)
        return int((purge if purge > now else purge + timedelta(days=1)).timestamp())

    def settle(self) -> None:
        """Do what has come due: mail what was delayed, remove who is marked for deletion, answers and all."""
        now = self.clock.seconds()
        with self._lock:
            for send in self.rows(
                "SELECT * FROM email_sends WHERE state = 'queued' AND sent_at <= ?", (now,)
            ):
                with self.transaction():
                    self._deliver(send)
            for user in self.rows("SELECT id FROM end_users WHERE delete_at <= ?", (now,)):
                with self.transaction():
                    self._remove(user["id"])

    def _remove(self, end_user_id: int) -> None:
        self.execute("DELETE FROM responses WHERE end_user_id = ?", (end_user_id,))
        self.execute("DELETE FROM declines WHERE end_user_id = ?", (end_user_id,))
        self.execute("UPDATE email_sends SET end_user_id = NULL WHERE end_user_id = ?", (end_user_id,))
        self.execute("DELETE FROM end_users WHERE id = ?", (end_user_id,))

    def _deliver(self, send: sqlite3.Row) -> None:
        user = self.row("SELECT settings FROM end_users WHERE id = ?", (send["end_user_id"],))
        # Whoever opted out, or left, between the request and the day of sending gets no mail.
        if user is None or opted_out(json.loads(user["settings"])):
            self.execute("DELETE FROM outbox WHERE id = ?", (send["outbox_id"],))
            self.update("email_sends", send["id"], state="opted_out", sent_at=None, outbox_id=None)
            return
        self.update("email_sends", send["id"], state=state_on_arrival(send["to"]))
        self.update("end_users", send["end_user_id"], last_surveyed=send["sent_at"])

    def load(self, data: AccountData) -> None:
        """Fill an empty account.

        Raises:
            AccountNotEmptyError: it is not empty.
            sqlite3.IntegrityError: two records share an id, e-mail, phone number or external id.
                Nothing is kept.
        """
        if any(self.row(f"SELECT 1 FROM {table}") for table in (*TABLES, "truth")):  # noqa: S608
            raise AccountNotEmptyError("the database already holds an account: give another file, or no data")
        with self.transaction():
            for table, record_type in TABLES.items():
                columns = columns_of(record_type)
                names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
                self._db.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608
                    (values_of(record) for record in getattr(data, table)),
                )
            self.insert("truth", value=pack(data.truth))

    def truth(self) -> dict[str, Any]:
        """What is known to be true of the data, as whoever made it wrote it down."""
        held = self.row("SELECT value FROM truth")
        return dict(json.loads(held["value"])) if held else {}

    def end_users(self) -> list[EndUserRow]:
        """Every end user, by id."""
        return self._records("end_users", EndUserRow)

    def responses(self) -> list[ResponseRow]:
        """Every response, by id."""
        return self._records("responses", ResponseRow)

    def declines(self) -> list[DeclineRow]:
        """Every decline, by id."""
        return self._records("declines", DeclineRow)

    def email_sends(self) -> list[EmailSendRow]:
        """Every e-mail survey that was asked for, by id."""
        return self._records("email_sends", EmailSendRow)

    def outbox(self) -> list[dict[str, Any]]:
        """Every mail, oldest first; `send_at` (epoch seconds) may lie ahead."""
        self.settle()
        mails = self.rows("SELECT id, mail FROM outbox ORDER BY id")
        return [{"id": row["id"], **json.loads(row["mail"])} for row in mails]

    def requests(self) -> list[dict[str, Any]]:
        """The latest requests, oldest first: see `Traffic`, which also has the totals."""
        return self.traffic.log()

    def _records(self, table: str, record_type: type[R]) -> list[R]:
        self.settle()
        return [record_of(record_type, row) for row in self.rows(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608
