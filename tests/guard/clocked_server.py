"""A server process whose clock, by which it tells how long a person takes, is a file that tests write.

`python -m tests.guard.clocked_server FILE [--http]`; settings come from the environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from tests.accounts import Clock
from wootric_mcp import serving
from wootric_mcp.server import build_server
from wootric_mcp.settings import Settings


class FileClock(Clock):
    """A clock that two processes share."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def seconds(self) -> float:  # type: ignore[override]
        return float(self._file.read_text())

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)


def main(file: Path, *, http: bool) -> int:
    closed = anyio.Event()
    server = build_server(Settings.load({}), clock=FileClock(file), on_close=closed.set)
    if http:
        return anyio.run(serving.serve_http, server, 0)
    return anyio.run(serving.serve_stdio, server, closed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), http="--http" in sys.argv))
