"""How a list tool reads: pages walked up to a limit, filtered here, and continued by a cursor."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.tools.answers import counted

if TYPE_CHECKING:
    from wootric_mcp.api.paging import Reading
    from wootric_mcp.feedback.period import Period

_SECOND = timedelta(seconds=1)


class Row(Protocol):
    """What is listed: an id and the time of creation are all that listing needs."""

    @property
    def id(self) -> int: ...
    @property
    def created_at(self) -> datetime | None: ...


T = TypeVar("T", bound=Row)
T_co = TypeVar("T_co", bound=Row, covariant=True)


class Read(Protocol[T_co]):
    """One of the client's readers with its filters already given; about `enough` rows will do."""

    def __call__(
        self,
        take: Callable[[Sequence[T_co]], bool | None],
        *,
        after: datetime | None,
        before: datetime | None,
        newest_first: bool,
        patience: float,
        enough: int,
    ) -> Awaitable[Reading]: ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where an answer ended: the last row handed out, and the bounds that were fixed at the first call.

    All in epoch seconds, but for the id. `after` and `before` are strict; 0 is no lower bound.
    """

    second: int
    id: int
    after: int
    before: int

    def cursor(self, question: str) -> str:
        """An opaque cursor that only the same question accepts."""
        packed = json.dumps(
            [self.second, self.id, self.after, self.before, _mark(question)], separators=(",", ":")
        )
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, cursor: str, question: str) -> Position:
        """Read a cursor back.

        Raises:
            ToolError: If it is damaged or belongs to another question.
        """
        try:
            packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            *numbers, mark = json.loads(packed)
            position = cls(*(int(number) for number in numbers))
            for second in (position.second, position.after, position.before):
                _moment(second)
        except (ValueError, TypeError, OverflowError, OSError) as error:
            raise ToolError("This cursor is damaged. Leave it out to begin at the first row.") from error
        if mark != _mark(question):
            raise ToolError(
                "This cursor belongs to other filters. Repeat the call that it came from, with the same "
                "arguments, or leave the cursor out."
            )
        return position


def offset_cursor(offset: int, question: str, before: int = 0, among: int = 0) -> str:
    """A cursor for rows that are counted instead of walked by creation.

    `before` bounds what is counted, and `among` is of how many rows that was.
    """
    return f"{offset}-{before}-{among}-{_mark(question)}"


def offset_of(cursor: str, question: str) -> tuple[int, int, int]:
    """How many rows came before, the bound (epoch seconds) of the first call, and among how many that was.

    All are 0 without a cursor.

    Raises:
        ToolError: If the cursor is damaged or belongs to another question.
    """
    if not cursor:
        return 0, 0, 0
    parts = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,11})-([0-9]{1,11})-([0-9a-f]+)", cursor)
    if not parts or parts[4] != _mark(question):
        raise ToolError(
            "This cursor is damaged or belongs to other filters. Repeat the call that it came from, with the "
            "same arguments, or leave the cursor out."
        )
    return int(parts[1]), int(parts[2]), int(parts[3])


def _mark(question: str) -> str:
    return hashlib.blake2b(question.encode(), digest_size=4).hexdigest()


def question_of(tool: str, **arguments: Any) -> str:
    """What identifies a list for its cursors: the tool and every argument but limit and cursor."""
    return json.dumps([tool, arguments], sort_keys=True, default=str)


@dataclass(slots=True)
class Listing(Generic[T]):
    """The rows of one answer and what to say about them."""

    rows: list[T] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    """For every row, the cursor that continues behind it."""
    looked_at: int = 0
    cursor: str = ""
    is_continued: bool = False
    stopped: str = "end"
    reached: datetime | None = None
    unreachable: int = 0
    as_of: datetime | None = None

    def keep(self, count: int) -> None:
        """Hand out only the first rows; the cursor continues behind them."""
        if count < len(self.rows):
            self.cursor = self.cursors[count - 1]
            del self.rows[count:]

    def coverage(self, noun: str, zone: Any) -> str:
        """How much was read, in words: all, up to the limit, or up to where time ran out."""
        looked_at = counted(self.looked_at, noun)
        if self.stopped in {"patience", "rate_limited"}:
            why = "time ran out" if self.stopped == "patience" else "Wootric's request limit was reached"
            back = f" at {self.reached.astimezone(zone):%Y-%m-%d %H:%M:%S}" if self.reached else ""
            said = f"read {looked_at}, then {why}{back}: the rest was not looked at"
        elif self.stopped == "ceiling":
            said = (
                f"read {looked_at}; Wootric hands out no more than 1,500 in this order: "
                "narrow by period or updated, or sort by created_at"
            )
        elif self.cursor:
            said = f"read {looked_at}; there are more"
        else:
            said = f"read {'the remaining' if self.is_continued else 'all'} {looked_at}"
        if self.unreachable:
            count = "an unknown number" if self.unreachable < 0 else f"{self.unreachable:,}"
            said += f"; {count} of one second cannot be reached through the API"
        return said


async def collect(
    read: Read[T],
    *,
    period: Period | None,
    newest_first: bool,
    limit: int,
    cursor: str,
    question: str,
    now: datetime,
    patience: float,
    matches: Callable[[T], bool],
) -> Listing[T]:
    """Read rows by creation until `limit` of them match, the period ends or `patience` (s) is over."""
    position = Position.of(cursor, question) if cursor else None
    listing: Listing[T] = Listing(is_continued=position is not None)
    start = position.after if position else _lower_bound(period)
    until = position.before if position else _upper_bound(period, now)
    after, before = _moment(start) if start else None, _moment(until)
    if position and newest_first:
        before = _moment(position.second + 1)
    elif position:
        after = _moment(position.second - 1)
    if after is not None and after >= before:
        return listing
    last: Position | None = position

    def take(batch: Sequence[T]) -> bool:
        nonlocal last
        for row in batch:
            key = (_second(row), row.id)
            if position and not _is_beyond(key, (position.second, position.id), newest_first=newest_first):
                continue
            if len(listing.rows) == limit:
                listing.cursor = last.cursor(question) if last else ""
                return False
            listing.looked_at += 1
            last = Position(*key, start, until)
            if matches(row):
                listing.rows.append(row)
                listing.cursors.append(last.cursor(question))
        return True

    reading = await read(
        take, after=after, before=before, newest_first=newest_first, patience=patience, enough=limit + 1
    )
    listing.stopped, listing.reached = reading.stopped, reading.reached
    listing.unreachable, listing.as_of = reading.unreachable, reading.as_of
    if reading.stopped in {"patience", "rate_limited"} and last is not None:
        listing.cursor = last.cursor(question)
    return listing


def _is_beyond(key: tuple[int, int], last: tuple[int, int], *, newest_first: bool) -> bool:
    return key < last if newest_first else key > last


def _second(row: Row) -> int:
    return int(row.created_at.timestamp()) if row.created_at else 0


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _lower_bound(period: Period | None) -> int:
    return int(period.start.timestamp()) - 1 if period and period.start else 0


def _upper_bound(period: Period | None, now: datetime) -> int:
    """First second that is not read, fixed once so that rows arriving meanwhile cannot shift the pages."""
    end = min(period.end, now + _SECOND) if period else now + _SECOND
    return int(end.timestamp())
