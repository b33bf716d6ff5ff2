"""A process that sends what each line of its input says, to two people a request.

`python -m tests.tools.sending_process URL FOLDER` says `ready` and then, for each line of JSON with a `plan`
or `emails` (and a `subject`), what came of it: the figures of the answer, or the `error`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import anyio
import anyio.to_thread
from mcp.server.mcpserver.exceptions import ToolError

from tests.tools.sends import an_app, make_requests_small, send_plan, send_to
from wootric_mcp.api.errors import WootricError
from wootric_mcp.store.errors import StoreError


async def main(url: str, folder: Path) -> None:
    async with an_app(url, folder) as app:
        await app.ledger()
        print("ready", flush=True)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            said = json.loads(line)
            try:
                if "plan" in said:
                    told = await send_plan(app, said["plan"])
                else:
                    told = await send_to(app, said["emails"], said.get("subject", ""))
            except (ToolError, WootricError, StoreError) as error:
                told = {"error": str(error)}
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    make_requests_small()
    anyio.run(main, sys.argv[1], Path(sys.argv[2]))
