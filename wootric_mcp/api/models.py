"""What Wootric answers, read tolerantly: nulls, missing and unknown fields, every form of a timestamp.

Field names are those on the wire. The inputs of the writing operations are in `inputs` and exported here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wootric_mcp.api.errors import InvalidRequest
from wootric_mcp.api.inputs import (
    CustomMessages,
    DeclineInput,
    EmailSurvey,
    EmailSurveyCsv,
    EndUserChange,
    EndUserInput,
    ResponseChange,
    ResponseInput,
    Sampling,
    SettingsChange,
    SurveySettings,
    checked,
)
from wootric_mcp.api.people import ANONYMOUS

__all__ = [
    "Bounds",
    "CustomMessages",
    "Decline",
    "DeclineInput",
    "EmailFigures",
    "EmailSend",
    "EmailSource",
    "EmailStats",
    "EmailStatsSources",
    "EmailSurvey",
    "EmailSurveyCsv",
    "EndUser",
    "EndUserChange",
    "EndUserInput",
    "EndUserSettings",
    "LastResponse",
    "NpsSummary",
    "PropertyUpdate",
    "RawEmailResults",
    "Response",
    "ResponseChange",
    "ResponseInput",
    "Sampling",
    "Segment",
    "SettingsChange",
    "Snapshot",
    "SurveySettings",
    "SurveyTemplate",
    "SurveyTemplates",
    "TemplateLanguage",
    "checked",
    "read_time",
]

_FIRST_MILLISECOND_EPOCH = 100_000_000_000
"""Epochs from here on are milliseconds: as seconds this is the year 5138."""


def read_time(value: object) -> datetime | None:
    """Any timestamp that Wootric is known to send, as an aware datetime in UTC; null and "" are None.

    Forms: `2024-03-18 07:05:44 -0700` (lists), the same with `-07:00` and no space (settings), ISO 8601 with
    or without milliseconds (writes, statistics), a bare date, epoch seconds as number or digits
    (`external_created_at`), epoch milliseconds. Without an offset (examples of 2014) UTC is assumed.
    Raises ValueError.
    """
    if value is None or isinstance(value, datetime):
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)
    try:
        if isinstance(value, str):
            text = value.strip()
            if not text:
                return None
            if not re.fullmatch(r"-?[0-9]{1,14}(\.[0-9]+)?", text):
                return _read_text(text)
            value = float(text) if "." in text else int(text)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= _FIRST_MILLISECOND_EPOCH else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("is not a timestamp") from error
    raise ValueError("is not a timestamp")


def _read_text(text: str) -> datetime:
    if len(text) == 25 and text[19] == " ":  # the form of nearly every row
        text = text[:19] + text[20:]
    else:
        text = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text)
        text = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", text)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_properties(value: object) -> object:
    """Properties are an object; the documented answers to writes show a JSON text, and null means none."""
    if value is None or value == "":
        return {}
    return json.loads(value) if isinstance(value, str) else value


def _no_null(value: object) -> object:
    return [] if value is None else value


Moment = Annotated[datetime, BeforeValidator(read_time)]
MaybeMoment = Annotated[datetime | None, BeforeValidator(read_time)]
Properties = Annotated[dict[str, Any], BeforeValidator(_read_properties)]
Number = int | float


class _Wire(BaseModel):
    model_config = ConfigDict(
        extra="allow", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


class EndUserSettings(_Wire):
    """Whether a person may be surveyed, by channel. Inside an EndUser there are only flags."""

    id: int | None = None
    end_user_id: int | None = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None
    email_nps: bool | None = None
    mobile_nps: bool | None = None
    web_nps: bool | None = None
    force_mobile_survey: bool | None = None
    force_web_survey: bool | None = None
    surveys_disabled_by_end_user: bool | None = None

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.model_fields_set and self.model_fields_set <= set(self.model_extra or {}):
            raise ValueError("has no setting")
        return self


class Channel(_Wire):
    """The survey that a response came by: `web`, `email`, `mobile`, `mobile:ios`…"""

    channel: str | None = None


class LastResponse(_Wire):
    """A person's newest response, as an EndUser carries it."""

    id: int
    score: int | None = None
    text: str | None = None
    survey: Channel | None = None


class EndUser(_Wire):
    """A person who has been or may be surveyed."""

    id: int
    created_at: Moment
    updated_at: MaybeMoment = None
    email: str | None = None
    last_surveyed: MaybeMoment = None
    external_created_at: MaybeMoment = None
    last_seen_at: MaybeMoment = None
    properties: Properties = {}
    phone_number: str | None = None
    external_id: str | None = None
    last_response: LastResponse | None = None
    settings: EndUserSettings | None = None
    surveys_disabled: bool | None = None


class Snapshot(_Wire):
    """The person as they were when surveyed: e-mail and properties of that time."""

    email: str | None = None
    properties: Properties = {}


def _no_snapshot(value: object) -> object:
    return {} if value is None else value


class _Surveyed(_Wire):
    id: int
    end_user_id: int | None = None
    survey_id: int | None = None
    """The single survey that was shown, not a template."""
    ip_address: str | None = None
    origin_url: str | None = None
    created_at: Moment
    updated_at: MaybeMoment = None
    end_user: Annotated[Snapshot, BeforeValidator(_no_snapshot)] = Snapshot()


