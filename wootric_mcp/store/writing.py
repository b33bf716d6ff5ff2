"""What this server writes or deletes is reflected in the store at once, whatever became of the request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.people import Person
from wootric_mcp.store import schema

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Table

    from wootric_mcp.api.models import (
        Decline,
        DeclineInput,
        EndUser,
        EndUserChange,
        EndUserSettings,
        PropertyUpdate,
        Response,
        ResponseChange,
        ResponseInput,
        SettingsChange,
    )
    from wootric_mcp.store.reader import Reader


class ReflectingClient(WootricClient):
    """A client after whose writes the next question reads again what they may have changed.

    The methods are those of `WootricClient`.
    """

    reader: Reader

    async def create_response(self, person: Person, new: ResponseInput) -> Response | None:
        async with self._adding(person, schema.responses, new.created_at) as (owner, seconds):
            made = await super().create_response(owner, new)
            seconds += [int(made.created_at.timestamp())] if made else []
        return made

    async def create_decline(self, person: Person, new: DeclineInput) -> Decline | None:
        async with self._adding(person, schema.declines, new.created_at) as (owner, seconds):
            made = await super().create_decline(owner, new)
            seconds += [int(made.created_at.timestamp())] if made else []
        return made

    async def update_response(self, response_id: int, change: ResponseChange) -> None:
        async with self._changing(schema.responses, response_id):
            await super().update_response(response_id, change)

    async def update_decline(self, decline_id: int, properties: Mapping[str, Any]) -> None:
        async with self._changing(schema.declines, decline_id):
            await super().update_decline(decline_id, properties)

    async def delete_response(self, person: Person, response_id: int) -> bool:
        async with self._changing(schema.responses, response_id):
            was_there = await super().delete_response(person, response_id)
            await self.reader.forget(schema.responses, response_id)
        return was_there

    async def delete_decline(self, person: Person, decline_id: int) -> bool:
        async with self._changing(schema.declines, decline_id):
            was_there = await super().delete_decline(person, decline_id)
            await self.reader.forget(schema.declines, decline_id)
        return was_there

    async def update_end_user(self, person: Person, change: EndUserChange) -> PropertyUpdate:
        person = await self._by_id(person)
        async with self._changing(schema.end_users, int(person.value)):
            return await super().update_end_user(person, change)

    async def update_end_user_settings(
        self, person: Person, change: SettingsChange
    ) -> EndUserSettings | None:
        person = await self._by_id(person)
        async with self._changing(schema.end_users, int(person.value)):
            return await super().update_end_user_settings(person, change)

    async def delete_end_user(self, person: Person) -> EndUser | None:
        end_user_id = await self.identify(person)
        deleted = await super().delete_end_user(person)
        await self.reader.erase(end_user_id)
        return deleted

    async def _by_id(self, person: Person) -> Person:
        return Person("id", str(await self.identify(person)))

    @asynccontextmanager
    async def _changing(self, table: Table, row_id: int) -> AsyncIterator[None]:
        """While one record is changed, be that done, refused or in doubt."""
        try:
            yield
        finally:
            await self.reader.stale(table, row_id)

    @asynccontextmanager
    async def _adding(
        self, person: Person, table: Table, created_at: datetime | None
    ) -> AsyncIterator[tuple[Person, list[int]]]:
        """While a record is added for a person, whose profile it changes too.

        Gives the person by id, and the seconds of creation to read again, to which more may be added.
        """
        person = await self._by_id(person)
        seconds = [] if created_at is None else [int(created_at.timestamp())]
        async with self._changing(schema.end_users, int(person.value)):
            try:
                yield person, seconds
            finally:
                for second in set(seconds):
                    await self.reader.stale(table, second=second)
