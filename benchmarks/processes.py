"""Processes of the command line, and the memory that they take."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wootric_mcp.sandbox.server import RunningSandbox

ROOT = Path(__file__).parents[1]
_FOREIGN = ("WOOTRIC_", "COVERAGE_")
_LOOK_AGAIN = 0.1


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


def run(arguments: Sequence[str], variables: Mapping[str, str]) -> Ran:
    """Run `wootric-mcp` with these arguments and variables until it ends."""
    begun = time.perf_counter()
    peak: float | None = None
    with subprocess.Popen(
        [sys.executable, "-m", "wootric_mcp", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(variables),
    ) as process:
        while True:
            if (now := resident(process.pid)) is not None:
                peak = max(peak or 0.0, now)
            try:
                out, err = process.communicate(timeout=_LOOK_AGAIN)
                return Ran(process.returncode, out, err, time.perf_counter() - begun, peak)
            except subprocess.TimeoutExpired:
                continue


def resident(pid: int) -> float | None:
    """MiB, by `ps`, which Linux and macOS have; its unit is KiB."""
    try:
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return int(told.stdout) / 1024
