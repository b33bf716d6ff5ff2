"""What to read next, and how eagerly: decided from what is missing and where reading is under way. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import inf

from wootric_mcp.store.intervals import Interval, around, common, joined


@dataclass(frozen=True, slots=True)
class Need:
    """A gap that is wanted."""

    start: int
    end: int
    urgent: bool
    newest_first: bool = True
    asked_at: float = 0.0
    """Account time."""
    fresh: bool = False
    """Whether only a walk that began since then will do."""

    @property
    def interval(self) -> Interval:
        return self.start, self.end

    def is_served_by(self, walk: Position) -> bool:
        """Whether what a walk reads is what is wanted, should it come here."""
        return self.newest_first == walk.newest_first and (not self.fresh or walk.began >= self.asked_at)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk begins or has got to: everything up to `edge` has been read, from the far side."""

    edge: int
    newest_first: bool = True
    began: float = inf
    """When the walk began (account time)."""

    @property
    def next_second(self) -> int:
        return self.edge - 1 if self.newest_first else self.edge


@dataclass(frozen=True, slots=True)
class Prospect:
    """Why a walk goes on from where it is, and how far."""

    urgent: bool
    aim: int
    """Where what is wanted ends."""


def prospect(needs: Iterable[Need], position: Position) -> Prospect | None:
    """What a walk would read next; None if nobody wants that."""
    needs = [need for need in needs if need.is_served_by(position)]
    for urgent in (True, False):
        gaps = joined(need.interval for need in needs if need.urgent or not urgent)
        if gap := around(gaps, position.next_second):
            return Prospect(urgent, gap[0] if position.newest_first else gap[1])
    return None


def next_walk(needs: Collection[Need], walks: Collection[Position]) -> Position | None:
    """Where to begin another walk; None if every gap has one that will come to it.

    Newer gaps come first, those that somebody waits for before all others: these do not wait for a walk that
    will get there later for nobody in particular.
    """
    for urgent in (True, False):
        for newest_first in (True, False):
            open_needs = [
                need for need in needs if need.newest_first == newest_first and (need.urgent or not urgent)
            ]
            free = [
                gap
                for gap in joined(need.interval for need in open_needs)
                if not any(_serves(walk, gap, open_needs) for walk in walks)
            ]
            if free:
                start, end = free[-1]
                return Position(end if newest_first else start, newest_first)
    return None


def _serves(walk: Position, gap: Interval, needs: Iterable[Need]) -> bool:
    """Whether a walk is in a gap, and what it reads there is what all want who want something of it."""
    return gap[0] <= walk.next_second < gap[1] and all(
        need.is_served_by(walk) for need in needs if common(need.interval, gap)
    )
