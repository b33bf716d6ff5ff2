"""People as Wootric last returned them, looked up one by one and kept in memory while the server runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio

from wootric_mcp.tools.concurrently import concurrently

if TYPE_CHECKING:
    from wootric_mcp.api.models import EndUser
    from wootric_mcp.api.people import Person
    from wootric_mcp.tools.app import App

log = logging.getLogger(__name__)

# People who are read anew one by one, each a request of about 100 a minute; of more than that, Wootric is
# asked who has changed.
_ONE_BY_ONE = 25
# Seconds for what has changed of the people who are kept, before they are looked up one by one.
_TIME_FOR_KEPT = 10.0
_OVERLAP = 60.0
"""Seconds that are read twice: clocks differ."""


class Directory:
    """Looks people up; who was looked up before is only read again if that is asked for."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[Person, tuple[EndUser | None, float]] = {}

    async def look_up(
        self,
        people: Sequence[Person],
        *,
        patience: float,
        fresh: bool = False,
        if_kept: Sequence[Person] = (),
    ) -> dict[Person, EndUser | None]:
        """The people; None is nobody that Wootric knows.

        Args:
            people: Who; who was read stays known, so that a second call goes on from there.
            patience: Seconds after which it ends with those there are, as it does at the request limit.
            fresh: Read those again who are known.
            if_kept: Further people, who are not looked up one by one but taken if they are known or kept.

        Raises:
            WootricError: Wootric cannot be read.
        """
        from wootric_mcp.api.errors import RateLimited

        wanted = list(dict.fromkeys((*people, *if_kept)))
        known = [person for person in wanted if person in self._known]
        before = {person: self._known.pop(person) for person in known} if fresh else {}
        one_by_one = set(people)
        try:
            with anyio.move_on_after(patience), suppress(RateLimited):
                if len(before) > _ONE_BY_ONE:
                    await self._read_changes(before)
                else:
                    one_by_one |= set(before)
                missing = [person for person in wanted if person not in self._known]
                if len(missing) > _ONE_BY_ONE:
                    await self._take_kept(missing)
                missing = [each for each in wanted if each in one_by_one and each not in self._known]
                await concurrently([partial(self._read, person) for person in missing])
            return {person: self._known[person][0] for person in wanted if person in self._known}
        finally:
            # Whom there was no time to read again is known as of then, for the next call to read again.
            self._known = {**before, **self._known}

    async def _take_kept(self, people: Sequence[Person]) -> None:
        """Take those whose addresses are kept in the store; how many requests that takes is not for them."""
        from wootric_mcp.store.errors import StoreError

        by_address = {person.value.lower(): person for person in people if person.kind == "email"}
        at = self._app.now().timestamp()
        with anyio.move_on_after(_TIME_FOR_KEPT):
            try:
                for user in await self._app.client().people_with(by_address):
                    if person := by_address.get((user.email or "").lower()):
                        self._known[person] = user, at
            except StoreError as error:
                log.warning("Whose opt-outs are kept could not be read. %s", error)

    async def _read(self, person: Person) -> None:
        from wootric_mcp.api.errors import NotFound

        at = self._app.now().timestamp()
        try:
            self._known[person] = await self._app.client().get_end_user(person), at
        except NotFound:
            self._known[person] = None, at

    async def _read_changes(self, before: Mapping[Person, tuple[EndUser | None, float]]) -> None:
        """Read which of these people have changed since they were looked up, if all of that can be read."""
        from wootric_mcp.api.models import Bounds

        asked_at = self._app.now().timestamp()
        now = dict(before)
        by_id = {user.id: person for person, (user, _) in before.items() if user}
        since = min(at for _, at in before.values()) - _OVERLAP

        def take(batch: Sequence[EndUser]) -> None:
            for user in batch:
                if person := by_id.get(user.id):
                    now[person] = user, asked_at

        reading = await self._app.client().read_end_users(
            take, updated=Bounds(after=datetime.fromtimestamp(since, UTC))
        )
        if reading.complete:
            self._known |= {person: (user, asked_at) for person, (user, _) in now.items()}
