"""Doing several reads at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

T = TypeVar("T")

# As many pages of a list are read at once; more would only wait for the request limit.
_AT_ONCE = 8


async def concurrently(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """The results in the order of the calls. The first error ends the others and is raised as it is."""
    results: dict[int, T] = {}
    errors: list[Exception] = []
    places = anyio.CapacityLimiter(_AT_ONCE)

    async def run(number: int, call: Callable[[], Awaitable[T]]) -> None:
        async with places:
            try:
                results[number] = await call()
            except Exception as error:  # noqa: BLE001 - raised below, where no group wraps it
                errors.append(error)
                group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for number, call in enumerate(calls):
            group.start_soon(run, number, call)
    if errors:
        raise errors[0]
    return [results[number] for number in range(len(calls))]
