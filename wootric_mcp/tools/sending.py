"""Sending a plan, request by request: each is noted in the ledger before it leaves, and its outcome."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult

from wootric_mcp.shield.fields import shown_name
from wootric_mcp.store.errors import StoreError
from wootric_mcp.tools import answers
from wootric_mcp.tools.recipients import outcome_rules

if TYPE_CHECKING:
    from wootric_mcp.api.errors import WootricError
    from wootric_mcp.api.models import EmailSurvey, EmailSurveyCsv
    from wootric_mcp.guard.plans import Addressee, Plan
    from wootric_mcp.store.ledger import Ledger, State
    from wootric_mcp.tools.app import App
    from wootric_mcp.tools.planning import Planned

log = logging.getLogger(__name__)

# Seconds of a call that a further request must have left to be begun.
_TIME_FOR_A_REQUEST = 10.0
# The part of what is left of a call that a request may take; in the rest its outcome is noted and told.
_PART_FOR_A_REQUEST = 0.95
_UNCLEAR = (
    "It may have been sent: the ledger keeps request {} as unclear, and nobody in it is mailed again. Do not "
    "retry; let a person look in Wootric and run `wootric-mcp ledger resolve {} --sent` or `--not-sent`."
)


@dataclass
class _Done:
    """What became of a plan so far, in people."""

    sent: int = 0
    unclear: int = 0
    requests: list[str] = field(default_factory=list)
    why: str = ""
    error: WootricError | None = None


async def send(app: App, found: Planned) -> CallToolResult:
    """Send what was planned, and tell what of it was sent, not sent, or is unclear.

    Raises:
        ToolError, WootricError: nothing was sent for sure; the text says what may have been.
    """
    plan, done = found.plan, _Done()
    ends = anyio.current_effective_deadline() - _TIME_FOR_A_REQUEST
    for number, people in enumerate(plan.parts()):
        if number and anyio.current_time() > ends:
            done.why = "There was no time left in this call; call again to go on."
            break
        try:
            await _send_some(app, plan, people, done)
        except StoreError as error:  # the request did not leave; earlier ones did
            if not done.sent:
                raise
            log.warning("A further request could not be noted in the ledger. %s", error)
            done.why = "The ledger could not be written, so no further request left."
            break
        if done.error:
            break
    if not done.sent:
        if done.error:
            raise done.error
        raise ToolError(f"{done.why} Nobody was mailed.")
    rest = len(plan.people) - done.sent - done.unclear
    summary = f"Wootric accepted the survey for {answers.counted(done.sent, 'recipient')}."
    if rest or done.unclear:
        summary += f" Not sent: {rest:,}, unclear: {done.unclear:,}. {done.error or done.why}"
    summary += f"{outcome_rules(plan)} See get_email_stats for how it fares."
    figures = {"plan": plan.id, "sent": done.sent, "not_sent": rest, "unclear": done.unclear}
    left_out = {reason.value: len(named) for reason, named in found.left_out.items()}
    return answers.figures(summary, {**figures, "requests": done.requests, "left_out": left_out or None})


async def _send_some(app: App, plan: Plan, people: Sequence[Addressee], done: _Done) -> None:
    """Send one request to those of the people who have not been mailed meanwhile."""
    from wootric_mcp.api.errors import WootricError
    from wootric_mcp.store.ledger import Limits

    ledger, settings = await app.ledger(), app.settings
    marks = {ledger.recipient(one.address, one.end_user_id): one for one in people}
    claim = await ledger.claim(
        list(marks),
        plan=plan.id,
        subject=shown_name(plan.message.get("subject", "")),
        limits=Limits(settings.min_days_between, settings.send_max_per_day),
        now=app.now().timestamp(),
        seconds=settings.deadline,
    )
    granted = [one for mark, one in marks.items() if mark in claim.granted]
    if len(granted) < len(people):
        done.why = "Some were, or may have been, mailed meanwhile, or the day's cap is reached."
    if not granted:
        return
    state: State = "unclear"
    try:
        await _post(app, plan.survey(granted))
        state = "sent"
    except WootricError as error:
        done.error = error
        if error.may_have_changed is False:
            state, error.outcome = "not sent", ""  # earlier requests may have changed something
        else:
            error.advice, error.outcome = "", _UNCLEAR.format(claim.request, claim.request)
    finally:
        with anyio.CancelScope(shield=True):
            await _settle(ledger, claim.request, state)
    done.sent += len(granted) * (state == "sent")
    done.unclear += len(granted) * (state == "unclear")
    done.requests.append(f"{claim.request}: {answers.counted(len(granted), 'recipient')}, {state}")


async def _post(app: App, survey: EmailSurvey | EmailSurveyCsv) -> None:
    """Send one request; one without an answer ends before the call does, so that all can be told."""
    from wootric_mcp.api.errors import Unreachable
    from wootric_mcp.api.models import EmailSurvey

    client, left = app.client(), anyio.current_effective_deadline() - anyio.current_time()
    with anyio.move_on_after(left * _PART_FOR_A_REQUEST):
        if isinstance(survey, EmailSurvey):
            await client.send_email_survey(survey)
        else:
            await client.send_email_survey_csv(survey)
        return
    raise Unreachable("Wootric gave no answer while there was time for it.", may_have_been_sent=True)


async def _settle(ledger: Ledger, request: str, state: State) -> None:
    """Note the outcome. Where that fails, the request becomes unclear by itself, which is safe."""
    try:
        await ledger.settle(request, state)
    except StoreError as error:
        log.warning("The outcome of %s (%s) could not be noted. %s", request, state, error)
