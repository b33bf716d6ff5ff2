"""Reading 20,000 responses over a real port: each once, in few requests, whatever happens meanwhile."""

from __future__ import annotations

import random
from collections import Counter
from math import ceil

import anyio
import pytest

from tests.accounts import NOW
from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.models import ResponseInput
from wootric_mcp.api.people import Person
from wootric_mcp.sandbox.records import AccountData, EndUserRow, ResponseRow
from wootric_mcp.sandbox.server import Sandbox, serve
from wootric_mcp.sandbox.switches import Switches
from wootric_mcp.settings import Settings

ROWS, IN_ONE_SECOND, ARRIVING, PEOPLE = 20_000, 1_400, 200, 400


def large_account(seed: int) -> AccountData:
    """A year of responses at random times, but for those of one second, as a bulk import leaves them."""
    year, end = 365 * 86_400, int(NOW.timestamp()) - 3_600
    draw = random.Random(seed)
    seconds = [end - draw.randrange(year) for _ in range(ROWS - IN_ONE_SECOND)]
    seconds += [end - year // 3] * IN_ONE_SECOND
    return AccountData(
        end_users=[
            EndUserRow(number, f"u{number}@lumenfield.test", end - year, end)
            for number in range(1, PEOPLE + 1)
        ],
        responses=[
            ResponseRow(1_000 + number, 1 + number % PEOPLE, number % 11, second, second)
            for number, second in enumerate(seconds)
        ],
    )


@pytest.mark.slow
@pytest.mark.parametrize("newest_first", [True, False], ids=["newest first", "oldest first"])
@pytest.mark.parametrize("failing", [0.0, 0.05], ids=["nothing fails", "one in twenty fails"])
async def test_each_is_read_once_in_few_requests_while_others_arrive(
    failing: float, newest_first: bool
) -> None:
    data = large_account(seed=1)
    sandbox = Sandbox(data, switches=Switches(rate_limit=None), now=NOW)
    if failing:
        for kind in ("500", "cut"):
            sandbox.faults.add({"kind": kind, "rate": failing / 2, "path": "/v1/responses"})
    seen: Counter[int] = Counter()
    with anyio.fail_after(120), serve(sandbox) as served:
        settings = Settings.for_sandbox(served.base_url)
        reader = WootricClient(settings, clock=sandbox.clock.time)
        writer = WootricClient(settings, clock=sandbox.clock.time)

        async def arrive() -> None:
            for number in range(ARRIVING):
                await writer.create_response(Person("id", str(1 + number % PEOPLE)), ResponseInput(score=5))

        async with reader, writer, anyio.create_task_group() as group:
            group.start_soon(arrive)
            reading = await reader.read_responses(
                lambda rows: seen.update(row.id for row in rows), newest_first=newest_first
            )
    pages = ceil(len(seen) / 50)
    requests = [
        request
        for request in sandbox.account.requests()
        if (request["method"], request["path"]) == ("GET", "/v1/responses")
    ]
    sandbox.close()
    assert reading.complete
    assert set(seen.values()) == {1}
    assert seen.keys() >= {row.id for row in data.responses}
    assert sum(request["status"] == 200 for request in requests) <= pages * 1.02 + 8
    assert len(requests) < pages * 1.10 + 10
