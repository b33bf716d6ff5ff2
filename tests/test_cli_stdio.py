"""The server as a host runs it: a process that is spoken to over stdin and stdout."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.processes import A_SECOND, SERVER, server_environment

signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

CREDENTIALS = {
    "WOOTRIC_BASE_URL": "http://127.0.0.1:9",
    "WOOTRIC_CLIENT_ID": "id",
    "WOOTRIC_CLIENT_SECRET": "secret",
}


class Host:
    """Speaks the 2025-11-25 protocol over the pipes of a spawned server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer's result; other messages meanwhile are kept in `lines`."""
        self.tell({"id": method, "method": method, "params": params})
        assert self.process.stdout
        while line := self.process.stdout.readline():
            self.lines.append(line)
            message = json.loads(line)
            if message.get("id") == method:
                return dict(message["result"])
        raise AssertionError("the server closed stdout")

    def tell(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def greet(self) -> dict[str, Any]:
        me = {"name": "test", "version": "1"}
        greeting = self.ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=me)
        self.tell({"method": "notifications/initialized"})
        return greeting

    def rest(self) -> str:
        """What is still on stdout after the process has ended."""
        assert self.process.stdout
        return self.process.stdout.read()


@contextmanager
def host(*arguments: str, environment: Mapping[str, str] = CREDENTIALS) -> Iterator[Host]:
    with subprocess.Popen(
        [*SERVER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=server_environment(environment),
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield Host(process)
        finally:
            process.kill()


def test_closing_stdin_ends_the_server_with_status_0() -> None:
    with host() as server:
        assert server.greet()["serverInfo"]["name"] == "wootric"
        assert len(server.ask("tools/list")["tools"]) >= 35
        assert server.process.stdin
        server.process.stdin.close()
        assert server.process.wait(5) == 0
        assert server.rest() == ""


@signals
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [(), ("--sandbox",)], ids=["account", "sandbox"])
def test_a_signal_ends_the_server_cleanly_within_a_second(
    number: signal.Signals, arguments: tuple[str, ...]
) -> None:
    with host(*arguments) as server:
        server.greet()
        server.ask("tools/list")
        asked = time.monotonic()
        server.process.send_signal(number)
        assert server.process.wait(5) == 0
        assert time.monotonic() - asked < A_SECOND
        assert server.rest() == ""


@signals
def test_a_signal_ends_the_server_also_while_a_call_is_running() -> None:
    with host("--sandbox") as server:
        server.greet()
        server.tell(
            {
                "id": 1,
                "method": "tools/call",
                "params": {"name": "summarize_feedback", "arguments": {"period": "all"}},
            }
        )
        server.ask("ping")
        asked = time.monotonic()
        server.process.terminate()
        assert server.process.wait(5) == 0
        assert time.monotonic() - asked < A_SECOND


def test_stdout_carries_protocol_only() -> None:
    with host(environment={}) as server:
        server.greet()
        refused = server.ask("tools/call", name="list_segments", arguments={})
        server.ask("prompts/list")
        server.ask("resources/list")
        assert server.process.stdin
        server.process.stdin.close()
        server.process.wait(5)
    assert refused["isError"] and "WOOTRIC_CLIENT_ID" in refused["content"][0]["text"]
    assert [json.loads(line)["jsonrpc"] for line in server.lines] == ["2.0"] * len(server.lines)


def test_an_unknown_tool_name_in_a_flag_ends_with_status_2_and_says_what_there_is() -> None:
    ended = subprocess.run(
        [*SERVER, "--tools", "list_respones"],
        capture_output=True,
        text=True,
        timeout=30,
        env=server_environment(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "list_respones" in ended.stderr and "list_responses" in ended.stderr


def test_a_server_without_its_prompts_would_be_noticed_over_the_wire() -> None:
    with host() as server:
        server.greet()
        offered = {prompt["name"] for prompt in server.ask("prompts/list")["prompts"]}
    assert {"weekly_detractor_digest", "follow_up_with_detractors", "feature_feedback"} <= offered
