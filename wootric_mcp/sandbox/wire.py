"""Records as the API writes them: field names, field order and date strings of the wire."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .account import Account
from .switches import Switches
from .tables import SURVEYS_START

PACIFIC = ZoneInfo("America/Los_Angeles")
"""Timestamps on the wire are in US Pacific time, with daylight saving as it was at each instant."""

_SETTINGS_OFFSET = 300_000_000

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English whatever the machine's language is; `strftime` would ask the locale."""


def date_string(seconds: int) -> str:
    """Epoch seconds as `2026-03-18 07:05:44 -0700`."""
    text = datetime.fromtimestamp(seconds, PACIFIC).isoformat(" ")
    return f"{text[:19]} {text[19:22]}{text[23:]}"


class Wire:
    """Writes rows of `account` the way `switches` ask for."""

    def __init__(self, account: Account, switches: Switches) -> None:
        self._account = account
        self._switches = switches

    def when(self, seconds: int | None) -> str | int | None:
        """A timestamp: a date string, or epoch seconds."""
        if seconds is None or self._switches.date_format == "epoch":
            return seconds
        return date_string(seconds)

    def end_user(self, row: sqlite3.Row) -> dict[str, Any]:
        """A whole end user."""
        settings = json.loads(row["settings"])
        return {
            "id": row["id"],
            "created_at": self.when(row["created_at"]),
            "updated_at": self.when(row["updated_at"]),
            "email": row["email"],
            "last_surveyed": self.when(row["last_surveyed"]),
            "external_created_at": row["external_created_at"],
            "last_seen_at": self.when(row["last_seen_at"]),
            "properties": json.loads(row["properties"]),
            "phone_number": row["phone_number"],
            "external_id": row["external_id"],
            "last_response": self._last_response(row["id"]),
            "settings": settings,
            "surveys_disabled": settings["surveys_disabled_by_end_user"] is True,
        }

    def _last_response(self, end_user_id: int) -> dict[str, Any] | None:
        row = self._account.row(
            "SELECT id, score, text, channel FROM responses WHERE end_user_id = ?"
            " ORDER BY created_at DESC, id DESC",
            (end_user_id,),
        )
        if row is None:
            return None
        return {
            "id": row["id"],
            "score": row["score"],
            "text": row["text"],
            "survey": {"channel": row["channel"]},
        }

    def settings(self, row: sqlite3.Row) -> dict[str, Any]:
        """The survey settings of the end user in `row`, as their own endpoint shows them."""
        return {
            "id": row["id"] + _SETTINGS_OFFSET,
            "end_user_id": row["id"],
            "created_at": self.when(row["created_at"]),
            "updated_at": self.when(row["settings_updated_at"]),
            **json.loads(row["settings"]),
        }

    def response(self, row: sqlite3.Row) -> dict[str, Any]:
        """A response with the snapshot of its end user."""
        return {
            "id": row["id"],
            "end_user_id": row["end_user_id"],
            "survey_id": row["survey_id"],
            "score": row["score"],
            "text": row["text"],
            "completed": bool(row["completed"]),
            "excluded_from_calculations": bool(row["excluded"]),
            "ip_address": row["ip_address"],
            "origin_url": row["origin_url"],
            "created_at": self.when(row["created_at"]),
            "updated_at": self.when(row["updated_at"]),
            "tags": json.loads(row["tags"]),
            "notes": json.loads(row["notes"]),
            "end_user": self._snapshot(row, row["email"]),
        }

    def decline(self, row: sqlite3.Row) -> dict[str, Any]:
        """A decline with the snapshot of its end user."""
        owner = self._account.row("SELECT email FROM end_users WHERE id = ?", (row["end_user_id"],))
        return {
            "id": row["id"],
            "end_user_id": row["end_user_id"],
            "survey_id": row["survey_id"],
            "ip_address": row["ip_address"],
            "origin_url": row["origin_url"],
            "created_at": self.when(row["created_at"]),
            "updated_at": self.when(row["updated_at"]),
            "end_user": self._snapshot(row, owner["email"] if owner else None),
        }

    def _snapshot(self, row: sqlite3.Row, email: str | None) -> dict[str, Any]:
        properties = json.loads(row["properties"])
        if self._switches.response_end_user == "properties":
            return {"properties": properties}
        if self._switches.response_end_user == "full":
            user = self._account.row("SELECT * FROM end_users WHERE id = ?", (row["end_user_id"],))
            if user is not None:
                return {**self.end_user(user), "properties": properties}
        return {"email": email, "properties": properties}


def survey_id(record_id: int) -> int:
    """The number of the survey that a response or decline made here belongs to."""
    return SURVEYS_START + record_id
