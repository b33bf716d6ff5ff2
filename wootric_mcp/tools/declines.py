"""Tools for declines: surveys that were shown and not answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context, Resolve
from mcp.types import CallToolResult
from pydantic import Field

from wootric_mcp.guard.confirmation import Effect
from wootric_mcp.guard.questions import pairs
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.lists import decline_list
from wootric_mcp.tools.parameters import (
    Cursor,
    DeclineId,
    Detail,
    EndUser,
    Fresh,
    Limit,
    Moment,
    Order,
    Owner,
    PeriodText,
    Properties,
    Where,
    given,
)
from wootric_mcp.tools.registry import Toolset
from wootric_mcp.tools.running import before_writing
from wootric_mcp.tools.targets import found_decline, named_owner, named_record, owner

if TYPE_CHECKING:
    from wootric_mcp.api.models import Decline

declines = Toolset("declines")


@declines.operation("List declines", answers.ROWS)
async def list_declines(
    ctx: Context[App],
    period: PeriodText = "",
    where: Where = {},  # noqa: B006
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    detail: Detail = "concise",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists surveys that people closed without answering, with where and who."""
    return await decline_list(
        app_of(ctx),
        "list_declines",
        period=period,
        where=where,
        order=order,
        limit=limit,
        cursor=cursor,
        detail=detail,
        fresh=fresh,
    )


@declines.operation("List a person's declines", answers.ROWS)
async def list_end_user_declines(
    end_user: EndUser,
    ctx: Context[App],
    period: PeriodText = "",
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists the surveys that one person closed without answering."""
    return await decline_list(
        app_of(ctx),
        "list_end_user_declines",
        end_user=end_user,
        period=period,
        where={},
        order=order,
        limit=limit,
        cursor=cursor,
        detail="concise",
        fresh=fresh,
    )


@declines.operation("Get decline", answers.RECORD)
async def get_end_user_decline(
    decline_id: DeclineId, ctx: Context[App], end_user: Owner = ""
) -> CallToolResult:
    """Shows one decline of one person with the properties stored with it."""
    app = app_of(ctx)
    decline = await named_record(app, "declines", decline_id, end_user)
    return answers.record("Decline.", shapes.decline_fields(app, decline))


@declines.operation("Create decline", answers.OUTCOME)
async def create_decline(
    end_user: EndUser,
    ctx: Context[App],
    origin_url: Annotated[str, Field(description="Page it was declined on")] = "",
    created_at: Moment = "",
    properties: Properties = {},  # noqa: B006
) -> CallToolResult:
    """Records that a person closed a survey elsewhere, which spares them the next ones for a while.
    Properties also update the person's profile."""
    from wootric_mcp.api.models import DeclineInput, checked

    app = app_of(ctx)
    new = checked(
        DeclineInput,
        **given(
            origin_url=origin_url,
            created_at=created_at and app.moment(created_at),
            properties=properties,
        ),
    )
    created = await app.client().create_decline(app.person(end_user), new)
    fields = shapes.decline_fields(app, created) if created else None
    return answers.outcome("Recorded the decline.", fields)


def _described(app: App, found: Decline) -> str:
    """A decline as it is now, for a question; the reference is to all that is not shown of it."""
    return (
        f"decline {found.id} of end user {found.end_user_id} ({shapes.local(app, found.created_at)}; "
        f"reference {app.reference(found.origin_url, found.end_user.properties)})"
    )


@before_writing
async def ask_update_decline(
    ctx: Context[App],
    found: Annotated[Any, Resolve(found_decline)],
    properties: dict[str, object],
) -> Effect:
    """Ask before the stored properties are replaced, showing both."""
    app = app_of(ctx)
    stored = pairs(shapes.personal(app, found.end_user.properties))
    described = _described(app, found)
    return Effect(f"Replace all properties stored with {described}, {stored}, by {pairs(properties)}?")


@declines.operation("Update decline", answers.OUTCOME, asks=ask_update_decline)
async def update_decline(
    decline_id: DeclineId,
    properties: Properties,
    ctx: Context[App],
    found: Annotated[Any, Resolve(found_decline)],
    end_user: Owner = "",
) -> CallToolResult:
    """Replaces the properties stored with a decline (not the person's profile), after a person
    confirmed it."""
    await app_of(ctx).client().update_decline(decline_id, properties)
    return answers.outcome(f"Replaced the properties stored with decline {decline_id}.")


@before_writing
async def ask_delete_decline(ctx: Context[App], found: Annotated[Any, Resolve(found_decline)]) -> Effect:
    """Ask before a decline is deleted."""
    return Effect(f"Delete {_described(app_of(ctx), found)}? This cannot be undone.")


@declines.operation("Delete decline", answers.OUTCOME, asks=ask_delete_decline)
async def delete_decline(
    decline_id: DeclineId,
    ctx: Context[App],
    found: Annotated[Any, Resolve(found_decline)],
    end_user: Owner = "",
) -> CallToolResult:
    """Deletes one decline of one person at once, after a person confirmed it."""
    app = app_of(ctx)
    whose = owner(found) or await named_owner(app, "declines", decline_id, end_user)
    was_there = await app.client().delete_decline(whose, decline_id)
    return answers.outcome(answers.deleted(f"decline {decline_id}", was_there=was_there))
