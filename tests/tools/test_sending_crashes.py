"""Sending is cut anywhere, in process and by kill -9: nobody is mailed twice, nobody is lost sight of."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp.server.mcpserver.exceptions import ToolError

from tests.accounts import ago, running
from tests.processes import server_environment
from tests.tools.cutting import Dead, How, Life, make_mortal
from tests.tools.sending_accounts import MAY_HAVE_LEFT, assert_accounted_for, mailed
from tests.tools.sends import an_app, planned, send_plan, send_to, six
from wootric_mcp.api import limits
from wootric_mcp.api.errors import WootricError
from wootric_mcp.guard import plans
from wootric_mcp.sandbox.records import AccountData, EndUserRow
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.store.errors import StoreError
from wootric_mcp.tools import planning
from wootric_mcp.tools.app import App

Send = Callable[[App], Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture(autouse=True)
def _small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_ADDRESSES", 2)
    monkeypatch.setattr(planning, "_LOOKED_UP", 0)
    limits._SHARED.clear()


def account_of(names: list[str]) -> AccountData:
    """Six people of each name; the ids of the n-th begin at 10 n + 1."""
    old = ago(days=200)
    return AccountData(
        end_users=[
            EndUserRow(10 * number + place, address, old, old)
            for number, name in enumerate(names)
            for place, address in enumerate(six(name), 1)
        ]
    )


class Case:
    """One send to six people: of a list of addresses, or by the id of a plan that holds ids of people."""

    def __init__(self, served: RunningSandbox, home: Path, number: int, name: str) -> None:
        self.served, self.home, self.people = served, home, six(name)
        self._ids = [str(10 * number + place) for place in range(1, 7)]
        self._is_plan = number % 2 == 1
        self.plan = ""

    async def begin(self) -> None:
        """Make the plan, where there is to be one."""
        if self._is_plan:
            async with self.app() as app:
                self.plan = await planned(app, self._ids)

    def app(self) -> Any:
        limits._SHARED.clear()
        return an_app(self.served.base_url, self.home)

    def send(self, app: App) -> Coroutine[Any, Any, dict[str, Any]]:
        return send_plan(app, self.plan) if self._is_plan else send_to(app, self.people)

    async def send_anew(self, app: App) -> dict[str, Any]:
        """By a fresh plan with other words."""
        plan = await planned(app, self._ids if self._is_plan else self.people, "And now?")
        if not plan:
            raise ToolError("Nobody is left.")
        return await send_plan(app, plan)

    async def told_truly(self, send: Send) -> None:
        """Send in a process of its own: everybody is mailed who may be, and exactly they are told."""
        before = mailed(self.served, self.people)
        sent = 0
        async with self.app() as app:
            try:
                figures = await send(app)
                assert (figures["not_sent"], figures["unclear"]) == (0, 0)
                sent = figures["sent"]
            except ToolError as error:
                assert "Nobody" in str(error)  # is left, that is
        states = assert_accounted_for(self.served, self.home, self.people)
        assert (mailed(self.served, self.people) - before).total() == sent
        assert set(states.values()) <= MAY_HAVE_LEFT

    async def follow_up(self) -> None:
        """What a model does next: the same again, and a fresh plan."""
        assert_accounted_for(self.served, self.home, self.people)
        await self.told_truly(self.send)
        await self.told_truly(self.send_anew)


async def lived(case: Case, life: Life) -> None:
    """Begin to send; where it got to an end, what was told is true."""
    with anyio.fail_after(30):
        try:
            async with case.app() as app:
                figures = await life.of(case.send(app))
        except (WootricError, ToolError, StoreError):
            return
        except BaseExceptionGroup as group:
            if group.split((Dead, WootricError, ToolError, StoreError))[1]:
                raise
            return
    if figures is None:
        return  # cancelled
    states = list(assert_accounted_for(case.served, case.home, case.people).values())
    assert figures["sent"] == states.count("sent")
    assert figures["unclear"] == states.count("unclear")
    assert figures["not_sent"] == states.count("not sent")


async def cuts(
    folder: Path, count: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[set[str], set[str]]:
    """Cut so many sends, each at another step until all steps have been, in an order that is drawn.

    Returns where those waited that were not cut, and where those were cut that were.
    """
    make_mortal(monkeypatch)
    chance = random.Random(seed)
    names = [f"cut{number}" for number in range(count + 2)]
    steps, decks, is_first_time = [0, 0], [list[int](), list[int]()], [True, True]
    everywhere, places, is_cut = set[str](), set[str](), 0
    with running(account_of(names), rate_limit=None) as served:
        for number, name in enumerate(names):
            kind, case = number % 2, Case(served, folder / name, number, name)
            await case.begin()
            if number < 2:  # one of either kind is not cut: how many steps are there?
                whole = Life()
                await lived(case, whole)
                assert mailed(served, case.people).total() == 6
                steps[kind] = whole.steps
                decks[kind] = chance.sample(range(whole.steps), whole.steps)
                everywhere.update(whole.places)
                continue
            if not decks[kind]:
                decks[kind], is_first_time[kind] = chance.sample(range(steps[kind]), steps[kind]), False
            how: How = "dies" if chance.random() < 0.5 else "is cancelled"
            life = Life(decks[kind].pop(), how)
            if not is_first_time[kind] and chance.random() < 0.5:
                fault = chance.choice(["cut", "cut_after", "500", "broken_json"])
                served.sandbox.faults.add({"kind": fault, "rate": 0.4, "path": "/v1/email_survey"})
            await lived(case, life)
            served.sandbox.faults.clear()
            is_cut += life.is_cut
            places.update(life.places)
            await case.follow_up()
    assert is_cut > 0.8 * count  # some end before the step, by a fault or with fewer waits
    return everywhere, places


async def test_a_hundred_cuts_anywhere_mail_nobody_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere, places = await cuts(tmp_path, 100, 5, monkeypatch)
    assert {"before a commit", "after a commit"} < everywhere
    assert len(places) > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_a_thousand_cuts_at_every_await_and_commit_mail_nobody_twice(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere, places = await cuts(tmp_path, 250, seed, monkeypatch)
    assert len(everywhere) > 12
    assert everywhere <= places


def killed_after(seconds: float, said: dict[str, Any], *arguments: str) -> bool:
    """Start a process that sends, and kill it so long after it was told to; whether it was still at it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.tools.sending_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=server_environment(),
    )
    assert process.stdin and process.stdout
    assert process.stdout.readline().strip() == "ready"
    process.stdin.write(f"{json.dumps(said)}\n")
    process.stdin.flush()
    time.sleep(seconds)
    process.kill()
    return not process.communicate()[0]


@pytest.mark.slow
async def test_thirty_killed_processes_mail_nobody_twice(tmp_path: Path) -> None:
    chance = random.Random(30)
    names = [f"kill{number}" for number in range(30)]
    killed = begun = 0
    with running(account_of(names), rate_limit=None) as served:
        for number, name in enumerate(names):
            case = Case(served, tmp_path / name, number, name)
            await case.begin()
            served.sandbox.faults.add(
                {"kind": "delay", "rate": 1, "seconds": 0.05, "path": "/v1/email_survey"}
            )
            said = {"plan": case.plan} if case.plan else {"emails": case.people}
            kill = partial(killed_after, chance.uniform(0.0, 0.6), said, served.base_url, str(case.home))
            killed += await anyio.to_thread.run_sync(kill)
            served.sandbox.faults.clear()
            begun += bool(mailed(served, case.people))
            await case.follow_up()
    assert killed >= 15
    assert begun >= 10
