"""Processes of the command line, and the memory that they take."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from wootric_mcp.sandbox.server import RunningSandbox

ROOT = Path(__file__).parents[1]
_FOREIGN = ("WOOTRIC_", "COVERAGE_")
_LOOK_AGAIN = 0.2
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that has ended."""

    status: int
    out: str
    err: str
    seconds: float
    mebibytes: float | None
    """Most that was resident at once; None where `ps` cannot tell."""


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of the machine, and without what would have coverage measure."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**own, "PYTHONPATH": str(ROOT), **more}


def for_account(served: RunningSandbox, store: Path) -> dict[str, str]:
    """Variables by which the command line reads that sandbox into that file."""
    return {
        "WOOTRIC_BASE_URL": served.base_url,
        "WOOTRIC_CLIENT_ID": "sandbox",
        "WOOTRIC_CLIENT_SECRET": "sandbox",
        "WOOTRIC_STORE": f"sqlite:///{store}",
        "WOOTRIC_ALIAS_KEY_FILE": f"{store}.key",
        "WOOTRIC_TIMEZONE": "UTC",
    }


def compile_bytecode(*packages: ModuleType) -> None:
    """What installing them does, so that no process that is measured has to."""
    for package in packages:
        compileall.compile_dir(str(Path(str(package.__file__)).parent), quiet=1)


class Memory:
    """The resident memory of a process, in MiB; None where `ps` cannot tell."""

    def __init__(self, pid: int) -> None:
        self.peak: float | None = None
        self._pid = pid

    def now(self) -> float | None:
        """What is resident now."""
        try:
            told = subprocess.run(
                ["ps", "-o", "rss=", "-p", str(self._pid)], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return int(told.stdout) / 1024  # the unit of `ps` is KiB

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep the most that is resident, several times a second."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(_LOOK_AGAIN):
                if (found := self.now()) is not None:
                    self.peak = max(self.peak or 0.0, found)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def mebibytes(memory: float | None) -> str:
    """A memory as tables show it."""
    return "-" if memory is None else f"{memory:.0f} MiB"


def run(arguments: Sequence[str], variables: Mapping[str, str]) -> Ran:
    """Run `wootric-mcp` with these arguments and variables until it ends."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "wootric_mcp", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(variables),
    ) as process:
        memory = Memory(process.pid)
        with memory.watched():
            out, err = process.communicate()
        return Ran(process.returncode, out, err, time.perf_counter() - begun, memory.peak)


class Server:
    """A server on stdio, spoken to without the SDK, which would take its share of the time."""

    def __init__(self, process: subprocess.Popen[bytes], memory: Memory) -> None:
        self.memory = memory
        self._process = process

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request.

        Raises:
            RuntimeError: the server ended instead, or answered with an error.
        """
        self._send({"id": method, "method": method, "params": params})
        assert self._process.stdout
        while line := self._process.stdout.readline():
            message = json.loads(line)
            if message.get("id") == method:
                if "result" in message:
                    return message["result"]
                raise RuntimeError(f"{method}: {message['error']}")
        raise RuntimeError(f"{self._process.args!r} ended before it answered {method}")

    def begin(self) -> None:
        """Do the handshake."""
        about = {"name": "benchmark", "version": "1"}
        self.ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=about)
        self._send({"method": "notifications/initialized"})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()


@contextmanager
def server(module: str, variables: Mapping[str, str]) -> Iterator[Server]:
    """A server that was just spawned; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(variables),
    ) as process:
        yield Server(process, Memory(process.pid))
        assert process.stdin
        process.stdin.close()
        process.wait(10)
