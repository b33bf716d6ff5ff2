"""Reading a period ahead, so that questions about it are answered at once."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from math import ceil, floor, inf
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import anyio

from wootric_mcp.api.errors import WootricError
from wootric_mcp.api.limits import WINDOW, Urgency
from wootric_mcp.api.paging import MAX_PER_PAGE
from wootric_mcp.store import coverage, rows, sources
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.errors import StoreError
from wootric_mcp.store.freshness import good

if TYPE_CHECKING:
    from datetime import tzinfo

    from sqlalchemy import Connection

    from wootric_mcp.feedback.period import Period
    from wootric_mcp.settings import Settings
    from wootric_mcp.store.sources import Source

_LISTS = {"responses": sources.responses(), "declines": sources.declines(), "end users": sources.END_USERS}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_RESUMES = "What was read is kept: the same command goes on from there."
_REDRAWN, _SAID = 0.25, 10.0
"""Seconds between two looks of the bar, and between two lines where there is no terminal."""
_SCREEN = 24
"""Lines of a terminal; tqdm shows no bar where it is told 0, as some tell it."""


class _NothingKept(StoreError):  # noqa: N818
    """The store's file cannot be used."""


class Progress(Protocol):
    """Shows how far the reading of a list has come."""

    def begin(self, name: str, there: int) -> None: ...

    @property
    def is_due(self) -> bool:
        """Whether to look again how far it is; looking costs a little."""

    def show(self, there: int, expected: int | None, note: str) -> None: ...

    def end(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Read:
    """What is kept of a list for the period, and how much of that is new."""

    name: str
    there: int
    new: int
    unreachable: int
    """Rows that the API cannot hand out; -1: an unknown number."""

    def __str__(self) -> str:
        remarks = [f"{self.new:,} new"] if self.new != self.there else []
        if self.unreachable:
            number = f"{self.unreachable:,}" if self.unreachable > 0 else "an unknown number"
            remarks.append(f"{number} more that share one second cannot be reached")
        said = ", ".join(remarks)
        name = self.name.removesuffix("s") if self.there == 1 else self.name
        return f"{self.there:,} {name}{said and f' ({said})'}"


async def sync(
    settings: Settings, period: Period, zone: tzinfo, *, out: TextIO | None = None, err: TextIO | None = None
) -> int:
    """Read a period into the store; the exit status. Signals to stop are heeded within a second.

    Args:
        settings: Usable, with a store that lasts.
        period: What to read of the lists, by creation.
        zone: The account's.
        out: Gets the last line, that of success; default stdout.
        err: Gets progress and errors; default stderr.
    """
    out, err = out or sys.stdout, err or sys.stderr
    status = 0
    # Held open until all is tidied up: who presses Ctrl-C twice is not to see a traceback. On Windows it
    # raises KeyboardInterrupt.
    stopping = nullcontext() if sys.platform == "win32" else anyio.open_signal_receiver(*_SIGNALS)
    with stopping as signals:
        async with anyio.create_task_group() as group:

            async def work() -> None:
                nonlocal status
                try:
                    out.write(f"{await _read(settings, period, zone, err)}\n")
                except _NothingKept as error:
                    err.write(f"wootric-mcp: {error}\n")
                    status = 1
                except (WootricError, StoreError) as error:
                    err.write(f"wootric-mcp: {error} {_RESUMES}\n")
                    status = 1
                group.cancel_scope.cancel()

            group.start_soon(work)
            if signals:
                async for number in signals:
                    status = 128 + number
                    group.cancel_scope.cancel()
    if status > 1:
        err.write(f"\nwootric-mcp: Stopped. {_RESUMES}\n")
    out.flush()
    err.flush()
    return status


async def _read(settings: Settings, period: Period, zone: tzinfo, err: TextIO) -> str:
    began = time.monotonic()
    async with CachingClient(settings) as client:
        database = await client.reader.database()
        if database.path is None:
            raise _NothingKept("Nothing was read, because it could not be kept; the warning says why.")
        progress: Progress = _Bar(err) if err.isatty() else _Lines(err)
        one = _Sync(client, period, zone, progress)
        found = [await one.read(name, source) for name, source in _LISTS.items()]
        segments, templates = await one.read_documents()
        requests = client.requests
    days = f"{period.first or 'the beginning'} to {period.last} ({period.zone})"
    documents = f"{_counted(segments, 'segment')}, {_counted(templates, 'survey template')}"
    return (
        f"Kept of what was created from {days}: {', '.join(map(str, found))}; {documents}. "
        f"{_counted(requests, 'request')} in {_duration(time.monotonic() - began)}."
    )


@dataclass
class _Sync:
    client: CachingClient
    period: Period
    zone: tzinfo
    progress: Progress
    _expected: int | None = field(default=None, init=False)
    _first: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)

    @property
    def interval(self) -> tuple[int, int]:
        start = floor(self.period.start.timestamp()) if self.period.start else 0
        return start, ceil(self.period.end.timestamp())

    async def read(self, name: str, source: Source) -> Read:
        """Read one list, showing how far it is."""
        reader = self.client.reader
        began = reader.tick()
        look = partial(_there, source=source, interval=self.interval, asked_at=began)
        self._expected = None
        kept = await reader.fetch(lambda connection: rows.count(connection, source.table, [self.interval]))
        self._first, self._began = await reader.fetch(look), time.monotonic()
        self.progress.begin(name, self._first)
        try:
            async with anyio.create_task_group() as group:
                if name == "responses":
                    group.start_soon(self._count)
                failure = await self._read_rows(source, look)
                group.cancel_scope.cancel()
        finally:
            self.progress.end()
        if failure:
            raise failure
        return await reader.fetch(
            partial(_found, source=source, interval=self.interval, kept=kept, name=name)
        )

    async def _read_rows(self, source: Source, look: Callable[[Connection], int]) -> Exception | None:
        async def show() -> None:
            there = await self.client.reader.fetch(look)
            self.progress.show(there, self._expected, self._note(there))

        async def tell() -> None:
            if self.progress.is_due:
                await show()

        try:
            if source is sources.END_USERS:
                await self.client.read_changes()
            outcome = await self.client.reader.read(
                source, *self.interval, expected=lambda: self._expected, progress=tell
            )
            if outcome.failure is None:
                await show()
        except (WootricError, StoreError) as error:  # raised by the caller, where no group wraps it
            return error
        return outcome.failure

    async def _count(self) -> None:
        """Ask how many responses there are."""
        with suppress(WootricError, StoreError):  # the reading meets the same fault, and tells it
            period = self.period
            summary = await self.client.summary(period.first, period.last, zone=self.zone)
            self._expected = summary.responses

    async def read_documents(self) -> tuple[int, int]:
        """Read segments and survey templates; how many there are."""
        segments = await self.client.list_segments()
        found = await self.client.list_survey_templates()
        return len(segments), len(found.survey_templates)

    def _note(self, there: int) -> str:
        """How long it will take, and how many requests are left for others, too."""
        limits, notes = self.client.limits, []
        budget = limits.budget
        missing = max((self._expected or 0) - there, 0)
        speed = _rate(there, self._first, self._began)
        if missing and speed:
            pages = ceil(missing / MAX_PER_PAGE) - (limits.allowance(Urgency.BEHIND) or 0)
            more = ceil(
                max(pages, 0) / (limits.per_minute(Urgency.BEHIND) or inf)
            )  # minutes to be waited for
            first = max(budget.resets_at.timestamp() - time.time(), 0.0) if budget.resets_at else WINDOW
            waiting = first + (more - 1) * WINDOW if more else 0.0
            notes.append(f"{_roughly(max(missing / speed, waiting))} left")
        if budget.limit:
            notes.append(f"{budget.remaining:,}/{budget.limit:,} requests free")
        return ", ".join(notes)


