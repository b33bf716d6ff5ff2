from __future__ import annotations

import csv
import io
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wootric_mcp.sandbox.load import LoadError, load_file
from wootric_mcp.sandbox.load_rows import MAX_LINE
from wootric_mcp.sandbox.records import AccountData, SegmentRow

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def load(
    tmp_path: Path, content: str | bytes, name: str = "rows.csv", *, shift_dates: bool = False
) -> AccountData:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_file(file, now=NOW, shift_dates=shift_dates)


def json_lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def problems(tmp_path: Path, content: str | bytes, name: str = "rows.csv") -> tuple[tuple[int, str], ...]:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, content, name)
    return caught.value.problems


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


# what is read


def test_a_csv_file_becomes_responses_of_people(tmp_path: Path) -> None:
    data = load(
        tmp_path,
        "id,created_at,score,text,email,plan,seats_amount,renewal_date\n"
        '7,2026-03-18T07:05:44Z,9,"Setup took ten minutes, lovely.",Mara@Lumen.test,Team,42,2027-01-01\n'
        "8,2026-03-19T10:00:00+02:00,3,,tom@lumen.test,,,\n"
        '9,2026-04-18T07:05:44Z,6,"Two\nlines",mara@lumen.test,Business,50,2027-01-01\n',
    )
    first, second, third = data.responses
    assert (first.id, first.score, first.text) == (7, 9, "Setup took ten minutes, lovely.")
    assert first.created_at == first.updated_at == epoch("2026-03-18T07:05:44+00:00")
    assert first.properties == {
        "plan": "Team",
        "seats_amount": 42,
        "renewal_date": epoch("2027-01-01T12:00+00:00"),
    }
    assert (second.text, second.properties, second.created_at) == (
        None,
        {},
        epoch("2026-03-19T08:00:00+00:00"),
    )
    assert (third.text, third.end_user_id) == ("Two\nlines", first.end_user_id)
    mara, tom = data.end_users
    assert (mara.email, mara.created_at, mara.last_surveyed) == (
        "Mara@Lumen.test",
        first.created_at,
        third.created_at,
    )
    assert mara.properties["plan"] == "Business"
    assert first.properties["plan"] == "Team"
    assert tom.id == second.end_user_id != mara.id
    assert [response.email for response in data.responses] == [
        "Mara@Lumen.test",
        "tom@lumen.test",
        "Mara@Lumen.test",
    ]
    assert data.segments == (
        SegmentRow("plan", "string", first.created_at),
        SegmentRow("renewal_date", "date", first.created_at),
        SegmentRow("seats_amount", "integer", first.created_at),
    )


def test_json_lines_become_responses_of_people(tmp_path: Path) -> None:
    content = json_lines(
        {
            "id": 1,
            "created_at": "2026-01-02",
            "score": 10,
            "text": "Wow",
            "properties": {"service": "PTS", "beds": 3},
        },
        {"id": "2", "date": 1767366000, "score": 0, "segment": "north"},
        {
            "created_at": "2026-01-03 07:05:44 -0700",
            "score": 5,
            "email": "a@b.test",
            "segments": {"region": "EMEA"},
        },
    )
    data = load(tmp_path, content, "rows.jsonl")
    assert [row.id for row in data.responses] == [1, 2, 3]
    assert [row.properties for row in data.responses] == [
        {"service": "PTS", "beds": 3},
        {"segment": "north"},
        {"region": "EMEA"},
    ]
    assert data.responses[2].created_at == epoch("2026-01-03T14:05:44+00:00")
    assert {segment.name: segment.data_type for segment in data.segments}["beds"] == "integer"


def test_a_row_without_an_address_gets_a_person_of_its_own(tmp_path: Path) -> None:
    content = "id,date,score\n5,2026-01-02,9\n,2026-01-03,8\na-77,2026-01-04,7\n"
    data = load(tmp_path, content)
    assert [(user.email, user.external_id) for user in data.end_users] == [
        ("row-5@example.invalid", None),
        ("row-6@example.invalid", None),
        ("row-7@example.invalid", "a-77"),
    ]
    assert [response.email for response in data.responses] == [user.email for user in data.end_users]
    assert [response.end_user_id for response in data.responses] == [user.id for user in data.end_users]


