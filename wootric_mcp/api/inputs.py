"""What callers send to Wootric, checked before anything is sent. Build these with `checked`."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from wootric_mcp.api.errors import InvalidRequest, bounded
from wootric_mcp.api.people import phone_number
from wootric_mcp.api.recipients import address, check_addresses, repeated, table

MAX_ADDRESSES = 100
"""Addresses in one `send_email_survey` request."""

M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], **values: Any) -> M:
    """Build an input; every fault of the values is named in one InvalidRequest."""
    try:
        return model(**values)
    except ValidationError as error:
        faults = "; ".join(_fault(fault["loc"], fault["msg"]) for fault in error.errors(include_input=False))
        raise InvalidRequest(f"{faults}.", "Correct that and call again.") from None


def _fault(location: tuple[int | str, ...], message: str) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) or i else part for i, part in enumerate(location))
    reason = message.removeprefix("Value error, ").rstrip(".")
    return f"{bounded(path, 80)}: {reason}" if path else reason


def _invalid(error: InvalidRequest) -> ValueError:
    return ValueError(" ".join((error.problem.rstrip("."), "-", error.advice)))


def _one_line(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in text):
        raise ValueError("must be one line without control characters")
    return text


def _plain_text(text: str) -> str:
    if any((ord(char) < 32 and char not in "\n\r\t") or 127 <= ord(char) < 160 for char in text):
        raise ValueError("must not contain control characters")
    return text


def _phone(text: str) -> str:
    try:
        return phone_number(text)
    except InvalidRequest as error:
        raise _invalid(error) from None


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s\x00-\x20]{1,2000}", text, re.IGNORECASE):
        raise ValueError("must be a web address such as https://app.example.com/home")
    return text


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address such as 203.0.113.24") from None


def _instant(moment: datetime) -> datetime:
    if not datetime(1970, 1, 1, tzinfo=UTC) <= moment < datetime(2100, 1, 1, tzinfo=UTC):
        raise ValueError("must lie between 1970 and 2100")
    return moment


def _properties(values: Mapping[str, PropertyValue]) -> dict[str, PropertyValue]:
    """Wootric's rules for custom properties: the suffix of a key decides on the kind of its value."""
    for key, value in values.items():
        name = repr(bounded(key, 60))
        if not key.strip() or len(key) > 255 or re.search(r"[$.\[\]\x00-\x1f\x7f]", key):
            raise ValueError(f"{name} cannot be a property key; use letters, digits, spaces, _ and -")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number")
        if isinstance(value, str):
            _plain_text(value)
        if key.endswith("_amount") and not _is_digits(value, r"-?\d{1,18}"):
            raise ValueError(f"{name} ends in _amount, so it must be a whole number such as 42")
        if key.endswith("_date") and not _is_digits(value, r"\d{10}"):
            raise ValueError(f"{name} ends in _date, so it must be epoch seconds such as 1767225600")
    return dict(values)


def _is_digits(value: PropertyValue, pattern: str) -> bool:
    return not isinstance(value, bool) and re.fullmatch(pattern, str(value)) is not None


