"""Questions that wait for what is read: shared, cancelled, held up, and in several processes at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio
import pytest
from sqlalchemy import Connection, delete, select

from tests.sandbox.connection import ago, response
from tests.store.conftest import Make, covered, ids, until
from wootric_mcp.api.errors import AuthenticationFailed, RateLimited
from wootric_mcp.store import leases, schema, sources, wants
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.database import StoreBusy, upsert
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


async def test_a_call_that_is_cancelled_stops_what_only_it_wanted(make: Make) -> None:
    world = make(*many(1_000))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.1, "rate": 1, "path": "/v1/responses"})
    async with world.client() as client:
        with anyio.move_on_after(0.35):
            await client.reader.read(RESPONSES, 0, EVER, lasting=True)
        assert await nothing_wanted(client)
        await until(lambda: is_idle(client))
        stopped_at = len(await kept(client))
        assert stopped_at < 1_000
        assert await holder(client) is None


async def test_a_call_that_is_cancelled_leaves_what_another_wants(make: Make) -> None:
    world = make(*many(1_000))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.05, "rate": 1, "path": "/v1/responses"})
    async with world.client() as client, anyio.create_task_group() as group:
        with anyio.move_on_after(0.2):
            group.start_soon(client.reader.read, RESPONSES, 0, EVER)
            await client.reader.read(RESPONSES, 0, EVER)
    assert len(world.requests("/v1/responses")) <= 20 * 1.02 + 8


async def test_reading_goes_on_behind_when_time_is_up(make: Make) -> None:
    world = make(*many(500))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.1, "rate": 1, "path": "/v1/responses"})
    async with world.client() as client:
        outcome = await client.reader.read(RESPONSES, 0, EVER, patience=0.3, lasting=True)
        assert (outcome.stopped, outcome.failure) == ("patience", None)
        (want,) = await wanted(client)
        assert not want.is_urgent
        await until(lambda: nothing_wanted(client))
        assert len(await kept(client)) == 500
        world.requests()
        assert (await client.reader.read(RESPONSES, 0, EVER, patience=0)).stopped in ("end", "patience")


async def test_a_clients_death_leaves_its_reading_to_another(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LASTS", 0.5)
    world = make(*many(200))
    async with world.client() as other:

        def dead(connection: Connection) -> None:
            leases.hold(connection, "responses", "a dead process")
            wants.add(connection, "responses", wants.Want(0, ago(days=1), world.now(), lasting=True))

        await other.reader.write(dead)
        assert len(await ids(other.responses)) == 200
        assert await nothing_wanted(other)


async def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(make: Make) -> None:
    async with make().client() as client:
        held = {"source": "responses", "holder": "another", "expires": time.time() + 3_600}
        await client.reader.write(lambda connection: upsert(connection, schema.leases, [held]))
        assert await client.reader.write(partial(leases.hold, source="responses", holder="me"))


async def test_what_a_closed_client_wanted_for_good_is_read_by_the_one_that_has_the_lease(make: Make) -> None:
    world = make(*many(400))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.1, "rate": 1, "path": "/v1/responses"})
    async with world.client() as holding, anyio.create_task_group() as group:
        group.start_soon(holding.reader.read, RESPONSES, ago(hours=300), EVER)
        await until(partial(holder, holding))
        async with world.client() as short:
            await short.reader.read(RESPONSES, 0, EVER, patience=0.2, lasting=True)
        await until(lambda: nothing_wanted(holding))
        assert len(await kept(holding)) == 400
    assert len(world.requests("/v1/responses")) <= 8 * 1.02 + 12


async def test_an_error_that_stays_ends_reading_behind(make: Make) -> None:
    world = make(*many(200))
    world.sandbox.faults.add({"kind": "html", "status": 403, "rate": 1, "path": "/v1/responses"})
    async with world.client() as client:
        outcome = await client.reader.read(RESPONSES, 0, EVER, patience=10, lasting=True)
        assert isinstance(outcome.failure, AuthenticationFailed)
        await until(lambda: nothing_wanted(client))
        await until(lambda: is_idle(client))


async def test_both_processes_that_wait_are_told_of_an_error(make: Make) -> None:
    world = make(*many(200))
    world.sandbox.faults.add({"kind": "html", "status": 403, "rate": 1, "path": "/v1/responses"})
    async with world.client() as first, world.client() as second, anyio.create_task_group() as group:
        outcomes: list[Outcome] = []

        async def ask(client: CachingClient) -> None:
            outcomes.append(await client.reader.read(RESPONSES, 0, EVER, patience=10))

        group.start_soon(ask, first)
        group.start_soon(ask, second)
    assert [outcome.stopped for outcome in outcomes] == ["failure", "failure"]


async def test_who_would_wait_too_long_for_the_request_limit_is_told_at_once(make: Make) -> None:
    world = make(*many(200), rate_limit=3)
    async with world.client() as client:
        with anyio.fail_after(5):
            outcome = await client.reader.read(RESPONSES, 0, EVER, patience=20, lasting=True)
        assert isinstance(outcome.failure, RateLimited)
        assert (await wanted(client))[0].lasting


async def test_a_store_that_is_busy_is_an_error_one_can_read(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(*many(200))
    async with world.client() as client:
        lane = client.reader._lane(RESPONSES)
        monkeypatch.setattr(lane, "_survey", busy)
        outcome = await client.reader.read(RESPONSES, 0, EVER, patience=5)
        assert isinstance(outcome.failure, StoreBusy)
        monkeypatch.undo()
        monkeypatch.setattr(lane, "_commit", busy)
        outcome = await client.reader.read(RESPONSES, 0, EVER, patience=5)
        assert isinstance(outcome.failure, StoreBusy)
        monkeypatch.undo()
        assert len(await ids(client.responses)) == 200


def busy(*_: Any, **__: Any) -> None:
    raise StoreBusy


async def test_a_file_that_is_damaged_during_a_reading_costs_no_answer(make: Make) -> None:
    world = make(*many(400))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.1, "rate": 1, "path": "/v1/responses"})
    async with world.client() as client:
        found: list[int] = []

        async def ask() -> None:
            found.extend(await ids(client.responses))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await until(partial(covered, client))
            for file in world.folder.glob("store.sqlite3*"):
                file.unlink()
        assert found == [row.id for row in many(400)]


async def test_somebody_who_waits_is_not_kept_waiting_by_three_for_whom_nobody_waits(make: Make) -> None:
    world = make(*many(2_000))
    async with world.client() as client:
        for week in (2, 4, 6):  # what is between four gaps
            await ids(
                client.responses, after=moment(ago(days=7 * week + 7)), before=moment(ago(days=7 * week))
            )
        world.sandbox.faults.add({"kind": "silence", "seconds": 20, "next": 3, "path": "/v1/responses"})
        await client.reader.read(RESPONSES, 0, ago(days=14), patience=0.1, lasting=True)
        await until(lambda: three_walks(client))
        outcome = await client.reader.read(RESPONSES, ago(days=5), EVER, patience=5)
        assert outcome.stopped == "end"


async def three_walks(client: CachingClient) -> bool:
    return len(client.reader._lane(RESPONSES)._walks) == 3


async def is_idle(client: CachingClient) -> bool:
    return not client.reader._lane(RESPONSES)._is_running


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
