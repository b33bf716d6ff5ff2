"""Codes for calls that nobody could be asked about. Times are wall clock, epoch seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.exc import DBAPIError, OperationalError

from wootric_mcp.store import engines
from wootric_mcp.store.errors import StoreBusy
from wootric_mcp.store.schema import codes

DAY = 86_400.0
"""Seconds for which what happened on a code counts, and a used code is kept."""

Redeemed = Literal["approved", "code", "too many"]


@dataclass(frozen=True, slots=True)
class Unasked:
    """What happened on codes alone within 24 hours, or may happen."""

    mails: int
    """Customers mailed."""
    records: int
    """Records changed, deleted or revealed."""

    def allows(self, mailed: int, most: Unasked) -> bool:
        """Whether, after this, one more call is within `most`; `mailed` is 0 for one about a record."""
        return self.mails + mailed <= most.mails if mailed else self.records < most.records


@dataclass(frozen=True, slots=True)
class NewCode:
    """What is kept of a code; the columns of `wootric_mcp.store.schema.codes`."""

    hash: str
    bound: str
    sealed: str
    mailed: int
    expires: float


def hash_of(code: str) -> str:
    """What is kept in place of a code, in the form in which it was issued."""
    return hashlib.sha256(code.encode()).hexdigest()


def issue(connection: Connection, new: NewCode, now: float) -> None:
    """Keep a new code, and drop those that are of no use any more."""
    too_old = codes.c.used_at.is_(None) & (codes.c.expires <= now)
    connection.execute(delete(codes).where(or_(too_old, codes.c.used_at < now - DAY)))
    connection.execute(insert(codes).values(**asdict(new)))


def unasked(connection: Connection, now: float) -> Unasked:
    """What happened on codes alone within the last 24 hours."""
    counted = codes.c.counts & (codes.c.used_at > now - DAY)
    mailed = connection.scalars(select(codes.c.mailed).where(counted)).all()
    return Unasked(mails=sum(mailed), records=mailed.count(0))


def redeem(
    connection: Connection, bound: str, hash_: str, now: float, most: Unasked | None
) -> Redeemed | None:
    """Use up every code of a call, if one of them lets it act: it acts once, however often it was made.

    Args:
        connection: In a writing transaction.
        bound: What the call is bound to.
        hash_: Of the code that came with it.
        now: The time.
        most: What may happen within 24 hours on codes alone; None: only an approval counts.

    Returns:
        Whether a person approved it or the code alone lets it act, or why it does not: it would be too many.
        None: there is no such code.
    """
    approved = codes.c.approved_at.is_not(None)
    standing = select(codes).where(codes.c.bound == bound, _usable(now))
    found = connection.execute(
        standing.where(or_(approved, codes.c.hash == hash_)).order_by(approved.desc())
    ).first()
    if found is None or (most is None and found.approved_at is None):
        return None
    if (
        most is not None
        and found.approved_at is None
        and not unasked(connection, now).allows(found.mailed, most)
    ):
        return "too many"
    this = codes.c.hash == found.hash
    counts = found.approved_at is None
    spent = connection.execute(update(codes).where(this, _usable(now)).values(used_at=now, counts=counts))
    if not spent.rowcount:
        return None  # another process was quicker
    connection.execute(
        update(codes).where(codes.c.bound == bound, codes.c.used_at.is_(None)).values(used_at=now)
    )
    return "code" if counts else "approved"


def sealed_in(path: Path, hash_: str, now: float) -> str | None:
    """The sealed question of a code in the store at `path`, as long as it can be approved. It blocks."""
    try:
        with _opened(path) as connection:
            return connection.scalar(select(codes.c.sealed).where(codes.c.hash == hash_, _usable(now)))
    except DBAPIError:
        return None  # no store of ours, or one of an earlier release


def approve_in(path: Path, hash_: str, now: float, expires: float) -> bool:
    """Let the call that a code is bound to act once until `expires`; False if the code is used or too old.

    It blocks.

    Raises:
        StoreBusy: The store is locked.
    """
    this = update(codes).where(codes.c.hash == hash_, _usable(now))
    try:
        with _opened(path) as connection:
            return bool(connection.execute(this.values(approved_at=now, expires=expires)).rowcount)
    except OperationalError as error:
        raise StoreBusy from error


@contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    engine = engines.existing(path)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _usable(now: float) -> ColumnElement[bool]:
    return codes.c.used_at.is_(None) & (codes.c.expires > now)
