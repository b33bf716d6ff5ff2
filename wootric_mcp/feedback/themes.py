"""Themes: what several comments talk about, as rows of the lexicon and as phrases, counted by comment."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.phrases import (
    LONGEST,
    Corpus,
    counts_of,
    distinct_people,
    ids_of,
    is_part,
    is_phrase,
    is_same,
    least_share,
    members_of,
    spelling_of,
    spread,
)
from wootric_mcp.feedback.rows import Label, Row
from wootric_mcp.feedback.score import Score, SurveyType, score, score_of_counts
from wootric_mcp.feedback.words import is_unspaced

_MOST_CANDIDATES = 150
_GATHERING = 1.5
"""Weight of what says more than a word: of two words that stay together, and of a row of the lexicon."""
_PRIOR_COMMENTS = 5
_MANY = 20
"""Comments from which on a theme needs three of them; among fewer, two."""
_LEAST_SHARE = 0.004
_CONFIDENCE = 1.64
"""Quantile of the normal distribution for a one-sided bound of 95 %."""
_LONGEST_RUN = 5
_RUN_SHARE = 0.6
_PHRASE_SHARE = 0.05
"""Of a row's comments, that say the phrase which tells the row."""
_COMMENTS_READ, _FIRST_READ = 30, 10
"""Comments of a theme, evenly spread, from which its run of words is made out, and fewer that tell whether
it may have one."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A row of the lexicon or a phrase, and the comments asked about that speak of it."""

    phrase: str
    """The way it is mostly written; of a row, the phrase that tells it best, "" if there is none. Customers'
    words: to be shown fenced only."""
    form: str
    run: str
    """Up to five words in a row around it that most of these comments share; "" if there are none."""
    members: tuple[Comment, ...]
    share: float
    """Of all comments asked about."""
    saying: int
    """How many of them have the run or, without one, say the phrase in any of its forms."""
    others: tuple[Comment, ...]
    """Comments outside the category asked about that say it, and what the query asks for."""
    score: Score
    """Of members and others."""
    name: str = ""
    """Of a row, in our words or the operator's; "" for a phrase or a tag."""
    is_tag: bool = False
    """Whether `phrase` is a tag of the account and no phrase."""
    among: int = 1
    """How many phrases a phrase was chosen from."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Forms of phrases that speak of a row alone, and how each is written."""

    @property
    def n(self) -> int:
        return len(self.members)

    @property
    def is_mostly_said(self) -> bool:
        """Whether half of its comments or more say the run or, without one, the phrase."""
        return 2 * self.saying >= self.n

    @property
    def label(self) -> Label | None:
        """What tells it; None for a phrase."""
        if self.is_tag:
            return Label(self.phrase, is_tag=True)
        return Label(self.name) if self.name else None


