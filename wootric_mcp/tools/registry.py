"""How a typed function becomes a tool: hints from the operations table, a plain schema, errors in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from wootric_mcp.guard import policy
from wootric_mcp.operations import OPERATIONS
from wootric_mcp.settings import Settings
from wootric_mcp.tools.parameters import LONGEST
from wootric_mcp.tools.running import Asks, GuardedTool, ToolFunction, guarded, reading


@dataclass(frozen=True, slots=True, eq=False)
class ToolSpec:
    """One tool before it is registered."""

    function: ToolFunction
    title: str
    toolset: str
    output: Mapping[str, Any]
    hints: ToolAnnotations
    asks: Asks | None = None
    """The resolver that tells what a call would do, so that it is confirmed first."""

    @property
    def acts(self) -> bool:
        """Whether a call is confirmed or audited."""
        return self.asks is not None or not self.is_read_only

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

    def operation(
        self, title: str, output: Mapping[str, Any], *, asks: Asks | None = None
    ) -> Callable[[ToolFunction], ToolFunction]:
        """Register the tool of the operation that has the function's name.

        `asks` is a resolver: what a call would do, or None if that takes nothing away.
        """

        def register(function: ToolFunction) -> ToolFunction:
            row = OPERATIONS[function.__name__]
            hints = ToolAnnotations(
                read_only_hint=row.is_read_only,
                destructive_hint=row.is_destructive,
                idempotent_hint=row.is_idempotent,
                open_world_hint=True,
            )
            self.specs.append(ToolSpec(function, title, self.name, output, hints, asks))
            return function

        return register

    def job(
        self, title: str, output: Mapping[str, Any], *, asks: Asks | None = None
    ) -> Callable[[ToolFunction], ToolFunction]:
        """Register a tool that answers a whole question and changes nothing; `asks` as for an operation."""

        def register(function: ToolFunction) -> ToolFunction:
            hints = ToolAnnotations(
                read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
            )
            self.specs.append(ToolSpec(function, title, self.name, output, hints, asks))
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
    """The SDK's tool. It holds nothing of a server, so that all of a process share it: making the schemas is
    most of what a start takes."""
    asks = spec.asks is not None or (spec.acts and settings.confirm_writes)
    return _built(spec, asks=asks, takes_codes=asks and policy.takes_codes(settings))


@cache
def _built(spec: ToolSpec, *, asks: bool, takes_codes: bool) -> Tool:
    """With a schema free of titles and empty defaults, which cost tokens and say nothing."""
    tool = GuardedTool.from_function(
        guarded(spec, asks=asks, takes_codes=takes_codes) if spec.acts else reading(spec),
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


_NEUTRAL: tuple[object, ...] = ("", 0, [], {}, False)


def _plain(node: Any, *, are_names: bool = False) -> Any:
    """A schema without `title`s, neutral defaults, and the usual longest text, which nobody reaches by
    intent; under `properties` a key is a name, not a keyword."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if are_names:
        return {name: _plain(value) for name, value in node.items()}
    return {
        key: value if key in {"enum", "const"} else _plain(value, are_names=key in {"properties", "$defs"})
        for key, value in node.items()
        if key != "title"
        and not (key == "default" and value in _NEUTRAL)
        and not (key == "maxLength" and value == LONGEST)
    }
