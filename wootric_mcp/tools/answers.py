"""Answers in two forms, each complete alone: a short text and a small structured result.

What a stranger could have written stands in the text inside one fence, in the structure under `untrusted`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from mcp.types import CallToolResult, TextContent

from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.fence import fence

# Characters of one foreign value in an answer; longer ones are cut with an ellipsis.
CONCISE, FULL = 280, 2_000
# Tokens of the longest answer: hosts cut or refuse those above 25,000.
LONGEST = 14_000
# How a record that would be longer is cut: characters of a text, entries of a list or object.
_CUTS = ((FULL, 1_000), (600, 200), (200, 60), (80, 20), (40, 8))

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_UNTRUSTED: Schema = {"type": "object"}


def _schema(required: Sequence[str], **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


ROWS = _schema(
    ("summary", "columns", "untrusted"),
    summary=_TEXT,
    columns=_TEXTS,
    untrusted=_UNTRUSTED,
    cursor=_TEXT,
    next=_TEXT,
)
"""A list: `untrusted.rows` has one list of values per row, in the order of `columns`."""
RECORD = _schema(("summary", "untrusted"), summary=_TEXT, untrusted=_UNTRUSTED, next=_TEXT)
"""One record, under `untrusted`."""
OUTCOME = _schema(("summary",), summary=_TEXT, untrusted=_UNTRUSTED, next=_TEXT)
"""What a write did."""
FIGURES = _schema(("summary", "figures"), summary=_TEXT, figures={"type": "object"})
"""Numbers, switches and words of our own; nothing a stranger could have written."""
PLAN = _schema(
    ("summary", "left_out", "untrusted"),
    summary=_TEXT,
    plan=_TEXT,
    left_out={"type": "object"},
    columns=_TEXTS,
    untrusted=_UNTRUSTED,
    next=_TEXT,
)
"""Who would be mailed: a sample under `untrusted.rows`, and how many are left out, by reason."""
DIGEST = _schema(
    ("summary", "score", "untrusted"), summary=_TEXT, score={"type": "object"}, untrusted=_UNTRUSTED
)
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
    cursor: str = "",
    following: str = "",
    limit: int = CONCISE,
) -> CallToolResult:
    """A list answer. `summary` is ours and carries the receipt: bounds, count, filters, coverage."""
    table = [[shown(value, limit) for value in row] for row in values]
    table = table[: fitting(table, LONGEST)]
    parts = [summary]
    if table:
        parts += [" | ".join(columns), fence(map(_row, table))]
    structure = {"summary": summary, "columns": list(columns), "untrusted": {"rows": table}}
    return _answer(parts, following, **structure, **({"cursor": cursor} if cursor else {}))


def fitting(table: Sequence[Sequence[Any]], most: int) -> int:
    """How many rows fit into so many tokens in either form; at least one."""
    spent = 0
    for count, row in enumerate(table):
        spent += max(estimate_tokens(_row(row)), estimate_tokens(_compact(row))) + 2
        if spent > most and count:
            return count
    return len(table)


def record(summary: str, fields: Mapping[str, Any], *, following: str = "") -> CallToolResult:
    """An answer about one record; nothing in `fields` is trusted. Lists of rows are shown row by row."""
    for limit, most in _CUTS:
        cleaned = {name: shown(value, limit, most) for name, value in fields.items() if value is not None}
        lines = [line for name, value in cleaned.items() for line in _lines(name, value)]
        if max(sum(map(estimate_tokens, lines)), estimate_tokens(_compact(cleaned))) <= LONGEST:
            break
    return _answer([summary, fence(lines)], following, summary=summary, untrusted=cleaned)


def outcome(summary: str, fields: Mapping[str, Any] | None = None) -> CallToolResult:
    """An answer to a write: what happened, and the record as Wootric gave it back, if it did."""
    if fields:
        return record(summary, fields)
    return _answer([summary], "", summary=summary)


def figures(summary: str, values: Mapping[str, Any]) -> CallToolResult:
    """An answer of figures, in which nothing is foreign; what is not known is left out."""
    known = {name: shown(value) for name, value in values.items() if value is not None}
    lines = (f"{name}: {inline(value)}" for name, value in known.items())
    return both("\n".join([summary, *lines]), {"summary": summary, "figures": known})


def deleted(what: str, *, was_there: bool) -> str:
    """What a deletion did; one that found nothing changed nothing."""
    return f"Deleted {what}." if was_there else f"There was no {what} any more. Nothing was changed."


def next_call(tool: str, **arguments: Any) -> str:
    """The next call, spelt out; arguments that were not given are left out."""
    spelt = (
        f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name, value in arguments.items()
        if value not in ("", None, [], {})
    )
    return f"{tool}({', '.join(spelt)})"


def counted(count: int, noun: str) -> str:
    """`1 response`, `2 responses`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def both(text: str, structure: Mapping[str, Any]) -> CallToolResult:
    """An answer whose two forms were written elsewhere."""
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=dict(structure))


def _answer(parts: Sequence[str], following: str, **structure: Any) -> CallToolResult:
    if following:
        parts, structure = [*parts, f"Next: {following}"], {**structure, "next": following}
    return both("\n".join(parts), structure)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shown(value: Any, limit: int = FULL, most: int = 1_000) -> Any:
    """A value as it may be shown: text cut at `limit` characters and cleaned, lists and objects at `most`
    entries, times in ISO 8601 to the second."""
    match value:
        case bool() | int() | float() | None:
            return value
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case Mapping():
            kept = {
                clean(str(name), 80): shown(inner, limit, most) for name, inner in islice(value.items(), most)
            }
            return {**kept, "…": f"{len(value) - most} more"} if len(value) > most else kept
        case list() | tuple() | set() | frozenset():
            items = [shown(inner, limit, most) for inner in islice(value, most)]
            return [*items, f"… {len(value) - most} more"] if len(value) > most else items
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
