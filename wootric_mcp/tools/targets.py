"""What a guarded tool acts on: read once, so that the question and the act mean the same record.

A name such as an e-mail address can pass to somebody else while a person thinks about the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context

from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.registry import before_writing

if TYPE_CHECKING:
    from wootric_mcp.api.models import EndUser
    from wootric_mcp.api.people import Person


@dataclass(frozen=True, slots=True)
class Target:
    """A person as found, and how to name them from then on: by id, whatever the caller said."""

    user: EndUser
    person: Person


@before_writing
async def found_end_user(ctx: Context[App], end_user: str) -> Any:
    """The `Target` that `end_user` names."""
    from wootric_mcp.api.people import Person

    app = app_of(ctx)
    named = app.person(end_user)
    user = await app.client().get_end_user(named)
    # The shared anonymous user may be deleted by that name only, so the name is kept.
    return Target(user, named if named.names_anonymous else Person("id", str(user.id)))


@before_writing
async def found_response(ctx: Context[App], end_user: str, response_id: int) -> Any:
    """The response of that person."""
    app = app_of(ctx)
    return await app.client().get_end_user_response(app.person(end_user), response_id)


@before_writing
async def found_decline(ctx: Context[App], end_user: str, decline_id: int) -> Any:
    """The decline of that person."""
    app = app_of(ctx)
    return await app.client().get_end_user_decline(app.person(end_user), decline_id)


def owner(record: Any, app: App, end_user: str) -> Person:
    """Whose record it is: by the id that stands in it, else as the caller named them."""
    from wootric_mcp.api.people import Person

    return Person("id", str(record.end_user_id)) if record.end_user_id else app.person(end_user)
