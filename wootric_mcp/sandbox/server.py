"""A sandbox, and serving one over HTTP on the loopback interface."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .account import Account
from .clock import Clock
from .faults import Faults
from .gateway import CUT, Gateway
from .limits import RateLimit
from .oauth import Tokens
from .records import AccountData
from .switches import Switches

HOST = "127.0.0.1"
STORY_RATE_LIMIT = 1_000
"""Requests a minute."""

_START_SECONDS, _STOP_SECONDS = 20.0, 10.0


class Sandbox:
    """One simulated account with everything around it. `switches` may be replaced at any time.

    `app` is the ASGI application, `account` the state, `clock` the time it lives in, `faults` what is to go
    wrong, `tokens` the tokens given out.
    """

    def __init__(
        self,
        data: AccountData | None = None,
        *,
        switches: Switches = Switches(),  # noqa: B008 - frozen
        now: datetime | None = None,
        db: str = ":memory:",
    ) -> None:
        """Start with `data` (by default nothing) at the instant `now` (by default the machine's time).

        Raises:
            AccountNotEmptyError: `data` was given, but the database file `db` already holds an account.
        """
        self.switches = switches
        self.clock = Clock(now)
        self.account = Account(self.clock, db)
        try:
            if data is not None:
                self.account.load(data)
        except BaseException:
            self.account.close()
            raise
        self.tokens = Tokens(self.clock)
        self.rate_limit = RateLimit(self.clock)
        self.faults = Faults(switches.seed)
        self.app = Starlette(middleware=[Middleware(Gateway, sandbox=self)])

    def close(self) -> None:
        """Close the database."""
        self.account.close()


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that answers at `base_url`."""

    base_url: str
    sandbox: Sandbox


class _Protocol(H11Protocol):
    """Tells the application how to cut the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def app_that_can_cut(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CUT] = transport.abort
            await app(scope, receive, send)

        self.app = app_that_can_cut


class _Server(uvicorn.Server):
    """Says when it has started, ends at once when it is to, and does not wait for clients that hang on."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_to_end = asyncio.Event()

    def end(self) -> None:
        """From any thread."""
        self.should_exit = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._is_to_end.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.has_started.set()

    async def main_loop(self) -> None:
        await self._is_to_end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Without the tenth of a second that uvicorn gives every connection."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if tasks := self.server_state.tasks:
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)


@contextmanager
def start_story(port: int = 0) -> Iterator[RunningSandbox]:
    """Serve the story account as of now, with a rate limit that a demonstration does not run into."""
    from .story import build_story

    sandbox = Sandbox(build_story(datetime.now(UTC)), switches=Switches(rate_limit=STORY_RATE_LIMIT))
    try:
        with serve(sandbox, port) as running:
            yield running
    finally:
        sandbox.close()


@contextmanager
def serve(sandbox: Sandbox, port: int = 0) -> Iterator[RunningSandbox]:
    """Serve `sandbox` from its own thread, on loopback only, until the block ends; port 0 picks a free one.

    The sandbox itself stays open, so that it can be looked at afterwards.

    Raises:
        OSError: the port is taken.
        TimeoutError: the server did not start.
    """
    # Naming the protocol makes asyncio send small packets at once; without, each answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        # So that a sandbox can start again at once on the same port. Elsewhere this would share the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off", "ws": "none"}
        config = uvicorn.Config(
            sandbox.app,
            http=_Protocol,
            loop="asyncio",
            date_header=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=60,
            **options,
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="wootric-sandbox", daemon=True)
        thread.start()
        try:
            if not server.has_started.wait(_START_SECONDS):
                raise TimeoutError("the sandbox did not start")
            yield RunningSandbox(base_url, sandbox)
        finally:
            server.end()
            thread.join(2 * _STOP_SECONDS)
    finally:
        listener.close()
