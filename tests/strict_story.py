"""The story's account in which everybody can be reached by every text of every record."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

from tests.accounts import story
from tests.shield.masking_set import personal
from tests.walking import Call, Names, Said
from wootric_mcp.sandbox.records import AccountData, Properties, segments_of

DOMAIN = "planted.test"
IP, IP6 = "203.0.113.24", "2001:db8:85a3::8a2e:370:7334"
CARD, ACCOUNT = "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"
_FORMS = personal()
_FORMS_A_COMMENT = 3


def _address(number: int) -> str:
    return f"p{number}@{DOMAIN}"


def _phone(number: int) -> str:
    return f"+35383{number % 10_000_000:07}"


def _contact(number: int) -> str:
    return f"{_address(number)}, {_phone(number)}, {IP}, {IP6}"


def _properties(number: int, given: Properties) -> Properties:
    return {
        **given,
        "mobile": int(_phone(number)[1:]),
        "last_ip": IP,
        "contact": _contact(number),
        "card": CARD,
        f"boss of {_address(number % 7)}": ACCOUNT,
    }


def _comment(number: int, text: str | None) -> str | None:
    if not text:
        return text
    chosen = [_FORMS[(number + each) % len(_FORMS)][0] for each in range(_FORMS_A_COMMENT)]
    return ". ".join([text, *chosen, _contact(number)])


@cache
def planted_story() -> AccountData:
    """Not to be changed."""
    plain = story()
    people = tuple(
        replace(
            row,
            email=_address(row.id) if row.email and "@" in row.email else row.email,
            phone_number=_phone(row.id),
            external_id=f"crm {_contact(row.id)}",
            properties=_properties(row.id, row.properties),
        )
        for row in plain.end_users
    )
    responses = tuple(
        replace(
            row,
            text=_comment(number, row.text),
            email=_address(row.end_user_id),
            ip_address=IP,
            origin_url=f"https://x.example/{_address(row.id)}?mail={_address(row.id)}&ip={IP}",
            tags=(*row.tags, f"TAG {_contact(number % 5)}"),
            notes=(*row.notes, f"note: {_contact(row.id)}"),
            properties=_properties(row.end_user_id, row.properties),
        )
        for number, row in enumerate(plain.responses)
    )
    declines = tuple(
        replace(
            row,
            ip_address=IP,
            origin_url=f"https://x.example/?mail={_address(row.id)}",
            properties=_properties(row.end_user_id, row.properties),
        )
        for row in plain.declines
    )
    sends = tuple(
        replace(
            row,
            to=_address(row.id),
            send_name=f"list of {_contact(0)}" if row.send_name else None,
        )
        for row in plain.email_sends
    )
    templates = tuple(
        replace(
            row,
            name=f"{row.name} {_contact(row.id)}",
            languages=tuple((code, f"{name} {_contact(row.id)}") for code, name in row.languages),
        )
        for row in plain.templates
    )
    return replace(
        plain,
        end_users=people,
        responses=responses,
        declines=declines,
        email_sends=sends,
        templates=templates,
        segments=segments_of((row.created_at, row.properties) for row in people),
    )


def excerpt(people: int) -> AccountData:
    """What so many people of the story wrote, those of the walk among them."""
    data, walk = planted_story(), names()
    chosen = {walk.person, walk.other, *[row.end_user_id for row in data.responses[-people:]]}
    return replace(
        data,
        end_users=tuple(row for row in data.end_users if row.id in chosen),
        responses=tuple(row for row in data.responses if row.end_user_id in chosen),
        declines=tuple(row for row in data.declines if row.end_user_id in chosen),
        email_sends=data.email_sends[-people:],
    )


@cache
def names() -> Names:
    """Of whom and what the walk is about: somebody with a comment and a decline, and somebody to mail."""
    data = planted_story()
    declined = {row.end_user_id: row.id for row in data.declines}
    response = next(row for row in reversed(data.responses) if row.text and row.end_user_id in declined)
    mute = {row.end_user_id for row in data.responses} | set(declined)
    other = next(row for row in reversed(data.end_users) if row.id not in mute and "@" in (row.email or ""))
    return Names(
        person=response.end_user_id,
        other=other.id,
        response=response.id,
        decline=declined[response.end_user_id],
        template=data.templates[0].id,
        phone=_phone(response.end_user_id),
        group="plan",
        words="support",
        draft=f"“{response.text}” (#{response.id})",
        domain=DOMAIN,
    )


def by_address() -> list[Call]:
    """People named by what must not be repeated, where they are known and where nobody is."""
    person, nobody = names().person, f"nobody@{DOMAIN}"
    known: list[str] = [_address(person), _phone(person)]
    found: list[Call] = [("find_customer", {"end_user": each}) for each in (*known, nobody, "+353830000001")]
    wrong: dict[str, Any] = {nobody: IP, "period": nobody, "cursor": nobody}
    return [
        *found,
        ("search_feedback", {"end_user": known[0]}),
        ("search_feedback", {"query": nobody}),
        ("summarize_feedback", {"where": {"mobile": int(known[1])}}),
        ("analyze_nps", {"group_by": f"boss of {_address(1)}"}),
        ("list_end_users", {"email": known[0], "limit": 1}),
        ("create_end_user", {"email": known[0]}),
        ("update_end_user", {"end_user": known[0], "phone_number": "0171 1234567"}),
        ("plan_email_survey", {"people": [known[0], nobody, "+353830000001"], "eligibility": "ours"}),
        ("plan_email_survey", {"people": [person], "message": {"reply_to_email": nobody, "intro": known[1]}}),
        (
            "send_email_survey",
            {"emails": [nobody], "survey_immediately": True, "subject": f"Call {known[1]}"},
        ),
        *(("list_responses", {name: value}) for name, value in wrong.items()),
        ("no_such_tool", {"email": nobody}),
        ("get_email_stats_sources", {"period": "last 365 days"}),
    ]


_PATTERNS = re.compile(
    rf"[\w.+-]*(?:@|%40)?{re.escape(DOMAIN)}|35383\d{{7}}|{re.escape(IP)}|{IP6}|{CARD}|{ACCOUNT}"
)
_SHORTEST = 8
_SECRETS = sorted({secret for _, _, secret in _FORMS if len(secret) >= _SHORTEST and DOMAIN not in secret})


def leaks(said: list[Said]) -> list[tuple[str, str]]:
    """Where somebody can be reached by what was said, and what tells them."""
    found = [(where, match[0]) for where, text in said for match in _PATTERNS.finditer(text)]
    return found + [(where, secret) for where, text in said for secret in _SECRETS if secret in text]
