"""Periods: from words such as `last week` to two instants."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Unit = Literal["day", "week", "month", "quarter", "year"]

EXAMPLES = (
    "today, yesterday, this_week, last_week, this_month, last_month, this_quarter, last_quarter, this_year, "
    "last_year, last 30 days, last 2 weeks, 2026-W46, 2026-11, 2026-Q3, 2026, 2026-11-15, "
    "2026-11-01..2026-11-15, since 2026-11-01, all"
)

_YEAR = r"(?:19|20|21)\d\d"
_ABSOLUTE = re.compile(
    rf"(?P<year>{_YEAR})(?:-?W(?P<week>\d\d?)|-?Q(?P<quarter>[1-4])|-(?P<month>\d\d?)(?:-(?P<day>\d\d?))?)?",
    re.IGNORECASE | re.ASCII,
)
_RELATIVE = re.compile(
    r"(?P<which>this|current|last|past|previous)[\s_-]*(?P<count>\d{1,4})?[\s_-]*(?P<unit>day|week|month|quarter|year)s?",
    re.IGNORECASE | re.ASCII,
)
_SINCE = re.compile(r"since[\s_]+(?P<from>.+)", re.IGNORECASE)
_RANGE = re.compile(r"(?P<from>.+?)\s*(?:\.\.+|…|\bto\b)\s*(?P<to>.+)", re.IGNORECASE)


class PeriodError(ValueError):
    """A period that cannot be read. Its text says why and shows periods that can."""

    def __init__(self, text: str, why: str = "is not a period") -> None:
        super().__init__(f"{text[:60]!r} {why}. Valid periods: {EXAMPLES}.")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of whole local days.

    `start` (inclusive; None: no beginning) and `end` (exclusive) are in UTC, so that they can be computed
    with; `first` and `last` are the local dates, both inclusive.
    """

    name: str
    start: datetime | None
    end: datetime
    unfinished: bool
    """Whether days of it are still to come."""
    zone: str
    first: date | None
    last: date
    future: bool = False
    """Whether it has not even begun, and so is empty."""
    unit: Unit = "day"
    count: int = 1
    tz: tzinfo = field(default=UTC, repr=False, compare=False)

    @property
    def label(self) -> str:
        """Absolute bounds and zone, for a reader: `2026-11-16 to 2026-11-22 (Europe/Berlin), unfinished`."""
        if self.first is None:
            days = f"everything up to {self.last}"
        elif self.first == self.last:
            days = str(self.first)
        else:
            days = f"{self.first} to {self.last}"
        state = ", not begun yet" if self.future else ", unfinished" if self.unfinished else ""
        return f"{days} ({self.zone}){state}"

    def contains(self, instant: datetime) -> bool:
        return (self.start is None or self.start <= instant) and instant < self.end


def resolve_period(text: str, now: datetime, zone: tzinfo, zone_name: str) -> Period:
    """Read a period, in any case, with spaces, underscores or hyphens.

    Weeks are ISO weeks. `last week` is the whole week before this one and `last 2 weeks` the two before it,
    likewise months, quarters and years; `last 30 days` are the thirty days that end with today. A range is
    inclusive on both sides, each of which is a day, week, month, quarter or year.

    Raises:
        PeriodError: the text is no period, names a day that does not exist, or ends before it starts.
    """
    today = now.astimezone(zone).date()
    wanted = text.strip()
    try:
        first, stop, unit, count = _dates(wanted, today)
        # Conversion to UTC needs a day of room at either end of the calendar.
        start = None if first is None else _midnight(first, zone)
        end = _midnight(stop, zone)
    except OverflowError as error:
        raise PeriodError(text, "reaches beyond the calendar") from error
    return Period(
        name=re.sub(r"[\s_]+", "_", wanted.casefold()) if wanted[:1].isalpha() else wanted,
        start=start,
        end=end,
        unfinished=now < end,
        zone=zone_name,
        first=first,
        last=stop - timedelta(days=1),
        future=start is not None and now < start,
        unit=unit,
        count=count,
        tz=zone,
    )


