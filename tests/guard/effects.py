"""What the guard stands before, and what it lets through, call by call."""

from __future__ import annotations

from typing import Any

from tests.accounts import (
    MARA,
    MARA_DECLINE,
    MARA_LAST,
    OPTED_OUT,
)
from wootric_mcp.sandbox.server import RunningSandbox

MAIL = ["mara.okafor@lumenfield.test"]

GUARDED: dict[str, tuple[str, dict[str, Any]]] = {
    "deleting a person": ("delete_end_user", {"end_user": MARA}),
    "deleting a response": ("delete_response", {"end_user": MARA, "response_id": MARA_LAST}),
    "deleting a decline": ("delete_decline", {"end_user": MARA, "decline_id": MARA_DECLINE}),
    "changing an e-mail": ("update_end_user", {"end_user": MARA, "email": "other@lumenfield.test"}),
    "clearing an e-mail": ("update_end_user", {"end_user": MARA, "clear": ["email"]}),
    "excluding a response": (
        "update_response",
        {"end_user": MARA, "response_id": MARA_LAST, "excluded_from_calculations": True},
    ),
    "replacing a response's snapshot": (
        "update_response",
        {"end_user": MARA, "response_id": MARA_LAST, "properties": {"a": "b"}},
    ),
    "replacing a decline's snapshot": (
        "update_decline",
        {"end_user": MARA, "decline_id": MARA_DECLINE, "properties": {"a": "b"}},
    ),
    "forcing a survey": ("update_end_user_settings", {"end_user": MARA, "force_mobile_survey": True}),
    "undoing an opt-out": (
        "update_end_user_settings",
        {"end_user": OPTED_OUT, "surveys_disabled_by_end_user": False},
    ),
    "switching a channel back on": ("update_end_user_settings", {"end_user": OPTED_OUT, "email_nps": True}),
    "mailing a survey": ("send_email_survey", {"emails": MAIL, "survey_immediately": True}),
    "mailing a CSV": ("send_email_survey_csv", {"csv": f"email\n{MAIL[0]}\n", "survey_immediately": True}),
}
UNGUARDED: dict[str, tuple[str, dict[str, Any]]] = {
    "new properties": ("update_end_user", {"end_user": MARA, "properties": {"plan": "Pro"}}),
    "the same e-mail": ("update_end_user", {"end_user": MARA, "email": MAIL[0]}),
    "marking as dealt with": ("update_response", {"response_id": MARA_LAST, "completed": True}),
    "counting a response again": (
        "update_response",
        {"response_id": MARA_LAST, "excluded_from_calculations": False},
    ),
    "opting somebody out": (
        "update_end_user_settings",
        {"end_user": MARA, "email_nps": False, "surveys_disabled_by_end_user": True},
    ),
    "a channel that is on already": ("update_end_user_settings", {"end_user": MARA, "web_nps": True}),
}


def state(served: RunningSandbox) -> tuple[Any, ...]:
    account = served.sandbox.account
    marked = account.rows("SELECT id FROM end_users WHERE delete_at IS NOT NULL")
    return (
        account.end_users(),
        account.responses(),
        account.declines(),
        account.outbox(),
        [row["id"] for row in marked],
    )


def writes(served: RunningSandbox) -> list[str]:
    return [
        request["method"]
        for request in served.sandbox.account.requests()
        if request["method"] != "GET" and "oauth" not in request["path"]
    ]
