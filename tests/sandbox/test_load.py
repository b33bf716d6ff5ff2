"""What is read of a file, and how its dates are moved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.loading import epoch, json_lines, load, problems
from wootric_mcp.sandbox.load import load_file
from wootric_mcp.sandbox.records import SegmentRow


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
