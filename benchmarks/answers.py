"""Tokens of the tool list and of typical answers, beside the raw JSON that an API client would hand on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import anyio
import bpe_openai
import httpx
from mcp import Client
from mcp.types import CallToolResult, TextContent

from wootric_mcp.sandbox.server import Sandbox, serve
from wootric_mcp.sandbox.story import build_story
from wootric_mcp.server import build_server
from wootric_mcp.settings import Settings

_ENCODING = bpe_openai.get_encoding("o200k_base")
_PAGE, _LAST_PAGE = 50, 30


@dataclass(frozen=True, slots=True)
class Size:
    """Tokens (o200k_base) of one thing a model reads, in either form of the answer, and of the raw JSON."""

    what: str
    text: int
    structured: int | None = None
    raw: int | None = None


def sizes() -> list[Size]:
    """Measure against the story sandbox, which ends today."""
    return anyio.run(_sizes)


def table(found: Iterable[Size]) -> str:
    """The figures as lines of text."""
    lines = [f"{'':40}{'text':>9}{'structured':>12}{'raw JSON':>11}"]
    for size in found:
        figures = [
            f"{figure:,}" if figure is not None else "-" for figure in (size.text, size.structured, size.raw)
        ]
        lines.append(f"{size.what:40}{figures[0]:>9}{figures[1]:>12}{figures[2]:>11}")
    return "\n".join(lines)


async def _sizes() -> list[Size]:
    now = Sandbox().clock.now()
    with serve(Sandbox(build_story(now))) as running:
        settings = Settings.for_sandbox(running.base_url, {"timezone": "UTC"})
        async with Client(build_server(settings)) as client, _raw(running.base_url) as raw:
            tools = [
                tool.model_dump(by_alias=True, exclude_none=True)
                for tool in (await client.list_tools()).tools
            ]
            seen = [{key: tool[key] for key in ("name", "description", "inputSchema")} for tool in tools]
            found = [
                Size(f"tools/list, {len(tools)} tools, all of it", _tokens(_compact(tools))),
                Size("tools/list, what a model reads", _tokens(_compact(seen))),
            ]
            page = (await raw.get("/v1/responses", params={"per_page": _PAGE})).json()
            found.append(await _size(client, "list_responses", page, limit=_PAGE))
            week = await client.call_tool(
                "summarize_feedback", {"period": "last_week", "category": "detractor"}
            )
            found.append(_sized("summarize_feedback, last week", week, await _since(raw, running.sandbox)))
            person = page[0]["end_user_id"]
            paths = ("", "/responses", "/declines", "/settings")
            records = [(await raw.get(f"/v1/end_users/{person}{path}")).json() for path in paths]
            found.append(await _size(client, "find_customer", records, end_user=str(person)))
    return found


async def _size(client: Client, tool: str, raw: Any, **arguments: Any) -> Size:
    return _sized(tool, await client.call_tool(tool, arguments), _tokens(_compact(raw)))


def _sized(what: str, answer: CallToolResult, raw: int) -> Size:
    text = "\n".join(part.text for part in answer.content if isinstance(part, TextContent))
    if answer.is_error:
        raise RuntimeError(text)
    return Size(what, _tokens(text), _tokens(_compact(answer.structured_content)), raw)


async def _since(raw: httpx.AsyncClient, sandbox: Sandbox) -> int:
    """Tokens of every page a client reads to have last week: newest first until the week has ended."""
    monday = sandbox.account.truth()["last_week"]["start"]
    size = 0
    for page in range(1, _LAST_PAGE + 1):
        rows = (await raw.get("/v1/responses", params={"per_page": _PAGE, "page": page})).json()
        size += _tokens(_compact(rows))
        if not rows or rows[-1]["created_at"] < monday:
            break
    return size


def _raw(base_url: str) -> httpx.AsyncClient:
    token = httpx.post(
        f"{base_url}/oauth/token",
        data={"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox"},
        trust_env=False,
    ).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=base_url, headers=headers, trust_env=False)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _tokens(text: str) -> int:
    return len(_ENCODING.encode_ordinary(text))
