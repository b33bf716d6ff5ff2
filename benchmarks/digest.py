"""How long a digest of stored comments takes, and how much memory: analysed for it, and analysed before.

`python -m benchmarks.digest STORE` measures one digest in a process of its own and prints what it took.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import wootric_mcp
from benchmarks.comments import comments
from benchmarks.processes import Memory, compile_bytecode, environment, mebibytes

SIZES = (1_000, 10_000, 100_000)
_NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Took:
    """What one digest took, its text form included; seconds and MiB."""

    first_use: float
    """What the first digest of a process takes more than the next: it loads the modules of text analysis and
    the lexicon, and makes their tables."""
    seconds: float
    """Of the next."""
    processor: float
    """The same, of all threads: other work on the machine does not count."""
    mebibytes: float | None
    """Most that was resident at once; None where `ps` cannot tell."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The same digest twice, each by a process of its own."""

    comments: int
    cold: Took
    """Of comments of which no analysis was kept."""
    kept: Took


def measure(number: int) -> Digests:
    """Measure with so many comments in the file of a store, with bytecode compiled."""
    compile_bytecode(wootric_mcp)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "store.sqlite3")
        _fill(store, number, analysed=True)
        kept = _in_a_process(store)
        _fill(store, number, analysed=False)
        return Digests(number, _in_a_process(store), kept)


def table(found: Iterable[Digests]) -> str:
    """The figures as a table of Markdown, and what the first digest of a process takes longer."""
    found = list(found)
    head = ("comments", "analysed for it", "its memory", "analysed before", "its memory")
    lines = [head, ("---:",) * len(head)]
    lines += [
        (
            f"{each.comments:,}",
            f"{each.cold.seconds:.2f} s ({each.cold.processor:.2f} s of processor)",
            mebibytes(each.cold.mebibytes),
            f"{each.kept.seconds:.2f} s ({each.kept.processor:.2f} s of processor)",
            mebibytes(each.kept.mebibytes),
        )
        for each in found
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\nFirst digest of a process: {1000 * found[0].kept.first_use:.0f} ms more."


def _fill(store: Path, number: int, *, analysed: bool) -> None:
    from wootric_mcp.api.models import Response
    from wootric_mcp.feedback.comments import analysis
    from wootric_mcp.feedback.lexicon import lexicon
    from wootric_mcp.store import rows
    from wootric_mcp.store.database import Database
    from wootric_mcp.store.schema import responses

    put = partial(rows.put, table=responses, seen=0.0, privacy="alias", marks=str)
    if analysed:
        put = partial(put, analysis=partial(analysis, lexicon=lexicon()))
    models = [
        Response(
            id=place, end_user_id=place, score=score, text=text, created_at=_NOW - timedelta(hours=place)
        )
        for place, (score, text) in enumerate(comments(number), 1)
    ]
    database = Database.open(f"sqlite:///{store}", privacy="alias")
    for begin in range(0, number, _BATCH):
        with database.writing() as connection:
            put(connection, models=models[begin : begin + _BATCH])
    database.close()


def _in_a_process(store: Path) -> Took:
    command = [sys.executable, "-m", "benchmarks.digest", str(store)]
    with subprocess.Popen(command, env=environment({}), stdout=subprocess.PIPE, text=True) as process:
        memory = Memory(process.pid)
        with memory.watched():
            out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return Took(**json.loads(out), mebibytes=memory.peak)


def _take(store: str) -> dict[str, float]:
    """All of `Took` but the memory, in a process that has loaded what a server loads when it starts."""
    import wootric_mcp.server  # noqa: F401
    from wootric_mcp.__main__ import collect_seldom
    from wootric_mcp.store.analyses import Analyses
    from wootric_mcp.store.database import Database
    from wootric_mcp.store.holding import Holding, records

    collect_seldom()

    def take() -> tuple[float, float]:
        from wootric_mcp.feedback.digest import digest
        from wootric_mcp.feedback.lexicon import lexicon
        from wootric_mcp.feedback.period import resolve_period
        from wootric_mcp.feedback.receipt import Receipt
        from wootric_mcp.feedback.report import as_text
        from wootric_mcp.shield.fence import fence

        chosen = lexicon()
        held = Holding(((0, int(_NOW.timestamp())),))
        as_text(
            digest(
                records(database, held, with_properties=False, with_tags=True, analyses=Analyses(chosen)),
                receipt=Receipt(resolve_period("all", _NOW, UTC, "UTC"), _NOW),
                person=str,
                lexicon=chosen,
            ),
            fence=fence,
        )
        return time.perf_counter(), time.process_time()

    database = Database.open(f"sqlite:///{store}", privacy="alias")
    moments = [(time.perf_counter(), time.process_time()), take(), take()]
    database.close()
    (first, _), (seconds, processor) = (
        (after[0] - before[0], after[1] - before[1]) for before, after in pairwise(moments)
    )
    return {"first_use": first - seconds, "seconds": seconds, "processor": processor}


if __name__ == "__main__":
    print(json.dumps(_take(sys.argv[1])))
