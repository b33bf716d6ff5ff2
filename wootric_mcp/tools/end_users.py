"""Tools for end users: the people who are surveyed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, Resolve
from mcp.types import CallToolResult
from pydantic import MISSING, Field

from wootric_mcp.guard.confirmation import Effect
from wootric_mcp.guard.questions import quoted
from wootric_mcp.shield.fields import shown_name
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.erasure import belongings, erased
from wootric_mcp.tools.lists import end_user_list
from wootric_mcp.tools.parameters import (
    LONGEST,
    Cursor,
    Detail,
    EndUser,
    Fresh,
    IdText,
    Limit,
    Moment,
    Order,
    PeriodText,
    Properties,
    Switch,
    Where,
    given,
    or_none,
)
from wootric_mcp.tools.registry import Toolset
from wootric_mcp.tools.running import before_writing
from wootric_mcp.tools.targets import found_end_user

end_users = Toolset("end_users")

Email = Annotated[str, Field(description="E-mail address", max_length=LONGEST)]
Phone = Annotated[str, Field(description="Phone number with +, e.g. +353861234567")]
ExternalId = Annotated[str, IdText, Field(description="Your own id for the person")]
Field_ = Literal["email", "phone_number", "external_id", "last_surveyed", "external_created_at"]


@end_users.operation("List end users", answers.ROWS)
async def list_end_users(
    ctx: Context[App],
    period: PeriodText = "",
    updated: Annotated[str, Field(description="Period of the last change", max_length=LONGEST)] = "",
    email: Email = "",
    where: Where = {},  # noqa: B006
    surveys_disabled: Annotated[Switch, Field(description="Has opted out")] = MISSING,
    sort_key: Annotated[
        Literal["created_at", "updated_at", "email"], Field(description="Sort by")
    ] = "created_at",
    order: Order = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
    detail: Detail = "concise",
    fresh: Fresh = False,
) -> CallToolResult:
    """Lists end users with e-mail, last score and properties, by when they were created (period) or last
    changed. For one person's whole history use find_customer."""
    return await end_user_list(
        app_of(ctx),
        period=period,
        updated=updated,
        email=email,
        where=where,
        surveys_disabled=or_none(surveys_disabled),
        sort_key=sort_key,
        order=order,
        limit=limit,
        cursor=cursor,
        detail=detail,
        fresh=fresh,
    )


@end_users.operation("Create end user", answers.OUTCOME)
async def create_end_user(
    ctx: Context[App],
    email: Email = "",
    phone_number: Phone = "",
    external_id: ExternalId = "",
    properties: Properties = {},  # noqa: B006
    last_surveyed: Moment = "",
    external_created_at: Moment = "",
) -> CallToolResult:
    """Adds a person by e-mail, phone or external id. It is no upsert: an address that exists is refused,
    so look the person up first."""
    from wootric_mcp.api.models import EndUserInput, checked

    app = app_of(ctx)
    new = checked(
        EndUserInput,
        **given(
            email=email,
            phone_number=phone_number,
            external_id=external_id,
            properties=properties,
            last_surveyed=last_surveyed and app.moment(last_surveyed),
            external_created_at=external_created_at and app.moment(external_created_at),
        ),
    )
    created = await app.client().create_end_user(new)
    fields = shapes.end_user_fields(app, created) if created else None
    return answers.outcome("Created the end user.", fields)


@end_users.operation("Get end user", answers.RECORD)
async def get_end_user(end_user: EndUser, ctx: Context[App]) -> CallToolResult:
    """Shows one person's profile: addresses, properties, last answer, survey settings. With their
    responses and declines: find_customer."""
    app = app_of(ctx)
    user = await app.client().get_end_user(app.person(end_user))
    return answers.record("End user.", shapes.end_user_fields(app, user))


