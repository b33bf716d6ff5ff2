from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.api import forms
from wootric_mcp.api.errors import InvalidRequest


def test_values_are_written_with_brackets_in_their_order() -> None:
    values = {
        "page": 2,
        "created": {"gt": 1700000000, "lt": None},
        "emails": ["a@b.c", "d@e.f"],
        "context": [{"module": "billing, search", "seat": "1"}, {"module": "x"}],
        "end_user": {"properties": {"First Name": "Mara"}},
        "survey_immediately": True,
        "flag": False,
        "last_surveyed": datetime(2024, 3, 18, 14, 5, 44, 900_000, tzinfo=UTC),
        "date": {"start": date(2024, 1, 1), "end": None},
        "phone_number": "",
        "nothing": None,
        "empty": {},
    }
    assert forms.pairs(values) == [
        ("page", "2"),
        ("created[gt]", "1700000000"),
        ("emails[]", "a@b.c"),
        ("emails[]", "d@e.f"),
        ("context[][module]", "billing, search"),
        ("context[][seat]", "1"),
        ("context[][module]", "x"),
        ("end_user[properties][First Name]", "Mara"),
        ("survey_immediately", "true"),
        ("flag", "false"),
        ("last_surveyed", "1710770744"),
        ("date[start]", "2024-01-01"),
        ("phone_number", ""),
    ]


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_any_text_survives_the_form(values: dict[str, str]) -> None:
    assert dict(parse_qsl(forms.encoded(values), keep_blank_values=True)) == values


@given(st.text(min_size=1, max_size=60))
def test_a_path_value_is_one_segment_or_refused(text: str) -> None:
    try:
        segment = forms.segment(text)
    except InvalidRequest:
        return
    assert not set(segment) & set("/?#\\ ")
    assert segment not in {".", ".."}
    assert unquote(segment) == text


def test_path_values_are_filled_in_each_as_one_segment() -> None:
    template = "/v1/end_users/{end_user_id}/responses/{response_id}"
    path = forms.path(template, {"end_user_id": "a@b.c/../{response_id}", "response_id": 5})
    assert path == "/v1/end_users/a%40b.c%2F..%2F%7Bresponse_id%7D/responses/5"


@pytest.mark.parametrize("value", ["", ".", "..", "a\x00b", "a\r\nb", "x" * 321])
def test_a_path_value_that_is_unsafe_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        forms.segment(value)
