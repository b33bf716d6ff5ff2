"""How tests start the server as a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from mcp import StdioServerParameters

SERVER = (sys.executable, "-m", "wootric_mcp")


def server_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A clean environment: no Wootric settings of the machine, but what coverage needs to measure the server."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith("WOOTRIC_")}
    return {**keep, **(more or {})}


def stdio_server(*arguments: str, environment: Mapping[str, str] | None = None) -> StdioServerParameters:
    """Parameters with which the SDK's client spawns the server."""
    return StdioServerParameters(
        command=SERVER[0], args=[*SERVER[1:], *arguments], env=server_environment(environment)
    )
