"""Sending as a tool does after a yes, without a client: six people take three requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from wootric_mcp.feedback.selection import Selection
from wootric_mcp.settings import Settings
from wootric_mcp.tools import drafts
from wootric_mcp.tools.app import App
from wootric_mcp.tools.sending import send
from wootric_mcp.tools.survey_plans import plan_survey


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
    await send(app, await drafts.of_addresses(app, people, [], [], _message(subject), "ours"))


async def plan_for(app: App, people: Sequence[str], subject: str = "") -> str:
    """The id of a plan that waits to be sent; "" if nobody is left to be mailed."""

    async def untold(*_: Any) -> None: ...

    answer = await plan_survey(app, people, "", Selection(), _message(subject), "ours", progress=untold)
    return str((answer.structured_content or {}).get("plan", ""))


async def send_what(app: App, what: Sequence[str]) -> None:
    """Send a plan, by its id, or to these addresses."""
    if what[0].startswith("P-"):
        await send(app, await drafts.of_plan(app, what[0], {}))
    else:
        await send_to(app, what)


def _message(subject: str) -> dict[str, str]:
    return {"subject": subject} if subject else {}
