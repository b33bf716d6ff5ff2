"""Accounts of many thousand responses: how often Wootric is asked, and how soon there is an answer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from pathlib import Path

import anyio
import pytest

from benchmarks.accounts import account
from benchmarks.processes import for_account, run
from wootric_mcp.sandbox.server import RunningSandbox, Sandbox, serve
from wootric_mcp.sandbox.switches import Switches
from wootric_mcp.settings import Settings
from wootric_mcp.store import sources
from wootric_mcp.store.client import CachingClient

LISTS = ("responses", "declines", "end_users")
DAY = 86_400
EVER = 1 << 40


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
    print(first, second, asked, traffic.by_operation)
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
    print(asked, fewest(union))
    assert union > 0.95 * responses
    assert asked <= fewest(union)


@pytest.mark.parametrize(
    ("responses", "trips"), [(100, 4.0), (2_400, 1.3 * (ceil(49 / 8) + 3))], ids=["100", "2,400"]
)
async def test_a_week_is_read_in_few_round_trips(responses: int, trips: float) -> None:
    latency = 0.4  # twice of what is promised for, so that what a busy machine adds counts half
    now = datetime.now(UTC)
    with large(4 * responses, days=28) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1, "seconds": latency})
        expected: int | None = None
        async with client_of(served) as client, anyio.create_task_group() as group:

            async def ask_for_the_count() -> None:
                nonlocal expected
                days = (now - timedelta(7)).date(), now.date()
                expected = (await client.summary(*days, zone=UTC)).responses

            begun = time.perf_counter()
            group.start_soon(ask_for_the_count)
            start = int(now.timestamp()) - 7 * DAY
            outcome = await client.reader.read(sources.responses(), start, EVER, expected=lambda: expected)
            took = (time.perf_counter() - begun) / latency
    print(took, trips)
    assert outcome.stopped == "end"
    assert took <= trips + 0.5 / latency
