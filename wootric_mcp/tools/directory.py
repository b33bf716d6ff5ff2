"""People as Wootric last returned them, looked up one by one and kept in memory while the server runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio

from wootric_mcp.tools.concurrently import concurrently

if TYPE_CHECKING:
    from wootric_mcp.api.models import EndUser
    from wootric_mcp.api.people import Person
    from wootric_mcp.tools.app import App

# People who are read anew one by one, each a request of about 100 a minute; of more than that, Wootric is
# asked who has changed.
_ONE_BY_ONE = 25
_OVERLAP = 60.0
"""Seconds that are read twice: clocks differ."""


class Directory:
    """Looks people up; who was looked up before is only read again if that is asked for."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[Person, tuple[EndUser | None, float]] = {}

    async def look_up(
        self, people: Sequence[Person], *, patience: float | None, fresh: bool = False
    ) -> dict[Person, EndUser | None]:
        """The people; None is nobody that Wootric knows.

        Args:
            people: Who; who was read stays known, so that a second call goes on from there.
            patience: Seconds after which it ends with those there are, as it does at the request limit; None:
                all are needed.
            fresh: Read those again who are known.

        Raises:
            WootricError: Wootric cannot be read.
        """
        from wootric_mcp.api.errors import RateLimited

        wanted = list(dict.fromkeys(people))
        known = [person for person in wanted if person in self._known]
        partly = nullcontext() if patience is None else suppress(RateLimited)
        with anyio.move_on_after(patience), partly:
            if fresh and len(known) > _ONE_BY_ONE:
                await self._read_changes(known)
            elif fresh:
                for person in known:
                    self._known.pop(person, None)
            missing = [person for person in wanted if person not in self._known]
            await concurrently([partial(self._read, person) for person in missing])
        return {person: self._known[person][0] for person in wanted if person in self._known}

    async def _read(self, person: Person) -> None:
        from wootric_mcp.api.errors import NotFound

        at = self._app.now().timestamp()
        try:
            self._known[person] = await self._app.client().get_end_user(person), at
        except NotFound:
            self._known[person] = None, at

    async def _read_changes(self, people: Sequence[Person]) -> None:
        """Read which of these people have changed since they were looked up; if that fails, forget them."""
        from wootric_mcp.api.models import Bounds

        asked_at = self._app.now().timestamp()
        before = {person: self._known.pop(person) for person in people}
        by_id = {user.id: person for person, (user, _) in before.items() if user}
        since = min(at for _, at in before.values()) - _OVERLAP

        def take(batch: Sequence[EndUser]) -> None:
            for user in batch:
                if person := by_id.get(user.id):
                    before[person] = user, asked_at

        reading = await self._app.client().read_end_users(
            take, updated=Bounds(after=datetime.fromtimestamp(since, UTC))
        )
        if reading.complete:
            self._known |= {person: (user, asked_at) for person, (user, _) in before.items()}
