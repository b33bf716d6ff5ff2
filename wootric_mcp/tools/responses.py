"""Tools for responses: the answers people gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from mcp.server.mcpserver import Context, Resolve
from mcp.types import CallToolResult
from pydantic import MISSING, Field

from wootric_mcp.guard.confirmation import Effect
from wootric_mcp.guard.questions import pairs, quoted
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.lists import response_list
from wootric_mcp.tools.parameters import (
    Category,
    Cursor,
    Detail,
    EndUser,
    Fresh,
    HasText,
    Limit,
    Moment,
    Order,
    Owner,
    PeriodText,
    Properties,
    ResponseId,
    Switch,
    Where,
    given,
    or_none,
)
from wootric_mcp.tools.registry import Toolset
from wootric_mcp.tools.running import before_writing
from wootric_mcp.tools.targets import found_response, named_owner, named_record, owner

if TYPE_CHECKING:
    from wootric_mcp.api.models import Response

responses = Toolset("responses")

Excluded = Annotated[
    Switch, Field(description="true: only answers taken out of the score; false: only counted ones")
]


@responses.operation("List responses", answers.ROWS)
async def list_responses(
    ctx: Context[App],
    period: PeriodText = "",
    category: Category = "any",
    excluded_from_calculations: Excluded = MISSING,
    where: Where = {},  # noqa: B006
    has_text: HasText = MISSING,
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    detail: Detail = "concise",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists single answers with score and comment. For what people said overall use summarize_feedback,
    for a subject search_feedback: they read everything and answer shorter."""
    return await response_list(
        app_of(ctx),
        "list_responses",
        period=period,
        category=category,
        excluded=or_none(excluded_from_calculations),
        where=where,
        has_text=or_none(has_text),
        order=order,
        limit=limit,
        cursor=cursor,
        detail=detail,
        fresh=fresh,
    )


