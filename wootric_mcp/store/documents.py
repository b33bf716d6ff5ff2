"""Small things that Wootric answers as a whole: segments, templates, the summary of a period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from wootric_mcp.store.database import upsert
from wootric_mcp.store.schema import documents

if TYPE_CHECKING:
    from sqlalchemy import Connection


def put(connection: Connection, name: str, row: str, read_at: float) -> None:
    """Keep a document (JSON) that was read at that account time."""
    upsert(connection, documents, [{"name": name, "row": row, "read_at": read_at}], unless_older="read_at")


def drop(connection: Connection, prefix: str) -> None:
    """Forget the documents whose names begin so."""
    connection.execute(delete(documents).where(documents.c.name.startswith(prefix, autoescape=True)))


def get(connection: Connection, name: str) -> tuple[str, float] | None:
    """A document and when it was read; None if it is not kept."""
    found = connection.execute(
        select(documents.c.row, documents.c.read_at).where(documents.c.name == name)
    ).first()
    return (found.row, found.read_at) if found else None