def find_themes(
    asked: Sequence[Comment],
    others: Sequence[Comment],
    survey_type: SurveyType,
    *,
    most: int = 12,
    is_known: Callable[[str], bool] = lambda form: False,
    scored: Sequence[Comment] | None = None,
    rows: Sequence[Row] = (),
    told: Sequence[Sequence[Comment]] = (),
) -> list[Theme]:
    """Themes of the comments asked about, the weightiest first.

    A theme weighs by the number of comments it is in times how telling it is: with `others` to compare with,
    how much more often it is said here than there; without, how far those who say it score from all.

    Args:
        asked: Comments the answer is about.
        others: The other comments of the same people and period; may be empty.
        most: Greatest number of themes.
        is_known: Tells which forms are no news, such as the words of the query.
        scored: Those of `others` whose scores count for a theme, all unless given.
        rows: What the lexicon tells. Phrases are found for what it misses, and for what stands out in a row.
        told: Comments of each theme that is told already, which is not found once more.
    """
    asked = Corpus.of(asked)
    counts = asked.counts
    least = max(3 if len(asked) >= _MANY else 2, math.ceil(_LEAST_SHARE * len(asked)))
    phrases = [
        form
        for form, n in counts.items()
        if n >= least and not is_known(form) and is_phrase(form, counts, len(asked))
    ]
    telling: Callable[[str], float]
    if others:
        elsewhere = Corpus.of(others).counts
        contrast = _contrast(len(asked), len(others))
        telling = lambda form: contrast(counts[form], elsewhere[form])  # noqa: E731
        row_telling = {row.label: contrast(len(row.asked), row.others) for row in rows}
    else:
        telling, departure = _departure(asked, survey_type)
        row_telling = {row.label: departure(row.asked) for row in rows}
    tellings = {form: telling(form) for form in phrases}
    among = len(phrases)
    phrases = [form for form in phrases if not is_part(form, counts, tellings)]
    # A pair of words that stays says more than either.
    weight = {form: counts[form] * tellings[form] * (_GATHERING if " " in form else 1.0) for form in phrases}
    ranked = sorted(phrases, key=lambda form: (-weight[form], form))[:_MOST_CANDIDATES]
    candidates: list[tuple[float, str, Row | None]] = [(weight[form], form, None) for form in ranked]
    candidates += [
        (len(row.asked) * row_telling[row.label] * _GATHERING, row.label.name, row) for row in rows
    ]
    chosen: list[tuple[str, Row | None, Sequence[Comment]]] = []
    known = [(ids_of(theme), True) for theme in told]
    for _, form, row in sorted(candidates, key=_rank):
        if len(chosen) == most:
            break
        found = row.asked if row else members_of(form, asked)
        if len(found) < least or distinct_people(found) < least:
            continue
        ids = ids_of(found)
        if not any(
            _is_in_row(ids, theme, len(asked)) if row or is_row else is_same(ids, theme, len(asked))
            for theme, is_row in known
        ):
            chosen.append((form, row, found))
            known.append((ids, row is not None))
    background = Corpus.of(others if scored is None else scored)
    themes: list[Theme] = []
    for form, row, found in chosen:
        if row:
            themes.append(row_theme(row, asked, survey_type, themes))
        else:
            scored_too = members_of(form, background)
            themes.append(_of_phrase(form, found, scored_too, len(asked), among, survey_type))
    return themes


def _rank(candidate: tuple[float, str, Row | None]) -> tuple[float, int, str]:
    """The heaviest first; of the same weight rows of the lexicon, then tags, then phrases."""
    weight, form, row = candidate
    return -weight, 2 if row is None else int(row.label.is_tag), form


def _of_phrase(
    form: str,
    found: Sequence[Comment],
    scored: Sequence[Comment],
    n: int,
    among: int,
    survey_type: SurveyType,
) -> Theme:
    phrase = spelling_of(form, found)
    run, having = _run(phrase.split(), found)
    return Theme(
        phrase=phrase,
        form=form,
        run=run,
        members=tuple(found),
        share=len(found) / n,
        saying=having or len(found),
        others=tuple(scored),
        score=score((comment.record for comment in (*found, *scored)), survey_type),
        among=among,
    )


def row_theme(row: Row, asked: Sequence[Comment], survey_type: SurveyType, before: Sequence[Theme]) -> Theme:
    """A row as theme, however few of the comments asked about it is told of.

    With it comes the phrase of its own that is most telling: frequent in it, rare among all comments asked
    about, with words if possible that no theme before has.
    """
    counts, inside = Corpus.of(asked).counts, counts_of(row.asked)
    usual = len(row.asked) / len(asked)
    least = max(2, math.ceil(_PHRASE_SHARE * len(row.asked)))
    weight = {
        form: times * (0.2 + math.log(times / (counts[form] * usual))) * (_GATHERING if " " in form else 1.0)
        for form, times in inside.items()
        if times >= least and len(form) <= LONGEST and times >= counts[form] * usual
    }
    examples: dict[str, Comment] = {}
    missing = set(weight)
    for comment in row.asked:
        if not missing:
            break
        found = missing & comment.phrases.keys()
        examples |= dict.fromkeys(found, comment)
        missing -= found
    own = {
        form: examples[form].phrases[form]
        for form in sorted(weight, key=lambda form: (-weight[form], form))
        if row.has(examples[form].phrases[form], examples[form])
    }
    told = {each for theme in before for each in (theme.form, theme.run)}
    words = {word for each in told for word in each.split()}
    fresh = [form for form in own if form not in told]
    best = min(fresh, key=lambda form: not words.isdisjoint(form.split()), default="")
    saying = [comment for comment in row.asked if best in comment.phrases]
    phrase = spelling_of(best, saying) if best else ""
    run, having = _run(phrase.split(), saying) if phrase else ("", 0)
    if run in told:
        run, having = "", 0
    return Theme(
        phrase=row.label.name if row.label.is_tag else phrase,
        form=best,
        run=run or phrase if row.label.is_tag else run,
        members=tuple(row.asked),
        share=len(row.asked) / len(asked),
        saying=having or len(saying),
        others=tuple(row.scored),
        score=score((comment.record for comment in (*row.asked, *row.scored)), survey_type),
        name="" if row.label.is_tag else row.label.name,
        is_tag=row.label.is_tag,
        own=own,
    )


