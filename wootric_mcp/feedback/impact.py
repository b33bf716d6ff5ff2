"""What themes do to a score: what it would be without them, and a split of it that adds up.

A score is a mean of points over responses: 100, 0 and -100 for NPS, 100 and 0 for CSAT, the scores
themselves for CES.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, SurveyType, category

Said = tuple[int, ...] | None
"""Numbers of the themes that a comment speaks of; None for a response without a comment."""
Counts = Counter[tuple[int | None, Said]]
"""How often each score was given by those who say the same. Counts of parts add up to those of the whole."""

_POINTS = {"promoter": 100, "passive": 0, "detractor": -100}


@dataclass(frozen=True, slots=True)
class Effect:
    """What one theme does to a score, in points of it; None where too few scored for a figure."""

    impact: float | None
    """The score of all less that of all others than those who say it."""
    contribution: float | None
    """Its part of the score."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The contributions, those of all themes and the rest, add up to the score."""

    themes: tuple[Effect, ...]
    in_no_theme: float | None
    """Contribution of the comments in none of the themes."""
    no_comment: float | None
    """Contribution of the responses without a comment."""


def effects(counts: Counts, themes: int, survey_type: SurveyType) -> Effects:
    """Impact and contribution of the themes 0, 1 ... `themes` - 1.

    Impact is the leave-out figure of Thematic and Kapiche: S(all) - S(all who do not say it). For the
    contribution, as CustomerGauge splits a score, the points sᵢ of a response are shared by the kᵢ themes
    that it speaks of: C = 1/n Σ sᵢ/kᵢ.
    """
    points = _points(survey_type)
    terms: list[list[float]] = [[] for _ in range(themes)]
    saying, summed = [0] * themes, [0] * themes
    rest: dict[Said, int] = {(): 0, None: 0}
    n = total = 0
    for (score, said), times in counts.items():
        if score is None or category(score, survey_type) is None:
            continue
        worth = points(score) * times
        n, total = n + times, total + worth
        for theme in said or ():
            terms[theme].append(worth / len(said or ()))
            saying[theme] += times
            summed[theme] += worth
        if not said:
            rest[said] += worth
    if n < NO_PERCENTAGE_BELOW:
        return Effects((Effect(None, None),) * themes, None, None)
    return Effects(
        tuple(
            Effect(
                total / n - (total - summed[theme]) / (n - saying[theme])
                if n - saying[theme] >= NO_PERCENTAGE_BELOW
                else None,
                math.fsum(terms[theme]) / n,
            )
            for theme in range(themes)
        ),
        rest[()] / n,
        rest[None] / n,
    )


def _points(survey_type: SurveyType) -> Callable[[int], int]:
    """What a score in range is worth."""
    if survey_type == "ces7":
        return lambda score: score
    if survey_type == "nps":
        return lambda score: _POINTS[category(score, "nps") or "passive"]
    return lambda score: 100 * (category(score, survey_type) == "promoter")