def test_the_labels_of_a_labelled_file_do_not_get_into_the_account(tmp_path: Path) -> None:
    row = {"id": 1, "date": "2026-01-02", "score": 3, "text": "Late", "properties": {"ward": "A"}}
    labels: dict[str, Any] = {"themes": ["SECRET"], "sentiment": -1, "label": "SECRET", "notes": "SECRET"}
    from_json = load(tmp_path, json_lines(row | labels), "rows.jsonl")
    header = "id,date,score,text,ward,themes,Theme,sentiment,aspects,labels,label"
    from_csv = load(tmp_path, header + "\n1,2026-01-02,3,Late,A,SECRET,SECRET,-1,SECRET,SECRET,SECRET\n")
    assert from_json == from_csv
    assert "SECRET" not in repr(from_json)
    assert from_json.responses[0].properties == {"ward": "A"}


def test_rows_come_in_order_of_time_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    content = (
        "id,date,score,email\n1,2026-03-01,9,a@b.test\n2,2026-01-01,8,a@b.test\n3,2026-02-01,7,c@b.test\n"
    )
    data = load(tmp_path, content)
    assert [row.id for row in data.responses] == [2, 3, 1]
    assert [(user.email, user.created_at) for user in data.end_users] == [
        ("a@b.test", epoch("2026-01-01T12:00+00:00")),
        ("c@b.test", epoch("2026-02-01T12:00+00:00")),
    ]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2024-03-18T07:05:44Z", "2024-03-18T07:05:44+00:00"),
        ("2024-03-18T07:05:44.900+01:00", "2024-03-18T06:05:44+00:00"),
        ("2024-03-18 07:05:44 -0700", "2024-03-18T14:05:44+00:00"),
        ("2024-03-18 07:05:44 -07:00", "2024-03-18T14:05:44+00:00"),
        ("2024-03-18 07:05", "2024-03-18T07:05:00+00:00"),
        ("2024-03-18", "2024-03-18T12:00:00+00:00"),
        ("20240318", "2024-03-18T12:00:00+00:00"),
        (" 1710745544 ", "2024-03-18T07:05:44+00:00"),
        (1710745544, "2024-03-18T07:05:44+00:00"),
        (1710745544.0, "2024-03-18T07:05:44+00:00"),
    ],
)
def test_dates_are_read_in_many_forms(tmp_path: Path, written: str | float, instant: str) -> None:
    data = load(tmp_path, json_lines({"score": 5, "date": written}), "rows.jsonl")
    assert data.responses[0].created_at == epoch(instant)


def test_todays_date_alone_does_not_lie_in_the_future(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("date,score\n2026-11-18,9\n")
    early = datetime(2026, 11, 18, 6, tzinfo=UTC)
    assert load_file(file, now=early).responses[0].created_at == early.timestamp()


@pytest.mark.parametrize("written", ["10", " 10 ", "10.0", "+10", 10, 10.0])
def test_whole_scores_are_read_however_a_tool_writes_them(tmp_path: Path, written: str | float) -> None:
    data = load(tmp_path, json_lines({"score": written, "date": "2026-01-01"}), "rows.jsonl")
    assert data.responses[0].score == 10


def test_properties_are_kept_as_wootric_would_keep_them(tmp_path: Path) -> None:
    given_properties = {
        "plan ": "Team",
        "is_admin": True,
        "share": 0.5,
        "big": float("inf"),
        "nested": {"a": 1},
        "many": ["a"],
        "none": None,
        "empty": "",
        "revenue.eu_amount": "120.0",
        "$seats_amount": "many",
        "renewal_date": "2027-01-01T00:00:00Z",
        "signup_date": "soon",
        " ": "nameless",
    }
    row = {"score": 5, "date": "2026-01-01", "properties": given_properties}
    assert load(tmp_path, json_lines(row), "rows.jsonl").responses[0].properties == {
        "plan": "Team",
        "is_admin": True,
        "share": 0.5,
        "revenue_eu_amount": 120,
        "_seats_amount": "many",
        "renewal_date": epoch("2027-01-01T00:00:00+00:00"),
        "signup_date": "soon",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.CSV", "rows.tsv", "rows.txt", "rows"])
def test_the_delimiter_is_read_off_the_first_line(tmp_path: Path, delimiter: str, name: str) -> None:
    lines = [["Date", "SCORE", "Text", "Team name"], ["2026-01-01", "9", "Good", "North"]]
    content = "\r\n".join(delimiter.join(cells) for cells in lines)
    row = load(tmp_path, content, name).responses[0]
    assert (row.score, row.text, row.properties) == (9, "Good", {"Team name": "North"})


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson", "rows.json", "rows.txt", "rows"])
def test_json_lines_are_told_by_name_or_by_their_first_character(tmp_path: Path, name: str) -> None:
    content = "\ufeff" + json_lines({"score": 9, "date": "2026-01-01"}) + "\n\n"
    assert load(tmp_path, content, name).responses[0].score == 9


def test_a_byte_order_mark_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    data = load(tmp_path, "\ufeffdate,score\n\n2026-01-01,9\n,\n\n2026-01-02,8\n")
    assert [row.score for row in data.responses] == [9, 8]


def test_anonymous_respondents_share_the_user_named_unknown(tmp_path: Path) -> None:
    data = load(tmp_path, "date,score,email\n2026-01-01,9,Unknown\n2026-01-02,8,Unknown\n")
    assert [user.email for user in data.end_users] == ["Unknown"]


# moving the dates


def test_shifted_rows_end_yesterday_and_keep_their_times_of_day_and_distances(tmp_path: Path) -> None:
    content = "date,score\n2021-09-30T08:00:00Z,9\n2021-10-07T23:59:59Z,8\n"
    older, newest = load(tmp_path, content, shift_dates=True).responses
    assert newest.created_at == epoch("2026-11-17T23:59:59+00:00")
    assert newest.created_at - older.created_at == epoch("2021-10-07T23:59:59+00:00") - epoch(
        "2021-09-30T08:00:00+00:00"
    )


def test_rows_from_the_future_can_be_shifted_back(tmp_path: Path) -> None:
    content = "date,score\n2026-11-20,9\n"
    assert "future" in problems(tmp_path, content)[0][1]
    assert load(tmp_path, content, shift_dates=True).responses[0].created_at == epoch(
        "2026-11-17T12:00+00:00"
    )


# what is wrong


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


# whatever is written comes back

words = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x00", exclude_categories=["Cs"]), max_size=60
)
moments = st.integers(946_684_800, int(NOW.timestamp()))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "created_at": moments,
            "score": st.integers(0, 10),
            "text": st.none() | words,
            "email": st.none() | st.sampled_from(["a@x.test", "A@x.test", "b@x.test"]),
            "plan": st.none() | words,
        }
    ),
    min_size=1,
    max_size=12,
)


