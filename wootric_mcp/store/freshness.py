"""The one rule for how long what was read is good enough.

| created               | read again after |
| --------------------- | ---------------- |
| less than 72 h ago    | 10 minutes       |
| less than 30 days ago | a day            |
| earlier               | 30 days          |

Late comments and edits come within days, so young rows are read again often. The last minute before a reading
is never taken as read: rows may have been arriving. Of end users Wootric tells what has changed (`updated`),
so their lists are read again every 30 days only, for the sake of those deleted, and changes are asked for
when ten minutes have passed. A question may ask for everything to be read again (`fresh`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from wootric_mcp.store.intervals import Interval, common, joined

MINUTE, DAY = 60, 86_400
UNSETTLED = MINUTE
"""Seconds before a reading in which rows may still have been arriving."""
CHANGES_AFTER = 10 * MINUTE
"""Seconds after which the changes of end users are asked for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Ages of rows (seconds, ascending), each with how long (seconds) rows up to that age stay fresh."""

    steps: tuple[tuple[float, float], ...]

    def lasts(self, age: float) -> float:
        """Seconds that something about rows of that age (seconds) stays fresh once it was read."""
        return next(lasts for limit, lasts in self.steps if age <= limit)

    def bands(self, asked_at: float) -> list[tuple[Interval, float]]:
        """Intervals of creation, and the moment since which each must have been read."""
        found = []
        end = _LATEST
        for age, lasts in self.steps:
            start = 0 if age == math.inf else max(0, math.floor(asked_at - age))
            found.append(((start, end), asked_at - lasts))
            end = start
        return found


AGEING = Rule(((3 * DAY, 10 * MINUTE), (30 * DAY, DAY), (math.inf, 30 * DAY)))
"""For lists that do not tell what has changed: responses and declines."""
TELLING = Rule(((math.inf, 30 * DAY),))
"""For the list that tells what has changed: end users."""

_LATEST = 1 << 40


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval of creation that was read, from `read_at` (epoch seconds) on."""

    start: int
    end: int
    read_at: float
    unreachable: int = 0
    """Rows in it that the API cannot hand out; -1: an unknown number."""


def good(pieces: Iterable[Piece], asked_at: float, rule: Rule, *, fresh: bool = False) -> list[Interval]:
    """Where the pieces are good enough for a question of that time, as disjoint intervals."""
    bands = [((0, _LATEST), asked_at)] if fresh else rule.bands(asked_at)
    found = []
    for piece in pieces:
        end = (
            piece.end if piece.read_at >= asked_at else min(piece.end, math.floor(piece.read_at - UNSETTLED))
        )
        found += [
            part
            for band, since in bands
            if piece.read_at >= since and (part := common(band, (piece.start, end)))
        ]
    return joined(found)
