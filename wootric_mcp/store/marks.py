"""Erased people: nothing of them stays but a mark, by which they are known while Wootric returns them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from wootric_mcp.settings import Settings
from wootric_mcp.shield.aliases import SANDBOX_KEY, load_key
from wootric_mcp.store.database import upsert
from wootric_mcp.store.schema import coverage, declines, end_users, erased, leases, responses, wants

Marking = Callable[[int], str]
"""Gives the mark of an end-user id: `functools.partial(mark, key)`."""


def mark(key: bytes, end_user_id: int) -> str:
    """The mark of a person, 32 hexadecimal digits: nobody without the key can tell whose it is.

    Args:
        key: Secret of this installation, of any length.
        end_user_id: Not negative.
    """
    secret = hashlib.blake2b(key, digest_size=32, person=b"wootric-erased").digest()
    return hashlib.blake2b(str(end_user_id).encode(), key=secret, digest_size=16).hexdigest()


def address_mark(key: bytes, address: str) -> str:
    """The mark of an e-mail address, whose case does not matter: 32 hexadecimal digits."""
    own = hashlib.blake2b(key, digest_size=32, person=b"wootric-mailed").digest()
    return hashlib.blake2b(folded(address).encode(), key=own, digest_size=16).hexdigest()


def folded(address: str) -> str:
    """What addresses are compared by."""
    return address.strip().casefold()


def secret(settings: Settings) -> bytes:
    """The secret behind marks: the one behind aliases."""
    return SANDBOX_KEY if settings.is_sandbox else load_key(settings.alias_key_file)


def erase(connection: Connection, mark: str, end_user_id: int, now: float) -> None:
    """Delete everything of a person and keep their mark.

    Args:
        connection: In a writing transaction.
        mark: Theirs.
        end_user_id: Theirs; no trace of it stays.
        now: Epoch seconds.
    """
    for table in (responses, declines):
        connection.execute(delete(table).where(table.c.end_user_id == end_user_id))
    connection.execute(delete(end_users).where(end_users.c.id == end_user_id))
    for table in (coverage, wants, leases):  # lists of one person are named after them
        theirs = table.c.source.like(f"%/person:{end_user_id}")
        narrower = table.c.source.like(f"%/person:{end_user_id}/%")
        connection.execute(delete(table).where(or_(theirs, narrower)))
    upsert(connection, erased, [{"mark": mark, "returned_at": now}])


def erased_among(connection: Connection, ids: Iterable[int], marking: Marking) -> set[int]:
    """Those of some end-user ids, at most a few hundred, that were erased."""
    if connection.scalar(select(erased.c.mark).limit(1)) is None:
        return set()
    by_mark = {marking(end_user_id): end_user_id for end_user_id in ids}
    found = connection.scalars(select(erased.c.mark).where(erased.c.mark.in_(by_mark)))
    return {by_mark[each] for each in found}


def returned(connection: Connection, ids: Iterable[int], seen: float, marking: Marking) -> None:
    """Note that Wootric still returned something of these erased people at `seen` (epoch seconds)."""
    newer = (
        update(erased)
        .where(erased.c.mark == bindparam("whose"), erased.c.returned_at < seen)
        .values(returned_at=seen)
    )
    for end_user_id in ids:
        connection.execute(newer, {"whose": marking(end_user_id)})
