"""Sending is cut anywhere, in process and by kill -9: nobody is mailed twice, nobody is lost sight of."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp.server.mcpserver.exceptions import ToolError
from sqlalchemy import Engine, event

from tests.accounts import running
from tests.processes import server_environment
from tests.tools.sends import an_app, plan_for, send_to, send_what, settings_of, six
from wootric_mcp.api import limits
from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.errors import WootricError
from wootric_mcp.guard import plans
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.store import ledger_file
from wootric_mcp.store.errors import StoreError
from wootric_mcp.store.ledger import Ledger
from wootric_mcp.store.ledger_file import LedgerFile
from wootric_mcp.tools import planning
from wootric_mcp.tools.app import App

_STEPS, _WAITS = 26, 75
"""Commits and requests of a whole send, twice, and times that it waits; a few more than there are."""


class Dead(BaseException):
    """The process is gone: nothing it would still do has any effect."""


@pytest.fixture(autouse=True)
def _small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_ADDRESSES", 2)
    monkeypatch.setattr(planning, "_LOOKED_UP", 0)
    limits._SHARED.clear()
    opened = ledger_file._engine

    def hasty(path: Path | None) -> Engine:
        """No waiting for the disk: no machine crashes here."""
        engine = opened(path)
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
        return engine

    monkeypatch.setattr(ledger_file, "_engine", hasty)


@contextmanager
def dying_at(step: int) -> Iterator[None]:
    """Death before or after a commit to the ledger, or a request; the steps are counted from 0."""
    left = step

    def mortal(act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*arguments: Any, **more: Any) -> Any:
            tick()
            result = await act(*arguments, **more)
            tick()
            return result

        return run

    def tick() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Dead

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LedgerFile, "do", mortal(LedgerFile.do))
        patch.setattr(WootricClient, "send_email_survey", mortal(WootricClient.send_email_survey))
        yield


class _Stepped:
    """A coroutine; when it has waited so many times, `cancel` is called."""

    def __init__(self, work: Coroutine[Any, Any, None], waits: int, cancel: Callable[[], None]) -> None:
        self._work, self._waits, self._cancel = work, waits, cancel

    def __await__(self) -> Iterator[Any]:
        go_on = partial(self._work.send, None)
        while True:
            try:
                waited_for = go_on()
            except StopIteration:
                return
            if self._waits == 0:
                self._cancel()
            self._waits -= 1
            try:
                go_on = partial(self._work.send, (yield waited_for))
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to handle
                go_on = partial(self._work.throw, error)


async def begun(url: str, folder: Path, people: list[str], chance: random.Random) -> list[str]:
    """What is to be sent: to these people by their addresses, or a plan for them that waits."""
    if chance.random() < 0.5:
        return people
    async with an_app(url, folder) as app:
        return [await plan_for(app, people)]


async def cut(url: str, folder: Path, what: list[str], chance: random.Random) -> None:
    """Begin to send, and be cut: by death, by cancellation, or by the connection."""
    with anyio.fail_after(30):
        try:
            async with an_app(url, folder) as app:
                await app.ledger()
                if chance.random() < 0.6:
                    with dying_at(chance.randrange(_STEPS)):
                        await send_what(app, what)
                else:
                    with anyio.CancelScope() as scope:
                        await _Stepped(send_what(app, what), chance.randrange(_WAITS), scope.cancel)
        except (WootricError, ToolError, StoreError):
            pass
        except BaseExceptionGroup as group:
            if group.split((Dead, WootricError, ToolError, StoreError))[1]:
                raise


async def sent_again(url: str, folder: Path, people: list[str], what: list[str]) -> None:
    """A retry of the same, then a fresh plan and a fresh list with other words, each by an app of its own."""

    async def planned(app: App) -> None:
        if plan := await plan_for(app, people, "And now?"):
            await send_what(app, [plan])

    for again in (
        lambda app: send_what(app, what),
        planned,
        lambda app: send_to(app, people, "And then?"),
    ):
        async with an_app(url, folder) as app:
            try:
                await again(app)
            except ToolError as error:
                assert "Nobody" in str(error)  # is left, that is


async def accounted_for(served: RunningSandbox, folder: Path, people: list[str]) -> None:
    """Nobody was mailed twice, and whoever is not known to be mailed is in a request that is unclear."""
    mailed = [mail["to"] for mail in served.sandbox.account.outbox() if mail["to"] in people]
    assert len(mailed) == len(set(mailed))
    later = Ledger.open(settings_of(served.base_url, folder), clock=lambda: time.time() + 3_600)
    entries = await later.entries()
    who = {later.recipient(address, None): address for address in people}
    noted = {who[one] for one in await later.mailed(list(who), since=0)}
    later.close()
    assert {entry.state for entry in entries} <= {"sent", "not sent", "unclear"}
    assert set(mailed) <= noted
    count = {state: sum(e.people for e in entries if e.state == state) for state in ("sent", "unclear")}
    assert count["sent"] <= len(mailed) <= count["sent"] + count["unclear"]
    # The retry mailed everybody else: not one is neither mailed nor unclear.
    assert noted == set(people)
    assert count["sent"] + count["unclear"] == len(people)


async def cuts(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    with running(rate_limit=None) as served:
        for number in range(count):
            limits._SHARED.clear()
            home = folder / str(number)
            people = six(f"cut{number}")
            what = await begun(served.base_url, home, people, chance)
            if chance.random() < 0.2:
                kind = chance.choice(["cut", "cut_after", "500", "broken_json"])
                served.sandbox.faults.add({"kind": kind, "rate": 0.4, "path": "/v1/email_survey"})
            await cut(served.base_url, home, what, chance)
            served.sandbox.faults.clear()
            await sent_again(served.base_url, home, people, what)
            await accounted_for(served, home, people)


def process(*arguments: str) -> subprocess.Popen[str]:
    """A process that sends once it gets a line."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.tools.sending_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=server_environment(),
    )
    assert started.stdout
    assert started.stdout.readline().strip() == "ready"
    return started


