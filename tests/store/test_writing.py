"""What this server writes shows in the next answer, whatever was being read meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from tests.sandbox.connection import ago, decline, response
from tests.store.conftest import Make, World, ids, no_sleep, until
from wootric_mcp.api.errors import NotFound, WootricError
from wootric_mcp.api.models import (
    DeclineInput,
    EndUserChange,
    ResponseChange,
    ResponseInput,
    SettingsChange,
)
from wootric_mcp.api.people import Person
from wootric_mcp.store.client import CachingClient

MARA = Person("id", "1")
OLD = [response(number, created_at=ago(days=50) + number) for number in range(1, 6)]
DECLINES = [decline(number, created_at=ago(days=50) + number) for number in range(1, 4)]

Write = Callable[[CachingClient], Awaitable[Any]]
Look = Callable[[World], Any]


async def shown(client: CachingClient) -> dict[str, dict[int, Any]]:
    """All that the three lists show. Old rows come first: a page that is read for new ones may bring them."""
    found: dict[str, dict[int, Any]] = {"responses": {}, "declines": {}, "end_users": {}}
    for bounds in ({"before": _moment(ago(days=20))}, {"after": _moment(ago(days=20) - 1)}):
        for name, read in (
            ("responses", client.responses),
            ("declines", client.declines),
            ("end_users", client.end_users),
        ):
            table = found[name]
            await read(lambda rows, table=table: table.update({row.id: row for row in rows}), **bounds)
    return found


async def really(client: CachingClient) -> dict[str, dict[int, Any]]:
    """All that Wootric has."""
    return {
        "responses": {row.id: row for row in await client.list_responses(per_page=50)},
        "declines": {row.id: row for row in await client.list_declines(per_page=50)},
        "end_users": {row.id: row for row in await client.list_end_users(per_page=50)},
    }


WRITES: dict[str, Write] = {
    "a response": lambda client: client.create_response(MARA, ResponseInput(score=3)),
    "a back-dated response": lambda client: client.create_response(
        MARA, ResponseInput(score=3, created_at=_moment(ago(days=50) + 2))
    ),
    "a back-dated decline": lambda client: client.create_decline(
        MARA, DeclineInput(created_at=_moment(ago(days=50) + 2))
    ),
    "an exclusion": lambda client: client.update_response(3, ResponseChange(excluded_from_calculations=True)),
    "properties of a decline": lambda client: client.update_decline(2, {"plan": "Team"}),
    "a deleted response": lambda client: client.delete_response(MARA, 4),
    "a deleted decline": lambda client: client.delete_decline(MARA, 3),
    "a profile": lambda client: client.update_end_user(MARA, EndUserChange(properties={"plan": "Team"})),
    "settings": lambda client: client.update_end_user_settings(MARA, SettingsChange(email_nps=False)),
}


@pytest.mark.parametrize("what", list(WRITES))
async def test_a_write_shows_at_once(make: Make, what: str) -> None:
    world = make(*OLD, *DECLINES, snapshot_edit="204")
    async with world.client() as client:
        before = await shown(client)
        await WRITES[what](client)
        assert await shown(client) == await really(client) != before


@pytest.mark.parametrize("what", list(WRITES))
async def test_a_write_that_failed_on_the_way_back_shows_at_once(make: Make, what: str) -> None:
    world = make(*OLD, *DECLINES, snapshot_edit="204")
    async with world.client() as client:
        await shown(client)
        client._sender._sleep = no_sleep
        for method in ("POST", "PUT", "DELETE"):
            world.sandbox.faults.add({"kind": "cut_after", "rate": 1, "method": method})
        with pytest.raises(WootricError):
            await WRITES[what](client)
        world.sandbox.faults.clear()
        assert await shown(client) == await really(client)


@pytest.mark.parametrize("what", list(WRITES))
async def test_a_write_that_is_cancelled_shows_at_once(make: Make, what: str) -> None:
    world = make(*OLD, *DECLINES, snapshot_edit="204")
    async with world.client() as client:
        await shown(client)
        world.sandbox.faults.add({"kind": "delay", "seconds": 0.2, "rate": 1})
        for patience in (0.1, 0.3):
            with anyio.move_on_after(patience):
                await WRITES[what](client)
        world.sandbox.faults.clear()
        await until(partial(is_settled, world))
        assert await shown(client) == await really(client)


@pytest.mark.parametrize("what", ["an exclusion", "a deleted response", "a back-dated response"])
async def test_a_reading_that_is_under_way_does_not_hide_a_write(make: Make, what: str) -> None:
    world = make(*OLD, *DECLINES)
    async with world.client() as client:
        arrived, go_on = anyio.Event(), anyio.Event()
        fetch = client.list_responses

        async def slow_on_the_way_back(**how: Any) -> Any:
            rows = await fetch(**how)
            arrived.set()
            await go_on.wait()
            return rows

        client.list_responses = slow_on_the_way_back  # type: ignore[method-assign]
        async with anyio.create_task_group() as group:
            group.start_soon(ids, client.responses)
            await arrived.wait()
            await WRITES[what](client)
            go_on.set()
        client.list_responses = fetch  # type: ignore[method-assign]
        found = await shown(client)
        assert found["responses"] == (await really(client))["responses"]


async def test_who_asks_right_after_a_write_does_not_share_a_reading_from_before_it(make: Make) -> None:
    world = make(*OLD)
    async with world.client() as client:
        world.sandbox.faults.add({"kind": "delay", "seconds": 0.2, "next": 2, "path": "/v1/responses"})
        async with anyio.create_task_group() as group:
            group.start_soon(ids, client.responses)
            while not world.sandbox.account.requests():
                await anyio.lowlevel.checkpoint()
            made = await client.create_response(MARA, ResponseInput(score=3))
            assert made is not None
            assert made.id in await ids(client.responses)


async def test_an_erased_person_is_gone_while_wootric_still_returns_them(make: Make) -> None:
    world = make(*OLD, *DECLINES, response(9, end_user_id=2, created_at=ago(days=50)))
    async with world.client() as client:
        assert len(await ids(client.responses)) == 6
        await client.delete_end_user(MARA)
        for ask in (partial(ids, fresh=True), ids):
            assert await ask(client.responses) == [9]
            assert await ask(client.declines) == []
            assert await ask(client.end_users) == [2]
        assert len(world.sandbox.account.responses()) == 6
    async with world.client() as client:
        assert await ids(client.responses, fresh=True) == [9]


async def test_erasing_is_not_left_half_done_when_it_is_cancelled(make: Make) -> None:
    world = make(*OLD)
    async with world.client() as client:
        await ids(client.responses)
        erased = client.reader.erase

        async def cancelled_meanwhile(end_user_id: int) -> None:
            scope.cancel()
            await erased(end_user_id)

        client.reader.erase = cancelled_meanwhile  # type: ignore[method-assign]
        with anyio.CancelScope() as scope:
            await client.delete_end_user(MARA)
        assert await ids(client.responses) == []


async def test_a_refused_write_costs_one_request_for_what_may_have_changed(make: Make) -> None:
    world = make(*OLD)
    async with world.client() as client:
        await ids(client.responses)
        with pytest.raises(NotFound):
            await client.update_response(77, ResponseChange(completed=True))
        world.requests()
        assert await ids(client.responses, before=_moment(ago(days=20))) == [5, 4, 3, 2, 1]
        assert world.requests() == []


async def is_settled(world: World) -> bool:
    """Whether nothing is under way at Wootric."""
    return all(request["status"] for request in world.sandbox.account.requests())


def _moment(second: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC)
