"""Walking through more rows than paging reaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

T = TypeVar("T")

Take = Callable[[Sequence[T]], bool | None]
"""Is handed rows, in order; returning False ends the walk."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a walk has read.

    `reached`: every row on the walked side of this instant, and those at it, were handed over; to go on, walk
    `before` it (newest first) or `after` it. None: nothing was. `unreachable`: rows of single seconds with so
    many rows that paging cannot reach them; -1 if their number is unknown.
    """

    rows: int
    complete: bool
    reached: datetime | None
    unreachable: int
    stopped: Literal["end", "taken", "patience", "rate_limited"]
