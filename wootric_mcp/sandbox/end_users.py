"""The operations on end users and their survey settings."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from .answers import NO_BODY, Answer, not_found, validation_failed
from .operation import Call, Operation, listing
from .parameters import is_digits
from .records import fresh_settings
from .tables import email_key, pack

_IDENTITIES = {"email": "Email", "external_id": "External id", "phone_number": "Phone number"}
_OPTED_OUT = "json_extract(settings, '$.surveys_disabled_by_end_user')"
_SURVEYED = (
    "(last_surveyed IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM responses WHERE responses.end_user_id = end_users.id))"
)


def created(call: Call, body: dict[str, Any]) -> Answer:
    """What creating something answers."""
    if call.switches.create_status == "201-empty":
        return Answer(NO_BODY, 201)
    return Answer(body, int(call.switches.create_status))


def list_end_users(call: Call) -> Answer:
    """By e-mail unless asked otherwise; `email` finds at most one."""
    parameters = call.parameters
    where: list[tuple[str, Any]] = []
    email = parameters.text("email")
    if email is not None:
        where.append(("email_key = ?", email_key(email)))
    disabled = parameters.boolean("surveys_disabled")
    if disabled is not None:
        where.append((f"{_OPTED_OUT} IS {'' if disabled else 'NOT '}1", None))
    if call.switches.hide_never_surveyed:
        where.append((_SURVEYED, None))
    keys = ("email", "updated_at", "created_at")
    return listing(call, "end_users", call.wire.end_user, keys=keys, order="asc", where=where)


def create_end_user(call: Call) -> Answer:
    """Not an upsert: what names a person must be new."""
    parameters = call.parameters
    columns = {name: parameters.text(name) for name in _IDENTITIES}
    times = {name: parameters.epoch(name) for name in ("last_surveyed", "external_created_at")}
    properties = parameters.properties("properties") or {}
    if not any(columns.values()):
        parameters.problem("email", "is missing")
    parameters.check()
    _check_taken(call, columns)
    end_user_id = insert_end_user(call, properties, **columns, **times)
    return created(call, call.wire.end_user(call.record("end_users", str(end_user_id))))


def insert_end_user(call: Call, properties: dict[str, Any], **columns: Any) -> int:
    """Add an end user as of now; the id. Only given columns are set."""
    call.account.note_segments(properties)
    return call.account.insert(
        "end_users",
        **columns,
        email_key=email_key(columns.get("email")),
        properties=pack(properties),
        settings=pack(fresh_settings()),
        created_at=call.now,
        updated_at=call.now,
        settings_updated_at=call.now,
    )


def _check_taken(call: Call, columns: dict[str, Any], own_id: int = 0) -> None:
    taken = []
    for name, label in _IDENTITIES.items():
        value = columns.get(name)
        if value is None:
            continue
        column, value = ("email_key", email_key(value)) if name == "email" else (name, value)
        if call.account.row(f"SELECT 1 FROM end_users WHERE {column} = ? AND id != ?", (value, own_id)):  # noqa: S608
            taken.append(f"{label} has already been taken")
    if taken:
        raise validation_failed(*taken)


def get_end_user(call: Call) -> Answer:
    """By id; with a flag, by e-mail or external id."""
    by_email = call.parameters.boolean("lookup_by_email")
    by_external_id = call.parameters.boolean("lookup_by_external_id")
    call.parameters.check()
    if by_email:
        row = _find(call, "email_key", email_key(call.path[0]))
    elif by_external_id:
        row = _find(call, "external_id", call.path[0])
    else:
        row = call.end_user()
    return Answer(call.wire.end_user(row))


def get_end_user_by_phone(call: Call) -> Answer:
    """A number with a plus; digits alone are taken for an id."""
    number = call.path[0]
    row = _find(call, "phone_number", number) if number.startswith("+") else call.end_user()
    return Answer(call.wire.end_user(row))


def _find(call: Call, column: str, value: str | None) -> sqlite3.Row:
    row = call.account.row(f"SELECT * FROM end_users WHERE {column} = ?", (value,))  # noqa: S608
    if row is None:
        raise not_found()
    return row


def update_end_user(call: Call) -> Answer:
    """Change what was sent; what is sent empty is cleared."""
    row, parameters = call.end_user(), call.parameters
    columns: dict[str, Any] = {name: parameters.text(name) for name in _IDENTITIES if parameters.came(name)}
    for name in ("last_surveyed", "external_created_at"):
        if parameters.came(name):
            columns[name] = parameters.epoch(name)
    properties = parameters.properties("properties")
    parameters.check()
    _check_taken(call, columns, row["id"])
    if "email" in columns:
        columns["email_key"] = email_key(columns["email"])
    call.account.update("end_users", row["id"], **columns, updated_at=call.now)
    if properties is not None:
        set_properties(call, row, properties, replace=call.switches.put_properties == "replace")
    return Answer(call.wire.end_user(call.end_user()))


def set_properties(
    call: Call, row: sqlite3.Row, properties: dict[str, Any], *, replace: bool = False
) -> None:
    """Replace the properties of the end user in `row`, or merge into them."""
    kept = {} if replace else json.loads(row["properties"])
    call.account.note_segments(properties)
    call.account.update("end_users", row["id"], properties=pack({**kept, **properties}), updated_at=call.now)


def delete_end_user(call: Call) -> Answer:
    """Mark for deletion, by id or e-mail; until the next 07:00 UTC everything is still there."""
    name = call.path[0]
    row = call.end_user() if is_digits(name) else _find(call, "email_key", email_key(name))
    if row["delete_at"] is None:
        call.account.update("end_users", row["id"], delete_at=call.account.next_purge())
    return Answer(call.wire.end_user(row), int(call.switches.delete_status))


def export_end_user_data(call: Call) -> Answer:
    """Mails a link to whoever the token belongs to; the answer is empty JSON."""
    row = call.end_user()
    call.account.post(
        {
            "kind": "export",
            "to": call.token.user or call.switches.account_owner,
            "end_user_id": row["id"],
            "subject": "Your data export is ready",
            "queued_at": call.now,
            "send_at": call.now,
        }
    )
    return Answer({}, 202)


def get_end_user_settings(call: Call) -> Answer:
    """The six survey flags."""
    return Answer(call.wire.settings(call.end_user()))


def update_end_user_settings(call: Call) -> Answer:
    """Change the flags that were sent."""
    row = call.end_user()
    settings = json.loads(row["settings"])
    for name in settings:
        value = call.parameters.boolean(name)
        if value is not None:
            settings[name] = value
    call.parameters.check()
    call.account.update(
        "end_users", row["id"], settings=pack(settings), settings_updated_at=call.now, updated_at=call.now
    )
    return Answer(call.wire.settings(call.end_user()))


OPERATIONS = (
    Operation("list_end_users", "GET", "/v1/end_users", list_end_users),
    Operation("create_end_user", "POST", "/v1/end_users", create_end_user),
    Operation("get_end_user", "GET", "/v1/end_users/*", get_end_user),
    Operation("update_end_user", "PUT", "/v1/end_users/*", update_end_user),
    Operation("delete_end_user", "DELETE", "/v1/end_users/*", delete_end_user),
    Operation("get_end_user_by_phone", "GET", "/v1/end_users/phone_number/*", get_end_user_by_phone),
    Operation("export_end_user_data", "GET", "/v1/end_users/*/export", export_end_user_data),
    Operation("get_end_user_settings", "GET", "/v1/end_users/*/settings", get_end_user_settings),
    Operation("update_end_user_settings", "PUT", "/v1/end_users/*/settings", update_end_user_settings),
)
