"""Sending as a tool does after a yes, without a client: six people take three requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from tests.accounts import structure_of
from wootric_mcp.feedback.selection import Selection
from wootric_mcp.guard import plans
from wootric_mcp.settings import Settings
from wootric_mcp.tools import drafts, planning
from wootric_mcp.tools.app import App
from wootric_mcp.tools.sending import send
from wootric_mcp.tools.survey_plans import plan_survey


def six(name: str) -> list[str]:
    return [f"{name}-{number}@lumenfield.test" for number in range(6)]


def make_requests_small() -> None:
    """Two people in each, and addresses that were handed over are not looked up: sending is tried out."""
    plans.MAX_ADDRESSES = 2
    planning._LOOKED_UP = 0


@cache
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


async def planned(app: App, people: Sequence[str], subject: str = "") -> str:
    """The id of a plan by plan_email_survey; empty if nobody is left to be mailed."""

    async def told(*_: Any) -> None:
        return None

    message = {"subject": subject} if subject else {}
    answer = await plan_survey(app, people, "", Selection(), message, "ours", progress=told)
    return str(structure_of(answer).get("plan", ""))


async def send_to(app: App, people: Sequence[str], subject: str = "") -> dict[str, Any]:
    """Send to addresses, as send_email_survey does; the figures of the answer."""
    message = {"subject": subject} if subject else {}
    return _figures(await send(app, await drafts.of_addresses(app, people, [], [], message, "ours")))


async def send_plan(app: App, plan: str) -> dict[str, Any]:
    """Send a plan, as send_email_survey does; the figures of the answer."""
    return _figures(await send(app, await drafts.of_plan(app, plan, {})))


def _figures(answer: Any) -> dict[str, Any]:
    figures: dict[str, Any] = structure_of(answer)["figures"]
    return figures
