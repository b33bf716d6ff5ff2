"""The tool that shows one person's addresses under strict privacy, once a person has agreed."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import Context, Resolve
from mcp.types import CallToolResult

from wootric_mcp.guard.confirmation import Effect
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.parameters import EndUser
from wootric_mcp.tools.registry import Toolset
from wootric_mcp.tools.running import before_writing
from wootric_mcp.tools.targets import found_end_user

revealing = Toolset("end_users")


@before_writing
async def ask_reveal_customer(ctx: Context[App], target: Annotated[Any, Resolve(found_end_user)]) -> Effect:
    """Ask before addresses leave the account."""
    app, user = app_of(ctx), target.user
    shown = app.reference(user.email, user.phone_number, user.external_id)
    return Effect(
        "Show the assistant the e-mail address, phone number and external id of "
        f"{shapes.alias(app, user.id)} (end user {user.id}; reference {shown})? They then stand in its "
        "conversation.",
        reveals=True,
    )


@revealing.job("Reveal customer", answers.RECORD, asks=ask_reveal_customer)
async def reveal_customer(
    end_user: EndUser, ctx: Context[App], target: Annotated[Any, Resolve(found_end_user)]
) -> CallToolResult:
    """Shows the e-mail address, phone number and external id of one person, which all other tools hide here,
    after a person agreed. Only for what needs them, such as a call."""
    user = target.user
    fields = {
        "id": user.id,
        "alias": shapes.alias(app_of(ctx), user.id),
        "email": user.email,
        "phone_number": user.phone_number,
        "external_id": user.external_id,
    }
    return answers.record("Addresses of one person; do not repeat them where they are not needed.", fields)
