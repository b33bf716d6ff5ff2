"""The operations on responses and declines, which have most in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from .answers import Answer, failure
from .end_users import created, set_properties
from .operation import Call, Operation, listing
from .switches import SCORE_RANGES
from .tables import pack
from .wire import survey_id

_SNAPSHOT = "end_user[properties]"


def _responses(call: Call, where: list[tuple[str, Any]]) -> Answer:
    excluded = call.parameters.boolean("excluded_from_calculations")
    if excluded is not None:
        where = [*where, ("excluded = ?", excluded)]
    return listing(call, "responses", call.wire.response, where=where)


def list_responses(call: Call) -> Answer:
    """Newest first unless asked otherwise."""
    return _responses(call, [])


def list_end_user_responses(call: Call) -> Answer:
    """Those of one end user."""
    return _responses(call, [("end_user_id = ?", call.end_user()["id"])])


def _in_range(lowest: int, highest: int) -> Callable[[Call], Answer]:
    def list_in_range(call: Call) -> Answer:
        where = [("end_user_id = ?", call.end_user()["id"]), ("score >= ?", lowest), ("score <= ?", highest)]
        return listing(
            call, "responses", call.wire.response, keys=("created_at",), bounds=("created",), where=where
        )

    return list_in_range


def create_response(call: Call) -> Answer:
    """Record a score; sent again with the same survey link, it updates the first record."""
    user, parameters = call.end_user(), call.parameters
    lowest, highest = SCORE_RANGES[call.switches.survey_type]
    score = parameters.integer("score", lowest, highest)
    if parameters.text("score") is None:
        parameters.problem("score", "is missing")
    text, link = parameters.text("text"), parameters.text("survey[unique_link]")
    created_at = parameters.epoch("created_at") or call.now
    channel = parameters.text("survey[channel]") or "web"
    common = _common(call)
    snapshot = parameters.properties(_SNAPSHOT)
    parameters.check()
    user = _update_profile(call, user, snapshot)
    known = call.account.row(
        "SELECT id FROM responses WHERE end_user_id = ? AND unique_link = ?", (user["id"], link)
    )
    if known:
        response_id = known["id"]
        changes = {"score": score} | ({"text": text} if text is not None else {})
        call.account.update("responses", response_id, **changes, updated_at=call.now)
    else:
        response_id = call.account.insert(
            "responses",
            **common,
            end_user_id=user["id"],
            score=score,
            text=text,
            completed=False,
            excluded=False,
            created_at=created_at,
            updated_at=call.now,
            tags="[]",
            notes="[]",
            channel=channel,
            email=user["email"],
            properties=user["properties"] if snapshot is None else pack(snapshot),
            unique_link=link,
        )
        call.account.update("responses", response_id, survey_id=survey_id(response_id))
        surveyed = max(created_at, user["last_surveyed"] or 0)
        call.account.update("end_users", user["id"], last_surveyed=surveyed, updated_at=call.now)
    if channel == "email":
        _note_answered_mail(call, user["id"])
    return created(call, call.wire.response(call.record("responses", str(response_id))))


def _note_answered_mail(call: Call, end_user_id: int) -> None:
    mail = call.account.row(
        "SELECT id FROM email_sends WHERE end_user_id = ? AND state = 'delivered' AND NOT responded"
        " ORDER BY id DESC",
        (end_user_id,),
    )
    if mail:
        call.account.update("email_sends", mail["id"], opened=True, responded=True)


def _common(call: Call) -> dict[str, Any]:
    return {
        "ip_address": call.parameters.text("ip_address") or call.client_address,
        "origin_url": call.parameters.text("origin_url"),
    }


def _update_profile(call: Call, user: sqlite3.Row, snapshot: dict[str, Any] | None) -> sqlite3.Row:
    """Properties sent with a new response or decline also update the end user."""
    if snapshot is None:
        return user
    set_properties(call, user, snapshot)
    return call.end_user()


def get_end_user_response(call: Call) -> Answer:
    """One response, if it is this end user's."""
    return Answer(
        call.wire.response(call.record("responses", call.path[1], end_user_id=call.end_user()["id"]))
    )


