"""Asking a person before something is deleted, overwritten or mailed to customers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import anyio
from mcp import MCPError
from mcp.server.elicitation import AcceptedElicitation, CancelledElicitation, ElicitationResult
from mcp.server.mcpserver import Context, Elicit
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ElicitResult
from pydantic import BaseModel, Field

from wootric_mcp.guard import policy
from wootric_mcp.operations import Risk
from wootric_mcp.store.errors import StoreError

if TYPE_CHECKING:
    from wootric_mcp.guard.codes import Codes
    from wootric_mcp.settings import Settings
    from wootric_mcp.store.codes import Redeemed, Unasked

NOTHING_CHANGED = "Nothing was changed."
REACTION = 0.5
"""Seconds. Nobody reads a question and answers it faster: the client did not show it."""
PATIENCE = 300.0
"""Seconds that a person has for an answer where the call waits for it."""
PEACE = 300.0
"""Seconds within which a person is not asked again what they have declined."""

# From this revision on, a question travels in the call's result and needs no back-channel.
_QUESTIONS_IN_RESULTS = "2026-07-28"
_NO_WAY = "this client has no way to ask one (it does not offer elicitation)"
_NOT_SHOWN = "the client answered the question without showing it to anybody"
_OTHER_WAYS = "Use a client that can ask, or do it in Wootric itself."


class Confirmation(BaseModel):
    """What the person answers. The field has no default, so that an empty answer confirms nothing."""

    agreed: bool = Field(description="Yes, do this")


Asked = ElicitationResult[Confirmation]


class Way(StrEnum):
    """How a call was confirmed, in the words of the audit log."""

    ASKED = "asked, yes"
    APPROVED = "approved in a terminal"
    CODE = "code alone"
    OFF = "off"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call would do.

    The question must be deterministic and name the target as it is now: an answer to a question that has
    changed meanwhile is worth nothing, so a changed target is asked about again.
    """

    question: str
    risk: Risk = Risk.DESTRUCTIVE
    mailed: int = 0
    """Customers who would be mailed."""
    reveals: bool = False
    """Whether it shows what the operator has hidden, which is confirmed in any case."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and all its arguments, the code left out."""

    tool: str
    arguments: Mapping[str, Any]
    about: AbstractSet[str] = frozenset()
    """The records and people it is about; empty: none that there are yet."""


@dataclass(frozen=True, slots=True)
class Held:
    """A call that was not made because nobody could be asked, and what can be done about it."""

    question: str
    explanation: str
    code: str = ""
    """To call again with; empty where that does not do."""


class Agreed(Exception):  # noqa: N818 - the name says what happened
    """A person said yes while the call waited: it begins anew, so that what has changed is asked again."""

    def __init__(self, bound: str) -> None:
        super().__init__()
        self.bound = bound


@dataclass(frozen=True, slots=True)
class _Declined:
    """What a person has declined: one verb, and what it was to be done to."""

    verb: str
    about: AbstractSet[str]
    at: float

    @classmethod
    def of(cls, call: Call, effect: Effect, at: float) -> _Declined:
        """The two tools that mail do the same; a call about nobody there is yet is known by its words."""
        return cls("mail" if effect.mailed else call.tool, call.about or {_digest(call)}, at)

    def covers(self, other: _Declined) -> bool:
        """Whether the other is the same to a person: the verb, and most of those whom either is about."""
        shared = len(self.about & other.about)
        return self.verb == other.verb and 2 * shared > len(self.about | other.about)


AGREED: ContextVar[str] = ContextVar("AGREED", default="")
"""What the person has said yes to in this call."""


