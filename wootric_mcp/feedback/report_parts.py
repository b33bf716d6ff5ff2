"""What the reports have in common: scores, counts and names of properties, written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wootric_mcp.feedback.filling import Fence
from wootric_mcp.feedback.score import SCALES, Score


def score_data(score: Score) -> dict[str, Any]:
    """A score as structure: its figures, and how far to trust them."""
    words = SCALES[score.survey_type].words
    data: dict[str, Any] = {"type": SCALES[score.survey_type].name, "n": score.n}
    if score.value is None or score.low is None or score.high is None:
        data["note"] = "too few responses for a figure"
    else:
        data |= {"value": round(score.value, 1), "interval95": [round(score.low, 1), round(score.high, 1)]}
        if score.is_indicative:
            data["note"] = "indicative only, n < 30"
    return data | dict(zip(words, (score.promoters, score.passives, score.detractors), strict=True))


def counted(n: int, noun: str) -> str:
    """`1 comment`, `2 comments`"""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def nobody(property_names: Sequence[str]) -> str:
    return "No response of the period has such properties." if property_names else ""


def names(property_names: Sequence[str], fence: Fence) -> list[str]:
    """Properties to choose from, as block of an answer."""
    return ["Properties that occur:", fence([", ".join(property_names)])] if property_names else []
