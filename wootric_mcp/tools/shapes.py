"""How records look in answers: which fields, in which order, and who stays behind an alias."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.masking import mask

if TYPE_CHECKING:
    from wootric_mcp.api.models import Decline, EndUser, Response
    from wootric_mcp.feedback.records import FeedbackRecord
    from wootric_mcp.tools.app import App

RESPONSE_COLUMNS = ("id", "created_at", "score", "person", "comment")
RESPONSE_EXTRA = ("tags", "properties", "excluded", "completed", "survey_id", "origin_url", "updated_at")
DECLINE_COLUMNS = ("id", "created_at", "person", "origin_url", "properties")
DECLINE_EXTRA = ("survey_id", "updated_at")
END_USER_COLUMNS = ("id", "email", "created_at", "last_surveyed", "last_score", "properties")
END_USER_EXTRA = ("external_id", "phone_number", "updated_at", "last_seen_at", "surveys_off")

_LONGEST_PROPERTY = 60


def local(app: App, moment: datetime | None) -> str | None:
    """A time in the account's zone, to the second."""
    return moment.astimezone(app.zone).strftime("%Y-%m-%d %H:%M:%S") if moment else None


def comment(text: str | None) -> str:
    """A verbatim as answers show it: cleaned, with addresses and numbers of people masked."""
    return mask(clean(text)) if text else ""


def property_shown(text: str) -> str:
    """The name or value of a property, as analyses show it."""
    return mask(clean(text, _LONGEST_PROPERTY))


def response_fields(app: App, response: Response) -> dict[str, Any]:
    """A response; the respondent by alias, without e-mail or IP address."""
    return {
        "id": response.id,
        "created_at": local(app, response.created_at),
        "score": response.score,
        "person": alias(app, response.end_user_id),
        "comment": comment(response.text) or None,
        "tags": masked(response.tags),
        "properties": masked(response.end_user.properties),
        "excluded": response.excluded_from_calculations,
        "completed": response.completed,
        "survey_id": response.survey_id,
        "origin_url": masked(response.origin_url),
        "updated_at": local(app, response.updated_at),
    }


def decline_fields(app: App, decline: Decline) -> dict[str, Any]:
    """A decline; the person by alias."""
    return {
        "id": decline.id,
        "created_at": local(app, decline.created_at),
        "person": alias(app, decline.end_user_id),
        "origin_url": masked(decline.origin_url),
        "properties": masked(decline.end_user.properties),
        "survey_id": decline.survey_id,
        "updated_at": local(app, decline.updated_at),
    }


def end_user_fields(app: App, user: EndUser) -> dict[str, Any]:
    """A profile, with the person's e-mail address and phone number: the operation is about them."""
    last, settings = user.last_response, user.settings
    return {
        "id": user.id,
        "alias": alias(app, user.id),
        "email": user.email,
        "phone_number": user.phone_number,
        "external_id": user.external_id,
        "properties": dict(user.properties),
        "created_at": local(app, user.created_at),
        "updated_at": local(app, user.updated_at),
        "external_created_at": local(app, user.external_created_at),
        "last_surveyed": local(app, user.last_surveyed),
        "last_seen_at": local(app, user.last_seen_at),
        "last_score": last.score if last else None,
        "last_comment": comment(last.text) or None if last else None,
        "last_channel": last.survey.channel if last and last.survey else None,
        "surveys_off": has_surveys_off(user),
        "settings": settings.model_dump(exclude_none=True) if settings else {},
    }


def has_surveys_off(user: EndUser) -> bool:
    """Whether the person opted out of surveys."""
    settings = user.settings
    return bool(user.surveys_disabled or (settings and settings.surveys_disabled_by_end_user))


def masked(value: Any) -> Any:
    """Addresses and numbers of people masked in every text, however deep."""
    match value:
        case str():
            return mask(clean(value))
        case Mapping():
            return {masked(name): masked(inner) for name, inner in value.items()}
        case list() | tuple():
            return [masked(inner) for inner in value]
        case _:
            return value


def alias(app: App, end_user_id: int | None) -> str | None:
    """The alias that stands for an end user in answers; every tool takes it as an id."""
    return app.aliases.alias(end_user_id) if end_user_id is not None else None


def feedback_record(app: App, response: Response) -> FeedbackRecord:
    """A response as the analysis reads it: cleaned, masked, the person as an id that no answer shows."""
    from wootric_mcp.feedback.records import FeedbackRecord

    return FeedbackRecord(
        id=response.id,
        end_user_id=response.end_user_id,
        score=response.score,
        text=comment(response.text),
        created_at=response.created_at,
        properties=response.end_user.properties,
        tags=tuple(response.tags),
        excluded=bool(response.excluded_from_calculations),
    )
