"""Where a period is completely read, its counts are those of Wootric's own summary, or it is said why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple, Self
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select

from wootric_mcp.api.errors import WootricError
from wootric_mcp.store import coverage, sources
from wootric_mcp.store.freshness import MINUTE
from wootric_mcp.store.intervals import Interval, joined, without
from wootric_mcp.store.schema import responses

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wootric_mcp.api.models import NpsSummary
    from wootric_mcp.store.client import CachingClient

# One zone for each way in which days are cut in the world today, the likely ones first.
_ZONES = (
    "America/Los_Angeles", "America/New_York", "America/Chicago", "America/Denver", "UTC", "Europe/London",
    "Europe/Berlin", "Europe/Helsinki", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
    "Australia/Brisbane", "Pacific/Auckland", "America/Sao_Paulo", "Europe/Istanbul", "Asia/Dubai",
    "America/Phoenix", "America/Bogota", "America/Halifax", "America/Puerto_Rico", "America/Anchorage",
    "Pacific/Honolulu", "America/St_Johns", "America/Mexico_City", "Atlantic/Azores", "Atlantic/Cape_Verde",
    "Africa/Lagos", "Africa/Johannesburg", "Asia/Jerusalem", "Asia/Tehran", "Asia/Kabul", "Asia/Karachi",
    "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok", "Australia/Adelaide", "Australia/Darwin",
    "Pacific/Noumea", "Pacific/Chatham", "Pacific/Tongatapu", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
FARTHEST = 27 * 3_600
"""Seconds by which the days of two zones can be apart, and a little more."""
_QUARTER = 900
"""Seconds; every zone of today begins its days at a multiple of it."""
_NAMED = 3
_FEW, _SMALL_PART = 3, 0.02
_STALE = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Counts:
    """Responses, and the three groups of them by the thresholds of NPS."""

    responses: int = 0
    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    def __add__(self, other: Self) -> Counts:
        return self._with(other, 1)

    def __sub__(self, other: Self) -> Counts:
        return self._with(other, -1)

    def _with(self, other: Self, sign: int) -> Counts:
        return Counts(*(getattr(self, name) + sign * getattr(other, name) for name in self.__slots__))


class Fit(NamedTuple):
    """A time zone in whose days the rows that are here give Wootric's figures."""

    offset: timedelta
    """Of its first day."""
    name: str

    def __str__(self) -> str:
        minutes = int(self.offset.total_seconds()) // 60
        hours, rest = divmod(abs(minutes), 60)
        shift = f"{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}" if minutes else ""
        return "UTC" if self.name == "UTC" else f"UTC{shift} ({self.name})"


@dataclass(frozen=True, slots=True)
class Here:
    """What is kept of a stretch of local days."""

    counted: Counts
    excluded: Counts = Counts()
    near: Mapping[int, Counts] = field(default_factory=dict)
    """Counted responses around both ends, by the quarter of an hour (epoch seconds)."""
    covered: tuple[Interval, ...] = ()
    """What has been read, from well before the first day to well after the last."""
    unreachable: int = 0
    """Responses that the API cannot hand out; -1: an unknown number."""
    read_at: float = 0.0
    """When the part was read whose reading is longest ago, epoch seconds."""
    newest_reading: float = 0.0


async def difference(
    client: CachingClient,
    *,
    start: int,
    end: int,
    days: tuple[date | None, date],
    summary: NpsSummary,
    zone: tzinfo,
    now: float,
    is_nps: bool = True,
) -> str:
    """How the responses that are kept differ in number from Wootric's own summary of the same days, and why.

    Args:
        client: Whose store it is.
        start: First second of the first day, epoch seconds; 0: from the beginning.
        end: First second after the last day; for a period that is not over it may be the one after now.
        days: First (None: from the beginning) and last, in that zone.
        summary: Of these days; should it be older than what is here and differ, it is asked for again.
        zone: In which the days begin there.
        now: Account time, epoch seconds.
        is_nps: Whether the survey's scores fall into Wootric's groups; without, only totals are compared.

    Returns:
        One or two sentences; "" if the figures agree, or if not all of the period has been read.
    """
    here = await client.reader.fetch(lambda connection: look(connection, start, end))
    if not _is_read((start, end), here, now):
        return ""
    if not _agree(_counts(summary), here.counted, is_nps):
        with suppress(WootricError):
            summary = await client.summary(*days, zone=zone, since=here.newest_reading - MINUTE)
    return explained(start, end, _counts(summary), here, zone=zone, now=now, is_nps=is_nps)


def look(connection: Connection, start: int, end: int) -> Here:
    """What is kept of the interval, and of what lies around its ends."""
    around = (max(start - FARTHEST, 0), end + FARTHEST)
    pieces = coverage.pieces(connection, sources.responses().keys, around)
    within = [piece for piece in pieces if piece.start < end and piece.end > start]
    missing = [piece.unreachable for piece in within if piece.unreachable]
    c = responses.c
    sums = (
        func.count(),
        *(
            func.coalesce(func.sum(case((c.score.between(low, high), 1), else_=0)), 0)
            for low, high in ((9, 10), (7, 8), (0, 6))
        ),
    )
    is_within = (c.created >= start, c.created < end)
    groups = {
        row[0]: Counts(*map(int, row[1:]))
        for row in connection.execute(select(c.excluded, *sums).where(*is_within).group_by(c.excluded))
    }
    near: dict[int, Counts] = {}
    quarter = c.created // _QUARTER
    for low, high in joined((edge - FARTHEST, edge + FARTHEST) for edge in (start, end)):
        by_quarter = (
            select(quarter, *sums)
            .where(c.created >= low, c.created < high, c.excluded.is_(False))
            .group_by(quarter)
        )
        near |= {int(row[0]) * _QUARTER: Counts(*map(int, row[1:])) for row in connection.execute(by_quarter)}
    return Here(
        counted=groups.get(False, Counts()),
        excluded=groups.get(True, Counts()),
        near=near,
        covered=tuple(joined((piece.start, piece.end) for piece in pieces)),
        unreachable=-1 if -1 in missing else sum(missing),
        read_at=min((piece.read_at for piece in within), default=0.0),
        newest_reading=max((piece.read_at for piece in within), default=0.0),
    )


