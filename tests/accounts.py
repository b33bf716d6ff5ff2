"""A small account whose every record a test can name, and clients that talk to a server for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import anyio
import bpe_openai
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.types import CallToolResult, ElicitResult
from pydantic import SecretStr

from wootric_mcp.sandbox.records import (
    AccountData,
    DeclineRow,
    EndUserRow,
    ResponseRow,
    SegmentRow,
    TemplateRow,
)
from wootric_mcp.sandbox.server import RunningSandbox, Sandbox, serve
from wootric_mcp.sandbox.story import build_story
from wootric_mcp.sandbox.switches import Switches
from wootric_mcp.server import build_server
from wootric_mcp.settings import Settings

Era: TypeAlias = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
"""A Wednesday: last week is 2026-11-09 to 2026-11-15."""

MARA, JUN, PHONE_ONLY, ANONYMOUS, OPTED_OUT = 512004417, 512009930, 512010001, 512010002, 512010003
MARA_LAST, MARA_FIRST, JUN_LAST = 103377120, 103102288, 103381907
MARA_DECLINE = 48810277
TEMPLATE = 3312


def ago(**of: float) -> int:
    """Epoch seconds that long before NOW."""
    return int((NOW - timedelta(**of)).timestamp())


def small_account() -> AccountData:
    """Five people, three responses of two of them, one decline, two segments, one template."""
    team = {"plan": "Team", "region": "EMEA"}
    old = ago(days=200)
    opted_out = {
        **EndUserRow(0, None, 0, 0).settings,
        "email_nps": False,
        "surveys_disabled_by_end_user": True,
    }
    return AccountData(
        end_users=[
            EndUserRow(
                MARA,
                "mara.okafor@lumenfield.test",
                old,
                old,
                phone_number="+353861234567",
                external_id="crm-88213",
                properties=dict(team),
                last_surveyed=ago(days=6),
                external_created_at=old,
            ),
            EndUserRow(JUN, "jun.sato@lumenfield.test", old, old, properties={"plan": "Starter"}),
            EndUserRow(PHONE_ONLY, None, old, old, phone_number="+81312345678"),
            EndUserRow(ANONYMOUS, "Unknown", old, old),
            EndUserRow(OPTED_OUT, "no.more@lumenfield.test", old, old, settings=opted_out),
        ],
        responses=[
            ResponseRow(
                MARA_FIRST,
                MARA,
                9,
                ago(days=120),
                ago(days=120),
                text="Setup took ten minutes.",
                properties=dict(team),
            ),
            ResponseRow(
                MARA_LAST,
                MARA,
                4,
                ago(days=6),
                ago(days=6),
                text="Two outages in a week. Call me at +353 86 123 4567 or mara.okafor@lumenfield.test!",
                properties=dict(team),
                tags=("RELIABILITY",),
                ip_address="203.0.113.24",
            ),
            ResponseRow(JUN_LAST, JUN, 10, ago(days=5), ago(days=5), properties={"plan": "Starter"}),
        ],
        declines=[DeclineRow(MARA_DECLINE, MARA, ago(days=60), ago(days=60), properties=dict(team))],
        segments=[SegmentRow("plan", "string", old), SegmentRow("region", "string", old)],
        templates=[TemplateRow(TEMPLATE, "Quarterly NPS", "en", (("en", "English"), ("de", "German")), True)],
    )


@cache
def story() -> AccountData:
    """The account of the sandbox, whose truth is known. Not to be changed."""
    return build_story(NOW)


@contextmanager
def running(data: AccountData | None = None, **switches: Any) -> Iterator[RunningSandbox]:
    """A served sandbox with the small account (or `data`), at NOW."""
    sandbox = Sandbox(small_account() if data is None else data, switches=Switches(**switches), now=NOW)
    try:
        with serve(sandbox) as served:
            yield served
    finally:
        sandbox.close()


@dataclass
class Clock:
    """Moves only when it is told to: seconds for how long somebody takes, and the time of day."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


@dataclass
class Person:
    """Answers a client's questions as told, and remembers what was asked."""

    says: Literal["yes", "no", "decline", "cancel", "nothing"] = "yes"
    questions: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None
    """What happens while the person thinks."""
    clock: Clock | None = None
    takes: float = 0.0
    """Seconds of the clock until the person answers."""

    async def __call__(self, _: Any, asked: Any) -> ElicitResult:
        self.questions.append(asked.message)
        if self.meanwhile:
            self.meanwhile()
        if self.clock:
            self.clock.seconds += self.takes
        match self.says:
            case "yes" | "no":
                return ElicitResult(action="accept", content={"agreed": self.says == "yes"})
            case "nothing":
                return ElicitResult(action="accept", content={})
            case _:
                return ElicitResult(action=self.says)


@asynccontextmanager
async def connected(
    served: RunningSandbox,
    mode: Era = "auto",
    *,
    person: ElicitationFnT | None = None,
    clock: Clock | None = None,
    folder: Path | None = None,
    seconds: float = 60,
    **flags: Any,
) -> AsyncIterator[Client]:
    """A client of a server for the sandbox; without a `person` the client cannot ask anybody.

    With a `folder` the sandbox counts as an account, whose store, audit log and key lie there.
    All that is done with the client has to be done within `seconds`.
    """
    clock = clock or Clock()
    if folder:
        settings = account_settings(served, folder, **flags)
    else:
        settings = Settings.for_sandbox(served.base_url, {"timezone": "UTC", **flags})
    with anyio.fail_after(seconds):
        async with Client(
            build_server(settings, now=clock.now, clock=clock), mode=mode, elicitation_callback=person
        ) as client:
            yield client


def account_settings(served: RunningSandbox, folder: Path, **flags: Any) -> Settings:
    """Settings for the sandbox as an account whose store, audit log and key lie in a folder."""
    return Settings(
        base_url=served.base_url,
        client_id="sandbox",
        client_secret=SecretStr("sandbox"),
        timezone="UTC",
        audit=folder / "audit.jsonl",
        alias_key_file=folder / "alias.key",
        **{"store": f"sqlite:///{folder / 'store.sqlite3'}", **flags},
    )


def kept_in(folder: Path) -> dict[str, str]:
    """The bytes of each file of a server, as text; what is open is read with its write-ahead log."""
    return {file.name: file.read_bytes().decode("utf-8", "replace") for file in folder.iterdir()}


def text_of(answer: CallToolResult) -> str:
    """All text of an answer."""
    return "\n".join(block.text for block in answer.content if block.type == "text")


def structure_of(answer: CallToolResult) -> dict[str, Any]:
    """The structured form of an answer, which every answer has."""
    structure: dict[str, Any] | None = answer.structured_content
    assert structure
    return structure


def tokens(value: object) -> int:
    """What a text, or a structure in compact JSON, costs a model."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(bpe_openai.get_encoding("o200k_base").encode(text))


async def answered(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    """Call a tool that is expected to succeed."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, text_of(answer)
    return answer


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that is expected to fail, and return what it says."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, text_of(answer)
    return text_of(answer)
