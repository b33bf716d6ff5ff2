"""The lists that are read: which rows each holds, how it is walked, and whose reading covers it too."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, and_, true

from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.paging import Reading
from wootric_mcp.api.people import Person
from wootric_mcp.store import schema
from wootric_mcp.store.freshness import AGEING, TELLING, Rule

Category = Literal["promoter", "passive", "detractor"]
Walk = Callable[..., Awaitable[Reading]]

# What the lists of a person by category hold, whatever the survey asks.
_SCORES: dict[Category, tuple[int, int]] = {"promoter": (9, 10), "passive": (7, 8), "detractor": (0, 6)}
_KEY = re.compile(
    r"(?P<table>responses|declines|end_users)(?:/person:(?P<person>[0-9]+))?"
    r"(?:/(?P<category>promoter|passive|detractor))?(?:/(?P<excluded>excluded|counted))?"
)


@dataclass(frozen=True)
class Source:
    """One list of Wootric's. Use `responses`, `declines` or `END_USERS`."""

    key: str
    table: Table
    where: ColumnElement[bool]
    """Which rows of the table are in the list."""
    walk: Walk
    """The client's own walking reader, its filters given: it always asks Wootric."""
    wider: tuple[str, ...] = ()
    """Lists that contain this one: what was read of them has been read of it."""
    rule: Rule = AGEING

    @property
    def keys(self) -> tuple[str, ...]:
        """Whose coverage counts for this list."""
        return (self.key, *self.wider)


def responses(
    person_id: int | None = None, *, category: Category | None = None, excluded: bool | None = None
) -> Source:
    """Responses of the account or of one person; `category` needs a person."""
    c = schema.responses.c
    marks: list[str] = []
    conditions: list[ColumnElement[bool]] = []
    if person_id is not None:
        marks.append(f"person:{person_id}")
        conditions.append(c.end_user_id == person_id)
    if category:
        marks.append(category)
        conditions.append(c.score.between(*_SCORES[category]))
    if excluded is not None:
        marks.append("excluded" if excluded else "counted")
        conditions.append(c.excluded.is_(excluded))

    async def walk(client: WootricClient, take: Any, **bounds: Any) -> Reading:
        person = None if person_id is None else Person("id", str(person_id))
        return await WootricClient.read_responses(
            client, take, person=person, category=category, excluded=excluded, **bounds
        )

    return Source(
        _key("responses", marks),
        schema.responses,
        and_(true(), *conditions),
        walk,
        _wider("responses", marks),
    )


def declines(person_id: int | None = None) -> Source:
    """Declines of the account or of one person."""
    is_theirs = true() if person_id is None else schema.declines.c.end_user_id == person_id

    async def walk(client: WootricClient, take: Any, **bounds: Any) -> Reading:
        person = None if person_id is None else Person("id", str(person_id))
        return await WootricClient.read_declines(client, take, person=person, **bounds)

    marks = [] if person_id is None else [f"person:{person_id}"]
    return Source(_key("declines", marks), schema.declines, is_theirs, walk, _wider("declines", marks))


END_USERS = Source("end_users", schema.end_users, true(), WootricClient.read_end_users, rule=TELLING)


def named(key: str) -> Source:
    """The list of that key, as another process wrote it into the store. Raises ValueError."""
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise ValueError(f"{key!r} is no list")
    person_id = int(parts["person"]) if parts["person"] else None
    if parts["table"] == "end_users":
        return END_USERS
    if parts["table"] == "declines":
        return declines(person_id)
    excluded = parts["excluded"] and parts["excluded"] == "excluded"
    return responses(person_id, category=parts["category"], excluded=excluded)  # type: ignore[arg-type]


def _key(table: str, marks: list[str]) -> str:
    return "/".join([table, *marks])


def _wider(table: str, marks: list[str]) -> tuple[str, ...]:
    """Keys of the lists with fewer filters."""
    return tuple(
        _key(table, list(fewer)) for count in range(len(marks)) for fewer in combinations(marks, count)
    )
