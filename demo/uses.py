"""The three uses of the server: a manager asks, an agent follows up, a developer asks about a feature."""

from __future__ import annotations

from typing import Any

import httpx
from mcp import Client
from mcp.types import CallToolResult

from demo.talk import Talk, tell

FEATURE = "CSV export"
PERIODS = ("last_week", "last 30 days", "last 90 days", "all")
ENOUGH_COMMENTS, PEOPLE, LOOKED_AT = 10, 2, 6


async def run(client: Client, sandbox: httpx.AsyncClient, *, is_story: bool) -> None:
    """Have the three conversations, one after the other."""
    async with Talk("1. A manager asks an assistant", client, sandbox) as talk:
        period, summary = await manager(talk)
    themes = _themes(summary)
    async with Talk("2. An agent follows up, after a person has agreed", client, sandbox) as talk:
        await agent(talk, period, themes[0])
    async with Talk("3. A developer asks inside an IDE", client, sandbox) as talk:
        await developer(talk, FEATURE if is_story else _phrase(themes))


async def manager(talk: Talk) -> tuple[str, CallToolResult]:
    """Ask about last week, and about more if hardly anybody commented then; the period that had comments."""
    for period in PERIODS:
        tell("Manager", f"What were detractors saying {_spoken(period)}?")
        summary = await talk.call("summarize_feedback", period=period, category="detractor")
        if period == PERIODS[-1] or _structure(summary)["selected"]["comments"] >= ENOUGH_COMMENTS:
            break
    return period, summary


async def agent(talk: Talk, period: str, theme: str) -> None:
    """Find two unhappy people with an address and mail them a survey once a person has said yes."""
    tell("Manager", f"Find two who complained about “{theme}” and ask them how it is going now.")
    found = await talk.call(
        "search_feedback", period=period, category="detractor", query=theme, limit=LOOKED_AT
    )
    people: list[str] = []
    for person in dict.fromkeys(_column(found, "person")):
        customer = _structure(await talk.call("find_customer", end_user=person))["untrusted"]
        if customer.get("email") and not customer["settings"].get("surveys_disabled_by_end_user"):
            people.append(person)
        if len(people) == PEOPLE:
            break
    before = len(await talk.outbox())
    await talk.call(
        "send_email_survey",
        emails=people,
        survey_immediately=True,
        subject="Is it better now?",
        intro=f"You told us about {theme}. How is it going today?",
        senders_name="Customer care",
    )
    print()
    for mail in (await talk.outbox())[before:]:
        tell("outbox", f"to {mail['to']}, from {mail['senders_name']}: {mail['subject']} {mail['intro']}")


async def developer(talk: Talk, feature: str) -> None:
    """Ask what customers say about one feature."""
    tell("Developer", f"What do customers say about the {feature}?")
    await talk.call("search_feedback", period="last 90 days", query=feature, limit=8)


def _spoken(period: str) -> str:
    return {"last_week": "last week", "all": "all the time"}.get(period, f"in the {period}")


def _structure(answer: CallToolResult) -> dict[str, Any]:
    structure: dict[str, Any] = answer.structured_content or {}
    return structure


def _column(answer: CallToolResult, name: str) -> list[Any]:
    structure = _structure(answer)
    place = structure["columns"].index(name)
    return [row[place] for row in structure["untrusted"]["rows"]]


def _themes(summary: CallToolResult) -> list[str]:
    """The themes of a summary, largest first."""
    return list(_structure(summary)["untrusted"]["themes"])


def _phrase(themes: list[str]) -> str:
    """A theme of several words if there is one: it names a thing."""
    return next((theme for theme in themes if " " in theme), themes[0])