PropertyValue = str | int | bool | float
Line = Annotated[str, Field(max_length=1_000), AfterValidator(_one_line)]
Text = Annotated[str, Field(max_length=20_000), AfterValidator(_plain_text)]
Address = Annotated[str, AfterValidator(address)]
Phone = Annotated[str, AfterValidator(_phone)]
Url = Annotated[str, AfterValidator(_url)]
Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
GivenProperties = Annotated[dict[str, PropertyValue], AfterValidator(_properties)]
Days = Annotated[int, Field(ge=0, le=3_650)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""`hh:mm`, 24 hours, UTC."""


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def _need_one(self, names: Iterable[str]) -> None:
        if not any(getattr(self, name) not in (None, {}, frozenset()) for name in names):
            raise ValueError(f"give at least one of {', '.join(names)}")


class EndUserInput(_Input):
    """A new person; at least one of e-mail, phone number and external id."""

    email: Line | None = None
    phone_number: Phone | None = None
    external_id: Line | None = None
    last_surveyed: Instant | None = None
    external_created_at: Instant | None = None
    properties: GivenProperties = {}

    @model_validator(mode="after")
    def _has_identity(self) -> Self:
        self._need_one(("email", "phone_number", "external_id"))
        return self


Clearable = Literal["email", "phone_number", "external_id", "last_surveyed", "external_created_at"]


class EndUserChange(_Input):
    """New values for a person. Properties not named keep their value; fields in `clear` are blanked."""

    email: Line | None = None
    phone_number: Phone | None = None
    external_id: Line | None = None
    last_surveyed: Instant | None = None
    external_created_at: Instant | None = None
    properties: GivenProperties = {}
    clear: frozenset[Clearable] = frozenset()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        self._need_one(type(self).model_fields)
        if both := sorted(name for name in self.clear if getattr(self, name) is not None):
            raise ValueError(f"{', '.join(both)} cannot be both set and cleared")
        return self


class ResponseInput(_Input):
    """A response to record. `properties` go to the person's profile and to the response's snapshot."""

    score: Annotated[int, Field(ge=0, le=10)]
    text: Text | None = None
    ip_address: Annotated[str, AfterValidator(_ip)] | None = None
    origin_url: Url | None = None
    created_at: Instant | None = None
    """Back-dates the record; default: now."""
    channel: Line | None = None
    """`web`, `email`, `mobile`…"""
    language: Line | None = None
    properties: GivenProperties = {}


class ResponseChange(_Input):
    """New values for a response. `properties` replace the whole snapshot stored with it."""

    completed: bool | None = None
    excluded_from_calculations: bool | None = None
    properties: GivenProperties | None = None

    @model_validator(mode="after")
    def _has_change(self) -> Self:
        self._need_one(type(self).model_fields)
        return self


class DeclineInput(_Input):
    """A decline to record."""

    origin_url: Url | None = None
    created_at: Instant | None = None
    properties: GivenProperties = {}


class SettingsChange(_Input):
    """Survey settings of a person; what is not given stays."""

    email_nps: bool | None = None
    mobile_nps: bool | None = None
    web_nps: bool | None = None
    force_mobile_survey: bool | None = None
    force_web_survey: bool | None = None
    surveys_disabled_by_end_user: bool | None = None

    @model_validator(mode="after")
    def _has_change(self) -> Self:
        self._need_one(type(self).model_fields)
        return self


class Sampling(_Input):
    """Overrides of the account's sampling rules for one send."""

    first_survey_delay: Days | None = None
    """Days since the person was created."""
    response_throttle: Days | None = None
    """Days since the person's last response."""
    decline_throttle: Days | None = None
    """Days since the person's last decline."""
    registered_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    """Chance in percent of being surveyed."""


class CustomMessages(_Input):
    """Wording of the follow-up question (`…followup_text`) and of its input field (`…prompt_text`)."""

    followup_text: Text | None = None
    detractor_followup_text: Text | None = None
    passive_followup_text: Text | None = None
    promoter_followup_text: Text | None = None
    prompt_text: Text | None = None
    detractor_prompt_text: Text | None = None
    passive_prompt_text: Text | None = None
    promoter_prompt_text: Text | None = None


class SurveySettings(_Input):
    """How a survey that is sent looks and whom it reaches."""

    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2}([_-][A-Za-z0-9_-]{1,20})?$")] | None = None
    logo_url: Url | None = None
    audience_text: Line | None = None
    product_name: Line | None = None
    survey_template_id: Annotated[int, Field(gt=0)] | None = None
    custom_messages: CustomMessages | None = None
    sampling: Sampling | None = None


class _Survey(_Input):
    survey_immediately: bool | None = None
    """Skip the eligibility check."""
    subject: Line | None = None
    """May contain `{{variable}}` placeholders, as may `intro`."""
    intro: Text | None = None
    context: list[dict[str, Text]] = []
    """Values of placeholders: for one variable, the values of all recipients in order, joined by commas."""
    senders_name: Line | None = None
    reply_to_email: Address | None = None
    delay: Annotated[int, Field(ge=1, le=31)] | None = None
    """Days before sending."""
    survey_settings: SurveySettings | None = None

    @field_validator("context")
    @classmethod
    def _plain_variables(cls, context: list[dict[str, str]]) -> list[dict[str, str]]:
        for name in (name for variables in context for name in variables):
            if not re.fullmatch(r"[^\[\]{}\x00-\x1f\x7f]{1,100}", name):
                raise ValueError(f"{bounded(name, 60)!r} cannot be a variable; use letters, digits, _ and -")
        return context


