"""The three uses of the server: a manager asks, an agent follows up, a developer asks about a feature."""

from __future__ import annotations

import re
from typing import Any

import httpx
from mcp import Client
from mcp.types import CallToolResult

from demo import assistant
from demo.talk import Talk, ask, tell

FEATURE = "CSV export"
PERIODS = ("last_week", "last 30 days", "last 90 days", "all")
ENOUGH_COMMENTS, PEOPLE, LISTED, LOOKED_AT = 10, 2, 10, 6


async def run(client: Client, sandbox: httpx.AsyncClient, *, is_story: bool) -> None:
    """Have the three conversations, one after the other; on data of one's own, about what is in it."""
    period = PERIODS[0] if is_story else await _period_with_comments(client)
    async with Talk("1. A manager asks an assistant", client, sandbox) as talk:
        themes = await manager(talk, period)
    async with Talk("2. An agent follows up, after a person has agreed", client, sandbox) as talk:
        await agent(talk, period, themes[0] if themes else "")
    feature = FEATURE if is_story else await _feature(client, themes)
    async with Talk("3. A developer asks inside an IDE", client, sandbox) as talk:
        await developer(talk, feature, PERIODS[2] if is_story else PERIODS[-1])


async def manager(talk: Talk, period: str) -> list[str]:
    """Ask what detractors were saying; the themes, largest first."""
    tell("Manager", f"What were detractors saying {_spoken(period)}?")
    answer = await talk.call("summarize_feedback", period=period, category="detractor")
    talk.reply(assistant.on_summary(_structure(answer)))
    return _themes(answer)


async def agent(talk: Talk, period: str, theme: str) -> None:
    """Find two unhappy people with an address and mail them a survey once a person has said yes.

    Without a theme, they are found among all detractors who commented.
    """
    about = f"who complained about “{theme}”" if theme else "detractors who commented"
    tell("Manager", f"Find two {about} and ask them how it is going now.")
    asked = {"query": theme} if theme else {}
    found = await talk.call(
        "search_feedback", period=period, category="detractor", order="newest", limit=LISTED, **asked
    )
    people: list[dict[str, Any]] = []
    for row in _worth_a_reply(_rows(found)):
        customer = _structure(await talk.call("find_customer", end_user=row["person"]))["untrusted"]
        if reason := _reason_to_leave_out(customer, row["id"]):
            tell("", f"({row['person']} {reason} and is left out.)")
        else:
            people.append(row)
        if len(people) == PEOPLE:
            break
    if not people:
        talk.reply("There is nobody to mail: no detractor who commented may be surveyed by e-mail.")
        return
    talk.reply(assistant.on_choice(people, _structure(found)["matched"]))
    before = len(await talk.outbox())
    await talk.call(
        "send_email_survey",
        emails=[row["person"] for row in people],
        survey_immediately=True,
        subject="Is it better now?",
        intro="Thank you for telling us what went wrong. How is it going today?",
    )
    print()
    for mail in (await talk.outbox())[before:]:
        tell("outbox", f"To {mail['to']}: {mail['subject']}")


async def developer(talk: Talk, feature: str, period: str) -> None:
    """Ask what customers say about one feature, then for what the unhappy ones wrote last."""
    if not feature:
        tell("", "(Nobody has written a comment, so there is nothing to ask about.)")
        return
    tell("Developer", f"What do customers say about “{feature}”?")
    summary = _structure(await talk.call("summarize_feedback", period=period, query=feature, max_tokens=700))
    talk.reply(assistant.on_feature(feature, summary))
    print()
    are_unhappy = summary["selected"]["score_of_query"]["detractors"] > 0
    category = "detractor" if are_unhappy else "any"
    tell("Developer", f"And what did {'the unhappy ones' if are_unhappy else 'they'} write last?")
    found = await talk.call(
        "search_feedback", period=period, query=feature, category=category, order="newest", limit=5
    )
    talk.reply(assistant.on_latest(_rows(found), _structure(found)["matched"]))


async def _period_with_comments(client: Client) -> str:
    """The shortest period in which enough detractors commented."""
    for period in PERIODS[:-1]:
        summary = await ask(client, "summarize_feedback", period=period, category="detractor")
        if _structure(summary)["selected"]["comments"] >= ENOUGH_COMMENTS:
            return period
    return PERIODS[-1]


async def _feature(client: Client, themes: list[str]) -> str:
    """What a developer may ask about: rather several words, because they name a thing, and rather not the
    agent's theme. Without themes, the longest word of the newest comment; without comments, nothing."""
    themes = themes[1:] + themes[:1] or _themes(await ask(client, "summarize_feedback", period="all"))
    if themes:
        return next((theme for theme in themes if " " in theme), themes[0])
    newest = _rows(await ask(client, "search_feedback", period="all", limit=1))
    return max((word for row in newest for word in re.findall(r"\w+", row["text"])), key=len, default="")


def _worth_a_reply(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each of a few people, those who wrote most first."""
    by_person: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: len(row["text"]), reverse=True):
        by_person.setdefault(row["person"], row)
    return list(by_person.values())[:LOOKED_AT]


def _reason_to_leave_out(customer: dict[str, Any], response_id: int) -> str:
    """Why somebody is not mailed a survey about this response; empty if they may be."""
    settings = customer.get("settings", {})
    answered = next((row["created_at"] for row in customer["responses"] if row["id"] == response_id), "")
    if "@" not in customer.get("email", ""):
        return "has no e-mail address"
    if settings.get("surveys_disabled_by_end_user") or settings.get("email_nps") is False:
        return "gets no surveys by e-mail"
    if answered and customer.get("last_surveyed", "") > answered:  # an answer counts as a survey, too
        return "was surveyed again since"
    return ""


def _spoken(period: str) -> str:
    return {"last_week": "last week", "all": "all the time"}.get(period, f"in the {period}")


def _structure(answer: CallToolResult) -> dict[str, Any]:
    structure: dict[str, Any] = answer.structured_content or {}
    return structure


def _rows(found: CallToolResult) -> list[dict[str, Any]]:
    structure = _structure(found)
    return [dict(zip(structure["columns"], row, strict=True)) for row in structure["untrusted"]["rows"]]


def _themes(summary: CallToolResult) -> list[str]:
    """The themes of a summary as words to search for, largest first; a label in brackets is no such word."""
    phrases = (re.sub(r"[\[(].*?[\])]", " ", theme) for theme in _structure(summary)["untrusted"]["themes"])
    return [" ".join(phrase.split()) for phrase in phrases if phrase.strip()]
