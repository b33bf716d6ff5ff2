from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.api.errors import InvalidRequest
from wootric_mcp.api.people import Person, phone_number


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("512004417", "id", "512004417"),
        (" 007 ", "id", "7"),
        ("mara.okafor@lumenfield.test", "email", "mara.okafor@lumenfield.test"),
        ("a@b.c?x=1", "email", "a@b.c?x=1"),
        ("external:crm-88213", "external_id", "crm-88213"),
        ("external: 42", "external_id", "42"),
        ("+353861234567", "phone", "+353861234567"),
        ("+353 (86) 123-45.67", "phone", "+353861234567"),
        ("Unknown", "email", "Unknown"),
    ],
)
def test_a_person_is_named_by_id_email_external_id_or_phone(text: str, kind: str, value: str) -> None:
    person = Person.parse(text)
    assert (person.kind, person.value) == (kind, value)
    assert Person.parse(str(person)) == person


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (".", "must not be"),
        ("..", "must not be"),
        ("external:", "empty"),
        ("external:..", "must not be"),
        ("R-7K2M9QX", "alias"),
        ("r-7K2M9QX", "alias"),
        ("086 123-4567", "country code"),
        ("1/2", "country code"),
        ("+12", "phone number"),
        ("+49abc", "phone number"),
        ("1#x", "does not name"),
        ("1/responses/5", "does not name"),
        ("../../oauth/token", "does not name"),
        ("@", "does not name"),
        ("a@b .c", "does not name"),
        ("unknown", "does not name"),
        ("1\x00", "control"),
        ("a@b\n.c", "control"),
        ("a@b\u200b.c", "control"),
        ("a@b\ud800.c", "control"),
        ("x" * 400, "longer"),
    ],
)
def test_what_names_nobody_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says) as failure:
        Person.parse(text)
    assert failure.value.may_have_changed is False
    assert failure.value.advice


def test_only_the_literal_name_names_the_anonymous_user() -> None:
    assert Person.parse("Unknown").names_anonymous
    assert not Person.parse("external:Unknown").names_anonymous
    assert not Person.parse("5").names_anonymous


@given(st.text(max_size=60))
def test_any_text_names_a_person_or_is_refused(text: str) -> None:
    try:
        person = Person.parse(text)
    except InvalidRequest:
        return
    assert person.value.isprintable()
    assert person.value not in {"", ".", ".."}


def test_a_phone_number_keeps_its_digits_only() -> None:
    assert phone_number("+1 555.123/4567".replace("/", "")) == "+15551234567"
