"""The list answers: responses, declines and end users, filtered here and continued by a cursor."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from mcp.types import CallToolResult

from wootric_mcp.shield.fields import masked
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.listing import Listing, Read, collect, offset_cursor, offset_of, question_of

if TYPE_CHECKING:
    from wootric_mcp.api.models import Bounds, EndUser, Response
    from wootric_mcp.api.paging import Reading, Take
    from wootric_mcp.feedback.period import Period
    from wootric_mcp.tools.app import App

Order = Literal["newest", "oldest"]
Detail = Literal["concise", "full"]
Category = Literal["any", "promoter", "passive", "detractor"]

# The most that Wootric hands out of one sorted list: 30 pages of 50.
_PAGE, _PAGES = 50, 30
# What an answer may cost: a row of an ordinary account takes about 45 tokens.
_ROW_TOKENS, _LEAST_TOKENS = 70, 3_500
_PROPERTIES, _PROPERTIES_IN_FULL = 8, 40


async def response_list(
    app: App,
    tool: str,
    *,
    period: str,
    category: Category,
    excluded: bool | None,
    where: Mapping[str, Any],
    has_text: bool | None,
    order: Order,
    limit: int,
    cursor: str,
    detail: Detail,
    fresh: bool,
    end_user: str = "",
    kind: Literal["promoter", "passive", "detractor"] | None = None,
) -> CallToolResult:
    """Responses of the account, or of one person; `kind` reads the person's list of that category."""
    from wootric_mcp.feedback.selection import Selection

    wanted = Selection(category=category, where=dict(where), has_text=has_text)
    person = app.person(end_user) if end_user else None
    chosen = app.period(period) if period else None
    asked = {
        "end_user": end_user,
        "period": chosen.name if chosen else "",
        "category": "" if category == "any" else category,
        "excluded_from_calculations": excluded,
        "where": dict(where),
        "has_text": has_text,
        "order": "" if order == "newest" else order,
        "detail": "" if detail == "concise" else detail,
    }

    def matches(response: Response) -> bool:
        return (excluded is None or bool(response.excluded_from_calculations) is excluded) and wanted.matches(
            shapes.feedback_record(app, response), app.settings.survey_type
        )

    listing = await collect(
        functools.partial(
            app.client().responses, excluded=excluded, person=person, category=kind, fresh=fresh
        ),
        period=chosen,
        newest_first=order == "newest",
        limit=limit,
        cursor=cursor,
        question=question_of(tool, **asked),
        now=app.now(),
        patience=app.patience,
        matches=matches,
    )
    columns = shapes.response_columns(app, in_full=detail == "full")
    return _answer(app, tool, "response", listing, chosen, shapes.response_fields, columns, asked, limit)


async def decline_list(
    app: App,
    tool: str,
    *,
    period: str,
    where: Mapping[str, Any],
    order: Order,
    limit: int,
    cursor: str,
    detail: Detail,
    fresh: bool,
    end_user: str = "",
) -> CallToolResult:
    """Declines of the account, or of one person."""
    from wootric_mcp.feedback.selection import has_properties

    person = app.person(end_user) if end_user else None
    chosen = app.period(period) if period else None
    asked = {
        "end_user": end_user,
        "period": chosen.name if chosen else "",
        "where": dict(where),
        "order": "" if order == "newest" else order,
        "detail": "" if detail == "concise" else detail,
    }
    listing = await collect(
        functools.partial(app.client().declines, person=person, fresh=fresh),
        period=chosen,
        newest_first=order == "newest",
        limit=limit,
        cursor=cursor,
        question=question_of(tool, **asked),
        now=app.now(),
        patience=app.patience,
        matches=lambda decline: has_properties(decline.end_user.properties, where),
    )
    columns = shapes.decline_columns(app, in_full=detail == "full")
    return _answer(app, tool, "decline", listing, chosen, shapes.decline_fields, columns, asked, limit)


async def end_user_list(
    app: App,
    *,
    period: str,
    updated: str,
    email: str,
    where: Mapping[str, Any],
    surveys_disabled: bool | None,
    sort_key: Literal["created_at", "updated_at", "email"],
    order: Order,
    limit: int,
    cursor: str,
    detail: Detail,
    fresh: bool,
) -> CallToolResult:
    """End users by creation, walked without end; by e-mail or last change, as far as Wootric sorts them."""
    from wootric_mcp.feedback.selection import has_properties

    chosen = app.period(period) if period else None
    changed = app.period(updated) if updated else None
    asked = {
        "period": chosen.name if chosen else "",
        "updated": changed.name if changed else "",
        "email": email,
        "where": dict(where),
        "surveys_disabled": surveys_disabled,
        "sort_key": "" if sort_key == "created_at" else sort_key,
        "order": "" if order == "newest" else order,
        "detail": "" if detail == "concise" else detail,
    }

    def matches(user: EndUser) -> bool:
        return (
            surveys_disabled is None or shapes.has_surveys_off(user) is surveys_disabled
        ) and has_properties(user.properties, where)

    question = question_of("list_end_users", **asked)
    updated_bounds = _bounds(changed)
    if sort_key == "created_at" and not email:
        listing = await collect(
            _end_users_reader(app, updated_bounds, fresh=fresh),
            period=chosen,
            newest_first=order == "newest",
            limit=limit,
            cursor=cursor,
            question=question,
            now=app.now(),
            patience=app.patience,
            matches=matches,
        )
    else:
        listing = await _sorted_end_users(
            functools.partial(
                app.client().list_end_users,
                created=_bounds(chosen),
                updated=updated_bounds,
                email=email or None,
                sort_key=sort_key,
                # By name, "newest" reads as nothing: A comes first.
                sort_order="desc" if order == "newest" and sort_key != "email" else "asc",
            ),
            limit,
            cursor,
            question,
            matches,
        )
    columns = shapes.end_user_columns(app, in_full=detail == "full")
    return _answer(
        app,
        "list_end_users",
        "end user",
        listing,
        chosen,
        shapes.end_user_fields,
        columns,
        asked,
        limit,
    )


