"""Whom a survey would be mailed to, and the question that a person is asked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.guard.questions import quoted
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.concurrently import concurrently

if TYPE_CHECKING:
    from wootric_mcp.api.models import EmailSurvey, EmailSurveyCsv, EndUser
    from wootric_mcp.tools.app import App

# Addresses that are looked up for an opt-out before asking: each is a request of about 100 a minute.
_LOOKED_UP = 25
# Recipients that the question names; the rest is counted.
_NAMED = 5

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
        ToolError: If somebody has no address or has opted out; the text names them as the caller did.
    """
    named = [part.strip() for entry in emails for part in entry.split(",")]
    checked = [name for number, name in enumerate(named) if "@" not in name or number < _LOOKED_UP]
    users = dict(
        zip(checked, await concurrently([partial(_user, app, name) for name in checked]), strict=True)
    )
    _refuse("have no e-mail address", [name for name, user in users.items() if _has_no_address(name, user)])
    _refuse("have opted out of e-mail surveys", [name for name, user in users.items() if _is_out(user)])
    return Recipients(
        addresses=tuple(_address(name, users.get(name)) for name in named),
        strangers=sum(user is None for user in users.values()),
        unchecked=len(named) - len(checked),
    )


async def _user(app: App, named: str) -> EndUser | None:
    from wootric_mcp.api.errors import NotFound

    try:
        return await app.client().get_end_user(app.person(named))
    except NotFound:
        if "@" in named:
            return None
        raise


def _has_no_address(named: str, user: EndUser | None) -> bool:
    from wootric_mcp.api.people import ANONYMOUS

    return "@" not in named and (user is None or not user.email or user.email == ANONYMOUS)


def _is_out(user: EndUser | None) -> bool:
    settings = user.settings if user else None
    return user is not None and (
        shapes.has_surveys_off(user) or (settings is not None and settings.email_nps is False)
    )


def _address(named: str, user: EndUser | None) -> str:
    return named if "@" in named or user is None else user.email or named


def _refuse(why: str, named: Sequence[str]) -> None:
    if named:
        shown = ", ".join(answers.shown(name, 80) for name in named[:20])
        more = f" and {len(named) - 20} more" if len(named) > 20 else ""
        raise ToolError(f"These {why}: {shown}{more}. Leave them out and call again. Nobody was mailed.")


def question(
    addresses: Sequence[str], survey: EmailSurvey | EmailSurveyCsv, more: Mapping[str, object]
) -> str:
    """What a person is asked: how many, the first few, what they would read, and whose rules decide."""
    who = ", ".join(quoted(address) for address in addresses[:_NAMED])
    if len(addresses) > _NAMED:
        who += f" and {len(addresses) - _NAMED:,} more"
    details = {
        "subject": quoted(survey.subject) if survey.subject else "the standard question",
        "intro": quoted(survey.intro) if survey.intro else "none",
        "sender": quoted(survey.senders_name) if survey.senders_name else "the account's",
        "replies to": quoted(survey.reply_to_email) if survey.reply_to_email else "the account's address",
        "goes out": f"in {survey.delay} days" if survey.delay else "at once",
        **more,
    }
    said = "; ".join(f"{name}: {value}" for name, value in details.items())
    reached = (
        "everybody on the list, however lately they were surveyed" if survey.survey_immediately else _REST
    )
    people = "1 person" if len(addresses) == 1 else f"{len(addresses):,} people"
    return f"Mail a survey to {people} ({who})? It reaches {reached}. {said}."


def outcome(count: int, *, immediately: bool) -> str:
    """What is known after Wootric accepted a survey."""
    rules = "" if immediately else f" It mails {_REST}."
    accepted = f"Wootric accepted the survey for {answers.counted(count, 'recipient')}."
    return f"{accepted}{rules} See get_email_stats for how it fares."
