"""What this server is connected to, and whether everything is set that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.types import CallToolResult

from wootric_mcp.api.errors import RateLimited, WootricError
from wootric_mcp.tools import answers, shapes

if TYPE_CHECKING:
    from wootric_mcp.tools.app import App


async def status(app: App) -> CallToolResult:
    """Configuration, connection and request budget. Answers also when nothing is configured."""
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
        "call_deadline_seconds": settings.deadline,
    }
    summary = await _connection(app, known) if settings.is_usable else f"Not usable: {settings.what_to_set()}"
    return answers.figures(summary, known)


async def _connection(app: App, known: dict[str, Any]) -> str:
    """Read one small thing, which shows whether the credentials work and how many requests are left."""
    client = app.client()
    try:
        segments = await client.list_segments()
    except RateLimited as error:
        known["connected"] = True
        return f"Connected, but at the moment nothing can be read: {error}"
    except WootricError as error:
        known["connected"] = False
        return f"Configured, but Wootric does not answer as it should: {error}"
    budget = client.budget
    known |= {
        "connected": True,
        "segments": len(segments),
        "requests_per_minute": budget.limit,
        "requests_left": budget.remaining,
        "requests_reset_at": shapes.local(app, budget.resets_at),
        "requests_made": client.requests,
    }
    account = "the sandbox (a simulated account)" if app.settings.is_sandbox else "Wootric"
    return f"Connected to {account}; everything that is needed is configured."
