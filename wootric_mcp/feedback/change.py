"""Whether two scores differ, by how much, and how much of a change is due to who answered.

A score is a mean over responses: NPS of +100, 0 and -100, CSAT of 100 and 0, CES of the scores themselves.
So differences have intervals, and the scores of groups, weighted by their shares, add up to that of all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import mul
from statistics import NormalDist
from typing import Literal

from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, SCALES, SurveyType, Z, category, estimate, wilson

_RANGES = {"NPS": 200, "CSAT": 100, "CES": 6}
"""Points from one end of a scale to the other."""

FALSE_DISCOVERIES = 0.05
"""Of the differences called real, the share that may be chance."""
_TWICE = 2.0
"""A difference that would take more than twice the responses to show is as good as none,"""
_NARROW = 1 / 20
"""if the half of its interval is at most so much of the scale: 10 points of NPS."""
_NARROW_SHARE = 2.5
"""The same for the share of a theme, in points."""
_WIDER = 5
"""Intervals of NPS and CSAT narrow as if there were nearly so many more responses, all along."""
_FEW, _EVEN = 1_000, 1e-7
_ROUNDING = 1 / 12
"""Variance of what a scale of whole numbers hides: nobody's mean of scores is surer than that."""

Verdict = Literal["real", "chance", "unclear", "level", "too few"]
"""real: beyond chance, all tests considered. chance: beyond it alone, but not among so many tests. unclear:
too few responses to say. level: enough of them, and nothing to be seen. too few: fewer than 5 on a side."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The score of n responses with its 95 % interval, in points; however few they are, and 0 for none."""

    n: int = 0
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def is_enough(self) -> bool:
        """Whether there are enough responses for a figure."""
        return self.n >= NO_PERCENTAGE_BELOW


