"""The work of an answer leaves the server free for others, and ends with the call that it is for."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any, Literal

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from benchmarks.comments import comments
from tests.accounts import ERAS, connected, refused
from tests.feedback.making import RECEIPT, digest, record
from wootric_mcp.__main__ import collect_seldom
from wootric_mcp.feedback.lexicon import lexicon
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.store import holding
from wootric_mcp.tools.reading import stoppable


def without_end(*_: Any, **__: Any) -> Iterator[FeedbackRecord]:
    """Records that only end after ten seconds, for whom nobody stops."""
    begun = time.monotonic()
    for number in count(1):
        assert time.monotonic() - begun < 10
        yield record(number)


@pytest.mark.parametrize(
    ("tool", "mode"),
    [
        *(("summarize_feedback", era) for era in ERAS),
        ("search_feedback", "auto"),
        ("analyze_nps", "auto"),
        ("check_quotes", "auto"),
    ],
)
async def test_an_answer_that_takes_too_long_is_given_up_at_the_deadline(
    served: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tool: str, mode: Literal["auto", "legacy"]
) -> None:
    asked = {"search_feedback": {"query": "slow"}, "check_quotes": {"text": "“It is far too slow for us.”"}}
    async with connected(served, mode, deadline=1) as client:
        monkeypatch.setattr(holding, "records", without_end)
        told = await refused(client, tool, **asked.get(tool, {"period": "last_week"}))
    assert "within 1 seconds" in told


async def test_work_whose_call_was_cancelled_ends_soon() -> None:
    passed: list[int] = []

    def work() -> None:
        for one in stoppable(without_end()):
            passed.append(one.id)
            if one.id == 700:
                anyio.from_thread.run_sync(scope.cancel)

    with anyio.fail_after(30), anyio.CancelScope() as scope:
        await anyio.to_thread.run_sync(work)
    assert scope.cancelled_caught
    assert 700 <= len(passed) < 1_000


async def test_work_cancelled_after_its_records_were_read_ends_with_the_stage_it_is_in() -> None:
    finished = False

    def read() -> Iterator[FeedbackRecord]:
        yield from (record(number, "the export is slow") for number in range(1, 50))
        anyio.from_thread.run_sync(scope.cancel)

    def work() -> None:
        nonlocal finished
        digest(read(), receipt=RECEIPT, go_on=anyio.from_thread.check_cancelled)
        finished = True

    with anyio.fail_after(30), anyio.CancelScope() as scope:
        await anyio.to_thread.run_sync(work)
    assert scope.cancelled_caught and not finished


@pytest.fixture
def garbage_is_collected_as_in_a_server() -> Iterator[None]:
    """A collection of all that a test run has made would hold everybody up by itself."""
    usual = gc.get_threshold()
    collect_seldom()
    yield
    gc.set_threshold(*usual)
    gc.unfreeze()


@pytest.mark.usefixtures("garbage_is_collected_as_in_a_server")
@pytest.mark.parametrize("number", [5_000, pytest.param(20_000, marks=pytest.mark.slow)])
async def test_others_are_served_while_thousands_of_comments_are_summed_up(number: int) -> None:
    records = [record(place, text, score) for place, (score, text) in enumerate(comments(number), 1)]
    waited: list[float] = []

    async def look() -> None:
        while True:
            before = anyio.current_time()
            await anyio.sleep(0.005)
            waited.append(anyio.current_time() - before - 0.005)

    async with anyio.create_task_group() as group:
        group.start_soon(look)
        work = partial(digest, stoppable(iter(records)), receipt=RECEIPT, lexicon=lexicon())
        found = await anyio.to_thread.run_sync(work)
        group.cancel_scope.cancel()
    assert found.comments == number
    assert len(waited) > 20
    assert max(waited) < 0.5, "on a machine with nothing else to do it is a tenth of that"
