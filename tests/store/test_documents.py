"""Small things that are kept as they were answered."""

from __future__ import annotations

from wootric_mcp.store import documents
from wootric_mcp.store.database import Database


def test_the_latest_reading_of_a_document_is_kept() -> None:
    database = Database.open("sqlite://", privacy="alias")
    with database.writing() as connection:
        documents.put(connection, "segments", '["a"]', 5.0)
        documents.put(connection, "segments", '["old"]', 4.0)
        documents.put(connection, "templates", "[]", 5.0)
        assert documents.get(connection, "segments") == ('["a"]', 5.0)
        assert documents.get(connection, "summary") is None
        documents.drop(connection, "seg%")
        assert documents.get(connection, "segments") is not None
        documents.drop(connection, "seg")
        assert documents.get(connection, "segments") is None
        assert documents.get(connection, "templates") is not None
    database.close()
