"""Records without personal data: which of their fields hold it, by name and by looks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from wootric_mcp.shield.clean import clean

ADDRESSES = {"email", "phone_number", "ip_address"}
"""Fields of the wire that hold nothing else."""
_TELLING = {
    "cell", "cellphone", "email", "fax", "ip", "ipaddress", "ipv4", "ipv6", "mail", "mobile", "msisdn",
    "phone", "phonenumber", "sms", "tel", "telephone", "whatsapp",
}  # fmt: skip
"""Words in the name of a property that make a number in it somebody's."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[^\W_]+")
_LEAST_DIGITS = 5
_LONGEST_NAME = 200


def masked(value: Any, *, strictly: bool = False) -> Any:
    """A value with addresses and numbers of people masked in every text, however deep.

    Args:
        value: As JSON has it.
        strictly: Leave out what holds nothing else, and properties whose name says so (`mobile`, `ip`).
    """
    match value:
        case str():
            return _masked_text(value)
        case Mapping():
            return {
                _masked_text(name): masked(inner, strictly=strictly)
                for name, inner in value.items()
                if not (strictly and (name in ADDRESSES or is_telling(name, inner)))
            }
        case list() | tuple():
            return [masked(inner, strictly=strictly) for inner in value]
        case _:
            return value


@lru_cache(10_000)
def shown_name(name: str | None, limit: int = _LONGEST_NAME) -> str:
    """The name of a property or a template, as answers show it and `where` takes it."""
    return _masked_text(name, limit)


def _masked_text(text: str | None, limit: int | None = None) -> str:
    from wootric_mcp.shield.masking import mask  # its patterns take long to compile

    return mask(clean(text, limit))


def is_telling(name: str, value: Any) -> bool:
    """Whether a value is an address or a number of somebody, by its name and its looks."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    if not _TELLING & {word.lower() for word in _WORD.findall(name)}:
        return False
    written = str(value)
    return "@" in written or sum(character.isdigit() for character in written) >= _LEAST_DIGITS
