"""A process that sends a survey to six people in three requests, and says when it is about to.

`python -m tests.tools.sending_process URL FOLDER NAME`
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from tests.tools.sends import an_app, send_to, six
from wootric_mcp.guard import plans
from wootric_mcp.tools import planning


async def main(url: str, folder: Path, name: str) -> None:
    async with an_app(url, folder) as app:
        await app.ledger()
        print("ready", flush=True)
        await send_to(app, six(name))


if __name__ == "__main__":
    # Small requests, and nobody is looked up: what is tried out is the sending.
    plans.MAX_ADDRESSES = 2
    planning._LOOKED_UP = 0
    anyio.run(main, sys.argv[1], Path(sys.argv[2]), sys.argv[3])
