"""How long questions take on accounts of different sizes, and how much memory: first, again, read ahead."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.accounts import account
from benchmarks.processes import Server, for_account, mebibytes, run, server
from wootric_mcp.sandbox.server import RunningSandbox, Sandbox, serve
from wootric_mcp.sandbox.switches import Switches

SIZES = (1_000, 10_000, 100_000)
LATENCY = 0.2
"""Seconds that Wootric takes for each answer."""
_PERIOD = "all"
_DEADLINE = "600"


@dataclass(frozen=True, slots=True)
class Scale:
    """What one account takes; seconds and MiB (None where `ps` cannot tell)."""

    responses: int
    first: float
    """From an empty store to an answer that stands on every response, the start of the server aside."""
    second: float
    """The same question again, at once."""
    server: float | None
    """Most that was resident while both were answered."""
    sync: float
    """`sync all`, from an empty store, of responses, declines and people, its start included."""
    rows: int
    requests: int
    syncing: float | None


def measure(responses: int) -> Scale:
    """Measure an account of that many responses over two years, with people and declines to match.

    Raises:
        RuntimeError: an answer does not stand on all of them.
    """
    data = account(responses, now=datetime.now(UTC))
    sandbox = Sandbox(data, switches=Switches(rate_limit=None, time_zone="UTC"))
    sandbox.faults.add({"kind": "delay", "rate": 1, "seconds": LATENCY})
    rows = len(data.responses) + len(data.declines) + len(data.end_users)
    try:
        with serve(sandbox) as served, tempfile.TemporaryDirectory() as folder:
            variables = for_account(served, Path(folder, "asked.sqlite3")) | {"WOOTRIC_DEADLINE": _DEADLINE}
            with server("wootric_mcp", variables) as asked:
                asked.begin()
                with asked.memory.watched():
                    first, second = _answer(asked), _answer(asked)
            sandbox.account.traffic.clear()
            sync = _sync(served, Path(folder, "synced.sqlite3"))
            requests = sandbox.account.traffic.total
    finally:
        sandbox.close()
    return Scale(responses, first, second, asked.memory.peak, sync[0], rows, requests, sync[1])


def _answer(asked: Server) -> float:
    begun = time.perf_counter()
    found = asked.ask("tools/call", name="summarize_feedback", arguments={"period": _PERIOD})
    seconds = time.perf_counter() - begun
    text = found["content"][0]["text"]
    if found.get("isError") or "Incomplete" in text:
        raise RuntimeError(text[:500])
    return seconds


def _sync(served: RunningSandbox, store: Path) -> tuple[float, float | None]:
    ran = run(["sync", "all"], for_account(served, store))
    if ran.status:
        raise RuntimeError(ran.err)
    return ran.seconds, ran.mebibytes


def table(found: Iterable[Scale]) -> str:
    """The figures as a table of Markdown."""
    head = (
        "responses",
        "first answer",
        "second answer",
        "memory",
        "`sync all`",
        "rows a second",
        "its memory",
    )
    lines = [head, ("---:",) * len(head)]
    lines += [
        (
            f"{scale.responses:,}",
            f"{scale.first:.1f} s",
            f"{scale.second:.1f} s",
            mebibytes(scale.server),
            f"{scale.sync:.1f} s, {scale.requests:,} requests",
            f"{scale.rows / scale.sync:,.0f}",
            mebibytes(scale.syncing),
        )
        for scale in found
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
