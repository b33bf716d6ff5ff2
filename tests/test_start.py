"""The server starts about as fast as the smallest one of the same SDK, and is not much larger."""

from __future__ import annotations

import pytest

from benchmarks.start import EXTRA_MEBIBYTES, RATIO, Comparison, Start, compare


@pytest.mark.slow
def test_start_and_memory_are_within_budget() -> None:
    found = compare(15)
    if found.ratio > RATIO:  # other work on the machine may have hit one of the two; it rarely does so twice
        found = compare(15)
    assert found.ratio <= RATIO, found.table()
    assert (found.extra_mebibytes or 0.0) <= EXTRA_MEBIBYTES, found.table()


def test_medians_are_compared() -> None:
    toy = [Start(100, 60), Start(100, 60), Start(900, 90)]
    ours = [Start(110, 64), Start(80, 64), Start(120, None)]
    found = Comparison(toy, ours)
    assert found.ratio == pytest.approx(1.1)
    assert found.extra_mebibytes == pytest.approx(4)
    assert "one-tool server          100     100     900     60.0" in found.table()


def test_memory_that_cannot_be_told_is_no_figure() -> None:
    found = Comparison([Start(100, None)], [Start(100, 64)])
    assert found.extra_mebibytes is None
    assert found.table().splitlines()[1].endswith("-")