def previous(period: Period) -> Period:
    """The finished period of the same length right before: the week before a week, the 15 days before 15
    days.

    Raises:
        PeriodError: nothing comes before `all`.
    """
    if period.first is None:
        raise PeriodError(period.name, "has no period before it")
    first = step(period.first, period.unit, -period.count)
    last = period.first - timedelta(days=1)
    return Period(
        name=f"{first}..{last}",
        start=_midnight(first, period.tz),
        end=_midnight(period.first, period.tz),
        unfinished=period.future,
        zone=period.zone,
        first=first,
        last=last,
        future=False,
        unit=period.unit,
        count=period.count,
        tz=period.tz,
    )


def _dates(text: str, today: date) -> tuple[date | None, date, Unit, int]:
    """First day (inclusive), stop day (exclusive), and the unit and count that the period is made of."""
    tomorrow = today + timedelta(days=1)
    word = text.casefold()
    if word == "all":
        return None, tomorrow, "day", 1
    if word == "today":
        return today, tomorrow, "day", 1
    if word == "yesterday":
        return today - timedelta(days=1), today, "day", 1
    if match := _RELATIVE.fullmatch(text):
        return _relative(text, match, today)
    if match := _ABSOLUTE.fullmatch(text):
        return *_absolute(text, match), 1
    if match := _SINCE.fullmatch(text):
        first = _absolute(text, _ABSOLUTE.fullmatch(match["from"].strip()))[0]
        stop = max(tomorrow, first + timedelta(days=1))
        return first, stop, "day", (stop - first).days
    if match := _RANGE.fullmatch(text):
        first = _absolute(text, _ABSOLUTE.fullmatch(match["from"].strip()))[0]
        stop = _absolute(text, _ABSOLUTE.fullmatch(match["to"].strip()))[1]
        if stop <= first:
            raise PeriodError(text, "ends before it starts")
        return first, stop, "day", (stop - first).days
    raise PeriodError(text)


def _relative(text: str, match: re.Match[str], today: date) -> tuple[date, date, Unit, int]:
    unit: Unit = match["unit"].casefold()  # type: ignore[assignment]
    count = int(match["count"] or 1)
    if count == 0:
        raise PeriodError(text, "is no time at all")
    begin = beginning(today, unit)
    if match["which"].casefold() in ("this", "current"):
        if match["count"]:
            raise PeriodError(text)
        return begin, step(begin, unit, 1), unit, 1
    if unit == "day" and match["count"]:
        begin = today + timedelta(days=1)
    return step(begin, unit, -count), begin, unit, count


def _absolute(text: str, match: re.Match[str] | None) -> tuple[date, date, Unit]:
    if match is None:
        raise PeriodError(text)
    year = int(match["year"])
    unit: Unit
    try:
        if match["week"]:
            first, unit = date.fromisocalendar(year, int(match["week"]), 1), "week"
        elif match["quarter"]:
            first, unit = date(year, int(match["quarter"]) * 3 - 2, 1), "quarter"
        elif match["day"]:
            first, unit = date(year, int(match["month"]), int(match["day"])), "day"
        elif match["month"]:
            first, unit = date(year, int(match["month"]), 1), "month"
        else:
            first, unit = date(year, 1, 1), "year"
    except ValueError as error:
        raise PeriodError(text, "names a date that does not exist") from error
    return first, step(first, unit, 1), unit


def beginning(day: date, unit: Unit) -> date:
    """First day of the unit that `day` lies in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    if unit == "year":
        return day.replace(month=1, day=1)
    return day


def step(day: date, unit: Unit, count: int) -> date:
    """`count` units after `day`; for months and longer `day` is the first of a month."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
    if not 1900 * 12 <= months <= 2300 * 12:
        raise OverflowError
    return date(months // 12, months % 12 + 1, 1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Begin of a local day, in UTC.

    Where the clocks jump over midnight, fold=0 reads 00:00 with the offset before the jump, which is the
    instant of the jump; where midnight comes twice, it is the first.
    """
    if not 1800 <= day.year <= 2300:
        raise OverflowError
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
