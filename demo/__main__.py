"""`python -m demo [--data FILE] [--http]`: starts a sandbox and the server, and talks with them."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import httpx
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, StdioServerParameters

from demo import uses
from demo.talk import agree, tell, tokens

SERVER = (sys.executable, "-m", "wootric_mcp")
LONGEST_START, LONGEST_DEMO = 60.0, 180.0


def main() -> int:
    """Run the three conversations; the status is 1 if one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--data", type=Path, help="your own feedback instead of the story: CSV or JSON lines")
    parser.add_argument("--http", action="store_true", help="talk Streamable HTTP with the server, not stdio")
    options = parser.parse_args()
    status = 0
    try:
        anyio.run(_demo, options.data, options.http)
    except* (RuntimeError, TimeoutError, OSError, httpx.HTTPError) as failures:
        for failure in _leaves(failures):
            print(f"The demo stopped: {failure or type(failure).__name__}", file=sys.stderr)
        status = 1
    return status


async def _demo(data: Path | None, http: bool) -> None:
    source = ["--load", str(data), "--shift-dates", "--rate-limit", "1000"] if data else ["--story"]
    async with AsyncExitStack() as stack:
        stack.enter_context(anyio.fail_after(LONGEST_DEMO))
        folder = Path(stack.enter_context(TemporaryDirectory()))
        line = await stack.enter_async_context(
            _started([*SERVER, "sandbox", *source, "--port", "0"], "stdout")
        )
        url = _url_in(line)
        environment = {
            "WOOTRIC_BASE_URL": url,
            "WOOTRIC_CLIENT_ID": "sandbox",
            "WOOTRIC_CLIENT_SECRET": "sandbox",
            "WOOTRIC_TIMEZONE": "UTC",
            "WOOTRIC_ALIAS_KEY_FILE": str(folder / "alias.key"),
        }
        if http:
            command = [*SERVER, "--http", "--port", "0"]
            served = await stack.enter_async_context(_started(command, "stderr", environment))
            server: str | StdioServerParameters = _url_in(served)
        else:
            server = StdioServerParameters(command=SERVER[0], args=list(SERVER[1:]), env=environment)
        client = await stack.enter_async_context(Client(server, elicitation_callback=agree))
        sandbox = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False))
        tell("Account", line)
        tell("Server", await _described(client, "Streamable HTTP" if http else "stdio"))
        await uses.run(client, sandbox, is_story=data is None)


async def _described(client: Client, transport: str) -> str:
    tools = (await client.list_tools()).tools
    read = [{"name": t.name, "description": t.description, "input_schema": t.input_schema} for t in tools]
    size = tokens(json.dumps(read, ensure_ascii=False, separators=(",", ":")))
    return (
        f"wootric-mcp over {transport}, protocol {client.protocol_version}: "
        f"{len(tools)} tools, {size:,} tokens to list them"
    )


@asynccontextmanager
async def _started(
    command: Sequence[str], stream: str, environment: dict[str, str] | None = None
) -> AsyncIterator[str]:
    """Start a process, hand out the first line it writes to the stream, and end it afterwards.

    Raises:
        RuntimeError: If it ends before it has written a line.
    """
    process = await anyio.open_process(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if stream == "stdout" else None,
        stderr=subprocess.PIPE if stream == "stderr" else None,
        env={**os.environ, **(environment or {})},
    )
    try:
        receiving = process.stdout or process.stderr
        assert receiving
        try:
            with anyio.fail_after(LONGEST_START):
                line = await BufferedByteReceiveStream(receiving).receive_until(b"\n", 10_000)
        except (anyio.EndOfStream, anyio.IncompleteRead) as error:
            status = await process.wait()
            raise RuntimeError(f"{' '.join(command[2:])} ended with status {status}.") from error
        yield line.decode().strip()
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.terminate()
                with anyio.move_on_after(5):
                    await process.wait()
            if process.returncode is None:
                process.kill()
            await process.aclose()


def _url_in(line: str) -> str:
    return next(word for word in line.split() if word.startswith("http://"))


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for inner in group.exceptions
        for leaf in (_leaves(inner) if isinstance(inner, BaseExceptionGroup) else [inner])
    ]


if __name__ == "__main__":
    sys.exit(main())
