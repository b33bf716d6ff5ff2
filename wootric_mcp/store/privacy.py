"""Strict privacy: rows without e-mail addresses, phone numbers and IP addresses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.masking import mask

_ADDRESSES = {"email", "phone_number", "ip_address"}
"""Fields of the wire that hold nothing else."""
_TIMES = {"created_at", "updated_at", "last_surveyed", "last_seen_at", "external_created_at"}
_TELLING = {
    "cell", "cellphone", "email", "fax", "ip", "ipaddress", "ipv4", "ipv6", "mail", "mobile", "msisdn",
    "phone", "phonenumber", "sms", "tel", "telephone", "whatsapp",
}  # fmt: skip
"""Words in the name of a property that make a number in it somebody's."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[^\W_]+")
_LEAST_DIGITS = 5


def stripped(row: Mapping[str, Any], table_name: str) -> dict[str, Any]:
    """A row as strict privacy keeps it; the model still reads it.

    Addresses and numbers of people are masked in every text, however deep; fields that hold nothing else are
    left out, and so are properties whose name says what they hold (`mobile`, `ip`).

    Args:
        row: JSON of a model.
        table_name: Where it is kept: `responses`, `declines` or `end_users`.
    """
    return {
        name: value if name in _TIMES else _masked(value)
        for name, value in row.items()
        if name not in _ADDRESSES and not _is_telling(name, value)
    }


def _masked(value: Any) -> Any:
    match value:
        case str():
            return mask(clean(value))
        case Mapping():
            return {
                mask(clean(name)): _masked(inner)
                for name, inner in value.items()
                if name not in _ADDRESSES and not _is_telling(name, inner)
            }
        case list():
            return [_masked(inner) for inner in value]
        case _:
            return value


def _is_telling(name: str, value: Any) -> bool:
    """Whether a value is an address or a number of somebody, by its name and its looks."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    if not _TELLING & {word.lower() for word in _WORD.findall(name)}:
        return False
    written = str(value)
    return "@" in written or sum(character.isdigit() for character in written) >= _LEAST_DIGITS
