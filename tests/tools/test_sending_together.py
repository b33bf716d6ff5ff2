"""Two processes of one store send to the same people at the same moment: everybody is mailed once."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp.types import CallToolResult

from tests.accounts import ERAS, Era, answered, connected, running, structure_of, text_of
from tests.processes import server_environment
from tests.tools.sending_accounts import assert_accounted_for, mailed
from tests.tools.sends import an_app, planned, six
from wootric_mcp.api import limits
from wootric_mcp.guard import plans

ROUNDS = 4


class _Sender:
    """A process that sends what it is told to."""

    def __init__(self, process: anyio.abc.Process) -> None:
        assert process.stdin and process.stdout
        self._said, self._told = process.stdin, BufferedByteReceiveStream(process.stdout)

    async def line(self) -> str:
        return (await self._told.receive_until(b"\n", 100_000)).decode()

    async def send(self, said: dict[str, Any], told: list[dict[str, Any]]) -> None:
        await self._said.send(f"{json.dumps(said)}\n".encode())
        told.append(json.loads(await self.line()))


@asynccontextmanager
async def senders(url: str, folder: Path, count: int) -> AsyncIterator[list[_Sender]]:
    command = [sys.executable, "-m", "tests.tools.sending_process", url, str(folder)]
    processes = [
        await anyio.open_process(command, stderr=None, env=server_environment()) for _ in range(count)
    ]
    try:
        made = [_Sender(process) for process in processes]
        for sender in made:
            assert await sender.line() == "ready"
        yield made
    finally:
        for process in processes:
            process.kill()
            await process.aclose()


@pytest.mark.parametrize("what", ["one plan", "overlapping lists", "a plan and a list"])
async def test_two_processes_at_once_mail_everybody_once(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "MAX_ADDRESSES", 2)
    with anyio.fail_after(120), running(rate_limit=None) as served:
        url = served.base_url
        served.sandbox.faults.add({"kind": "delay", "rate": 0.7, "seconds": 0.02, "path": "/v1/email_survey"})
        async with senders(url, tmp_path, 2) as (one, other):
            for number in range(ROUNDS):
                people = [*six(f"first{number}"), *six(f"second{number}")]
                plan = ""
                if "plan" in what:
                    limits._SHARED.clear()
                    async with an_app(url, tmp_path) as app:
                        plan = await planned(app, people)
                said = {
                    "one plan": ({"plan": plan}, {"plan": plan}),
                    # One begins where the other ends, so that they meet.
                    "overlapping lists": ({"emails": people[:9]}, {"emails": people[:2:-1]}),
                    "a plan and a list": ({"plan": plan}, {"emails": people[::-1], "subject": "Hi"}),
                }[what]
                told: list[dict[str, Any]] = []
                async with anyio.create_task_group() as group:
                    for sender, words in zip((one, other), said, strict=True):
                        group.start_soon(partial(sender.send, words, told))
                assert set(mailed(served, people)) == set(people)
                states = assert_accounted_for(served, tmp_path, people)
                assert set(states.values()) == {"sent"}
                assert sum(each.get("sent", 0) for each in told) == len(people)
                for each in told:
                    assert each.get("unclear", 0) == 0
                    assert "Nobody" in each.get("error", "Nobody")


@pytest.mark.parametrize("mode", ERAS)
async def test_calls_to_one_server_at_once_mail_everybody_once(
    mode: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "MAX_ADDRESSES", 2)
    people, told = six("guest"), list[CallToolResult]()
    with running(rate_limit=None) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 0.7, "seconds": 0.02, "path": "/v1/email_survey"})
        async with connected(served, mode, folder=tmp_path, confirm="off") as client:
            plan = await answered(client, "plan_email_survey", people=people, eligibility="ours")
            calls: list[dict[str, Any]] = [
                {"plan": structure_of(plan)["plan"]},
                {"plan": structure_of(plan)["plan"]},
                {"emails": people[::-1], "survey_immediately": True},
                {"emails": people[2:], "survey_immediately": True, "subject": "Hi"},
            ]

            async def call(arguments: dict[str, Any]) -> None:
                told.append(await client.call_tool("send_email_survey", arguments))

            async with anyio.create_task_group() as group:
                for arguments in calls:
                    group.start_soon(call, arguments)
        assert sorted(mailed(served, people).elements()) == people
        assert set(assert_accounted_for(served, tmp_path, people).values()) == {"sent"}
    assert sum(structure_of(one)["figures"]["sent"] for one in told if not one.is_error) == len(people)
    assert all("Nobody" in text_of(one) for one in told if one.is_error)