def _contrast(asked: int, others: int) -> Callable[[int, int], float]:
    """How much likelier a theme is here than elsewhere, at least, by its comments here and there: the lower
    95 % bound of a log ratio.

    Half a comment is added on either side, so that what is said here only does not outweigh everything.
    """
    odds = math.log((others + 1) / (asked + 1))

    def telling(inside: int, outside: int) -> float:
        here, there = inside + 0.5, outside + 0.5
        return 0.2 + max(0.0, math.log(here / there) + odds - _CONFIDENCE * math.sqrt(1 / here + 1 / there))

    return telling


def _departure(
    asked: Corpus, survey_type: SurveyType
) -> tuple[Callable[[str], float], Callable[[Sequence[Comment]], float]]:
    """How far the balance of promoters and detractors among those who say it is from that of all, drawn
    towards it: by phrase, and by comments."""
    parts = asked.parts(survey_type)
    promoters, detractors, unscored = parts["promoter"], parts["detractor"], parts[None]
    scored = len(asked) - len(unscored)
    usual = (len(promoters) - len(detractors)) / scored if scored else 0.0

    def telling(balance: int, scored: int) -> float:
        drawn = (balance + usual * _PRIOR_COMMENTS) / (scored + _PRIOR_COMMENTS)
        return 0.2 + abs(drawn - usual)

    def of_phrase(form: str) -> float:
        balance = promoters.counts[form] - detractors.counts[form]
        return telling(balance, asked.counts[form] - unscored.counts[form])

    def of_comments(comments: Sequence[Comment]) -> float:
        found = score_of_counts(Counter(comment.record.score for comment in comments), survey_type)
        return telling(found.promoters - found.detractors, found.n)

    return of_phrase, of_comments


def _is_in_row(members: set[int], theme: set[int], n: int) -> bool:
    """Whether most of these comments, more than by chance, are in a theme, where either is a row.

    A row goes beside a phrase that is part of it, for it says more; a phrase goes into a row.
    """
    return len(members & theme) >= least_share(len(theme) / n) * len(members)


def _run(phrase: list[str], members: Sequence[Comment]) -> tuple[str, int]:
    """The longest run of words around a phrase that most of its comments share, cut where it would dangle,
    and how many of them have it; "" if there is none."""
    from wootric_mcp.feedback.stop_words import JOINING

    some, more = spread(members, _FIRST_READ), spread(members, _COMMENTS_READ)
    if max(_runs(phrase, some).values(), default=0) < _RUN_SHARE / 2 * len(some):
        return "", 0
    least = max(2, _RUN_SHARE * len(more))
    shared = [
        (-len(run), -times, _written(run))
        for run, times in _runs(phrase, more).items()
        if times >= least and not JOINING & ({run[0], run[-1]} - {phrase[0]})
    ]
    # Words of two sentences, or Japanese ones with others between, are no run, and those read may not be like
    # the others.
    for *_, run in sorted(shared):
        having = sum(run in comment.record.text.lower().replace("’", "'") for comment in members)
        if having >= _RUN_SHARE * len(members):
            return run, having
    return "", 0


def _written(run: Sequence[str]) -> str:
    """A run of words as it is written: of Chinese they are pairs of characters, of which each begins with the
    one that the last ends with."""
    return run[0] + "".join(word[1:] for word in run[1:]) if is_unspaced(run[0]) else " ".join(run)


def _runs(phrase: list[str], members: Iterable[Comment]) -> Counter[tuple[str, ...]]:
    """How many of these comments say each run of words around a phrase."""
    said: Counter[tuple[str, ...]] = Counter()
    whole, length = tuple(phrase), len(phrase)
    for comment in members:
        words = comment.words
        places = [
            at for at, word in enumerate(words) if word == whole[0] and words[at : at + length] == whole
        ]
        said.update(
            {
                words[begin : begin + longer]
                for at in places
                for longer in range(length + 1, _LONGEST_RUN + 1)
                for begin in range(max(0, at + length - longer), at + 1)
                if begin + longer <= len(words)
            }
        )
    return said