def sample(counts: Counter[int | None], survey_type: SurveyType, people: int | None = None) -> Sample:
    """The responses of a group, from how often each score was given, by so many people if that is fewer."""
    n = sum(times for given, times in counts.items() if category(given, survey_type))
    if not n:
        return Sample()
    value, low, high = estimate(counts, survey_type, people)
    if survey_type == "ces7":
        least = Z * math.sqrt(_ROUNDING / n)
        low, high = min(low, value - least), max(high, value + least)
    return Sample(n, value, low, high)


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of scores in points, with its 95 % interval. The first four are None where too few
    answered for it."""

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    """How often chance alone would give a difference as large."""
    n: int
    """Responses on the side that has fewer."""
    verdict: Verdict = "too few"
    needed: int | None = None
    """If unclear: how many more responses would tell, on the side that has fewer while the others grow in
    proportion. They would make the difference real, all tests considered, were it what it seems, or else show
    that there is hardly any."""


def difference(before: Sample, after: Sample) -> Difference:
    """How much higher the second score is than the first, of other people; not yet judged.

    The interval is made of those of the two scores: it reaches as far from the difference as the root of the
    sum of the squares of how far theirs reach (R. G. Newcombe, Statistics in Medicine 17, 1998, for shares;
    G. Y. Zou and A. Donner, Statistics in Medicine 27, 2008, for any).
    """
    n = min(before.n, after.n)
    if not (before.is_enough and after.is_enough):
        return Difference(None, None, None, None, n)
    return _difference([(1.0, before, after)], n)


def _difference(weighted: Sequence[tuple[float, Sample, Sample]], n: int) -> Difference:
    """The sum of weighted differences."""
    value = math.fsum(weight * (after.value - before.value) for weight, before, after in weighted)
    down = math.hypot(
        *(weight * (after.value - after.low) for weight, _, after in weighted),
        *(weight * (before.high - before.value) for weight, before, _ in weighted),
    )
    up = math.hypot(
        *(weight * (after.high - after.value) for weight, _, after in weighted),
        *(weight * (before.value - before.low) for weight, before, _ in weighted),
    )
    # The part of the interval between the difference and none is what counts against chance.
    reach = down if value > 0 else up
    p = 2 * (1 - NormalDist().cdf(Z * abs(value) / reach)) if value and reach else 1.0
    return Difference(value, value - down, value + up, p, n)


def share_change(before: tuple[int, int], after: tuple[int, int]) -> Difference:
    """How much a share grew, in points of per cent, among other people; not yet judged.

    The interval is made of those of Wilson as that of two scores is made of theirs. Where few say it, chance
    is that of Fisher's exact test, of which what is as likely as what was found counts half (mid-p: H. O.
    Lancaster, Journal of the American Statistical Association 56, 1961).

    Args:
        before: How many people say it, and how many say anything.
        after: The same later.
    """
    sides = [Sample(n, *wilson(part, n)) if n else Sample() for part, n in (before, after)]
    found = difference(*sides)
    if found.p is None or before[0] + after[0] > _FEW:
        return found
    return replace(found, p=_mid_p(before, after))


def share_chance(before: tuple[int, int], after: tuple[int, int]) -> float | None:
    """The p of `share_change` alone, which takes half of the time."""
    if before[0] + after[0] <= _FEW and min(before[1], after[1]) >= NO_PERCENTAGE_BELOW:
        return _mid_p(before, after)
    return share_change(before, after).p


def _mid_p(before: tuple[int, int], after: tuple[int, int]) -> float:
    """How often as many people, drawn by chance from both sides, are spread as unevenly over them."""
    (part, n), (other, m) = before, after
    total = part + other
    # How likely each spread is as against the one found, each by the one beside it.
    more = ((n - k) * (total - k) / ((k + 1) * (m - total + k + 1)) for k in range(part, min(total, n)))
    less = (k * (m - total + k) / ((n - k + 1) * (total - k + 1)) for k in range(part, max(0, total - m), -1))
    odds: list[float] = [1.0, *accumulate(more, mul), *accumulate(less, mul)]
    rarer = sum(odd for odd in odds if odd < 1 - _EVEN)
    even = sum(odd for odd in odds if abs(odd - 1) <= _EVEN)
    return (rarer + even / 2) / sum(odds)


def judged(
    differences: Sequence[Difference], survey_type: SurveyType, shares: Sequence[Difference] = ()
) -> list[Difference]:
    """The differences of one answer, of scores and then of shares, with their verdicts, all considered.

    Of those called real, 5 % at most are expected to be chance (Y. Benjamini and Y. Hochberg, Journal of the
    Royal Statistical Society B 57(1), 1995).
    """
    tested = [each.p for each in (*differences, *shares) if each.p is not None]
    bound = most_chance(tested, len(tested))
    real = sum(p <= bound for p in tested)
    next_bound = FALSE_DISCOVERIES * (real + 1) / max(len(tested), 1)
    narrow = _NARROW * _RANGES[SCALES[survey_type].name]
    return [
        *(_with_verdict(each, bound, next_bound, narrow) for each in differences),
        *(_with_verdict(each, bound, next_bound, _NARROW_SHARE) for each in shares),
    ]


def most_chance(chances: Iterable[float], tests: int) -> float:
    """The greatest p of so many tests that is more than chance, by Benjamini and Hochberg; -1 if none is.

    Args:
        chances: p of the tests that may be.
        tests: How many there were in all.
    """
    ranked = enumerate(sorted(chances), start=1)
    return max((p for rank, p in ranked if p <= FALSE_DISCOVERIES * rank / tests), default=-1.0)


def _with_verdict(one: Difference, bound: float, next_bound: float, narrow: float) -> Difference:
    """A difference judged.

    Args:
        one: The difference.
        bound: The greatest p that is real; -1 if none is.
        next_bound: What p must come down to for the difference to be real beside those that are: the step of
            Benjamini and Hochberg after theirs. Were others to become real with it, more would do.
        narrow: How far its interval may reach to either side if none is to be seen.
    """
    if one.p is None or one.value is None or one.low is None or one.high is None:
        return one
    verdict: Verdict = "unclear"
    needed = None
    if one.p <= bound:
        verdict = "real"
    elif one.p <= FALSE_DISCOVERIES:
        verdict = "chance"
    else:
        # How many times the responses until the interval shows the difference, judged alone, or is narrow: it
        # narrows with the root of their number.
        reach = one.value - one.low if one.value > 0 else one.high - one.value
        until_shown = (reach / one.value) ** 2 if one.value else math.inf
        until_narrow = max(((one.high - one.low) / 2 / narrow) ** 2, 1.0)
        is_slight = until_shown > _TWICE * until_narrow
        if is_slight and until_narrow == 1:
            verdict = "level"
        else:
            until_real = until_shown * (NormalDist().inv_cdf(1 - next_bound / 2) / Z) ** 2
            needed = _roughly(((until_narrow if is_slight else until_real) - 1) * (one.n + _WIDER))
    return Difference(one.value, one.low, one.high, one.p, one.n, verdict, needed)


def _roughly(number: float) -> int:
    """A number rounded up to two digits."""
    unit: int = 10 ** max(math.floor(math.log10(max(number, 1))) - 1, 0)
    return max(math.ceil(number / unit), 1) * unit


@dataclass(frozen=True, slots=True)
class Effects:
    """What one group adds to the change of the score of all, in points."""

    mix: float
    """Because its share of the responses changed."""
    rate: float
    """Because its own score changed."""


@dataclass(frozen=True, slots=True)
class Split:
    """The change of a score = `mix` + `rate`, exactly, over groups that share out all responses."""

    groups: tuple[Effects, ...]
    """In the order of the groups."""
    rate: Difference
    """All groups' rates together: the change, had each group kept its share."""
    is_reversal: bool
    """Whether the score of all went one way and that of every group the other (Simpson's paradox)."""

    @property
    def mix(self) -> float:
        return math.fsum(each.mix for each in self.groups)


