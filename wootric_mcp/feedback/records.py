"""The one kind of record that this room reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """One survey response, ready to be analysed and shown.

    `text` is what is shown: cleaned and masked once, before it comes here, and "" without a comment.
    Analysis, search and quotes all read this same text, so a quote is always a substring of it.
    """

    id: int
    person: str
    """Alias of the respondent."""
    score: int | None
    text: str
    created_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    excluded: bool = False
    """Whether the account left this response out of its calculations."""
