"""How a typed function becomes a tool: hints from the operations table, a plain schema, errors in words."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations

from wootric_mcp.api.errors import WootricError
from wootric_mcp.guard.confirmation import NOTHING_CHANGED
from wootric_mcp.operations import OPERATIONS
from wootric_mcp.settings import Settings
from wootric_mcp.store.errors import StoreError
from wootric_mcp.tools.app import app_of

ToolFunction = Callable[..., Awaitable[CallToolResult]]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool before it is registered."""

    function: ToolFunction
    title: str
    toolset: str
    output: Mapping[str, Any]
    hints: ToolAnnotations

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def is_read_only(self) -> bool:
        return bool(self.hints.read_only_hint)


class Toolset:
    """Collects the tools of one module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.specs: list[ToolSpec] = []

    def operation(self, title: str, output: Mapping[str, Any]) -> Callable[[ToolFunction], ToolFunction]:
        """Register the tool of the operation that has the function's name."""

        def register(function: ToolFunction) -> ToolFunction:
            row = OPERATIONS[function.__name__]
            hints = ToolAnnotations(
                read_only_hint=row.is_read_only,
                destructive_hint=row.is_destructive,
                idempotent_hint=row.is_idempotent,
                open_world_hint=True,
            )
            self.specs.append(ToolSpec(function, title, self.name, output, hints))
            return function

        return register

    def job(self, title: str, output: Mapping[str, Any]) -> Callable[[ToolFunction], ToolFunction]:
        """Register a tool that answers a whole question and changes nothing."""

        def register(function: ToolFunction) -> ToolFunction:
            hints = ToolAnnotations(
                read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
            )
            self.specs.append(ToolSpec(function, title, self.name, output, hints))
            return function

        return register


class UnknownToolError(ValueError):
    """A flag names a tool or toolset that does not exist."""


def select(specs: Iterable[ToolSpec], settings: Settings) -> list[ToolSpec]:
    """The tools that the settings leave on: toolsets and tools add up, exclusions and read-only win.

    Raises:
        UnknownToolError: If a name is neither a tool nor a toolset.
    """
    specs = list(specs)
    toolsets, names = {spec.toolset for spec in specs}, {spec.name for spec in specs}
    _check("toolset", settings.toolsets, toolsets | {"all"})
    _check("tool", (*settings.tools, *settings.exclude_tools), names)
    everything = "all" in settings.toolsets or not (settings.toolsets or settings.tools)
    return [
        spec
        for spec in specs
        if (everything or spec.toolset in settings.toolsets or spec.name in settings.tools)
        and spec.name not in settings.exclude_tools
        and (spec.is_read_only or not settings.read_only)
    ]


def _check(kind: str, asked: Iterable[str], known: set[str]) -> None:
    if unknown := sorted(set(asked) - known):
        raise UnknownToolError(
            f"There is no {kind} {', '.join(unknown)}. There are: {', '.join(sorted(known))}."
        )


def build(spec: ToolSpec, settings: Settings) -> Tool:
    """The SDK's tool, with a schema free of titles and empty defaults, which cost tokens and say nothing."""
    function = _in_time(spec, settings.deadline)
    tool = Tool.from_function(
        function,
        title=spec.title,
        description=_described(spec),
        annotations=spec.hints,
        structured_output=False,
    )
    tool.parameters = _plain(tool.parameters)
    tool.fn_metadata.output_schema = dict(spec.output)
    return tool


def _described(spec: ToolSpec) -> str:
    return " ".join((spec.function.__doc__ or "").split())


def before_writing(function: Callable[..., Any]) -> Callable[..., Any]:
    """For resolvers, which only read: ended at the deadline, every refusal says that nothing was changed.

    Resolvers run before the tool. Those that ask are not ended: the question is put after they return.
    """

    @functools.wraps(function)
    async def run(**arguments: Any) -> Any:
        deadline = app_of(arguments["ctx"]).settings.deadline
        try:
            with anyio.fail_after(deadline):
                return await function(**arguments)
        except TimeoutError as error:
            raise ToolError(f"{_no_answer(deadline)} {NOTHING_CHANGED} Try again in a minute.") from error
        except (WootricError, StoreError, ToolError) as error:
            raise _untouched(error) from error

    return run


def _no_answer(deadline: float) -> str:
    return f"Wootric gave no full answer within {deadline:g} seconds."


def _untouched(error: WootricError | StoreError | ToolError) -> ToolError:
    """The sentence of a write that got no further than a look-up, ending in that nothing came of it."""
    has_outcome = isinstance(error, WootricError) and (error.may_have_changed or error.outcome)
    said = str(error)
    is_told = has_outcome or any(words in said for words in ("Nothing was", "Nobody was mailed"))
    return ToolError(said if is_told else f"{said} {NOTHING_CHANGED}")


def _in_time(spec: ToolSpec, deadline: float) -> ToolFunction:
    """The tool's function, ended at the deadline and with its errors in words."""

    @functools.wraps(spec.function)
    async def run(**arguments: Any) -> CallToolResult:
        try:
            with anyio.fail_after(deadline):
                return await spec.function(**arguments)
        except TimeoutError as error:
            raise ToolError(f"{_no_answer(deadline)} {_what_now(spec)}") from error
        except (WootricError, StoreError, ToolError) as error:
            raise (ToolError(str(error)) if spec.is_read_only else _untouched(error)) from error

    return run


def _what_now(spec: ToolSpec) -> str:
    """After a call that ran out of time: what may have happened, and what to do."""
    if spec.is_read_only:
        return f"{NOTHING_CHANGED} Ask again for less (a shorter period, a smaller limit), or in a minute."
    if spec.hints.idempotent_hint:
        return "The change may have been made. Look, and repeat it if not: doing it twice does no harm."
    return "It may have been carried out or sent: do not repeat it before you have looked whether it was."


_NEUTRAL: tuple[object, ...] = ("", 0, [], {}, False)


def _plain(node: Any, *, are_names: bool = False) -> Any:
    """A schema without `title`s and neutral defaults; under `properties` a key is a name, not a keyword."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if are_names:
        return {name: _plain(value) for name, value in node.items()}
    return {
        key: value if key in {"enum", "const"} else _plain(value, are_names=key in {"properties", "$defs"})
        for key, value in node.items()
        if key != "title" and not (key == "default" and value in _NEUTRAL)
    }
