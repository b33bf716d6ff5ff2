"""Accounts of many thousand responses: how often Wootric is asked, and how soon there is an answer."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from math import ceil
from pathlib import Path

import anyio
import pytest
from mcp import Client

from benchmarks.accounts import account
from benchmarks.processes import for_account, run
from benchmarks.scale import measure, table
from tests.accounts import answered, text_of
from wootric_mcp.sandbox.server import RunningSandbox, Sandbox, serve
from wootric_mcp.sandbox.switches import Switches
from wootric_mcp.server import build_server
from wootric_mcp.settings import Settings
from wootric_mcp.store import sources
from wootric_mcp.store.client import CachingClient

LISTS = ("responses", "declines", "end_users")
DAY = 86_400
EVER = 1 << 40
TOLD = re.compile(
    r"Read (?P<share>\d+) % of (?P<expected>[\d,]+) expected responses, (?P<since>[-\d]+) to [-\d]+; "
    r"the rest in about \d+ min: ask again then\. .*?(?P<counted>[\d,]+) responses, ",
)


@contextmanager
def large(responses: int, *, days: int = 730, rate_limit: int | None = None) -> Iterator[RunningSandbox]:
    """A served account of that size, of which nothing has been asked."""
    data = account(responses, now=datetime.now(UTC), days=days, texts=False)
    sandbox = Sandbox(data, switches=Switches(rate_limit=rate_limit, time_zone="UTC"))
    try:
        with serve(sandbox) as served:
            yield served
    finally:
        sandbox.close()


def size(served: RunningSandbox, table: str, since: int = 0) -> int:
    found = served.sandbox.account.row(f"SELECT count(*) FROM {table} WHERE created_at >= ?", (since,))
    return int(found[0]) if found else 0


def fewest(rows: int) -> float:
    """Requests within which that many rows have to be read."""
    return ceil(rows / 50) * 1.02 + 8


def client_of(served: RunningSandbox, **more: object) -> CachingClient:
    return CachingClient(Settings.for_sandbox(served.base_url, {"timezone": "UTC", **more}))


@pytest.mark.parametrize(
    "responses", [2_500, pytest.param(100_000, marks=pytest.mark.slow)], ids="{:,} responses".format
)
def test_sync_reads_each_row_once_and_a_second_one_hardly_anything(responses: int, tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite3"
    with large(responses, rate_limit=6_000) as served:
        traffic = served.sandbox.account.traffic
        first = run(["sync", "all"], for_account(served, store))
        asked = {table: traffic.by_operation[f"list_{table}"] for table in LISTS}
        traffic.clear()
        second = run(["sync", "all"], for_account(served, store))
        sizes = {table: size(served, table) for table in LISTS}
    assert (first.status, second.status) == (0, 0), first.err + second.err
    with closing(sqlite3.connect(store)) as connection:
        for table in LISTS:
            (kept,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert kept == sizes[table]
    assert sizes["responses"] == responses
    assert all(asked[table] <= fewest(sizes[table]) for table in LISTS)
    assert sum(traffic.by_operation[f"list_{table}"] for table in LISTS) <= 10
    assert max(first.mebibytes or 0, second.mebibytes or 0) < 200


@pytest.mark.parametrize(
    "responses", [3_000, pytest.param(20_000, marks=pytest.mark.slow)], ids="{:,} responses".format
)
async def test_ten_questions_at_once_take_no_more_requests_than_one_for_all_of_it(responses: int) -> None:
    with large(responses, days=100) as served:
        now = int(time.time())
        async with client_of(served) as client, anyio.create_task_group() as group:
            for number in range(10):  # the last 10 to 100 days, but for the last 0 to 9
                interval = (now - (10 + 10 * number) * DAY, now - number * DAY if number else EVER)
                group.start_soon(partial(client.reader.read, sources.responses(), *interval))
        asked = served.sandbox.account.traffic.by_operation["list_responses"]
        union = size(served, "responses", now - 100 * DAY)
    assert union > 0.95 * responses
    assert asked <= fewest(union)


@pytest.mark.parametrize(
    ("responses", "trips"), [(100, 4.0), (2_400, 1.3 * (ceil(49 / 8) + 3))], ids=["100", "2,400"]
)
async def test_a_week_is_answered_in_few_round_trips_and_again_in_hardly_any(
    responses: int, trips: float
) -> None:
    latency = 0.4  # twice of what is promised for, so that what a busy machine adds counts half
    with large(4 * responses, days=28) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1, "seconds": latency})
        traffic = served.sandbox.account.traffic
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC"})
        async with Client(build_server(settings)) as client:
            begun = time.monotonic()
            first = await answered(client, "summarize_feedback", period="last 7 days")
            took = (time.monotonic() - begun) / latency
            traffic.clear()
            second = await answered(client, "summarize_feedback", period="last 7 days")
    assert "Incomplete" not in text_of(first)
    assert text_of(first).splitlines()[0] == text_of(second).splitlines()[0]
    assert took <= trips + 0.5 / latency
    assert traffic.by_operation["list_responses"] <= 2
    assert traffic.total <= 3


async def test_reading_that_runs_into_the_limit_leaves_half_of_each_minute_and_goes_on_in_the_next() -> None:
    with large(6_000, days=100, rate_limit=100) as served:
        clock, traffic = served.sandbox.clock, served.sandbox.account.traffic
        clock.freeze()
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC"})
        asked, found, outcome = [0], [0], None
        async with CachingClient(settings, now=clock.time, clock=clock.time) as client:
            while outcome is None or outcome.stopped != "end":
                outcome = await client.reader.read(
                    sources.responses(), 0, EVER, patience=20, lasting=True, expected=lambda: 6_000
                )
                asked.append(traffic.by_operation["list_responses"])
                found.append(size(served, "responses", outcome.reached))
                clock.advance(61)
    assert all(0 < after - before <= 50 for before, after in pairwise(asked))
    assert all(before < after for before, after in pairwise(found))
    assert found[-1] == 6_000
    assert asked[-1] <= fewest(6_000)


@pytest.mark.slow
async def test_two_years_are_summed_up_within_the_deadline_on_what_was_read_and_later_on_more() -> None:
    asked, counted = [0], [0]
    with large(100_000, rate_limit=100) as served:
        traffic = served.sandbox.account.traffic
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC", "deadline": 20})
        async with Client(build_server(settings)) as client:
            for _ in range(3):
                begun = time.monotonic()
                answer = text_of(await answered(client, "summarize_feedback", period="last 730 days"))
                assert time.monotonic() - begun < 20
                told = TOLD.search(answer)
                assert told, answer
                counted.append(int(told["counted"].replace(",", "")))
                asked.append(traffic.by_operation["list_responses"])
                since = int(datetime.fromisoformat(f"{told['since']}T00:00Z").timestamp())
                expected = int(told["expected"].replace(",", ""))
                assert abs(expected - 100_000) < 300  # the period begins with a day, the account within it
                assert int(told["share"]) == 100 * counted[-1] // expected
                assert (
                    size(served, "responses", since + DAY) <= counted[-1] <= size(served, "responses", since)
                )
                await anyio.sleep(61)  # the next minute
    assert all(0 < after - before <= 50 for before, after in pairwise(asked))
    assert all(before < after for before, after in pairwise(counted))
    assert asked[-1] <= fewest(counted[-1])
    assert traffic.by_status["429"] == 0


@pytest.mark.slow
def test_a_server_that_sums_up_a_large_account_stays_small_and_answers_sooner_again() -> None:
    found = measure(10_000)
    assert found.second < found.first
    assert max(found.server or 0, found.syncing or 0) < 200
    assert f"| 10,000 | {found.first:.1f} s | {found.second:.1f} s |" in table([found])
