"""Arithmetic of half-open intervals `[start, end)` of whole seconds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Interval = tuple[int, int]


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """The same seconds as disjoint intervals in ascending order that do not touch."""
    found: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(interval: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """What is left of an interval, in ascending order."""
    return list(_remaining(interval, joined(taken)))


def common(one: Interval, other: Interval) -> Interval | None:
    """The seconds in both, None if there are none."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


def around(intervals: Iterable[Interval], second: int) -> Interval | None:
    """The interval that `second` lies in."""
    return next((one for one in intervals if one[0] <= second < one[1]), None)


def _remaining(interval: Interval, taken: list[Interval]) -> Iterator[Interval]:
    at, end = interval
    for first, last in taken:
        if last <= at:
            continue
        if first >= end:
            break
        if first > at:
            yield at, first
        at = last
    if at < end:
        yield at, end
