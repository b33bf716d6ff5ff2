"""How a feedback tool reads: a period through the store, as far as the call's time allows, and what that is
worth as evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from math import ceil, floor
from typing import TYPE_CHECKING

import anyio
import anyio.from_thread

from wootric_mcp.tools import shapes

if TYPE_CHECKING:
    from wootric_mcp.api.errors import WootricError
    from wootric_mcp.api.models import NpsSummary
    from wootric_mcp.feedback.lexicon import Lexicon
    from wootric_mcp.feedback.period import Period
    from wootric_mcp.feedback.receipt import Receipt
    from wootric_mcp.feedback.records import FeedbackRecord
    from wootric_mcp.store.analyses import Analyses
    from wootric_mcp.store.client import CachingClient
    from wootric_mcp.store.holding import Holding
    from wootric_mcp.store.reader import Outcome
    from wootric_mcp.tools.app import App

Progress = Callable[[float, float | None, str | None], Awaitable[None]]
"""The SDK's `Context.report_progress`."""

_DAY = 86_400
# Seconds for asking how many there are, once reading is over.
_TIME_TO_COUNT = 2.0
# Seconds between two notifications of progress, at least.
_BETWEEN = 1.0
# Records that are handed on between two looks whether the call is over.
_UNCHECKED = 200
# Ranges of days that are named, at most.
_MOST_RANGES = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """The responses of a period, as far as they have been read."""

    receipt: Receipt
    rows: int
    """How many there are."""
    _records: Callable[[bool, bool, Lexicon | None], Iterator[FeedbackRecord]]
    response_rate: float | None = None
    """Wootric's own, in per cent, if it was asked for just this period."""

    def records(
        self, *, with_properties: bool, with_tags: bool = False, lexicon: Lexicon | None = None
    ) -> Iterator[FeedbackRecord]:
        """The responses, one after the other from the store, newest first, for a worker thread: it blocks.

        With a lexicon, what is kept of the analysis of their comments comes with them.
        """
        return stoppable(self._records(with_properties, with_tags, lexicon))


def stoppable(records: Iterator[FeedbackRecord]) -> Iterator[FeedbackRecord]:
    """Records for a worker thread, which ends with an error when the call that it works for is over."""
    for number, record in enumerate(records):
        if number % _UNCHECKED == 0:
            anyio.from_thread.check_cancelled()
        yield record


