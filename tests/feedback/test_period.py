"""Every way to name a period, in any zone, and what it says when it cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feedback.making import BERLIN, NOW
from wootric_mcp.feedback.period import PeriodError, previous, resolve_period

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Beirut",
]
MOMENTS = st.integers(946_684_800, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC))


def days(text: str, now: datetime = NOW) -> tuple[str, str]:
    period = resolve_period(text, now, BERLIN, "Europe/Berlin")
    return str(period.first), str(period.last)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2026-11-18", "2026-11-18"),
        ("yesterday", "2026-11-17", "2026-11-17"),
        ("this_week", "2026-11-16", "2026-11-22"),
        ("last_week", "2026-11-09", "2026-11-15"),
        ("this_month", "2026-11-01", "2026-11-30"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_quarter", "2026-10-01", "2026-12-31"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("this_year", "2026-01-01", "2026-12-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("last 30 days", "2026-10-20", "2026-11-18"),
        ("last 1 day", "2026-11-18", "2026-11-18"),
        ("last day", "2026-11-17", "2026-11-17"),
        ("last 2 weeks", "2026-11-02", "2026-11-15"),
        ("past 3 months", "2026-08-01", "2026-10-31"),
        ("last 14 months", "2025-09-01", "2026-10-31"),
        ("last 2 quarters", "2026-04-01", "2026-09-30"),
        ("last 2 years", "2024-01-01", "2025-12-31"),
        ("2026-W46", "2026-11-09", "2026-11-15"),
        ("2026W46", "2026-11-09", "2026-11-15"),
        ("2020-w53", "2020-12-28", "2021-01-03"),
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-11-15", "2026-11-15", "2026-11-15"),
        ("2026-11-01..2026-11-15", "2026-11-01", "2026-11-15"),
        ("2026-11-01 .. 2026-11-15", "2026-11-01", "2026-11-15"),
        ("2026-11-01 to 2026-11-15", "2026-11-01", "2026-11-15"),
        ("2026-Q1..2026-08", "2026-01-01", "2026-08-31"),
        ("since 2026-11-01", "2026-11-01", "2026-11-18"),
        ("since_2026-Q4", "2026-10-01", "2026-11-18"),
        ("since 2027-01-01", "2027-01-01", "2027-01-01"),
        ("all", "None", "2026-11-18"),
    ],
)
def test_a_period_is_its_first_and_last_day(text: str, first: str, last: str) -> None:
    assert days(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["last week", "LAST_WEEK", "Last-Week", "lastweek", "  last  week ", "previous week", "last weeks"],
)
def test_case_and_separators_do_not_matter(text: str) -> None:
    assert days(text) == ("2026-11-09", "2026-11-15")


@pytest.mark.parametrize("text", ["last30days", "LAST_30_DAYS", "last-30-days", "past 30 days"])
def test_counted_periods_read_loosely(text: str) -> None:
    assert days(text) == ("2026-10-20", "2026-11-18")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a period"),
        ("fortnight", "is not a period"),
        ("next week", "is not a period"),
        ("this 3 weeks", "is not a period"),
        ("since ever", "is not a period"),
        ("2026-11-01..soon", "is not a period"),
        ("2026-13", "does not exist"),
        ("2026-02-30", "does not exist"),
        ("2026-W54", "does not exist"),
        ("2026-Q5", "is not a period"),
        ("last 0 days", "no time at all"),
        ("2026-11-15..2026-11-01", "ends before it starts"),
        ("last 9999 years", "beyond the calendar"),
        ("last 9999 months", "beyond the calendar"),
        ("x" * 500, "is not a period"),
    ],
)
def test_what_is_no_period_is_refused_with_ones_that_are(text: str, why: str) -> None:
    with pytest.raises(PeriodError, match=why) as caught:
        resolve_period(text, NOW, BERLIN, "Europe/Berlin")
    assert "last 30 days" in str(caught.value) and "2026-Q3" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_reach_before_the_calendar_begins_is_refused() -> None:
    with pytest.raises(PeriodError, match="beyond the calendar"):
        resolve_period("last 9999 weeks", datetime(1910, 1, 1, tzinfo=UTC), UTC, "UTC")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("this week", "2026-11-16 to 2026-11-22 (Europe/Berlin), unfinished"),
        ("last week", "2026-11-09 to 2026-11-15 (Europe/Berlin)"),
        ("today", "2026-11-18 (Europe/Berlin), unfinished"),
        ("2027", "2027-01-01 to 2027-12-31 (Europe/Berlin), not begun yet"),
        ("all", "everything up to 2026-11-18 (Europe/Berlin), unfinished"),
    ],
)
def test_the_label_gives_bounds_zone_and_state(text: str, label: str) -> None:
    assert resolve_period(text, NOW, BERLIN, "Europe/Berlin").label == label


def test_the_zone_decides_which_day_it_is() -> None:
    late = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    assert resolve_period("today", late, BERLIN, "Europe/Berlin").first == date(2026, 11, 19)
    assert resolve_period("today", late, ZoneInfo("America/New_York"), "New York").first == date(2026, 11, 18)


def test_a_day_of_a_clock_change_has_23_or_25_hours() -> None:
    def hours(day: str) -> float:
        period = resolve_period(day, NOW, BERLIN, "Europe/Berlin")
        assert period.start
        return (period.end - period.start) / timedelta(hours=1)

    assert (hours("2026-03-29"), hours("2026-10-25"), hours("2026-11-15")) == (23, 25, 24)


def test_a_midnight_that_the_clocks_skip_is_the_instant_of_the_jump() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    period = resolve_period("2026-04-24", NOW, cairo, "Africa/Cairo")
    assert period.start == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert period.end == datetime(2026, 4, 24, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("this week", "2026-11-09", "2026-11-15"),
        ("2026-03", "2026-02-01", "2026-02-28"),
        ("2026-Q1", "2025-10-01", "2025-12-31"),
        ("2026", "2025-01-01", "2025-12-31"),
        ("last 2 weeks", "2026-10-19", "2026-11-01"),
        ("2026-11-01..2026-11-15", "2026-10-17", "2026-10-31"),
        ("today", "2026-11-17", "2026-11-17"),
    ],
)
def test_before_a_period_comes_one_of_its_kind(text: str, first: str, last: str) -> None:
    before = previous(resolve_period(text, NOW, BERLIN, "Europe/Berlin"))
    assert (str(before.first), str(before.last)) == (first, last)
    assert days(before.name) == (first, last)
    assert not before.unfinished


def test_nothing_comes_before_everything() -> None:
    with pytest.raises(PeriodError, match="no period before"):
        previous(resolve_period("all", NOW, BERLIN, "Europe/Berlin"))


@given(MOMENTS, st.sampled_from(ZONES))
def test_days_follow_each_other_without_gap_or_overlap(moment: datetime, zone: str) -> None:
    now, tz = moment, ZoneInfo(zone)
    today = resolve_period("today", now, tz, zone)
    yesterday = resolve_period("yesterday", now, tz, zone)
    assert yesterday.end == today.start
    assert today.contains(now) and not yesterday.contains(now)
    assert previous(today).start == yesterday.start


@given(
    MOMENTS,
    st.sampled_from(ZONES),
    st.sampled_from(["week", "month", "quarter", "year"]),
)
def test_this_and_last_adjoin_and_weeks_begin_on_monday(moment: datetime, zone: str, unit: str) -> None:
    now, tz = moment, ZoneInfo(zone)
    this, last = (resolve_period(f"{which} {unit}", now, tz, zone) for which in ("this", "last"))
    assert this.start == last.end and this.contains(now)
    assert this.unfinished and not last.unfinished
    assert previous(this).start == last.start
    assert unit != "week" or (this.first and this.first.weekday() == 0)
    assert resolve_period(this.name, now, tz, zone) == this


@given(st.text(max_size=30))
def test_any_other_text_is_a_period_error_or_a_period(text: str) -> None:
    try:
        period = resolve_period(text, NOW, BERLIN, "Europe/Berlin")
    except PeriodError:
        return
    assert period.start is None or period.start <= period.end
