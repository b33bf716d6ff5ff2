"""Every way in which a sandbox can be told to behave differently.

Where the public record of the API is unclear or contradicts itself, a switch offers each reading; the
defaults are the best-supported ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, Literal, TypeVar

T = TypeVar("T")

SCORE_RANGES: Mapping[str, tuple[int, int]] = {
    "nps": (0, 10),
    "csat5": (1, 5),
    "csat10": (1, 10),
    "ces7": (1, 7),
}


def _switch(default: T, help_: str, *choices: str, optional: bool = False) -> T:
    """A field with what the command line and the control endpoint need to know about it."""
    made: Any = field(default=default, metadata={"help": help_, "choices": choices, "optional": optional})
    return made  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Switches:
    """How a sandbox behaves. Whole numbers, names from a list, or true and false; None means "no limit"."""

    client_id: str = _switch("sandbox", "the client id that gets a token")
    client_secret: str = _switch("sandbox", "the secret of that client")
    public_clients: bool = _switch(
        False, "give a token for the client id alone, as the mobile SDKs ask for it"
    )
    username: str = _switch("sandbox", "the user who gets a token")
    password: str = _switch("sandbox", "the password of that user")
    account_token: str = _switch("NPS-5a9db0c5", "the account token that a password grant may name")
    account_owner: str = _switch("owner@example.invalid", "who gets mails meant for the account's owner")
    token_seconds: int = _switch(7200, "how long an access token is valid")
    rate_limit: int | None = _switch(100, "requests a minute, or 'off'", optional=True)
    retry_after: bool = _switch(False, "send Retry-After with a 429")
    page_limit: int | None = _switch(30, "the highest page, or 'off'", optional=True)
    per_page_limit: int = _switch(50, "the largest page size; the OpenAPI document says 500")
    create_status: Literal["200", "201", "201-empty"] = _switch(
        "200",
        "what creating answers: 200 or 201 with the object, or 201 without a body",
        "200",
        "201",
        "201-empty",
    )
    delete_status: Literal["202", "200"] = _switch("202", "what deleting an end user answers", "202", "200")
    date_format: Literal["wire", "epoch"] = _switch(
        "wire", "timestamps as '2026-03-18 07:05:44 -0700', or as epoch seconds (OpenAPI)", "wire", "epoch"
    )
    response_end_user: Literal["email", "properties", "full"] = _switch(
        "email",
        "what responses and declines say of their end user: e-mail and properties, properties alone, or all",
        "email",
        "properties",
        "full",
    )
    put_properties: Literal["replace", "merge"] = _switch(
        "replace", "whether PUT replaces an end user's properties or merges into them", "replace", "merge"
    )
    snapshot_edit: Literal["423", "204"] = _switch(
        "423", "what rewriting the properties stored with a response or decline answers", "423", "204"
    )
    hide_never_surveyed: bool = _switch(False, "leave end users who were never surveyed out of the list")
    report_shape: Literal["documented", "openapi"] = _switch(
        "documented", "field names of survey templates and e-mail statistics", "documented", "openapi"
    )
    survey_type: Literal["nps", "csat5", "csat10", "ces7"] = _switch(
        "nps", "the range of scores that a new response may have", *SCORE_RANGES
    )
    time_zone: str = _switch(
        "America/Los_Angeles", "the account's zone: where days begin in summaries and statistics"
    )
    first_survey_delay: int = _switch(30, "e-mail surveys: days before somebody new is asked")
    response_throttle: int = _switch(90, "e-mail surveys: days of peace after an answer")
    decline_throttle: int = _switch(30, "e-mail surveys: days of peace after a decline")
    registered_percent: int = _switch(33, "e-mail surveys: how many of a hundred eligible people are asked")
    email_throttle: int | None = _switch(
        None, "e-mail surveys: days between two mails, or 'off'", optional=True
    )
    seed: int = _switch(1, "what the random draws of eligibility and faults start from")

    def changed(self, values: Mapping[str, object]) -> Switches:
        """A copy with some switches changed.

        Raises:
            ValueError: an unknown switch, or a value that is not of its kind; the text says what is possible.
        """
        known = {each.name: each for each in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"there is no switch {name!r}; there are {', '.join(known)}")
            _check(known[name], value)
        return replace(self, **dict(values))  # type: ignore[arg-type]


def _check(switch: Field[Any], value: object) -> None:
    choices: tuple[str, ...] = switch.metadata["choices"]
    if value is None and switch.metadata["optional"]:
        return
    if choices:
        if value not in choices:
            raise ValueError(f"{switch.name} must be one of {', '.join(choices)}, not {value!r}")
        return
    kind: type[object] = int if switch.metadata["optional"] else type(switch.default)
    if type(value) is not kind:
        raise ValueError(f"{switch.name} must be of type {kind.__name__}, not {value!r}")
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        raise ValueError(f"{switch.name} must not be negative")
    if switch.name == "time_zone":
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone; Europe/Berlin is one") from error
