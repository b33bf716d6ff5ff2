"""What happens in the story and how often: who is asked when, how they feel, what they talk about.

Outcomes are dealt, not drawn: over any stretch of time the shares are what the odds say, to within a few.
So the score of a region or plan stays where it is unless the plot moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Final, Literal, NamedTuple, TypeAlias

from .story_calendar import HOUR, WEEKS, Calendar, epoch, open_hours
from .story_writer import Category

Kind: TypeAlias = Literal["survey", "wave", "anonymous", "staff", "decline", "signup"]

PRICE_PLAN: Final = "Team"
PRICING: Final = "pricing"
CRASHES: Final = "mobile crashes"
CSV_EXPORT: Final = "CSV export"
NOTHING: Final = ""
"""The topic of a remark about nothing in particular."""

_FIRST_WEEK, _LAST_WEEK = 44, 312
_WAVE_PER_DAY: Final = 15.0
_WEEKDAYS: Final = (0.95, 1.2, 1.25, 1.2, 1.05, 0.35, 0.2)
_PEAK_HOUR: Final = {"AMER": 18, "EMEA": 11, "APAC": 4}

_REGIONS: Final = {"AMER": 0.42, "EMEA": 0.40, "APAC": 0.18}
_REGIONS_AFTER: Final = {"AMER": 0.32, "EMEA": 0.27, "APAC": 0.41}
_PLANS: Final = {"Starter": 0.24, "Team": 0.36, "Business": 0.27, "Enterprise": 0.13}
_PROMOTERS: Final = {"AMER": 0.57, "EMEA": 0.53, "APAC": 0.30}
_DETRACTORS: Final = {"AMER": 0.14, "EMEA": 0.16, "APAC": 0.33}
_PLAN_SHIFT: Final = {"Starter": -0.03, "Team": 0.0, "Business": 0.02, "Enterprise": 0.05}
_PRICE_SHIFT: Final = 0.28
_SIDE_SHOWS: Final[Mapping[Kind, float]] = {
    "anonymous": 0.012,
    "staff": 0.006,
    "decline": 0.15,
    "signup": 0.02,
}

COMPLAINTS: Final = {
    PRICING: 0.12,
    CRASHES: 0.02,
    CSV_EXPORT: 0.06,
    "support": 0.11,
    "onboarding": 0.05,
    "speed": 0.13,
    "search": 0.06,
    "integrations": 0.08,
    "reporting": 0.07,
    "billing": 0.05,
    "reliability": 0.06,
    "permissions": 0.04,
    "ease of use": 0.07,
    "missing features": 0.09,
    "documentation": 0.03,
    NOTHING: 0.06,
}
PRAISE: Final = {
    PRICING: 0.06,
    CRASHES: 0.01,
    CSV_EXPORT: 0.06,
    "support": 0.17,
    "onboarding": 0.07,
    "speed": 0.08,
    "search": 0.05,
    "integrations": 0.06,
    "reporting": 0.07,
    "billing": 0.02,
    "reliability": 0.07,
    "permissions": 0.02,
    "ease of use": 0.20,
    "missing features": 0.06,
    "documentation": 0.03,
    NOTHING: 0.12,
}
_WHILE_PRICES_RISE: Final = {name: share * 0.25 for name, share in COMPLAINTS.items()} | {PRICING: 0.78}


class Event(NamedTuple):
    """One thing that happens, at an instant, to somebody of a region and plan who is in this mood."""

    at: int
    kind: Kind
    region: str
    plan: str
    category: Category


class Dealer:
    """Deals outcomes so that each comes as often as its odds say, in an order that does not look dealt."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._due: dict[str, float] = {}

    def deal(self, odds: Mapping[str, float]) -> str:
        due, random = self._due, self._rng.random
        best, most = "", float("-inf")
        for name, share in odds.items():
            due[name] = owed = due.get(name, 0.0) + share
            if (urge := owed + random()) > most:
                best, most = name, urge
        due[best] -= sum(odds.values())
        return best