@asynccontextmanager
async def reading(
    app: App,
    period_text: str,
    *,
    before: int | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> AsyncIterator[Evidence]:
    """Read a period, nothing from the second `before` on; what was read stays there while this is open."""
    from wootric_mcp.feedback.receipt import Receipt

    period, as_of = app.period(period_text), app.now()
    client = app.client()
    if period.future:
        yield Evidence(Receipt(period, as_of), 0, lambda *_: iter(()))
        return
    question = _Question(app, client, period, as_of, before, fresh, progress)
    try:
        async with client.reader.question():
            yield await question.evidence()
    finally:  # what an answer that is given up found out helps the next one
        question.keep()


@dataclass
class _Question:
    app: App
    client: CachingClient
    period: Period
    as_of: datetime
    before: int | None
    fresh: bool
    progress: Progress | None
    summary: NpsSummary | None = None
    refusal: WootricError | None = None
    """Why Wootric no longer lets this server in, if it does not."""
    _asked_at: float = 0.0
    """Account time, for what is good enough."""
    _told: float = -1.0
    _told_at: float = 0.0
    _counted: anyio.Event = field(default_factory=anyio.Event)
    _analyses: list[Analyses] = field(default_factory=list)

    @property
    def start(self) -> int:
        return floor(self.period.start.timestamp()) if self.period.start else 0

    @property
    def end(self) -> int:
        return min(self._latest, self.before or self._latest)

    @property
    def _latest(self) -> int:
        """The first second of the period that is not over yet, or that is not in it any more."""
        return min(ceil(self.period.end.timestamp()), floor(self.as_of.timestamp()) + 1)

    async def evidence(self) -> Evidence:
        from wootric_mcp.feedback.receipt import Receipt
        from wootric_mcp.store.analyses import Analyses
        from wootric_mcp.store.holding import held, records

        reader = self.client.reader
        outcome = await self._read((await held(reader, self.start, self.end)).rows)
        if self.refusal:
            raise self.refusal
        holding = await held(reader, self.start, self.end)
        if outcome.failure and not (holding.rows and getattr(outcome.failure, "is_passing", False)):
            raise outcome.failure
        missing, remark = "", ""
        if outcome.stopped == "end":
            remark = await self._remark(holding)
        else:
            missing = self._missing(outcome, holding)
        if holding.unreachable:
            count = "An unknown number" if holding.unreachable < 0 else f"{holding.unreachable:,}"
            missing += f" {count} more that share one second cannot be reached through the API."
        database = await reader.database()

        def stored(
            with_properties: bool, with_tags: bool, lexicon: Lexicon | None
        ) -> Iterator[FeedbackRecord]:
            analyses = Analyses(lexicon) if lexicon else None
            self._analyses += [analyses] if analyses else []
            return records(
                database, holding, with_properties=with_properties, with_tags=with_tags, analyses=analyses
            )

        receipt = Receipt(self.period, self.as_of, missing.strip(), remark)
        rate = self.summary.response_rate if self.summary else None
        return Evidence(receipt, holding.rows, stored, rate)

    def keep(self) -> None:
        """Have kept what was found out about comments; nobody waits for that."""
        reader = self.client.reader
        for analyses in self._analyses:
            if analyses.new and not reader.keeps_nothing:
                reader.spawn(partial(analyses.keep, reader))

    async def _read(self, stored: int) -> Outcome:
        """Read what is missing, and meanwhile ask how many there are."""
        from wootric_mcp.store import sources

        self._asked_at = self.client.reader.tick()
        good = await self._good()
        result: Outcome | Exception
        async with anyio.create_task_group() as group:
            group.start_soon(self._count)
            try:
                result = await self.client.reader.read(
                    sources.responses(),
                    self.start,
                    self.end,
                    fresh=self.fresh,
                    patience=self.app.patience_with(stored),
                    lasting=self.app.settings.store != "off",
                    expected=lambda: max(self.summary.responses - good, 0) if self.summary else None,
                    progress=self._tell if self.progress else None,
                )
                with anyio.move_on_after(_TIME_TO_COUNT):
                    await self._counted.wait()
            except Exception as error:  # noqa: BLE001 - raised below, where no group wraps it
                result = error
            group.cancel_scope.cancel()
        if isinstance(result, Exception):
            raise result
        return result

    async def _count(self) -> None:
        """Ask how many responses Wootric itself counts; of a part of the period it cannot tell."""
        from wootric_mcp.api.errors import AuthenticationFailed, WootricError
        from wootric_mcp.store.errors import StoreError

        try:
            if self.end < self._latest:
                return
            self.summary = await self.client.summary(
                self.period.first, self.period.last, zone=self.app.zone, fresh=self.fresh
            )
        except AuthenticationFailed as error:
            if error.status == HTTPStatus.UNAUTHORIZED:  # it may be the figures only that are forbidden
                self.refusal = error
        except (WootricError, StoreError):
            pass  # the reading meets the same fault, and tells it
        finally:
            self._counted.set()

    async def _tell(self) -> None:
        """Notify the client of how far reading has come."""
        now = anyio.current_time()
        if self.progress is None or now - self._told_at < _BETWEEN:
            return
        found = await self._good()
        if found <= self._told:  # the protocol wants it to rise each time
            return
        self._told, self._told_at = found, now
        expected = max(self.summary.responses, found) if self.summary else None
        await self.progress(found, expected, f"Read {found:,} responses")

    async def _good(self) -> int:
        """How many responses need not be read again for this question."""
        from wootric_mcp.store.holding import rows_good

        asked_at, fresh = self._asked_at, self.fresh
        return await rows_good(self.client.reader, self.start, self.end, asked_at=asked_at, fresh=fresh)

    async def _remark(self, holding: Holding) -> str:
        """What to know about figures that stand on the whole period."""
        from wootric_mcp.store.reconcile import difference

        said = ""
        if self.summary and self.before is None:
            said = await difference(
                self.client,
                start=self.start,
                end=self.end,
                days=(self.period.first, self.period.last),
                summary=self.summary,
                zone=self.app.zone,
                now=self.as_of.timestamp(),
                is_nps=self.app.settings.survey_type == "nps",
            )
        oldest = holding.oldest_reading
        if oldest is not None and self.as_of.timestamp() - oldest > _DAY:
            said += f" Older responses are as read on {self._day(oldest)}; fresh=true reads them again."
        return said.strip()

    def _missing(self, outcome: Outcome, holding: Holding) -> str:
        """What of the period could not be read, in figures, and when to ask again."""
        from wootric_mcp.api.errors import RateLimited
        from wootric_mcp.api.limits import Urgency
        from wootric_mcp.api.paging import MAX_PER_PAGE
        from wootric_mcp.store.freshness import CHANGES_AFTER

        expected, found = self.summary.responses if self.summary else None, holding.counted
        minutes = None
        is_whole = holding.intervals == ((self.start, self.end),)
        if is_whole:
            share = f"Of all {holding.rows:,} responses, some have not been read again yet"
        elif expected and expected > found:
            share = f"{100 * found // expected} % of {expected:,} expected responses"
            a_minute = self.client.limits.per_minute(Urgency.BEHIND)
            minutes = ceil((expected - found) / MAX_PER_PAGE / a_minute) if a_minute else None
        else:
            share = f"{holding.rows:,} responses"
        again = "ask again without fresh" if self.fresh else "ask again"
        if outcome.failure and not isinstance(outcome.failure, RateLimited):
            why = f"Wootric cannot be read at the moment: {again} later"
        elif self.app.settings.store == "off":
            why = "one call reads no more: ask for a shorter period"
        elif minutes:
            why = f"the rest in about {minutes} min: {again} then"
        else:
            why = f"{'this goes on' if is_whole else 'the rest is being read'}: {again}"
        if is_whole:
            said = f"{share}; {why}."
        else:
            said = f"Read {share}{self._where(holding)}; {why}. All figures are of this part only."
        oldest = holding.oldest_reading
        if oldest is not None and self.as_of.timestamp() - oldest > CHANGES_AFTER:
            said += (
                f" Some of it was read at {shapes.local(self.app, datetime.fromtimestamp(oldest, UTC))} last."
            )
        return said

    def _where(self, holding: Holding) -> str:
        """The days that were read, the newest first."""
        days = [
            f"{self._day(start) if start else 'the beginning'} to {self._day(end - 1)}"
            for start, end in reversed(holding.intervals)
        ]
        if len(days) > _MOST_RANGES:
            days[_MOST_RANGES:] = [f"{len(days) - _MOST_RANGES} older stretches"]
        return f", {' and '.join(days)}" if days else ""

    def _day(self, second: float) -> str:
        return f"{datetime.fromtimestamp(second, UTC).astimezone(self.app.zone):%Y-%m-%d}"
