"""Reading a period ahead, so that questions about it are answered at once."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import ceil, floor, inf
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import anyio
from sqlalchemy import func, select

from wootric_mcp.api.errors import WootricError
from wootric_mcp.api.limits import Urgency
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
_RESUMES = "What was read is kept: the same command goes on from there."
_REDRAWN, _SAID = 0.25, 10.0
"""Seconds between two looks of the bar, and between two lines where there is no terminal."""


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
    """What is kept of a list for the period, and how much of that was read now."""

    name: str
    there: int
    new: int
    unreachable: int
    """Rows that the API cannot hand out; -1: an unknown number."""

    def __str__(self) -> str:
        remarks = [f"{self.new:,} read now"] if self.new != self.there else []
        if self.unreachable:
            number = f"{self.unreachable:,}" if self.unreachable > 0 else "an unknown number"
            remarks.append(f"{number} more that share one second cannot be reached")
        said = ", ".join(remarks)
        return f"{self.there:,} {self.name}{said and f' ({said})'}"


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
    async with anyio.create_task_group() as group:

        async def work() -> None:
            nonlocal status
            try:
                out.write(f"{await _read(settings, period, zone, err)}\n")
            except (WootricError, StoreError) as error:
                err.write(f"wootric-mcp: {error} {_RESUMES}\n")
                status = 1
            group.cancel_scope.cancel()

        group.start_soon(work)
        if sys.platform != "win32":  # there Ctrl-C raises KeyboardInterrupt
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
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
            raise StoreError("The store cannot be used, so nothing would be kept; the warning says why.")
        progress: Progress = _Bar(err) if err.isatty() else _Lines(err)
        one = _Sync(client, period, zone, progress)
        found = [await one.read(name, source) for name, source in _LISTS.items()]
        segments, templates = await one.read_documents()
        requests = client.requests
    days = f"{period.first or 'the beginning'} to {period.last} ({period.zone})"
    return (
        f"Kept of {days}: {', '.join(map(str, found))}; {segments} segments, {templates} survey templates. "
        f"{requests:,} requests in {_duration(time.monotonic() - began)}."
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
            partial(_read_since, source=source, interval=self.interval, began=began, name=name)
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
        missing = max((self._expected or 0) - there, 0)
        speed = (there - self._first) / max(time.monotonic() - self._began, 0.001)
        if missing and speed:
            pages = ceil(missing / MAX_PER_PAGE) - (limits.allowance(Urgency.BEHIND) or 0)
            waiting = max(pages, 0) / (limits.per_minute(Urgency.BEHIND) or inf) * 60
            notes.append(f"about {_duration(max(missing / speed, waiting))} left")
        if limits.budget.limit:
            notes.append(f"{limits.budget.remaining:,} of {limits.budget.limit:,} requests left this minute")
        return ", ".join(notes)


def _there(connection: Connection, source: Source, interval: tuple[int, int], asked_at: float) -> int:
    """Rows of the interval that need not be read any more."""
    pieces = coverage.pieces(connection, source.keys, interval)
    return rows.count(connection, source.table, good(pieces, asked_at, source.rule), source.where)


def _read_since(
    connection: Connection, source: Source, interval: tuple[int, int], began: float, name: str
) -> Read:
    table = source.table
    within = (table.c.created >= interval[0], table.c.created < interval[1])
    new = select(func.count()).select_from(table).where(*within, table.c.seen >= began)
    pieces = coverage.pieces(connection, source.keys, interval)
    missing = [piece.unreachable for piece in pieces if piece.unreachable]
    return Read(
        name,
        rows.count(connection, table, [interval]),
        connection.scalar(new) or 0,
        -1 if -1 in missing else sum(missing),
    )


class _Bar:
    """A progress bar with rate and time left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: Any = None
        self._shown_at = 0.0

    def begin(self, name: str, there: int) -> None:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no thread of its own
        self._bar = tqdm(
            desc=f"{name:9}",
            initial=there,
            unit=" rows",
            file=self._stream,
            dynamic_ncols=True,
            smoothing=0,
            bar_format="{desc} {percentage:3.0f} %|{bar}| {n_fmt} of {total_fmt} rows, {rate_fmt}{postfix}",
        )

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._shown_at >= _REDRAWN

    def show(self, there: int, expected: int | None, note: str) -> None:
        self._shown_at = time.monotonic()
        self._bar.total = None if expected is None else max(expected, there)
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(there - self._bar.n)
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
        now = time.monotonic()
        is_due, self._shown_at = self.is_due, now
        rate = (there - self._first) / max(now - self._began, 0.001)
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


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
