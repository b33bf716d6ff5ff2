"""The one kind of record that this room reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Person = Callable[[int], str]
"""Gives the alias of an end user. It is asked for whoever is quoted only."""


@dataclass(slots=True)
class FeedbackRecord:
    """One survey response, ready to be analysed and shown. Nobody changes one; frozen, it would take three
    times as long to make, and so many are made that it shows.

    `text` is what is shown: cleaned and masked once, before it comes here, and "" without a comment.
    Analysis, search and quotes all read this same text, so a quote is always a substring of it.
    """

    id: int
    end_user_id: int | None
    """The respondent, whom answers call by an alias; None for nobody known."""
    score: int | None
    text: str
    created_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    """Of the account's own, cleaned like the text."""
    excluded: bool = False
    """Whether the account left this response out of its calculations."""
    shared_user_id: int | None = None
    """Of a response by nobody known: the end user whom all anonymous visitors share, to find them by."""
    analysis: str = field(default="", compare=False)
    """What is kept of the analysis of `text`, see `feedback.comments`; "": nothing."""

    def lean(self) -> FeedbackRecord:
        """The same without properties: what is kept of many once they are chosen."""
        return replace(self, properties={}) if self.properties else self