class Response(_Surveyed):
    """One answer to a survey: a score and perhaps a comment (`text`)."""

    score: int | None = None
    text: str | None = None
    completed: bool | None = None
    excluded_from_calculations: bool | None = None
    tags: Annotated[list[str], BeforeValidator(_no_null)] = []
    notes: Annotated[list[Any], BeforeValidator(_no_null)] = []

    @property
    def speaker(self) -> int | None:
        """Id of the end user who answered; None for the one whom all anonymous visitors share."""
        return None if self.end_user.email == ANONYMOUS else self.end_user_id


class Decline(_Surveyed):
    """A survey that was shown and closed without an answer."""


class NpsSummary(_Wire):
    """Score, counts and rates (whole percents) of a period; excluded responses are not counted."""

    nps: Number | None = None
    responses: int
    detractors: int = 0
    passives: int = 0
    promoters: int = 0
    response_rate: Number | None = None
    email_response_rate: Number | None = None


class Segment(_Wire):
    """A property key in use in the account; `data_type` is `string`, `integer`, `date` or another."""

    name: str
    data_type: str | None = None
    created_at: MaybeMoment = None


class TemplateLanguage(_Wire):
    """A language a template is configured for; `code` is lower case here."""

    code: str
    name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_code(cls, value: object) -> object:
        return {"code": value} if isinstance(value, str) else value


class SurveyTemplate(_Wire):
    """A survey's wording."""

    id: int
    name: str | None = None
    default_language: str | None = None
    languages: Annotated[list[TemplateLanguage], BeforeValidator(_no_null)] = []
    non_configured_language_count: int | None = None
    custom_samplings: Annotated[list[Any], BeforeValidator(_no_null)] = []


class SurveyTemplates(_Wire):
    """All templates of the account. The second name of each field is that of the OpenAPI document."""

    default_survey_template_id: int | None = Field(
        default=None, validation_alias=AliasChoices("default_survey_template_id", "default_template_id")
    )
    survey_templates: list[SurveyTemplate] = Field(
        validation_alias=AliasChoices("survey_templates", "templates")
    )


class RawEmailResults(_Wire):
    """Counts behind the e-mail statistics. `sart_date` is spelt so on the wire."""

    processed: int | None = None
    bounce: int | None = None
    dropped: int | None = None
    delivered: int | None = None
    opted_out: int | None = None
    not_delivered: int | None = None
    open: int | None = None
    spamreport: int | None = None
    not_eligible: int | None = None
    total_surveys: int | None = None
    total_responses: int | None = None
    sart_date: MaybeMoment = None
    end_date: MaybeMoment = None


class EmailFigures(_Wire):
    """E-mail statistics as the dashboard prints them: rates are texts such as `60%` or `2 (29%)`."""

    send_date: str | None = None
    send_requests: int | None = None
    emails_sent: int | None = None
    delivered: int | None = None
    delivered_percentage: str | None = None
    bounce_rate: Number | None = None
    bounce_rate_percentage: str | None = None
    open_rate: str | None = None
    response_rate: str | None = None
    not_eligible: str | None = None
    raw_results: RawEmailResults | None = None


class EmailStats(_Wire):
    """E-mail statistics; `initial_send` and `reminder_send` are null unless reminders are on."""

    email_stats: EmailFigures
    initial_send: dict[str, Any] | None = None
    reminder_send: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_flat(cls, value: object) -> object:
        # The OpenAPI document has the figures on the top level.
        flat = isinstance(value, dict) and "email_stats" not in value and "send_requests" in value
        return {"email_stats": value} if flat else value


class EmailSource(_Wire):
    """Where e-mails keep coming from: `email_api` or `webhook_trigger`."""

    id: str | None = None
    name: str | None = None


class EmailSend(_Wire):
    """One CSV send: its id, file name, and date as the dashboard prints it."""

    id: int | None = None
    name: str | None = None
    date: str | None = None


class EmailStatsSources(_Wire):
    """Sources of e-mails. The second name of each field is that of the OpenAPI document."""

    ongoing: list[EmailSource] = Field(validation_alias=AliasChoices("ongoing", "ongoing_sources"))
    sends: list[EmailSend] = Field(validation_alias=AliasChoices("sends", "send_history"))


@dataclass(frozen=True, slots=True)
class PropertyUpdate:
    """What `update_end_user` did: the person as answered (None without a body) and what differs from before.

    `changed` are property keys with a new value, `fields` the other fields that were sent.
    """

    end_user: EndUser | None
    changed: tuple[str, ...]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """An open interval of time; both ends are excluded, None is unbounded. Raises InvalidRequest.

    Wootric compares whole seconds, so a fraction of a second widens the interval to the next one.
    """

    after: datetime | None = None
    before: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.after, self.before):
            if moment is not None and moment.tzinfo is None:
                raise InvalidRequest(
                    "A time bound has no UTC offset.", "Give one, as in 2026-11-01T00:00:00Z."
                )
        if self.after and self.before and self.after >= self.before:
            raise InvalidRequest(
                f"The interval ends ({self.before.isoformat()}) before it begins ({self.after.isoformat()}).",
                "Give an earlier begin or a later end.",
            )

    def operators(self) -> dict[Literal["gt", "lt"], int]:
        """`created[gt]` and `created[lt]`: strict, in epoch seconds."""
        found: dict[Literal["gt", "lt"], int] = {}
        if self.after is not None:
            found["gt"] = floor(self.after.timestamp())
        if self.before is not None:
            found["lt"] = ceil(self.before.timestamp())
        return found

    @classmethod
    def of_seconds(cls, after: int | None, before: int | None) -> Self:
        """Bounds from epoch seconds."""
        moments = (
            None if second is None else datetime.fromtimestamp(second, UTC) for second in (after, before)
        )
        return cls(*moments)
