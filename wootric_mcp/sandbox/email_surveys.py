"""The operations that mail surveys: who is eligible, what goes into the outbox."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .account import opted_out, state_on_arrival
from .answers import Answer
from .end_users import insert_end_user, set_properties
from .operation import Call, Operation
from .recipients import Recipient, from_addresses, from_csv
from .tables import email_key

DAY = 86_400
LONGEST_DELAY = 31
"""Days."""

QUESTIONS: Mapping[str, str] = {
    "nps": "How likely are you to recommend us to a friend or co-worker?",
    "csat5": "How satisfied are you with us?",
    "csat10": "How satisfied are you with us?",
    "ces7": "How easy was it to get what you needed?",
}
"""The subject of a mail that names none."""

_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MESSAGES = tuple(
    f"{whom}{what}_text"
    for what in ("followup", "prompt")
    for whom in ("", "detractor_", "passive_", "promoter_")
)


@dataclass(frozen=True, slots=True)
class _Sampling:
    """Days of peace, and how many of a hundred eligible people are asked."""

    first_survey_delay: int
    response_throttle: int
    decline_throttle: int
    registered_percent: int


@dataclass(frozen=True, slots=True)
class _Survey:
    """What one request asks to be mailed. `fills_settings` says whether settings may hold placeholders."""

    source: str
    send_name: str | None
    subject: str
    intro: str | None
    sender: dict[str, str | None]
    settings: dict[str, str | None]
    messages: dict[str, str]
    template_id: int | None
    language: str
    immediately: bool
    sampling: _Sampling
    send_at: int
    fills_settings: bool


def send_email_survey(call: Call) -> Answer:
    """Ask up to 100 addresses."""
    template = _template(call)
    survey = _read(call, template, source="email_api", send_name=None)
    recipients = from_addresses(call.parameters)
    return _send(call, survey, recipients)


def send_email_survey_csv(call: Call) -> Answer:
    """Ask everybody in a CSV file; the send is listed among the sources under the file's name."""
    upload = call.parameters.file("csv")
    if upload is None:
        call.parameters.check()
        call.parameters.refuse("csv", "is missing")
    template = _template(call)
    last = call.account.row("SELECT MAX(CAST(source AS INTEGER)) AS id FROM email_sends")
    survey = _read(call, template, source=str((last["id"] or 0) + 1 if last else 1), send_name=upload.name)
    codes = [code for code, _ in json.loads(template["languages"])] if template else None
    return _send(call, survey, from_csv(call, upload.content, codes))


def _template(call: Call) -> sqlite3.Row | None:
    name = "survey_settings[survey_template_id]"
    template_id = call.parameters.integer(name)
    if template_id is None:
        return None
    template = call.account.row("SELECT * FROM templates WHERE id = ?", (template_id,))
    if template is None:
        call.parameters.problem(name, "does not have a valid value")
    return template


def _read(call: Call, template: sqlite3.Row | None, *, source: str, send_name: str | None) -> _Survey:
    """Everything that both operations take, apart from the recipients."""
    parameters, switches = call.parameters, call.switches
    is_csv = send_name is not None
    limits = {
        name: parameters.integer(f"survey_settings[sampling][{name}]", 0, highest)
        for name, highest in (
            ("first_survey_delay", None),
            ("response_throttle", None),
            ("decline_throttle", None),
            ("registered_percent", 100),
        )
    }
    given = {name: value for name, value in limits.items() if value is not None}
    standing = {name: getattr(switches, name) for name in limits}
    names = ("senders_name", "reply_to_email", *(("custom_sender_email",) if is_csv else ()))
    settings = ("logo_url", "audience_text", "product_name")
    messages = {name: parameters.text(f"survey_settings[custom_messages][{name}]") for name in _MESSAGES}
    language = parameters.text("survey_settings[language]")
    return _Survey(
        source=source,
        send_name=send_name,
        subject=parameters.text("subject") or QUESTIONS[switches.survey_type],
        intro=parameters.text("intro"),
        sender={name: parameters.text(name) for name in names},
        settings={name: parameters.text(f"survey_settings[{name}]") for name in settings},
        messages={name: text for name, text in messages.items() if text is not None},
        template_id=template["id"] if template else None,
        language=language or (template["default_language"] if template else "en"),
        immediately=parameters.boolean("survey_immediately") or False,
        sampling=_Sampling(**{**standing, **given}),
        send_at=_send_at(call, is_csv),
        fills_settings=is_csv,
    )


def _send_at(call: Call, is_csv: bool) -> int:
    """When to mail, in epoch seconds: after `delay` days, and at `delivery_time` UTC if that is given."""
    delay = call.parameters.integer("delay", 1, LONGEST_DELAY) or 0
    at = call.now + delay * DAY
    time_of_day = call.parameters.text("delivery_time") if is_csv else None
    if time_of_day is None:
        return at
    if not _TIME_OF_DAY.fullmatch(time_of_day):
        call.parameters.problem("delivery_time", "does not have a valid value")
        return at
    hour, minute = map(int, time_of_day.split(":"))
    moment = datetime.fromtimestamp(at, UTC).replace(hour=hour, minute=minute, second=0)
    if moment.timestamp() < call.now:
        moment += timedelta(days=1)
    return int(moment.timestamp())


