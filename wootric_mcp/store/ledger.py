"""Who was mailed from here, so that nobody is mailed twice, and the plans that are waiting to be sent."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from sqlalchemy import Connection, Row, Select, delete, func, or_, select, update

from wootric_mcp.store import location
from wootric_mcp.store.database import upsert
from wootric_mcp.store.errors import LedgerUnusable
from wootric_mcp.store.ledger_file import LedgerFile, plans, requests, sends
from wootric_mcp.store.marks import address_mark, mark, secret

if TYPE_CHECKING:
    from wootric_mcp.settings import Settings

State = Literal["sending", "sent", "not sent", "unclear"]

_DAY = 86_400.0
_CHUNK = 400
"""Marks in one statement: SQLite takes 999 values."""
_GRACE = 15.0
"""Seconds beyond a call's deadline after which a request without an outcome is unclear."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is mailed, as the ledger knows them: keyed hashes of address and id (empty: no id yet)."""

    address: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator allows: days between two mails to one person, and mails in 24 hours (0: any)."""

    min_days: int
    max_per_day: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that may leave now, and whom of those asked for it is for. Without anybody, none may."""

    request: str
    granted: frozenset[Recipient]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request in the ledger."""

    id: str
    plan: str
    subject: str
    people: int
    made_at: float
    state: State


class Ledger:
    """The ledger of one account; it raises what `LedgerFile` does. `clock` is the wall clock."""

    def __init__(
        self, file: LedgerFile, *, account: str, key: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._account = account
        self._key = key
        self._clock = clock

    @classmethod
    def open(cls, settings: Settings, *, clock: Callable[[], float] = time.time) -> Self:
        """Open or make the account's ledger; in memory where the store is. It blocks."""
        if settings.store == "off":
            raise LedgerUnusable(
                "Nobody is mailed while WOOTRIC_STORE is off: without a ledger it could happen twice."
            )
        key = secret(settings)
        file = LedgerFile(location.ledger_file(settings), address_mark(key, ""))
        return cls(file, account=location.account_name(settings), key=key, clock=clock)

    @property
    def path(self) -> Path | None:
        """The file; None in memory."""
        return self._file.path

    def close(self) -> None:
        """Close it; what is in memory only is gone."""
        self._file.close()

    def recipient(self, address: str, end_user_id: int | None) -> Recipient:
        """Who is meant by an address and, if it is known, an id."""
        person = "" if end_user_id is None else mark(self._key, end_user_id)
        return Recipient(address_mark(self._key, address), person)

    async def mailed(self, people: Sequence[Recipient], *, plan: str = "", since: float) -> set[Recipient]:
        """Those who were, or may have been, mailed after `since` (account time), or ever with `plan`."""
        return await self._file.do(lambda connection: self._mailed(connection, people, plan, since))

    async def mailed_people(self, ids: Sequence[int]) -> dict[int, float]:
        """Of some end-user ids those who were, or may have been, mailed, and when last (account time)."""
        by_mark = {mark(self._key, each): each for each in ids}

        def look(connection: Connection) -> dict[int, float]:
            found: dict[int, float] = {}
            for some in _chunks(list(by_mark)):
                for row in connection.execute(self._may_have_left().where(sends.c.person.in_(some))):
                    person = by_mark[row.person]
                    found[person] = max(row.made_at, found.get(person, row.made_at))
            return found

        return await self._file.do(look)

    async def mails_since(self, since: float) -> int:
        """How many mails left, or may have left, after that account time."""
        return await self._file.do(lambda connection: self._count(connection, since))

    async def claim(
        self,
        people: Sequence[Recipient],
        *,
        plan: str,
        subject: str,
        limits: Limits,
        now: float,
        seconds: float,
    ) -> Claim:
        """Note that a request is about to leave, for those of `people` who may be mailed.

        Args:
            people: Whom it is for.
            plan: With which content; the same content goes out to a person once.
            subject: To know it by later; it must name nobody and show as it is.
            limits: Checked in the same transaction, whatever other processes do.
            now: Account time, epoch seconds.
            seconds: After which the request has an outcome, or is unclear.
        """
        request = f"S-{secrets.token_hex(4)}"

        def note(connection: Connection) -> Claim:
            kept = self._mailed(connection, people, plan, now - limits.min_days * _DAY)
            granted = [one for one in people if one not in kept]
            if limits.max_per_day:
                left = limits.max_per_day - self._count(connection, now - _DAY)
                granted = granted[: max(left, 0)]
            if granted:
                about = {"account": self._account, "plan": plan}
                connection.execute(
                    requests.insert(),
                    {
                        **about,
                        "id": request,
                        "subject": subject,
                        "people": len(granted),
                        "made_at": now,
                        "until": self._clock() + seconds + _GRACE,
                        "state": "sending",
                    },
                )
                rows = [
                    {**about, "recipient": one.address, "person": one.person, "request": request}
                    for one in granted
                ]
                upsert(connection, sends, rows)
            return Claim(request, frozenset(granted))

        return await self._file.do(note)

    async def settle(self, request: str, state: State) -> None:
        """Note what became of a request of this process; that it was sent, also after a person said not."""

        def note(connection: Connection) -> None:
            its = update(requests).where(requests.c.id == request)
            if state != "sent":
                its = its.where(requests.c.state == "sending")
            connection.execute(its.values(state=state))

        await self._file.do(note)

    async def entries(self, *, unclear_only: bool = False) -> list[Entry]:
        """What was sent, the newest first."""

        def look(connection: Connection) -> list[Entry]:
            c = requests.c
            rows = select(requests).where(c.account == self._account).order_by(c.made_at.desc(), c.id)
            found = (self._entry(row) for row in connection.execute(rows))
            return [entry for entry in found if not unclear_only or entry.state == "unclear"]

        return await self._file.do(look)

    async def resolve(self, request: str, *, sent: bool) -> Entry:
        """Note what a person found out about an unclear request.

        Raises:
            KeyError: there is no such request.
            ValueError: it is not unclear; the text says what it is.
        """

        def note(connection: Connection) -> Entry:
            c = requests.c
            its = (c.account == self._account, c.id == request)
            row = connection.execute(select(requests).where(*its)).one_or_none()
            if row is None:
                raise KeyError(request)
            if (state := self._entry(row).state) != "unclear":
                raise ValueError(state)
            state = "sent" if sent else "not sent"
            connection.execute(update(requests).where(*its).values(state=state))
            return self._entry(connection.execute(select(requests).where(*its)).one())

        return await self._file.do(note)

    async def keep_plan(self, plan: str, row: str, *, now: float, until: float) -> None:
        """Keep a plan for a while; those whose time is over are dropped. `row` must hold nobody to read."""

        def keep(connection: Connection) -> None:
            connection.execute(delete(plans).where(plans.c.expires <= now))
            upsert(
                connection,
                plans,
                [{"account": self._account, "id": plan, "row": row, "expires": int(until)}],
            )

        await self._file.do(keep)

    async def plan(self, plan: str, *, now: float) -> str | None:
        """A plan that was kept, unless its time is over."""
        c = plans.c
        its = select(c.row).where(c.account == self._account, c.id == plan, c.expires > now)
        return await self._file.do(lambda connection: connection.scalar(its))

    async def drop_plans(self, unwanted: Callable[[str], bool]) -> None:
        """Drop the plans for whose rows `unwanted` is true."""

        def drop(connection: Connection) -> None:
            c = plans.c
            for row in connection.execute(select(c.id, c.row).where(c.account == self._account)).all():
                if unwanted(row.row):
                    connection.execute(delete(plans).where(c.account == self._account, c.id == row.id))

        await self._file.do(drop)

    def _mailed(
        self, connection: Connection, people: Iterable[Recipient], plan: str, since: float
    ) -> set[Recipient]:
        people = list(people)
        lately = or_(requests.c.made_at > since, requests.c.plan == plan)
        found: set[str] = set()
        for column, marks in (
            (sends.c.recipient, [one.address for one in people]),
            (sends.c.person, [one.person for one in people if one.person]),
        ):
            for some in _chunks(marks):
                rows = connection.execute(self._may_have_left().where(lately, column.in_(some)))
                found |= {getattr(row, column.name) for row in rows}
        return {one for one in people if one.address in found or one.person in found - {""}}

    def _may_have_left(self) -> Select[str, str, float]:
        left = (requests.c.account == self._account, requests.c.state != "not sent")
        joined = sends.join(requests, sends.c.request == requests.c.id)
        return select(sends.c.recipient, sends.c.person, requests.c.made_at).select_from(joined).where(*left)

    def _count(self, connection: Connection, since: float) -> int:
        c = requests.c
        left = (c.account == self._account, c.state != "not sent", c.made_at > since)
        return connection.scalar(select(func.coalesce(func.sum(c.people), 0)).where(*left)) or 0

    def _entry(self, row: Row[tuple[object, ...]]) -> Entry:
        state: State = row.state
        if state == "sending" and row.until < self._clock():
            state = "unclear"
        return Entry(row.id, row.plan, row.subject, row.people, row.made_at, state)


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
