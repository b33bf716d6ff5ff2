"""Themes: what several comments talk about, as phrases counted by comment."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.score import Score, SurveyType, category, score

_MOST_CANDIDATES = 150
_LONGEST_PHRASE = 40
_OVERLAP = 0.5
"""Share of a phrase's comments that a theme already has, from which on the phrase is the same theme."""
_ASSOCIATION = 0.25
"""Normalised pointwise mutual information that two words need to be one phrase (Bouma, GSCL 2009)."""
_AS_TELLING = 0.75
_MOSTLY, _NEARLY_ALL = 0.6, 0.9
"""Shares of a word's comments that hold a pair with it."""
_PRIOR_COMMENTS = 5
_MANY = 20
"""Comments from which on a theme needs three of them; among fewer, two."""
_LEAST_SHARE = 0.004
_CONFIDENCE = 1.64
"""Quantile of the normal distribution for a one-sided bound of 95 %."""
_LONGEST_RUN = 5
_RUN_SHARE = 0.6
_COMMENTS_READ = 300
"""Comments of a theme from which its run of words is made out."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A phrase, and the comments asked about that contain it in whatever form of its words."""

    phrase: str
    """The way it is mostly written. Customers' words: to be shown fenced only."""
    form: str
    run: str
    """Up to five words in a row around it that most of these comments share; "" if there are none."""
    members: tuple[Comment, ...]
    share: float
    """Of all comments asked about."""
    score: Score
    """Of everybody who says it, and what the query asks for, also outside the category asked about."""

    @property
    def n(self) -> int:
        return len(self.members)


def find_themes(
    asked: Sequence[Comment],
    others: Sequence[Comment],
    survey_type: SurveyType,
    *,
    most: int = 12,
    is_known: Callable[[str], bool] = lambda form: False,
    scored: Sequence[Comment] | None = None,
    told: Sequence[Sequence[Comment]] = (),
) -> list[Theme]:
    """Themes of the comments asked about, the weightiest first.

    A phrase weighs by the number of comments it is in times how telling it is: with `others` to compare with,
    how much more often it is said here than there; without, how far those who say it score from all.

    Args:
        asked: Comments the answer is about.
        others: The other comments of the same people and period; may be empty.
        most: Greatest number of themes.
        scored: Those of `others` whose scores count for a theme, all unless given.
        is_known: Tells which forms are no news, such as the words of the query.
        told: Comments of each theme that is told already, which is not found once more.
    """
    counts = _counts(asked)
    least = max(3 if len(asked) >= _MANY else 2, math.ceil(_LEAST_SHARE * len(asked)))
    phrases = [
        form
        for form, n in counts.items()
        if n >= least and not is_known(form) and _is_phrase(form, counts, len(asked))
    ]
    telling = _contrast(counts, asked, others) if others else _departure(phrases, asked, survey_type)
    tellings = {form: telling(form) for form in phrases}
    phrases = [form for form in phrases if not _is_part(form, counts, tellings)]
    # A pair of words that stays says more than either.
    weight = {form: counts[form] * tellings[form] * (1.5 if " " in form else 1.0) for form in phrases}
    ranked = sorted(phrases, key=lambda form: (-weight[form], form))[:_MOST_CANDIDATES]
    members = _members(ranked, asked)
    chosen: list[str] = []
    for form in ranked:
        if len(chosen) == most:
            break
        if _distinct_people(members[form]) >= least and not any(
            _same_theme(members[form], theme, len(asked))
            for theme in (*told, *(members[other] for other in chosen))
        ):
            chosen.append(form)
    everybody = _members(chosen, others if scored is None else scored)
    return [
        Theme(
            phrase=(phrase := _spelling(form, members[form])),
            form=form,
            run=_run(phrase.split(), members[form][:_COMMENTS_READ]),
            members=tuple(members[form]),
            share=len(members[form]) / len(asked),
            score=score((comment.record for comment in members[form] + everybody[form]), survey_type),
        )
        for form in chosen
    ]


