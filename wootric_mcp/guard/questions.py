"""Foreign text in a question to a person: cleaned, quoted and short, so that it cannot pass for ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from wootric_mcp.shield.clean import clean

_LONGEST = 80
_PLAIN = "'"


def quoted(text: str | None, longest: int = _LONGEST) -> str:
    """The text in quotation marks, cut at `longest` characters; none is said as such."""
    if not text:
        return "no address"
    return f"“{clean(text, longest).replace('”', _PLAIN).replace('“', _PLAIN)}”"


def pairs(properties: Mapping[str, Any]) -> str:
    """Names and values, quoted as one text."""
    said = ", ".join(f"{name}: {value}" for name, value in properties.items())
    return quoted(said) if said else "none"


def reference(key: bytes, *state: object) -> str:
    """A short keyed hash of what a question cannot show whole: it asks anew when that has changed. Without
    the key nobody can try out what it stands for."""
    said = json.dumps(state, default=str, sort_keys=True)
    secret = hashlib.blake2b(key, digest_size=32, person=b"wootric-question").digest()
    return hashlib.blake2b(said.encode(), digest_size=4, key=secret).hexdigest()


def without_addresses(question: str, key: bytes) -> str:
    """The question with addresses and numbers of people masked, and still another one for other people."""
    from wootric_mcp.shield.masking import mask

    masked = mask(question)
    if masked == question:
        return question
    return f"{masked} Reference: {reference(key, question)}."


def plain(title: str, given: Mapping[str, Any]) -> str:
    """The question before a plain write: what it is called, and each argument that was given."""
    said = ", ".join(f"{name}: {quoted(str(value))}" for name, value in given.items())
    return f"{title} ({said})?" if said else f"{title}?"
