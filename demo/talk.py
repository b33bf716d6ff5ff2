"""A conversation as it is printed: who says what, which tools are called, what they answer, what it costs."""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass, field
from typing import Any, Self

import bpe_openai
import httpx
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

WIDTH, INDENT, LONGEST_ANSWER = 98, 10, 45

_ENCODING = bpe_openai.get_encoding("o200k_base")


def tokens(text: str) -> int:
    """Tokens of the text in o200k_base."""
    return len(_ENCODING.encode_ordinary(text))


def tell(who: str, text: str) -> None:
    """Print text beside a label, wrapped; line breaks are kept."""
    lines: list[str] = []
    for line in text.splitlines():
        deeper = " " * (len(line) - len(line.lstrip()) + 2)
        lines += textwrap.wrap(
            line, WIDTH - INDENT, subsequent_indent=deeper, break_long_words=False, break_on_hyphens=False
        ) or [""]
    for label, line in zip([who, *[""] * len(lines)], lines, strict=False):
        print(f"{label:{INDENT}}{line}".rstrip(), flush=True)


async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    """Answer the server's question as a person would who has read it: print it and say yes."""
    tell("asked", params.message)
    tell("answered", "Yes.")
    return ElicitResult(action="accept", content={"agreed": True})


async def ask(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    """Call a tool and print nothing.

    Raises:
        RuntimeError: If the tool answers with an error.
    """
    answer = await client.call_tool(tool, arguments)
    if answer.is_error:
        raise RuntimeError(f"{tool} failed: {_text(answer)}")
    return answer


def _text(answer: CallToolResult) -> str:
    return "\n".join(part.text for part in answer.content if isinstance(part, TextContent))


@dataclass
class Talk:
    """One conversation; used as an asynchronous context manager, it ends by printing what it cost."""

    title: str
    client: Client
    sandbox: httpx.AsyncClient
    calls: int = 0
    tokens: int = 0
    _requests: int = 0
    _begun: float = field(default_factory=time.perf_counter)

    async def __aenter__(self) -> Self:
        print(f"\n{self.title}\n{'=' * len(self.title)}")
        self._requests = await self._answered_requests()
        return self

    async def __aexit__(self, *failure: object) -> None:
        if failure[0] is None:
            requests = await self._answered_requests() - self._requests
            seconds = time.perf_counter() - self._begun
            print()
            tell(
                "cost",
                f"{self.calls} tool call{'' if self.calls == 1 else 's'}, {requests} Wootric requests, "
                f"{self.tokens:,} tokens of answers (o200k_base), {seconds:.1f} s",
            )

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        """Call a tool and print the call and its answer.

        Raises:
            RuntimeError: If the tool answers with an error.
        """
        print()
        tell("calls", f"{tool}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})")
        answer = await ask(self.client, tool, **arguments)
        text = _text(answer)
        self.calls += 1
        self.tokens += tokens(text)
        lines = text.splitlines()
        if len(lines) > LONGEST_ANSWER:
            lines = [*lines[:LONGEST_ANSWER], f"({len(lines) - LONGEST_ANSWER} more lines)"]
        tell("answer", "\n".join(lines))
        return answer

    def reply(self, text: str) -> None:
        """Print what the assistant says to the answers it got."""
        print()
        tell("Assistant", text)

    async def outbox(self) -> list[dict[str, Any]]:
        """What the simulated account has mailed or will mail."""
        answer = await self.sandbox.get("/_sandbox/outbox")
        return list(answer.raise_for_status().json())

    async def _answered_requests(self) -> int:
        answer = await self.sandbox.get("/_sandbox/requests")
        return int(answer.raise_for_status().json()["total"])
