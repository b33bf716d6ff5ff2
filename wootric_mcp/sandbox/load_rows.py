"""The rows of a feedback file: read, understood, or noted as bad. `load` says what a file may hold."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, BinaryIO, Final, NamedTuple

from .records import ANONYMOUS_EMAIL, Properties

MAX_LINE: Final = 100_000
"""Most bytes on one line; a longer one is a bad row."""

SPELLED_OUT: Final = 20
"""How many bad rows an error names; the rest is counted."""

_LARGEST_ID: Final = 2**53 - 1  # what every reader of JSON holds exactly
_END_OF_TIME: Final = 4_102_444_800  # the year 2100
_FIELDS: Final = ("id", "created_at", "date", "score", "text", "email")
_JSON_NAMES: Final = frozenset({".jsonl", ".ndjson", ".json"})
_CSV_NAMES: Final = frozenset({".csv", ".tsv"})
_LABELS: Final = frozenset({"themes", "theme", "sentiment", "aspects", "labels", "label"})
_SPACED_OFFSET: Final = re.compile(r"\s(?=[+-]\d{2}:?\d{2}$)")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_REFUSED_IN_NAMES: Final = re.compile(r"[.$\x00]")


@dataclass(slots=True)
class Problems:
    """The bad rows so far: how many, and the first of them as (line, reason)."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        self.count += 1
        if len(self.first) < SPELLED_OUT:
            self.first.append((line, reason))


class _BadRowError(ValueError):
    """What is wrong with a row."""


class Row(NamedTuple):
    """A row that has been understood; its id is `number` if that is a whole one, else `name`, if any."""

    line: int
    number: int | None
    name: str | None
    created_at: int
    score: int
    text: str | None
    email: str | None
    properties: Properties


def read_rows(handle: BinaryIO, suffix: str, now: datetime, problems: Problems) -> list[Row]:
    """The good rows of a file whose name ends in `suffix`; the bad ones are added to `problems`."""
    rows: list[Row] = []
    lines_by_id: dict[str, int] = {}
    for line, raw in _raw_rows(suffix, handle, problems):
        try:
            row = _understood(line, raw, now)
            known_as = row.name if row.number is None else str(row.number)
            if known_as is not None and lines_by_id.setdefault(known_as, line) != line:
                raise _BadRowError(f"id {_shown(known_as)} is already that of line {lines_by_id[known_as]}")
            rows.append(row)
        except _BadRowError as error:
            problems.add(line, str(error))
    return rows


