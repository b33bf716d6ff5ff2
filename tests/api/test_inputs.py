from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from wootric_mcp.api.errors import InvalidRequest
from wootric_mcp.api.models import (
    DeclineInput,
    EmailSurvey,
    EmailSurveyCsv,
    EndUserChange,
    EndUserInput,
    ResponseChange,
    ResponseInput,
    SettingsChange,
    checked,
)

CSV = "email,First Name,plan\nmara@lumenfield.test,Mara,Team\njun@lumenfield.test,Jun,Starter\n"
TEMPLATE = {"survey_template_id": 3312}
MAILS = ["mara@lumenfield.test"]


@pytest.mark.parametrize(
    ("model", "values", "says"),
    [
        (EndUserInput, {}, "give at least one of email, phone_number, external_id"),
        (EndUserInput, {"email": " "}, "email: must not be blank"),
        (EndUserInput, {"email": "a\r\nb"}, "one line"),
        (EndUserInput, {"phone_number": "0861234567"}, r"phone_number: '0861234567' is not .*\+353861234567"),
        (EndUserInput, {"email": "a", "last_surveyed": datetime(2024, 1, 1)}, "timezone"),  # noqa: DTZ001
        (
            EndUserInput,
            {"email": "a", "last_surveyed": datetime(2150, 1, 1, tzinfo=UTC)},
            "between 1970 and 2100",
        ),
        (EndUserInput, {"email": "a", "mood": "good"}, "mood"),
        (EndUserInput, {"email": "a", "properties": {"a.b": 1}}, "'a.b' cannot be a property key"),
        (EndUserInput, {"email": "a", "properties": {"a[b]": 1}}, "cannot be a property key"),
        (EndUserInput, {"email": "a", "properties": {"$": 1}}, "cannot be a property key"),
        (EndUserInput, {"email": "a", "properties": {" ": 1}}, "cannot be a property key"),
        (EndUserInput, {"email": "a", "properties": {"x": {}}}, r"properties\[x\]"),
        (EndUserInput, {"email": "a", "properties": {"x": float("inf")}}, "finite"),
        (EndUserInput, {"email": "a", "properties": {"x": "a\x00b"}}, "control characters"),
        (EndUserInput, {"email": "a", "properties": {"seats_amount": 1.5}}, "whole number such as 42"),
        (EndUserInput, {"email": "a", "properties": {"seats_amount": True}}, "whole number"),
        (EndUserInput, {"email": "a", "properties": {"renewal_date": "2026-01-01"}}, "epoch seconds such as"),
        (EndUserChange, {}, "give at least one of"),
        (EndUserChange, {"clear": ["mood"]}, "clear"),
        (EndUserChange, {"email": "a", "clear": ["email"]}, "email cannot be both set and cleared"),
        (ResponseInput, {}, "score: Field required"),
        (ResponseInput, {"score": 11}, "score: .*less than or equal to 10"),
        (ResponseInput, {"score": -1}, "score"),
        (ResponseInput, {"score": 5, "ip_address": "home"}, "203.0.113.24"),
        (ResponseInput, {"score": 5, "origin_url": "javascript:x"}, "https://app.example.com/home"),
        (ResponseInput, {"score": 5, "text": "a\x07b"}, "control characters"),
        (ResponseChange, {}, "give at least one of completed"),
        (DeclineInput, {"origin_url": "x"}, "web address"),
        (SettingsChange, {}, "give at least one of email_nps"),
        (EmailSurvey, {"emails": []}, "emails has 0 addresses; give 1 to 100"),
        (EmailSurvey, {"emails": [f"u{n}@b.c" for n in range(101)]}, "emails has 101 addresses"),
        (EmailSurvey, {"emails": [",".join(f"u{n}@b.c" for n in range(101))]}, "emails has 101 addresses"),
        (EmailSurvey, {"emails": ["nobody"]}, "'nobody' is not an e-mail address"),
        (EmailSurvey, {"emails": ["a@b.c", ""]}, "is not an e-mail address"),
        (EmailSurvey, {"emails": ["Unknown"]}, "anonymous user"),
        (EmailSurvey, {"emails": ["a@b.c", "A@B.C "]}, "given twice"),
        (EmailSurvey, {"emails": 5}, "emails"),
        (EmailSurvey, {"emails": [5]}, r"emails\[0\]"),
        (EmailSurvey, {"emails": MAILS, "external_ids": ["a,b"]}, "external_ids has 2 entries for 1 emails"),
        (EmailSurvey, {"emails": MAILS, "delay": 0}, "delay: .*greater than or equal to 1"),
        (EmailSurvey, {"emails": MAILS, "delay": 32}, "delay: .*less than or equal to 31"),
        (EmailSurvey, {"emails": MAILS, "subject": "a\nBcc: x@y.z"}, "subject: must be one line"),
        (EmailSurvey, {"emails": MAILS, "reply_to_email": "x"}, "reply_to_email"),
        (EmailSurvey, {"emails": MAILS, "context": [{"a]": "b"}]}, "cannot be a variable"),
        (EmailSurvey, {"emails": MAILS, "survey_settings": TEMPLATE}, "send_email_survey_csv only"),
        (EmailSurvey, {"emails": MAILS, "survey_settings": {"sampling": {"registered_percent": 101}}}, "100"),
        (EmailSurvey, {"emails": MAILS, "survey_settings": {"custom_messages": {"x": "y"}}}, r"\[x\]"),
        (EmailSurveyCsv, {"csv": ""}, "csv is empty"),
        (EmailSurveyCsv, {"csv": "email\n"}, "csv has 0 rows; give 1 to 5000"),
        (
            EmailSurveyCsv,
            {"csv": "email\n" + "".join(f"u{n}@b.c\n" for n in range(5001))},
            "csv has 5001 rows",
        ),
        (
            EmailSurveyCsv,
            {"csv": "Email\na@b.c\n"},
            "the first column of csv is 'Email'; it must be named email",
        ),
        (EmailSurveyCsv, {"csv": "plan,email\nx,a@b.c\n"}, "must be named email"),
        (EmailSurveyCsv, {"csv": "email,plan,plan\na@b.c,x,y\n"}, "the column 'plan' stands twice"),
        (EmailSurveyCsv, {"csv": "email,plan\na@b.c\n"}, "line 2 has 1 cells, the header has 2"),
        (EmailSurveyCsv, {"csv": "email\n\na@b.c\nnobody\n"}, "csv line 4: 'nobody' is not an e-mail"),
        (EmailSurveyCsv, {"csv": "email\na@b.c\nA@b.c\n"}, "stands twice in csv"),
        (EmailSurveyCsv, {"csv": 'email\n"a@b.c'}, "cannot be read"),
        (EmailSurveyCsv, {"csv": CSV, "file_name": "../x.csv"}, "plain file name"),
        (EmailSurveyCsv, {"csv": CSV, "file_name": ".csv"}, "plain file name"),
        (EmailSurveyCsv, {"csv": CSV, "delivery_time": "24:00"}, "delivery_time"),
        (EmailSurveyCsv, {"csv": CSV, "delivery_time": "8:00"}, "delivery_time"),
        (EmailSurveyCsv, {"csv": CSV, "unique_identifier_field": "plan"}, "needs send_to_email_field"),
        (
            EmailSurveyCsv,
            {"csv": CSV, "send_to_email_field": "mail"},
            "names no column; the columns are email",
        ),
        (
            EmailSurveyCsv,
            {"csv": "email,___language\na@b.c,en\n"},
            "needs survey_settings.survey_template_id",
        ),
        (
            EmailSurveyCsv,
            {"csv": "email,___language\na@b.c,\n", "survey_settings": TEMPLATE},
            "line 2 has no ___language",
        ),
    ],
)
def test_what_wootric_would_refuse_is_refused_before_it_is_sent(
    model: type[BaseModel], values: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says) as failure:
        checked(model, **values)
    assert failure.value.may_have_changed is False


