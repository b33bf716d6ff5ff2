"""Requests as Wootric documents them: bracketed forms, files, and path segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from urllib.parse import quote, urlencode

from wootric_mcp.api.people import check_value

Pairs = list[tuple[str, str]]


def pairs(values: Mapping[str, object]) -> Pairs:
    """Nested values as form fields, in order; None is left out, an empty text is kept.

    `{"end_user": {"properties": {"plan": "pro"}}}` gives `end_user[properties][plan]`,
    a list gives `emails[]`,
    and a list of mappings `context[][module]`.
    """
    return [pair for name, value in values.items() for pair in _flat(name, value)]


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}[{key}]", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _flat(f"{name}[]", inner)
    else:
        yield name, scalar(value)


def scalar(value: object) -> str:
    """One value: `true`/`false`, a datetime as epoch seconds, a date as `YYYY-MM-DD`, else its text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(int(value.timestamp()))
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def encoded(values: Mapping[str, object]) -> str:
    """`values` as `application/x-www-form-urlencoded`, for a query or a body."""
    return urlencode(pairs(values))


def segment(value: str | int) -> str:
    """`value` as one percent-encoded path segment. Raises InvalidRequest for what is unsafe as one."""
    text = str(value)
    check_value(text, "A path value")
    return quote(text, safe="")


def path(template: str, values: Mapping[str, str | int]) -> str:
    """A path of `wootric_mcp.operations` with its values filled in, each as one segment."""
    return template.format_map({name: segment(value) for name, value in values.items()})
