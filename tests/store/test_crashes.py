"""Processes that read into one file are killed at random moments: nothing is lost, or taken for read."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

import anyio
import pytest

from benchmarks.accounts import account
from benchmarks.processes import for_account
from tests.processes import server_environment
from wootric_mcp.api.client import WootricClient
from wootric_mcp.sandbox.server import RunningSandbox, Sandbox, serve
from wootric_mcp.sandbox.switches import Switches
from wootric_mcp.settings import Settings
from wootric_mcp.store import rows
from wootric_mcp.store.database import Database
from wootric_mcp.store.leases import LASTS
from wootric_mcp.store.schema import declines, end_users, responses

TABLES = (responses, declines, end_users)
READER = "tests.store.reading_process"
LOST = 12
"""Answers of one list that a kill may have wasted: eight under way, the ones around them read again."""


class Process:
    """One that reads every list of the account: `wootric-mcp sync all`, or `reading_process` with a name.

    `lease` are the seconds that a lease of the latter outlives it.
    """

    def __init__(self, served: RunningSandbox, store: Path, *, lease: float | None = None) -> None:
        module = ["wootric_mcp", "sync", "all"] if lease is None else [READER, str(lease)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *module],
            stdout=subprocess.PIPE,
            text=True,
            env=server_environment(for_account(served, store)),
        )

    @cached_property
    def name(self) -> str:
        """Under which it holds leases."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        assert self.is_running
        self._process.kill()
        self._process.communicate()

    def ends_well(self) -> bool:
        """Whether it comes to an end by itself, with everything read."""
        self._process.communicate(timeout=120)
        return self._process.returncode == 0


@contextmanager
def slowly_served(size: int, seconds: float) -> Iterator[RunningSandbox]:
    """An account of that many responses, each answer of which takes so long."""
    data = account(size, now=datetime.now(UTC), texts=False)
    sandbox = Sandbox(data, switches=Switches(rate_limit=None))
    sandbox.faults.add({"kind": "delay", "rate": 1, "seconds": seconds})
    try:
        with serve(sandbox) as served:
            yield served
    finally:
        sandbox.close()


def until(is_so: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.002)


def asked(served: RunningSandbox) -> int:
    """Pages of lists that were asked for so far."""
    return served.sandbox.account.traffic.total


def lease_holder(store: Path) -> str:
    """Who reads the responses now; empty if nobody does."""
    now = time.time()
    with closing(sqlite3.connect(store, timeout=30)) as connection:
        found = connection.execute(
            "SELECT holder FROM leases WHERE source = 'responses' AND expires > ?", (now,)
        ).fetchone()
    return found[0] if found else ""


