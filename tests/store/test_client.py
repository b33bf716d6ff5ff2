"""What a question through the store costs and shows: each row once, nothing twice, and what changed when."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import pytest

from tests.sandbox.connection import ago, decline, response, user
from tests.store.conftest import Make, covered, ids, no_sleep, until
from wootric_mcp.api.errors import InvalidRequest, ServerFault
from wootric_mcp.api.models import Response
from wootric_mcp.api.people import Person
from wootric_mcp.store import sources
from wootric_mcp.store.client import CachingClient

HOUR, DAY = 3_600, 86_400
RESPONSES = "/v1/responses"
MARA = Person("id", "1")


def many(count: int, every: int = HOUR, **more: Any) -> list[Any]:
    """Responses an hour apart, the newest two hours old, of two people."""
    return [
        response(
            1_000 + number,
            score=number % 11,
            created_at=ago(hours=2) - number * every,
            end_user_id=1 + number % 2,
            **more,
        )
        for number in range(count)
    ]


NUMBERS = [1_000 + number for number in range(120)]
"""The ids of `many(120)`, newest first."""


async def texts(client: CachingClient, **how: Any) -> dict[int, str | None]:
    found: dict[int, str | None] = {}

    def take(rows: list[Response]) -> None:
        found.update({row.id: row.text for row in rows})

    await client.responses(take, **how)
    return found


async def test_every_row_once_in_order_and_complete(make: Make) -> None:
    world = make(*many(120))
    async with world.client() as client:
        found: list[int] = []
        reading = await client.responses(lambda rows: found.extend(row.id for row in rows))
        assert found == NUMBERS
        assert (reading.rows, reading.complete, reading.stopped, reading.unreachable) == (120, True, "end", 0)
        assert await ids(client.responses, newest_first=False) == NUMBERS[::-1]
    assert len(world.requests(RESPONSES)) <= 3 * 1.02 + 8


async def test_an_account_without_responses_is_read_once(make: Make) -> None:
    world = make()
    async with world.client() as client:
        assert await ids(client.responses) == []
        assert len(world.requests(RESPONSES)) == 1
        assert await ids(client.responses, before=world.sandbox.clock.now().replace(hour=0)) == []
        assert world.requests() == []


async def test_the_same_question_again_asks_for_the_last_minute_at_most(make: Make) -> None:
    world = make(*many(120))
    async with world.client() as client:
        settled = {"before": world.sandbox.clock.now().replace(hour=0)}
        first = await ids(client.responses)
        world.requests()
        assert await ids(client.responses, **settled) == [row for row in first if row >= 1_010]
        assert world.requests() == []
        assert await ids(client.responses) == first
        assert len(world.requests(RESPONSES)) <= 2
    async with world.client() as client:
        assert await ids(client.responses, **settled) == [row for row in first if row >= 1_010]
        assert world.requests() == []


async def test_a_row_that_arrives_is_there_in_the_next_answer(make: Make) -> None:
    world = make(*many(60))
    async with world.client() as client:
        await ids(client.responses)
        world.sandbox.clock.advance(7)
        world.add(5_000, world.sandbox.clock.seconds())
        assert (await ids(client.responses))[0] == 5_000
        world.add(5_001, world.sandbox.clock.seconds())  # in the very same second
        assert (await ids(client.responses))[:2] == [5_001, 5_000]


@pytest.mark.parametrize(
    ("age", "too_soon", "in_time"),
    [(1 * DAY, 9 * 60, 11 * 60), (10 * DAY, 23 * HOUR, 25 * HOUR), (100 * DAY, 29 * DAY, 31 * DAY)],
    ids=["of yesterday", "of last week", "of last summer"],
)
async def test_what_changed_at_wootric_shows_when_the_rule_says(
    make: Make, age: int, too_soon: int, in_time: int
) -> None:
    old = ago() - age
    world = make(*[response(number, created_at=old + number, text="as it was") for number in range(1, 6)])
    async with world.client() as client:
        # A page that is read for newer rows may bring these: only they are asked for.
        ask = partial(texts, client, after=_moment(old - DAY), before=_moment(old + HOUR))
        before = await ask()
        world.change("responses", 1, text="a late comment")
        world.change("responses", 2, text=None, score=0)
        world.delete("responses", 3)
        world.add(99, old + 2, text="back-dated")
        world.sandbox.clock.advance(too_soon)
        assert await ask() == before
        world.sandbox.clock.advance(in_time - too_soon)
        assert await ask() == {
            1: "a late comment",
            2: None,
            99: "back-dated",
            4: "as it was",
            5: "as it was",
        }


async def test_a_reading_is_as_of_the_oldest_of_what_was_handed_out(make: Make) -> None:
    world = make(*many(1_200))
    async with world.client() as client:
        begun = world.sandbox.clock.now()
        await ids(client.responses)
        world.sandbox.clock.advance(HOUR)
        now = world.sandbox.clock.now()
        newest = await client.responses(lambda _: False, enough=20)
        oldest = await client.responses(lambda _: False, enough=20, newest_first=False)
        assert newest.as_of is not None
        assert oldest.as_of is not None
        assert abs((newest.as_of - now).total_seconds()) < 1
        assert abs((oldest.as_of - begun).total_seconds()) < 1


async def test_fresh_reads_again_what_is_kept_and_counts_for_later_questions(make: Make) -> None:
    world = make(*many(120))
    async with world.client() as client:
        await ids(client.responses)
        world.change("responses", 1_100, text="a late comment")
        world.requests()
        assert (await texts(client))[1_100] is None
        assert (await texts(client, fresh=True))[1_100] == "a late comment"
        assert 3 <= len(world.requests(RESPONSES)) <= 8
        assert (await texts(client))[1_100] == "a late comment"


async def test_who_wants_it_fresh_does_not_wait_for_an_older_reading_to_end(make: Make) -> None:
    world = make(*many(3_000))
    async with world.client() as client, anyio.create_task_group() as group:
        world.sandbox.faults.add({"kind": "delay", "seconds": 0.5, "rate": 1, "path": RESPONSES})
        group.start_soon(ids, client.responses)
        await until(partial(covered, client))
        found: list[int] = []
        reading = await client.responses(
            lambda rows: found.extend(row.id for row in rows), fresh=True, enough=50, patience=3.0
        )
        assert reading.rows >= 50
        group.cancel_scope.cancel()


async def test_ten_questions_at_once_cost_no_more_than_the_longest(make: Make) -> None:
    world = make(*many(600))
    answers: list[list[int]] = []
    async with world.client() as client:

        async def ask(number: int) -> None:
            after = world.sandbox.clock.now().timestamp() - (number + 1) * 55 * HOUR
            answers.append(await ids(client.responses, after=_moment(after)))

        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(ask, number)
    together = len(world.requests(RESPONSES))
    assert sorted(len(answer) for answer in answers) == [55 * (number + 1) - 2 for number in range(10)]
    assert together <= 11 * 1.02 + 8


async def test_enough_reads_no_further_than_the_question_goes(make: Make) -> None:
    world = make(*many(1_000))
    async with world.client() as client:
        found: list[int] = []

        def take(rows: list[Response]) -> bool:
            found.extend(row.id for row in rows)
            return len(found) < 60

        reading = await client.responses(take, enough=20)
        assert reading.stopped == "taken"
        assert found[:60] == [1_000 + number for number in range(60)]
        assert len(world.requests(RESPONSES)) <= 6
        assert len(await ids(client.responses)) == 1_000


async def test_enough_counts_from_the_side_that_is_asked_for(make: Make) -> None:
    world = make(*many(1_000))
    async with world.client() as client:
        found: list[int] = []

        def take(rows: list[Response]) -> bool:
            found.extend(row.id for row in rows)
            return False

        await client.responses(take, enough=20, newest_first=False)
        assert found[:20] == [1_999 - number for number in range(20)]
        assert len(world.requests(RESPONSES)) <= 4


async def test_lists_of_a_person_are_answered_from_the_list_of_all(make: Make) -> None:
    world = make(*many(120), decline(7, created_at=ago(days=3)))
    before = world.sandbox.clock.now().replace(hour=0)
    async with world.client() as client:
        await ids(client.responses)
        await ids(client.declines)
        world.requests()
        ask = partial(ids, before=before)
        assert await ask(client.responses, person=MARA) == [row for row in NUMBERS[10:] if row % 2 == 0]
        assert await ask(client.responses, person=MARA, category="promoter") == [
            row for row in NUMBERS[10:] if row % 2 == 0 and (row - 1_000) % 11 >= 9
        ]
        assert await ask(client.declines, person=MARA) == [7]
        assert await ask(client.declines, person=Person("id", "2")) == []
        assert await ask(client.responses, excluded=True) == []
        assert world.requests() == []


async def test_a_person_whose_list_alone_was_read(make: Make) -> None:
    world = make(*many(120))
    async with world.client() as client:
        mine = [row for row in NUMBERS if row % 2 == 0]
        assert await ids(client.responses, person=MARA) == mine
        assert world.requests(RESPONSES) == []
        assert await ids(client.responses) == NUMBERS


async def test_a_category_needs_a_person(make: Make) -> None:
    async with make().client() as client:
        with pytest.raises(InvalidRequest, match="needs a person"):
            await ids(client.responses, category="promoter")


async def test_a_row_that_left_a_filtered_list_is_still_in_the_whole_one(make: Make) -> None:
    world = make(*[response(number, created_at=ago(days=50) + number) for number in range(1, 6)])
    async with world.client() as client:
        await ids(client.responses)
        world.change("responses", 3, excluded=True)
        ask = partial(ids, client.responses, before=_moment(ago(days=20)))
        assert await ask(excluded=False, fresh=True) == [5, 4, 2, 1]
        assert await ask() == [5, 4, 3, 2, 1]
        assert await ask(excluded=True) == [3]


async def test_changed_people_are_asked_for_by_their_change(make: Make) -> None:
    world = make(
        *[user(number, f"u{number}@lumenfield.test", created_at=ago(days=number)) for number in range(3, 90)]
    )
    names: dict[int, Any] = {}

    async def ask() -> list[str]:
        before = _moment(ago(hours=1))
        await client.end_users(
            lambda rows: names.update({row.id: row.external_id for row in rows}), before=before
        )
        return world.requests("/v1/end_users")

    async with world.client() as client:
        await ask()
        assert len(names) == 89
        world.change("end_users", 50, external_id="crm-50", updated_at=world.sandbox.clock.seconds())
        world.sandbox.clock.advance(9 * 60)
        await ask()
        assert names[50] is None
        world.sandbox.clock.advance(2 * 60)
        assert len(await ask()) <= 3
        assert names[50] == "crm-50"
        world.change("end_users", 51, external_id="crm-51", updated_at=world.sandbox.clock.seconds())
        world.sandbox.clock.advance(20 * DAY)
        assert all("updated" in request or "created" in request for request in await ask())
        assert names[51] == "crm-51"


async def test_people_are_there_in_time_though_many_have_changed(make: Make) -> None:
    world = make(
        *[
            user(number, f"u{number}@lumenfield.test", created_at=ago(days=90) + number)
            for number in range(3, 400)
        ]
    )
    async with world.client() as client:
        await ids(client.end_users)
        for number in range(3, 400):
            world.change("end_users", number, updated_at=ago() + number * HOUR)
        world.sandbox.clock.advance(20 * DAY)
        world.sandbox.faults.add({"kind": "delay", "seconds": 0.1, "rate": 1, "path": "/v1/end_users"})
        found: list[int] = []
        asked = [
            await client.end_users(lambda rows: found.extend(row.id for row in rows), patience=1)
            for _ in range(2)
        ]
        assert [reading.stopped for reading in asked] == ["patience", "patience"]
        assert len(found) == 2 * 399
        for _ in range(10):
            if (await client.end_users(found.extend, patience=1)).complete:
                break
        else:
            pytest.fail("it never gets on")


async def test_an_overfull_second_is_told_from_the_first_answer_on(make: Make) -> None:
    second = ago(days=40)
    rows = [response(number, created_at=second) for number in range(1, 152)]
    world = make(
        *rows, response(900, created_at=ago(days=20)), response(901, created_at=ago(days=60)), page_limit=1
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wootric_mcp.api.paging.MAX_PAGE", 1)
        async with world.client() as client:
            reading = await client.responses(lambda rows: None)
            assert (reading.complete, reading.unreachable != 0) == (False, True)
            await client.responses(lambda rows: None)
            reading = await client.responses(lambda rows: None)
            assert (reading.rows, reading.complete, reading.unreachable) == (102, False, 51)


async def test_an_error_reaches_who_waits_and_the_next_question_tries_again(make: Make) -> None:
    world = make(*many(120))
    async with world.client() as client:
        world.sandbox.faults.add({"kind": "500", "rate": 1, "path": RESPONSES})
        client._sender._sleep = no_sleep
        failures: list[Exception] = []

        async def ask() -> None:
            with pytest.raises(ServerFault) as caught:
                await ids(client.responses, patience=20)
            failures.append(caught.value)

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            group.start_soon(ask)
        assert len(failures) == 2
        world.sandbox.faults.clear()
        assert await ids(client.responses) == NUMBERS


async def test_when_time_is_up_there_is_what_was_read_so_far(make: Make) -> None:
    world = make(*many(1_000))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.2, "rate": 1, "path": RESPONSES})
    async with world.client() as client:
        found: list[int] = []
        reading = await client.responses(lambda rows: found.extend(row.id for row in rows), patience=1)
        assert (reading.stopped, reading.complete) == ("patience", False)
        assert 0 < len(found) < 1_000
        assert found == [1_000 + number for number in range(len(found))]
        assert reading.reached is not None
        assert reading.reached.timestamp() <= many(1_000)[len(found) - 1].created_at


async def test_with_the_store_off_nothing_stays(make: Make) -> None:
    world = make(*many(120))
    async with world.client(store="off") as client:
        assert await ids(client.responses) == NUMBERS
        assert await covered(client) == []
        world.requests()
        assert await ids(client.responses) == NUMBERS
        assert len(world.requests(RESPONSES)) >= 3
    assert not list(world.folder.glob("*.sqlite3*"))


async def test_with_the_store_off_a_reading_that_was_given_up_leaves_nothing(make: Make) -> None:
    world = make(*many(1_000))
    world.sandbox.faults.add({"kind": "delay", "seconds": 0.05, "rate": 1, "path": RESPONSES})
    async with world.client(store="off") as client:
        for patience in (0.2, 0.4, 0.6):
            await client.responses(lambda rows: None, patience=patience)
            await anyio.sleep(0.3)  # what was under way comes in
            assert await covered(client) == []
        outcome = await client.reader.read(sources.responses(), 0, 1 << 40, patience=0.2, lasting=True)
        assert outcome.stopped == "patience"
        await anyio.sleep(0.3)
        world.requests()
        await anyio.sleep(0.3)
        assert world.requests() == []


async def test_what_was_not_seen_for_long_is_forgotten_also_by_a_client_that_stays_open(make: Make) -> None:
    world = make(response(1, created_at=ago(days=200)))
    async with world.client(store_days=2) as client:
        assert await ids(client.responses) == [1]
        world.sandbox.clock.advance(3 * DAY)
        assert await client.owner_of("responses", 1) is None


async def test_a_summary_is_kept_until_something_is_written(make: Make) -> None:
    world = make(*many(100))
    day = world.sandbox.clock.now().date()
    async with world.client() as client:
        ask = partial(client.summary, day.replace(day=1), day.replace(day=17), zone=_utc())
        first = await ask()
        assert await ask() == first
        assert len(world.requests("/v1/nps_summary")) == 1
        assert (await ask(fresh=True)).responses == first.responses
        await client.delete_response(MARA, 1_050)
        assert (await ask()).responses == first.responses - 1
        assert len(world.requests("/v1/nps_summary")) == 2


async def test_it_must_be_used_as_a_context_manager_or_be_given_where_to_run(make: Make) -> None:
    world = make()
    client = CachingClient(world.settings(), now=world.now)
    with pytest.raises(RuntimeError, match="context manager"):
        await ids(client.responses)
    await client.aclose()


async def test_it_runs_where_it_is_told_to(make: Make) -> None:
    world = make(*many(3))
    async with anyio.create_task_group() as group:
        client = CachingClient(world.settings(), now=world.now, spawn=group.start_soon)
        async with client:
            assert len(await ids(client.responses)) == 3
            group.cancel_scope.cancel()


def _moment(second: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC)


def _utc() -> Any:
    from datetime import UTC

    return UTC
