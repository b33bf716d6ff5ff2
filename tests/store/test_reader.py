"""Questions that wait for what is read: shared, cancelled, held up, and in several processes at once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio
from sqlalchemy import delete, select

from tests.sandbox.connection import ago, response
from tests.store.conftest import Make, ids
from wootric_mcp.store import schema, sources, wants
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.reader import Outcome

RESPONSES = sources.responses()
EVER = 1 << 40


def many(count: int, every: int = 3_600) -> list[Any]:
    """Responses an hour apart, the newest two hours old."""
    return [response(1_000 + number, created_at=ago(hours=2) - number * every) for number in range(count)]


async def kept(client: CachingClient) -> list[int]:
    found = await client.reader.fetch(
        lambda connection: list(connection.scalars(select(schema.responses.c.id)))
    )
    return sorted(found)


async def wanted(client: CachingClient) -> list[wants.Want]:
    return await client.reader.fetch(partial(wants.of, source="responses"))


async def holder(client: CachingClient) -> str | None:
    return await client.reader.fetch(lambda connection: connection.scalar(select(schema.leases.c.holder)))


async def until(there: Any) -> None:
    """Wait until something is so, for a few seconds."""
    with anyio.fail_after(10):
        while not await there():
            await anyio.sleep(0.01)


async def test_two_processes_with_clocks_that_differ_read_once_and_come_to_an_end(make: Make) -> None:
    world = make(*many(120))
    async with world.client() as first, world.client(now=lambda: world.now() + 30) as second:
        outcomes: list[Outcome] = []

        async def ask(client: CachingClient) -> None:
            outcomes.append(await client.reader.read(RESPONSES, 0, EVER))

        async with anyio.create_task_group() as group:
            group.start_soon(ask, first)
            await until(partial(holder, first))
            group.start_soon(ask, second)
        assert [outcome.stopped for outcome in outcomes] == ["end", "end"]
        assert len(await kept(first)) == 120
    assert len(world.requests("/v1/responses")) <= 2 * 4


async def test_a_question_gets_its_answer_though_its_want_was_lost(make: Make) -> None:
    """As after a laptop slept, or when the file was replaced by a new one."""
    world = make(*many(60))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.2, "rate": 1})
    async with world.client() as client, anyio.create_task_group() as group:
        group.start_soon(partial(client.reader.read, RESPONSES, 0, EVER))
        await until(partial(wanted, client))
        await client.reader.write(lambda connection: connection.execute(delete(schema.wants)) and None)
    assert len(world.requests("/v1/responses")) >= 2


async def test_the_end_of_one_question_takes_nothing_from_another(make: Make) -> None:
    world = make(*many(3))
    async with world.client() as client:

        def pair(connection: Any) -> tuple[int, int]:
            first = wants.add(connection, "responses", wants.Want(0, 1, 0.0))
            wants.withdraw(connection, first.id)
            return first.id, wants.add(connection, "responses", wants.Want(0, 1, 0.0)).id

        first, second = await client.reader.write(pair)
        assert first != second


async def test_an_interval_that_begins_before_time_did_is_read_all_the_same(make: Make) -> None:
    world = make(*many(3))
    async with world.client() as client:
        found = await ids(client.responses, after=datetime(1900, 1, 1, tzinfo=UTC))
        assert len(found) == 3
        found = await ids(client.responses, after=datetime(1900, 1, 1, tzinfo=UTC), newest_first=False)
        assert found == [1_002, 1_001, 1_000]


async def test_from_the_beginning_oldest_first(make: Make) -> None:
    world = make(*many(120))
    async with world.client() as client:
        assert await ids(client.responses, newest_first=False) == [row.id for row in reversed(many(120))]
    assert not any("-1" in request for request in world.requests("/v1/responses"))


async def test_a_client_that_closes_while_it_reads_gives_the_list_to_another_at_once(make: Make) -> None:
    world = make(*many(300))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.3, "rate": 1, "path": "/v1"})
    async with world.client() as first:
        outcome = await first.reader.read(RESPONSES, 0, EVER, patience=0.5, lasting=True)
        assert outcome.stopped == "patience"
        assert await holder(first) == first.reader.holder
    world.sandbox.faults.clear()
    async with world.client() as second:
        assert await holder(second) is None
        with anyio.fail_after(5):
            await second.reader.resume()
            await until(lambda: nothing_wanted(second))
        assert len(await kept(second)) == 300


async def nothing_wanted(client: CachingClient) -> bool:
    return not await wanted(client)
