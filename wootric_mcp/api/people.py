"""How a caller names a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from wootric_mcp.api.errors import InvalidRequest, bounded

ANONYMOUS = "Unknown"
"""The e-mail of the end user that all anonymous visitors of an account share."""

_LONGEST = 320
"""Characters: the longest e-mail address, and more than any id or phone number."""

_WAYS = (
    "Name a person by Wootric id (512004417), e-mail (mara@example.com), external id (external:crm-88213) "
    "or phone number with country code (+353861234567)."
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the caller named them; nothing has been looked up."""

    kind: Literal["id", "email", "external_id", "phone"]
    value: str

    @classmethod
    def parse(cls, text: str) -> Person:
        """Read digits (id), `…@…` (e-mail), `external:…`, `+…` (phone) or `Unknown` (the anonymous user).

        Raises InvalidRequest for everything else. Aliases (`R-…`) must be translated to ids before.
        """
        text = text.strip(" ")
        check_value(text, "A person")
        if text.isascii() and text.isdigit():
            return cls("id", str(int(text)))
        if text.startswith("external:"):
            value = text.removeprefix("external:").strip(" ")
            check_value(value, "An external id")
            return cls("external_id", value)
        if text == ANONYMOUS:
            return cls("email", text)
        if text.startswith("+"):
            return cls("phone", phone_number(text))
        if "@" in text[1:-1] and not re.search(r"\s", text):
            return cls("email", text)
        shown = bounded(text, 60)
        if re.match(r"R-\w", text, re.IGNORECASE):
            raise InvalidRequest(f"{shown!r} is an alias; an alias must be translated first.", _WAYS)
        if re.fullmatch(r"[\d\s().\-/]+", text):
            raise InvalidRequest(
                f"{shown!r} is neither an id nor a phone number with country code.",
                "An id has digits only; a phone number begins with +, as in +353861234567.",
            )
        raise InvalidRequest(f"{shown!r} does not name a person.", _WAYS)

    @property
    def names_anonymous(self) -> bool:
        """Whether the shared anonymous user was named on purpose."""
        return self.kind == "email" and self.value == ANONYMOUS

    def __str__(self) -> str:
        return f"external:{self.value}" if self.kind == "external_id" else self.value


def phone_number(text: str) -> str:
    """`+` and 7 to 15 digits (E.164); spaces, dots, hyphens, brackets are dropped. Raises InvalidRequest."""
    bare = re.sub(r"[\s().\-]", "", text)
    if not re.fullmatch(r"\+[0-9]{7,15}", bare):
        raise InvalidRequest(
            f"{bounded(text, 60)!r} is not a phone number with country code.",
            "Give + and 7 to 15 digits, as in +353861234567.",
        )
    return bare


def check_value(value: str, what: str) -> None:
    """Refuse what is unsafe as one path segment: empty, too long, dots alone, control characters."""
    if not value:
        raise InvalidRequest(f"{what} must not be empty.", _WAYS)
    if len(value) > _LONGEST:
        raise InvalidRequest(f"{what} is longer than {_LONGEST} characters.", _WAYS)
    if value in {".", ".."}:
        raise InvalidRequest(f"{what} must not be {value!r}.", _WAYS)
    if not value.isprintable():
        raise InvalidRequest(f"{what} must not contain control or invisible characters.", _WAYS)