@responses.operation("List a person's responses", answers.ROWS)
async def list_end_user_responses(
    end_user: EndUser,
    ctx: Context[App],
    period: PeriodText = "",
    excluded_from_calculations: Excluded = MISSING,
    has_text: HasText = MISSING,
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    detail: Detail = "concise",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists every answer of one person over time."""
    return await response_list(
        app_of(ctx),
        "list_end_user_responses",
        end_user=end_user,
        period=period,
        category="any",
        excluded=or_none(excluded_from_calculations),
        where={},
        has_text=or_none(has_text),
        order=order,
        limit=limit,
        cursor=cursor,
        detail=detail,
        fresh=fresh,
    )


async def _of_category(
    ctx: Context[App],
    kind: Literal["promoter", "passive", "detractor"],
    end_user: str,
    period: str,
    order: Literal["newest", "oldest"],
    limit: int,
    cursor: str,
    fresh: bool,
) -> CallToolResult:
    return await response_list(
        app_of(ctx),
        f"list_{kind}_responses",
        end_user=end_user,
        period=period,
        category="any",
        excluded=None,
        where={},
        has_text=None,
        order=order,
        limit=limit,
        cursor=cursor,
        detail="concise",
        fresh=fresh,
        kind=kind,
    )


@responses.operation("List a person's promoter responses", answers.ROWS)
async def list_promoter_responses(
    end_user: EndUser,
    ctx: Context[App],
    period: PeriodText = "",
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists one person's answers with a score of 9 or 10. For all promoters: list_responses."""
    return await _of_category(ctx, "promoter", end_user, period, order, limit, cursor, fresh)


@responses.operation("List a person's passive responses", answers.ROWS)
async def list_passive_responses(
    end_user: EndUser,
    ctx: Context[App],
    period: PeriodText = "",
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists one person's answers with a score of 7 or 8. For all passives: list_responses."""
    return await _of_category(ctx, "passive", end_user, period, order, limit, cursor, fresh)


@responses.operation("List a person's detractor responses", answers.ROWS)
async def list_detractor_responses(
    end_user: EndUser,
    ctx: Context[App],
    period: PeriodText = "",
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists one person's answers with a score of 0 to 6. For all detractors: list_responses."""
    return await _of_category(ctx, "detractor", end_user, period, order, limit, cursor, fresh)


@responses.operation("Get response", answers.RECORD)
async def get_end_user_response(
    response_id: ResponseId, ctx: Context[App], end_user: Owner = ""
) -> CallToolResult:
    """Shows one answer of one person with comment, tags and the properties stored with it."""
    app = app_of(ctx)
    response = await named_record(app, "responses", response_id, end_user)
    return answers.record("Response.", shapes.response_fields(app, response))


@responses.operation("Create response", answers.OUTCOME)
async def create_response(
    end_user: EndUser,
    score: Annotated[int, Field(description="0-10 (CSAT and CES: their own range)", ge=0, le=10)],
    ctx: Context[App],
    text: Annotated[str, Field(description="Comment")] = "",
    ip_address: Annotated[str, Field(description="Where it was given")] = "",
    origin_url: Annotated[str, Field(description="Page it was given on")] = "",
    created_at: Moment = "",
    properties: Properties = {},  # noqa: B006
) -> CallToolResult:
    """Records an answer that somebody gave elsewhere. Properties also update the person's profile. Each
    call adds another answer."""
    from wootric_mcp.api.models import ResponseInput, checked

    app = app_of(ctx)
    new = checked(
        ResponseInput,
        score=score,
        **given(
            text=text,
            ip_address=ip_address,
            origin_url=origin_url,
            created_at=created_at and app.moment(created_at),
            properties=properties,
        ),
    )
    created = await app.client().create_response(app.person(end_user), new)
    fields = shapes.response_fields(app, created) if created else None
    return answers.outcome("Recorded the response.", fields)


def _described(app: App, found: Response) -> str:
    """An answer as it is now, for a question; the reference is to all that is not shown of it."""
    said = f", {quoted(shapes.comment(found.text))}" if found.text else ""
    when = shapes.local(app, found.created_at)
    rest = found.text, found.tags, found.completed, found.excluded_from_calculations, found.origin_url
    return (
        f"response {found.id} of end user {found.end_user_id} (score {found.score}{said}, {when}; "
        f"reference {app.reference(*rest, found.ip_address, found.end_user.properties)})"
    )


@before_writing
async def ask_update_response(
    ctx: Context[App],
    response_id: int,
    excluded_from_calculations: Switch,
    properties: dict[str, object],
    end_user: str,
) -> Effect | None:
    """Ask before an answer is taken out of the score or its stored properties are replaced, showing both."""
    if excluded_from_calculations is not True and not properties and not end_user:
        return None
    app = app_of(ctx)
    found = await named_record(app, "responses", response_id, end_user)
    effects = []
    if excluded_from_calculations is True:
        effects.append("take it out of the score")
    if properties:
        stored = pairs(shapes.personal(app, found.end_user.properties))
        effects.append(f"replace all properties stored with it, {stored}, by {pairs(properties)}")
    return Effect(f"Change {_described(app, found)}: {' and '.join(effects)}?") if effects else None


@responses.operation("Update response", answers.OUTCOME, asks=ask_update_response)
async def update_response(
    response_id: ResponseId,
    ctx: Context[App],
    completed: Annotated[Switch, Field(description="Dealt with")] = MISSING,
    excluded_from_calculations: Annotated[Switch, Field(description="Out of the score")] = MISSING,
    properties: Properties = {},  # noqa: B006
    end_user: Owner = "",
) -> CallToolResult:
    """Marks an answer as dealt with, takes it out of the score, or replaces the properties stored with it
    (not the person's profile). The last two are confirmed by a person first."""
    from wootric_mcp.api.models import ResponseChange, checked

    change = checked(
        ResponseChange,
        **given(
            completed=completed, excluded_from_calculations=excluded_from_calculations, properties=properties
        ),
    )
    await app_of(ctx).client().update_response(response_id, change)
    return answers.outcome(f"Updated response {response_id}.")


@before_writing
async def ask_delete_response(ctx: Context[App], found: Annotated[Any, Resolve(found_response)]) -> Effect:
    """Ask before an answer is deleted, showing it."""
    return Effect(f"Delete {_described(app_of(ctx), found)}? This cannot be undone.")


@responses.operation("Delete response", answers.OUTCOME, asks=ask_delete_response)
async def delete_response(
    response_id: ResponseId,
    ctx: Context[App],
    found: Annotated[Any, Resolve(found_response)],
    end_user: Owner = "",
) -> CallToolResult:
    """Deletes one answer of one person at once, after a person confirmed it. To only take it out of the
    score use update_response."""
    app = app_of(ctx)
    whose = owner(found) or await named_owner(app, "responses", response_id, end_user)
    was_there = await app.client().delete_response(whose, response_id)
    return answers.outcome(answers.deleted(f"response {response_id}", was_there=was_there))