def update_response(call: Call) -> Answer:
    """Mark it completed or excluded; rewriting its stored properties is a feature that may be off."""
    row, parameters = call.record("responses", call.path[0]), call.parameters
    changes: dict[str, Any] = {}
    for name, column in (("completed", "completed"), ("excluded_from_calculations", "excluded")):
        value = parameters.boolean(name)
        if value is not None:
            changes[column] = value
    changes |= _rewritten_snapshot(call)
    parameters.check()
    call.account.update("responses", row["id"], **changes, updated_at=call.now)
    return Answer(status=204)


def _rewritten_snapshot(call: Call) -> dict[str, Any]:
    properties = call.parameters.properties(_SNAPSHOT)
    if properties is None:
        return {}
    call.parameters.check()
    if call.switches.snapshot_edit == "423":
        raise failure(423, "Locked")
    call.account.note_segments(properties)
    return {"properties": pack(properties)}


def _deleter(table: str) -> Callable[[Call], Answer]:
    def delete(call: Call) -> Answer:
        row = call.record(table, call.path[1], end_user_id=call.end_user()["id"])
        call.account.execute(f"DELETE FROM {table} WHERE id = ?", (row["id"],))  # noqa: S608
        return Answer(status=204)

    return delete


def list_declines(call: Call) -> Answer:
    """Newest first unless asked otherwise."""
    return listing(call, "declines", call.wire.decline)


def list_end_user_declines(call: Call) -> Answer:
    """Those of one end user."""
    return listing(call, "declines", call.wire.decline, where=[("end_user_id = ?", call.end_user()["id"])])


def create_decline(call: Call) -> Answer:
    """Record that a survey was closed without a score."""
    user, parameters = call.end_user(), call.parameters
    created_at = parameters.epoch("created_at") or call.now
    common = _common(call)
    snapshot = parameters.properties(_SNAPSHOT)
    parameters.check()
    user = _update_profile(call, user, snapshot)
    decline_id = call.account.insert(
        "declines",
        **common,
        end_user_id=user["id"],
        created_at=created_at,
        updated_at=call.now,
        properties=user["properties"] if snapshot is None else pack(snapshot),
    )
    call.account.update("declines", decline_id, survey_id=survey_id(decline_id))
    surveyed = max(created_at, user["last_surveyed"] or 0)
    call.account.update("end_users", user["id"], last_surveyed=surveyed, updated_at=call.now)
    return created(call, call.wire.decline(call.record("declines", str(decline_id))))


def get_end_user_decline(call: Call) -> Answer:
    """One decline, if it is this end user's."""
    return Answer(call.wire.decline(call.record("declines", call.path[1], end_user_id=call.end_user()["id"])))


def update_decline(call: Call) -> Answer:
    """Rewrite the properties stored with it, where that feature is on."""
    row = call.record("declines", call.path[0])
    changes = _rewritten_snapshot(call)
    call.parameters.check()
    call.account.update("declines", row["id"], **changes, updated_at=call.now)
    return Answer(status=204)


OPERATIONS = (
    Operation("list_responses", "GET", "/v1/responses", list_responses),
    Operation("update_response", "PUT", "/v1/responses/*", update_response),
    Operation("list_end_user_responses", "GET", "/v1/end_users/*/responses", list_end_user_responses),
    Operation("create_response", "POST", "/v1/end_users/*/responses", create_response),
    Operation("get_end_user_response", "GET", "/v1/end_users/*/responses/*", get_end_user_response),
    Operation("delete_response", "DELETE", "/v1/end_users/*/responses/*", _deleter("responses")),
    Operation("list_promoter_responses", "GET", "/v1/end_users/*/responses/promoters", _in_range(9, 10)),
    Operation("list_passive_responses", "GET", "/v1/end_users/*/responses/passives", _in_range(7, 8)),
    Operation("list_detractor_responses", "GET", "/v1/end_users/*/responses/detractors", _in_range(0, 6)),
    Operation("list_declines", "GET", "/v1/declines", list_declines),
    Operation("list_end_user_declines", "GET", "/v1/end_users/*/declines", list_end_user_declines),
    Operation("create_decline", "POST", "/v1/end_users/*/declines", create_decline),
    Operation("get_end_user_decline", "GET", "/v1/end_users/*/declines/*", get_end_user_decline),
    Operation("delete_decline", "DELETE", "/v1/end_users/*/declines/*", _deleter("declines")),
    Operation("update_decline", "PUT", "/v1/declines/*", update_decline),
)
