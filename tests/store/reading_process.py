"""A process that reads every list of the account in the environment, and prints under which name it does.

`python -m tests.store.reading_process SECONDS`: that long a lease outlives its process.
"""

from __future__ import annotations

import sys
from functools import partial

import anyio

from wootric_mcp.settings import Settings
from wootric_mcp.store import leases, sources
from wootric_mcp.store.client import CachingClient


async def read_everything() -> None:
    async with CachingClient(Settings.load()) as client:
        await client.reader.database()
        print(client.reader.holder, flush=True)
        async with anyio.create_task_group() as group:
            for source in (sources.responses(), sources.declines(), sources.END_USERS):
                group.start_soon(partial(client.reader.read, source, 0, 1 << 40, lasting=True))


if __name__ == "__main__":
    leases.LASTS = float(sys.argv[1])
    anyio.run(read_everything)
