"""Completion of prompt arguments and of the template id in a resource's address.

Quick and never failing: what cannot be read within two seconds completes to nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from wootric_mcp.shield.fields import shown_name

if TYPE_CHECKING:
    from wootric_mcp.tools.app import App

logger = logging.getLogger(__name__)

_PATIENCE = 2.0
_REMEMBERED = 300.0
_MOST = 100

Source = Callable[[], Awaitable[Sequence[str]]]


def register(server: MCPServer[Any], app: App) -> None:
    """Complete periods, survey templates and segments; the account's are read at most every five minutes."""

    async def templates() -> Sequence[str]:
        found = await app.client().survey_templates()
        return [shown_name(template.name) for template in found.survey_templates if template.name]

    async def template_ids() -> Sequence[str]:
        found = await app.client().survey_templates()
        return [str(template.id) for template in found.survey_templates]

    async def segments() -> Sequence[str]:
        return [shown_name(segment.name) for segment in await app.client().segments() if segment.name]

    ids = _remembered(template_ids)
    of_prompts = {
        "period": _periods,
        "compare_with": _periods,
        "template": _remembered(templates),
        "segment": _remembered(segments),
    }

    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        source = of_prompts.get(argument.name) if isinstance(ref, PromptReference) else ids
        return _matching(await _read(source), argument.value) if source else Completion(values=[])

    server.completion()(complete)  # type: ignore[no-untyped-call]


async def _periods() -> Sequence[str]:
    from wootric_mcp.feedback.period import EXAMPLES

    return EXAMPLES.split(", ")


def _remembered(read: Source) -> Source:
    """The source, asked again only when its last answer is five minutes old."""
    known: Sequence[str] = ()
    read_at = -_REMEMBERED

    async def recall() -> Sequence[str]:
        nonlocal known, read_at
        if time.monotonic() - read_at >= _REMEMBERED:
            known = await read()
            read_at = time.monotonic()
        return known

    return recall


async def _read(source: Source) -> Sequence[str]:
    try:
        with anyio.fail_after(_PATIENCE):
            return await source()
    except Exception as error:  # noqa: BLE001 - a completion is a convenience; its failure is nobody's concern
        logger.debug("No completion: %s", error)
        return ()


def _matching(values: Sequence[str], typed: str) -> Completion:
    """Values that begin with what was typed, then those that contain it."""
    wanted = typed.casefold().replace("_", " ")
    found = [value for value in values if wanted in value.casefold().replace("_", " ")]
    found.sort(key=lambda value: not value.casefold().replace("_", " ").startswith(wanted))
    return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)
