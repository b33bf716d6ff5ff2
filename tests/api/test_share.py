"""What reading takes of the request limit, so that a person and other integrations find requests left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from tests.api.fakes import END_USER, FakeTime, FakeWootric, answer, client
from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.errors import RateLimited, WootricError
from wootric_mcp.api.limits import PACE, RESERVE, Limits, Pace, Urgency
from wootric_mcp.api.people import Person

MARA = Person("id", "512004417")
ASKED, READING, BEHIND = Urgency.ASKED, Urgency.READING, Urgency.BEHIND


class SharedWootric(FakeWootric):
    """Counts requests in whole minutes, those that others make too. `sent` holds ours by minute."""

    def __init__(self, time: FakeTime, limit: int = 100) -> None:
        super().__init__(self._count)
        self.time = time
        self.limit = limit
        self.ours: Counter[int] = Counter()
        self.others: Counter[int] = Counter()
        self.refused = 0

    @property
    def minute(self) -> int:
        return int(self.time.now // 60)

    def _count(self, _request: httpx.Request) -> httpx.Response:
        left = self.limit - self.ours[self.minute] - self.others[self.minute]
        self.refused += left <= 0
        self.ours[self.minute] += left > 0
        headers = {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(max(left - 1, 0)),
            "X-Rate-Limit-Reset": str((self.minute + 1) * 60),
        }
        return httpx.Response(429 if left <= 0 else 200, headers=headers, json=END_USER)


@contextmanager
def pace(urgency: Urgency) -> Iterator[Pace]:
    mine = Pace(urgency)
    token = PACE.set(mine)
    try:
        yield mine
    finally:
        PACE.reset(token)


async def ask(wootric_client: WootricClient, count: int, at_once: int = 8) -> None:
    """Make so many calls, up to `at_once` of them under way."""
    slots = anyio.Semaphore(at_once)

    async def one() -> None:
        async with slots:
            await wootric_client.get_end_user(MARA)

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)


def heard(limits: Limits, time: FakeTime, remaining: int, status: int = 200, **more: str) -> None:
    reset = str((int(time.now) // 60 + 1) * 60)
    headers = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": str(remaining)}
    limits.observe("x", status, {**headers, "x-rate-limit-reset": reset, **more})


def send(limits: Limits, count: int, urgency: Urgency = ASKED) -> int:
    """Send so many requests or as many as are admitted; how many."""
    for number in range(count):
        if limits.admit("x", urgency) > 0:
            return number
        limits.finish()
    return count


@pytest.mark.parametrize(("urgency", "most"), [(READING, 50), (BEHIND, 40)])
async def test_reading_leaves_half_of_every_minute_to_others(urgency: Urgency, most: int) -> None:
    time = FakeTime(1_795_000_037.0)
    wootric = SharedWootric(time)
    with pace(urgency):
        await ask(client(wootric, time), 4 * most)
    assert wootric.refused == 0
    assert max(wootric.ours.values()) == most
    assert len(wootric.ours) <= 5


@pytest.mark.parametrize("step", [0.03, 0.4, 1.7])
async def test_the_half_holds_while_a_minute_ends_under_way(step: float) -> None:
    time = FakeTime(1_795_000_037.0)
    wootric = SharedWootric(time)
    count = wootric._count

    def slowly(request: httpx.Request) -> httpx.Response:
        time.now += step
        return count(request)

    wootric.answers = [slowly]
    with pace(READING):
        await ask(client(wootric, time), 300)
    assert wootric.refused == 0
    assert max(wootric.ours.values()) <= 50


async def test_what_others_use_is_not_theirs_to_lose_again() -> None:
    time = FakeTime(1_795_000_020.0)
    wootric = SharedWootric(time)
    wootric.others[wootric.minute] = 40
    wootric_client = client(wootric, time)
    with pace(READING):
        await ask(wootric_client, 1)
        await ask(wootric_client, 59)
    assert sorted(wootric.ours.values()) == [30, 30]


async def test_a_person_may_use_all_while_reading_has_used_its_share() -> None:
    time = FakeTime(1_795_000_020.0)
    wootric = SharedWootric(time)
    wootric_client = client(wootric, time)
    with pace(READING):
        await ask(wootric_client, 50)
    await ask(wootric_client, 50)
    assert list(wootric.ours.values()) == [100]
    assert not time.slept
    assert wootric.refused == 0


def test_what_a_person_has_sent_counts_towards_the_share() -> None:
    time = FakeTime(1_795_000_020.0)
    limits = Limits(time)
    assert limits.allowance(READING) is None
    assert limits.per_minute(READING) is None
    assert send(limits, 1) == 1
    heard(limits, time, 99)
    assert send(limits, 29) == 29
    assert [limits.allowance(urgency) for urgency in Urgency] == [70, 20, 10]
    assert send(limits, 99, BEHIND) == 10
    assert send(limits, 99, READING) == 10
    assert [limits.allowance(urgency) for urgency in Urgency] == [50, 0, 0]
    assert send(limits, 99, ASKED) == 50
    time.now += 61
    assert [limits.allowance(urgency) for urgency in Urgency] == [100, 50, 40]
    assert [limits.per_minute(urgency) for urgency in Urgency] == [100, 50, 40]


@pytest.mark.parametrize(
    ("share", "urgency", "most"), [(0.29, READING, 29), (1.0, READING, 100), (0.01, BEHIND, 1)]
)
def test_the_share_is_a_setting_and_never_stops_reading_altogether(
    share: float, urgency: Urgency, most: int
) -> None:
    time = FakeTime(1_795_000_020.0)
    limits = Limits(time, share)
    heard(limits, time, 100)
    assert send(limits, 200, urgency) == most
    assert limits.per_minute(urgency) == pytest.approx(most)


def test_requests_are_told_apart_by_the_window_they_count_in() -> None:
    time = FakeTime(1_795_000_020.0)
    limits = Limits(time)
    heard(limits, time, 100)
    send(limits, 45, READING)
    for _ in range(3):  # under way when the minute ends
        assert limits.admit("x", READING) == 0
    time.now += 60.5
    heard(limits, time, 99)  # the new minute's answer to the first of them
    limits.finish()
    assert limits.allowance(READING) == 50 - 3
    old = str((int(time.now) // 60) * 60)
    limits.observe("x", 200, {"x-rate-limit-remaining": "2", "x-rate-limit-reset": old})
    assert limits.budget.remaining == 97, "an answer of the minute before has been overtaken"


def test_a_reset_that_is_reckoned_anew_each_time_is_the_same_window() -> None:
    time = FakeTime(1_795_000_020.0)
    limits = Limits(time)
    heard(limits, time, 100)
    send(limits, 30)
    for second, remaining in enumerate((75, 72, 70)):
        reset = str(1_795_000_060 + second)
        limits.observe("x", 200, {"x-rate-limit-remaining": str(remaining), "x-rate-limit-reset": reset})
    assert limits.budget.remaining == 70
    assert limits.allowance(READING) == 20


def test_a_refusal_that_others_caused_halves_the_share_for_ten_minutes() -> None:
    time = FakeTime(1_795_000_020.0)
    limits = Limits(time)
    heard(limits, time, 100)
    send(limits, 20, READING)
    heard(limits, time, 0, 429)
    assert limits.share == 0.25
    time.now += 400
    heard(limits, time, 0, 429)
    assert limits.share == 0.25, "a second refusal lengthens it, and does not quarter"
    time.now += 61
    assert limits.allowance(READING) == 25
    time.now += RESERVE - 62
    assert limits.share == 0.25
    time.now += 2
    assert limits.share == 0.5


def test_a_refusal_of_our_own_making_leaves_the_share_as_it_is() -> None:
    time = FakeTime(1_795_000_020.0)
    limits = Limits(time)
    heard(limits, time, 100)
    send(limits, 100)
    heard(limits, time, 0, 429)
    assert limits.share == 0.5
    time.now += 61
    send(limits, 60)
    heard(limits, time, 5, 429)
    assert limits.share == 0.25, "requests were thought to be left, so others have used them"


async def test_a_waiting_reader_says_until_when_and_goes_on_as_soon_as_its_pace_rises() -> None:
    time = FakeTime(1_795_000_020.0)
    wootric = SharedWootric(time)
    wootric_client = client(wootric, time)
    with pace(BEHIND) as mine:
        await ask(wootric_client, 40)
        assert mine.waits_until is None

        async def raise_pace() -> None:
            while len(time.slept) < 5:
                await anyio.lowlevel.checkpoint()
            assert mine.waits_until == pytest.approx(1_795_000_080, abs=2)
            mine.urgency = READING

        async with anyio.create_task_group() as group:
            group.start_soon(raise_pace)
            await ask(wootric_client, 10)
    assert list(wootric.ours.values()) == [50]
    assert mine.waits_until is None
    assert set(time.slept) == {0.25}
    assert PACE.get() is None


async def test_a_reader_that_gives_up_waiting_says_so() -> None:
    time = FakeTime(1_795_000_020.0)
    wootric = SharedWootric(time)
    wootric_client = client(wootric, time)
    with pace(READING) as mine:
        await ask(wootric_client, 50)
        with anyio.move_on_after(5), pytest.raises(RateLimited):
            await wootric_client.get_end_user(MARA)
        assert not time.slept
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(wootric_client.get_end_user, MARA)
                while mine.waits_until is None:
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
    assert mine.waits_until is None


async def test_a_reader_that_is_cancelled_as_it_looks_again_does_not_blame_the_limit() -> None:
    time = FakeTime(1_795_000_020.0)
    wootric_client = client(SharedWootric(time), time)
    stopped = anyio.CancelScope()
    sleep = time.sleep

    async def cancel(seconds: float) -> None:
        await sleep(seconds)
        stopped.cancel()

    with pace(READING):
        await ask(wootric_client, 50)
        wootric_client._sender._sleep = cancel
        with stopped:
            await wootric_client.get_end_user(MARA)
    assert stopped.cancelled_caught


async def test_a_refused_reader_says_until_when_it_waits() -> None:
    time = FakeTime()
    told: list[float | None] = []
    sleep = time.sleep

    async def look(seconds: float) -> None:
        told.append((PACE.get() or Pace()).waits_until)
        await sleep(seconds)

    time.sleep = look  # type: ignore[method-assign]
    limited: dict[str, Any] = {"body": {"error": "Rate limit exceeded", "status": 429}, "retry_after": "20"}
    with pace(READING) as mine:
        await client(FakeWootric(answer(429, **limited), answer(body=END_USER)), time).get_end_user(MARA)
        assert told[0] == pytest.approx(1_795_000_021, abs=1.5)
        assert mine.waits_until is None
        told.clear()
        await client(FakeWootric(answer(500), answer(body=END_USER)), FakeTime()).get_end_user(MARA)
    assert not any(told), "a fault is no wait for the limit"


async def test_a_request_without_an_answer_is_over_as_well() -> None:
    time = FakeTime()
    wootric_client = client(FakeWootric(httpx.ReadError("reset"), answer(500), answer(400)), time)
    with pytest.raises(WootricError):
        await wootric_client.get_end_user(MARA)
    assert wootric_client.limits._in_flight == 0
    assert wootric_client.limits is wootric_client._sender.limits


async def test_the_share_is_taken_from_the_settings() -> None:
    assert client(FakeWootric(answer()), budget_share=0.2).limits.share == 0.2
