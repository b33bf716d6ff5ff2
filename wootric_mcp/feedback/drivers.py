"""Drivers: phrases that one group of comments says more than another, and phrases that may be new.

They tell detractors from promoters, the people asked about from everybody else, one period from another. What
goes together need not be a cause.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wootric_mcp.feedback.change import most_chance, share_chance
from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.phrases import (
    LONGEST,
    Corpus,
    distinct_people,
    ids_of,
    is_part,
    is_phrase,
    is_same,
    members_of,
    replaced_by,
    spelling_of,
)

_LEAST_PRIOR, _PRIOR_SHARE = 10, 0.02
"""Comments that the prior weighs: so many, or that share of all if it is more."""
_LEAST_Z = 2.0
_LEAST, _LEAST_IF_NEW = 3, 5
"""People who have to say a phrase in words of their own."""
_TIMES_IF_NEW = 3
"""A new phrase is in so many times the share of comments."""
_MOST_NEW = 5
_COPIES_FROM = 6
"""Words from which on the same text, or nearly the same, is one voice whoever sends it."""
_COMMENTS_HEARD = (6, 100)
"""Comments with a phrase among which its voices are looked for: few tell mostly, else more are heard."""
_CANDIDATES = 5
"""Phrases looked at for each that is told."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A phrase that is said more here than there."""

    phrase: str
    """The way it is mostly written. Customers' words: to be shown fenced only."""
    form: str
    n: int
    """Comments here that say it."""
    share: float
    """Of all comments here."""
    n_there: int
    share_there: float
    z: float
    """How many standard errors more."""


def contrast(here: int, there: int) -> Callable[[int, int], float]:
    """How much likelier a phrase is in one of `here` comments than of `there`, in standard errors (z), by the
    numbers of comments that say it.

    It is the log-odds ratio with an informative Dirichlet prior (B. L. Monroe, M. P. Colaresi and K. M.
    Quinn, Political Analysis 16(4), 2008), of comments, not of words: with y of n comments here and y' of n'
    there, N = n + n', a = max(10, N / 50) and b = a (y + y') / N, the difference of
    ln((y + b) / (n + a - y - b)) and the same of y' and n', whose variance is 1 / (y + b) + 1 / (y' + b). A
    phrase that all say or nobody does has 0.
    """
    both = here + there
    prior = max(_LEAST_PRIOR, _PRIOR_SHARE * both)

    def z(inside: int, outside: int) -> float:
        if inside + outside in (0, both):
            return 0.0
        of_phrase = prior * (inside + outside) / both
        one, other = inside + of_phrase, outside + of_phrase
        odds = math.log(one / (here + prior - one)) - math.log(other / (there + prior - other))
        return odds / math.sqrt(1 / one + 1 / other)

    return z


def drivers(
    here: Sequence[Comment],
    there: Sequence[Comment],
    *,
    most: int = 20,
    is_known: Callable[[str], bool] = lambda form: False,
) -> list[Driver]:
    """Phrases that the comments here say more than those there, the surest first.

    At least three people say each, in words of their own, and the shares differ by more than chance, all
    phrases considered.

    Args:
        here: Comments whose phrases are told.
        there: Comments to tell them from.
        most: Greatest number of phrases.
        is_known: Tells which forms are no news, such as the words of the query.
    """
    return _told_apart(here, there, most, is_known, _LEAST, is_confirmed=True)


def new_phrases(
    now: Sequence[Comment],
    before: Sequence[Comment],
    *,
    is_known: Callable[[str], bool] = lambda form: False,
) -> list[Driver]:
    """At most five phrases of a period that may be new since another, which is not confirmed: among so many
    phrases, a few pass the test though nothing has changed.

    At least five people say each, and in three times the share of comments.
    """
    return _told_apart(now, before, _MOST_NEW, is_known, _LEAST_IF_NEW, _TIMES_IF_NEW)


def _told_apart(
    here: Sequence[Comment],
    there: Sequence[Comment],
    most: int,
    is_known: Callable[[str], bool],
    least: int,
    times: float = 1,
    *,
    is_confirmed: bool = False,
) -> list[Driver]:
    """Phrases that at least so many people say, in so many times the share of comments; if wanted, beyond
    chance."""
    here, there = Corpus.of(here), Corpus.of(there)
    if not here or not there:
        return []
    inside, outside, ids = here.counts, there.counts, ids_of(here)
    z = contrast(len(here), len(there))

    def is_surely_more(n: int, n_there: int) -> bool:
        return n >= least and n * len(there) >= times * n_there * len(here) and z(n, n_there) >= _LEAST_Z

    surest = {
        form: z(n, outside[form])
        for form, n in inside.items()
        if is_surely_more(n, outside[form]) and is_phrase(form, inside, len(here)) and not is_known(form)
    }
    if is_confirmed:
        chances = {
            form: p
            for form in surest
            if (p := share_chance((outside[form], len(there)), (inside[form], len(here)))) is not None
        }
        bound = most_chance(chances.values(), sum(n + outside[form] >= least for form, n in inside.items()))
        surest = {form: surest[form] for form, p in chances.items() if p <= bound}
    kept = {form for form in surest if not is_part(form, inside, surest)}
    kept -= {word for form in kept for word in replaced_by(form, inside)}
    ranked = sorted(kept, key=lambda form: (-surest[form], form))[: most * _CANDIDATES]
    told: list[Driver] = []
    known: list[set[int]] = []
    for form in ranked:
        members = members_of(form, here, there)
        saying = [comment for comment in members if comment.record.id in ids]
        n, n_there = len(saying), len(members) - len(saying)
        if not is_surely_more(n, n_there):
            continue
        phrase, said_by = spelling_of(form, saying), ids_of(saying)
        if (
            len(phrase) <= LONGEST
            and not any(is_same(said_by, other, len(here)) for other in known)
            and _is_said_by(least, saying)
        ):
            told.append(Driver(phrase, form, n, n / len(here), n_there, n_there / len(there), z(n, n_there)))
            known.append(said_by)
            if len(told) == most:
                break
    return told


def _is_said_by(least: int, members: Sequence[Comment]) -> bool:
    """Whether so many people say something in words of their own. No comment that reads like instructions to
    an assistant counts."""
    members = [each for each in members if not each.is_suspicious]
    return any(_voices(members[:heard]) >= least for heard in _COMMENTS_HEARD)


def _voices(members: Sequence[Comment]) -> int:
    """People who say something in words of their own: copies of a longer text, or nearly copies, are one."""
    from wootric_mcp.feedback.duplicates import first_of

    brief = {(each.record.end_user_id, each.words) for each in members if each.length < _COPIES_FROM}
    texts = {each.words: each.record.text for each in members if each.length >= _COPIES_FROM}
    different = len(set(first_of(list(texts.values()))))
    return min(distinct_people(members), len(brief) + different)
