"""Whatever client, era, transport and policy: nothing acts without a yes, an approval or a code.

The tests walk the cells of one matrix; the table of README.md stands on what they see (`confirmation.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.types import ElicitResult

from tests.accounts import ERAS, MARA, Clock, Era, Person, account_settings, running, text_of
from tests.guard.effects import GUARDED, writes
from tests.processes import stdio_server
from tests.snapshot import assert_matches
from tests.test_serving import account, http_server
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.server import build_server

POLICIES = ("ask", "ask_or_token", "off")
_SLOW = pytest.mark.slow
_POLICIES = ["ask_or_token", pytest.param("ask", marks=_SLOW), pytest.param("off", marks=_SLOW)]
ACTS, NOTHING = "it happens", "nothing"
BY_CODE = "nothing; after an approval, or on a second call with the code, it happens once"
BY_APPROVAL = "nothing; after an approval it happens once"
NOT_AGAIN = "nothing, and they are not asked again for five minutes"


@dataclass
class Silent:
    """A person who never answers."""

    asked: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, _: Any, asked: Any) -> ElicitResult:
        self.asked.set()
        await anyio.sleep_forever()
        raise AssertionError


def answering(clock: Clock) -> dict[str, Person | Silent | None]:
    """What stands at the other end, by how the table calls it."""
    return {
        "the person says yes": Person("yes", clock=clock, takes=2),
        "the person says no": Person("decline", clock=clock, takes=2),
        "the person closes the question": Person("cancel", clock=clock, takes=2),
        "the person gives no answer": Silent(),
        "the assistant declines at once, by itself": Person("decline", clock=clock, takes=0.02),
        "the assistant accepts without an answer": Person("nothing", clock=clock, takes=0.02),
        "the assistant cannot ask": None,
    }


SITUATIONS = tuple(answering(Clock()))
EXPECTED = {
    "the person says yes": (ACTS, ACTS),
    "the person says no": (NOT_AGAIN, NOT_AGAIN),
    "the person closes the question": (NOTHING, NOTHING),
    "the person gives no answer": (NOTHING, NOTHING),
    "the assistant declines at once, by itself": (BY_APPROVAL, BY_CODE),
    "the assistant accepts without an answer": (BY_APPROVAL, BY_CODE),
    "the assistant cannot ask": (BY_APPROVAL, BY_CODE),
}
"""By situation, under `ask` and `ask_or_token`; `off` acts always."""


def expected(situation: str, policy: str) -> str:
    return ACTS if policy == "off" else EXPECTED[situation][POLICIES.index(policy)]


async def called(client: Client, person: Person | Silent | None, tool: str, arguments: dict[str, Any]) -> str:
    """What the answer says; nothing if the client gave up waiting for the person."""
    if not isinstance(person, Silent):
        return text_of(await client.call_tool(tool, arguments))
    said: list[str] = []
    person.asked = anyio.Event()  # that was for another call

    async def call() -> None:
        said.append(text_of(await client.call_tool(tool, arguments)))
        person.asked.set()

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await person.asked.wait()
        group.cancel_scope.cancel()
    return "".join(said)


async def outcome(
    served: RunningSandbox,
    client: Client,
    person: Person | Silent | None,
    tool: str,
    arguments: dict[str, Any],
) -> str:
    """What comes of one cell, seen from the account."""
    before = writes(served)
    said = await called(client, person, tool, arguments)
    if writes(served) != before:
        assert len(writes(served)) == len(before) + 1
        return ACTS
    assert said.endswith("Nothing was changed.") or isinstance(person, Silent), said
    if code := re.search(r'code="(\w+)"', said):
        assert f"wootric-mcp approve {code[1]}`" in said
        await client.call_tool(tool, {**arguments, "code": code[1]})
        assert len(writes(served)) == len(before) + 1
        await client.call_tool(tool, {**arguments, "code": code[1]})
        # A profile that is so already may be set so again: that takes nothing away.
        assert len(writes(served)) == len(before) + 1 or tool.startswith("update_end_user")
        return BY_CODE
    if "wootric-mcp approve" in said:
        return BY_APPROVAL
    if isinstance(person, Person):
        asked = len(person.questions)
        await client.call_tool(tool, arguments)
        assert writes(served) == before
        return NOTHING if len(person.questions) > asked else NOT_AGAIN
    return NOTHING


async def cells(
    served: RunningSandbox,
    folder: Path,
    mode: Era,
    situation: str,
    policy: str,
    calls: list[tuple[str, dict[str, Any]]],
) -> list[str]:
    """The outcomes of calls to one server in memory."""
    clock = Clock()
    person = answering(clock)[situation]
    settings = account_settings(served, folder, confirm=policy)
    with anyio.fail_after(60):
        server = build_server(settings, now=clock.now, clock=clock)
        async with Client(server, mode=mode, elicitation_callback=person) as client:
            return [await outcome(served, client, person, tool, arguments) for tool, arguments in calls]


@pytest.mark.parametrize("policy", _POLICIES)
@pytest.mark.parametrize("mode", ERAS)
async def test_two_tools_in_memory(mode: Era, policy: str, tmp_path: Path) -> None:
    with running() as served:
        for number, situation in enumerate(SITUATIONS):
            calls: list[tuple[str, dict[str, Any]]] = [
                ("send_email_survey", {"emails": [f"g{number}@lumenfield.test"], "survey_immediately": True}),
                ("update_end_user_settings", {"end_user": MARA, "force_mobile_survey": True}),
            ]
            found = await cells(served, tmp_path / str(number), mode, situation, policy, calls)
            assert found == [expected(situation, policy)] * len(calls), situation


REVEALED = "+353861234567"


@pytest.mark.parametrize("mode", ERAS)
async def test_what_strict_privacy_hides_is_revealed_to_nobody_unasked_even_with_questions_off(
    mode: Era, tmp_path: Path
) -> None:
    """As under `ask`: the stricter of the two settings wins."""
    with running() as served:
        for number, situation in enumerate(SITUATIONS):
            clock = Clock()
            person = answering(clock)[situation]
            folder = tmp_path / str(number)
            settings = account_settings(served, folder, confirm="off", privacy="strict")
            with anyio.fail_after(60):
                server = build_server(settings, now=clock.now, clock=clock)
                async with Client(server, mode=mode, elicitation_callback=person) as client:
                    said = await called(client, person, "reveal_customer", {"end_user": MARA})
                    again = await client.call_tool("reveal_customer", {"end_user": MARA, "code": "A" * 10})
            assert (REVEALED in said) is (expected(situation, "ask") == ACTS), situation
            assert ("wootric-mcp approve" in said) is (expected(situation, "ask") == BY_APPROVAL), situation
            assert again.is_error
            assert REVEALED not in text_of(again)
            assert 'code="' not in said


# All act on one account, so nobody is mailed twice, and what is deleted comes last.
_OTHERS_CSV = {"csv": "email\njun.sato@lumenfield.test\n", "survey_immediately": True}
EFFECTS = sorted(
    (GUARDED | {"mailing a CSV": ("send_email_survey_csv", _OTHERS_CSV)}).values(),
    key=lambda call: (call[0].startswith("delete"), call[0] == "delete_end_user"),
)


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("mode", ERAS)
async def test_every_tool_in_memory(mode: Era, policy: str, situation: str, tmp_path: Path) -> None:
    with running(snapshot_edit="204") as served:
        found = await cells(served, tmp_path, mode, situation, policy, EFFECTS)
    assert found == [expected(situation, policy)] * len(EFFECTS)


_NUMBERS = count()


def _mail() -> tuple[str, dict[str, Any]]:
    """A call that nobody has made before."""
    return "send_email_survey", {"emails": [f"n{next(_NUMBERS)}@lumenfield.test"], "survey_immediately": True}


def _over_the_wire(person: Person, policy: str) -> Iterator[tuple[str, str]]:
    """What a person or an assistant does that takes no time, and what comes of it."""
    for says, situation in (
        ("yes", "the person says yes"),
        ("no", "the person says no"),
        ("cancel", "the assistant declines at once, by itself"),
        ("decline", "the assistant declines at once, by itself"),
        ("nothing", "the assistant accepts without an answer"),
    ):
        person.says = says  # type: ignore[assignment]
        yield situation, expected(situation, policy)


def environment(served: RunningSandbox, folder: Path, policy: str) -> dict[str, str]:
    return {
        **account(served.base_url),
        "WOOTRIC_CONFIRM": policy,
        "WOOTRIC_STORE": f"sqlite:///{folder / 'store.sqlite3'}",
        "WOOTRIC_AUDIT": str(folder / "audit.jsonl"),
        "WOOTRIC_ALIAS_KEY_FILE": str(folder / "alias.key"),
    }


async def walk(served: RunningSandbox, target: Any, mode: Era, policy: str) -> None:
    """Every situation over one transport."""
    person = Person()
    with anyio.fail_after(120):
        async with Client(target, mode=mode, elicitation_callback=person) as client:
            for situation, wanted in _over_the_wire(person, policy):
                assert await outcome(served, client, person, *_mail()) == wanted, situation
        async with Client(target, mode=mode) as client:
            wanted = expected("the assistant cannot ask", policy)
            assert await outcome(served, client, None, *_mail()) == wanted
        nobody = Silent()
        async with Client(target, mode=mode, elicitation_callback=nobody) as client:
            wanted = expected("the person gives no answer", policy)
            assert await outcome(served, client, nobody, *_mail()) == wanted


@pytest.mark.parametrize("policy", _POLICIES)
async def test_over_http(policy: str, tmp_path: Path) -> None:
    with running() as served, http_server(**environment(served, tmp_path, policy)) as server:
        for mode in ERAS:
            await walk(served, server.url, mode, policy)


@pytest.mark.parametrize("policy", _POLICIES)
@pytest.mark.parametrize("mode", [pytest.param("auto", marks=_SLOW), "legacy"])
async def test_over_stdio(mode: Era, policy: str, tmp_path: Path) -> None:
    with running() as served:
        target = stdio_server(environment=environment(served, tmp_path, policy))
        await walk(served, target, mode, policy)


def test_the_table_says_what_was_seen() -> None:
    head = ["what happens at the other end", *(f"`--confirm {policy}`" for policy in POLICIES)]
    rows = [[situation, *(expected(situation, policy) for policy in POLICIES)] for situation in SITUATIONS]
    lines = [head, ["---"] * len(head), *rows]
    assert_matches("confirmation.md", "".join(f"| {' | '.join(line)} |\n" for line in lines))
