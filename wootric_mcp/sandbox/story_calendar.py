"""When things happen in the story: weeks and months, counted back from one day, and the hours of a day.

Around the start of a week or a month there are 26 hours in which it has begun in some places on earth and not
yet in others. Nothing happens in them, so that counts by week hold in every time zone. Counts by month do too
unless a month begins on a Sunday or a Tuesday: where the two rules leave no hour of a day, the week wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

WEEKS: Final = 78
"""Whole weeks before the present one: eighteen months."""

HOUR: Final = 3600
DAY: Final = 24 * HOUR
FARTHEST_EAST: Final = 14 * HOUR
FARTHEST_WEST: Final = 12 * HOUR


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that matter, for a story that is told on `today` (UTC)."""

    today: date

    @property
    def this_week(self) -> date:
        return monday_of(self.today)

    @property
    def last_week(self) -> date:
        return self.this_week - timedelta(weeks=1)

    @property
    def start(self) -> date:
        return self.this_week - timedelta(weeks=WEEKS)

    @property
    def price_month(self) -> date:
        """First day of the month in which the price rises."""
        return self.month(6)

    @property
    def mix_month(self) -> date:
        """First day of the month from which on the respondents come from other regions than before."""
        return self.month(2)

    def month(self, back: int) -> date:
        """First day of the month that lies `back` months before today's."""
        months = self.today.year * 12 + self.today.month - 1 - back
        return date(months // 12, months % 12 + 1, 1)

    def days(self) -> list[date]:
        """Every day of the story, today included."""
        return [self.start + timedelta(days=n) for n in range((self.today - self.start).days + 1)]


def monday_of(day: date) -> date:
    """The Monday of the ISO week of `day`."""
    return day - timedelta(days=day.weekday())


def iso_week(day: date) -> str:
    """The ISO week of a day, such as `2026-W46`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def epoch(day: date) -> int:
    """Epoch seconds of the UTC midnight at which `day` begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def day_of(instant: int) -> date:
    """The UTC day of an instant in epoch seconds."""
    return datetime.fromtimestamp(instant, UTC).date()


def open_hours(day: date) -> tuple[int, int]:
    """The seconds of `day` (UTC, from, to) in which things may happen."""
    next_day = day + timedelta(days=1)
    opens = FARTHEST_WEST if _begins_week(day) or _begins_month(day) else 0
    closes = DAY - FARTHEST_EAST if _begins_week(next_day) or _begins_month(next_day) else DAY
    if opens < closes:
        return opens, closes
    return (FARTHEST_WEST, DAY) if _begins_week(day) else (0, DAY - FARTHEST_EAST)


def _begins_week(day: date) -> bool:
    return day.weekday() == 0


def _begins_month(day: date) -> bool:
    return day.day == 1
