"""How records look in answers: which fields, in which order, and who stays behind an alias."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from wootric_mcp.shield.fields import masked, shown_name

if TYPE_CHECKING:
    from wootric_mcp.api.models import Decline, EndUser, Response
    from wootric_mcp.feedback.records import FeedbackRecord
    from wootric_mcp.tools.app import App

RESPONSE_COLUMNS = ("id", "created_at", "score", "person", "comment")
RESPONSE_EXTRA = ("tags", "properties", "excluded", "completed", "survey_id", "origin_url", "updated_at")
DECLINE_COLUMNS = ("id", "created_at", "person", "origin_url", "properties")
DECLINE_EXTRA = ("survey_id", "updated_at")
END_USER_COLUMNS = ("id", "email", "created_at", "last_surveyed", "last_score", "properties")
HIDDEN = "[hidden]"
"""Stands for what strict privacy keeps back, whether there is something or not."""
END_USER_EXTRA = ("external_id", "phone_number", "updated_at", "last_seen_at", "surveys_off")

_LONGEST_PROPERTY = 60


def response_columns(app: App, *, in_full: bool) -> tuple[str, ...]:
    """The columns of a list of responses."""
    columns = RESPONSE_COLUMNS + RESPONSE_EXTRA * in_full
    return columns + ("email", "ip_address")[: 1 + in_full] if app.settings.privacy == "full" else columns


def decline_columns(app: App, *, in_full: bool) -> tuple[str, ...]:
    """The columns of a list of declines."""
    columns = DECLINE_COLUMNS + DECLINE_EXTRA * in_full
    return (*columns, "email") if app.settings.privacy == "full" else columns


def end_user_columns(app: App, *, in_full: bool) -> tuple[str, ...]:
    """The columns of a list of people; under strict privacy their aliases stand where addresses would."""
    columns = END_USER_COLUMNS + END_USER_EXTRA * in_full
    if not app.settings.is_strict:
        return columns
    return tuple("alias" if name == "email" else name for name in columns if name != "phone_number")


def local(app: App, moment: datetime | None) -> str | None:
    """A time in the account's zone, to the second."""
    return moment.astimezone(app.zone).strftime("%Y-%m-%d %H:%M:%S") if moment else None


def comment(text: str | None) -> str:
    """A verbatim as answers show it: cleaned, with addresses and numbers of people masked."""
    return str(masked(text)) if text else ""


def property_shown(text: str) -> str:
    """The name or value of a property, as analyses show it."""
    return shown_name(text, _LONGEST_PROPERTY)


def response_fields(app: App, response: Response) -> dict[str, Any]:
    """A response; the respondent by alias, without e-mail or IP address unless privacy is `full`."""
    is_full = app.settings.privacy == "full"
    shown = {"email": response.end_user.email, "ip_address": response.ip_address} if is_full else {}
    return {
        "id": response.id,
        "created_at": local(app, response.created_at),
        "score": response.score,
        "person": alias(app, response.end_user_id),
        **shown,
        "comment": comment(response.text) or None,
        "tags": personal(app, response.tags),
        "properties": personal(app, response.end_user.properties),
        "excluded": response.excluded_from_calculations,
        "completed": response.completed,
        "survey_id": response.survey_id,
        "origin_url": personal(app, response.origin_url),
        "updated_at": local(app, response.updated_at),
    }


def decline_fields(app: App, decline: Decline) -> dict[str, Any]:
    """A decline; the person by alias, without e-mail address unless privacy is `full`."""
    shown = {"email": decline.end_user.email} if app.settings.privacy == "full" else {}
    return {
        "id": decline.id,
        "created_at": local(app, decline.created_at),
        "person": alias(app, decline.end_user_id),
        **shown,
        "origin_url": personal(app, decline.origin_url),
        "properties": personal(app, decline.end_user.properties),
        "survey_id": decline.survey_id,
        "updated_at": local(app, decline.updated_at),
    }


def end_user_fields(app: App, user: EndUser) -> dict[str, Any]:
    """A profile, with the person's e-mail address and phone number unless privacy is strict: the operation is
    about them."""
    last, settings, is_strict = user.last_response, user.settings, app.settings.is_strict
    return {
        "id": user.id,
        "alias": alias(app, user.id),
        "email": HIDDEN if is_strict else user.email,
        "phone_number": HIDDEN if is_strict else user.phone_number,
        "external_id": personal(app, user.external_id) if is_strict else user.external_id,
        "properties": personal(app, user.properties) if is_strict else dict(user.properties),
        "created_at": local(app, user.created_at),
        "updated_at": local(app, user.updated_at),
        "external_created_at": local(app, user.external_created_at),
        "last_surveyed": local(app, user.last_surveyed),
        "last_seen_at": local(app, user.last_seen_at),
        "last_score": last.score if last else None,
        "last_comment": comment(last.text) or None if last else None,
        "last_channel": last.survey.channel if last and last.survey else None,
        "surveys_off": has_surveys_off(user),
        "settings": personal(app, settings.model_dump(mode="json", exclude_none=True)) if settings else {},
    }


def has_surveys_off(user: EndUser) -> bool:
    """Whether the person opted out of surveys."""
    settings = user.settings
    return bool(user.surveys_disabled or (settings and settings.surveys_disabled_by_end_user))


def personal(app: App, value: Any) -> Any:
    """What people wrote or are described by: masked, and under strict privacy without their addresses."""
    return masked(value, strictly=app.settings.is_strict)


def known_as(app: App, user: EndUser) -> str:
    """What a person calls somebody by: an address or id of theirs, under strict privacy the alias."""
    if app.settings.is_strict:
        return app.aliases.alias(user.id)
    return user.email or user.phone_number or user.external_id or app.aliases.alias(user.id)


def alias(app: App, end_user_id: int | None) -> str | None:
    """The alias that stands for an end user in answers; every tool takes it as an id."""
    return app.aliases.alias(end_user_id) if end_user_id is not None else None


def feedback_record(app: App, response: Response) -> FeedbackRecord:
    """A response as the analysis reads it: cleaned, masked, the person as an id that no answer shows."""
    from wootric_mcp.feedback.records import FeedbackRecord

    return FeedbackRecord(
        id=response.id,
        end_user_id=response.speaker,
        score=response.score,
        text=comment(response.text),
        created_at=response.created_at,
        properties={shown_name(name): value for name, value in response.end_user.properties.items()},
        tags=tuple(response.tags),
        excluded=bool(response.excluded_from_calculations),
    )