def _send(call: Call, survey: _Survey, recipients: Iterable[Recipient]) -> Answer:
    """Mail everybody who may be mailed, once each, and count the others."""
    call.parameters.check()
    asked: set[str | None] = set()
    for recipient in recipients:
        if email_key(recipient.identity) not in asked:
            asked.add(email_key(recipient.identity))
            _ask(call, survey, recipient)
    return Answer({"status": "accepted"})


def _ask(call: Call, survey: _Survey, recipient: Recipient) -> None:
    columns: dict[str, Any] = {
        "to": recipient.address,
        "source": survey.source,
        "send_name": survey.send_name,
        "requested_at": call.now,
        "opened": False,
        "responded": False,
        "spam": False,
    }
    # `Unknown`, the one end user whom all anonymous visitors share, has no mailbox.
    if "@" not in recipient.address or not recipient.identity:
        call.account.insert("email_sends", **columns, state="dropped")
        return
    user = _known(call, recipient)
    send_id = call.account.insert("email_sends", **columns, end_user_id=user["id"], state="not_eligible")
    if opted_out(json.loads(user["settings"])):
        call.account.update("email_sends", send_id, state="opted_out")
    elif survey.immediately or _is_eligible(call, survey.sampling, user, send_id):
        outbox_id = call.account.post(_mail(call, survey, recipient, user["id"]))
        waits = survey.send_at > call.now
        state = "queued" if waits else state_on_arrival(recipient.address)
        call.account.update("email_sends", send_id, state=state, sent_at=survey.send_at, outbox_id=outbox_id)
        if not waits:
            call.account.update("end_users", user["id"], last_surveyed=call.now, updated_at=call.now)


def _known(call: Call, recipient: Recipient) -> sqlite3.Row:
    """The end user asked, made if there is none yet, with the properties of this request."""
    sql = "SELECT * FROM end_users WHERE email_key = ?"
    user = call.account.row(sql, (email_key(recipient.identity),))
    external_id = recipient.external_id
    # An external id that somebody else has stays with them.
    if external_id and call.account.row("SELECT 1 FROM end_users WHERE external_id = ?", (external_id,)):
        external_id = None
    if user is None:
        properties = dict(recipient.properties)
        id_ = insert_end_user(call, properties, email=recipient.identity, external_id=external_id)
        return call.record("end_users", str(id_))
    if recipient.properties:
        set_properties(call, user, dict(recipient.properties))
    if external_id:
        call.account.update("end_users", user["id"], external_id=external_id, updated_at=call.now)
    return user


def _is_eligible(call: Call, sampling: _Sampling, user: sqlite3.Row, send_id: int) -> bool:
    """Old enough, left in peace for long enough, and drawn."""

    def happened(table: str, column: str, days: int, and_also: str = "") -> bool:
        sql = f"SELECT 1 FROM {table} WHERE end_user_id = ? AND {column} > ?{and_also}"  # noqa: S608
        return call.account.row(sql, (user["id"], call.now - days * DAY)) is not None

    known_since = user["external_created_at"]
    if known_since is None:
        known_since = user["created_at"]
    if known_since > call.now - sampling.first_survey_delay * DAY:
        return False
    if happened("responses", "created_at", sampling.response_throttle):
        return False
    if happened("declines", "created_at", sampling.decline_throttle):
        return False
    throttle = call.switches.email_throttle
    mailed = " AND state IN ('delivered', 'bounced', 'queued')"
    if throttle is not None and happened("email_sends", "sent_at", throttle, mailed):
        return False
    # A draw of its own for each mail, and the same one whenever the same story is played again.
    draw = random.Random(f"{call.switches.seed}:{send_id}:{user['id']}").random()  # noqa: S311
    return draw * 100 < sampling.registered_percent


def _mail(call: Call, survey: _Survey, recipient: Recipient, end_user_id: int) -> dict[str, Any]:
    settings = survey.settings
    if survey.fills_settings:
        filled = ("audience_text", "product_name")
        settings = settings | {name: recipient.fill(settings[name]) for name in filled}
    return {
        "kind": "survey",
        "to": recipient.address,
        "end_user_id": end_user_id,
        "subject": recipient.fill(survey.subject),
        "intro": recipient.fill(survey.intro),
        **survey.sender,
        "language": recipient.language or survey.language,
        "template_id": survey.template_id,
        **settings,
        "custom_messages": survey.messages,
        "survey_immediately": survey.immediately,
        "source": survey.source,
        "queued_at": call.now,
        "send_at": survey.send_at,
    }


OPERATIONS = (
    Operation("send_email_survey", "POST", "/v1/email_survey", send_email_survey),
    Operation("send_email_survey_csv", "POST", "/v1/email_survey_csv", send_email_survey_csv),
)
