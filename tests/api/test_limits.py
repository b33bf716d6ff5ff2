from __future__ import annotations

from email.utils import formatdate
from typing import Any

import anyio
import httpx
import pytest

from tests.api.fakes import END_USER, FakeTime, FakeWootric, answer, client
from wootric_mcp.api.errors import RateLimited
from wootric_mcp.api.limits import Limits
from wootric_mcp.api.models import EmailSurvey, checked
from wootric_mcp.api.people import Person

MARA = Person("id", "512004417")


class LimitedWootric(FakeWootric):
    """Counts requests in windows of a minute, as Wootric does; its clock may be wrong by `skew` seconds."""

    def __init__(self, time: FakeTime, limit: int, skew: float = 0.0, date: bool = True) -> None:
        super().__init__(self._count)
        self.refused = 0
        self._time, self._limit, self._skew, self._date = time, limit, skew, date
        self._resets_at, self._left = 0.0, limit

    def _count(self, _request: httpx.Request) -> httpx.Response:
        now = self._time() + self._skew
        if now >= self._resets_at:
            self._resets_at, self._left = float(int(now) + 60), self._limit
        status = 200 if self._left > 0 else 429
        self._left = max(self._left - 1, 0)
        self.refused += status == 429
        headers = {
            "X-Rate-Limit-Limit": str(self._limit),
            "X-Rate-Limit-Remaining": str(self._left),
            "X-Rate-Limit-Reset": str(int(self._resets_at)),
        }
        if self._date:
            headers["Date"] = formatdate(now, usegmt=True)
        return httpx.Response(status, headers=headers, json=END_USER)


def limited(**values: Any) -> httpx.Response:
    return answer(429, {"error": "Rate limit exceeded", "status": 429}, **values)


async def test_calls_wait_for_the_reset_instead_of_running_into_refusals() -> None:
    time = FakeTime()
    wootric = LimitedWootric(time, 10)
    wootric_client = client(wootric, time)
    for _ in range(25):
        await wootric_client.get_end_user(MARA)
    assert len(wootric.received) == 25
    assert wootric.refused == 0
    assert len(time.slept) == 2
    assert 118 <= sum(time.slept) <= 126


async def test_a_hundred_calls_at_once_keep_within_the_limit_after_the_first() -> None:
    time = FakeTime()
    wootric = LimitedWootric(time, 40)
    wootric_client = client(wootric, time)
    await wootric_client.get_end_user(MARA)
    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(wootric_client.get_end_user, MARA)
    assert wootric.refused == 0
    assert len(wootric.received) == 101


@pytest.mark.parametrize("skew", [-86_400.0, -30.0, 45.0, 1e7])
async def test_a_wrong_clock_does_no_harm_where_the_server_tells_its_time(skew: float) -> None:
    time = FakeTime()
    wootric = LimitedWootric(time, 5, skew)
    wootric_client = client(wootric, time)
    for _ in range(6):
        await wootric_client.get_end_user(MARA)
    assert wootric.refused == 0
    assert 59 <= sum(time.slept) <= 63


async def test_a_wrong_clock_costs_at_most_a_window_where_the_server_does_not() -> None:
    time = FakeTime()
    wootric = LimitedWootric(time, 5, 1e6, date=False)
    wootric_client = client(wootric, time)
    for _ in range(6):
        await wootric_client.get_end_user(MARA)
    assert wootric.refused == 0
    assert 55 <= sum(time.slept) <= 63


async def test_a_wait_that_does_not_fit_the_deadline_fails_at_once_with_the_reset_time() -> None:
    time = FakeTime()
    wootric = LimitedWootric(time, 1)
    wootric_client = client(wootric, time)
    await wootric_client.get_end_user(MARA)
    with anyio.move_on_after(30), pytest.raises(RateLimited) as failure:
        await wootric_client.get_end_user(MARA)
    assert not time.slept
    assert len(wootric.received) == 1
    assert failure.value.seconds == pytest.approx(60, abs=2)
    assert failure.value.resets_at is not None
    assert failure.value.resets_at.timestamp() == pytest.approx(time.now + 60, abs=2)
    assert f"until {failure.value.resets_at:%H:%M:%S} UTC" in str(failure.value)


