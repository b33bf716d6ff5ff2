"""`wootric-mcp themes`: what the comments of a file are about, comment by comment."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wootric_mcp.settings import Settings
from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.masking import mask
from wootric_mcp.terminal import refused

if TYPE_CHECKING:
    from wootric_mcp.feedback.score import SurveyType

_TELLING = ("WOOTRIC_THEMES", "WOOTRIC_SURVEY_TYPE")
_FIELDS = ("id", "text", "score")
_JSON_NAMES = (".jsonl", ".ndjson", ".json")
_SPELLED_OUT = 20
_UNKNOWN = "und"
"""Where the language cannot be told, as ISO 639-2 has it."""


class FileError(ValueError):
    """Why a file cannot be read, line by line."""


@dataclass(frozen=True, slots=True)
class Row:
    """A comment of the file."""

    id: int | str
    text: str
    score: int | None


def parser() -> argparse.ArgumentParser:
    """The arguments of the command."""
    made = argparse.ArgumentParser(
        prog="wootric-mcp themes",
        description="Tells for every comment of a file its language, themes, sentiment and of which other "
        "one it is a copy, as one line of JSON each. Nothing leaves the machine.",
    )
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="CSV with a header line (comma, semicolon or tab) or JSON lines, in UTF-8, with text and, if "
        "you like, id and score; - reads standard input",
    )
    what.add_argument(
        "--print",
        metavar="NAME",
        help="print the lexicon of that name (universal or a pack) to copy from, and do nothing else",
    )
    made.add_argument(
        "--themes",
        metavar="NAMES",
        help="packs (saas) and a lexicon file of your own, with commas between (default: WOOTRIC_THEMES)",
    )
    return made


def main(arguments: Sequence[str]) -> int:
    """Run `themes …`; the exit status."""
    from wootric_mcp.feedback.lexicon import LexiconError, packaged
    from wootric_mcp.store.lexicons import lexicon_of

    options = parser().parse_args(arguments)
    settings = Settings.load({"themes": options.themes} if options.themes is not None else {})
    if problems := [problem for problem in settings.problems if problem.startswith(_TELLING)]:
        return refused(" ".join(problems))
    try:
        if options.print:
            return _written([packaged(options.print)])
        lexicon = lexicon_of(settings.themes)
        rows = read(options.file)
    except (LexiconError, FileError) as error:
        return refused(str(error))
    except OSError as error:
        return refused(f"{options.file}: {error.strerror or error}")

    from wootric_mcp.feedback.comments import CJK, analyse
    from wootric_mcp.feedback.duplicates import first_of
    from wootric_mcp.feedback.labels import labels
    from wootric_mcp.feedback.records import FeedbackRecord
    from wootric_mcp.feedback.sentiment import cross_fitted
    from wootric_mcp.feedback.words import is_japanese

    survey_type: SurveyType = settings.survey_type
    texts = [row.text for row in rows]
    anytime = datetime.fromtimestamp(0, UTC)
    records = (FeedbackRecord(place, place, row.score, row.text, anytime) for place, row in enumerate(rows))
    comments = analyse(records, lexicon)
    named = labels(comments, lexicon, survey_type)
    sentiments = cross_fitted(texts, [row.score for row in rows], survey_type)
    firsts = first_of(texts)

    def lines() -> Iterator[str]:
        for place, (row, comment) in enumerate(zip(rows, comments, strict=True)):
            language = comment.language or _UNKNOWN
            if language == CJK:
                language = "ja" if is_japanese(row.text) else "zh"
            found: dict[str, Any] = {
                "id": row.id,
                "language": language,
                "themes": named.get(place, ()),
                "sentiment": sentiments[place],
                "duplicate_of": rows[firsts[place]].id if firsts[place] != place else None,
            }
            line = json.dumps(found, ensure_ascii=False)
            # An id is told as it is, but it must not steer a terminal.
            yield f"{line if clean(line) == line else json.dumps(found)}\n"

    names = Counter(name for each in named.values() for name in each)
    most = ", ".join(f"{name} {n}" for name, n in names.most_common(5))
    share = f" ({100 * (len(rows) - len(named)) / len(rows):.0f} %)" if rows else ""
    sys.stderr.write(
        f"{len(rows)} comments, {len(names)} themes{f' (most often: {most})' if most else ''}; "
        f"in no theme: {len(rows) - len(named)}{share}.\n"
    )
    return _written(lines())


def read(path: str) -> list[Row]:
    """The comments of a file; rows without text are passed over. `-` is standard input.

    Raises:
        FileError: if it is not UTF-8, or rows of it cannot be read: the first of them with their reasons.
        OSError: if it cannot be opened.
    """
    raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError(f"{path}: line {line} is not UTF-8") from error
    is_json = path.lower().endswith(_JSON_NAMES) or text.lstrip()[:1] in ("{", "[")
    rows: list[Row] = []
    problems: list[str] = []
    for number, (line, found) in enumerate(_json_rows(text) if is_json else _csv_rows(text), 1):
        try:
            if isinstance(found, str):
                raise ValueError(found)
            if row := _row(number, found):
                rows.append(row)
        except ValueError as error:
            problems.append(f"  line {line}: {error}")
    if problems:
        more = [f"  and {len(problems) - _SPELLED_OUT} more"] if len(problems) > _SPELLED_OUT else []
        rest = "row cannot" if len(problems) == 1 else "rows cannot"
        told = [f"{path}: {len(problems)} {rest} be read", *problems[:_SPELLED_OUT], *more]
        raise FileError("\n".join(told))
    return rows


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line number and row, or what is wrong with it."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found = json.loads(line)
                json.dumps(found, ensure_ascii=False).encode()  # refuses halves of surrogate pairs
            except (ValueError, RecursionError):
                found = None
            yield number, found if isinstance(found, dict) else "it is not a JSON object; each line holds one"


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Likewise."""
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
        if "text" not in columns:
            yield 1, "the first line must name the columns, among them text"
            return
        for cells in reader:
            if len(cells) > len(columns):
                yield reader.line_num, f"it has {len(cells)} values for {len(columns)} columns"
            else:
                yield reader.line_num, dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        yield reader.line_num, f"it is not CSV: {error}"


def _row(number: int, found: dict[str, Any]) -> Row | None:
    """A comment, whose id is the number of its row unless it has one; None if there is no text.

    Raises:
        ValueError: saying what is wrong.
    """
    named, text, score = (found.get(name) for name in _FIELDS)
    if text is not None and not isinstance(text, str):
        raise ValueError("text is not a text")
    shown = mask(clean(text)) if text else ""
    if not shown:
        return None
    if isinstance(named, str):
        named = named.strip()
    if named is None or named == "":
        named = number
    if isinstance(named, bool) or not isinstance(named, int | str):
        raise ValueError("id is neither a whole number nor a text")
    return Row(named, shown, _score(score))


def _score(value: Any) -> int | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        if not isinstance(value, bool) and float(value).is_integer():
            return int(float(value))
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError("score is not a whole number")


def _written(lines: Iterable[str]) -> int:
    """UTF-8 whatever the terminal's encoding: programs read this."""
    try:
        for line in lines:
            sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # such as `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
