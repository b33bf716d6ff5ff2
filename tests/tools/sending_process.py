"""A process that sends a survey, two people a request: it says when it is ready, waits for a line, sends.

`python -m tests.tools.sending_process URL FOLDER WHAT...`, a plan or addresses. What was sent for sure, or
why nothing was, is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
from mcp.server.mcpserver.exceptions import ToolError

from tests.tools.sends import an_app, send_what
from wootric_mcp.guard import plans
from wootric_mcp.tools import planning


async def main(url: str, folder: Path, what: list[str]) -> None:
    async with an_app(url, folder) as app:
        await app.ledger()
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            await send_what(app, what)
        except ToolError as error:
            print(error)


if __name__ == "__main__":
    # Small requests, and nobody is looked up: what is tried out is the sending.
    plans.MAX_ADDRESSES = 2
    planning._LOOKED_UP = 0
    anyio.run(main, sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
