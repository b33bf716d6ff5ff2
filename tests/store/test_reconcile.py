"""Counts here against Wootric's own: what makes a difference is found out, or said not to be known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import anyio
import pytest

from tests.accounts import NOW, running, small_account
from wootric_mcp.feedback.period import resolve_period
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.sandbox.records import ResponseRow
from wootric_mcp.settings import Settings
from wootric_mcp.store import sources
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.reconcile import FARTHEST, Counts, Here, advice, difference, explained, fitting

BERLIN, LOS_ANGELES = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Los_Angeles")
FIRST, AFTER = date(2026, 11, 9), date(2026, 11, 16)
QUARTER = 900


def midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())


START, END = midnight(FIRST, BERLIN), midnight(AFTER, BERLIN)
LATER = END + 10 * 86_400


def here(created: Iterable[int], *, excluded: int = 0, width: int = FARTHEST) -> Here:
    """Promoters created then, all read ten days after the period."""
    near: dict[int, Counts] = {}
    counted = Counts()
    for second in created:
        quarter = second // QUARTER * QUARTER
        near[quarter] = near.get(quarter, Counts()) + Counts(1, 1)
        counted += Counts(1, 1) if START <= second < END else Counts()
    return Here(
        counted, Counts(excluded, excluded), near, ((START - width, END + width),), read_at=LATER - 60
    )


def said(wootric: Counts, kept: Here, *, now: float = LATER, is_nps: bool = True) -> str:
    return explained(START, END, wootric, kept, zone=BERLIN, now=now, is_nps=is_nps)


def test_equal_figures_need_no_words() -> None:
    assert said(Counts(2, 2), here([START, END - 1])) == ""


def test_excluded_responses_that_wootric_counts_are_found_out() -> None:
    assert said(Counts(5, 5), here([START, END - 1], excluded=3)) == (
        "Wootric's own summary counts 5 responses for 2026-11-09 to 2026-11-15, here are 2: it also counts "
        "the 3 that are excluded from the score."
    )


def test_another_time_zone_is_named_with_what_to_set() -> None:
    evening = midnight(FIRST, LOS_ANGELES) - 10  # in Berlin Monday already, in Los Angeles still Sunday
    sunday = midnight(AFTER, LOS_ANGELES) - 10
    kept = here([evening, evening, sunday, START + 200_000])
    text = said(Counts(2, 2), kept)
    assert text.startswith(
        "Wootric's own summary counts 2 responses for 2026-11-09 to 2026-11-15, here are 3 by days of "
        "Europe/Berlin. "
    )
    assert "UTC-8 (America/Los_Angeles)" in text
    assert "WOOTRIC_TIMEZONE" in text


@pytest.mark.parametrize("name", ["America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "UTC"])
def test_with_a_response_in_every_quarter_of_an_hour_exactly_one_way_to_cut_days_fits(name: str) -> None:
    zone = ZoneInfo(name)
    dense = [
        second
        for edge, each in ((START, 1), (END, 2))
        for second in range(edge - FARTHEST, edge + FARTHEST, QUARTER)
        for _ in range(each)
    ]
    kept = here(dense)
    low, high = midnight(FIRST, zone), midnight(AFTER, zone)
    wootric = Counts(*(2 * (sum(low <= second < high for second in dense),)))
    fits = fitting(START, END, wootric, kept, zone=BERLIN, now=LATER)
    assert [fit.name for fit in fits] == [name]


def test_a_zone_is_not_judged_by_days_that_were_not_read() -> None:
    sunday = midnight(AFTER, LOS_ANGELES) - 10
    text = said(Counts(2, 2), here([START + 200_000, sunday], width=0))
    assert "account_status" in text
    assert "Los_Angeles" not in text


def test_a_small_difference_is_put_down_to_responses_that_arrive_while_the_period_lasts() -> None:
    kept = here([START + 100])
    assert said(Counts(2, 2), kept, now=END - 3600).endswith("responses are still arriving.")
    assert "arriving" not in said(Counts(2, 2), kept)
    assert "arriving" not in said(Counts(90, 90), kept, now=END - 3600)


def test_a_difference_that_nothing_explains_is_reported_with_the_age_of_what_is_here() -> None:
    kept = here([START + 200_000, END - 200_000])
    assert said(Counts(9, 9), kept).endswith("here are 2. What makes the difference is not known.")
    old = replace(kept, read_at=LATER - 86_400)
    assert "some were read at 2026-11-25 00:00" in said(Counts(9, 9), old)
    assert "fresh: true" in said(Counts(9, 9), old)


def test_groups_are_compared_where_the_survey_has_them() -> None:
    kept = here([START + 200_000])
    assert "splits the 1 response of" in said(Counts(1, 0, 0, 1), kept)
    assert said(Counts(1, 0, 0, 1), kept, is_nps=False) == ""


def test_responses_that_cannot_be_reached_are_not_reported_twice() -> None:
    assert said(Counts(7, 7), replace(here([START]), unreachable=6)) == ""
    assert said(Counts(7, 7), replace(here([START]), unreachable=-1)) == ""


def test_many_zones_that_fit_are_counted_rather_than_listed() -> None:
    fits = fitting(START, END, Counts(1, 1), here([START + 250_000]), zone=BERLIN, now=LATER)
    assert advice(fits[:1]).endswith("set WOOTRIC_TIMEZONE=America/Los_Angeles.")
    assert f"and {len(fits) - 4} more would agree, too" in advice(fits)


async def told(zone: ZoneInfo, kept_zone: str, *, read: bool = True, excluded: bool = False) -> str:
    """What is said of last week, over a real port, where the account's zone is `kept_zone`."""
    data = small_account()
    border = midnight(FIRST, zone)
    person = data.end_users[0].id
    more = [
        ResponseRow(700 + place, person, 9, second, second, excluded=excluded and place == 1)
        for place, second in enumerate((border - 1800, border + 1800, border + 5 * 3600))
    ]
    data = replace(data, responses=[*data.responses, *more])
    with running(data, time_zone=kept_zone) as served:
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC"})
        with anyio.fail_after(30):
            async with CachingClient(settings, now=NOW.timestamp) as client:
                start, end = border, midnight(AFTER, zone)
                if read:
                    await client.reader.read(sources.responses(), start - FARTHEST, end + FARTHEST)
                summary = await client.summary(FIRST, AFTER - timedelta(days=1), zone=zone)
                return await difference(
                    client,
                    start=start,
                    end=end,
                    days=(FIRST, AFTER - timedelta(days=1)),
                    summary=summary,
                    zone=zone,
                    now=NOW.timestamp(),
                )