def _counts(comments: Sequence[Comment]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for comment in comments:
        counts.update(comment.phrases.keys())
    return counts


def _is_phrase(form: str, counts: Counter[str], n: int) -> bool:
    """Whether it is short enough, and one word or two that belong together."""
    if len(form) > _LONGEST_PHRASE:
        return False
    first, _, second = form.partition(" ")
    if not second:
        return True
    both = counts[form] / n
    # A weak word is not counted alone; it is at least as frequent as the pair.
    alone = max(counts[first], counts[form]) * max(counts[second], counts[form]) / n / n
    return both == 1 or math.log(both / alone) / -math.log(both) >= _ASSOCIATION


def _is_part(pair: str, counts: Mapping[str, int], telling: Mapping[str, float]) -> bool:
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


def _contrast(
    counts: Counter[str], asked: Sequence[Comment], others: Sequence[Comment]
) -> Callable[[str], float]:
    """How much likelier a phrase is here than elsewhere, at least: the lower 95 % bound of a log ratio.

    Half a comment is added on either side, so that what is said here only does not outweigh everything.
    """
    elsewhere = _counts(others)
    odds = math.log((len(others) + 1) / (len(asked) + 1))

    def telling(form: str) -> float:
        here, there = counts[form] + 0.5, elsewhere[form] + 0.5
        return 0.2 + max(0.0, math.log(here / there) + odds - _CONFIDENCE * math.sqrt(1 / here + 1 / there))

    return telling


def _departure(
    phrases: Collection[str], asked: Sequence[Comment], survey_type: SurveyType
) -> Callable[[str], float]:
    """How far the balance of promoters and detractors among those who say it is from that of all, drawn
    towards it."""
    balance: Counter[str] = Counter()
    scored: Counter[str] = Counter()
    wanted = set(phrases)
    total = n = 0
    for comment in asked:
        part = category(comment.record.score, survey_type)
        if part is None:
            continue
        sign = (part == "promoter") - (part == "detractor")
        total += sign
        n += 1
        for form in comment.phrases.keys() & wanted:
            balance[form] += sign
            scored[form] += 1
    usual = total / n if n else 0.0

    def telling(form: str) -> float:
        drawn = (balance[form] + usual * _PRIOR_COMMENTS) / (scored[form] + _PRIOR_COMMENTS)
        return 0.2 + abs(drawn - usual)

    return telling


def _members(forms: Collection[str], comments: Sequence[Comment]) -> dict[str, list[Comment]]:
    wanted = frozenset(forms)
    members: dict[str, list[Comment]] = {form: [] for form in forms}
    for comment in comments:
        for form in comment.phrases.keys() & wanted:
            members[form].append(comment)
    return {form: _of_one_tongue(form, found) for form, found in members.items()}


def _distinct_people(members: Sequence[Comment]) -> int:
    """Voices behind a phrase: people, or texts where one shared user stands for many people."""
    people = {comment.record.end_user_id for comment in members}
    return max(len(people), len({comment.words for comment in members}) if len(people) == 1 else 0)


def _same_theme(members: Sequence[Comment], theme: Sequence[Comment], n: int) -> bool:
    """Whether a phrase is said in much the same comments as a theme, more than chance brings about.

    Of a theme that most comments share, every phrase is a part; it is the same only if it is about as
    frequent.
    """
    ids = {comment.record.id for comment in theme}
    shared = sum(comment.record.id in ids for comment in members)
    fewer, more = sorted((len(members), len(theme)))
    if more > n / 2:
        return shared >= _OVERLAP * (fewer + more - shared)
    by_chance = more / n
    return shared >= (by_chance + (1 - by_chance) * _OVERLAP) * fewer


def _spelling(form: str, members: Sequence[Comment]) -> str:
    written = Counter(comment.phrases[form] for comment in members)
    return min(written, key=lambda spelling: (-written[spelling], spelling))


def _of_one_tongue(form: str, members: list[Comment]) -> list[Comment]:
    """Members whose language writes the form as the most frequent one does: a stem may be two words' by
    chance, as that of "costs" and of Italian "costa"."""
    tongues = Counter(comment.language for comment in members)
    if len(tongues) < 2:
        return members
    written: dict[str, set[str]] = {}
    for comment in members:
        written.setdefault(comment.language, set()).add(comment.phrases[form])
    usual = written[max(tongues, key=lambda language: (tongues[language], language))]
    return [comment for comment in members if written[comment.language] & usual]


def _run(phrase: list[str], members: Sequence[Comment]) -> str:
    """The longest run of words around a phrase that most of its comments share, cut where it would dangle."""
    from wootric_mcp.feedback.stop_words import JOINING

    shared: Counter[tuple[str, ...]] = Counter()
    for comment in members:
        words, length = comment.words, len(phrase)
        places = [at for at in range(len(words)) if list(words[at : at + length]) == phrase]
        shared.update(
            {
                words[begin : begin + longer]
                for at in places
                for longer in range(length + 1, _LONGEST_RUN + 1)
                for begin in range(max(0, at + length - longer), at + 1)
                if begin + longer <= len(words)
            }
        )
    ranked = [
        (-len(run), -times, run)
        for run, times in shared.items()
        if times >= max(2, _RUN_SHARE * len(members)) and not JOINING & ({run[0], run[-1]} - {phrase[0]})
    ]
    return " ".join(min(ranked)[2]) if ranked else ""
