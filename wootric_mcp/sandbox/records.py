"""The rows a simulated Wootric account is made of, and the whole account as one value.

Instants are whole epoch seconds (UTC): the API knows no finer resolution. `None` stands for the nulls of the
API. Optional fields come last and default to what a fresh record has: a builder names only what it knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

PropertyValue: TypeAlias = str | int | float | bool
Properties: TypeAlias = dict[str, PropertyValue]
DataType: TypeAlias = Literal["string", "integer", "date", "array"]
Channel: TypeAlias = Literal["web", "email", "mobile", "mobile:ios", "mobile:android"]
SendState: TypeAlias = Literal["delivered", "bounced", "dropped", "opted_out", "not_eligible", "queued"]
Settings: TypeAlias = dict[str, bool | None]

ANONYMOUS_EMAIL: Final = "Unknown"
"""The address of the one end user whom all anonymous respondents of the mobile SDKs share."""


def fresh_settings() -> Settings:
    """The six survey flags of an end user whom nobody has touched yet."""
    return {
        "email_nps": True,
        "mobile_nps": True,
        "web_nps": True,
        "force_mobile_survey": None,
        "force_web_survey": None,
        "surveys_disabled_by_end_user": None,
    }


@dataclass(frozen=True, slots=True)
class EndUserRow:
    """A person who may be surveyed. `phone_number` is E.164 with a plus; `external_id` is unique."""

    id: int
    email: str | None
    created_at: int
    updated_at: int
    phone_number: str | None = None
    external_id: str | None = None
    properties: Properties = field(default_factory=dict)
    last_surveyed: int | None = None
    external_created_at: int | None = None
    last_seen_at: int | None = None
    settings: Settings = field(default_factory=fresh_settings)


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One answer to a survey; `email` and `properties` are the respondent's as they were at that time."""

    id: int
    end_user_id: int
    score: int
    created_at: int
    updated_at: int
    text: str | None = None
    survey_id: int | None = None
    completed: bool = True
    excluded: bool = False
    ip_address: str | None = None
    origin_url: str | None = None
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    channel: Channel = "web"
    email: str | None = None
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclineRow:
    """One survey that was closed without a score."""

    id: int
    end_user_id: int
    created_at: int
    updated_at: int
    survey_id: int | None = None
    ip_address: str | None = None
    origin_url: str | None = None
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One property key that the account has seen, with the kind of its values."""

    name: str
    data_type: DataType
    created_at: int


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One survey template; `languages` are the configured (code, name) pairs, codes in lower case."""

    id: int
    name: str
    default_language: str
    languages: tuple[tuple[str, str], ...]
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class EmailSendRow:
    """One e-mail survey asked for. `source` is `email_api`, `webhook_trigger` or the id of a CSV send.

    `sent_at` is None for what was not (or not yet) sent.
    """

    id: int
    to: str
    source: str
    requested_at: int
    state: SendState
    end_user_id: int | None = None
    send_name: str | None = None
    sent_at: int | None = None
    opened: bool = False
    responded: bool = False
    spam: bool = False


@dataclass(frozen=True, slots=True)
class AccountData:
    """A whole account; each tuple is in order of creation.

    `truth` says, in values that JSON can hold, what is known to be true of it.
    """

    end_users: tuple[EndUserRow, ...] = ()
    responses: tuple[ResponseRow, ...] = ()
    declines: tuple[DeclineRow, ...] = ()
    segments: tuple[SegmentRow, ...] = ()
    templates: tuple[TemplateRow, ...] = ()
    email_sends: tuple[EmailSendRow, ...] = ()
    truth: dict[str, Any] = field(default_factory=dict)


def data_type_of(name: str, value: PropertyValue) -> DataType:
    """The segment type of a property: by the suffix of its name (case sensitive), else by its value."""
    if name.endswith("_date"):
        return "date"
    if name.endswith("_amount"):
        return "integer"
    if name.endswith("_array"):
        return "array"
    return "integer" if isinstance(value, int) and not isinstance(value, bool) else "string"


def segments_of(rows: Iterable[tuple[int, Properties]]) -> tuple[SegmentRow, ...]:
    """One segment for each property key among (created_at, properties), dated by its first appearance."""
    first: dict[str, SegmentRow] = {}
    for created_at, properties in rows:
        for name, value in properties.items():
            known = first.get(name)
            if known is None or created_at < known.created_at:
                first[name] = SegmentRow(name, data_type_of(name, value), created_at)
    return tuple(first[name] for name in sorted(first))