def _raw_rows(suffix: str, handle: BinaryIO, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row with the number of its first line: the fields, and under `properties` the respondent's."""
    lines = _lines(handle, problems)
    if suffix in _JSON_NAMES:
        return _json_rows(lines, problems)
    first = next(lines, (1, ""))
    lines = chain([first], lines)
    if suffix not in _CSV_NAMES and first[1].lstrip()[:1] in ("{", "["):
        return _json_rows(lines, problems)
    return _csv_rows(lines, problems)


def _lines(handle: BinaryIO, problems: Problems) -> Iterator[tuple[int, str]]:
    """The lines that can be read, numbered from 1."""
    number = 0
    while line := handle.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            problems.add(number, f"it is longer than {MAX_LINE:,} bytes")
            while line and not line.endswith(b"\n"):
                line = handle.readline(MAX_LINE)
            continue
        try:
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            problems.add(number, "it is not UTF-8")


def _json_rows(lines: Iterable[tuple[int, str]], problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            json.dumps(found, ensure_ascii=False).encode()  # refuses halves of surrogate pairs
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            problems.add(number, "it is not a JSON object; each line holds one")
            continue
        properties: dict[str, Any] = {}
        for name in ("segment", "segments", "properties"):
            value = found.get(name)
            if isinstance(value, dict):
                properties |= value
            elif name != "properties":
                properties[name] = value
        yield number, {name: found.get(name) for name in _FIELDS} | {"properties": properties}


def _csv_rows(lines: Iterable[tuple[int, str]], problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    taken: list[int] = []

    def texts() -> Iterator[str]:
        for number, line in lines:
            taken.append(number)
            yield line

    source = texts()
    head = next(source, "")
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(chain([head], source), delimiter=delimiter, strict=True)
    columns: list[str] = []
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            problems.add(taken[0] if taken else 1, f"it is not CSV: {error}")
            taken.clear()
            continue
        if cells is None:
            return
        number = taken[0] if taken else 1
        taken.clear()
        if not columns:
            columns = [_column(cell) for cell in cells]
            if reason := _wrong_columns(columns):
                problems.add(number, reason)
                return
        elif len(cells) > len(columns):
            problems.add(number, f"it has {len(cells)} values for {len(columns)} columns")
        elif any(cells):
            row = dict(zip(columns, cells, strict=False))
            fields: dict[str, Any] = {name: row.pop(name, None) for name in _FIELDS}
            row = {name: value for name, value in row.items() if name.lower() not in _LABELS}
            yield number, fields | {"properties": row}


def _column(cell: str) -> str:
    name = cell.strip()
    return name.lower() if name.lower() in _FIELDS else name


def _wrong_columns(columns: list[str]) -> str | None:
    """What is wrong with the header line, if anything."""
    if "score" not in columns or not {"created_at", "date"} & set(columns):
        return "the first line must name the columns, among them score and created_at (or date)"
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    return f"the column {_shown(twice[0])} is there twice" if twice else None


def _understood(line: int, raw: Mapping[str, Any], now: datetime) -> Row:
    """The row in its own types; raises _BadRowError."""
    number, name = _id(raw["id"])
    moment = raw["date"] if raw["created_at"] in (None, "") else raw["created_at"]
    return Row(
        line=line,
        number=number,
        name=name,
        created_at=_instant(moment, now),
        score=_score(raw["score"]),
        text=_text(raw["text"]),
        email=_email(raw["email"]),
        properties=_properties(raw["properties"]),
    )


def _id(value: Any) -> tuple[int | None, str | None]:
    """The id as a whole number, else as a name."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, None
    if (number := _whole(value)) is None:
        if isinstance(value, str):
            return None, value.strip()
        raise _BadRowError(f"id is {_shown(value)}, which is neither a number nor a text")
    if not 0 < number <= _LARGEST_ID:
        raise _BadRowError(f"id is {_shown(value)}; a number must be above 0 and below 2**53")
    return number, None


def _score(value: Any) -> int:
    if value is None or value == "":
        raise _BadRowError("score is missing")
    score = _whole(value)
    if score is None or not 0 <= score <= 10:
        raise _BadRowError(f"score is {_shown(value)}, not a whole number from 0 to 10")
    return score


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _BadRowError(f"text is {_shown(value)}, not a text")
    return value if value and value.strip() else None


def _email(value: Any) -> str | None:
    if value is None or value == "":
        return None
    email = value.strip() if isinstance(value, str) else ""
    if email != ANONYMOUS_EMAIL and (len(email) > 254 or not _EMAIL.fullmatch(email)):
        raise _BadRowError(f"email is {_shown(value)}, not an address")
    return email


def _properties(found: Mapping[str, Any]) -> Properties:
    properties: Properties = {}
    for given, value in found.items():
        name = _REFUSED_IN_NAMES.sub("_", given.strip())
        if not name or value is None or value == "" or not isinstance(value, str | int | float):
            continue
        if isinstance(value, float) and not math.isfinite(value):
            continue
        if name.endswith("_amount") and (number := _whole(value)) is not None:
            value = number
        elif name.endswith("_date") and isinstance(value, str) and (instant := _epoch(value)) is not None:
            value = instant
        properties[name] = value
    return properties


def _whole(value: Any) -> int | None:
    """A whole number that may be written as a text or with a fraction of zero, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([+-]?[0-9]{1,20})(?:\.0+)?\s*", value)
        return int(match[1]) if match else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) else None


def _instant(value: Any, now: datetime) -> int:
    """Epoch seconds of a row's date; a date alone that is today's is now at the latest."""
    if value is None or value == "":
        raise _BadRowError("created_at (or date) is missing")
    instant = _epoch(value)
    if instant is None:
        raise _BadRowError(
            f"created_at is {_shown(value)}; 2024-03-18T07:05:44Z, 2024-03-18, 1710745544 can be read"
        )
    if _date_alone(value) == now.astimezone(UTC).date():
        return min(instant, int(now.timestamp()))
    return instant


def _epoch(value: Any) -> int | None:
    """Epoch seconds of a date in any form that can be read, None if it is none or not from 1970 to 2099."""
    if isinstance(value, str) and not re.fullmatch(r"\d{9,}", value.strip()):
        try:
            moment = datetime.fromisoformat(_SPACED_OFFSET.sub("", value.strip()))
        except ValueError:
            return None
        if _date_alone(value):
            moment = moment.replace(hour=12)
        seconds = math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    elif (whole := _whole(value)) is not None:
        seconds = whole
    else:
        return None
    return seconds if 0 <= seconds < _END_OF_TIME else None


def _date_alone(value: Any) -> date | None:
    """The day, if the value is a date without a time."""
    try:
        return date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _shown(value: Any) -> str:
    """A value as an error can show it."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