def explained(
    start: int, end: int, wootric: Counts, here: Here, *, zone: tzinfo, now: float, is_nps: bool = True
) -> str:
    """The difference between Wootric's figures and those here, in sentences; "" if there is none. Pure."""
    if _agree(wootric, here.counted, is_nps):
        return ""
    missing = wootric.responses - here.counted.responses
    if missing > 0 and here.unreachable in (missing, -1):
        return ""  # the answer says so anyway
    days = f"{_day(start, zone) if start else 'the beginning'} to {_day(end - 1, zone)}"
    if missing:
        said = (
            f"Wootric's own summary counts {_responses(wootric)} for {days}, "
            f"here are {here.counted.responses:,}"
        )
    else:
        said = (
            f"Wootric's own summary splits the {_responses(wootric)} of {days} into "
            f"{_groups(wootric)}, here are {_groups(here.counted)}"
        )
    if _agree(wootric, here.counted + here.excluded, is_nps):
        return f"{said}: it also counts the {here.excluded.responses:,} that are excluded from the score."
    if now < end and abs(missing) <= max(_FEW, _SMALL_PART * wootric.responses):
        return f"{said}: the period is not over, and responses are still arriving."
    if fits := fitting(start, end, wootric, here, zone=zone, now=now, is_nps=is_nps):
        return f"{said} by days of {zone}. {advice(fits)}"
    if not _is_read((max(start - FARTHEST, 0), end + FARTHEST), here, now):
        return (
            f"{said} by days of {zone}. If the account's days are those of another time zone, account_status "
            "finds it."
        )
    if now - here.read_at > _STALE:
        read = datetime.fromtimestamp(here.read_at, zone)
        return (
            f"{said}, of which some were read at {read:%Y-%m-%d %H:%M}: others may have been added, changed "
            "or deleted since. To read them again, ask with fresh: true."
        )
    return f"{said}. What makes the difference is not known."


def fitting(
    start: int, end: int, wootric: Counts, here: Here, *, zone: tzinfo, now: float, is_nps: bool = True
) -> list[Fit]:
    """The time zones in whose days the rows here give Wootric's figures, one for each way to cut them. Pure.

    Only those count for which everything in question has been read.
    """
    first, after = _day(start, zone), _day(end - 1, zone) + timedelta(days=1)
    seen = {(start, end)}
    found: list[Fit] = []
    for name in _ZONES:
        begins, ends = (_midnight(day, ZoneInfo(name)) for day in (first, after))
        begins = begins if start else 0
        if (begins, ends) in seen:
            continue
        seen.add((begins, ends))
        if not _is_read((begins, ends), here, now):
            continue
        counted = here.counted + _between(here.near, begins, start) + _between(here.near, end, ends)
        if _agree(wootric, counted, is_nps):
            offset = _local(end if start == 0 else begins, ZoneInfo(name)).utcoffset() or timedelta()
            found.append(Fit(offset, name))
    return found


def advice(fits: Iterable[Fit]) -> str:
    """Which time zone to set."""
    first, *others = fits
    sentence = (
        f"Days that begin at {first} would agree: if that is the account's zone, set "
        f"WOOTRIC_TIMEZONE={first.name}"
    )
    if not others:
        return f"{sentence}."
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f"{sentence} (those of {', '.join(map(str, others[:_NAMED]))}{more} would agree, too)."


def _is_read(interval: Interval, here: Here, now: float) -> bool:
    """Whether all of an interval has been read, apart from the last few minutes."""
    start, end = interval
    return not without((start, min(end, int(now) - _STALE)), here.covered)


def _between(near: Mapping[int, Counts], low: int, high: int) -> Counts:
    """Of the quarters from `low` to before `high`; negative where `high` comes first."""
    first, last = sorted((low, high))
    found = sum((counts for quarter, counts in near.items() if first <= quarter < last), Counts())
    return found if low <= high else Counts() - found


def _agree(one: Counts, other: Counts, is_nps: bool) -> bool:
    return one == other if is_nps else one.responses == other.responses


def _responses(counts: Counts) -> str:
    return f"{counts.responses:,} response{'' if counts.responses == 1 else 's'}"


def _groups(counts: Counts) -> str:
    return f"{counts.promoters:,} promoters, {counts.passives:,} passives, {counts.detractors:,} detractors"


def _counts(summary: NpsSummary) -> Counts:
    return Counts(summary.responses, summary.promoters, summary.passives, summary.detractors)


def _local(second: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(second, UTC).astimezone(zone)


def _day(second: int, zone: tzinfo) -> date:
    return _local(second, zone).date()


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
