"""What tools answer from what is kept: again, afresh, before all is there, and while Wootric is away."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import anyio
import pytest
from mcp import Client

from tests.accounts import (
    ERAS,
    JUN_LAST,
    MARA,
    MARA_DECLINE,
    MARA_LAST,
    NOW,
    Person,
    ago,
    answered,
    connected,
    refused,
    running,
    small_account,
    text_of,
)
from wootric_mcp.sandbox.records import AccountData, ResponseRow
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.server import build_server
from wootric_mcp.settings import Settings

Era = Literal["auto", "legacy"]


def busy_account(responses: int = 1_000) -> AccountData:
    """That many responses over the last hundred days, by one person."""
    hours = 2_400 / responses
    rows = [
        ResponseRow(300_000_000 + n, MARA, n % 11, ago(hours=n * hours), ago(), text=f"Remark {n}")
        for n in range(responses)
    ]
    return replace(small_account(), responses=rows)


def lists_asked(served: RunningSandbox) -> int:
    return sum(
        count
        for name, count in served.sandbox.account.traffic.by_operation.items()
        if name.startswith("list_")
    )


def responses_asked(served: RunningSandbox) -> int:
    return served.sandbox.account.traffic.by_operation["list_responses"]


async def until(condition: Any, *, seconds: float = 20.0) -> None:
    """Wait until something holds, and fail if it does not in time."""
    with anyio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110 - the sandbox runs in a thread, which no event tells of
            await anyio.sleep(0.02)


@pytest.mark.parametrize("mode", ERAS)
async def test_an_edit_shows_at_once_when_it_is_read_afresh(mode: Era) -> None:
    asked: dict[str, Any] = {"query": "well again", "period": "2026-08-01..2026-11-01"}
    with running(busy_account()) as served:
        async with connected(served, mode) as client:
            await answered(client, "summarize_feedback", period="all")
            served.sandbox.account.update("responses", 300_000_500, text="All is well again, thank you.")
            kept = text_of(await answered(client, "search_feedback", **asked))
            fresh = text_of(await answered(client, "search_feedback", **asked, fresh=True))
            again = text_of(await answered(client, "search_feedback", **asked))
    assert "0 of" in kept
    assert "All is well again" in fresh
    assert "All is well again" in again  # what one answer has read, all have


@pytest.mark.parametrize("mode", ERAS)
async def test_a_list_that_was_read_is_answered_without_a_request(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode) as client:
            await answered(client, "summarize_feedback", period="all")
            asked = lists_asked(served)
            for tool, arguments in (
                ("list_responses", {"period": "2026-01-01..2026-11-16"}),
                ("list_end_user_responses", {"end_user": str(MARA), "period": "2026-01-01..2026-11-16"}),
                ("list_detractor_responses", {"end_user": str(MARA), "period": "2026-01-01..2026-11-16"}),
                ("search_feedback", {"query": "outages", "period": "last_week"}),
            ):
                assert "Two outages" in text_of(await answered(client, tool, **arguments))
    assert lists_asked(served) == asked


@pytest.mark.parametrize("mode", ERAS)
async def test_a_record_that_was_listed_is_named_by_its_id_alone(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes")) as client:
            said = await refused(client, "get_end_user_response", response_id=MARA_LAST)
            assert f"response {MARA_LAST}" in said
            assert "Give end_user as well" in said
            await answered(client, "list_responses")
            await answered(client, "list_declines")
            shown = text_of(await answered(client, "get_end_user_response", response_id=MARA_LAST))
            assert "Two outages" in shown
            await answered(client, "get_end_user_decline", decline_id=MARA_DECLINE)
            await answered(client, "delete_response", response_id=JUN_LAST)
            assert JUN_LAST not in [row.id for row in served.sandbox.account.responses()]
            assert str(JUN_LAST) not in text_of(await answered(client, "list_responses"))
            await answered(client, "delete_decline", decline_id=MARA_DECLINE)
            assert "0 declines" in text_of(await answered(client, "list_declines"))
            # It is known by nobody any more.
            await refused(client, "get_end_user_response", response_id=JUN_LAST)


@pytest.mark.parametrize("mode", ERAS)
async def test_long_reading_tells_how_far_it_is(mode: Era) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    with running(busy_account()) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 0.3, "path": "/v1/responses"})
        async with connected(served, mode) as client:
            await client.call_tool("summarize_feedback", {"period": "all"}, progress_callback=note)
    assert told
    counts = [progress for progress, _, _ in told]
    assert counts == sorted(counts)
    assert told[-1][1] == 1_000
    assert told[-1][2] == f"Read {int(counts[-1]):,} responses"


async def test_reading_goes_on_behind_the_answer() -> None:
    with running(busy_account(4_000), rate_limit=None) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 0.2, "path": "/v1/responses"})
        async with connected(served, deadline=1.0) as client:
            begun = time.monotonic()
            first = text_of(await answered(client, "summarize_feedback", period="all"))
            assert time.monotonic() - begun < 5
            assert "Incomplete: Read" in first
            assert "of 4,000 expected responses" in first
            served.sandbox.faults.clear()
            await until(lambda: responses_asked(served) >= 80)
            second = text_of(await answered(client, "summarize_feedback", period="all"))
    assert "Incomplete" not in second
    assert "n = 4000" in second
    assert responses_asked(served) <= 4_000 / 50 * 1.02 + 8 + 1


async def test_a_cancelled_call_stops_the_reading_that_it_alone_wanted() -> None:
    with running(busy_account(4_000), rate_limit=None) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 0.2, "path": "/v1"})
        async with connected(served) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "summarize_feedback", {"period": "all"})
                await until(lambda: responses_asked(served) > 3)
                group.cancel_scope.cancel()
            await answered(client, "list_segments")
            asked = responses_asked(served)
            for _ in range(4):  # each takes as long as a page
                await answered(client, "list_segments")
            assert responses_asked(served) == asked < 60


async def test_what_is_kept_is_answered_while_wootric_is_away() -> None:
    with running() as served:
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC", "deadline": 20.0})
        later = [0.0]
        with anyio.fail_after(60):
            async with Client(
                build_server(settings, now=lambda: NOW + timedelta(seconds=later[0]))
            ) as client:
                await answered(client, "summarize_feedback", period="last 30 days")
                later[0] = 1_200.0  # twenty minutes: the youngest rows would be read again
                served.sandbox.faults.add({"kind": "500", "rate": 1.0, "path": "/v1"})
                said = text_of(await answered(client, "summarize_feedback", period="last 30 days"))
    assert "n = 2" in said
    assert "Wootric cannot be read at the moment" in said
