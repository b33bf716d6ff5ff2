"""What one running server holds for its tools, resources and prompts."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, cast

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.guard import questions
from wootric_mcp.guard.audit import Audit, mark_of
from wootric_mcp.guard.codes import Codes
from wootric_mcp.guard.confirmation import Guard

if TYPE_CHECKING:
    from datetime import tzinfo

    from anyio.abc import TaskGroup

    from wootric_mcp.api.people import Person
    from wootric_mcp.feedback.period import Period
    from wootric_mcp.guard.waiting import WaitingPlans
    from wootric_mcp.settings import Settings
    from wootric_mcp.shield.aliases import Aliases
    from wootric_mcp.store.client import CachingClient
    from wootric_mcp.store.ledger import Ledger
    from wootric_mcp.tools.directory import Directory

log = logging.getLogger(__name__)

# Seconds of a call's deadline that are kept for analysis and rendering after reading has stopped, and how
# many responses take a second more.
_TIME_TO_ANSWER = 5.0
_ANALYSED_A_SECOND = 10_000
# Seconds after the start in which nothing is read on that an earlier process left: hosts start many servers.
_QUIET = 5.0


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


@dataclass
class App:
    """The lifespan state of one server: made at start, closed at the end.

    Everything that costs time to import or to open is made on first use.
    """

    settings: Settings
    now: Callable[[], datetime] = utc_now
    clock: Callable[[], float] = time.monotonic
    """Seconds, for how long a person takes to answer."""
    _client: CachingClient | None = field(default=None, init=False)
    _behind: TaskGroup | None = field(default=None, init=False)
    _aliases: Aliases | None = field(default=None, init=False)
    _zone: tzinfo | None = field(default=None, init=False)
    _directory: Directory | None = field(default=None, init=False)
    _ledger: Ledger | None = field(default=None, init=False)
    _opening: anyio.Lock = field(default_factory=anyio.Lock, init=False)

    def client(self) -> CachingClient:
        """The account's client, which reads through the store.

        Raises:
            ToolError: If the server is not configured; the text says what to set.
        """
        if not self.settings.is_usable:
            raise ToolError(f"{self.settings.what_to_set()} Nothing was read or changed.")
        if self._client is None:
            from wootric_mcp.store.client import CachingClient

            self._client = CachingClient(
                self.settings, now=lambda: self.now().timestamp(), spawn=self._read_behind
            )
        return self._client

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """The lifetime of the server: reading goes on behind the calls, and stops at the end."""
        try:
            async with anyio.create_task_group() as self._behind:
                self._behind.start_soon(self._resume)
                yield self
                self._behind.cancel_scope.cancel()
        finally:
            client, self._client = self._client, None
            if client is not None:
                with anyio.CancelScope(shield=True):
                    await client.aclose()
            if self._ledger is not None:
                self._ledger.close()

    def _read_behind(self, task: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._behind is None:
            raise RuntimeError("the server is not running")
        self._behind.start_soon(task)

    async def _resume(self) -> None:
        """Read on what an earlier process was asked to read."""
        await anyio.sleep(_QUIET)
        from wootric_mcp.store.location import store_file

        path = store_file(self.settings)
        if self.settings.is_usable and path is not None and path.exists():
            try:
                await self.client().reader.resume()
            except Exception:
                log.exception("What was to be read on could not be")

    async def ledger(self) -> Ledger:
        """Who was mailed from here.

        Raises:
            wootric_mcp.store.errors.StoreError: It cannot be used, so nobody may be mailed.
        """
        async with self._opening:
            if self._ledger is None:
                from wootric_mcp.store.ledger import Ledger

                self._ledger = await anyio.to_thread.run_sync(Ledger.open, self.settings)
            return self._ledger

    async def waiting_plans(self) -> WaitingPlans:
        """The plans that were made and not yet sent.

        Raises:
            wootric_mcp.store.errors.StoreError: The ledger cannot be used.
        """
        from wootric_mcp.guard.waiting import WaitingPlans

        return WaitingPlans(await self.ledger(), self._alias_key)

    @property
    def directory(self) -> Directory:
        """The people who were looked up for a survey."""
        if self._directory is None:
            from wootric_mcp.tools.directory import Directory

            self._directory = Directory(self)
        return self._directory

    @property
    def aliases(self) -> Aliases:
        """Translates end-user ids to aliases and back."""
        if self._aliases is None:
            from wootric_mcp.shield.aliases import Aliases

            self._aliases = Aliases(self._alias_key)
        return self._aliases

    @cached_property
    def guard(self) -> Guard:
        """Decides what may act, and has a person asked."""
        codes = Codes(self.settings, lambda: self.client().reader, lambda: self.now().timestamp())
        return Guard(self.settings, codes, self.clock)

    @cached_property
    def audit(self) -> Audit:
        """The log of what was changed."""
        return Audit(self.settings, self.now)

    def mark(self, person: Person) -> str:
        """The keyed hash that names a person in the audit log."""
        return mark_of(self._alias_key, person)

    def reference(self, *state: object) -> str:
        """A short hash of what a question cannot show whole."""
        return questions.reference(self._alias_key, *state)

    def without_addresses(self, question: str) -> str:
        """A question as strict privacy shows it."""
        return questions.without_addresses(question, self._alias_key)

    @cached_property
    def _alias_key(self) -> bytes:
        from wootric_mcp.shield.aliases import SANDBOX_KEY, load_key

        return SANDBOX_KEY if self.settings.is_sandbox else load_key(self.settings.alias_key_file)

    def person(self, named: str) -> Person:
        """Who is meant by an id, alias, e-mail address, `external:` id or phone number.

        Raises:
            ToolError: If the alias is not one of this server's.
            wootric_mcp.api.errors.InvalidRequest: If it is none of these forms.
        """
        from wootric_mcp.api.people import Person

        named = named.strip()
        if named[:2].upper() == "R-" and "@" not in named:
            try:
                return Person("id", str(self.aliases.end_user_id(named)))
            except ValueError as error:
                raise ToolError(
                    f"{named[:20]!r} is not an alias of this server. Aliases look like R-7K2M9QX; copy one "
                    "from a feedback answer, or name the person by id or e-mail address."
                ) from error
        return Person.parse(named)

    @property
    def zone(self) -> tzinfo:
        """The account's time zone: the one set, else the machine's."""
        if self._zone is None:
            self._zone = _named_zone(self.settings.timezone)
        return self._zone

    def period(self, text: str) -> Period:
        """The period that `text` names, in the account's time zone.

        Raises:
            ToolError: If it cannot be read; the text shows valid ones.
        """
        from wootric_mcp.feedback.period import PeriodError, resolve_period

        try:
            return resolve_period(text, self.now(), self.zone, str(self.zone))
        except PeriodError as error:
            raise ToolError(str(error)) from error

    def moment(self, text: str) -> datetime:
        """A time given as ISO 8601 (without a zone: the account's) or as epoch seconds.

        Raises:
            ToolError: If it is neither.
        """
        try:
            if text.strip().isdigit():
                return datetime.fromtimestamp(int(text), UTC)
            read = datetime.fromisoformat(text.strip())
        except (ValueError, OverflowError, OSError) as error:
            raise ToolError(
                f"{text[:40]!r} is not a time. Give ISO 8601 (2026-11-15T14:30:00+01:00) or epoch seconds."
            ) from error
        return read if read.tzinfo else read.replace(tzinfo=self.zone)

    @property
    def patience(self) -> float:
        """Seconds that reading may take, so that the answer still meets the call's deadline."""
        return self.patience_with(0)

    def patience_with(self, responses: int) -> float:
        """The same for an answer about so many responses."""
        deadline = self.settings.deadline
        return max(deadline - _TIME_TO_ANSWER - responses / _ANALYSED_A_SECOND, deadline / 2)


def _named_zone(name: str) -> tzinfo:
    """The zone of that name, else the machine's, else UTC."""
    from zoneinfo import ZoneInfo

    if name:
        return ZoneInfo(name)
    from tzlocal import get_localzone

    try:
        return get_localzone()
    except (LookupError, ValueError, OSError) as error:
        log.warning("The machine's time zone cannot be read (%s); set WOOTRIC_TIMEZONE. Using UTC.", error)
        return ZoneInfo("UTC")


def app_of(ctx: Context[Any]) -> App:
    """The `App` of the server that handles this request."""
    return cast(App, ctx.request_context.lifespan_context)
