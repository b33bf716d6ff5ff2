"""A list of Wootric held in memory: 30 pages of 50, strict bounds, sorted by (created, id)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio
import anyio.lowlevel

from wootric_mcp.api.models import Bounds
from wootric_mcp.api.paging import MAX_PAGE, MAX_PER_PAGE, SortOrder

NOW = 1_795_000_000


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A row with nothing but what a walk looks at."""

    second: int
    id: int

    @property
    def created_at(self) -> datetime:
        return datetime.fromtimestamp(self.second, UTC)


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _second(row: Row) -> int:
    return row.second


class FakeList:
    """Answers pages; `before_page` runs first and may change the rows or raise."""

    def __init__(self, rows: Iterable[Row], before_page: Callable[[int], None] | None = None) -> None:
        self.rows = sorted(rows)
        self.answered = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.page_size = MAX_PER_PAGE
        self._before_page = before_page

    def add(self, row: Row) -> None:
        insort(self.rows, row)

    async def fetch(self, page: int, created: Bounds, order: SortOrder) -> list[Row]:
        assert 1 <= page <= MAX_PAGE, "Wootric refuses such a page"
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await anyio.lowlevel.checkpoint()
            if self._before_page:
                self._before_page(page)
            bounds = created.operators()
            first = bisect_right(self.rows, bounds.get("gt", -1), key=_second)
            last = bisect_left(self.rows, bounds.get("lt", NOW * 2), key=_second)
            rows = self.rows[first:last]
            if order == "desc":
                rows.reverse()
            self.answered += 1
            return rows[(page - 1) * self.page_size : page * self.page_size]
        finally:
            self.in_flight -= 1
