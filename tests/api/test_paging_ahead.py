"""What guides a walk: how far rows are wanted, how many are expected, and a taker that takes its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import ceil
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.lists import NOW, FakeList, Row, at
from wootric_mcp.api.ahead import IN_FLIGHT
from wootric_mcp.api.models import Bounds
from wootric_mcp.api.paging import Batch, Reading, SortOrder, walk

BOTH_WAYS = pytest.mark.parametrize("newest_first", [True, False])
YEAR = 365 * 86_400
START = NOW - YEAR


def even(count: int, since: int = START) -> list[Row]:
    """Rows at random seconds after `since`, whose ids say nothing about their time."""
    random = Random(count)
    ids = random.sample(range(1_000, 100_000_000), count)
    return [Row(random.randrange(since + 1, NOW - 1), row) for row in ids]


class DistantList(FakeList):
    """Answers what is asked for at the same time together; `trips` counts the round trips this takes.

    `settle` is how often the other tasks may run before nobody is taken to ask for more.
    """

    def __init__(self, rows: list[Row], settle: int = 20) -> None:
        super().__init__(rows)
        self.trips = 0
        self._settle = settle
        self._waiting: list[anyio.Event] = []

    async def fetch(self, page: int, created: Bounds, order: SortOrder) -> list[Row]:
        arrival = anyio.Event()
        self._waiting.append(arrival)
        await arrival.wait()
        return await super().fetch(page, created, order)

    async def answer(self) -> None:
        while True:
            for _ in range(self._settle):
                await anyio.lowlevel.checkpoint()
            if self._waiting:
                self.trips += 1
                due, self._waiting = self._waiting, []
                for arrival in due:
                    arrival.set()


async def read(
    source: FakeList, *, newest_first: bool = True, aim: Callable[[], int | None] | None = None, **more: Any
) -> tuple[list[Row], Reading]:
    """Read to the aim, which is a second that may move, or to the end."""
    taken: list[Row] = []

    def instant() -> datetime | None:
        second = aim and aim()
        return None if second is None else at(second)

    async def take(batch: Batch[Row]) -> bool | None:
        await anyio.lowlevel.checkpoint()
        taken.extend(batch)
        assert batch.reached is not None
        second = instant()
        if second is None:
            return None
        return batch.reached > second if newest_first else batch.reached < second

    more = {"after": None, "before": at(NOW), **more}
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            if isinstance(source, DistantList):
                group.start_soon(source.answer)
            reading = await walk(source.fetch, take, newest_first=newest_first, aim=instant, **more)
            group.cancel_scope.cancel()
    assert reading.rows == len(taken)
    assert len(set(taken)) == len(taken)
    return taken, reading


def wanted(source: FakeList, aim: int, newest_first: bool) -> list[Row]:
    rows = [row for row in source.rows if (row.second > aim if newest_first else row.second < aim)]
    return sorted(rows, reverse=newest_first)


@BOTH_WAYS
async def test_a_batch_tells_how_far_rows_are_complete_with_it(newest_first: bool) -> None:
    source = FakeList([*even(700), *(Row(NOW - 900, number) for number in range(120))])
    order = sorted(source.rows, reverse=newest_first)
    count, reached = 0, []

    def take(batch: Batch[Row]) -> None:
        nonlocal count
        count += len(batch)
        assert batch.reached is not None
        second = int(batch.reached.timestamp())
        walked = [row for row in order if (row.second >= second if newest_first else row.second <= second)]
        assert order[:count] == walked
        reached.append(batch.reached)

    reading = await walk(source.fetch, take, after=at(START), before=at(NOW), newest_first=newest_first)
    assert count == 820
    assert reached == sorted(reached, reverse=newest_first)
    assert reached[-1] == reading.reached


@BOTH_WAYS
async def test_a_slow_taker_is_awaited_in_order_while_pages_arrive(newest_first: bool) -> None:
    source = FakeList(even(600))
    taker = anyio.get_current_task().id
    rows: list[Row] = []
    answered: list[int] = []

    async def take(batch: Batch[Row]) -> None:
        assert anyio.get_current_task().id == taker, "a transaction or a scope may span the batches"
        before = source.answered
        for _ in range(30):
            await anyio.lowlevel.checkpoint()
        answered.append(source.answered - before)
        rows.extend(batch)

    await walk(source.fetch, take, after=at(START), before=at(NOW), newest_first=newest_first)
    assert rows == sorted(source.rows, reverse=newest_first)
    assert max(answered) >= 2


async def test_a_slow_taker_can_end_the_walk_or_break_it() -> None:
    source = FakeList(even(600))

    async def stop(_batch: Batch[Row]) -> bool:
        await anyio.lowlevel.checkpoint()
        return False

    reading = await walk(source.fetch, stop, after=None, before=at(NOW), newest_first=True)
    assert reading.stopped == "taken"
    assert reading.rows < 51

    async def fail(_batch: Batch[Row]) -> None:
        await anyio.lowlevel.checkpoint()
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await walk(source.fetch, fail, after=None, before=at(NOW), newest_first=True)
    assert source.in_flight == 0


async def test_a_batch_whose_taking_was_cut_short_does_not_count() -> None:
    source = FakeList(even(300))
    taken: list[Row] = []
    reached: list[datetime | None] = []

    async def take(batch: Batch[Row]) -> None:
        if taken:
            await anyio.sleep_forever()
        taken.extend(batch)
        reached.append(batch.reached)

    reading = await walk(source.fetch, take, after=None, before=at(NOW), newest_first=True, patience=0.2)
    assert reading.stopped == "patience"
    assert reading.rows == len(taken)
    assert reading.reached == reached[0]


@BOTH_WAYS
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.99])
async def test_a_walk_with_an_aim_does_not_run_far_ahead_of_it(share: float, newest_first: bool) -> None:
    source = FakeList(even(20_000))
    aim = int(NOW - share * YEAR) if newest_first else int(START + share * YEAR)
    rows, reading = await read(source, newest_first=newest_first, aim=lambda: aim)
    want = wanted(source, aim, newest_first)
    assert reading.stopped == "taken"
    assert rows[: len(want)] == want
    assert len(rows) <= len(want) + 101
    assert source.answered <= ceil(len(want) / 50) * 1.02 + 8


@BOTH_WAYS
@pytest.mark.parametrize("known", [True, False])
async def test_twenty_thousand_rows_to_an_aim_or_a_bound_take_few_requests(
    known: bool, newest_first: bool
) -> None:
    for aim, bound in ((START + 1, None), (None, START)):
        source = FakeList(even(20_000))
        rows, _ = await read(
            source,
            newest_first=newest_first,
            aim=(lambda: START + 1 if newest_first else NOW - 1) if aim else None,
            after=None if bound is None else at(bound),
            expected=(lambda: 20_000) if known else None,
        )
        assert len(rows) == 20_000
        assert source.answered <= ceil(20_000 / 50) * 1.02 + 8
        assert source.most_in_flight <= IN_FLIGHT


@pytest.mark.parametrize("still_growing", [True, False])
@pytest.mark.parametrize("far", ["aim", "bound"])
@pytest.mark.parametrize(
    ("count", "trips"), [(20, 2), (99, 2), (100, 2), (2_400, 8)], ids=["20", "99", "100", "2,400"]
)
async def test_a_known_number_of_rows_is_asked_for_at_once(
    count: int, trips: int, far: str, still_growing: bool
) -> None:
    """The number is known after the first page; the token is one more round trip."""
    week = NOW - 7 * 86_400
    source = DistantList([*even(count, week), *(row for row in even(60_000) if row.second <= week)])
    guide: dict[str, Any] = {"aim": lambda: week} if far == "aim" else {"after": at(week)}
    rows, _ = await read(
        source,
        expected=lambda: count if source.answered else None,
        still_growing=still_growing,
        **guide,
    )
    assert len(wanted(source, week, newest_first=True)) == count
    assert wanted(source, week, newest_first=True) == rows[:count]
    assert source.trips <= trips
    assert source.answered <= ceil(count / 50) * 1.02 + 4


@pytest.mark.parametrize("expected", [-5, 0, 2_000, 2_900, 1_000_000])
async def test_a_wrong_expectation_costs_little(expected: int) -> None:
    source = DistantList(even(2_400))
    rows, reading = await read(source, after=at(START), expected=lambda: expected)
    assert len(rows) == 2_400
    assert reading.complete
    assert source.answered <= ceil(2_400 / 50) * 1.02 + 8
    assert source.trips <= 15


moves = st.lists(st.one_of(st.none(), st.integers(-10, 60)), min_size=1, max_size=8)
guesses = st.lists(st.one_of(st.none(), st.integers(-100, 5_000)), min_size=1, max_size=8)
bursts = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 400)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(bursts, moves, guesses, st.booleans(), st.booleans(), st.one_of(st.none(), st.integers(-1, 20)))
def test_wherever_the_aim_moves_and_whatever_is_expected_rows_come_once_and_in_order(
    bursts: list[tuple[int, int]],
    aims: list[int | None],
    guesses: list[int | None],
    newest_first: bool,
    still_growing: bool,
    after: int | None,
) -> None:
    seconds = [second for second, size in bursts for _ in range(size)]
    source = FakeList([Row(second, number) for number, second in enumerate(seconds)])
    want = [row for row in source.rows if after is None or row.second > after]
    crowded = any(sum(row.second == second for row in want) > 3_000 for second in range(41))
    asked = 0

    def moving(values: list[int | None]) -> int | None:
        nonlocal asked
        asked += 1
        return values[asked % len(values)]

    def instant() -> datetime | None:
        aim = moving(aims)
        return None if aim is None or aim < 0 else at(aim)

    async def check() -> None:
        taken: list[Row] = []

        async def take(batch: Batch[Row]) -> None:
            await anyio.lowlevel.checkpoint()
            taken.extend(batch)

        reading = await walk(
            source.fetch,
            take,
            after=None if after is None else at(after),
            before=at(41),
            newest_first=newest_first,
            still_growing=still_growing,
            aim=instant,
            expected=lambda: moving(guesses),
        )
        assert taken == sorted(taken, reverse=newest_first)
        assert len(set(taken)) == len(taken) == reading.rows
        if not crowded:
            assert taken == sorted(want, reverse=newest_first)
            assert reading.complete
        assert source.most_in_flight <= IN_FLIGHT

    anyio.run(check)
