from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil
from random import Random
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.lists import NOW, FakeList, Row, at
from wootric_mcp.api.ahead import IN_FLIGHT
from wootric_mcp.api.errors import BadAnswer, RateLimited, ServerFault
from wootric_mcp.api.models import Bounds
from wootric_mcp.api.paging import Reading, SortOrder, walk

BOTH_WAYS = pytest.mark.parametrize("newest_first", [True, False])
START = NOW - 540 * 86_400


def rows_of(seconds: Sequence[int], seed: int = 1) -> list[Row]:
    """Rows at these seconds, whose ids say nothing about their time."""
    ids = Random(seed).sample(range(1_000, 100_000_000), len(seconds))
    return [Row(second, row) for second, row in zip(seconds, ids, strict=True)]


def spread(count: int, seed: int = 1) -> list[int]:
    random = Random(seed)
    return [random.randrange(START + 1, NOW - 1) for _ in range(count)]


async def read(
    source: FakeList,
    *,
    newest_first: bool = True,
    after: int | None = None,
    before: int = NOW,
    take: Callable[[Sequence[Row]], bool | None] | None = None,
    **more: Any,
) -> tuple[list[Row], Reading]:
    taken: list[Row] = []

    def keep(rows: Sequence[Row]) -> bool | None:
        assert rows
        taken.extend(rows)
        return take(rows) if take else None

    bound = None if after is None else at(after)
    with anyio.fail_after(60):
        reading = await walk(
            source.fetch, keep, after=bound, before=at(before), newest_first=newest_first, **more
        )
    assert reading.rows == len(taken)
    assert source.most_in_flight <= IN_FLIGHT
    return taken, reading


def allowed(rows: int) -> float:
    """Answered requests that reading so many rows may take."""
    return ceil(rows / 50) * 1.02 + 8


@BOTH_WAYS
@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 300, 1499, 1500, 1501, 4000])
async def test_every_row_is_handed_over_once_and_in_order(count: int, newest_first: bool) -> None:
    for after in (None, START, 1):
        source = FakeList(rows_of(spread(count)))
        rows, reading = await read(source, newest_first=newest_first, after=after)
        assert rows == sorted(source.rows, reverse=newest_first)
        assert reading.complete
        assert reading.stopped == "end"
        assert source.answered <= allowed(count)
    if not count:
        assert source.answered == 1


seconds = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 700)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(seconds, st.booleans(), st.one_of(st.none(), st.integers(-1, 20)), st.integers(21, 42))
def test_any_rows_are_read_within_strict_bounds(
    bursts: list[tuple[int, int]], newest_first: bool, after: int | None, before: int
) -> None:
    source = FakeList(rows_of([second for second, size in bursts for _ in range(size)]))
    want = [row for row in source.rows if (after is None or row.second > after) and row.second < before]
    crowded = any(sum(row.second == second for row in want) > 3000 for second in range(41))

    async def check() -> None:
        rows, reading = await read(source, newest_first=newest_first, after=after, before=before)
        assert len(set(rows)) == len(rows)
        assert rows == sorted(rows, reverse=newest_first)
        if not crowded:
            assert rows == sorted(want, reverse=newest_first)
            assert reading.complete

    anyio.run(check)


@BOTH_WAYS
@pytest.mark.parametrize("crowd", [1400, 1499, 1500, 1501, 2999, 3000])
async def test_a_second_with_many_rows_is_read_from_both_ends(crowd: int, newest_first: bool) -> None:
    source = FakeList(rows_of([NOW - 5_000] * crowd + spread(700)))
    calls: list[int] = []
    rows, reading = await read(
        source, newest_first=newest_first, after=START, take=lambda given: calls.append(len(given))
    )
    assert rows == sorted(source.rows, reverse=newest_first)
    assert reading.complete is (crowd < 3000)  # with 3,000 nobody can tell that there are no more
    assert max(calls) >= crowd, "rows of one second come in one call"
    assert source.answered <= allowed(len(rows))


@BOTH_WAYS
async def test_taking_can_stop_at_a_second_with_many_rows(newest_first: bool) -> None:
    source = FakeList(rows_of([NOW - 5_000] * 1_600 + [NOW - 10] * 20 + [NOW - 9_000] * 20))
    rows, reading = await read(source, newest_first=newest_first, take=lambda given: len(given) < 1_600)
    assert len(rows) == 1_620
    assert reading.stopped == "taken"
    assert reading.reached == at(NOW - 5_000)


