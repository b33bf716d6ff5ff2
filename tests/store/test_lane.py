"""The one place that reads a list: one at a time for all processes, and never twice in this one."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import anyio
import pytest
from sqlalchemy import Connection

from tests.sandbox.connection import ago, response
from tests.store.conftest import Make, covered, ids, until
from wootric_mcp.api.errors import WootricError
from wootric_mcp.api.people import Person
from wootric_mcp.store import schema, sources, wants
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.database import upsert
from wootric_mcp.store.lane import Lane

RESPONSES = sources.responses()
EVER = 1 << 40


def many(count: int) -> list[Any]:
    return [response(1_000 + number, created_at=ago(hours=2 + number)) for number in range(count)]


async def test_however_questions_come_and_go_a_lane_runs_once(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(*many(3))
    looking, most = 0, 0
    run, beat = Lane._run, Lane._beat

    async def counted(lane: Lane) -> None:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        await run(lane)

    async def ends_slowly(lane: Lane, group: Any) -> bool:
        nonlocal looking
        goes_on = await beat(lane, group)
        if not goes_on:
            looking -= 1
            group.start_soon(anyio.sleep, 0.02)
        return goes_on

    monkeypatch.setattr(Lane, "_run", counted)
    monkeypatch.setattr(Lane, "_beat", ends_slowly)
    async with world.client() as client:

        async def ask(number: int) -> None:
            for _ in range(20):
                await client.reader.read(RESPONSES, ago(hours=number), EVER, fresh=True)
                await anyio.sleep(0.001 * number)

        async with anyio.create_task_group() as group:
            group.start_soon(ask, 1)
            group.start_soon(ask, 7)
    assert (most, looking) == (1, 0)


async def test_one_that_loses_its_lease_stops_reading_and_leaves_it_to_the_other(make: Make) -> None:
    world = make(*many(400))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.1, "rate": 1, "path": "/v1/responses"})

    def stolen(connection: Connection, until: float) -> None:
        upsert(connection, schema.leases, [{"source": "responses", "holder": "another", "expires": until}])

    async with world.client() as client, anyio.create_task_group() as group:
        group.start_soon(ids, client.responses)
        await until(partial(covered, client))
        await client.reader.write(partial(stolen, until=time.time() + 2))
        await until(partial(no_walks, client))
        before = await covered(client)
        world.requests()
        with anyio.move_on_after(1):
            await until(partial(some_walks, client))
        assert await covered(client) == before
        assert world.requests() == []
    assert before[0].start > 0


async def no_walks(client: CachingClient) -> bool:
    return not client.reader._lane(RESPONSES)._walks


async def some_walks(client: CachingClient) -> bool:
    return bool(client.reader._lane(RESPONSES)._walks)


async def test_a_gap_between_what_was_read_costs_its_own_pages_only(make: Make) -> None:
    world = make(*many(1_000))
    async with world.client() as client:
        read = client.reader.read
        await read(RESPONSES, ago(hours=200), ago(hours=1))
        await read(RESPONSES, 0, ago(hours=300))
        world.requests()
        await read(RESPONSES, 0, ago(hours=1))
        assert len(world.requests("/v1/responses")) <= 4
        assert len(await ids(client.responses, before=world.sandbox.clock.now())) == 1_000


async def test_what_fails_for_nobody_in_particular_is_tried_again_after_a_rest(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wootric_mcp.store.lane._REST", 0.2)
    world = make(*many(200))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.2, "next": 2, "path": "/v1/responses"})
    async with world.client() as client:
        await client.reader.read(RESPONSES, 0, EVER, patience=0.1, lasting=True)
        world.sandbox.faults.add({"kind": "html", "next": 12, "path": "/v1/responses"})
        lane = client.reader._lane(RESPONSES)

        async def done() -> bool:
            return bool(not lane._is_running)

        await until(done)
        assert (await covered(client))[0].start == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_three_processes_ask_write_and_cancel_the_store_comes_to_equal_the_account(
    make: Make, seed: int
) -> None:
    world = make(*many(400))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.03, "rate": 0.5, "path": "/v1"})
    world.sandbox.faults.add({"kind": "500", "rate": 0.02, "path": "/v1/responses", "method": "GET"})
    draw = random.Random(seed)
    wrong: list[list[int]] = []

    async def ask(client: CachingClient) -> None:
        for _ in range(8):
            begin, end = sorted((ago(hours=draw.randrange(410)), ago(hours=draw.randrange(410)) + 1))
            how: dict[str, Any] = {
                "after": datetime.fromtimestamp(begin, UTC),
                "before": datetime.fromtimestamp(end, UTC),
                "newest_first": draw.random() < 0.7,
                "fresh": draw.random() < 0.2,
                "enough": draw.choice([0, 0, 0, 30]),
                "patience": draw.choice([None, None, 0.05, 0.5]),
            }
            with anyio.move_on_after(draw.choice([20, 20, 0.02, 0.2])):
                found = await ids(client.responses, **how)
                if found != sorted(set(found), reverse=not how["newest_first"]):
                    wrong.append(found)
            if draw.random() < 0.3:
                with anyio.move_on_after(draw.choice([20, 0.02])), suppress(WootricError):
                    await client.delete_response(Person("id", "1"), 1_000 + draw.randrange(400))

    ticks = count()
    client_of = partial(world.client, now=lambda: world.now() + next(ticks) / 1_000)  # one clock for all
    async with client_of() as one, client_of() as two, client_of() as three:
        async with anyio.create_task_group() as group:
            for client in (one, two, three, one, two):
                group.start_soon(ask, client)
        world.sandbox.faults.clear()
        assert wrong == []
        there = [row.id for row in sorted(world.sandbox.account.responses(), key=lambda row: -row.created_at)]
        assert await ids(one.responses, fresh=True) == there
        assert await ids(two.responses, before=datetime.fromtimestamp(ago(hours=1), UTC)) == there
        assert await three.reader.fetch(partial(wants.of, source="responses")) == []