class Plot:
    """The course of events, day by day."""

    def __init__(self, calendar: Calendar, rng: Random) -> None:
        self._calendar = calendar
        self._rng = rng
        self._dealers: dict[str, Dealer] = {}
        self._carried: dict[str, float] = {}

    def events(self) -> Iterator[Event]:
        """Everything that happens, in order, up to the end of today."""
        for day in self._calendar.days():
            yield from sorted(self._of_a_day(day))

    def complaint(self, day: date, plan: str) -> str:
        """What somebody with that plan complains about on that day."""
        if plan == PRICE_PLAN and self._price_effect(day):
            return self.deal("complaint while prices rise", _WHILE_PRICES_RISE)
        return self.deal("complaint", COMPLAINTS)

    def praise(self) -> str:
        """What somebody praises."""
        return self.deal("praise", PRAISE)

    def deal(self, what: str, odds: Mapping[str, float]) -> str:
        """Deals from the stack of that name."""
        if what not in self._dealers:
            self._dealers[what] = Dealer(self._rng)
        return self._dealers[what].deal(odds)

    def _of_a_day(self, day: date) -> Iterator[Event]:
        week = (day - self._calendar.start).days // 7
        volume = _FIRST_WEEK + (_LAST_WEEK - _FIRST_WEEK) * week / (WEEKS - 1)
        expected = volume * _WEEKDAYS[day.weekday()] / sum(_WEEKDAYS)
        for _ in range(self._whole("survey", expected)):
            yield self._event(day, "survey")
        for kind, share in _SIDE_SHOWS.items():
            for _ in range(self._whole(kind, expected * share)):
                yield self._event(day, kind)
        if day >= self._calendar.last_week:
            for _ in range(self._whole("wave", _WAVE_PER_DAY * min(1.0, _WEEKDAYS[day.weekday()]))):
                yield self._event(day, "wave")

    def _whole(self, what: str, expected: float) -> int:
        """`expected` as a whole number; what is cut off is carried to the next day."""
        total = expected + self._carried.get(what, 0.5)
        self._carried[what] = total % 1
        return int(total)

    def _event(self, day: date, kind: Kind) -> Event:
        shifted = day >= self._calendar.mix_month
        region = self.deal(f"region {kind}", _REGIONS_AFTER if shifted else _REGIONS)
        plan = self.deal(f"plan {kind} {region}", _PLANS)
        return Event(self._instant(day, region), kind, region, plan, self._category(day, kind, region, plan))

    def _category(self, day: date, kind: Kind, region: str, plan: str) -> Category:
        if kind == "wave":
            odds = {"detractor": 0.82, "passive": 0.14, "promoter": 0.04}
        else:
            hurt = _PRICE_SHIFT * self._price_effect(day) if plan == PRICE_PLAN else 0.0
            promoters = _PROMOTERS[region] + _PLAN_SHIFT[plan] - hurt
            detractors = _DETRACTORS[region] - _PLAN_SHIFT[plan] + hurt
            odds = {
                "detractor": detractors,
                "passive": 1 - promoters - detractors,
                "promoter": promoters,
            }
        dealt = self.deal(f"category {kind} {region} {plan}", odds)
        return "promoter" if dealt == "promoter" else "detractor" if dealt == "detractor" else "passive"

    def _price_effect(self, day: date) -> float:
        """How much the price rise hurts on a day: fully in its month, half in the next, then not at all."""
        if day < self._calendar.price_month or day >= self._calendar.month(4):
            return 0.0
        return 1.0 if day < self._calendar.month(5) else 0.5

    def _instant(self, day: date, region: str) -> int:
        opens, closes = open_hours(day)
        second = int(self._rng.gauss(_PEAK_HOUR[region], 3.5) * HOUR)
        if not opens <= second < closes:
            second = self._rng.randrange(opens, closes)
        return epoch(day) + second
