"""The tool for segments: the end-user properties an account knows."""

from __future__ import annotations

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from wootric_mcp.shield.fields import shown_name
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.registry import Toolset

segments = Toolset("segments")


@segments.operation("List segments", answers.ROWS)
async def list_segments(ctx: Context[App]) -> CallToolResult:
    """Lists the end-user properties that feedback can be narrowed by: the keys that `where` takes."""
    app = app_of(ctx)
    found = await app.client().list_segments()
    table = ([shown_name(item.name), item.data_type, shapes.local(app, item.created_at)] for item in found)
    return answers.rows(
        f"{answers.counted(len(found), 'segment')}.", ("name", "data_type", "created_at"), table
    )
