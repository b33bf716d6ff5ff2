"""Databases of the store, opened, filled and damaged for tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Connection, select

from wootric_mcp.settings import Privacy
from wootric_mcp.store.database import Database, upsert
from wootric_mcp.store.schema import documents

ROOT = Path(__file__).parents[2]


def opened(path: Path, privacy: Privacy = "alias", account: str = "") -> Database:
    return Database.open(f"sqlite:///{path}", privacy=privacy, account=account)


def keep(connection: Connection, name: str = "a", read_at: float = 1.0) -> None:
    upsert(connection, documents, [{"name": name, "row": f'"{name}"', "read_at": read_at}])


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(documents.c.name).order_by(documents.c.name)))


def filled(path: Path, count: int = 1, privacy: Privacy = "alias") -> None:
    database = opened(path, privacy)
    with database.writing() as connection:
        for number in range(count):
            keep(connection, f"{number:050}")
    database.close()


def damage(path: Path) -> None:
    """Overwrite the pages that the documents lie in, as a bad disk might; opening does not notice."""
    content = path.read_bytes()
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    path.write_bytes(b"".join(b"\xff" * 4096 if b"0" * 40 in page else page for page in pages))


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