class SurveyMessage(_Survey):
    """What is mailed and when, without whom to: all that either way of sending takes."""

    properties: GivenProperties = {}
    delivery_time: TimeOfDay | None = None
    custom_sender_email: Address | None = None


class EmailSurvey(_Survey):
    """A survey by e-mail to at most 100 addresses; `external_ids` pair up with `emails` by position."""

    emails: list[Address]
    external_ids: list[Line] = []
    properties: GivenProperties = {}

    @field_validator("emails", "external_ids", mode="before")
    @classmethod
    def _split(cls, values: object) -> object:
        if isinstance(values, str):
            values = [values]
        if not isinstance(values, list | tuple):
            return values
        parts = [part.split(",") if isinstance(part, str) else [part] for part in values]
        return [part.strip() if isinstance(part, str) else part for group in parts for part in group]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not 1 <= len(self.emails) <= MAX_ADDRESSES:
            raise ValueError(f"emails has {len(self.emails)} addresses; give 1 to {MAX_ADDRESSES}")
        if twice := repeated(self.emails):
            raise ValueError(f"{twice} is given twice in emails; give each address once")
        if self.external_ids and len(self.external_ids) != len(self.emails):
            raise ValueError(
                f"external_ids has {len(self.external_ids)} entries for {len(self.emails)} emails; "
                "give one for each address, in the same order"
            )
        if self.survey_settings and self.survey_settings.survey_template_id is not None:
            raise ValueError("survey_settings[survey_template_id] works with send_email_survey_csv only")
        return self


class EmailSurveyCsv(_Survey):
    """A survey by e-mail to the rows of a CSV text (at most 5,000), whose first column is `email`."""

    csv: str
    file_name: str = "survey.csv"
    """What the send is called in Wootric's list of sources."""
    delivery_time: TimeOfDay | None = None
    custom_sender_email: Address | None = None
    send_to_email_field: Line | None = None
    """Column with the address to send to."""
    unique_identifier_field: Line | None = None
    """Column that identifies the person; needs `send_to_email_field`."""

    @field_validator("csv")
    @classmethod
    def _without_mark(cls, text: str) -> str:
        return text.removeprefix("\ufeff")

    @field_validator("file_name")
    @classmethod
    def _safe_name(cls, name: str) -> str:
        if not re.fullmatch(r"[^/\\\"\x00-\x1f\x7f]{1,200}", name) or name.startswith("."):
            raise ValueError("must be a plain file name such as survey.csv")
        return name

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.unique_identifier_field and not self.send_to_email_field:
            raise ValueError("unique_identifier_field needs send_to_email_field")
        header, rows = table(self.csv)
        for field in ("send_to_email_field", "unique_identifier_field"):
            name = getattr(self, field)
            if name and name not in header:
                raise ValueError(
                    f"{field} names no column; the columns are {bounded(', '.join(header), 300)}"
                )
        if header[0] != "email" and not self.send_to_email_field:
            raise ValueError(f"the first column of csv is {bounded(header[0], 60)!r}; it must be named email")
        check_addresses(rows, header.index(self.send_to_email_field or "email"))
        if not self.send_to_email_field and (twice := repeated(row[0] for _, row in rows)):
            raise ValueError(f"{twice} stands twice in csv; give each address one row")
        if "___language" in header:
            self._check_languages(rows, header.index("___language"))
        return self

    def _check_languages(self, rows: list[tuple[int, list[str]]], column: int) -> None:
        if self.survey_settings is None or self.survey_settings.survey_template_id is None:
            raise ValueError("a ___language column needs survey_settings[survey_template_id]")
        for line, row in rows:
            if not row[column].strip():
                raise ValueError(f"csv line {line} has no ___language; every row needs one")

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that would be mailed, in order."""
        header, rows = table(self.csv)
        column = header.index(self.send_to_email_field or "email")
        return tuple(row[column].strip() for _, row in rows)