async def test_over_the_wire_the_right_zone_agrees_and_a_wrong_one_is_noticed() -> None:
    assert await told(BERLIN, "Europe/Berlin") == ""
    assert "here are 4 by days of Europe/Berlin. Days that begin at" in await told(
        BERLIN, "America/Los_Angeles"
    )
    assert await told(BERLIN, "Europe/Berlin", excluded=True) == ""


async def test_nothing_is_said_of_a_period_that_was_not_read() -> None:
    assert await told(BERLIN, "America/Los_Angeles", read=False) == ""


def test_a_beginning_without_a_date_is_not_moved() -> None:
    kept = replace(here([START + 5, END - 5]), covered=((0, END + FARTHEST),))
    fits = fitting(0, END, Counts(1, 1), kept, zone=BERLIN, now=LATER)
    assert fits[0].name not in ("America/Los_Angeles", "UTC")
    text = explained(0, END, Counts(1, 1), kept, zone=BERLIN, now=LATER)
    assert "for the beginning to 2026-11-15" in text


def test_what_to_set_stands_in_an_answer_however_many_zones_fit() -> None:
    fits = fitting(START, END, Counts(1, 1), here([START + 250_000]), zone=BERLIN, now=LATER)
    said = "Wootric's own summary counts 48,210 responses for 2025-11-09 to 2026-11-15, here are 48,190 in"
    period = resolve_period("last_week", NOW, BERLIN, "Europe/Berlin")
    assert "set WOOTRIC_TIMEZONE" in Receipt(period, NOW, remark=f"{said} {BERLIN}. {advice(fits)}").sentence
