"""Asking a person before something is deleted, overwritten or mailed to customers."""

from __future__ import annotations

from typing import Any

from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context, Elicit
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

NOTHING_CHANGED = "Nothing was changed."

# From this revision on, a question travels in the call's result and needs no back-channel.
_QUESTIONS_IN_RESULTS = "2026-07-28"


class Confirmation(BaseModel):
    """What the person answers. The field has no default, so that an empty answer confirms nothing."""

    agreed: bool = Field(description="Yes, do this")


Asked = ElicitationResult[Confirmation]


def ask(ctx: Context[Any], question: str) -> Elicit[Confirmation]:
    """Put the question to the person, or refuse where the client cannot.

    The question must be deterministic and name the target as it is now: the SDK discards an answer to a
    question that has changed meanwhile, so a changed target is asked about again.

    Raises:
        ToolError: If the client has no way to ask.
    """
    if not can_ask(ctx):
        raise ToolError(
            "A person must confirm this first, and this client has no way to ask one (it does not offer "
            f"elicitation). {NOTHING_CHANGED} Use a client that can ask, or do it in Wootric itself."
        )
    return Elicit(question, Confirmation)


def unasked() -> Confirmation:
    """For arguments whose effect needs no question."""
    return Confirmation(agreed=True)


def require(outcome: Asked) -> None:
    """Go on only after a yes.

    Raises:
        ToolError: If the person declined, closed the question or did not agree.
    """
    if not (isinstance(outcome, AcceptedElicitation) and outcome.data.agreed):
        raise ToolError(
            f"The person did not confirm this. {NOTHING_CHANGED} Do not try again unless they ask for it."
        )


def can_ask(ctx: Context[Any]) -> bool:
    """Whether the client can put a form to a person: capability, and in the older era a way back to it."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return (ctx.protocol_version or "") >= _QUESTIONS_IN_RESULTS or ctx.session.can_send_request
