"""`CachingClient`: a `WootricClient` that keeps what it reads, and reads only what is not kept yet."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from itertools import islice
from math import ceil, floor
from time import time as epoch_time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import anyio
from anyio import to_thread
from pydantic import TypeAdapter

from wootric_mcp.api.errors import InvalidRequest, RateLimited
from wootric_mcp.api.limits import PACE, Pace, Urgency
from wootric_mcp.api.models import Bounds, NpsSummary, Segment, SurveyTemplates
from wootric_mcp.api.paging import Batch, Reading, Stopped, Take, hand
from wootric_mcp.api.people import Person
from wootric_mcp.shield.fields import masked
from wootric_mcp.store import coverage, documents, rows, schema, sources
from wootric_mcp.store.errors import StoreError
from wootric_mcp.store.freshness import AGEING, CHANGES_AFTER, DAY, MINUTE, UNSETTLED
from wootric_mcp.store.intervals import Interval
from wootric_mcp.store.reader import SUMMARIES, Reader, Spawn
from wootric_mcp.store.sources import END_USERS, Category, Source
from wootric_mcp.store.writing import ReflectingClient

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wootric_mcp.api.models import Decline, EndUser, Response
    from wootric_mcp.settings import Settings

T = TypeVar("T")

_SEGMENTS, _TEMPLATES = TypeAdapter(list[Segment]), TypeAdapter(SurveyTemplates)
_STOPPED: dict[str, Stopped] = {"end": "end", "patience": "patience", "failure": "rate_limited"}
_CHUNK = 500
_TIME_TO_CLOSE = 0.5
"""Seconds that closing may take although somebody has cancelled."""
_LONG_AGO = date(2010, 1, 1)
"""Before Wootric began; without a start it would take the last month only."""
_EVER = 1 << 40
"""A second that no row is created after."""
_CHANGES = "end_users:changes"


class CachingClient(ReflectingClient):
    """One Wootric account and what has been read of it.

    `responses`, `declines` and `end_users` read through the store; everything else asks Wootric, and what is
    written or deleted is reflected in the store at once. Reading goes on in tasks started by `spawn`; without
    it, use the client as an async context manager. `now` is account time in epoch seconds. The remaining
    arguments are those of `WootricClient`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], float] = epoch_time,
        spawn: Spawn | None = None,
        **more: Any,
    ) -> None:
        super().__init__(settings, **more)
        self._stack = AsyncExitStack()
        self._given_spawn = spawn
        self.reader = Reader(self, settings, now=now, spawn=spawn or self._spawn)
        self._sweeping = anyio.Lock()

    def _spawn(self, task: Any) -> None:
        raise RuntimeError("A CachingClient without spawn must be used as an async context manager.")

    async def __aenter__(self) -> Self:
        if self._given_spawn is None:
            group = await self._stack.enter_async_context(anyio.create_task_group())
            self._stack.callback(group.cancel_scope.cancel)
            self.reader.spawn = lambda task: group.start_soon(task)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()
        with anyio.move_on_after(_TIME_TO_CLOSE, shield=True):
            await self.aclose()

    async def aclose(self) -> None:
        """Close the store and the connections. What was spawned must have ended."""
        await self.reader.close()
        await super().aclose()

    # Reading through the store.

    async def responses(
        self,
        take: Take[Response],
        *,
        person: Person | None = None,
        category: Category | None = None,
        excluded: bool | None = None,
        **how: Any,
    ) -> Reading:
        """Hand responses to `take`, read through the store; `how` is that of `_through`.

        `category` needs a `person`.
        """
        if category and not person:
            raise InvalidRequest("A category needs a person.", "Name a person, or leave the category out.")
        person_id = await self.identify(person) if person else None
        return await self._through(
            sources.responses(person_id, category=category, excluded=excluded), take, **how
        )

    async def declines(self, take: Take[Decline], *, person: Person | None = None, **how: Any) -> Reading:
        """Hand declines to `take`, read through the store; `how` is that of `_through`."""
        person_id = await self.identify(person) if person else None
        return await self._through(sources.declines(person_id), take, **how)

    async def end_users(
        self,
        take: Take[EndUser],
        *,
        fresh: bool = False,
        patience: float | None = None,
        **how: Any,
    ) -> Reading:
        """Hand people to `take`, read through the store; `how` is that of `_through`."""
        begun = anyio.current_time()
        with anyio.move_on_after(None if patience is None else patience / 2) as scope:
            await self.read_changes(fresh=fresh)
        if patience is not None:
            patience = max(begun + patience - anyio.current_time(), 0)
        reading = await self._through(END_USERS, take, fresh=fresh, patience=patience, **how)
        if scope.cancelled_caught and reading.stopped == "end":
            return replace(reading, complete=False, stopped="patience")
        return reading

    async def people_with(self, addresses: Collection[str]) -> list[EndUser]:
        """Those with these e-mail addresses who are kept, as they are now: changes are read first.

        Who is not among them may be known to Wootric all the same. Under strict privacy nobody is found, as
        no address is kept.
        """
        await self.read_changes(fresh=True)
        folded = {address.lower() for address in addresses}

        def look(connection: Connection) -> list[EndUser]:
            pieces = coverage.pieces(connection, END_USERS.keys, (0, _EVER))
            return rows.people_with(connection, folded, [(piece.start, piece.end) for piece in pieces])

        return await self.reader.fetch(look)

    async def read_changes(self, *, fresh: bool = False) -> None:
        """Read which of the people that are kept have changed, unless that was done lately.

        Changes are read day by day: when it is cancelled, the next time goes on from there.
        """
        async with self._sweeping:
            now = self.reader.tick()
            last = await self.reader.fetch(_changes_known)
            if last is None or (now - last < CHANGES_AFTER and not fresh):
                return
            pace = PACE.set(Pace(Urgency.READING if now - last > DAY else Urgency.ASKED))
            try:
                while last < now:
                    since, last = last - UNSETTLED, min(last + DAY, now)
                    await self._read_changed(since, last if last < now else None, seen=now)
                    await self.reader.write(partial(documents.put, name=_CHANGES, row="null", read_at=last))
            finally:
                PACE.reset(pace)

    async def _read_changed(self, since: float, until: float | None, *, seen: float) -> None:
        """Read people who changed after `since`, and not after `until`."""

        async def keep(batch: Batch[EndUser]) -> None:
            await self.reader.write(
                lambda connection: self.reader.put(connection, schema.end_users, batch, seen=seen)
            )

        after = datetime.fromtimestamp(since, UTC)
        before = None if until is None else datetime.fromtimestamp(floor(until) + 1, UTC)
        await self.read_end_users(keep, updated=Bounds(after, before))

    async def _through(
        self,
        source: Source,
        take: Take[Any],
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = True,
        patience: float | None = None,
        enough: int = 0,
        fresh: bool = False,
    ) -> Reading:
        """Hand rows of an open interval to `take`, in order, as far as they are there or can be read.

        Args:
            source: Which list.
            take: Is handed rows by creation, then id; returning False ends it.
            after: Rows created after that; None: all.
            before: Rows created before that; None: up to now.
            newest_first: The order.
            patience: Seconds after which it ends with what there is.
            enough: About how many rows will do; 0: all. More are read only if `take` goes on.
            fresh: Read again what is kept.

        Raises:
            WootricError: If nothing could be handed over because Wootric cannot be read.
        """
        start = floor(after.timestamp()) + 1 if after else 0
        end = ceil(before.timestamp()) if before else _EVER
        ends_at = anyio.current_time() + (patience or 0)
        whole, handed, last = (start, end), 0, end if newest_first else start
        async with self.reader.question():
            while True:
                outcome = await self.reader.read(
                    source,
                    start,
                    end,
                    newest_first=newest_first,
                    enough=enough,
                    fresh=fresh,
                    patience=None if patience is None else max(ends_at - anyio.current_time(), 0),
                )
                there = (outcome.reached, end) if newest_first else (start, outcome.reached)
                more, goes_on, last = await self._hand_out(
                    source, there, newest_first, take, enough or _CHUNK
                )
                handed += more
                if outcome.failure and goes_on and not (handed and isinstance(outcome.failure, RateLimited)):
                    raise outcome.failure
                if not goes_on or outcome.stopped != "enough":
                    stopped = _STOPPED[outcome.stopped] if goes_on else "taken"
                    shown = (last, whole[1]) if newest_first else (whole[0], last + 1)
                    shown = shown if stopped == "taken" else whole
                    return await self._reading(source, shown, outcome.reached, handed, stopped)
                start, end = (start, outcome.reached) if newest_first else (outcome.reached, end)
                enough *= 2

    async def _reading(
        self, source: Source, interval: Interval, reached: int, handed: int, stopped: Stopped
    ) -> Reading:
        """What was handed out of an interval, and how old that is."""
        pieces = await self.reader.fetch(partial(coverage.pieces, sources=source.keys, interval=interval))
        missing = [piece.unreachable for piece in pieces if piece.unreachable] if stopped == "end" else []
        unreachable = -1 if -1 in missing else sum(missing)
        oldest = min((piece.read_at for piece in pieces), default=None)
        return Reading(
            rows=handed,
            complete=stopped == "end" and not unreachable,
            reached=datetime.fromtimestamp(reached, UTC),
            unreachable=unreachable,
            stopped=stopped,
            as_of=None if oldest is None else datetime.fromtimestamp(oldest, UTC),
        )

    async def _hand_out(
        self, source: Source, interval: tuple[int, int], newest_first: bool, take: Take[Any], size: int
    ) -> tuple[int, bool, int]:
        """Hand kept rows to `take`; how many, whether it wants more, and when the last was created."""
        database = await self.reader.database()
        stream = rows.stream(
            database,
            source.table,
            [interval],
            where=source.where,
            newest_first=newest_first,
            columns=[source.table.c.row],
            chunk=size,
        )

        last = interval[1] if newest_first else interval[0]

        def models() -> list[Any]:
            nonlocal last
            some = list(islice(stream, size))
            last = some[-1].created if some else last
            return [rows.load(source.table, row.row) for row in some]

        handed = 0
        while batch := await to_thread.run_sync(models):
            handed += len(batch)
            if await hand(take, Batch(batch, None)) is False:
                return handed, False, last
        return handed, True, last

    # Reading one record, and what is known of it without asking.

    async def owner_of(self, kind: Literal["responses", "declines"], row_id: int) -> Person | None:
        """Whose response or decline that is, if it has been read."""
        table = schema.metadata.tables[kind]
        end_user_id = await self.reader.fetch(partial(rows.owner, table=table, row_id=row_id))
        return None if end_user_id is None else Person("id", str(end_user_id))

    async def segments(self) -> list[Segment]:
        """The property keys in use, as they were at most ten minutes ago."""
        return await self._kept("segments", _SEGMENTS, self.list_segments)

    async def survey_templates(self) -> SurveyTemplates:
        """The survey templates, as they were at most ten minutes ago."""
        return await self._kept("survey_templates", _TEMPLATES, self.list_survey_templates)

    async def list_segments(self) -> list[Segment]:
        """The property keys in use, asked for now and kept."""
        return await self._keep("segments", _SEGMENTS, await super().list_segments())

    async def list_survey_templates(self) -> SurveyTemplates:
        """The survey templates, asked for now and kept."""
        return await self._keep("survey_templates", _TEMPLATES, await super().list_survey_templates())

    async def _kept(self, name: str, kind: TypeAdapter[T], ask: Callable[[], Awaitable[T]]) -> T:
        kept = await self.reader.fetch(partial(documents.get, name=name))
        if kept and self.reader.tick() - kept[1] < CHANGES_AFTER:
            return kind.validate_json(kept[0])
        return await ask()

    async def _keep(self, name: str, kind: TypeAdapter[T], found: T) -> T:
        row, now = self._as_kept(kind.dump_json(found)), self.reader.tick()
        with suppress(StoreError):  # what was found is worth more than that it is kept
            await self.reader.write(partial(documents.put, name=name, row=row, read_at=now))
        return found

    def _as_kept(self, row: str | bytes) -> str:
        """JSON as it is kept: under strict privacy without addresses and numbers of people."""
        found = json.loads(row)
        return json.dumps(masked(found, strictly=True) if self._settings.is_strict else found)

    async def summary(
        self, start: date | None, end: date, *, zone: tzinfo, fresh: bool = False, since: float = 0.0
    ) -> NpsSummary:
        """Wootric's own figures for these days, kept as long as their youngest responses would be.

        Without a start it is everything. What was asked for before `since` (account time) does not do.
        """
        start = start or _LONG_AGO
        name = f"{SUMMARIES}{start}..{end}"
        now = self.reader.tick()
        kept = await self.reader.fetch(partial(documents.get, name=name))
        if kept and not fresh and kept[1] >= since:
            row, read_at = kept
            age = read_at - datetime.combine(end + timedelta(days=1), time(), zone).timestamp()
            if now - read_at < (MINUTE if age <= 0 else AGEING.lasts(age)):
                return NpsSummary.model_validate_json(row)
        async with self.reader.question():
            found = await self.get_nps_summary(start=start, end=end)
            with suppress(StoreError):
                row = self._as_kept(found.model_dump_json())
                await self.reader.write(partial(documents.put, name=name, row=row, read_at=now))
        return found


def _changes_known(connection: Connection) -> float | None:
    """Account time since which changes of the people kept are not known; None if nobody is kept."""
    pieces = coverage.pieces(connection, END_USERS.keys, (0, _EVER))
    if not pieces:
        return None
    oldest = min(piece.read_at for piece in pieces)
    kept = documents.get(connection, _CHANGES)
    return max(kept[1], oldest) if kept else oldest
