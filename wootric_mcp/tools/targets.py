"""What a guarded tool acts on: read once, so that the question and the act mean the same record.

A name such as an e-mail address can pass to somebody else while a person thinks about the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.running import before_writing

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
async def found_response(ctx: Context[App], response_id: int, end_user: str) -> Any:
    """That response."""
    app = app_of(ctx)
    return await named_record(app, "responses", response_id, end_user)


@before_writing
async def found_decline(ctx: Context[App], decline_id: int, end_user: str) -> Any:
    """That decline."""
    app = app_of(ctx)
    return await named_record(app, "declines", decline_id, end_user)


async def named_record(
    app: App, kind: Literal["responses", "declines"], record_id: int, end_user: str
) -> Any:
    """That response or decline as it is now.

    Raises:
        ToolError: If nobody was named and the record has not been read, or is not theirs any more.
    """
    from wootric_mcp.api.errors import NotFound

    client = app.client()
    read = client.get_end_user_response if kind == "responses" else client.get_end_user_decline
    whose = await named_owner(app, kind, record_id, end_user)
    try:
        return await read(whose, record_id)
    except NotFound as error:
        if end_user:
            raise
        raise ToolError(
            f"Wootric has no {kind[:-1]} {record_id} any more of the person it belonged to when it was "
            f"read: it was deleted, or is somebody else's now. List {kind} of its time with fresh: true."
        ) from error


async def named_owner(
    app: App, kind: Literal["responses", "declines"], record_id: int, end_user: str
) -> Person:
    """Whose record is meant: as the caller named them, else as it was read before.

    Raises:
        ToolError: If nobody was named and the record has not been read.
    """
    if end_user:
        return app.person(end_user)
    if known := await app.client().owner_of(kind, record_id):
        return known
    raise ToolError(
        f"Wootric finds {kind[:-1]} {record_id} only through the person it belongs to, and it is not among "
        f"those read so far. Give end_user as well, or list {kind} of its time first."
    )


def owner(record: Any) -> Person | None:
    """Whose record it is by the id that stands in it: a name may have passed to somebody else meanwhile."""
    from wootric_mcp.api.people import Person

    return Person("id", str(record.end_user_id)) if record.end_user_id else None
