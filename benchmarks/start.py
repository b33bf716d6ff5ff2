"""Time from spawning a server to its first `tools/list` answer, and its resident memory then."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from statistics import median

import mcp

import wootric_mcp
from benchmarks.processes import compile_bytecode, server

RATIO, EXTRA_MEBIBYTES = 1.15, 10.0
"""Budgets: our start in one-tool starts, our resident memory above the one-tool server's."""

TOY, OURS = "benchmarks.one_tool", "wootric_mcp"
_VARIABLES = {"WOOTRIC_CLIENT_ID": "id", "WOOTRIC_CLIENT_SECRET": "secret"}


@dataclass(frozen=True, slots=True)
class Start:
    """One start: milliseconds to the answer, MiB resident after it (None where `ps` cannot tell)."""

    milliseconds: float
    mebibytes: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians of both servers over the same number of interleaved starts."""

    toy: list[Start]
    ours: list[Start]

    @property
    def ratio(self) -> float:
        """Our start, in one-tool starts."""
        return _milliseconds(self.ours) / _milliseconds(self.toy)

    @property
    def extra_mebibytes(self) -> float | None:
        """Our resident memory above the one-tool server's."""
        toy, ours = _mebibytes(self.toy), _mebibytes(self.ours)
        return None if toy is None or ours is None else ours - toy

    def table(self) -> str:
        """The figures as lines of text."""
        lines = [f"{'':18}{'median ms':>10}{'min':>8}{'max':>8}{'MiB':>9}"]
        for name, starts in (("one-tool server", self.toy), ("wootric-mcp", self.ours)):
            times = [start.milliseconds for start in starts]
            memory = _mebibytes(starts)
            resident = "-" if memory is None else f"{memory:.1f}"
            lines.append(f"{name:18}{median(times):10.0f}{min(times):8.0f}{max(times):8.0f}{resident:>9}")
        return "\n".join(lines)


def compare(pairs: int) -> Comparison:
    """Start both servers `pairs` times, in turns whose order alternates, with bytecode compiled."""
    compile_bytecode(mcp, wootric_mcp, sys.modules[__package__])
    starts: dict[str, list[Start]] = {TOY: [], OURS: []}
    for module in (TOY, OURS):
        _start(module)  # the first start of each also fills the disk cache
    for pair in range(pairs):
        for module in (TOY, OURS) if pair % 2 == 0 else (OURS, TOY):
            starts[module].append(_start(module))
    return Comparison(starts[TOY], starts[OURS])


def _start(module: str) -> Start:
    begun = time.perf_counter()
    with server(module, _VARIABLES) as ours:
        ours.begin()
        ours.ask("tools/list")
        milliseconds = (time.perf_counter() - begun) * 1000
        return Start(milliseconds, ours.memory.now())


def _milliseconds(starts: list[Start]) -> float:
    return median(start.milliseconds for start in starts)


def _mebibytes(starts: list[Start]) -> float | None:
    known = [start.mebibytes for start in starts if start.mebibytes is not None]
    return median(known) if known else None
