"""What tools answer from what is kept: again, afresh, before all is there, and while Wootric is away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.accounts import (
    ERAS,
    JUN,
    JUN_LAST,
    MARA,
    MARA_DECLINE,
    MARA_LAST,
    NOW,
    Era,
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
from wootric_mcp.store.database import Database
from wootric_mcp.store.errors import StoreBusy


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
        served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 1.0, "path": "/v1/responses"})
        async with connected(served, deadline=4.0) as client:
            begun = time.monotonic()
            first = text_of(await answered(client, "summarize_feedback", period="all"))
            assert time.monotonic() - begun < 8
            assert "Incomplete: Read" in first
            assert "of 4,000 expected responses" in first
            served.sandbox.faults.clear()
            await until(lambda: responses_asked(served) >= 80)
            second = text_of(await answered(client, "summarize_feedback", period="all"))
    assert "Incomplete" not in second
    assert "n = 4,000" in second
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


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the kinds of transaction, `read` and `write`, for which the store is busy."""
    names: list[str] = []

    def make(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        async def run(*arguments: Any) -> Any:
            if name in names:
                raise StoreBusy
            return await work(*arguments)

        return run

    for name in ("read", "write"):
        monkeypatch.setattr(Database, name, make(name, getattr(Database, name)))
    return names


@pytest.mark.parametrize("mode", ERAS)
async def test_a_store_that_is_busy_is_told_in_words(mode: Era, busy: list[str]) -> None:
    with running() as served:
        async with connected(served, mode) as client:
            for kinds in (["write"], ["read", "write"]):
                busy[:] = kinds
                for tool in ("summarize_feedback", "list_responses", "list_end_users"):
                    assert "The store of feedback is busy" in await refused(client, tool)
                await answered(client, "account_status")
                await answered(client, "list_segments")
            busy.clear()
            assert "n = 2" in text_of(await answered(client, "summarize_feedback"))


@pytest.mark.parametrize("mode", ERAS)
async def test_what_was_written_is_told_and_shown_though_the_store_was_busy(
    mode: Era, busy: list[str]
) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes")) as client:
            await answered(client, "list_responses")
            busy[:] = ["read", "write"]
            await answered(client, "create_response", end_user=str(JUN), score=3, text="Slow again")
            await answered(client, "delete_response", end_user=str(JUN), response_id=JUN_LAST)
            await answered(client, "delete_end_user", end_user=str(MARA))
            busy.clear()
            said = text_of(await answered(client, "list_responses"))
    assert "Slow again" in said
    assert str(JUN_LAST) not in said
    assert str(MARA_LAST) not in said


async def test_who_is_not_let_in_any_more_is_told_so_although_rows_are_kept() -> None:
    with running() as served:
        async with connected(served) as client:
            await answered(client, "summarize_feedback", period="2026-10-01..2026-11-15")
            served.sandbox.faults.add({"kind": "401", "rate": 1.0, "path": "/"})
            said = await refused(client, "summarize_feedback", period="2026-10-02..2026-11-15")
    assert "did not accept the credentials" in said


async def test_reading_everything_afresh_tells_how_far_that_is() -> None:
    told: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(progress)

    with running(busy_account(4_000), rate_limit=None) as served:
        async with connected(served, deadline=7.0) as client:
            await answered(client, "summarize_feedback", period="all")
            served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 0.8, "path": "/v1/responses"})
            asked = {"period": "all", "fresh": True}
            said = text_of(await client.call_tool("summarize_feedback", asked, progress_callback=note))
    assert told == sorted(set(told))
    assert 0 < told[-1] < 4_000
    assert (
        "Incomplete: Of all 4,000 responses, some have not been read again yet; this goes on: "
        "ask again without fresh." in said
    )
    assert "in no figure" not in said


async def test_a_page_of_findings_tells_that_more_was_read_since_the_page_before() -> None:
    asked: dict[str, Any] = {"query": "remark", "period": "all", "limit": 5}
    with running(busy_account(3_000), rate_limit=None) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 1.0, "path": "/v1/responses"})
        async with connected(served, deadline=4.0) as client:
            first = text_of(await answered(client, "search_feedback", **asked))
            assert "of 3,000 expected responses, 2026-" in first
            cursor = re.search(r'cursor="([^"]+)"', first)
            assert cursor
            served.sandbox.faults.clear()
            await until(lambda: responses_asked(served) >= 60)
            second = text_of(await answered(client, "search_feedback", **asked, cursor=cursor[1]))
            assert "More was read since the page before" in second
            cursor = re.search(r'cursor="([^"]+)"', second)
            assert cursor
            third = text_of(await answered(client, "search_feedback", **asked, cursor=cursor[1]))
            assert "More was read" not in third


async def test_a_page_of_findings_does_not_expect_what_came_after_the_first_page() -> None:
    asked: dict[str, Any] = {"query": "remark", "period": "since 2026-01-01", "limit": 5}
    with running(busy_account(1_000), rate_limit=None) as served:
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC", "deadline": 4.0})
        now = [NOW - timedelta(days=40)]
        with anyio.fail_after(60):
            async with Client(build_server(settings, now=lambda: now[0])) as client:
                cursor = re.search(
                    r'cursor="([^"]+)"', text_of(await answered(client, "search_feedback", **asked))
                )
                assert cursor
                now[0] = NOW
                served.sandbox.faults.add(
                    {"kind": "delay", "rate": 1.0, "seconds": 12, "path": "/v1/responses"}
                )
                said = text_of(await answered(client, "search_feedback", **asked, cursor=cursor[1]))
    assert "Incomplete: Of all 600 responses, some have not been read again yet" in said
    assert "expected" not in said


async def test_figures_are_not_compared_with_an_older_summary() -> None:
    period = "2026-08-12..2026-10-31"
    with running(busy_account(), time_zone="UTC") as served:
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC", "deadline": 20.0})
        now = [NOW]
        with anyio.fail_after(60):
            async with Client(build_server(settings, now=lambda: now[0])) as client:
                first = text_of(await answered(client, "summarize_feedback", period=period))
                now[0] += timedelta(minutes=20)
                served.sandbox.account.execute("DELETE FROM responses WHERE id = ?", (300_000_500,))
                await answered(client, "list_responses", period=period, fresh=True, has_text=False)
                again = text_of(await answered(client, "summarize_feedback", period=period))
    for said in (first, again):
        assert "own summary" not in said
    assert "n = 810" in first
    assert "n = 809" in again


@pytest.mark.parametrize("mode", ERAS)
async def test_a_record_that_is_not_theirs_any_more_to_whom_it_belonged_is_told_as_that(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes")) as client:
            await answered(client, "list_responses")
            served.sandbox.account.execute(
                "UPDATE responses SET end_user_id = ? WHERE id = ?", (JUN, MARA_LAST)
            )
            for tool in ("get_end_user_response", "delete_response"):
                said = await refused(client, tool, response_id=MARA_LAST)
                assert "somebody else's now" in said
                assert "fresh: true" in said
            await answered(client, "list_responses", fresh=True)
            await answered(client, "get_end_user_response", response_id=MARA_LAST)
