"""What a digest tells beside its themes: what one group says more than another, and how comments sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from wootric_mcp.feedback.asked import Asked
from wootric_mcp.feedback.comments import Comment, usual_language
from wootric_mcp.feedback.drivers import Driver, drivers, new_phrases
from wootric_mcp.feedback.mismatch import MOST_JUDGED, Sounding, sounding
from wootric_mcp.feedback.quotes import Quote, Quotes
from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, SCALES, SurveyType, category

_MOST_OPPOSITE = 3


@dataclass(frozen=True, slots=True)
class Contrast:
    """Phrases that one group says more than another."""

    who: str
    than: str
    comments: int
    comments_there: int
    drivers: tuple[Driver, ...]
    """One at least."""
    is_new: bool = False
    """Whether the two are periods, and the phrases possibly new, which is not confirmed."""


@dataclass(frozen=True, slots=True)
class Asides:
    contrasts: tuple[Contrast, ...]
    sounding: Sounding
    """Of the comments asked about."""
    opposite: tuple[Quote, ...]
    """At most three of `sounding.opposite`."""


def asides(
    now: Asked,
    then: Asked | None,
    quotes: Quotes,
    survey_type: SurveyType,
    *,
    most: int,
    is_known: Callable[[str], bool],
    is_long: bool,
) -> Asides:
    """What else there is to say of the comments asked about.

    Args:
        now: They and their period.
        then: The period compared with, if one is.
        quotes: Picks quotes that are not in the answer yet.
        survey_type: What a score means.
        most: Greatest number of phrases that tell one group from another.
        is_known: Tells which forms are no news.
        is_long: Whether the answer has room for comments that disagree with their score; without, comments
            are judged by how they sound only if some have no score, for it takes as long as all the rest.
    """
    contrasts = [
        Contrast(who, than, len(here), len(there), tuple(drivers(here, there, most=most, is_known=is_known)))
        for who, than, here, there in _groups(now, survey_type)
    ]
    if then:
        found = new_phrases(now.selected, then.selected, is_known=is_known)
        new = Contrast(
            "this period",
            "the period compared with",
            len(now.selected),
            len(then.selected),
            tuple(found),
            is_new=True,
        )
        contrasts.insert(0, new)
    is_judged = is_long or any(category(each.record.score, survey_type) is None for each in now.selected)
    heard = sounding(now.selected, now.others, survey_type, most=MOST_JUDGED if is_judged else 0)
    return Asides(
        contrasts=tuple(
            each
            for each in contrasts
            if each.drivers and min(each.comments, each.comments_there) >= NO_PERCENTAGE_BELOW
        ),
        sounding=heard,
        opposite=tuple(
            islice(chain.from_iterable(quotes.pick([one], 1) for one in heard.opposite), _MOST_OPPOSITE)
        ),
    )


def _groups(
    now: Asked, survey_type: SurveyType
) -> Iterator[tuple[str, str, Sequence[Comment], Sequence[Comment]]]:
    """Who is told from whom, and the comments of both."""
    if elsewhere := now.elsewhere:
        # In another language other words are said, whatever the matter.
        usual = usual_language(Counter(each.language for each in now.selected))
        here, there = (
            [each for each in comments if each.language == usual] for comments in (now.selected, elsewhere)
        )
        yield "these people", "everybody else", here, there
    promoting, _, criticising = SCALES[survey_type].words
    if survey_type != "nps":
        promoting, criticising = (f"people with a {word} score" for word in (promoting, criticising))
    parts = now.selected.parts(survey_type)
    promoters, detractors = parts["promoter"], parts["detractor"]
    yield criticising, promoting, detractors, promoters
    yield promoting, criticising, promoters, detractors
