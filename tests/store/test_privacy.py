"""Strict privacy: what is taken out of a row, wherever it stands, and what stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.api.models import EndUser, Response
from wootric_mcp.shield.masking import mask
from wootric_mcp.store.privacy import stripped

RESPONSE: dict[str, Any] = {
    "id": 1,
    "end_user_id": 7,
    "ip_address": "203.0.113.24",
    "origin_url": "https://app.example/p?token=lumenfield#x",
    "created_at": "2024-03-18T07:05:44Z",
    "score": 9,
    "text": "Call me:\n+353 86 123 4567 or mara&#64;lumenfield.test from 203.0.113.24",
    "tags": ["urgent", "mara@lumenfield.test"],
    "notes": [{"author": "ben@lumenfield.test", "text": "rang 0171/1234567"}],
    "end_user": {
        "email": "mara@lumenfield.test",
        "properties": {
            "plan": "Team",
            "seats": 250_000,
            "Mobile Phone": 353861234567,
            "lastIP": "203.0.113.24",
            "contact": "mara@lumenfield.test",
            "mara@lumenfield.test": "yes",
            "nested": {"deep": ["2001:db8::1"]},
        },
    },
    "something_new": {"email": "mara@lumenfield.test", "kept": "yes"},
}


def test_no_address_or_number_of_anybody_is_left_anywhere() -> None:
    text = json.dumps(stripped(RESPONSE, "responses"))
    for secret in ("lumenfield", "203.0.113", "123 4567", "353861234567", "1234567", "2001:db8"):
        assert secret not in text


def test_what_is_nobodys_stays() -> None:
    row = stripped(RESPONSE, "responses")
    assert (row["id"], row["end_user_id"], row["score"], row["created_at"]) == (
        1,
        7,
        9,
        "2024-03-18T07:05:44Z",
    )
    assert row["origin_url"] == "https://app.example/p"
    assert row["text"] == "Call me: [phone] or [email] from [ip]"
    assert row["end_user"]["properties"] == {
        "plan": "Team",
        "seats": 250_000,
        "contact": "[email]",
        "[email]": "yes",
        "nested": {"deep": ["[ip]"]},
    }
    assert row["something_new"] == {"kept": "yes"}


def test_a_profile_loses_address_and_phone_and_keeps_its_settings() -> None:
    profile = {
        "id": 7,
        "created_at": "2024-03-18T07:05:44Z",
        "email": "mara@lumenfield.test",
        "phone_number": "+353861234567",
        "external_id": "mara@lumenfield.test",
        "last_response": {
            "id": 1,
            "text": "write to mara@lumenfield.test",
            "survey": {"channel": "mobile:ios"},
        },
        "settings": {"email_nps": True, "mobile_nps": False, "web_nps": None},
    }
    row = stripped(profile, "end_users")
    assert "lumenfield" not in json.dumps(row)
    assert "phone_number" not in row
    assert row["last_response"]["survey"] == {"channel": "mobile:ios"}
    assert row["settings"] == profile["settings"]
    assert EndUser.model_validate(row).last_response is not None


@pytest.mark.parametrize(
    ("name", "value", "is_kept"),
    [
        ("phone_model", "iPhone 12", True),
        ("mobile", True, True),
        ("ip_plan", "basic", True),
        ("zip", "10115", True),
        ("recipients", 123456, True),
        ("tel", "08612345", False),
        ("workPhone", 8612345, False),
        ("IP", "3405803800", False),
        ("sms-number", "861 23 45", False),
    ],
)
def test_a_property_goes_where_its_name_and_its_looks_agree(name: str, value: object, is_kept: bool) -> None:
    row = stripped({"end_user": {"properties": {name: value}}}, "responses")
    assert (name in row["end_user"]["properties"]) is is_kept


def test_the_row_that_was_given_is_not_changed() -> None:
    before = json.dumps(RESPONSE)
    stripped(RESPONSE, "responses")
    assert json.dumps(RESPONSE) == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.emails(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(max_size=10), JSON, max_size=4),
    st.datetimes(datetime.fromisoformat("2010-01-01")),
    st.text(),
)
def test_a_stripped_row_is_still_a_row_and_shows_nothing_more(
    properties: dict[str, Any], created: datetime, text: str
) -> None:
    sent = {
        "id": 1,
        "created_at": created.replace(tzinfo=UTC),
        "text": text,
        "end_user": {"properties": properties},
    }
    response = Response.model_validate(sent)
    row = stripped(json.loads(response.model_dump_json(exclude_unset=True)), "responses")
    kept = Response.model_validate_json(json.dumps(row))
    assert kept.created_at == response.created_at
    assert mask(kept.text or "") == (kept.text or "")


def test_an_address_anywhere_in_properties_is_masked() -> None:
    row = stripped({"end_user": {"properties": {"a": [["x", {"b": "me@shop.example"}]]}}}, "responses")
    assert row == {"end_user": {"properties": {"a": [["x", {"b": "[email]"}]]}}}
