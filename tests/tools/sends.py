"""Sending as a tool does after a yes, without a client: six people take three requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from wootric_mcp.settings import Settings
from wootric_mcp.tools import drafts
from wootric_mcp.tools.app import App
from wootric_mcp.tools.sending import send


def six(name: str) -> list[str]:
    return [f"{name}-{number}@lumenfield.test" for number in range(6)]


def settings_of(url: str, folder: Path) -> Settings:
    return Settings(
        base_url=url,
        client_id="sandbox",
        client_secret=SecretStr("sandbox"),
        timezone="UTC",
        store=f"sqlite:///{folder / 'store.sqlite3'}",
        alias_key_file=folder / "alias.key",
    )


@asynccontextmanager
async def an_app(url: str, folder: Path) -> AsyncIterator[App]:
    async with App(settings_of(url, folder)).running() as app:
        yield app


async def send_to(app: App, people: Sequence[str], subject: str = "") -> None:
    message = {"subject": subject} if subject else {}
    await send(app, await drafts.of_addresses(app, people, [], [], message, "ours"))
