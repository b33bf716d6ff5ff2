"""A file that is wrong somewhere is not loaded, and it is said where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.loading import NOW, json_lines, load, problems
from wootric_mcp.sandbox.load import LoadError, load_file
from wootric_mcp.sandbox.load_rows import MAX_LINE


def test_every_bad_row_is_named_by_line_and_reason_and_nothing_is_loaded(tmp_path: Path) -> None:
    content = (
        "id,date,score,text,email\n"
        "1,2026-01-01,9,Good,a@b.test\n"
        "2,2026-01-01,,No score,\n"
        "3,2026-01-01,11,,\n"
        "4,2026-01-01,4.5,,\n"
        "5,soon,4,,\n"
        "6,,4,,\n"
        "1,2026-01-02,7,Again,\n"
        "0,2026-01-02,7,,\n"
        "9,2026-01-02,7,,not an address\n"
        '10,2026-01-02,7,"two\nlines",c@d.test,extra\n'
        "11,2027-01-02,7,,\n"
    )
    with pytest.raises(LoadError) as caught:
        load(tmp_path, content)
    lines = str(caught.value).splitlines()
    assert lines[0] == "rows.csv: 10 bad rows, nothing was loaded"
    assert lines[1:] == [
        "  line 3: score is missing",
        "  line 4: score is '11', not a whole number from 0 to 10",
        "  line 5: score is '4.5', not a whole number from 0 to 10",
        "  line 6: created_at is 'soon'; 2024-03-18T07:05:44Z, 2024-03-18, 1710745544 can be read",
        "  line 7: created_at (or date) is missing",
        "  line 8: id '1' is already that of line 2",
        "  line 9: id is '0'; a number must be above 0 and below 2**53",
        "  line 10: email is 'not an address', not an address",
        "  line 11: it has 6 values for 5 columns",
        "  line 13: it lies in the future; a later `now` or a shift of dates would help",
    ]


def test_of_many_bad_rows_twenty_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, "date,score\n" + "2026-01-01,99\n" * 57)
    assert caught.value.count == 57
    assert len(caught.value.problems) == 20
    assert str(caught.value).splitlines()[-1] == "  and 37 more"


def test_one_bad_row_is_one(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"rows\.csv: 1 bad row, nothing was loaded"):
        load(tmp_path, "date,score\n2026-01-01,99\n")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"score": True}, "score is True"),
        ({"score": None}, "score is missing"),
        ({"score": -1}, "score is -1"),
        ({"score": [1]}, "score is [1]"),
        ({"text": 5}, "text is 5, not a text"),
        ({"text": ["x" * 200]}, "text is ['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., not a text"),
        ({"id": 2**53}, "id is 9007199254740992"),
        ({"id": 1.5}, "id is 1.5, which is neither a number nor a text"),
        ({"email": "a@b@c"}, "email is 'a@b@c'"),
        ({"email": 7}, "email is 7"),
        ({"email": "x@" + "y" * 260}, "not an address"),
        ({"date": "2026-02-30"}, "created_at is '2026-02-30'"),
        ({"date": "1969-12-31"}, "created_at is '1969-12-31'"),
        ({"date": 1710745544000}, "created_at is 1710745544000"),
        ({"date": True}, "created_at is True"),
        ({"date": {}}, "created_at is {}"),
    ],
)
def test_a_wrong_value_is_shown_with_what_would_be_right(
    tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    content = json_lines({"score": 5, "date": "2026-01-01"} | row)
    ((line, said),) = problems(tmp_path, content, "rows.jsonl")
    assert line == 1
    assert reason in said


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "[1, 2]",
        "5",
        "null",
        '{"score": 5',
        "score: 5",
        '{"text": "\\ud800"}',
        "[" * 90_000,
        "9" * 5_000,
    ],
)
def test_a_line_that_is_no_json_object_is_a_bad_row(tmp_path: Path, line: str) -> None:
    content = json_lines({"score": 5, "date": "2026-01-01"}) + "\n" + line
    assert problems(tmp_path, content, "rows.jsonl") == ((2, "it is not a JSON object; each line holds one"),)


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_lines_without_end_and_without_encoding_are_bad_rows(tmp_path: Path, name: str) -> None:
    good = b"date,score\n" if name == "rows.csv" else b'{"date": "2026-01-01", "score": 5}\n'
    long = b"x" * (3 * MAX_LINE)
    assert problems(tmp_path, good + long + b"\n\xff\xfe\n", name) == (
        (2, "it is longer than 100,000 bytes"),
        (3, "it is not UTF-8"),
    )
    assert problems(tmp_path, good + long, name) == ((2, "it is longer than 100,000 bytes"),)


def test_broken_quotes_do_not_swallow_the_rows_behind_them(tmp_path: Path) -> None:
    found = problems(
        tmp_path, 'date,score,text\n2026-01-01,5,"a"b\n2026-01-01,99,\n2026-01-02,5,"never closed\n'
    )
    assert [line for line, _ in found] == [2, 3, 4]
    assert found[0][1].startswith("it is not CSV: ")
    assert "score" in found[1][1]
    assert found[2][1].startswith("it is not CSV: ")


@pytest.mark.parametrize("head", ["a,b,c", "score,text", "date,text", '"never closed', "2026-01-01,9,Good"])
def test_a_first_line_that_names_no_columns_is_said(tmp_path: Path, head: str) -> None:
    ((line, reason), *_) = problems(tmp_path, head + "\n")
    assert line == 1
    assert "first line must name the columns" in reason or "not CSV" in reason


def test_a_column_that_is_there_twice_is_said(tmp_path: Path) -> None:
    assert problems(tmp_path, "date,score,Score\n2026-01-01,5,6\n") == (
        (1, "the column 'score' is there twice"),
    )


@pytest.mark.parametrize(
    ("name", "content"), [("a.jsonl", ""), ("a.csv", "date,score\n"), ("a.jsonl", "\n\n")]
)
def test_a_file_without_rows_is_said(tmp_path: Path, name: str, content: str) -> None:
    assert problems(tmp_path, content, name) == ((1, "there are no rows"),)


def test_an_empty_csv_file_is_said(tmp_path: Path) -> None:
    assert problems(tmp_path, "")[0][0] == 1


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_file(tmp_path / "nothing.csv", now=NOW)


def test_an_instant_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        load_file(tmp_path / "rows.csv", now=NOW.replace(tzinfo=None))
