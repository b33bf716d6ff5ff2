"""Serving Streamable HTTP on loopback: both eras, foreign hosts and origins refused, a clean stop."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import anyio
import httpx
import httpx2
import pytest
from mcp import Client, MCPError

from tests.accounts import ERAS, MARA, Era, Person, refused, running, text_of
from tests.processes import A_SECOND, SERVER, server_environment


@dataclass
class Served:
    """A server process that answers at `url`."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def http_server(**environment: str) -> Iterator[Served]:
    command = [*SERVER, "--http", "--port", "0"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=server_environment(environment)
    ) as process:
        try:
            assert process.stderr
            line = next(line for line in process.stderr if "http://" in line)
            found = re.search(r"http://127\.0\.0\.1:\d+/mcp", line)
            assert found, line
            yield Served(process, found[0])
        finally:
            process.kill()


def account(base_url: str) -> dict[str, str]:
    return {
        "WOOTRIC_BASE_URL": base_url,
        "WOOTRIC_CLIENT_ID": "sandbox",
        "WOOTRIC_CLIENT_SECRET": "sandbox",
        "WOOTRIC_TIMEZONE": "UTC",
    }


@pytest.mark.parametrize("mode", ERAS)
async def test_tools_are_called_over_http(mode: Era) -> None:
    person = Person("no")
    with running() as sandbox, http_server(**account(sandbox.base_url)) as served:
        with anyio.fail_after(30):
            async with Client(served.url, mode=mode, elicitation_callback=person) as client:
                answer = await client.call_tool("get_end_user", {"end_user": MARA})
                assert "mara.okafor@lumenfield.test" in text_of(answer)
                assert "did not confirm" in await refused(client, "delete_end_user", end_user=MARA)
    assert len(person.questions) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.test"}, 421), ({"Origin": "https://evil.test"}, 403)],
    ids=["host", "origin"],
)
def test_foreign_hosts_and_origins_are_refused(headers: dict[str, str], status: int) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    with http_server() as served:
        accept = {"Accept": "application/json, text/event-stream"}
        answer = httpx.post(served.url, json=hello, headers={**accept, **headers}, trust_env=False)
    assert answer.status_code == status


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    with http_server() as served:
        begun = time.monotonic()
        served.process.send_signal(number)
        assert served.process.wait(10) == 0
        assert time.monotonic() - begun < A_SECOND


def test_a_port_that_is_taken_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*SERVER, "--http", "--port", str(port)],
            capture_output=True,
            text=True,
            env=server_environment(),
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Choose another --port" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("mode", ERAS)
async def test_a_signal_stops_it_also_while_a_call_is_running(mode: Era) -> None:
    with running() as sandbox, http_server(**account(sandbox.base_url)) as served:
        sandbox.sandbox.faults.add({"kind": "delay", "seconds": 5, "rate": 1.0, "path": "/v1"})
        with anyio.fail_after(30), suppress(BaseExceptionGroup, httpx2.HTTPError, MCPError):
            async with Client(served.url, mode=mode) as client, anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "list_segments", {})
                while not sandbox.sandbox.account.traffic.total:
                    await anyio.lowlevel.checkpoint()
                begun = time.monotonic()
                served.process.terminate()
                status = await anyio.to_thread.run_sync(served.process.wait)
                took = time.monotonic() - begun
                group.cancel_scope.cancel()
    assert status == 0
    assert took < A_SECOND
