from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wootric_mcp.sandbox.clock import Clock

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def test_a_clock_starts_where_it_is_told_and_ticks() -> None:
    clock = Clock(NOON)
    first = clock.time()
    assert NOON.timestamp() <= first < NOON.timestamp() + 60
    assert clock.time() >= first


def test_a_clock_without_a_start_is_the_machines() -> None:
    assert abs(Clock().now() - datetime.now(UTC)).total_seconds() < 60


def test_a_frozen_clock_moves_only_when_it_is_moved() -> None:
    clock = Clock(NOON)
    clock.freeze()
    clock.set(NOON)
    assert (clock.now(), clock.seconds()) == (NOON, int(NOON.timestamp()))
    clock.advance(90.5)
    assert clock.time() == NOON.timestamp() + 90.5


def test_a_ticking_clock_can_be_moved_on() -> None:
    clock = Clock(NOON)
    clock.advance(86_400)
    assert clock.now().date() > NOON.date()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time with a zone"):
        Clock(NOON.replace(tzinfo=None))
