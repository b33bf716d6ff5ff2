"""One process at a time reads a list: who holds its lease, which ends by itself when the process has died."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from wootric_mcp.store.database import upsert
from wootric_mcp.store.schema import leases

if TYPE_CHECKING:
    from sqlalchemy import Connection

LASTS = 8.0
"""Seconds after which a lease that was not renewed is anybody's."""


def hold(connection: Connection, source: str, holder: str) -> bool:
    """Take or renew the lease of a list; False if another process holds it."""
    now = time.time()
    c = leases.c
    held = connection.execute(select(c.holder, c.expires).where(c.source == source)).first()
    # One that ends later than any can was taken before the clock was set back.
    if held and held.holder != holder and now < held.expires <= now + LASTS:
        return False
    upsert(connection, leases, [{"source": source, "holder": holder, "expires": now + LASTS}])
    return True


def release(connection: Connection, source: str, holder: str) -> None:
    """Give the lease back, if it is held."""
    c = leases.c
    connection.execute(delete(leases).where(c.source == source, c.holder == holder))