@BOTH_WAYS
async def test_rows_that_no_page_can_reach_are_reported(newest_first: bool) -> None:
    source = FakeList(rows_of([NOW - 5_000] * 3_200 + spread(300)))
    rows, reading = await read(source, newest_first=newest_first)
    assert len(rows) == 3_300
    assert not reading.complete
    assert reading.unreachable == -1
    assert reading.overfull == (at(NOW - 5_000),)
    assert reading.stopped == "end"


@BOTH_WAYS
async def test_twenty_thousand_rows_with_a_crowded_second_take_few_requests_while_others_arrive(
    newest_first: bool,
) -> None:
    arrived: list[Row] = []

    def arrive(_page: int) -> None:
        if len(arrived) < 200:
            arrived.append(Row(NOW, 10**9 + len(arrived)))
            source.add(arrived[-1])

    source = FakeList(rows_of([NOW - 9_000_000] * 1_400 + spread(18_600)), arrive)
    there = list(source.rows)
    rows, reading = await read(source, newest_first=newest_first, before=NOW + 1, still_growing=True)
    assert [row for row in rows if row.id < 10**9] == sorted(there, reverse=newest_first)
    assert len({row.id for row in rows}) == len(rows)
    assert reading.complete
    assert source.answered <= allowed(20_000)


@BOTH_WAYS
@pytest.mark.parametrize("page_size", [7, 25])
async def test_short_pages_are_not_taken_for_the_end(page_size: int, newest_first: bool) -> None:
    source = FakeList(rows_of([NOW - 700] * 120 + spread(900)))
    source.page_size = page_size
    rows, reading = await read(source, newest_first=newest_first)
    assert rows == sorted(source.rows, reverse=newest_first)
    assert reading.complete


@BOTH_WAYS
async def test_a_crowded_second_whose_rows_change_places_is_read_again(newest_first: bool) -> None:
    """Nothing says how Wootric orders rows of one second, so another leg may find them in another order."""
    source = FakeList(rows_of([NOW - 5_000] * 1_300 + spread(1_000)))
    real, bounds_seen = source.fetch, set()

    async def fetch(page: int, created: Bounds, order: SortOrder) -> list[Row]:
        bounds_seen.add(created)
        if len(bounds_seen) == 1:
            return await real(page, created, order)
        window = created.operators()
        rows = [row for row in source.rows if window.get("gt", 0) < row.second < window["lt"]]
        rows.sort(key=lambda row: (row.second, -row.id), reverse=order == "desc")
        return rows[(page - 1) * 50 : page * 50]

    source.fetch = fetch  # type: ignore[method-assign]
    rows, reading = await read(source, newest_first=newest_first, after=START)
    assert rows == sorted(source.rows, reverse=newest_first)
    assert reading.complete


@BOTH_WAYS
async def test_rows_with_fractions_of_a_second_are_read_once(newest_first: bool) -> None:
    """A server that compares fractions but shows whole seconds gives rows at, not only inside, the bounds."""
    source = FakeList(rows_of(spread(3_000)))
    shown = {row.id: row.second for row in source.rows}

    async def fetch(page: int, created: Bounds, order: SortOrder) -> list[Row]:
        window = created.operators()
        rows = [row for row in source.rows if window.get("gt", 0) <= row.second < window["lt"]]
        rows.sort(reverse=order == "desc")
        return rows[(page - 1) * 50 : page * 50]

    source.fetch = fetch  # type: ignore[method-assign]
    rows, reading = await read(source, newest_first=newest_first, after=NOW - 400 * 86_400)
    assert {row.id for row in rows} == {row for row, second in shown.items() if second > NOW - 400 * 86_400}
    assert len({row.id for row in rows}) == len(rows)
    assert reading.complete


@BOTH_WAYS
async def test_taking_can_stop_the_walk_and_it_can_be_gone_on_with(newest_first: bool) -> None:
    source = FakeList(rows_of(spread(2_000) + [NOW - 50] * 70))
    rows, reading = await read(source, newest_first=newest_first, take=lambda given: False)
    assert reading.stopped == "taken"
    assert not reading.complete
    assert source.answered <= 3
    while reading.stopped == "taken":
        assert reading.reached is not None
        bound = int(reading.reached.timestamp())
        more, reading = await read(
            source,
            newest_first=newest_first,
            after=None if newest_first else bound,
            before=bound if newest_first else NOW,
            take=lambda given: len(given) > 500,
        )
        rows += more
    assert rows == sorted(source.rows, reverse=newest_first)


async def test_a_first_page_that_is_enough_costs_one_request() -> None:
    source = FakeList(rows_of(spread(2_000)))
    _, reading = await read(source, take=lambda rows: False, still_growing=True)
    assert source.answered == 1
    assert reading.rows >= 45


