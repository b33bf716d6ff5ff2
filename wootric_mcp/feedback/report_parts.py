"""What the reports have in common: scores, counts and names of properties, written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wootric_mcp.feedback.change import Difference
from wootric_mcp.feedback.filling import Fence
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.score import SCALES, Score, SurveyType, rounded

_VERDICTS = {
    "real": "more than chance",
    "chance": "may be chance among so many tests",
    "unclear": "too few answers to say",
    "level": "no difference to be seen",
    "too few": "too few answers to compare",
}


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
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def outside(survey_type: SurveyType) -> str:
    """Where a score lies that the survey type does not have."""
    scale = SCALES[survey_type]
    return f"outside {scale.lowest} to {scale.highest}"


def uncounted_told(score: Score) -> list[str]:
    """Sentences on the responses that are not in the n of a score."""
    told = []
    if n := score.out_of_range:
        told.append(
            f"{counted(n, 'score')} {outside(score.survey_type)} {'is' if n == 1 else 'are'} not counted."
        )
    if n := score.unscored:
        told.append(f"{counted(n, 'response')} {'has' if n == 1 else 'have'} no score.")
    return told


def repeats_told(repeats: int) -> str:
    """How many responses of a score tell no more than others do."""
    return f"{counted(repeats, 'response')} by people who had answered already"


def source_told(number: int, score: object, person: str) -> str:
    """Where a quote is from; `person` is "" for nobody known."""
    return f"#{number}, {score}, {person}".removesuffix(", ")


def nobody(property_names: Sequence[str]) -> str:
    return "No response of the period has such properties." if property_names else ""


def names(property_names: Sequence[str], fence: Fence) -> list[str]:
    """Properties to choose from, as block of an answer."""
    return ["Properties that occur:", fence([", ".join(property_names)])] if property_names else []


def stands_on(receipt: Receipt, budget: int) -> str:
    """The receipt in words, fewer of them where there is little room."""
    return receipt.within(budget).sentence


def part(receipt: Receipt) -> str:
    """What is said beside a figure that does not stand on the whole period."""
    return " (of the part that was read)" if receipt.coverage else ""


def signed(value: float, survey_type: SurveyType) -> str:
    """A difference in points of a score, with its sign."""
    figure = rounded(value, _digits(survey_type))
    return figure if figure.startswith("-") or not float(figure) else f"+{figure}"


def points(value: float | None, survey_type: SurveyType) -> float | None:
    """The same as a number."""
    return None if value is None else round(value, _digits(survey_type))


def change_told(one: Difference, survey_type: SurveyType) -> str:
    """A difference with its interval and verdict."""
    needed = f"; about {one.needed:,} more would be needed" if one.needed else ""
    if one.value is None or one.low is None or one.high is None:
        return _VERDICTS[one.verdict]
    low, high = (rounded(each, _digits(survey_type)) for each in (one.low, one.high))
    return f"{signed(one.value, survey_type)} ({low} to {high}), {_VERDICTS[one.verdict]}{needed}"


def change_data(one: Difference, survey_type: SurveyType) -> dict[str, Any]:
    """The same as structure."""
    value, low, high = (points(each, survey_type) for each in (one.value, one.low, one.high))
    data: dict[str, Any] = {"verdict": _VERDICTS[one.verdict]}
    if value is not None:
        data = {"value": value, "interval95": [low, high], **data}
    return data | ({"more_needed": one.needed} if one.needed else {})


def verdict_told(one: Difference) -> str:
    """The verdict alone, with how many answers it lacks."""
    needed = f", {one.needed:,} more needed" if one.needed else ""
    return f"{verdict(one)}{needed}"


def verdict(one: Difference) -> str:
    """The verdict alone."""
    return _VERDICTS[one.verdict]


def _digits(survey_type: SurveyType) -> int:
    return 2 if survey_type == "ces7" else 1