def test_every_fault_is_named_in_one_error() -> None:
    with pytest.raises(InvalidRequest, match=r"score: .*; ip_address: "):
        checked(ResponseInput, score=50, ip_address="x")


def test_values_that_wootric_takes_are_kept() -> None:
    new = checked(
        EndUserInput,
        email="mara",
        phone_number="+353 86 123 4567",
        last_surveyed="2024-03-18T07:05:44-07:00",
        properties={"revenue amount": 5, "seats_amount": "42", "renewal_date": 1767225600, "vip": True},
    )
    assert new.phone_number == "+353861234567"
    assert new.last_surveyed == datetime(2024, 3, 18, 14, 5, 44, tzinfo=UTC)
    assert new.properties == {
        "revenue amount": 5,
        "seats_amount": "42",
        "renewal_date": 1767225600,
        "vip": True,
    }
    response = checked(
        ResponseInput, score="9", ip_address="2001:DB8::1", text="Good.\nReally.", channel="web"
    )
    assert (response.score, response.ip_address) == (9, "2001:db8::1")


def test_addresses_joined_by_commas_are_taken_apart_and_pair_with_external_ids() -> None:
    survey = checked(EmailSurvey, emails=["a@b.c, d@e.f", "g@h.i"], external_ids="1,2,3", delay=31)
    assert survey.emails == ["a@b.c", "d@e.f", "g@h.i"]
    assert survey.external_ids == ["1", "2", "3"]
    assert len(checked(EmailSurvey, emails=[f"u{n}@b.c" for n in range(100)]).emails) == 100


def test_a_csv_of_the_documented_form_is_taken() -> None:
    text = '\ufeffemail,plan,___context:module,___language\r\nmara@b.c,Team,"billing, search",en\r\n\r\n'
    survey = checked(
        EmailSurveyCsv, csv=text, survey_settings=TEMPLATE, delivery_time="23:59", file_name="wave 1.csv"
    )
    assert survey.csv.startswith("email")
    assert survey.addresses == ("mara@b.c",)
    most = "email\n" + "".join(f"u{n}@b.c\n" for n in range(5000))
    assert len(checked(EmailSurveyCsv, csv=most).addresses) == 5000


def test_a_csv_may_name_the_column_to_send_to() -> None:
    text = "login,mail\nmara,team@b.c\njun,team@b.c\n"
    survey = checked(EmailSurveyCsv, csv=text, send_to_email_field="mail", unique_identifier_field="login")
    assert survey.addresses == ("team@b.c", "team@b.c")


@given(
    st.dictionaries(
        st.text(max_size=12), st.one_of(st.text(max_size=12), st.integers(), st.floats(), st.booleans())
    )
)
def test_any_properties_are_taken_as_they_are_or_refused(properties: dict[str, Any]) -> None:
    try:
        taken = checked(EndUserChange, properties=properties).properties
    except InvalidRequest:
        return
    assert taken == properties
    assert taken
