"""The question that a person is asked before a survey is mailed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wootric_mcp.guard.questions import quoted

if TYPE_CHECKING:
    from wootric_mcp.guard.plans import Plan
    from wootric_mcp.tools.app import App
    from wootric_mcp.tools.planning import Planned

# Recipients that the question names; the rest is counted.
_NAMED = 5
# Characters of a text that the question shows: enough for an intro with its links.
_READABLE = 600

_REST = (
    "those whom Wootric's own rules let through (by default nobody who answered in the last 90 days or "
    "declined in the last 30, and about a third of the others)"
)


def question(app: App, found: Planned) -> str:
    """What a person is asked: how many, the first few, all that they would read, and whose rules decide.

    It ends in a reference to everything that would be sent, so that a yes to one survey is none to another.
    """
    plan = found.plan
    who = ", ".join(quoted(one.address) for one in plan.people[:_NAMED])
    if len(plan.people) > _NAMED:
        who += f" and {len(plan.people) - _NAMED:,} more"
    told = {
        "subject": "the standard question",
        "intro": "none",
        "sender": "the account's",
        "replies to": "the account's address",
        "template": "the account's own",
        "goes out": "at once",
        **dict(_details(plan.message)),
        **{name: quoted(value) for name, value in _first_values(plan)},
        "left out": found.summary(),
        "not known in Wootric yet": found.strangers,
        "not looked up for an opt-out": found.unchecked,
    }
    said = "; ".join(f"{name}: {value}" for name, value in told.items() if value)
    people = "1 person" if len(plan.people) == 1 else f"{len(plan.people):,} people"
    asked = f"Mail a survey to {people} ({who})? It reaches {_reached(plan)}. {said}."
    return f"{asked} Reference: {app.reference(asdict(plan))}."


def outcome_rules(plan: Plan) -> str:
    """Whom of those handed over Wootric mails, where that is not everybody."""
    return "" if plan.eligibility == "ours" else f" It mails {_reached(plan)}."


def _reached(plan: Plan) -> str:
    if plan.eligibility == "ours":
        return "everybody on the list, however lately they were surveyed"
    if plan.message.get("survey_settings", {}).get("sampling"):
        return "those whom the sampling given here lets through"
    return _REST


_NOT_TOLD = ("survey_immediately",)
_WORDS = {
    "senders_name": "sender",
    "custom_sender_email": "sender's address",
    "reply_to_email": "replies to",
    "delivery_time": "time of day (UTC)",
    "survey_template_id": "template",
}


def _details(message: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every setting of the message, one by one, as much of it as a person can read."""
    for name, value in message.items():
        told = _WORDS.get(name, f"{prefix}{name}")
        if name == "delay":
            yield "goes out", f"in {value} days"
        elif isinstance(value, Mapping):
            yield from _details(value, "" if name == "survey_settings" else f"{name} ")
        elif value not in ([], "") and name not in _NOT_TOLD:
            yield told, quoted(str(value), _READABLE)


def _first_values(plan: Plan) -> Iterator[tuple[str, str]]:
    """The placeholders' values of the first recipient, as an example, and their language."""
    if not plan.people:
        return
    first = plan.people[0]
    yield from ((f"{{{{{name}}}}} for the first", value) for name, value in first.values.items())
    if first.language:
        yield "language of the first", first.language
