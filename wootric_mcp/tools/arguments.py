"""What callers send, before a tool sees it: unknown names are refused, empty values count as not given."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolRequestParams, CallToolResult, TextContent
from pydantic import ValidationError

_FAULTS_SHOWN = 5
_NOTHING_DONE = "Nothing was read or changed."


class Arguments(Extension):
    """Checks every call's arguments and answers a bad one in words that name the argument and what it takes.

    `known` are the tools that are on; `switched_off` the names of those that exist but are not.
    """

    identifier = "com.wootric-mcp/arguments"

    def __init__(self, known: Collection[Tool], switched_off: Collection[str]) -> None:
        self._known = {tool.name: tool for tool in known}
        self._switched_off = frozenset(switched_off)

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Refuse the call, or pass it on with empty arguments left out."""
        if params.name in self._switched_off:
            return _refusal(
                f"{params.name} is switched off on this server: its operator chose --read-only, --toolsets, "
                "--tools or --exclude-tools."
            )
        tool = self._known.get(params.name)
        if tool is not None:
            given = {name: value for name, value in (params.arguments or {}).items() if not _is_empty(value)}
            if fault := _fault(tool, params.arguments or {}, given):
                return _refusal(fault)
            params.arguments = given
        return await call_next(ctx)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == [] or value == {}


def _fault(tool: Tool, sent: Mapping[str, Any], given: dict[str, Any]) -> str:
    takes: dict[str, Any] = tool.parameters.get("properties", {})
    if unknown := [name for name in sent if name not in takes]:
        names, listed = ", ".join(map(_named, unknown)), ", ".join(takes) or "no arguments"
        return f"{tool.name} has no argument {names}{_guess(unknown, takes)}. It takes: {listed}."
    try:
        tool.fn_metadata.validate_arguments(given)
    except ValidationError as error:
        faults = {fault["loc"][:2]: fault for fault in reversed(error.errors(include_url=False))}
        said = [
            _spelt_out(tool.name, fault, takes) for fault in list(reversed(faults.values()))[:_FAULTS_SHOWN]
        ]
        more = len(faults) - len(said)
        return " ".join([*said, f"There are {more} more such faults."] if more else said)
    broken = [name for name, value in given.items() if not _is_text(value)]
    return f"{tool.name}: {', '.join(broken)} has characters that are no text." if broken else ""


def _is_text(value: object) -> bool:
    """Whether everything can be sent as UTF-8; half a surrogate pair cannot."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except (UnicodeEncodeError, ValueError, RecursionError):
        return False
    return True


def _named(name: str) -> str:
    return repr(name[:60])


def _guess(unknown: list[str], takes: Collection[str]) -> str:
    near = [match for name in unknown for match in difflib.get_close_matches(name, takes, n=1)]
    return f" (did you mean {', '.join(near)}?)" if near else ""


def _spelt_out(tool: str, fault: Any, takes: Mapping[str, Any]) -> str:
    name, *inner = [str(part) for part in fault["loc"]]
    place = ".".join([name, *inner])
    if fault["type"] == "missing" and not inner:
        sentence = f"{tool} needs {name}"
    else:
        reason = fault["msg"].removeprefix("Value error, ")
        sentence = f"{tool}: {place[:80]} cannot be used: {reason[0].lower()}{reason[1:]}"
    hint = takes.get(name, {}).get("description", "")
    return f"{sentence}{f' ({hint})' if hint else ''}."


def _refusal(text: str) -> CallToolResult:
    return CallToolResult(is_error=True, content=[TextContent(type="text", text=f"{text} {_NOTHING_DONE}")])
