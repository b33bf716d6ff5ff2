from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, fields

import pytest

from wootric_mcp.sandbox.records import (
    AccountData,
    DeclineRow,
    EmailSendRow,
    EndUserRow,
    ResponseRow,
    SegmentRow,
    TemplateRow,
    data_type_of,
    segments_of,
)


def test_a_fresh_end_user_has_the_flags_of_one_whom_nobody_touched_and_shares_them_with_nobody() -> None:
    one, other = EndUserRow(1, "a@b.test", 0, 0), EndUserRow(2, "b@b.test", 0, 0)
    one.settings["email_nps"] = False
    assert other.settings == {
        "email_nps": True,
        "mobile_nps": True,
        "web_nps": True,
        "force_mobile_survey": None,
        "force_web_survey": None,
        "surveys_disabled_by_end_user": None,
    }


def test_rows_cannot_be_changed() -> None:
    for kind in (
        EndUserRow,
        ResponseRow,
        DeclineRow,
        SegmentRow,
        TemplateRow,
        EmailSendRow,
        AccountData,
    ):
        row = object.__new__(kind)
        assert not hasattr(row, "__dict__")
        with pytest.raises(FrozenInstanceError):
            setattr(row, fields(kind)[0].name, 1)


@pytest.mark.parametrize(
    ("name", "value", "data_type"),
    [
        ("plan", "Team", "string"),
        ("seats", 5, "integer"),
        ("seats", "5", "string"),
        ("is_admin", True, "string"),
        ("share", 0.5, "string"),
        ("seats_amount", "5", "integer"),
        ("renewal_date", "soon", "date"),
        ("teams_array", "a, b", "array"),
        ("Renewal_Date", "soon", "string"),
    ],
)
def test_a_suffix_decides_the_type_of_a_segment_before_the_value(
    name: str, value: str | float | bool, data_type: str
) -> None:
    assert data_type_of(name, value) == data_type


def test_there_is_one_segment_for_each_property_dated_by_its_first_use() -> None:
    found = segments_of([(20, {"plan": "Team"}), (10, {"plan": "Solo", "seats_amount": 3}), (30, {})])
    assert found == (SegmentRow("plan", "string", 10), SegmentRow("seats_amount", "integer", 10))


def test_rows_are_cheap_to_import() -> None:
    code = (
        "import sys; before = set(sys.modules); import wootric_mcp.sandbox.records; "
        "heavy = {'sqlite3', 'starlette', 'uvicorn', 'tomllib', 'httpx', 'pydantic', 'mcp'}; "
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"