@before_writing
async def ask_update_end_user(
    ctx: Context[App], target: Annotated[Any, Resolve(found_end_user)], email: str, clear: list[str]
) -> Effect | None:
    """Ask before an e-mail address is changed or removed: it decides who is mailed and who is found."""
    user = target.user
    if user.email == email or not (email or "email" in clear):
        return None
    new = quoted(email) if email else "none"
    return Effect(f"Change the e-mail address of end user {user.id} from {quoted(user.email)} to {new}?")


@end_users.operation("Update end user", answers.OUTCOME, asks=ask_update_end_user)
async def update_end_user(
    end_user: EndUser,
    ctx: Context[App],
    target: Annotated[Any, Resolve(found_end_user)],
    email: Email = "",
    phone_number: Phone = "",
    external_id: ExternalId = "",
    properties: Properties = {},  # noqa: B006
    last_surveyed: Moment = "",
    external_created_at: Moment = "",
    clear: Annotated[list[Field_], Field(description="Fields to empty")] = [],  # noqa: B006
) -> CallToolResult:
    """Changes the fields given and keeps the rest; properties are merged with those there are. A changed
    e-mail address is confirmed by a person first."""
    from wootric_mcp.api.models import EndUserChange, checked

    app = app_of(ctx)
    change = checked(
        EndUserChange,
        **given(
            email=email,
            phone_number=phone_number,
            external_id=external_id,
            properties=properties,
            last_surveyed=last_surveyed and app.moment(last_surveyed),
            external_created_at=external_created_at and app.moment(external_created_at),
            clear=clear,
        ),
    )
    update = await app.client().update_end_user(target.person, change)
    fields = shapes.end_user_fields(app, update.end_user) if update.end_user else None
    names = ", ".join(map(shown_name, (*update.fields, *update.changed)))
    return answers.outcome(f"Updated the end user. Changed: {names or 'nothing, it was so already'}.", fields)


@before_writing
async def ask_delete_end_user(ctx: Context[App], target: Annotated[Any, Resolve(found_end_user)]) -> Effect:
    """Ask before a person is deleted."""
    from wootric_mcp.api.people import ANONYMOUS

    user = target.user
    app = app_of(ctx)
    known_as = quoted(shapes.known_as(app, user))
    known = app.reference(user.email, user.phone_number, user.external_id)
    shared = " This is the anonymous user that all visitors without an address share." * (
        user.email == ANONYMOUS
    )
    theirs = await belongings(app, user.id)
    return Effect(
        f"Delete end user {user.id} ({known_as}; reference {known}) from Wootric with {theirs}, their "
        f"profile and survey settings?{shared} Wootric removes them the next day at 07:00 UTC (it may take "
        "days); this cannot be undone.",
    )


@end_users.operation("Delete end user", answers.FIGURES, asks=ask_delete_end_user)
async def delete_end_user(
    end_user: EndUser,
    ctx: Context[App],
    target: Annotated[Any, Resolve(found_end_user)],
) -> CallToolResult:
    """Erases a person with all their answers, after a person confirmed it. Wootric does so the next day
    at 07:00 UTC and it cannot be undone."""
    app = app_of(ctx)
    theirs = await belongings(app, target.user.id)
    await app.client().delete_end_user(target.person)
    return await erased(app, target.user, theirs)


@end_users.operation("Find end user by phone", answers.RECORD)
async def get_end_user_by_phone(phone_number: Phone, ctx: Context[App]) -> CallToolResult:
    """Shows the profile of the person with this phone number, which must begin with +."""
    app = app_of(ctx)
    user = await app.client().get_end_user_by_phone(phone_number)
    return answers.record("End user.", shapes.end_user_fields(app, user))


@end_users.operation("Export end user data", answers.OUTCOME)
async def export_end_user_data(end_user: EndUser, ctx: Context[App]) -> CallToolResult:
    """Has Wootric mail the account's own user a link to all data of one person (a subject access request).
    The customer gets no mail."""
    app = app_of(ctx)
    await app.client().export_end_user_data(app.person(end_user))
    return answers.outcome(
        "Export requested. Wootric mails a link to the account's own user; nothing was changed."
    )
