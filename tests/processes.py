"""How tests start the server as a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mcp import StdioServerParameters

A_SECOND = 3.0
"""Seconds within which what promises to stop within one has to: machines that run tests are busy."""

SERVER = (sys.executable, "-m", "wootric_mcp")


def server_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without the machine's Wootric settings, with `wootric-mcp` on the path.

    The SDK's client passes on a few variables only, and coverage needs its own to measure the server.
    """
    keep = {name: value for name, value in os.environ.items() if not name.startswith("WOOTRIC_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), keep.get("PATH", "")])
    return {**keep, "PATH": path, **(more or {})}


def stdio_server(*arguments: str, environment: Mapping[str, str] | None = None) -> StdioServerParameters:
    """Parameters with which the SDK's client spawns the server."""
    return StdioServerParameters(
        command=SERVER[0], args=[*SERVER[1:], *arguments], env=server_environment(environment)
    )
