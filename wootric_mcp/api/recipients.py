"""Who is to be mailed: e-mail addresses, and the rows of a CSV text. Faults are ValueErrors."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO

from wootric_mcp.api.errors import bounded
from wootric_mcp.api.people import ANONYMOUS

MAX_ROWS = 5_000
"""Rows in one `send_email_survey_csv` request."""


def address(text: str) -> str:
    """An address mail can be sent to. What stands before and after @ is left to the mail servers."""
    if text == ANONYMOUS:
        raise ValueError("'Unknown' is the shared anonymous user and has no address")
    if len(text) > 320 or not re.fullmatch(r"[^\s@,;<>\"\x00-\x20\x7f]+@[^\s@,;<>\"\x00-\x20\x7f]+", text):
        raise ValueError(f"{bounded(text, 60)!r} is not an e-mail address such as mara@example.com")
    return text


def table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and non-blank rows of a CSV text, each row with its line number. Raises ValueError."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"csv line {reader.line_num} cannot be read ({error})") from None
    if not lines:
        raise ValueError("csv is empty; give a header line that begins with email, then one line a person")
    (_, header), rows = lines[0], lines[1:]
    if twice := repeated(header):
        raise ValueError(f"the column {twice} stands twice in csv")
    if not 1 <= len(rows) <= MAX_ROWS:
        raise ValueError(f"csv has {len(rows)} rows; give 1 to {MAX_ROWS}")
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(f"csv line {line} has {len(row)} cells, the header has {len(header)}")
    return header, rows


def check_addresses(rows: list[tuple[int, list[str]]], column: int) -> None:
    for line, row in rows:
        try:
            address(row[column].strip())
        except ValueError as error:
            raise ValueError(f"csv line {line}: {error}") from None


def repeated(values: Iterable[str]) -> str | None:
    """The first value that stands twice, whatever its case."""
    seen: set[str] = set()
    for value in values:
        key = value.strip().casefold()
        if key in seen:
            return repr(bounded(value, 60))
        seen.add(key)
    return None
