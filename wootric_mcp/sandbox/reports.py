"""The operations that report: the score, segments, survey templates and e-mail statistics."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .answers import Answer
from .operation import Call, Operation
from .parameters import is_digits
from .wire import MONTHS, PACIFIC

ONGOING = {"email_api": "Email API *", "webhook_trigger": "Webhook Trigger *"}
"""The sources of e-mail surveys that are not single sends."""

SENT = ("delivered", "bounced", "dropped")
"""The states of a mail that was handed over for delivery."""


def percent(part: int, whole: int) -> int:
    """A whole percentage, halves rounded up; 0 of nothing is 0."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def _instants(call: Call, start: date, end: date) -> tuple[datetime, datetime]:
    """The first instant of `start` and the first one after `end`, in the account's zone."""
    zone = ZoneInfo(call.switches.time_zone)
    after = end + timedelta(days=1)
    return datetime(start.year, start.month, start.day, tzinfo=zone), datetime(
        after.year, after.month, after.day, tzinfo=zone
    )


def _today(call: Call) -> date:
    return datetime.fromtimestamp(call.now, ZoneInfo(call.switches.time_zone)).date()


def get_nps_summary(call: Call) -> Answer:
    """The score of a range of days, both included; without a range, of the last 30 days."""
    start, end = call.parameters.day("date[start]"), call.parameters.day("date[end]")
    call.parameters.check()
    today = _today(call)
    if start is None and end is None:
        start = today - timedelta(days=29)
    since, until = _instants(call, start or date(2000, 1, 1), end or today)
    span = (int(since.timestamp()), int(until.timestamp()))
    row = call.account.row(
        "SELECT COUNT(*) AS responses, COALESCE(SUM(score >= 9), 0) AS promoters,"
        " COALESCE(SUM(score BETWEEN 7 AND 8), 0) AS passives, COALESCE(SUM(score <= 6), 0) AS detractors"
        " FROM responses WHERE NOT excluded AND created_at >= ? AND created_at < ?",
        span,
    )
    counts: dict[str, int] = dict(zip(row.keys(), row, strict=True)) if row else {}
    counted = call.account.row(
        "SELECT COUNT(*) AS n FROM declines WHERE created_at >= ? AND created_at < ?", span
    )
    declines: int = counted["n"] if counted else 0
    mails = _count_mails(call, since, until)
    lead = counts["promoters"] - counts["detractors"]
    score = percent(abs(lead), counts["responses"])
    return Answer(
        {
            "nps": score if lead >= 0 else -score,
            "responses": counts["responses"],
            "detractors": counts["detractors"],
            "passives": counts["passives"],
            "promoters": counts["promoters"],
            "response_rate": percent(counts["responses"], counts["responses"] + declines),
            "email_response_rate": percent(mails["responded"], mails["sent"]),
        }
    )


def list_segments(call: Call) -> Answer:
    """Every property key that the account has seen."""
    rows = call.account.rows("SELECT * FROM segments ORDER BY name")
    return Answer(
        [
            {
                "name": row["name"],
                "data_type": row["data_type"],
                "created_at": call.wire.when(row["created_at"]),
            }
            for row in rows
        ]
    )


def list_survey_templates(call: Call) -> Answer:
    """The templates with their languages, and which one is the default."""
    rows = call.account.rows("SELECT * FROM templates ORDER BY id")
    default = next((row["id"] for row in rows if row["is_default"]), None)
    languages = {row["id"]: json.loads(row["languages"]) for row in rows}
    if call.switches.report_shape == "openapi":
        templates = [
            {
                "id": row["id"],
                "name": row["name"],
                "languages": [code for code, _ in languages[row["id"]]],
                "configuration": {},
            }
            for row in rows
        ]
        return Answer({"default_template_id": default, "templates": templates})
    all_codes = {code for pairs in languages.values() for code, _ in pairs}
    templates = [
        {
            "id": row["id"],
            "name": row["name"],
            "default_language": row["default_language"],
            "languages": [{"code": code, "name": name} for code, name in languages[row["id"]]],
            "non_configured_language_count": len(all_codes) - len(languages[row["id"]]),
            "custom_samplings": [],
        }
        for row in rows
    ]
    return Answer({"default_survey_template_id": default, "survey_templates": templates})


def _count_mails(call: Call, since: datetime, until: datetime) -> dict[str, int]:
    """How many mails asked for in a span are in each state, were opened, answered and reported as spam."""
    rows = call.account.rows(
        "SELECT state, COUNT(*) AS n, SUM(opened) AS opened, SUM(responded) AS responded, SUM(spam) AS spam"
        " FROM email_sends WHERE requested_at >= ? AND requested_at < ? GROUP BY state",
        (int(since.timestamp()), int(until.timestamp())),
    )
    counts = dict.fromkeys((*SENT, "opted_out", "not_eligible", "queued"), 0) | {
        row["state"]: row["n"] for row in rows
    }
    for name in ("opened", "responded", "spam"):
        counts[name] = sum(row[name] for row in rows if row["state"] in SENT)
    counts["sent"] = sum(counts[state] for state in SENT)
    return counts


def _range(call: Call) -> tuple[date, date]:
    """The days of the parameter `date_range`; without it, the 13 months that are kept."""
    start = call.parameters.day("date_range[start_date]")
    end = call.parameters.day("date_range[end_date]") or _today(call)
    call.parameters.check()
    return start or months_before(end, 13), end


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the last day of a shorter one."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    first = date(years, month + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def _spelt(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day:>2}, {day.year}"


def _tenths(part: int, whole: int) -> str:
    tenths = percent(10 * part, whole)
    return f"{tenths // 10}.{tenths % 10}%"


