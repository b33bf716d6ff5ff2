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
    """Have the three conversations, one after the other; on data of one's own, about what is in it."""
    period = PERIODS[0] if is_story else await _period_with_comments(client)
    feature = FEATURE if is_story else await _frequent_phrase(client)
    async with Talk("1. A manager asks an assistant", client, sandbox) as talk:
        themes = await manager(talk, period)
    async with Talk("2. An agent follows up, after a person has agreed", client, sandbox) as talk:
        await agent(talk, period, themes[0])
    async with Talk("3. A developer asks inside an IDE", client, sandbox) as talk:
        await developer(talk, feature, PERIODS[2] if is_story else PERIODS[-1])


async def manager(talk: Talk, period: str) -> list[str]:
    """Ask what detractors were saying; the themes, largest first."""
    tell("Manager", f"What were detractors saying {_spoken(period)}?")
    return _themes(await talk.call("summarize_feedback", period=period, category="detractor"))


async def agent(talk: Talk, period: str, theme: str) -> None:
    """Find two unhappy people with an address and mail them a survey once a person has said yes."""
    tell("Manager", f"Find two who complained about “{theme}” and ask them how it is going now.")
    found = await talk.call(
        "search_feedback", period=period, category="detractor", query=theme, limit=LOOKED_AT
    )
    people: list[str] = []
    for person in dict.fromkeys(_column(found, "person")):
        customer = _structure(await talk.call("find_customer", end_user=person))["untrusted"]
        if not customer.get("email"):
            tell("", f"({person} has no e-mail address and is left out.)")
        elif customer["settings"].get("surveys_disabled_by_end_user"):
            tell("", f"({person} has opted out of surveys and is left out.)")
        else:
            people.append(person)
        if len(people) == PEOPLE:
            break
    before = len(await talk.outbox())
    await talk.call(
        "send_email_survey",
        emails=people,
        survey_immediately=True,
        subject="Is it better now?",
        intro="Thank you for telling us what went wrong. How is it going today?",
        senders_name="Customer care",
    )
    print()
    for mail in (await talk.outbox())[before:]:
        tell("outbox", f"To {mail['to']} from {mail['senders_name']}: {mail['subject']}")


async def developer(talk: Talk, feature: str, period: str) -> None:
    """Ask what customers say about one feature, then for what the unhappy ones wrote last."""
    tell("Developer", f"What do customers say about “{feature}”?")
    await talk.call("summarize_feedback", period=period, query=feature, max_tokens=700)
    print()
    tell("Developer", "And what did the unhappy ones write last?")
    await talk.call(
        "search_feedback", period=period, query=feature, category="detractor", order="newest", limit=5
    )


async def _period_with_comments(client: Client) -> str:
    """The shortest period in which enough detractors commented."""
    for period in PERIODS[:-1]:
        summary = await client.call_tool("summarize_feedback", {"period": period, "category": "detractor"})
        if _structure(summary)["selected"]["comments"] >= ENOUGH_COMMENTS:
            return period
    return PERIODS[-1]


async def _frequent_phrase(client: Client) -> str:
    """What most comments share; rather several words, because they name a thing."""
    themes = _themes(await client.call_tool("summarize_feedback", {"period": "all"}))
    return next((theme for theme in themes if " " in theme), themes[0])


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
