"""Feedback from a file as an account of its own.

The file is CSV (comma, semicolon or tab, with a header line) or JSON lines (an object on each line), UTF-8
with or without a byte order mark. Which of them is told by its name (`.csv`, `.tsv`; `.jsonl`, `.ndjson`,
`.json`), otherwise by its first character. What is read of each row:

- `score` (needed): a whole number from 0 to 10.
- `created_at` or `date` (needed): ISO 8601 with or without a zone, `2024-03-18 07:05:44 -0700`, or epoch
  seconds. Without a zone UTC is assumed. A date alone stands for its noon in UTC, the same day nearly
  everywhere.
- `text`: the comment; empty or null is none.
- `id`: a whole number becomes the id of the response; other rows get the next free numbers.
- `email`: rows with the same address, in any case, are answers of one person. A row without an address gets a
  person at `row-ID@example.invalid`, whose external id is the row's id if that is not a number.
- properties of the respondent: in CSV every other column; in JSON the object `properties`, and `segment` or
  `segments` (an object of properties, or one value that is kept under that name). Names ending in `_amount`
  hold whole numbers and those in `_date` epoch seconds, where the value can be read so. `.` and `$` in names,
  which Wootric refuses, become `_`. Null, empty and nested values are left out.

Labels are answers, not feedback: the CSV columns `themes`, `theme`, `sentiment`, `aspects`, `labels`, `label`
and all other keys of a JSON object are left out.
"""

from __future__ import annotations

from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Final

from .load_rows import Problems, Row, read_rows
from .records import AccountData, EndUserRow, ResponseRow, segments_of

_FIRST_USER_ID: Final = 500_000_001
_DAY: Final = 86_400


class LoadError(ValueError):
    """A file with bad rows, of which nothing was loaded: their `count`, and the first as (line, reason)."""

    def __init__(self, name: str, problems: Problems) -> None:
        self.count = problems.count
        self.problems = tuple(sorted(problems.first))
        lines = [f"{name}: {self.count} bad row{'' if self.count == 1 else 's'}, nothing was loaded"]
        lines += [f"  line {line}: {reason}" for line, reason in self.problems]
        if self.count > len(self.problems):
            lines.append(f"  and {self.count - len(self.problems)} more")
        super().__init__("\n".join(lines))


def load_file(path: str | PathLike[str], *, now: datetime, shift_dates: bool = False) -> AccountData:
    """The account that the file describes, as of `now` (aware).

    `shift_dates` moves all rows by the same number of days so that the newest is of yesterday (UTC).

    Raises LoadError if any row is bad (one after `now` is), OSError if the file cannot be read.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone, for instance datetime.now(UTC)")
    file, problems = Path(path), Problems()
    with file.open("rb") as handle:
        rows = read_rows(handle, file.suffix.lower(), now, problems)
    if not rows and not problems.count:
        problems.add(1, "there are no rows")
    shift = _shift(rows, now) if shift_dates and rows else 0
    for row in rows:
        if row.created_at + shift > now.timestamp():
            problems.add(row.line, "it lies in the future; a later `now` or a shift of dates would help")
    if problems.count:
        raise LoadError(file.name, problems)
    return _account([row._replace(created_at=row.created_at + shift) for row in rows])


def _account(rows: list[Row]) -> AccountData:
    """The rows as responses of the people who gave them, in order of time."""
    free = max((row.number or 0 for row in rows), default=0)
    people: dict[str, EndUserRow] = {}
    responses = []
    numbered = []
    for row in rows:
        free += row.number is None
        numbered.append((row.created_at, free if row.number is None else row.number, row))
    for created_at, number, row in sorted(numbered, key=lambda one: one[:2]):
        email = row.email or f"row-{number}@example.invalid"
        known = people.get(email.lower())
        person = EndUserRow(
            id=known.id if known else _FIRST_USER_ID + len(people),
            email=known.email if known else email,
            created_at=known.created_at if known else created_at,
            updated_at=created_at,
            external_id=known.external_id if known else None if row.email else row.name,
            properties=(known.properties if known else {}) | row.properties,
            last_surveyed=created_at,
        )
        people[email.lower()] = person
        responses.append(
            ResponseRow(
                id=number,
                end_user_id=person.id,
                score=row.score,
                created_at=created_at,
                updated_at=created_at,
                text=row.text,
                email=person.email,
                properties=row.properties,
            )
        )
    return AccountData(
        end_users=tuple(people.values()),
        responses=tuple(responses),
        segments=segments_of((row.created_at, row.properties) for row in responses),
    )


def _shift(rows: list[Row], now: datetime) -> int:
    """The seconds, whole days, from the newest row's day to yesterday."""
    yesterday = int(now.timestamp()) // _DAY - 1
    return (yesterday - max(row.created_at for row in rows) // _DAY) * _DAY
