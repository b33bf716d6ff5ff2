"""`plan_email_survey`: a selection or a list of people becomes a plan that is kept for a day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult

from wootric_mcp.shield.fence import fence
from wootric_mcp.shield.fields import masked
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.planning import (
    LIVES,
    Planned,
    Wanted,
    message_of,
    people_named,
    planned,
    throttle_of,
)
from wootric_mcp.tools.reading import Evidence, Progress, reading

if TYPE_CHECKING:
    from wootric_mcp.feedback.selection import Selection
    from wootric_mcp.guard.eligibility import Eligibility
    from wootric_mcp.guard.plans import Addressee, Plan
    from wootric_mcp.tools.app import App

_COLUMNS = ("person", "last_score", "last_surveyed")
# People that an answer names, of those in the plan and of those left out for one reason.
_SAMPLE, _NAMED = 10, 5


async def plan_survey(
    app: App,
    people: Sequence[str],
    period: str,
    selection: Selection,
    message: Mapping[str, Any],
    eligibility: Eligibility,
    *,
    progress: Progress,
) -> CallToolResult:
    """Who would be mailed, who is left out and why.

    Args:
        app: The server.
        people: By name; or else
        period: When they answered, and
        selection: which of the answers.
        message: Fields of `SurveyMessage`, and `language_property`.
        eligibility: Whose rules decide.
        progress: Told while a long period is read.
    """
    from wootric_mcp.guard.message import placeholders
    from wootric_mcp.guard.plans import Plan

    if bool(people) == bool(period):
        raise ToolError("Give either people or a period (with category, where, has_text). Nothing was sent.")
    given = dict(message)
    language_property = str(given.pop("language_property", ""))
    plan = Plan(message_of(given, eligibility), (), eligibility)
    languages = await _languages(app, plan)
    if people:
        wanted, about = people_named(app, people), "people named"
    else:
        wanted, about = await _selected(app, period, selection, progress)
    found = await planned(
        app,
        wanted,
        plan,
        placeholders=placeholders(plan.message),
        language_property=language_property,
        languages=languages,
    )
    if found.plan.people:
        for part in found.plan.parts():
            found.plan.survey(part)
        now = app.now()
        waiting = await app.waiting_plans()
        await waiting.keep(found.plan, now=now.timestamp(), until=(now + LIVES).timestamp())
    return _answer(app, found, len(wanted), about)


async def _selected(
    app: App, period: str, selection: Selection, progress: Progress
) -> tuple[list[Wanted], str]:
    """Everybody with an answer that fits, who answered last first, and what was looked through."""
    from wootric_mcp.api.people import Person
    from wootric_mcp.guard.plans import Addressee

    survey_type = app.settings.survey_type

    def fitting(evidence: Evidence) -> list[int]:
        with_properties = bool(selection.where)
        found = (
            record.end_user_id
            for record in evidence.records(with_properties=with_properties)
            if record.end_user_id is not None and selection.matches(record, survey_type)
        )
        return list(dict.fromkeys(found))

    async with reading(app, period, progress=progress) as evidence:
        ids = await anyio.to_thread.run_sync(fitting, evidence)
    wanted = [
        Wanted(shapes.alias(app, each) or "", Person("id", str(each)), Addressee("", each)) for each in ids
    ]
    receipt = evidence.receipt
    described = selection.describe(survey_type) or "everybody who answered"
    about = f"{described}; {receipt.period.label}"
    return wanted, f"{about}. {receipt.coverage}" if receipt.coverage else about


async def _languages(app: App, plan: Plan) -> Collection[str]:
    """The languages of the survey's template; none without one.

    Raises:
        ToolError: there is no such template, or it has not got the language.
    """
    settings = plan.message.get("survey_settings", {})
    wanted = settings.get("survey_template_id")
    if wanted is None:
        return ()
    templates = {each.id: each for each in (await app.client().survey_templates()).survey_templates}
    if wanted not in templates:
        there = ", ".join(map(str, templates)) or "none"
        raise ToolError(f"There is no survey template {wanted}; there are: {there}. Nothing was sent.")
    codes = [language.code for language in templates[wanted].languages]
    language = settings.get("language")
    if language and language not in codes:
        raise ToolError(
            f"Template {wanted} is not written in {language}, but in "
            f"{answers.shown(', '.join(codes), 200)}. Nothing was sent."
        )
    return codes


def _answer(app: App, found: Planned, wanted: int, about: str) -> CallToolResult:
    from wootric_mcp.guard.eligibility import Reason

    plan, count = found.plan, len(found.plan.people)
    said = [f"{_mailed(found, wanted)}; {about}."]
    if left_out := found.summary():
        said.append(f"Left out: {left_out}.")
    if Reason.UNREAD in found.left_out:
        said.append("Plan again in a minute to go on: who was looked up stays known.")
    if found.unchecked:
        said.append(f"Not looked up for an opt-out, which Wootric heeds itself: {found.unchecked:,}.")
    if found.strangers:
        said.append(f"Not known in Wootric yet: {found.strangers:,}.")
    said.append("Which addresses bounce is not known here; generate_bounce_report mails a list.")
    following = ""
    if count:
        parts = len(plan.parts())
        way = "the CSV endpoint" if plan.uses_csv else "the e-mail survey endpoint"
        until = shapes.local(app, app.now() + LIVES)
        said.append(
            f"Plan {plan.id}, {answers.counted(parts, 'request')} to {way}, is kept until {until}. "
            "Nothing was sent."
        )
        following = answers.next_call("send_email_survey", plan=plan.id)
    summary = " ".join(said)
    rows = [answers.shown(_row(app, one, found)) for one in plan.people[:_SAMPLE]]
    named = {
        reason.value: [answers.shown(name, 80) for name in names[:_NAMED]]
        for reason, names in found.left_out.items()
    }
    if app.settings.is_strict:
        rows, named = masked(rows), masked(named)
    lines = [" | ".join(map(answers.inline, row)) for row in rows]
    lines += [f"left out, {reason}: {answers.inline(names)}" for reason, names in named.items()]
    text = [summary, " | ".join(_COLUMNS), fence(lines)] if lines else [summary]
    structure: dict[str, Any] = {
        "summary": summary,
        "left_out": {reason.value: len(names) for reason, names in found.left_out.items()},
        "columns": list(_COLUMNS),
        "untrusted": {"rows": rows, "left_out": named},
    }
    if following:
        text.append(f"Next: {following}")
        structure |= {"plan": plan.id, "next": following}
    return answers.both("\n".join(text), structure)


def _mailed(found: Planned, wanted: int) -> str:
    """How many would be mailed: exactly, or the range that Wootric's draw leaves."""
    from wootric_mcp.guard.eligibility import drawn

    count = len(found.plan.people)
    if found.plan.eligibility == "ours" or not count:
        return f"{count:,} of {wanted:,} would be mailed"
    percent = throttle_of(found.plan).registered_percent
    low, high = drawn(count, percent)
    how = f"Wootric draws {percent} % of {count:,} who may be; 95 % interval"
    return f"{low:,} to {high:,} of {wanted:,} would be mailed ({how})"


def _row(app: App, one: Addressee, found: Planned) -> list[Any]:
    user = found.user_of(one)
    if user is None:
        return [one.address, None, None]
    score = user.last_response.score if user.last_response else None
    return [shapes.alias(app, user.id), score, shapes.local(app, user.last_surveyed)]
