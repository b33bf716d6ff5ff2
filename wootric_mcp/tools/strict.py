"""Strict privacy at the door: what is asked by somebody's address is not repeated, in no error either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolRequestParams, CallToolResult, TextContent

from wootric_mcp.shield.fields import is_telling, masked
from wootric_mcp.tools import answers

_FILTERS = ("query", "where", "group_by")
_REFUSAL = (
    "This server is strict about privacy: comments and properties are kept without addresses and numbers of "
    "people, so they cannot be searched for. Name the person as end_user, see find_customer. "
    "Nothing was read or changed."
)


class Strict(Extension):
    """Refuses filters by an address or number of somebody, and masks them in errors."""

    identifier = "com.wootric-mcp/strict"

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Refuse the call, or mask the text of its error."""
        given = params.arguments or {}
        if any(_is_personal(name, given[name]) for name in _FILTERS if name in given):
            return CallToolResult(is_error=True, content=[TextContent(type="text", text=_REFUSAL)])
        result = await call_next(ctx)
        if isinstance(result, CallToolResult) and result.is_error:
            result.content = list(_masked(result))
        return result


async def masked_errors(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: mask what an error of the protocol repeats, such as the address of a resource."""
    from wootric_mcp.shield.masking import mask

    try:
        return await call_next(ctx)
    except MCPError as error:
        raise MCPError(error.code, mask(error.message), masked(error.data)) from None


def _masked(result: CallToolResult) -> Iterator[Any]:
    from wootric_mcp.shield.masking import mask

    for block in result.content:
        if isinstance(block, TextContent):
            yield block.model_copy(update={"text": mask(block.text)})
        else:
            yield block


def _is_personal(name: str, value: Any) -> bool:
    match value:
        case dict():
            return any(_is_personal(inner_name, inner) for inner_name, inner in value.items())
        case list():
            return any(_is_personal(name, inner) for inner in value)
        case _:
            written = answers.shown(f"{name}\n{value}")
            return is_telling(name, value) or masked(written) != written
