"""The job-shaped tools: one call answers a whole question."""

from __future__ import annotations

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from wootric_mcp.tools import answers
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.parameters import Detail, EndUser
from wootric_mcp.tools.registry import Toolset

feedback = Toolset("feedback")


@feedback.job("Find customer", answers.RECORD)
async def find_customer(end_user: EndUser, ctx: Context[App], detail: Detail = "concise") -> CallToolResult:
    """Shows everything about one person in one call: profile, survey settings, every response and decline.
    Use it before contacting somebody, or to follow up an alias from a feedback answer."""
    from wootric_mcp.tools.customer import customer

    return await customer(app_of(ctx), end_user, detail)


@feedback.job("Account status", answers.STATUS)
async def account_status(ctx: Context[App]) -> CallToolResult:
    """Tells which account this is, whether the connection works, how many requests are left this minute, and,
    when something is not configured, exactly what to set. Works in every case."""
    from wootric_mcp.tools.status import status

    return await status(app_of(ctx))
