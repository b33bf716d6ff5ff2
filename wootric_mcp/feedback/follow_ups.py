"""Whom to get back to: detractors who gave no better score since, and were not written to, in an order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.score import SCALES, SurveyType, category
from wootric_mcp.feedback.selection import has_properties, property_of

_DAY = 86_400.0
_FORTNIGHT = 14.0
"""Days after which a response counts half as recent."""
_COMMENT = 0.5


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One person to get back to, by their last response."""

    record: FeedbackRecord
    rank: float
    value: float | None = None
    """Of the property that was asked for, where it is a number."""


def unhappy(
    records: Iterable[FeedbackRecord],
    *,
    survey_type: SurveyType,
    before: datetime,
    where: Mapping[str, Any],
) -> list[FeedbackRecord]:
    """The last response before `before` of everybody whose score was a detractor's and has not risen since.

    Args:
        records: Newest first, up to now, with properties if there is a `where`.
        survey_type: What its scores mean.
        before: The end of the period that is asked about.
        where: Properties that people must have had.
    """
    risen: dict[int, int] = {}
    found: dict[int, FeedbackRecord] = {}
    for record in records:
        person, score = record.end_user_id, record.score
        if person is None or score is None or record.excluded or person in found:
            continue
        if record.created_at >= before:
            risen[person] = max(score, risen.get(person, score))
        elif category(score, survey_type) == "detractor" and score >= risen.get(person, score):
            if has_properties(record.properties, where):
                found[person] = record
        else:  # the last one was better, or a later one is
            risen[person] = SCALES[survey_type].highest + 1
    return list(found.values())


def ranked(
    records: Iterable[FeedbackRecord],
    *,
    survey_type: SurveyType,
    now: datetime,
    written_to: Callable[[FeedbackRecord], bool],
    value_property: str = "",
) -> list[FollowUp]:
    """Those who were not written to since they answered, the most pressing first.

    The rank is r + s + c + v: r = 2^(-days / 14) for how recent, s = (h - score) / h for how low on a scale
    up to h, c = ½ for a comment, and v, the share of the others with a smaller value of `value_property`.
    """
    people = [record for record in records if not written_to(record)]
    values = {record.id: _number(record, value_property) for record in people} if value_property else {}
    sizes = sorted(value for value in values.values() if value is not None)
    highest = SCALES[survey_type].highest

    def rank(record: FeedbackRecord) -> float:
        days = max((now - record.created_at).total_seconds() / _DAY, 0.0)
        value = values.get(record.id)
        smaller = 0 if value is None else sum(each < value for each in sizes)
        return (
            2 ** (-days / _FORTNIGHT)
            + (highest - (record.score or 0)) / highest
            + _COMMENT * bool(record.text)
            + smaller / max(len(sizes) - 1, 1)
        )

    found = [FollowUp(record, rank(record), values.get(record.id)) for record in people]
    return sorted(found, key=lambda one: (-one.rank, one.record.id))


def reasons(one: FollowUp, survey_type: SurveyType, now: datetime, value_property: str) -> str:
    """Why somebody stands where they stand, in words; the name of the property is foreign text."""
    record, scale = one.record, SCALES[survey_type]
    days = int((now - record.created_at).total_seconds() // _DAY)
    when = "today" if days < 1 else "1 day ago" if days == 1 else f"{days} days ago"
    said = [when, f"{record.score} of {scale.highest}", "says why" if record.text else "no comment"]
    if one.value is not None:
        said.append(f"{value_property} {one.value:,g}")
    return ", ".join(said)


def _number(record: FeedbackRecord, name: str) -> float | None:
    held = property_of(record.properties, name)
    if isinstance(held, bool):
        return None
    try:
        number = float(held)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
