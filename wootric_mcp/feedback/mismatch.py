"""Comments that sound opposite to their score, and how comments sound that came without one on the scale.

How a comment sounds is learnt from the scores of the others (see `sentiment`). It is a guess, wrong of some
comments.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.score import SurveyType, category
from wootric_mcp.feedback.sentiment import cross_fitted

MOST_JUDGED = 2_000
"""Comments that are judged, those judged by among them: a fifth of a second's work."""
_OPPOSITE = 0.7
"""Sentiment from which on a comment disagrees with its score. On survey comments that people had labelled,
they agreed of seven in ten; of five in ten where there were only 1,000 to learn from."""
_ONE_WAY = 0.5
"""Sentiment from which on a comment without a score sounds one way: three times as likely as the other."""
_LEAST_WORDS = 3
"""Different words from which on a comment can disagree: what "Nothing." says, the question decides."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """How comments sound that no score tells."""

    n: int = 0
    """Judged or not."""
    positive: int = 0
    """Of n, those that sound like promoters."""
    negative: int = 0
    """Of n, those that sound like detractors."""

    @property
    def unknown(self) -> int:
        """Of n, those of which it cannot be told."""
        return self.n - self.positive - self.negative


@dataclass(frozen=True, slots=True)
class Sounding:
    """How comments sound."""

    survey_type: SurveyType
    judged: int
    """Of the comments asked about, those looked at, the newest; 0 if too few have a score to learn from."""
    opposite: tuple[Comment, ...]
    """Of detractors that sound like promoters, and the other way round; the clearest first."""
    unscored: Sounds
    """Of the comments asked about, those without a score."""
    out_of_range: Sounds
    """Of the comments asked about, those with a score that the survey type does not have."""


def sounding(
    asked: Sequence[Comment], others: Sequence[Comment], survey_type: SurveyType, *, most: int = MOST_JUDGED
) -> Sounding:
    """Judge comments by each other and by others of the same people.

    Of more than `most` comments the newest are taken, half of them of each kind where both have as many.
    """
    places = max(most - len(others), most // 2)
    judged = _newest(asked, places)
    newest = [*judged, *_newest(others, most - len(judged))]
    values = cross_fitted(
        [each.record.text for each in newest], [each.record.score for each in newest], survey_type
    )
    opposite: list[tuple[float, int, Comment]] = []
    unscored: list[float] = []
    out_of_range: list[float] = []
    for comment, value in zip(judged, values, strict=False):
        if value is None:
            continue
        part = category(comment.record.score, survey_type)
        if part is None:
            (unscored if comment.record.score is None else out_of_range).append(value)
        else:
            against = {"detractor": value, "passive": 0.0, "promoter": -value}[part]
            if against >= _OPPOSITE and len(set(comment.words)) >= _LEAST_WORDS:
                opposite.append((-against, comment.record.id, comment))
    off_scale = [each.record.score for each in asked if category(each.record.score, survey_type) is None]
    return Sounding(
        survey_type=survey_type,
        judged=len(judged) if any(value is not None for value in values) else 0,
        opposite=tuple(comment for *_, comment in sorted(opposite, key=lambda one: one[:2])),
        unscored=_sounds(off_scale.count(None), unscored),
        out_of_range=_sounds(len(off_scale) - off_scale.count(None), out_of_range),
    )


def _sounds(n: int, values: Sequence[float]) -> Sounds:
    """How n comments sound, from the sentiment of those judged."""
    return Sounds(n, sum(each >= _ONE_WAY for each in values), sum(each <= -_ONE_WAY for each in values))


def _newest(comments: Sequence[Comment], most: int) -> list[Comment]:
    return heapq.nlargest(most, comments, key=lambda each: (each.record.created_at, each.record.id))