def wrong_in(store: Path, served: RunningSandbox) -> list[str]:
    """What of the file is damaged, or taken for read but not there."""
    found: list[str] = []
    with closing(sqlite3.connect(store, timeout=30)) as connection:
        found += [line for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
        for table in TABLES:
            covered = connection.execute(
                'SELECT start, "end" FROM coverage WHERE source = ?', (table.name,)
            ).fetchall()
            for start, end in covered:
                kept = connection.execute(
                    f"SELECT id FROM {table.name} WHERE created >= ? AND created < ? ORDER BY id",
                    (start, end),
                ).fetchall()
                told = served.sandbox.account.rows(
                    f"SELECT id FROM {table.name} WHERE created_at >= ? AND created_at < ? ORDER BY id",
                    (start, end),
                )
                if [tuple(row) for row in told] != kept:
                    found.append(f"{table.name} from {start} to {end}: {len(kept)} of {len(told)}")
    return found


def kept_in(store: Path) -> dict[str, dict[int, Any]]:
    """Every row that is kept, as models by id."""
    with closing(sqlite3.connect(store, timeout=30)) as connection:
        return {
            table.name: {
                row_id: rows.load(table, row)
                for row_id, row in connection.execute(f"SELECT id, row FROM {table.name}")
            }
            for table in TABLES
        }


async def told_by(served: RunningSandbox) -> dict[str, dict[int, Any]]:
    """Every row that the account hands out to a client without a store, as models by id."""
    served.sandbox.faults.clear()
    found: dict[str, dict[int, Any]] = {table.name: {} for table in TABLES}
    async with WootricClient(Settings.for_sandbox(served.base_url)) as client:
        for table, read in zip(
            TABLES, (client.read_responses, client.read_declines, client.read_end_users), strict=True
        ):
            await read(lambda batch, told=found[table.name]: told.update((row.id, row) for row in batch))  # type: ignore[misc]
    return found


def fewest_answers(served: RunningSandbox) -> int:
    """Answers that may be needed for every list, if nobody is killed."""
    sizes = [served.sandbox.account.row(f"SELECT count(*) FROM {table.name}") for table in TABLES]
    return sum(ceil(ceil(size[0] / 50) * 1.02) + 8 for size in sizes if size)


def at_a_random_moment(served: RunningSandbox, draw: random.Random) -> None:
    """Wait until some more pages have been asked for, and then a little."""
    moment = asked(served) + draw.randrange(1, 40)
    until(lambda: asked(served) >= moment)
    time.sleep(draw.uniform(0, 0.05))


def everything_is_there(served: RunningSandbox, store: Path, kills: int) -> None:
    """Check that the store equals the account, and that little more was asked for than without kills."""
    answered, without = served.sandbox.account.traffic.answered, fewest_answers(served)
    print(f"{kills} kills: {answered} answered, at most {without} without")
    assert answered <= without + kills * (len(TABLES) * LOST + 3)
    assert wrong_in(store, served) == []
    assert kept_in(store) == anyio.run(told_by, served)


def survives_with_others_waiting(served: RunningSandbox, store: Path, *, kills: int, lease: float) -> None:
    draw = random.Random(kills)
    processes = [Process(served, store, lease=lease) for _ in range(3)]
    for _ in range(kills):
        names = {process.name for process in processes}  # from then on there is a store
        until(lambda names=names: lease_holder(store) in names)  # type: ignore[misc]
        at_a_random_moment(served, draw)
        name = lease_holder(store)
        reader = next(process for process in processes if process.name == name)
        reader.kill()
        processes.remove(reader)
        assert wrong_in(store, served) == []
        processes.append(Process(served, store, lease=lease))
    assert all(process.ends_well() for process in processes)
    everything_is_there(served, store, kills)


def test_when_who_reads_is_killed_one_of_those_that_wait_goes_on(tmp_path: Path) -> None:
    with slowly_served(4_000, 0.2) as served:
        survives_with_others_waiting(served, tmp_path / "store.sqlite3", kills=1, lease=3)


@pytest.mark.slow
def test_who_reads_is_killed_at_twenty_random_moments_while_two_others_wait(tmp_path: Path) -> None:
    with slowly_served(30_000, 0.3) as served:
        survives_with_others_waiting(served, tmp_path / "store.sqlite3", kills=20, lease=LASTS)


@pytest.mark.slow
def test_a_sync_that_is_killed_at_twenty_random_moments_goes_on_each_time(tmp_path: Path) -> None:
    store, draw = tmp_path / "store.sqlite3", random.Random(3)
    with slowly_served(30_000, 0.3) as served:
        for _ in range(20):
            process = Process(served, store)
            at_a_random_moment(served, draw)
            process.kill()
            assert wrong_in(store, served) == []
        assert Process(served, store).ends_well()
        everything_is_there(served, store, 20)


@pytest.mark.slow
def test_a_process_killed_while_it_makes_the_store_leaves_one_that_opens(tmp_path: Path) -> None:
    draw = random.Random(4)
    with slowly_served(500, 0.0) as served:
        for number in range(20):
            store = tmp_path / f"{number}.sqlite3"
            process = Process(served, store)
            until(store.exists)
            time.sleep(draw.uniform(0, 0.08))
            process.kill()
            database = Database.open(f"sqlite:///{store}", privacy="alias")
            with database.writing() as connection:
                assert rows.count(connection, responses, [(0, 1 << 40)]) <= 500
            assert database.path == store
            database.close()
            assert list(tmp_path.glob("*.aside*")) == []
