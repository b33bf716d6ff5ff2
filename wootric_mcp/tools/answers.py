"""Answers in two forms, each complete alone: a short text and a small structured result.

What a stranger could have written stands in the text inside one fence, in the structure under `untrusted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mcp.types import CallToolResult, TextContent

from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.fence import fence

# Characters of one foreign value in an answer; longer ones are cut with an ellipsis.
CONCISE, FULL = 280, 2_000

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_UNTRUSTED: Schema = {"type": "object"}


def _schema(required: Sequence[str], **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


ROWS = _schema(
    ("summary", "columns", "untrusted"), summary=_TEXT, columns=_TEXTS, untrusted=_UNTRUSTED, next=_TEXT
)
"""A list: `untrusted.rows` has one list of values per row, in the order of `columns`."""
RECORD = _schema(("summary", "untrusted"), summary=_TEXT, untrusted=_UNTRUSTED, next=_TEXT)
"""One record, under `untrusted`."""
OUTCOME = _schema(("summary",), summary=_TEXT, untrusted=_UNTRUSTED, next=_TEXT)
"""What a write did."""
STATUS = _schema(("summary", "status"), summary=_TEXT, status={"type": "object"})
"""How the server stands; nothing in it is foreign."""
_FIGURES: Schema = {"type": "object"}
DIGEST = _schema(("summary", "score", "untrusted"), summary=_TEXT, score=_FIGURES, untrusted=_UNTRUSTED)
"""Feedback in short; theme phrases and quotes under `untrusted`."""
FOUND = _schema(
    ("summary", "matched", "columns", "untrusted"),
    summary=_TEXT,
    matched={"type": "integer"},
    columns=_TEXTS,
    untrusted=_UNTRUSTED,
    next=_TEXT,
)
"""Comments that match."""


def rows(
    summary: str,
    columns: Sequence[str],
    values: Iterable[Sequence[Any]],
    *,
    next_call: str = "",
    limit: int = CONCISE,
) -> CallToolResult:
    """A list answer. `summary` is ours and carries the receipt: bounds, count, filters, coverage."""
    table = [[shown(value, limit) for value in row] for row in values]
    parts = [summary]
    if table:
        lines = (" | ".join("-" if value is None else inline(value) for value in row) for row in table)
        parts += [" | ".join(columns), fence(lines)]
    return _answer(parts, next_call, summary=summary, columns=list(columns), untrusted={"rows": table})


def record(
    summary: str, fields: Mapping[str, Any], *, next_call: str = "", limit: int = FULL
) -> CallToolResult:
    """An answer about one record; nothing in `fields` is trusted. Lists of rows are shown row by row."""
    cleaned = {name: shown(value, limit) for name, value in fields.items()}
    lines = [line for name, value in cleaned.items() for line in _lines(name, value)]
    return _answer([summary, fence(lines)], next_call, summary=summary, untrusted=cleaned)


def outcome(
    summary: str, fields: Mapping[str, Any] | None = None, *, next_call: str = "", limit: int = FULL
) -> CallToolResult:
    """An answer to a write: what happened, and the record as Wootric gave it back, if it did."""
    if fields:
        return record(summary, fields, next_call=next_call, limit=limit)
    return _answer([summary], next_call, summary=summary)


def given_call(tool: str, **arguments: Any) -> str:
    """The next call, spelt out; arguments that were not given are left out."""
    spelt = (f"{name}={value!r}" for name, value in arguments.items() if value not in ("", None, [], {}))
    return f"{tool}({', '.join(spelt)})"


def both(text: str, structure: Mapping[str, Any]) -> CallToolResult:
    """An answer whose two forms were written elsewhere."""
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=dict(structure))


def _answer(parts: Sequence[str], next_call: str, **structure: Any) -> CallToolResult:
    if next_call:
        parts, structure = [*parts, f"Next: {next_call}"], {**structure, "next": next_call}
    return both("\n".join(parts), structure)


def shown(value: Any, limit: int = FULL) -> Any:
    """A value as it may be shown: text cleaned and cut, times in ISO 8601 to the second."""
    match value:
        case bool() | int() | float() | None:
            return value
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case Mapping():
            return {clean(str(name), 80): shown(inner, limit) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [shown(inner, limit) for inner in value]
        case _:
            return clean(str(value), limit)


def inline(value: Any) -> str:
    """A value on one line."""
    match value:
        case Mapping():
            return ", ".join(f"{name}: {inline(inner)}" for name, inner in value.items()) or "-"
        case list():
            return ", ".join(map(inline, value)) or "-"
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _lines(name: str, value: Any) -> list[str]:
    """One line a field; a list of lists is a table under its name."""
    if isinstance(value, list) and value and all(isinstance(row, list | Mapping) for row in value):
        return [f"{name}:", *(f"  {_row(item)}" for item in value)]
    return [f"{name}: {inline(value)}"]


def _row(item: Any) -> str:
    return " | ".join(map(inline, item)) if isinstance(item, list) else inline(item)