class Guard:
    """Decides for each call whether it may act, and has a person asked.

    Args:
        settings: The operator's bounds.
        codes: For where nobody can be asked.
        clock: Seconds, for how long a person takes.
    """

    def __init__(self, settings: Settings, codes: Codes, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._codes = codes
        self._clock = clock
        self._asked: dict[str, float] = {}
        self._declined: list[_Declined] = []

    async def confirm(
        self, ctx: Context[Any], call: Call, effect: Effect, code: str = ""
    ) -> Way | Held | Elicit[Confirmation]:
        """Why the call may act, why not, or the question to put to a person.

        Raises:
            Agreed: If a person said yes while the call waited.
            ToolError: If a person declined, or the code does not fit.
        """
        if not policy.must_confirm(self._settings, effect.risk, reveals=effect.reveals):
            return Way.NOT_NEEDED if effect.risk is Risk.WRITE else Way.OFF
        bound = _bound(call, effect)
        if AGREED.get() == bound:
            AGREED.set("")
            return Way.ASKED
        self._refuse_what_was_declined(call, effect)
        match await self._redeemed(ctx, bound, code):
            case "approved":
                return Way.APPROVED
            case "code":
                return Way.CODE
            case "too many":
                return await self._held(bound, effect, _NOT_SHOWN if can_ask(ctx) else _NO_WAY)
        if code:
            raise ToolError(
                "This code does not let the call act: it is for other arguments, was used, is older than 5 "
                "minutes, or what the call is about has changed. Call again without code. "
                f"{NOTHING_CHANGED}"
            )
        if not can_ask(ctx):
            return await self._held(bound, effect, _NO_WAY)
        if not _travels_in_results(ctx):
            return await self._ask_now(ctx, call, effect, bound)
        if any(_is_empty(answer) for answer in (ctx.input_responses or {}).values()):
            return await self._held(bound, effect, _NOT_SHOWN)
        now = self._clock()
        self._asked = {each: at for each, at in self._asked.items() if now - at < 2 * PATIENCE}
        self._asked.setdefault(bound, now)
        return Elicit(effect.question, Confirmation)

    async def settle(self, outcome: Asked, call: Call, effect: Effect) -> Way | Held:
        """Why the call may act, or why not, once `confirm` has its outcome.

        Raises:
            ToolError: If the person declined or closed the question.
        """
        if isinstance(outcome, AcceptedElicitation) and isinstance(outcome.data, Way | Held):
            return outcome.data
        bound = _bound(call, effect)
        took = self._clock() - self._asked.pop(bound, float("-inf"))
        return await self._judged(outcome, took, call, effect, bound)

    async def _redeemed(self, ctx: Context[Any], bound: str, code: str) -> Redeemed | None:
        """What a code or an approval allows. A busy store keeps no person from being asked."""
        try:
            return await self._codes.redeem(bound, code)
        except StoreError:
            if code or not can_ask(ctx):
                raise
            return None

    async def _ask_now(self, ctx: Context[Any], call: Call, effect: Effect, bound: str) -> Held:
        begun = self._clock()
        try:
            with anyio.fail_after(PATIENCE):
                outcome = await ctx.elicit(effect.question, Confirmation)
        except TimeoutError as error:
            raise ToolError(
                f"The person has not answered within {PATIENCE / 60:.0f} minutes. {NOTHING_CHANGED}"
            ) from error
        except (ValueError, MCPError):  # an empty answer, or a client that cannot ask after all
            return await self._held(bound, effect, _NOT_SHOWN)
        judged = await self._judged(outcome, self._clock() - begun, call, effect, bound)
        if isinstance(judged, Way):
            raise Agreed(bound)
        return judged

    async def _judged(
        self, outcome: Asked, took: float, call: Call, effect: Effect, bound: str
    ) -> Way | Held:
        if isinstance(outcome, AcceptedElicitation):
            if outcome.data.agreed:
                return Way.ASKED
        elif took < REACTION:
            return await self._held(bound, effect, _NOT_SHOWN)
        elif isinstance(outcome, CancelledElicitation):
            raise ToolError(
                "The person closed the question without an answer. Do not try again unless they ask for it. "
                f"{NOTHING_CHANGED}"
            )
        self._declined.append(_Declined.of(call, effect, self._clock()))
        raise ToolError(
            f"The person did not confirm this. Do not try again unless they ask for it. {NOTHING_CHANGED}"
        )

    def _refuse_what_was_declined(self, call: Call, effect: Effect) -> None:
        """Raises ToolError, whatever else of the call was changed: asking on is not to wear a person out."""
        now = self._clock()
        self._declined = [each for each in self._declined if now - each.at < PEACE]
        this = _Declined.of(call, effect, now)
        if last := next((each for each in reversed(self._declined) if each.covers(this)), None):
            minutes = round((PEACE - now + last.at) / 60) or 1
            raise ToolError(
                "The person declined this a moment ago and is not asked again for "
                f"{minutes} minute{'' if minutes == 1 else 's'}, whatever else of the call is changed. "
                f"{NOTHING_CHANGED}"
            )

    async def _held(self, bound: str, effect: Effect, why: str) -> Held:
        issued = await self._codes.issue(bound, effect.question, effect.mailed)
        ways = []
        if issued.is_reachable:
            ways.append(
                f"A person can run `wootric-mcp approve {issued.code}` in a terminal within 5 minutes; then "
                "make the same call again."
            )
        else:
            ways.append("It cannot be approved in a terminal: this server keeps nothing on disk.")
        most = policy.most_unasked(self._settings)
        does = most is not None and issued.unasked.allows(effect.mailed, most)
        if does:
            ways.append(
                "Or show the person what it would do and, only if they agree, call again with "
                f'code="{issued.code}". That proves two calls, not that a person agreed: only you and your '
                "host's own permission prompt stand between."
            )
        elif most is not None:
            ways.append(f"A code alone does not do: {_bounds(most, issued.unasked, effect.mailed)}.")
        if not (does or issued.is_reachable):
            ways.append(_OTHER_WAYS)
        explanation = f"A person must confirm this first, and nobody was asked: {why}. {' '.join(ways)}"
        return Held(effect.question, explanation, issued.code if does else "")


def can_ask(ctx: Context[Any]) -> bool:
    """Whether the client can put a form to a person: capability, and in the older era a way back to it."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return _travels_in_results(ctx) or ctx.session.can_send_request


def _bounds(most: Unasked, unasked: Unasked, mailed: int) -> str:
    """What may happen on codes alone, and what has."""
    if mailed:
        return (
            f"it may mail {most.mails} customers within 24 hours, {unasked.mails} were mailed so, and this "
            f"would mail {mailed}"
        )
    return f"it may act on {most.records} records within 24 hours, and has acted on {unasked.records}"


def _travels_in_results(ctx: Context[Any]) -> bool:
    return (ctx.protocol_version or "") >= _QUESTIONS_IN_RESULTS


def _is_empty(answer: object) -> bool:
    """Whether an acceptance says nothing, as some clients give it without asking anybody."""
    return (
        isinstance(answer, ElicitResult)
        and answer.action == "accept"
        and not isinstance((answer.content or {}).get("agreed"), bool)
    )


def _digest(call: Call) -> str:
    said = json.dumps([call.tool, call.arguments], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _bound(call: Call, effect: Effect) -> str:
    """What a yes or a code is good for: this call, while it would do the same."""
    return hashlib.sha256(f"{_digest(call)}\n{effect.question}".encode()).hexdigest()
