"""Asking for pages ahead, and using them in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from wootric_mcp.api.errors import WootricError

T = TypeVar("T")

IN_FLIGHT = 8
"""Pages that are asked for at once, at most."""


async def in_order(
    read: Callable[[int], Awaitable[Sequence[T]]],
    pages: range,
    horizon: Callable[[int], int],
    use: Callable[[int, Sequence[T]], Awaitable[bool]],
) -> None:
    """Hand `pages` to `use`, in order and in the task of the caller, until it returns False.

    Up to `horizon(page)`, but never more than `IN_FLIGHT`, are asked for at once; the horizon is looked at
    again whenever a page arrives. An error of a page is raised when its turn has come, after the pages
    before it.
    """
    arrived: dict[int, Sequence[T] | WootricError] = {}
    bell = anyio.Event()
    failure: Exception | None = None

    async def get(page: int) -> None:
        try:
            arrived[page] = await read(page)
        except WootricError as error:
            arrived[page] = error
        bell.set()

    async with anyio.create_task_group() as group:
        asked = pages.start - 1
        for page in pages:
            while True:
                ahead = min(max(page, horizon(page)), page + IN_FLIGHT - 1, pages.stop - 1)
                for number in range(asked + 1, ahead + 1):
                    group.start_soon(get, number)
                asked = max(asked, ahead)
                if page in arrived:
                    break
                bell = anyio.Event()
                await bell.wait()
            rows = arrived.pop(page)
            try:
                if isinstance(rows, WootricError):
                    raise rows
                if not await use(page, rows):
                    break
            except Exception as error:  # noqa: BLE001 - raised below, where no group wraps it
                failure = error
                break
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