def _end_users_reader(app: App, updated: Bounds | None, *, fresh: bool) -> Read[EndUser]:
    """By their creation people are read through the store; which changed when, Wootric alone can tell."""
    if updated is None:
        return functools.partial(app.client().end_users, fresh=fresh)

    async def read(take: Take[EndUser], *, enough: int, **how: Any) -> Reading:
        return await app.client().read_end_users(take, updated=updated, **how)

    return read


def _bounds(period: Period | None) -> Bounds | None:
    from wootric_mcp.api.models import Bounds

    # Wootric's bounds are strict, so the first second is reached from the one before it.
    return Bounds(period.start and period.start - timedelta(seconds=1), period.end) if period else None


async def _sorted_end_users(
    read_page: Callable[..., Any],
    limit: int,
    cursor: str,
    question: str,
    matches: Callable[[EndUser], bool],
) -> Listing[EndUser]:
    """Pages in Wootric's own order; the cursor counts the rows that were looked at."""
    listing: Listing[EndUser] = Listing(is_continued=bool(cursor))
    seen, *_ = offset_of(cursor, question)
    for page in range(seen // _PAGE + 1, _PAGES + 1):
        users = await read_page(page=page, per_page=_PAGE)
        for user in users[seen % _PAGE :]:
            if len(listing.rows) == limit:
                listing.cursor = offset_cursor(seen, question)
                return listing
            listing.looked_at, seen = listing.looked_at + 1, seen + 1
            if matches(user):
                listing.rows.append(user)
                listing.cursors.append(offset_cursor(seen, question))
        if not users:
            return listing
    listing.stopped = "ceiling"
    return listing


def _answer(
    app: App,
    tool: str,
    what: str,
    listing: Listing[Any],
    period: Period | None,
    fields: Callable[..., dict[str, Any]],
    columns: tuple[str, ...],
    asked: Mapping[str, Any],
    limit: int,
) -> CallToolResult:
    if app.settings.is_strict:  # whoever asked by an address knows it
        asked = masked(asked)
    is_full = bool(asked.get("detail"))
    cut, most = (answers.FULL, _PROPERTIES_IN_FULL) if is_full else (answers.CONCISE, _PROPERTIES)
    table = [
        [answers.shown(found[name], cut, most) for name in columns]
        for found in (fields(app, row) for row in listing.rows)
    ]
    listing.keep(answers.fitting(table, min(max(_ROW_TOKENS * limit, _LEAST_TOKENS), answers.LONGEST)))
    filters = ", ".join(_filters(asked))
    bounds = period.label if period else f"all time ({app.zone})"
    order = "by e-mail" if asked.get("sort_key") == "email" else f"{asked.get('order') or 'newest'} first"
    summary = (
        f"{answers.counted(len(listing.rows), what)}, {order}; {bounds}"
        f"{f'; {filters}' if filters else ''}; {listing.coverage(what, app.zone)}. "
        f"As of {shapes.local(app, listing.as_of or app.now())}."
    )
    following = answers.next_call(tool, **asked, limit=limit, cursor=listing.cursor) if listing.cursor else ""
    return answers.rows(
        summary,
        columns,
        table[: len(listing.rows)],
        cursor=listing.cursor,
        following=following,
        limit=cut,
    )


def _filters(asked: Mapping[str, Any]) -> Iterator[str]:
    """The filters of a list in words, as its receipt shows them."""
    for name, value in asked.items():
        if name in {"period", "order", "detail"} or value in ("", None, {}):
            continue
        match name:
            case "where":
                yield from (
                    f"{answers.shown(key, 80)} = {answers.shown(wanted, 80)}" for key, wanted in value.items()
                )
            case "has_text":
                yield "with a comment" if value else "without a comment"
            case "excluded_from_calculations":
                yield "only excluded ones" if value else "without excluded ones"
            case "surveys_disabled":
                yield "opted out" if value else "not opted out"
            case _:
                yield f"{name} {answers.shown(value, 80)}"
