"""Doing several reads at once: in order, few at a time, and with errors as they are."""

from __future__ import annotations

from functools import partial

import anyio
import pytest

from wootric_mcp.tools.concurrently import concurrently


async def test_results_come_in_the_order_of_the_calls() -> None:
    second_is_done = anyio.Event()

    async def first() -> str:
        await second_is_done.wait()
        return "first"

    async def second() -> str:
        second_is_done.set()
        return "second"

    with anyio.fail_after(5):
        assert await concurrently([first, second]) == ["first", "second"]


async def test_the_first_error_is_raised_as_it_is_and_ends_the_others() -> None:
    was_ended = False

    async def fails() -> None:
        raise ValueError("no")

    async def waits() -> None:
        nonlocal was_ended
        try:
            await anyio.sleep_forever()
        finally:
            was_ended = True

    with anyio.fail_after(5), pytest.raises(ValueError, match="no"):
        await concurrently([waits, fails])
    assert was_ended


async def test_no_more_than_eight_run_at_once() -> None:
    running = most = 0

    async def call(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        running -= 1
        return number

    with anyio.fail_after(5):
        assert await concurrently([partial(call, number) for number in range(30)]) == list(range(30))
    assert most <= 8