def _there(connection: Connection, source: Source, interval: tuple[int, int], asked_at: float) -> int:
    """Rows of the interval that need not be read any more."""
    pieces = coverage.pieces(connection, source.keys, interval)
    return rows.count(connection, source.table, good(pieces, asked_at, source.rule), source.where)


def _found(connection: Connection, source: Source, interval: tuple[int, int], kept: int, name: str) -> Read:
    """What there is of a list, of which so many rows were kept before."""
    there = rows.count(connection, source.table, [interval])
    pieces = coverage.pieces(connection, source.keys, interval)
    missing = [piece.unreachable for piece in pieces if piece.unreachable]
    return Read(
        name,
        there,
        max(there - kept, 0),
        -1 if -1 in missing else sum(missing),
    )


class _Bar:
    """A progress bar with rate and time left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: Any = None
        self._first = 0
        self._began = self._shown_at = 0.0

    def begin(self, name: str, there: int) -> None:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no thread of its own
        self._first, self._began = there, time.monotonic()
        self._bar = tqdm(
            desc=f"{name:9}",
            initial=there,
            file=self._stream,
            ncols=_columns(self._stream),
            nrows=_SCREEN,
            bar_format="{desc}",
        )

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._shown_at >= _REDRAWN

    def show(self, there: int, expected: int | None, note: str) -> None:
        self._shown_at = time.monotonic()
        rate = f"{_rate(there, self._first, self._began):,.0f}/s"
        if expected is None:
            self._bar.bar_format = "{desc} {n:,} rows{postfix}"
        else:
            self._bar.total = max(expected, there)
            self._bar.bar_format = "{desc} {percentage:3.0f} %|{bar}| {n:,} of {total:,}{postfix}"
        self._bar.ncols = _columns(self._stream)
        self._bar.set_postfix_str(", ".join(filter(None, (rate, note))), refresh=False)
        self._bar.n = there
        self._bar.refresh()

    def end(self) -> None:
        self._bar.close()


class _Lines:
    """A plain line from time to time, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._name = ""
        self._first = 0
        self._began = self._shown_at = 0.0
        self._last = ""

    def begin(self, name: str, there: int) -> None:
        self._name, self._first, self._last = name, there, ""
        self._began = self._shown_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._shown_at >= _SAID

    def show(self, there: int, expected: int | None, note: str) -> None:
        is_due, self._shown_at = self.is_due, time.monotonic()
        rate = _rate(there, self._first, self._began)
        known = f" of about {max(expected, there):,}" if expected else ""
        self._last = f"{self._name}: {there:,}{known} rows, {rate:,.0f} a second{note and ', '}{note}"
        if is_due:
            self._say()

    def end(self) -> None:
        if self._last:
            self._say()

    def _say(self) -> None:
        self._stream.write(f"{self._last}\n")
        self._stream.flush()
        self._last = ""


def _columns(stream: TextIO) -> int:
    """Width of the terminal; some say 0, and a bar of that width is none."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        columns = 0
    return columns or 80


def _rate(there: int, first: int, began: float) -> float:
    """Rows a second."""
    return (there - first) / max(time.monotonic() - began, 0.001)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _roughly(seconds: float) -> str:
    """A time that is not known to the second."""
    return f"{ceil(seconds)} s" if seconds < 60 else _duration(ceil(seconds / 60) * 60).removesuffix(" 0 s")


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
