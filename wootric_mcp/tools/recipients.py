"""Whom a survey would be mailed to, and the question that a person is asked before."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.guard.questions import quoted
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.concurrently import concurrently

if TYPE_CHECKING:
    from wootric_mcp.api.models import EmailSurvey, EmailSurveyCsv, EndUser
    from wootric_mcp.api.people import Person
    from wootric_mcp.tools.app import App

# Addresses that are looked up for an opt-out before asking: each is a request of about 100 a minute.
_LOOKED_UP = 25
# Recipients that the question names; the rest is counted.
_NAMED = 5
# Characters of a text that the question shows: enough for an intro with its links.
_READABLE = 600

_REST = (
    "those whom Wootric's own rules let through (by default nobody who answered in the last 90 days or "
    "declined in the last 30, and about a third of the others)"
)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Addresses in the order given; `strangers` are not in Wootric yet, `unchecked` were not looked up."""

    addresses: tuple[str, ...]
    strangers: int = 0
    unchecked: int = 0


async def recipients(app: App, emails: Sequence[str]) -> Recipients:
    """The addresses of the people named. Aliases and ids are looked up, as are the first 25 addresses.

    Raises:
        ToolError: If there are too many, one comes twice, or somebody has no address or has opted out; the
            text names them as the caller did.
        wootric_mcp.api.errors.InvalidRequest: If somebody cannot be meant at all.
    """
    from wootric_mcp.api.inputs import MAX_ADDRESSES

    named = [part.strip() for entry in emails for part in entry.split(",")]
    if len(named) > MAX_ADDRESSES:
        raise ToolError(
            f"{len(named)} people are too many for one call, at most {MAX_ADDRESSES}. Nobody was mailed. "
            "Use send_email_survey_csv for up to 5,000."
        )
    people = {name: app.person(name) for name in named}
    checked = [
        name
        for number, (name, person) in enumerate(people.items())
        if person.kind != "email" or person.names_anonymous or number < _LOOKED_UP
    ]
    found = await concurrently([partial(_user, app, people[name]) for name in checked])
    users = dict(zip(checked, found, strict=True))
    addresses = {name: _address(person, users.get(name)) for name, person in people.items()}
    _refuse("have no e-mail address", [name for name, address in addresses.items() if address is None])
    _refuse("have opted out of e-mail surveys", [name for name, user in users.items() if _is_out(user)])
    known = Counter((addresses[name] or "").casefold() for name in named)
    _refuse("come more than once", [name for name in people if known[(addresses[name] or "").casefold()] > 1])
    return Recipients(
        addresses=tuple(address for name in named if (address := addresses[name])),
        strangers=sum(user is None for user in users.values()),
        unchecked=len(people) - len(checked),
    )


async def _user(app: App, person: Person) -> EndUser | None:
    """The person; None for an address that is not known in Wootric yet."""
    from wootric_mcp.api.errors import NotFound

    try:
        return await app.client().get_end_user(person)
    except NotFound:
        if person.kind == "email":
            return None
        raise


def _address(person: Person, user: EndUser | None) -> str | None:
    """Where a survey would go. What an account's user wrote into the field may be no address at all."""
    held = person.value if user is None else user.email or ""
    return held if "@" in held and not any(char.isspace() for char in held) else None


def _is_out(user: EndUser | None) -> bool:
    settings = user.settings if user else None
    return user is not None and (
        shapes.has_surveys_off(user) or (settings is not None and settings.email_nps is False)
    )


def _refuse(why: str, named: Sequence[str]) -> None:
    if named:
        shown = ", ".join(answers.shown(name, 80) for name in named[:20])
        more = f" and {len(named) - 20} more" if len(named) > 20 else ""
        raise ToolError(f"These {why}: {shown}{more}. Leave them out and call again. Nobody was mailed.")


def question(
    addresses: Sequence[str], survey: EmailSurvey | EmailSurveyCsv, more: Mapping[str, object]
) -> str:
    """What a person is asked: how many, the first few, all that they would read, and whose rules decide.

    It ends in a reference to everything that would be sent, so that a yes to one survey is none to another.
    """
    who = ", ".join(quoted(address) for address in addresses[:_NAMED])
    if len(addresses) > _NAMED:
        who += f" and {len(addresses) - _NAMED:,} more"
    message = survey.model_dump(exclude_none=True, exclude={*_NOT_TOLD})
    told = {
        "subject": "the standard question",
        "sender": "the account's",
        "replies to": "the account's address",
        "goes out": "at once",
        **dict(_details(message)),
        **more,
    }
    said = "; ".join(f"{name}: {value}" for name, value in told.items())
    people = "1 person" if len(addresses) == 1 else f"{len(addresses):,} people"
    asked = f"Mail a survey to {people} ({who})? It reaches {_reached(survey)}. {said}."
    return f"{asked} Reference: {_reference(survey)}."


def _reached(survey: EmailSurvey | EmailSurveyCsv) -> str:
    if survey.survey_immediately:
        return "everybody on the list, however lately they were surveyed"
    if survey.survey_settings and survey.survey_settings.sampling:
        return "those whom the sampling given here lets through"
    return _REST


_NOT_TOLD = ("emails", "csv", "file_name", "survey_immediately")
_WORDS = {"senders_name": "sender", "reply_to_email": "replies to"}


def _details(message: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every setting of the message, one by one, as much of it as a person can read."""
    for name, value in message.items():
        told = _WORDS.get(name, f"{prefix}{name}")
        if name == "delay":
            yield "goes out", f"in {value} days"
        elif isinstance(value, Mapping):
            yield from _details(value, f"{name} ")
        elif value not in ([], ""):
            yield told, quoted(str(value), _READABLE)


def _reference(survey: EmailSurvey | EmailSurveyCsv) -> str:
    return hashlib.blake2b(survey.model_dump_json().encode(), digest_size=4).hexdigest()


def outcome(count: int, *, immediately: bool) -> str:
    """What is known after Wootric accepted a survey."""
    rules = "" if immediately else f" It mails {_REST}."
    accepted = f"Wootric accepted the survey for {answers.counted(count, 'recipient')}."
    return f"{accepted}{rules} See get_email_stats for how it fares."
