"""The operations table: complete, and consistent with what each operation does."""

from __future__ import annotations

from collections import Counter

from wootric_mcp.operations import OPERATIONS, TOOLSETS, Retry, Risk


def test_there_are_thirty_two_operations_with_distinct_requests() -> None:
    assert len(OPERATIONS) == 32
    assert len({(row.method, row.path) for row in OPERATIONS.values()}) == 32


def test_every_toolset_of_the_api_has_its_operations() -> None:
    assert Counter(row.toolset for row in OPERATIONS.values()) == {
        "end_users": 7,
        "responses": 9,
        "declines": 6,
        "settings": 2,
        "metrics": 1,
        "segments": 1,
        "survey_templates": 1,
        "email_surveys": 5,
    }
    assert TOOLSETS[-1] == "feedback"


def test_only_reading_gets_are_read_only() -> None:
    assert {row.id for row in OPERATIONS.values() if row.method == "GET" and not row.is_read_only} == {
        "export_end_user_data"
    }
    assert all(row.method == "GET" for row in OPERATIONS.values() if row.is_read_only)


def test_what_mails_or_creates_is_never_sent_twice() -> None:
    once = {row.id for row in OPERATIONS.values() if row.retry is Retry.REFUSED}
    assert once == {row.id for row in OPERATIONS.values() if row.method == "POST"} | {"export_end_user_data"}
    assert not any(OPERATIONS[name].is_idempotent for name in once)


def test_deleting_and_mailing_customers_are_the_risks_that_always_ask() -> None:
    risks = {row.id: row.risk for row in OPERATIONS.values() if row.risk in {Risk.DESTRUCTIVE, Risk.OUTBOUND}}
    assert risks == {
        "delete_end_user": Risk.DESTRUCTIVE,
        "delete_response": Risk.DESTRUCTIVE,
        "delete_decline": Risk.DESTRUCTIVE,
        "send_email_survey": Risk.OUTBOUND,
        "send_email_survey_csv": Risk.OUTBOUND,
    }
