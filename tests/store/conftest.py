"""A sandbox on a real port whose clock stands still, and clients that read it through stores."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from pydantic import SecretStr

from tests.sandbox.connection import NOW, data, user
from tests.store.databases import opened
from wootric_mcp.api import limits
from wootric_mcp.sandbox.records import AccountData
from wootric_mcp.sandbox.server import Sandbox, serve
from wootric_mcp.sandbox.switches import Switches
from wootric_mcp.settings import Settings
from wootric_mcp.store import coverage
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.database import Database
from wootric_mcp.store.freshness import Piece


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine's says which account is meant, and every test has limits of its own."""
    for name in [name for name in os.environ if name.startswith("WOOTRIC_")]:
        monkeypatch.delenv(name)
    limits._SHARED.clear()


@dataclass
class World:
    """A sandbox and the folder that stores of it lie in."""

    sandbox: Sandbox
    base_url: str
    folder: Path
    ahead: float = 0.0
    """Seconds by which the clock of clients goes before Wootric's."""

    def now(self) -> float:
        return self.sandbox.clock.time() + self.ahead

    def settings(self, **values: Any) -> Settings:
        """Settings of an account whose store is a file, unless told otherwise."""
        return Settings(
            base_url=self.base_url,
            client_id="sandbox",
            client_secret=SecretStr("sandbox"),
            alias_key_file=self.folder / "key",
            **{"store": f"sqlite:///{self.folder / 'store.sqlite3'}", **values},
        )

    @asynccontextmanager
    async def client(
        self, *, now: Callable[[], float] | None = None, **values: Any
    ) -> AsyncIterator[CachingClient]:
        """A client with a store; nothing in a test takes longer than half a minute."""
        with anyio.fail_after(30):
            async with CachingClient(self.settings(**values), now=now or self.now) as client:
                yield client

    def requests(self, path: str = "/v1/") -> list[str]:
        """What was asked of Wootric below that path since the last time, tokens aside."""
        log = [request for request in self.sandbox.account.requests() if request["path"].startswith("/v1/")]
        self.sandbox.account.traffic.clear()
        return [
            f"{one['method']} {one['path']}?{one['query']}" for one in log if one["path"].startswith(path)
        ]

    def change(self, table: str, row_id: int, **columns: Any) -> None:
        """Somebody changes a record at Wootric."""
        self.sandbox.account.update(table, row_id, **columns)

    def add(self, row_id: int, created_at: int, **columns: Any) -> None:
        """A response arrives at Wootric."""
        values = {
            "end_user_id": 1,
            "score": 9,
            "completed": True,
            "excluded": False,
            "tags": "[]",
            "notes": "[]",
        }
        values |= {"channel": "web", "properties": "{}", "updated_at": self.sandbox.clock.seconds()}
        self.sandbox.account.insert("responses", id=row_id, created_at=created_at, **{**values, **columns})

    def delete(self, table: str, row_id: int) -> None:
        """Somebody deletes a record at Wootric."""
        self.sandbox.account.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))


@contextmanager
def world(folder: Path, account: AccountData, **switches: Any) -> Iterator[World]:
    """A served sandbox with that account, at NOW, without a request limit unless one is given."""
    sandbox = Sandbox(account, switches=Switches(**{"rate_limit": None, **switches}), now=NOW)
    sandbox.clock.freeze()
    try:
        with serve(sandbox) as served:
            yield World(sandbox, served.base_url, folder)
    finally:
        sandbox.close()


Make = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a world of records (and switches)."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *records, **switches: stack.enter_context(
            world(tmp_path, data(user(), user(2, "jun@lumenfield.test"), *records), **switches)
        )


async def ids(read: Callable[..., Any], **how: Any) -> list[int]:
    """The ids of what a reader of a client hands over, in its order."""
    found: list[int] = []
    await read(lambda rows: found.extend(row.id for row in rows), **how)
    return found


async def no_sleep(_: float) -> None:
    """Instead of the pauses between attempts."""
    await anyio.lowlevel.checkpoint()


async def until(is_so: Callable[[], Awaitable[Any]]) -> None:
    """Wait until something is so, for a few seconds."""
    with anyio.fail_after(10):
        while not await is_so():  # noqa: ASYNC110 - another process or thread does it
            await anyio.sleep(0.01)


async def covered(client: CachingClient, source: str = "responses") -> list[Piece]:
    """What a store says was read of a list."""
    pieces = partial(coverage.pieces, sources=[source], interval=(0, 1 << 40))
    return await client.reader.fetch(pieces)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "account 1?.sqlite3"


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, path: Path) -> Iterator[Database]:
    made = opened(path) if request.param == "file" else Database.open("sqlite://", privacy="alias")
    yield made
    made.close()
