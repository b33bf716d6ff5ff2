"""A process that is cut at one of its steps, in process: every await of its task and every commit is one."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import anyio
import anyio.from_thread
import pytest
from sqlalchemy import Engine, event

from wootric_mcp.api.transport import Transport
from wootric_mcp.store import ledger_file

# Whose lines tell places apart: how often a request waits for the network, and where, is chance.
_ROOMS = {"tools", "store"}
How = Literal["dies", "is cancelled"]
LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)


class Dead(BaseException):
    """The process is gone: nothing that it would still do has any effect."""


@dataclass
class Life:
    """What one process does, step by step; at the step `end`, counted from 0, it dies or is cancelled."""

    end: int = sys.maxsize
    how: How = "dies"
    steps: int = 0
    places: list[str] = field(default_factory=list)
    """Where it was at each step, as far as they are known; where it was cut comes last."""
    is_dead: bool = False
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    @property
    def is_cut(self) -> bool:
        return self.steps > self.end

    def is_due(self, place: Callable[[], str]) -> bool:
        """Count a step; whether it is the one."""
        self.steps += 1
        is_due = self.steps == self.end + 1
        if is_due or self.end == sys.maxsize:
            self.places.append(place())
        return is_due

    def die(self) -> None:
        self.is_dead = True
        raise Dead

    async def of(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What `work` returns, unless it is cut.

        Raises:
            Dead: It died.
        """
        before = LIFE.set(self)
        try:
            with self.scope:
                return await _Stepped(work, self)
        finally:
            LIFE.reset(before)


class _Stepped:
    """A coroutine whose every wait is a step."""

    def __init__(self, work: Coroutine[Any, Any, Any], life: Life) -> None:
        self._work, self._life = work, life

    def __await__(self) -> Iterator[Any]:
        go_on = partial(self._work.send, None)
        while True:
            try:
                waited_for = go_on()
            except StopIteration as end:
                return end.value
            if self._life.is_due(partial(_place, self._work)):
                if self._life.how == "dies":
                    self._life.is_dead = True
                    go_on = partial(self._work.throw, Dead())
                    continue
                self._life.scope.cancel()
            try:
                go_on = partial(self._work.send, (yield waited_for))
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to handle
                go_on = partial(self._work.throw, error)


def _place(work: Coroutine[Any, Any, Any]) -> str:
    """The lines in which a coroutine waits, the outermost first."""
    lines, awaited = [], work
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None and (path := Path(frame.f_code.co_filename)).parent.name in _ROOMS:
            lines.append(f"{path.name}:{frame.f_lineno}")
        awaited = getattr(awaited, "cr_await", None)
    return " ".join(lines)


def make_mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commits to ledgers be steps, and the dead neither write to them nor send anything."""
    opened, send = ledger_file._engine, Transport.send

    def mortal(path: Path | None) -> Engine:
        engine = opened(path)
        # No waiting for the disk: no machine crashes here.
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
        event.listen(engine, "begin", _refuse_the_dead, insert=True)
        commit = engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            _tick("before a commit")
            commit(connection)
            _tick("after a commit")

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
        return engine

    def send_alive(*arguments: Any, **more: Any) -> Awaitable[Any]:
        _refuse_the_dead()
        return send(*arguments, **more)

    monkeypatch.setattr(ledger_file, "_engine", mortal)
    monkeypatch.setattr(Transport, "send", send_alive)


def _refuse_the_dead(*_: Any) -> None:
    life = LIFE.get()
    if life and life.is_dead:
        raise Dead


def _tick(place: str) -> None:
    """A step in a worker thread."""
    _refuse_the_dead()
    life = LIFE.get()
    if life and life.is_due(lambda: place):
        if life.how == "dies":
            life.die()
        anyio.from_thread.run_sync(life.scope.cancel)
