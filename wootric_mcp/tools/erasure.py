"""Erasing a person: what belongs to them, and the receipt of what was deleted here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcp.types import CallToolResult

from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.concurrently import concurrently

if TYPE_CHECKING:
    from wootric_mcp.api.models import EndUser
    from wootric_mcp.tools.app import App

log = logging.getLogger(__name__)

# Seconds for counting what belongs to somebody: everybody who is anonymous is one person.
_TIME_TO_COUNT = 10.0


async def belongings(app: App, end_user_id: int) -> str:
    """How many responses and declines somebody has, in words."""
    from wootric_mcp.api.people import Person
    from wootric_mcp.store.errors import StoreError

    client, person = app.client(), Person("id", str(end_user_id))

    async def counted(read: Any, noun: str) -> str:
        count = 0

        def take(batch: Sequence[Any]) -> None:
            nonlocal count
            count += len(batch)

        reading = await read(take, person=person, patience=_TIME_TO_COUNT)
        return f"{'' if reading.complete else 'at least '}{answers.counted(count, noun)}"

    try:
        responses, declines = await concurrently(
            [lambda: counted(client.responses, "response"), lambda: counted(client.declines, "decline")]
        )
    except StoreError as error:
        log.warning("What belongs to an end user could not be counted. %s", error)
        return "all their responses and declines (not counted: the store is busy)"
    return f"{responses}, {declines}"


async def erased(app: App, user: EndUser, theirs: str) -> CallToolResult:
    """What was deleted, where, and when Wootric will have followed."""
    from wootric_mcp.store.errors import StoreError

    plans = "plans that named them"
    try:
        await (await app.waiting_plans()).drop_naming(user.id, user.email or "")
    except StoreError as error:
        log.warning("Plans that name an erased person could not be dropped. %s", error)
        plans = "no plans (they could not be read, and end within 24 hours)"
    return answers.figures(
        f"End user {user.id} is marked for deletion. Wootric removes them the next day at 07:00 UTC (it "
        "may take days); until then they can still be seen there.",
        {
            "end_user": user.id,
            "deleted_at_wootric": f"{theirs}, profile, survey settings",
            "deleted_here": f"what was stored of them, {plans}",
            "kept_here": "a keyed hash, so that nothing of them is stored again, and in the ledger of mails",
            "at": shapes.local(app, app.now()),
        },
    )
