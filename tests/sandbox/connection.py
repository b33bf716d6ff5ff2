"""A small account for tests of the sandbox, and a client that is logged in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from wootric_mcp.sandbox.records import (
    AccountData,
    DeclineRow,
    EmailSendRow,
    EndUserRow,
    ResponseRow,
    SegmentRow,
    TemplateRow,
)
from wootric_mcp.sandbox.server import Sandbox
from wootric_mcp.sandbox.switches import Switches

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
"""Four in the morning of a winter's day in California."""

_TABLES = {
    EndUserRow: "end_users",
    ResponseRow: "responses",
    DeclineRow: "declines",
    SegmentRow: "segments",
    TemplateRow: "templates",
    EmailSendRow: "email_sends",
}


def ago(**of: float) -> int:
    """Epoch seconds that long before NOW."""
    return int((NOW - timedelta(**of)).timestamp())


def user(id_: int = 1, email: str | None = "mara@lumenfield.test", **more: Any) -> EndUserRow:
    """An end user, a hundred days old unless told otherwise."""
    created_at = more.pop("created_at", ago(days=100))
    return EndUserRow(id_, email, created_at, more.pop("updated_at", created_at), **more)


def response(id_: int, score: int = 9, created_at: int | None = None, **more: Any) -> ResponseRow:
    """A response of end user 1, a day old unless told otherwise."""
    at = ago(days=1) if created_at is None else created_at
    return ResponseRow(id_, more.pop("end_user_id", 1), score, at, more.pop("updated_at", at), **more)


def decline(id_: int, created_at: int | None = None, **more: Any) -> DeclineRow:
    """A decline of end user 1, a day old unless told otherwise."""
    at = ago(days=1) if created_at is None else created_at
    return DeclineRow(id_, more.pop("end_user_id", 1), at, at, **more)


def data(*records: Any, **truth: Any) -> AccountData:
    """An account of these records."""
    tables: dict[str, list[Any]] = {name: [] for name in _TABLES.values()}
    for record in records:
        tables[_TABLES[type(record)]].append(record)
    return AccountData(**{name: tuple(rows) for name, rows in tables.items()}, truth=truth)


@dataclass
class Api:
    """A client with a token, and the sandbox it talks to. Paths go over the wire as they are written."""

    http: httpx.AsyncClient
    sandbox: Sandbox

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.post(path, **options)

    async def put(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.put(path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.delete(path, **options)

    async def ids(self, path: str) -> list[int]:
        """The ids of a list, in its order."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()]

    async def problems(self, method: str, path: str, **options: Any) -> list[str]:
        """The messages of a refusal for wrong parameters."""
        answer = await self.http.request(method, path, **options)
        assert answer.status_code == 400, answer.text
        body = answer.json()
        assert body["type"] == "error_list"
        return [error["message"] for error in body["errors"]]


CLIENT = {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox"}
USER = {"grant_type": "password", "username": "sandbox", "password": "sandbox"}


@asynccontextmanager
async def connected(
    *records: Any, grant: dict[str, str] = CLIENT, db: str = ":memory:", **switches: Any
) -> AsyncIterator[Api]:
    """A sandbox whose clock stands still at NOW, and a client logged in to it."""
    sandbox = Sandbox(data(*records), switches=Switches(**switches), db=db)
    sandbox.clock.freeze()
    sandbox.clock.set(NOW)
    try:
        transport = httpx.ASGITransport(sandbox.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
            token = (await http.post("/oauth/token", data=grant)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            yield Api(http, sandbox)
    finally:
        sandbox.close()
