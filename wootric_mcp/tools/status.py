"""What this server is connected to, what it keeps, and whether everything is set that it needs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mcp.types import CallToolResult

from wootric_mcp.api.errors import RateLimited, WootricError
from wootric_mcp.tools import answers, shapes

if TYPE_CHECKING:
    from wootric_mcp.store.client import CachingClient
    from wootric_mcp.store.status import Held
    from wootric_mcp.tools.app import App

# Seconds for reading the days around a week, once its figures differ from Wootric's.
_TIME_TO_READ = 10.0


async def status(app: App) -> CallToolResult:
    """Configuration, connection, request limit and what is kept. Answers also when nothing is configured."""
    settings = app.settings
    known: dict[str, Any] = {
        "configured": settings.is_usable,
        "base_url": settings.url,
        "sandbox": settings.is_sandbox,
        "sign_in": settings.grant or "none",
        "survey_type": settings.survey_type,
        "time_zone": str(app.zone),
        "now": shapes.local(app, app.now()),
        "read_only": settings.read_only,
        "confirm": settings.confirm,
        "call_deadline_seconds": settings.deadline,
    }
    summary = await _connection(app, known) if settings.is_usable else f"Not usable: {settings.what_to_set()}"
    return answers.figures(summary, known)


async def _connection(app: App, known: dict[str, Any]) -> str:
    """Read one small thing, which shows whether the credentials work and how many requests are left."""
    client = app.client()
    try:
        segments = await client.list_segments()
        known |= {"connected": True, "segments": len(segments)}
        known |= await _store(app, client)
    except RateLimited as error:
        known["connected"] = True
        return f"Connected, but at the moment nothing can be read: {error}"
    except WootricError as error:
        known["connected"] = False
        return f"Configured, but Wootric does not answer as it should: {error}"
    budget = client.budget
    known |= {
        "requests_per_minute": budget.limit,
        "requests_left": budget.remaining,
        "requests_reset_at": shapes.local(app, budget.resets_at),
        "requests_made": client.requests,
        "requests_share_for_reading": client.limits.share,
    }
    account = "the sandbox (a simulated account)" if app.settings.is_sandbox else "Wootric"
    return f"Connected to {account}; everything that is needed is configured."


async def _store(app: App, client: CachingClient) -> dict[str, Any]:
    """What is kept, and whether days are cut here as they are at Wootric."""
    from wootric_mcp.store.database import StoreError
    from wootric_mcp.store.location import store_file
    from wootric_mcp.store.status import held

    settings = app.settings
    if settings.store == "off":
        return {"store": "off: nothing is kept"}
    try:
        lists = await client.reader.fetch(held)
        path, wished = (await client.reader.database()).path, store_file(settings)
        return {
            "store": str(path or (f"memory, because {wished} cannot be used" if wished else "memory")),
            "privacy": settings.privacy,
            "kept_days": settings.store_days if path else None,
            **{f"{name.replace(' ', '_')}_kept": _kept(app, one) for name, one in lists.items()},
            "time_zone_check": await _zone_check(app, client, lists["responses"]),
        }
    except StoreError as error:
        return {"store": str(error)}


def _kept(app: App, one: Held) -> str:
    """`20,000; read from the beginning to 2026-11-18 12:00, reading on`."""
    said = f"{one.rows:,}"
    if one.covered:
        start, end = one.covered
        begins = shapes.local(app, datetime.fromtimestamp(start, UTC)) if start else "the beginning"
        said += f"; read from {begins} to {shapes.local(app, datetime.fromtimestamp(end, UTC))}"
        if len(one.stretches) > 1:
            said += f", with {answers.counted(len(one.stretches) - 1, 'gap')}"
    if one.wanted:
        said += "; reading goes on behind"
    return said


async def _zone_check(app: App, client: CachingClient, responses: Held) -> str:
    """Compare the newest week that has been read completely with Wootric's summary of it."""
    from wootric_mcp.store.reconcile import FARTHEST, difference
    from wootric_mcp.store.sources import responses as all_responses

    week = _newest_week(app, responses)
    if week is None:
        return "not possible before a whole week has been read: ask summarize_feedback for last_week"
    first, start, end = week
    last = first + timedelta(days=6)
    summary = await client.summary(first, last, zone=app.zone)

    async def compared() -> str:
        return await difference(
            client,
            start=start,
            end=end,
            days=(first, last),
            summary=summary,
            zone=app.zone,
            now=app.now().timestamp(),
            is_nps=app.settings.survey_type == "nps",
        )

    said = await compared()
    if said:  # the days around the week tell whether another zone would fit
        around = (start - FARTHEST, end + FARTHEST)
        await client.reader.read(all_responses(), *around, patience=min(_TIME_TO_READ, app.patience))
        said = await compared()
    if said:
        return said
    count = f"Wootric counts {answers.counted(summary.responses, 'response')} for {first} to {last}"
    return f"{count}, as here" if summary.responses else f"{count}: too few to tell"


def _newest_week(app: App, responses: Held) -> tuple[date, int, int] | None:
    """Monday, first second and first second after the newest whole week that has been read."""
    today = app.now().astimezone(app.zone).date()
    monday = today - timedelta(days=today.weekday())
    for stretch in reversed(responses.stretches):
        newest = datetime.fromtimestamp(stretch.end, UTC).astimezone(app.zone).date()
        until = min(monday, newest - timedelta(days=newest.weekday()))
        since = until - timedelta(days=7)
        start, end = (_midnight(app, day) for day in (since, until))
        if stretch.start <= start:
            return since, start, end
    return None


def _midnight(app: App, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=app.zone).timestamp())
