"""NPS, CSAT and CES with the interval that belongs to them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wootric_mcp.feedback.records import FeedbackRecord

SurveyType = Literal["nps", "csat5", "csat10", "ces7"]
Category = Literal["promoter", "passive", "detractor"]

CATEGORIES: tuple[Category, ...] = ("promoter", "passive", "detractor")
INDICATIVE_BELOW = 30
NO_PERCENTAGE_BELOW = 5

_TOLERATED = 2
Z = 1.959963984540054
"""Quantile of the normal distribution for a two-sided interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Scores of a survey type: `lowest` to `highest`, of which the first parts are negative and neutral.

    Thresholds as in Wootric's mobile SDKs: NPS 0-6, 7-8, 9-10; CSAT 1-2, 3, 4-5 or 1-6, 7-8, 9-10; CES 1-3,
    4-5, 6-7.
    """

    name: str
    lowest: int
    neutral: int
    positive: int
    highest: int
    words: tuple[str, str, str]
    """What the positive, neutral and negative part are called, in the plural."""


_NPS_WORDS = ("promoters", "passives", "detractors")
_OTHER_WORDS = ("positive", "neutral", "negative")
SCALES: dict[SurveyType, Scale] = {
    "nps": Scale("NPS", 0, 7, 9, 10, _NPS_WORDS),
    "csat5": Scale("CSAT", 1, 3, 4, 5, _OTHER_WORDS),
    "csat10": Scale("CSAT", 1, 7, 9, 10, _OTHER_WORDS),
    "ces7": Scale("CES", 1, 4, 6, 7, _OTHER_WORDS),
}


@lru_cache(maxsize=1 << 8)
def category(score: int | None, survey_type: SurveyType) -> Category | None:
    """Part of the scale that a score lies in, in NPS words whatever the survey; None without a score in
    range."""
    scale = SCALES[survey_type]
    if score is None or not scale.lowest <= score <= scale.highest:
        return None
    if score >= scale.positive:
        return "promoter"
    return "passive" if score >= scale.neutral else "detractor"


@dataclass(frozen=True, slots=True)
class Score:
    """The score of n responses. promoters + passives + detractors = n.

    `value` with its 95 % interval `low` to `high` is NPS (-100 to 100), CSAT (per cent) or CES (mean, 1 to
    7). The three are None below 5 responses, where no such figure is fair.
    """

    survey_type: SurveyType
    n: int
    promoters: int
    passives: int
    detractors: int
    value: float | None
    low: float | None
    high: float | None
    unscored: int = 0
    """Responses without a score."""
    out_of_range: int = 0
    """Responses whose score this survey type does not have; not in n."""
    repeats: int = 0
    """Of n, those by people who had answered already, whom the interval counts once."""

    @property
    def margin(self) -> float | None:
        """Half of the 95 % interval, which need not be symmetrical about the value."""
        return None if self.high is None or self.low is None else (self.high - self.low) / 2

    @property
    def is_indicative(self) -> bool:
        return self.n < INDICATIVE_BELOW

    @property
    def short(self) -> str:
        """Name, value and margin, `NPS 31 ± 5`; where the interval is lopsided its ends, `NPS -100 (-100 to
        -17)`."""
        name = SCALES[self.survey_type].name
        if self.value is None or self.low is None or self.high is None or self.margin is None:
            return f"no {name} (too few)"
        digits = 1 if name == "CES" else 0
        unit = " %" if name == "CSAT" else ""
        value, low, high = (rounded(each, digits) for each in (self.value, self.low, self.high))
        if self._is_lopsided(digits):
            return f"{name} {value}{unit} ({low} to {high})"
        return f"{name} {value}{unit} ± {rounded(self.margin, digits)}"

    def _is_lopsided(self, digits: int) -> bool:
        """Whether "±" would mislead: one half ends with the scale, or the halves clearly differ."""
        value, low, high = (round(each or 0.0, digits) for each in (self.value, self.low, self.high))
        difference = round(abs((high - value) - (value - low)) * 10**digits)
        return difference > _TOLERATED or (difference > 0 and (low in self._ends or high in self._ends))

    @property
    def _ends(self) -> tuple[int, int]:
        name, scale = SCALES[self.survey_type].name, SCALES[self.survey_type]
        return {"NPS": (-100, 100), "CSAT": (0, 100)}.get(name, (scale.lowest, scale.highest))

    @property
    def figure(self) -> str:
        """The same with n: `NPS 31 ± 5, n = 402`, and whether that is few."""
        note = ", indicative only" if self.value is not None and self.is_indicative else ""
        return f"{self.short}, n = {self.n:,}{note}"

    @property
    def parts(self) -> str:
        """Counts of the three parts of the scale, with shares where there are enough."""
        words = SCALES[self.survey_type].words
        return ", ".join(
            f"{count:,} {word}" + (f" ({percent(count, self.n)})" if self.n >= NO_PERCENTAGE_BELOW else "")
            for count, word in zip((self.promoters, self.passives, self.detractors), words, strict=True)
        )


def score(records: Iterable[FeedbackRecord], survey_type: SurveyType) -> Score:
    """Score of all these records, of whom each person counts once for the interval, and each unknown one;
    leaving out what is excluded is the caller's business."""
    records = list(records)
    counts = Counter([record.score for record in records])
    people = [record.end_user_id for record in records if category(record.score, survey_type)]
    known = {person for person in people if person is not None}
    return score_of_counts(counts, survey_type, len(known) + people.count(None))


