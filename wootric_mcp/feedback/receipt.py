"""What an answer stands on, and how to ask on from it, in words of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wootric_mcp.feedback.budget import clip, estimate_tokens
from wootric_mcp.feedback.period import Period

_FILTER_TOKENS = 60
_COVERAGE_TOKENS, _REMARK_TOKENS = 80, 120
SHORT_ANSWER = 1_000
"""Tokens of an answer below which there is room for less."""
_SHORT_COVERAGE = 20


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where the figures of an answer come from."""

    period: Period
    as_of: datetime
    """When the responses were read."""
    coverage: str = ""
    """What of the period could not be read, in figures, in sentences of our own; "" if all of it was."""
    remark: str = ""
    """What else to know about the figures, likewise."""

    @property
    def read_at(self) -> str:
        """`as_of` to the minute, in the zone of the period."""
        return f"{self.as_of.astimezone(self.period.tz):%Y-%m-%d %H:%M}"

    def within(self, budget: int) -> Receipt:
        """What an answer of so many tokens has room for."""
        if budget >= SHORT_ANSWER:
            return self
        return replace(self, coverage=clip(self.coverage, _SHORT_COVERAGE), remark="")

    @property
    def sentence(self) -> str:
        """Bounds, when it was read, what is missing, and what else to know."""
        missing = f" Incomplete: {clip(self.coverage, _COVERAGE_TOKENS)}" if self.coverage else ""
        remark = f" {clip(self.remark, _REMARK_TOKENS)}" if self.remark else ""
        return f"Period: {self.period.label}, as of {self.read_at}.{missing}{remark}"


def filters(description: str) -> str:
    """The filters of an answer in words, cut where they would take its room."""
    return clip(description, _FILTER_TOKENS)


def call(tool: str, **arguments: Any) -> str:
    """A tool call as it would be written; what is empty is left out, a long query or filter named only."""
    written = []
    for name, value in arguments.items():
        if value in ("", None, "any") or value == {}:
            continue
        shown = dict(value) if isinstance(value, Mapping) else value
        text = json.dumps(shown, ensure_ascii=False, default=str)
        is_long = name in ("query", "where") and estimate_tokens(text) > _FILTER_TOKENS
        written.append(f"{name}={'<as before>' if is_long else text}")
    return f"{tool}({', '.join(written)})"


def wider(period: Period, as_of: datetime) -> str:
    """A longer period that takes this one in: the next of 7, 30, 90, 365 days if it reaches up to then, else
    all."""
    today = as_of.astimezone(period.tz).date()
    if period.first is None or period.future:
        return "all"
    reach = (today - period.first).days + 1
    return next((f"last {days} days" for days in (7, 30, 90, 365) if days > reach), "all")
