"""The tables of an account, and how records become their rows and come back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from .records import DeclineRow, EmailSendRow, EndUserRow, ResponseRow, SegmentRow, TemplateRow

R = TypeVar("R")

SCHEMA = """
CREATE TABLE IF NOT EXISTS end_users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, email_key TEXT UNIQUE, phone_number TEXT UNIQUE,
    external_id TEXT UNIQUE, properties TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, last_surveyed INTEGER, external_created_at INTEGER, last_seen_at INTEGER,
    settings TEXT NOT NULL, settings_updated_at INTEGER NOT NULL, delete_at INTEGER);
CREATE INDEX IF NOT EXISTS end_users_created ON end_users (created_at);
CREATE INDEX IF NOT EXISTS end_users_updated ON end_users (updated_at);
CREATE INDEX IF NOT EXISTS end_users_leaving ON end_users (delete_at) WHERE delete_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS responses (
    id INTEGER PRIMARY KEY AUTOINCREMENT, end_user_id INTEGER NOT NULL, survey_id INTEGER,
    score INTEGER NOT NULL, text TEXT, completed INTEGER NOT NULL, excluded INTEGER NOT NULL, ip_address TEXT,
    origin_url TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, tags TEXT NOT NULL, notes TEXT NOT NULL,
    channel TEXT NOT NULL, email TEXT, properties TEXT NOT NULL, unique_link TEXT);
CREATE INDEX IF NOT EXISTS responses_created ON responses (created_at);
CREATE INDEX IF NOT EXISTS responses_updated ON responses (updated_at);
CREATE INDEX IF NOT EXISTS responses_excluded ON responses (excluded, created_at);
CREATE INDEX IF NOT EXISTS responses_by_user ON responses (end_user_id, created_at);
CREATE TABLE IF NOT EXISTS declines (
    id INTEGER PRIMARY KEY AUTOINCREMENT, end_user_id INTEGER NOT NULL, survey_id INTEGER, ip_address TEXT,
    origin_url TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, properties TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS declines_created ON declines (created_at);
CREATE INDEX IF NOT EXISTS declines_updated ON declines (updated_at);
CREATE INDEX IF NOT EXISTS declines_by_user ON declines (end_user_id, created_at);
CREATE TABLE IF NOT EXISTS segments (
    name TEXT PRIMARY KEY, data_type TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS templates (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, default_language TEXT NOT NULL, languages TEXT NOT NULL,
    is_default INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS email_sends (
    id INTEGER PRIMARY KEY AUTOINCREMENT, "to" TEXT NOT NULL, end_user_id INTEGER, source TEXT NOT NULL,
    send_name TEXT, requested_at INTEGER NOT NULL, sent_at INTEGER, state TEXT NOT NULL,
    opened INTEGER NOT NULL, responded INTEGER NOT NULL, spam INTEGER NOT NULL, outbox_id INTEGER);
CREATE INDEX IF NOT EXISTS email_sends_by_user ON email_sends (end_user_id);
CREATE INDEX IF NOT EXISTS email_sends_waiting ON email_sends (sent_at) WHERE state = 'queued';
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS truth (value TEXT NOT NULL);
"""

FIRST_IDS = {"end_users": 512_000_000, "responses": 103_000_000, "declines": 48_000_000, "email_sends": 0}
"""Where new ids start in an empty account: about as high as real ones, and no two kinds alike."""

SURVEYS_START = 220_000_000
"""A response or decline made here belongs to the survey with this number plus its own id."""

TABLES: Mapping[str, type[Any]] = {
    "end_users": EndUserRow,
    "responses": ResponseRow,
    "declines": DeclineRow,
    "segments": SegmentRow,
    "templates": TemplateRow,
    "email_sends": EmailSendRow,
}
"""Which records each table holds; the names are those of `AccountData`, the columns those of the records."""

_JSON = {"properties", "settings", "tags", "notes", "languages"}
_FLAGS = {"completed", "excluded", "is_default", "opened", "responded", "spam"}


def pack(value: Any) -> str:
    """JSON for a column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def email_key(email: str | None) -> str | None:
    """What e-mail addresses are compared by: their case does not count."""
    return None if email is None else email.strip().lower()


def columns_of(record_type: type[Any]) -> list[str]:
    """The columns that a record fills."""
    names = [each.name for each in fields(record_type)]
    return [*names, "email_key", "settings_updated_at"] if record_type is EndUserRow else names


def values_of(record: Any) -> tuple[Any, ...]:
    """The values of those columns."""
    values = [
        pack(getattr(record, each.name)) if each.name in _JSON else getattr(record, each.name)
        for each in fields(record)
    ]
    if isinstance(record, EndUserRow):
        values += [email_key(record.email), record.created_at]
    return tuple(values)


def record_of(record_type: type[R], row: sqlite3.Row) -> R:
    """A row as the record it came from."""
    values: dict[str, Any] = {}
    for each in fields(record_type):  # type: ignore[arg-type]
        value = row[each.name]
        if each.name in _JSON:
            held = json.loads(value)
            value = tuple(held) if isinstance(held, list) else held
        values[each.name] = bool(value) if each.name in _FLAGS else value
    return record_type(**values)
