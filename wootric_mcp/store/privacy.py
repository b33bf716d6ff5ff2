"""Strict privacy: rows without e-mail addresses, phone numbers and IP addresses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wootric_mcp.shield.fields import ADDRESSES, is_telling, masked

_TIMES = {"created_at", "updated_at", "last_surveyed", "last_seen_at", "external_created_at"}


def stripped(row: Mapping[str, Any], table_name: str) -> dict[str, Any]:
    """A row as strict privacy keeps it; the model still reads it.

    Addresses and numbers of people are masked in every text, however deep; fields that hold nothing else are
    left out, and so are properties whose name says what they hold (`mobile`, `ip`).

    Args:
        row: JSON of a model.
        table_name: Where it is kept: `responses`, `declines` or `end_users`.
    """
    return {
        name: value if name in _TIMES else masked(value, strictly=True)
        for name, value in row.items()
        if name not in ADDRESSES and not is_telling(name, value)
    }
