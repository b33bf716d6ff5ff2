"""The prompts that users pick: one Markdown file each, with TOML front matter between `+++` lines.

    +++
    title = "What customers say about a feature"
    description = "…"                     # shown beside the title
    tools = ["search_feedback"]           # left out of a server on which one of these is off

    [[arguments]]
    name = "feature"
    description = "…"

    [[arguments]]                         # optional: it has a default
    name = "period"
    description = "…"
    default = "last 30 days"
    +++
    What did customers say about {feature} in {period}?

The file's name is the prompt's name. Every argument stands in the text as `{name}`, and nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import Message, PromptArgument, UserMessage
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS

from wootric_mcp.shield.clean import clean

_MARK = "+++\n"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LONGEST_VALUE = 500


class PromptFileError(ValueError):
    """A prompt file is not as described above; the text names the file and the fault."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One blank in a prompt; it must be filled unless it has a default."""

    name: str
    description: str
    default: str = ""

    @property
    def is_required(self) -> bool:
        return not self.default


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One prompt as its file describes it."""

    name: str
    title: str
    description: str
    tools: tuple[str, ...]
    arguments: tuple[Argument, ...]
    text: str

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with the values in their places, defaults where there is none.

        Raises:
            MCPError: If a required argument is missing or one is unknown; both eras show its text.
        """
        names = [argument.name for argument in self.arguments]
        if unknown := [name for name in values if name not in names]:
            raise self._refusal(f"has no argument {clean(', '.join(unknown), 80)!r}")
        filled = {
            argument.name: clean(values.get(argument.name), _LONGEST_VALUE) or argument.default
            for argument in self.arguments
        }
        if missing := [name for name, value in filled.items() if not value]:
            raise self._refusal(f"needs {', '.join(missing)}")
        return _PLACEHOLDER.sub(lambda match: filled[match[1]], self.text)

    def _refusal(self, fault: str) -> MCPError:
        takes = "; ".join(f"{argument.name}: {argument.description}" for argument in self.arguments)
        return MCPError(
            INVALID_PARAMS, f"The prompt {self.name} {fault}. It takes {takes or 'no arguments'}."
        )


def register(server: MCPServer[Any], available_tools: Collection[str]) -> None:
    """Offer every prompt whose tools are all on."""
    for prompt in load_prompts():
        if set(prompt.tools) <= set(available_tools):
            server.add_prompt(_as_offered(prompt))


def load_prompts(folder: Path | None = None) -> list[PromptFile]:
    """Every prompt in the folder, by name; without one, the prompts that come with the package.

    Raises:
        PromptFileError: If a file cannot be read as a prompt.
    """
    return [_parse(path) for path in sorted((folder or _library()).glob("*.md"))]


def _library() -> Path:
    packaged = Path(__file__).with_name("prompts_library")
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "prompts"


def _parse(path: Path) -> PromptFile:
    import tomllib

    opening, _, rest = path.read_text(encoding="utf-8").partition(_MARK)
    front, _, text = rest.partition(f"\n{_MARK}")
    try:
        if opening or not text:
            raise PromptFileError("it does not begin with front matter between +++ lines")
        fields = tomllib.loads(f"\n{front}")  # so that line numbers are the file's
        arguments = tuple(Argument(**argument) for argument in fields.pop("arguments", ()))
        prompt = PromptFile(
            path.stem, tools=tuple(fields.pop("tools")), arguments=arguments, text=text.strip(), **fields
        )
        placeholders, names = set(_PLACEHOLDER.findall(text)), {argument.name for argument in arguments}
        if odd := sorted(placeholders ^ names):
            raise PromptFileError(f"{', '.join(odd)}: arguments and {{placeholders}} must be the same")
    except (PromptFileError, tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise PromptFileError(f"{path.name}: {error}") from error
    return prompt


class _Offered(Prompt):
    """Checks its arguments itself: what the SDK's check says is hidden from clients of the newer era."""

    async def render(self, arguments: dict[str, Any] | None, context: Any) -> list[Message]:
        return [UserMessage(cast(str, self.fn(arguments or {})))]


def _as_offered(prompt: PromptFile) -> Prompt:
    arguments = [
        PromptArgument(name=argument.name, description=argument.description, required=argument.is_required)
        for argument in prompt.arguments
    ]
    return _Offered(
        name=prompt.name,
        title=prompt.title,
        description=prompt.description,
        arguments=arguments,
        fn=prompt.fill,
        context_kwarg=None,
    )