def check(data: AccountData, written: list[dict[str, Any]]) -> None:
    people = {user.id: user for user in data.end_users}
    assert len(data.responses) == len(written)
    assert [row.created_at for row in data.responses] == sorted(row["created_at"] for row in written)
    for row in data.responses:
        source = written[row.id - 1]
        assert (row.score, row.created_at) == (source["score"], source["created_at"])
        assert row.text == (source["text"] if (source["text"] or "").strip() else None)
        assert row.properties == ({"plan": source["plan"]} if source["plan"] else {})
        email = source["email"] or f"row-{row.id}@example.invalid"
        assert (people[row.end_user_id].email or "").lower() == email.lower()
    addresses = [(user.email or "").lower() for user in data.end_users]
    assert len(set(addresses)) == len(addresses)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_what_is_written_as_json_lines_comes_back(written: list[dict[str, Any]]) -> None:
    lines = [
        json.dumps(
            {key: value for key, value in row.items() if key != "plan"}
            | {"properties": {"plan": row["plan"]}}
        )
        for row in written
    ]
    with tempfile.TemporaryDirectory() as folder:
        check(load(Path(folder), "\n".join(lines), "rows.jsonl"), written)


@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from(",;\t"))
def test_what_is_written_as_csv_comes_back(written: list[dict[str, Any]], delimiter: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, written[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(written)
    with tempfile.TemporaryDirectory() as folder:
        check(load(Path(folder), out.getvalue()), written)


@settings(max_examples=40, deadline=None)
@given(st.lists(moments, min_size=1, max_size=8))
def test_a_shift_is_the_same_number_of_days_for_all(instants: list[int]) -> None:
    content = "date,score\n" + "".join(f"{instant},5\n" for instant in instants)
    with tempfile.TemporaryDirectory() as folder:
        data = load(Path(folder), content, shift_dates=True)
    shifted = {row.id: row.created_at for row in data.responses}
    distances = {shifted[n] - instant for n, instant in enumerate(instants, 1)}
    assert len(distances) == 1
    assert distances.pop() % 86_400 == 0
    newest = datetime.fromtimestamp(max(shifted.values()), UTC)
    assert newest.date() == NOW.date() - timedelta(days=1)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["rows.csv", "rows.jsonl", "rows"]))
def test_no_bytes_whatever_raise_anything_but_a_load_error(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            data = load(Path(folder), b"date,score\n" + content if name == "rows.csv" else content, name)
        except LoadError as error:
            assert error.count >= len(error.problems) > 0
        else:
            assert data.responses
