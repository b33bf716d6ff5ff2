"""Whatever is written to a file comes back from the account."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.loading import NOW, load
from wootric_mcp.sandbox.load import LoadError
from wootric_mcp.sandbox.records import AccountData

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
