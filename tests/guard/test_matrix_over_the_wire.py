"""The matrix of `test_matrix` over stdio and HTTP: every guarded effect, a process for each cell."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from mcp import Client, StdioServerParameters

from tests.accounts import ERAS, Era, running
from tests.guard.clocked_server import FileClock
from tests.guard.test_matrix import (
    EFFECTS,
    POLICIES,
    SITUATIONS,
    answering,
    environment,
    expected,
    outcome,
)
from tests.processes import server_environment

Transport = Literal["stdio", "http"]


@contextmanager
def server(transport: Transport, clock: Path, settings: dict[str, str]) -> Iterator[Any]:
    """What a client connects to."""
    command = [sys.executable, "-m", "tests.guard.clocked_server", str(clock)]
    around = server_environment(settings)
    if transport == "stdio":
        yield StdioServerParameters(command=command[0], args=command[1:], env=around)
        return
    with subprocess.Popen([*command, "--http"], stderr=subprocess.PIPE, text=True, env=around) as process:
        try:
            assert process.stderr
            line = next(line for line in process.stderr if "http://" in line)
            found = re.search(r"http://127\.0\.0\.1:\d+/mcp", line)
            assert found, line
            yield found[0]
        finally:
            process.kill()


async def walk(transport: Transport, mode: Era, policy: str, situation: str, folder: Path) -> None:
    clock = FileClock(folder / "clock")
    clock.seconds = 0.0
    person = answering(clock)[situation]
    with (
        running(snapshot_edit="204") as served,
        server(transport, folder / "clock", environment(served, folder, policy)) as target,
        anyio.fail_after(120),
    ):
        async with Client(target, mode=mode, elicitation_callback=person) as client:
            for tool, arguments in EFFECTS:
                found = await outcome(served, client, person, tool, arguments)
                assert found == expected(situation, policy), tool


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_every_tool(
    transport: Transport, mode: Era, policy: str, situation: str, tmp_path: Path
) -> None:
    await walk(transport, mode, policy, situation, tmp_path)
