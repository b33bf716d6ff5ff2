"""Arithmetic of intervals, against sets of seconds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.store.intervals import Interval, around, common, joined, without

second = st.integers(0, 40)
interval = st.tuples(second, second)


def seconds(intervals: list[Interval]) -> set[int]:
    return {second for start, end in intervals for second in range(start, end)}


def is_tidy(intervals: list[Interval]) -> bool:
    return all(start < end for start, end in intervals) and all(
        one[1] < other[0] for one, other in pairwise(intervals)
    )


@given(st.lists(interval))
def test_joining_keeps_every_second_in_as_few_intervals_as_can_be(intervals: list[Interval]) -> None:
    found = joined(intervals)
    assert seconds(found) == seconds(intervals)
    assert is_tidy(found)


@given(interval, st.lists(interval))
def test_what_is_left_is_what_was_not_taken(one: Interval, taken: list[Interval]) -> None:
    found = without(one, taken)
    assert seconds(found) == seconds([one]) - seconds(taken)
    assert is_tidy(found)


@given(interval, interval)
def test_common_seconds_are_those_in_both(one: Interval, other: Interval) -> None:
    found = common(one, other)
    assert seconds([found] if found else []) == seconds([one]) & seconds([other])


@given(st.lists(interval), second)
def test_the_interval_around_a_second_holds_it(intervals: list[Interval], at: int) -> None:
    found = around(intervals, at)
    assert (found is not None) == (at in seconds(intervals))
    assert found is None or found[0] <= at < found[1]
