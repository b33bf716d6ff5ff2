"""What a caller wants mailed, as a plan: a plan that was made before, a list of people, or a CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.tools import answers
from wootric_mcp.tools.csv_files import csv_of
from wootric_mcp.tools.planning import (
    NOBODY_MAILED,
    Planned,
    Wanted,
    kept,
    message_of,
    people_named,
    planned,
    refuse_unless_anybody,
)

if TYPE_CHECKING:
    from wootric_mcp.api.people import Person
    from wootric_mcp.guard.eligibility import Eligibility
    from wootric_mcp.tools.app import App

# People that a refusal names.
_NAMED = 20


async def of_plan(app: App, plan_id: str, others: Mapping[str, Any]) -> Planned:
    """A plan that was made before; addresses and opt-outs are read again."""
    if others:
        raise ToolError(
            f"{', '.join(others)} cannot be given with plan: the plan holds the whole survey. {NOBODY_MAILED}"
        )
    plan, wanted = await kept(app, plan_id)
    return _sendable(await planned(app, wanted, plan, fresh=True), wanted)


async def of_addresses(
    app: App,
    emails: Sequence[str],
    external_ids: Sequence[str],
    context: Sequence[Mapping[str, str]],
    message: Mapping[str, Any],
    eligibility: Eligibility,
) -> Planned:
    """A list of people, with external ids and values of placeholders in the same order.

    Raises:
        ToolError: one of them comes twice, has no address or has opted out: in a list that is a mistake.
    """
    from dataclasses import replace

    from wootric_mcp.guard.eligibility import Reason
    from wootric_mcp.guard.plans import Plan

    if not emails:
        raise ToolError(f"Give plan or emails. {NOBODY_MAILED}")
    plan = Plan(message_of(message, eligibility), (), eligibility)
    wanted = people_named(app, emails)
    ids = _split("external_ids", external_ids, len(wanted))
    values = {
        name: _split(f"context {name}", [text], len(wanted))
        for each in context
        for name, text in each.items()
    }
    wanted = [
        replace(
            one,
            addressee=replace(
                one.addressee,
                external_id=ids[position] if ids else "",
                values={name: of_all[position] for name, of_all in values.items()},
            ),
            others=_known_by(ids[position]) if ids else (),
        )
        for position, one in enumerate(wanted)
    ]
    found = await planned(app, wanted, plan, look_up_all=eligibility == "ours", fresh=True)
    _refuse("have no e-mail address", found.left_out.get(Reason.INVALID, ()))
    _refuse("have opted out of e-mail surveys", found.left_out.get(Reason.OPTED_OUT, ()))
    _refuse("come more than once", found.left_out.get(Reason.DUPLICATE, ()))
    return _sendable(found, wanted)


async def of_csv(
    app: App, csv: str, file: str, message: Mapping[str, Any], eligibility: Eligibility
) -> Planned:
    """The rows of a CSV, sent as they are but for those who are left out."""
    from wootric_mcp.api.inputs import EmailSurveyCsv, checked
    from wootric_mcp.api.people import Person
    from wootric_mcp.api.recipients import table
    from wootric_mcp.guard.plans import CONTEXT, Addressee, Plan

    text, file_name = csv_of(app.settings.csv_dir, csv, file)
    whole = {**message, "survey_immediately": True} if eligibility == "ours" else dict(message)
    survey = checked(EmailSurveyCsv, csv=text, file_name=file_name, **whole)
    header, rows = table(survey.csv)
    # Values in the order of the rows become columns, so that they stay with their rows.
    further = _values(survey.context, len(rows))
    columns = [*header, *(f"{CONTEXT}{name}" for name in further)]
    address = header.index(survey.send_to_email_field or "email")
    named = survey.unique_identifier_field or "email"
    identity = header.index(named) if named in header else address
    wanted = []
    for position, (_, row) in enumerate(rows):
        cells = (*row, *(of_all[position] for of_all in further.values()))
        values = {
            name.removeprefix(CONTEXT): cell
            for name, cell in zip(columns, cells, strict=True)
            if name.startswith(CONTEXT)
        }
        mailed, is_who = row[address].strip(), row[identity].strip()
        # Wootric takes what identifies somebody for their e-mail address, whatever it is.
        people = dict.fromkeys(
            [Person("email", is_who or mailed), *_known_by(is_who), Person("email", mailed)]
        )
        person, *others = people
        wanted.append(
            Wanted(mailed, person, Addressee(mailed, values=values, cells=cells), others=tuple(others))
        )
    plan = Plan(
        survey.model_dump(exclude_none=True, exclude_defaults=True, exclude={"csv", "file_name", "context"}),
        (),
        eligibility,
        header=tuple(columns),
        file_name=file_name,
    )
    found = await planned(app, wanted, plan, look_up_all=eligibility == "ours", fresh=True)
    return _sendable(found, wanted)


def _known_by(text: str) -> tuple[Person, ...]:
    """Who is known by that, where it is no e-mail address: by phone number, or else by external id.

    Raises:
        InvalidRequest: it cannot name anybody.
    """
    from wootric_mcp.api.people import Person, check_value

    if text:
        check_value(text, "Who somebody is")
    if not text or "@" in text:
        return ()
    return (Person.parse(text if text.startswith("+") else f"external:{text}"),)


def _sendable(found: Planned, wanted: Sequence[Wanted]) -> Planned:
    """Raises ToolError if somebody had to be looked up and was not, or nobody is left; InvalidRequest if
    Wootric cannot take it.

    To mail those who were looked up would ask a person about another list on every call.
    """
    from wootric_mcp.guard.eligibility import Reason

    if unread := found.left_out.get(Reason.UNREAD, ()):
        raise ToolError(
            f"{len(unread):,} of {len(wanted):,} could not be looked up in time, so that it is not known "
            "whether they have opted out. Call again in a minute: who was looked up stays known, and it goes "
            "on from there. `wootric-mcp sync all` in a terminal reads people ahead; and without "
            f"survey_immediately (eligibility wootric), Wootric itself heeds opt-outs. {NOBODY_MAILED}"
        )
    refuse_unless_anybody(found)
    for people in found.plan.parts():
        found.plan.survey(people)
    return found


def _values(context: Sequence[Mapping[str, str]], count: int) -> dict[str, list[str]]:
    """The values of each placeholder, in the order of the people."""
    return {name: _split(f"context {name}", [text], count) for each in context for name, text in each.items()}


def _split(name: str, texts: Sequence[str], count: int) -> list[str]:
    """The values of all people; several may stand in one text, with commas between."""
    values = [part.strip() for text in texts for part in str(text).split(",")]
    if texts and len(values) != count:
        raise ToolError(
            f"{answers.shown(name, 80)} has {len(values)} values for {answers.counted(count, 'recipient')}; "
            f"give one for each, in the same order. {NOBODY_MAILED}"
        )
    return values if texts else []


def _refuse(why: str, named: Sequence[str]) -> None:
    if named:
        shown = ", ".join(answers.shown(name, 80) for name in named[:_NAMED])
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        raise ToolError(f"These {why}: {shown}{more}. Leave them out and call again. {NOBODY_MAILED}")
