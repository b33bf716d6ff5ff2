"""Serving over stdio or loopback HTTP, and stopping cleanly within a second."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import anyio

if TYPE_CHECKING:
    from anyio.abc import TaskStatus
    from mcp.server import MCPServer

_HOST = "127.0.0.1"
# Seconds that calls in flight and the teardown get before the process ends anyway.
_GRACE = 0.8


async def serve_stdio(server: MCPServer[Any], closed: anyio.Event) -> int:
    """Serve until stdin ends or a signal asks to stop. `closed` is set once the server is torn down."""

    async def leave() -> None:
        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True), anyio.move_on_after(_GRACE):
            await closed.wait()
        # The SDK's thread that reads stdin cannot be cancelled: only leaving at once ends it.
        _exit()

    async with anyio.create_task_group() as group:
        await group.start(_on_signal, leave)
        await server.run_stdio_async()
        group.cancel_scope.cancel()
    return 0


async def serve_http(server: MCPServer[Any], port: int) -> int:
    """Serve Streamable HTTP on loopback; other hosts and origins are refused."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leave signals to us where we can receive them; uvicorn raises them again after its shutdown."""
            if sys.platform == "win32":
                with super().capture_signals():
                    yield
            else:
                yield

    try:
        listener = socket.create_server((_HOST, port))
    except OSError as error:
        _say(f"Cannot listen on {_HOST}:{port}: {error}. Choose another --port, or 0 for a free one.")
        return 1
    app = server.streamable_http_app(host=_HOST)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    uvicorn_server = Server(config)

    async def leave() -> None:
        uvicorn_server.should_exit = True
        # Calls in flight get half of the second within which the process promises to be gone.
        await anyio.sleep(_GRACE / 2)
        uvicorn_server.force_exit = True

    async with anyio.create_task_group() as group:
        await group.start(_on_signal, leave)
        _say(f"wootric-mcp serves http://{_HOST}:{listener.getsockname()[1]}/mcp")
        await uvicorn_server.serve(sockets=[listener])
        # Calls that outlived their grace would hold up the unwinding.
        _exit()
    return 0


def _exit() -> NoReturn:
    """Leave at once, whatever still runs."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(0)


def _say(text: str) -> None:
    """Tell the person who started the server, whatever the log level."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


async def _on_signal(
    act: Callable[[], Any], *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Do `act` at the first SIGTERM or SIGINT. Windows has no such receiver: Python's handling stays."""
    if sys.platform == "win32":
        task_status.started()
        return
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            await act()
            return