@BOTH_WAYS
async def test_patience_ends_the_walk_and_says_how_far_it_came(newest_first: bool) -> None:
    def hang(page: int) -> None:
        if source.answered >= 20:
            has_hung.append(page)

    has_hung: list[int] = []
    source = FakeList(rows_of(spread(3_000)), hang)
    real = source.fetch

    async def fetch(page: int, created: Bounds, order: SortOrder) -> list[Row]:
        rows = await real(page, created, order)
        return await anyio.sleep_forever() if has_hung else rows

    source.fetch = fetch  # type: ignore[method-assign, assignment]
    rows, reading = await read(source, newest_first=newest_first, patience=0.5)
    assert reading.stopped == "patience"
    assert not reading.complete
    assert 500 < len(rows) < 1_500
    reached = reading.reached
    assert reached is not None
    walked = [
        row
        for row in source.rows
        if (row.created_at >= reached if newest_first else row.created_at <= reached)
    ]
    assert rows == sorted(walked, reverse=newest_first)


@BOTH_WAYS
async def test_the_request_limit_ends_the_walk_once_rows_were_handed_over(newest_first: bool) -> None:
    def limit(_page: int) -> None:
        if source.answered >= allowance:
            raise RateLimited(None, None)

    source = FakeList(rows_of(spread(1_000)), limit)
    allowance = 9
    rows, reading = await read(source, newest_first=newest_first)
    assert reading.stopped == "rate_limited"
    assert 0 < len(rows) < 1_000
    assert rows == sorted(source.rows, reverse=newest_first)[: len(rows)]
    source.answered, allowance = 0, 0
    with pytest.raises(RateLimited):
        await read(source, newest_first=newest_first)


async def test_the_fault_of_a_page_is_raised_after_the_pages_before_it() -> None:
    def fail(page: int) -> None:
        if page == 6:
            raise ServerFault("down", status=500)

    taken: list[Row] = []
    source = FakeList(rows_of(spread(1_000)), fail)
    with pytest.raises(ServerFault):
        await walk(source.fetch, taken.extend, after=at(START), before=at(NOW), newest_first=True)
    assert 240 <= len(taken) <= 250
    assert taken == sorted(source.rows, reverse=True)[: len(taken)]
    assert source.in_flight == 0


async def test_what_take_raises_is_raised_as_it_is() -> None:
    def take(_rows: Sequence[Row]) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await walk(FakeList(rows_of(spread(90))).fetch, take, after=None, before=at(NOW), newest_first=True)


async def test_a_list_that_is_not_sorted_is_not_taken_for_complete() -> None:
    source = FakeList(rows_of(spread(200)))
    shuffled = Random(1).sample(source.rows, 200)

    async def fetch(page: int, _created: Bounds, _order: SortOrder) -> list[Row]:
        return shuffled[(page - 1) * 50 : page * 50]

    with pytest.raises(BadAnswer, match="order"):
        await walk(fetch, lambda _rows: None, after=None, before=at(NOW), newest_first=True)


@BOTH_WAYS
async def test_a_server_that_repeats_itself_is_not_read_forever(newest_first: bool) -> None:
    page = sorted(rows_of(spread(50)), reverse=newest_first)

    async def fetch(_page: int, _created: Bounds, order: SortOrder) -> list[Row]:
        return sorted(page, reverse=order == "desc")

    with anyio.fail_after(20), pytest.raises(BadAnswer, match="again and again"):
        await walk(fetch, lambda _rows: None, after=None, before=at(NOW), newest_first=newest_first)


async def test_rows_outside_the_bounds_are_left_out() -> None:
    strange = sorted(rows_of([*spread(40), NOW, NOW + 5, START]), reverse=True)

    async def fetch(page: int, _created: Bounds, _order: SortOrder) -> list[Row]:
        return strange if page == 1 else []

    taken: list[Row] = []
    reading = await walk(fetch, taken.extend, after=at(START), before=at(NOW), newest_first=True)
    assert taken == [row for row in strange if START < row.second < NOW]
    assert reading.reached == at(START + 1)

    only_outside = FakeList([])
    only_outside.fetch = lambda page, created, order: fetch(page, created, order)  # type: ignore[method-assign, assignment]
    reading = await walk(
        only_outside.fetch, taken.extend, after=at(NOW + 10), before=at(NOW + 20), newest_first=True
    )
    assert reading.rows == 0


async def test_an_unreached_end_of_time_is_said_to_be_unknown() -> None:
    _, reading = await read(FakeList([]))
    assert reading.reached is None
    _, reading = await read(FakeList([]), newest_first=False)
    assert reading.reached == at(NOW) - timedelta(seconds=1)
    assert isinstance(reading.reached, datetime)