def get_email_stats(call: Call) -> Answer:
    """What became of the e-mail surveys asked for in a range of days."""
    start, end = _range(call)
    since, until = _instants(call, start, end)
    kept_since, _ = _instants(call, months_before(_today(call), 13), end)
    counts = _count_mails(call, max(since, kept_since), until)
    left_out = counts["opted_out"] + counts["not_eligible"]
    requests, sent = counts["sent"] + left_out + counts["queued"], counts["sent"]
    if call.switches.report_shape == "openapi":
        return Answer(
            {
                "send_requests": requests,
                "delivered": counts["delivered"],
                "opened": counts["opened"],
                "responded": counts["responded"],
                "bounced": counts["bounced"],
                "open_rate": percent(counts["opened"], counts["delivered"]),
                "response_rate": percent(counts["responded"], counts["delivered"]),
            }
        )
    stats: dict[str, Any] = {
        "send_date": f"{_spelt(start)}-{_spelt(end)}",
        "send_requests": requests,
        "emails_sent": sent,
        "delivered": counts["delivered"],
        "delivered_percentage": _tenths(counts["delivered"], sent),
        "bounce_rate": counts["bounced"],
        "bounce_rate_percentage": _tenths(counts["bounced"], sent),
        "open_rate": f"{percent(counts['opened'], sent)}%",
        "response_rate": f"{percent(counts['responded'], sent)}%",
        "not_eligible": f"{left_out} ({percent(left_out, requests)}%)",
        "raw_results": {
            "processed": sent,
            "bounce": counts["bounced"],
            "dropped": counts["dropped"],
            "delivered": counts["delivered"],
            "opted_out": counts["opted_out"],
            "not_delivered": counts["bounced"] + counts["dropped"],
            "open": counts["opened"],
            "spamreport": counts["spam"],
            "not_eligible": counts["not_eligible"],
            "total_surveys": sent,
            "total_responses": counts["responded"],
            # The key is misspelt on the wire.
            "sart_date": since.isoformat(),
            "end_date": (until - timedelta(seconds=1)).isoformat(),
        },
    }
    return Answer({"email_stats": stats, "initial_send": None, "reminder_send": None})


def _sends(call: Call) -> list[dict[str, Any]]:
    rows = call.account.rows(
        "SELECT source, MAX(send_name) AS name, MIN(requested_at) AS at FROM email_sends"
        " GROUP BY source ORDER BY at DESC"
    )
    return [
        {"id": int(row["source"]), "name": row["name"], "at": row["at"]}
        for row in rows
        if is_digits(row["source"])
    ]


def _clock_string(seconds: int) -> str:
    moment = datetime.fromtimestamp(seconds, PACIFIC)
    half = "AM" if moment.hour < 12 else "PM"
    day = f"{MONTHS[moment.month - 1]} {moment.day:02}, {moment.year}"
    return f"{day}  {moment.hour % 12 or 12}:{moment.minute:02}{half}"


def get_email_stats_sources(call: Call) -> Answer:
    """Where e-mail surveys come from: the standing sources and each CSV send."""
    sends = _sends(call)
    if call.switches.report_shape == "openapi":
        first = call.account.row("SELECT MIN(created_at) AS at FROM end_users")
        opened = datetime.fromtimestamp((first["at"] if first else None) or call.now, UTC).isoformat()
        return Answer(
            {
                "ongoing_sources": [{"name": name, "created_at": opened} for name in ONGOING.values()],
                "send_history": [
                    {
                        "name": send["name"],
                        "date": datetime.fromtimestamp(send["at"], PACIFIC).date().isoformat(),
                    }
                    for send in sends
                ],
            }
        )
    return Answer(
        {
            "ongoing": [{"id": id_, "name": name} for id_, name in ONGOING.items()],
            "sends": [
                {"id": send["id"], "name": send["name"], "date": _clock_string(send["at"])} for send in sends
            ],
        }
    )


def generate_bounce_report(call: Call) -> Answer:
    """Mails the bounces to the token's user, or the account's owner; the answer is the literal null."""
    parameters = call.parameters
    source = parameters.text("source")
    if (
        source is not None
        and source not in ONGOING
        and source not in {str(send["id"]) for send in _sends(call)}
    ):
        parameters.problem("source", "does not have a valid value")
    start, end = _range(call)
    since, until = _instants(call, start, end)
    rows = call.account.rows(
        "SELECT DISTINCT \"to\" FROM email_sends WHERE state = 'bounced'"
        " AND requested_at >= ? AND requested_at < ?"
        ' AND source = COALESCE(?, source) ORDER BY "to"',
        (int(since.timestamp()), int(until.timestamp()), source),
    )
    call.account.post(
        {
            "kind": "bounce_report",
            "to": call.token.user or call.switches.account_owner,
            "subject": "Your bounce report",
            "source": source,
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "bounces": [row["to"] for row in rows],
            "queued_at": call.now,
            "send_at": call.now,
        }
    )
    return Answer(None)


OPERATIONS = (
    Operation("get_nps_summary", "GET", "/v1/nps_summary", get_nps_summary),
    Operation("list_segments", "GET", "/v1/segments", list_segments),
    Operation("list_survey_templates", "GET", "/v1/survey_templates", list_survey_templates),
    Operation("get_email_stats", "GET", "/v2/email_stats", get_email_stats),
    Operation("get_email_stats_sources", "GET", "/v2/email_stats/sources", get_email_stats_sources),
    Operation("generate_bounce_report", "POST", "/v2/email_stats/bounce_report", generate_bounce_report),
)