def score_of_counts(counts: Counter[int | None], survey_type: SurveyType, people: int | None = None) -> Score:
    """Score from how often each score was given. Counters add up, and so do periods and segments.

    With `people`, the number of those who gave them, the interval is that of as many responses: who answered
    twice tells no more than one. The value stays that of all responses.

    NPS interval: adjusted Wald, which adds 3/4 to promoters and to detractors and 3 to n (B. Rocks, Interval
    Estimation for the Net Promoter Score, The American Statistician 70(4), 2016). CSAT: share of the positive
    part with the interval of Wilson (1927; see Brown, Cai and DasGupta, Statistical Science 16(2), 2001).
    CES: mean with the normal interval, kept within the scale.
    """
    parts: Counter[Category] = Counter()
    out_of_range = 0
    for given, count in counts.items():
        part = category(given, survey_type)
        if part:
            parts[part] += count
        elif given is not None:
            out_of_range += count
    n = parts.total()
    value = low = high = None
    if n >= NO_PERCENTAGE_BELOW:
        value, low, high = estimate(counts, survey_type, people)
    return Score(
        survey_type=survey_type,
        n=n,
        promoters=parts["promoter"],
        passives=parts["passive"],
        detractors=parts["detractor"],
        value=value,
        low=low,
        high=high,
        unscored=counts[None],
        out_of_range=out_of_range,
        repeats=0 if people is None else n - people,
    )


def estimate(
    counts: Counter[int | None], survey_type: SurveyType, people: int | None = None
) -> tuple[float, float, float]:
    """Value, low and high of `score_of_counts`, however few scored; somebody did."""
    parts: Counter[Category | None] = Counter()
    for given, count in counts.items():
        parts[category(given, survey_type)] += count
    n = parts.total() - parts[None]
    weight = 1 if people is None else people / n
    if survey_type == "nps":
        return _nps(parts["promoter"], parts["detractor"], n, weight)
    if survey_type == "ces7":
        return _mean(counts, n, weight)
    return wilson(parts["promoter"], n, weight)


def percent(part: int, whole: int) -> str:
    """`23 %`; a part that is neither nothing nor everything is never rounded to 0 or 100."""
    if not whole:
        return "0 %"
    share = round(100 * part / whole)
    if share == 0 and part:
        return "<1 %"
    if share == 100 and part < whole:
        return ">99 %"
    return f"{share} %"


def _nps(promoters: int, detractors: int, n: int, weight: float) -> tuple[float, float, float]:
    more = n * weight + 3
    centre = (promoters - detractors) * weight / more
    variance = ((promoters + detractors) * weight + 1.5) / more - centre * centre
    half = Z * math.sqrt(variance / more)
    return (
        100 * (promoters - detractors) / n,
        max(-100.0, 100 * (centre - half)),
        min(100.0, 100 * (centre + half)),
    )


def wilson(positive: int, n: int, weight: float = 1.0) -> tuple[float, float, float]:
    """A share in per cent with its 95 % interval, each response weighing so much."""
    share, people = positive / n, n * weight
    spread = Z * Z / people
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / people + spread / (4 * people))
    return 100 * share, max(0.0, 100 * (centre - half)), min(100.0, 100 * (centre + half))


def _mean(counts: Counter[int | None], n: int, weight: float) -> tuple[float, float, float]:
    scale = SCALES["ces7"]
    given = [(each, times) for each, times in counts.items() if each is not None and category(each, "ces7")]
    mean = sum(each * times for each, times in given) / n
    half = Z * math.sqrt(
        sum(times * (each - mean) ** 2 for each, times in given) / max(n - 1, 1) / (n * weight)
    )
    return mean, max(float(scale.lowest), mean - half), min(float(scale.highest), mean + half)


def rounded(value: float, digits: int) -> str:
    """A figure with so many decimals, and never "-0"."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text