def split(groups: Sequence[tuple[Sample, Sample]]) -> Split | None:
    """Split a change into mix and rate by group; None if either side is empty.

    Each group gives its sample before and after. mix = Σ (w₁ - w₀) ((s₀ + s₁)/2 - S), rate = Σ (s₁ - s₀)
    (w₀ + w₁)/2, with w the share and s the score of a group and S the mean of the two scores of all (E. M.
    Kitagawa, Journal of the American Statistical Association 50, 1955). Where a group is empty on one side it
    is all mix.
    """
    n0, n1 = sum(before.n for before, _ in groups), sum(after.n for _, after in groups)
    if not (n0 and n1):
        return None
    all0 = math.fsum(before.n * before.value for before, _ in groups) / n0
    all1 = math.fsum(after.n * after.value for _, after in groups) / n1
    middle = (all0 + all1) / 2
    effects: list[Effects] = []
    weighted: list[tuple[float, Sample, Sample]] = []
    for before, after in groups:
        w0, w1 = before.n / n0, after.n / n1
        s0 = before.value if before.n else after.value
        s1 = after.value if after.n else before.value
        weight = (w0 + w1) / 2
        effects.append(Effects((w1 - w0) * ((s0 + s1) / 2 - middle), (s1 - s0) * weight))
        if before.n and after.n:
            weighted.append((weight, before, after))
    n = min(n0, n1)
    enough = n >= NO_PERCENTAGE_BELOW
    rate = _difference(weighted, n) if enough else Difference(None, None, None, None, n)
    return Split(tuple(effects), rate, _is_reversal(all1 - all0, groups))


def _is_reversal(change: float, groups: Sequence[tuple[Sample, Sample]]) -> bool:
    changes = [after.value - before.value for before, after in groups if before.n or after.n]
    is_known = all(before.is_enough and after.is_enough for before, after in groups if before.n or after.n)
    return is_known and len(changes) > 1 and bool(change) and all(each * change < 0 for each in changes)
