"""What an operation of the API is given and how it is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .account import Account
from .answers import Answer, no_such_route, not_found
from .oauth import Token
from .parameters import Parameters, is_digits
from .switches import Switches
from .wire import Wire

_PAGES = 10**9
"""The highest page where there is no limit, so that an offset still fits a database integer."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation. `path` holds the variable segments, decoded; `now` is in epoch seconds."""

    account: Account
    switches: Switches
    parameters: Parameters
    path: tuple[str, ...]
    token: Token
    client_address: str
    now: int

    @property
    def wire(self) -> Wire:
        """Writes records as the switches ask for."""
        return Wire(self.account, self.switches)

    def end_user(self) -> sqlite3.Row:
        """The end user whose numeric id is the first variable segment.

        Raises:
            Refusal: 404, also for what is not a number: only one operation takes other names.
        """
        return self.record("end_users", self.path[0])

    def record(self, table: str, id_: str, **owner: int) -> sqlite3.Row:
        """The record with this id (and this owner), or `Refusal` (404)."""
        conditions = "".join(f" AND {name} = ?" for name in owner)
        row = None
        if is_digits(id_):
            sql = f"SELECT * FROM {table} WHERE id = ?{conditions}"  # noqa: S608
            row = self.account.row(sql, (int(id_), *owner.values()))
        if row is None:
            raise not_found()
        return row


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the 32 operations. In `path`, `*` stands for a variable segment."""

    name: str
    method: str
    path: str
    perform: Callable[[Call], Answer]


class Routes:
    """Finds the operation for a method and a path; literal segments win over variable ones."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._routes = sorted(
            ((operation, operation.path.strip("/").split("/")) for operation in operations),
            key=lambda route: [segment == "*" for segment in route[1]],
        )

    def find(self, method: str, segments: Sequence[str]) -> tuple[Operation, tuple[str, ...]]:
        """The operation and its variable segments.

        Raises:
            Refusal: 404, with the body for unknown routes.
        """
        for operation, pattern in self._routes:
            if operation.method == method and len(pattern) == len(segments):
                both = list(zip(pattern, segments, strict=True))
                if all(part == segment or (part == "*" and segment) for part, segment in both):
                    return operation, tuple(segment for part, segment in both if part == "*")
        raise no_such_route()


def listing(
    call: Call,
    table: str,
    render: Callable[[sqlite3.Row], dict[str, Any]],
    *,
    keys: Sequence[str] = ("created_at", "updated_at"),
    order: str = "desc",
    bounds: Sequence[str] = ("created", "updated"),
    where: Sequence[tuple[str, Any]] = (),
) -> Answer:
    """One page of `table` as a bare array.

    The sort key is followed by the id, so that the order is stable. `where` holds (SQL condition, value)
    pairs, the first of `keys` is the default.
    """
    parameters, switches = call.parameters, call.switches
    page = parameters.integer("page", 1, switches.page_limit or _PAGES) or 1
    per_page = parameters.integer("per_page", 1, switches.per_page_limit) or 25
    order = parameters.choice("sort_order", order, ("asc", "desc"))
    key = parameters.choice("sort_key", keys[0], keys) if len(keys) > 1 else keys[0]
    conditions = list(where)
    for name in bounds:
        conditions += [(f"{name}_at {sign} ?", number) for sign, number in parameters.bounds(name)]
    parameters.check()
    column = "email_key" if key == "email" else key
    sql = (
        f"SELECT * FROM {table} WHERE {' AND '.join(text for text, _ in conditions) or '1'} "  # noqa: S608
        f"ORDER BY {column} {order}, id {order} LIMIT ? OFFSET ?"
    )
    values = [value for text, value in conditions if "?" in text]
    rows = call.account.rows(sql, [*values, per_page, (page - 1) * per_page])
    return Answer([render(row) for row in rows])
