"""Phrases of comments: which words belong together, who says them, and when two phrases are one theme."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Self

from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.score import CATEGORIES, Category, SurveyType, category

LONGEST = 40
"""Characters."""
_OVERLAP = 0.5
"""Share of a phrase's comments that a theme already has, from which on the phrase is the same theme."""
_ASSOCIATION = 0.25
"""Normalised pointwise mutual information that two words need to be one phrase (Bouma, GSCL 2009)."""
_AS_TELLING = 0.75
_MOSTLY, _NEARLY_ALL = 0.6, 0.9
"""Shares of a word's comments that hold a pair with it."""


def counts_of(comments: Iterable[Comment]) -> Counter[str]:
    """How many of these comments say each phrase, by its form; counts of parts add up."""
    return Counter(chain.from_iterable(comment.phrases for comment in comments))


class Corpus(list[Comment]):
    """Comments, and which of them say what: found out once, when it is first asked for."""

    @classmethod
    def of(cls, comments: Iterable[Comment]) -> Self:
        """These comments; the same if it is known of them what they say."""
        return comments if isinstance(comments, cls) else cls(comments)

    @cached_property
    def _saying(self) -> Mapping[str, list[Comment]]:
        saying: defaultdict[str, list[Comment]] = defaultdict(list)
        for comment in self:
            for form in comment.phrases:
                saying[form].append(comment)
        return saying

    @cached_property
    def counts(self) -> Counter[str]:
        """As `counts_of`."""
        return Counter({form: len(saying) for form, saying in self._saying.items()})

    def saying(self, form: str) -> list[Comment]:
        """The comments that say a phrase, in their order."""
        return self._saying.get(form, [])

    def parts(self, survey_type: SurveyType) -> Mapping[Category | None, Corpus]:
        """The comments of promoters, passives and detractors, and those without a score."""
        if survey_type not in self._parts:
            parts: dict[Category | None, Corpus] = {part: Corpus() for part in (*CATEGORIES, None)}
            for comment in self:
                parts[category(comment.record.score, survey_type)].append(comment)
            self._parts[survey_type] = parts
        return self._parts[survey_type]

    @cached_property
    def _parts(self) -> dict[SurveyType, Mapping[Category | None, Corpus]]:
        return {}


def spread(comments: Sequence[Comment], most: int) -> Sequence[Comment]:
    """At most so many of these comments, evenly spread."""
    return comments[:: math.ceil(len(comments) / most) or 1]


def is_phrase(form: str, counts: Counter[str], n: int) -> bool:
    """Whether it is short enough, and one word or two that belong together."""
    if len(form) > LONGEST:
        return False
    first, _, second = form.partition(" ")
    if not second:
        return True
    both = counts[form] / n
    # A weak word is not counted alone; it is at least as frequent as the pair.
    alone = max(counts[first], counts[form]) * max(counts[second], counts[form]) / n / n
    return both == 1 or math.log(both / alone) / -math.log(both) >= _ASSOCIATION


def is_part(pair: str, counts: Mapping[str, int], telling: Mapping[str, float]) -> bool:
    """Whether one word of a pair stands for it.

    It is about as telling and in clearly more comments, and these mostly hold the pair or weigh more.
    """
    if " " not in pair:
        return False
    return any(
        word in telling
        and telling[word] >= _AS_TELLING * telling[pair]
        and counts[pair] < _NEARLY_ALL * counts[word]
        and (
            counts[pair] >= _MOSTLY * counts[word]
            or counts[word] * telling[word] >= counts[pair] * telling[pair]
        )
        for word in pair.split()
    )


def replaced_by(pair: str, counts: Mapping[str, int]) -> list[str]:
    """Words that say no more than a pair that they are in: it is in nearly all of their comments."""
    return [word for word in pair.split() if word != pair and counts[pair] >= _NEARLY_ALL * counts[word]]


def members_of(form: str, *comments: Corpus) -> list[Comment]:
    """The comments that say a phrase, in their order: those whose language writes the form as the most
    frequent one does. A stem may be two words' by chance, as that of "costs" and of Italian "costa"."""
    members = [comment for some in comments for comment in some.saying(form)]
    tongues = Counter(comment.language for comment in members)
    if len(tongues) < 2:
        return members
    written: dict[str, set[str]] = {}
    for comment in members:
        written.setdefault(comment.language, set()).add(comment.phrases[form])
    usual = written[max(tongues, key=lambda language: (tongues[language], language))]
    return [comment for comment in members if written[comment.language] & usual]


def spelling_of(form: str, members: Sequence[Comment]) -> str:
    """The way a phrase is mostly written."""
    written = Counter(comment.phrases[form] for comment in members)
    return min(written, key=lambda spelling: (-written[spelling], spelling))


def ids_of(comments: Iterable[Comment]) -> set[int]:
    """Ids of the responses."""
    return {comment.record.id for comment in comments}


def distinct_people(members: Sequence[Comment]) -> int:
    """Voices behind a phrase: known people, and different texts of nobody known; different texts alone where
    one user may stand for many people."""
    people = {person for comment in members if (person := comment.record.end_user_id) is not None}
    if len(people) < 2:
        return len({comment.words for comment in members})
    return len(people) + len({comment.words for comment in members if comment.record.end_user_id is None})


def is_same(members: set[int], theme: set[int], n: int) -> bool:
    """Whether a phrase is said in much the same comments as a theme, more than chance brings about.

    Of a theme that most comments share, every phrase is a part; it is the same only if it is about as
    frequent.
    """
    shared = len(members & theme)
    fewer, more = sorted((len(members), len(theme)))
    if more > n / 2:
        return shared >= _OVERLAP * (fewer + more - shared)
    return shared >= least_share(more / n) * fewer


def least_share(by_chance: float) -> float:
    """Share of a theme's comments to have in common with another, if so much would be by chance."""
    return by_chance + (1 - by_chance) * _OVERLAP