def killed_after(seconds: float, *arguments: str) -> bool:
    """Start a process that sends, and kill it so long after it was told to; whether it was still at it."""
    started = process(*arguments)
    assert started.stdin
    started.stdin.write("\n")
    started.stdin.flush()
    time.sleep(seconds)
    is_running = started.poll() is None
    started.kill()
    started.communicate()
    return is_running


def at_once(*each: Sequence[str]) -> list[str]:
    """What processes print that send at the same moment."""
    started = [process(*arguments) for arguments in each]
    for one in started:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[0] for one in started]
    assert [one.returncode for one in started] == [0] * len(started)
    return said


async def test_cuts_anywhere_mail_nobody_twice(tmp_path: Path) -> None:
    await cuts(tmp_path, 50, seed=5)


@pytest.mark.slow
async def test_a_thousand_cuts_anywhere_mail_nobody_twice(tmp_path: Path) -> None:
    await cuts(tmp_path, 1_000, seed=11)


@pytest.mark.slow
async def test_thirty_killed_processes_mail_nobody_twice(tmp_path: Path) -> None:
    chance = random.Random(30)
    killed = 0
    with running(rate_limit=None) as served:
        for number in range(30):
            limits._SHARED.clear()
            home, name = tmp_path / str(number), f"kill{number}"
            served.sandbox.faults.add(
                {"kind": "delay", "rate": 1, "seconds": 0.05, "path": "/v1/email_survey"}
            )
            what = await begun(served.base_url, home, six(name), chance)
            killed += await anyio.to_thread.run_sync(
                killed_after, chance.uniform(0.0, 0.5), served.base_url, str(home), *what
            )
            served.sandbox.faults.clear()
            await sent_again(served.base_url, home, six(name), what)
            await accounted_for(served, home, six(name))
    assert killed >= 15


@pytest.mark.slow
async def test_processes_that_send_at_once_mail_nobody_twice(tmp_path: Path) -> None:
    with running(rate_limit=None) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1, "seconds": 0.02, "path": "/v1/email_survey"})
        for number in range(8):
            limits._SHARED.clear()
            home, people = tmp_path / str(number), six(f"once{number}")
            async with an_app(served.base_url, home) as app:
                plan = await plan_for(app, people, "And now?")
            common = (served.base_url, str(home))
            await anyio.to_thread.run_sync(
                at_once, (*common, plan), (*common, plan), (*common, *people), (*common, *people[::-1][:4])
            )
            await accounted_for(served, home, people)
            assert sorted(mail["to"] for mail in served.sandbox.account.outbox())[-6:] == people