async def test_a_refused_post_goes_again_after_the_reset() -> None:
    time = FakeTime()
    wootric = FakeWootric(limited(retry_after="20"), answer(200))
    survey = checked(EmailSurvey, emails=["a@b.c"])
    with anyio.move_on_after(40):
        await client(wootric, time).send_email_survey(survey)
    assert len(wootric.received) == 2
    assert 20 <= sum(time.slept) <= 23


async def test_a_refusal_whose_wait_does_not_fit_is_reported_at_once() -> None:
    time = FakeTime()
    wootric = FakeWootric(limited(retry_after="20"))
    with anyio.move_on_after(10), pytest.raises(RateLimited, match=r"Nothing was changed\.") as failure:
        await client(wootric, time).send_email_survey(checked(EmailSurvey, emails=["a@b.c"]))
    assert not time.slept
    assert failure.value.may_have_changed is False


async def test_a_server_that_always_refuses_is_not_asked_forever() -> None:
    wootric = FakeWootric(limited(retry_after="2"))
    with anyio.fail_after(10), pytest.raises(RateLimited):
        await client(wootric).get_end_user(MARA)
    assert len(wootric.received) == 6


async def test_operations_without_the_headers_are_not_limited() -> None:
    time = FakeTime()
    headers = {
        "x_rate_limit_limit": "1",
        "x_rate_limit_remaining": "0",
        "x_rate_limit_reset": str(int(time.now) + 50),
    }

    def some(request: httpx.Request) -> httpx.Response:
        return answer(body=[]) if request.url.path == "/v1/segments" else answer(body=END_USER, **headers)

    wootric_client = client(FakeWootric(some), time)
    await wootric_client.list_segments()
    await wootric_client.get_end_user(MARA)
    await wootric_client.list_segments()
    assert not time.slept
    await wootric_client.get_end_user(MARA)
    assert time.slept


async def test_the_budget_is_shared_by_all_clients_of_an_account() -> None:
    time = FakeTime()
    first, second = client(LimitedWootric(time, 10), time), client(FakeWootric(answer()), time)
    other = client(FakeWootric(answer()), time, client_id="another")
    assert first.budget.limit is None
    await first.get_end_user(MARA)
    assert (second.budget.limit, second.budget.remaining) == (10, 9)
    assert second.budget.resets_at is not None
    assert second.budget.resets_at.timestamp() == pytest.approx(time.now + 60, abs=2)
    assert other.budget.remaining is None


@pytest.mark.parametrize("garbage", ["", "-1", "1e9", "many", "9" * 30, "５", "1,5"])
def test_garbage_in_the_headers_does_no_harm(garbage: str) -> None:
    time = FakeTime()
    limits = Limits(time)
    headers = {
        "x-rate-limit-limit": garbage,
        "x-rate-limit-remaining": garbage,
        "x-rate-limit-reset": garbage,
        "retry-after": garbage,
        "date": garbage,
    }
    limits.observe("list_responses", 200, headers)
    assert limits.admit("list_responses") == 0
    limits.observe("list_responses", 429, headers)
    assert 0 < limits.admit("list_responses") <= 62
    limits.observe("list_responses", 429, {"date": garbage, "x-rate-limit-reset": str(int(time.now) + 30)})
    assert 0 < limits.admit("list_responses") <= 32


def test_an_error_without_headers_does_not_make_an_operation_unlimited() -> None:
    time = FakeTime()
    limits = Limits(time)
    used_up = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(time.now) + 30)}
    limits.observe("x", 200, used_up)
    limits.observe("x", 502, {})
    assert limits.admit("x") > 0


def test_answers_that_overtake_each_other_do_not_raise_the_count() -> None:
    time = FakeTime()
    limits = Limits(time)
    reset = str(int(time.now) + 30)
    for remaining in ("5", "3", "4"):
        limits.observe("x", 200, {"x-rate-limit-remaining": remaining, "x-rate-limit-reset": reset})
    assert limits.budget.remaining == 3
    limits.observe("x", 200, {"x-rate-limit-remaining": "9", "x-rate-limit-reset": str(int(reset) + 60)})
    assert limits.budget.remaining == 9
