"""Strict privacy walked: addresses and numbers in every field, and none in what is shown, kept or logged."""

from __future__ import annotations

import io
import json
import logging
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from tests import strict_story
from tests.accounts import ERAS, Era, Person, connected, kept_in, running
from tests.processes import SERVER, server_environment
from tests.strict_story import DOMAIN, leaks
from tests.test_cli_stdio import Host
from tests.walking import Said, called, calls, told
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.shield.logs import mask_logs

NOBODY = f"nobody@{DOMAIN}"


@contextmanager
def served_story(*, people: int | None = None) -> Iterator[RunningSandbox]:
    """The planted story, or the part of it that so many people wrote."""
    data = strict_story.planted_story() if people is None else strict_story.excerpt(people)
    with running(data, rate_limit=None, snapshot_edit="204") as served:
        yield served


@contextmanager
def logged(*, is_masked: bool) -> Iterator[io.StringIO]:
    """What the server writes to stderr when its operator wants to read everything."""
    root, written = logging.getLogger(), io.StringIO()
    handler, before = logging.StreamHandler(written), (root.handlers[:], root.level)
    root.handlers = [handler]
    root.setLevel(logging.DEBUG)  # assigning it would leave loggers with what they remember of the old one
    if is_masked:
        mask_logs()
    try:
        yield written
    finally:
        root.handlers = before[0]
        root.setLevel(before[1])


async def walked(served: RunningSandbox, folder: Path, mode: Era, privacy: str) -> dict[str, list[Said]]:
    """Everything that a server says and keeps."""
    person, names = Person("yes"), strict_story.names()
    with logged(is_masked=privacy == "strict") as log:
        async with connected(
            served, mode, person=person, folder=folder, seconds=400, privacy=privacy
        ) as client:
            answers = await called(client, [*strict_story.by_address(), *calls(names)])
            besides = await told(client, names, written=NOBODY, filled="last week")
            files = await to_thread.run_sync(kept_in, folder)
        async with connected(served, mode, folder=folder, privacy=privacy) as client:
            held = await called(client, calls(names))
    assert len(person.questions) >= 5
    assert {"store.sqlite3", "store.sqlite3.ledger", "audit.jsonl"} <= set(files)
    return {
        "answers": answers,
        "besides": besides,
        "held": held,
        "questions": [("question", question) for question in person.questions],
        "files": list(files.items()),
        "log": [("log", log.getvalue())],
    }


@pytest.mark.parametrize("mode", ERAS)
async def test_nothing_by_which_somebody_can_be_reached_is_shown_stored_or_logged(
    mode: Era, tmp_path: Path
) -> None:
    with served_story(people=60) as served:
        said = await walked(served, tmp_path, mode, "strict")
    assert leaks([each for some in said.values() for each in some]) == []


async def test_with_less_privacy_the_same_walk_finds_people_everywhere(tmp_path: Path) -> None:
    with served_story(people=60) as served:
        said = await walked(served, tmp_path, "auto", "alias")
    assert {kind for kind, some in said.items() if leaks(some)} == set(said)


@pytest.mark.slow
async def test_the_whole_story_reaches_nobody(tmp_path: Path) -> None:
    with served_story() as served:
        said = await walked(served, tmp_path, "auto", "strict")
    assert leaks([each for some in said.values() for each in some]) == []


def environment(served: RunningSandbox, folder: Path) -> dict[str, str]:
    return server_environment(
        {
            "WOOTRIC_BASE_URL": served.base_url,
            "WOOTRIC_CLIENT_ID": "sandbox",
            "WOOTRIC_CLIENT_SECRET": "sandbox",
            "WOOTRIC_TIMEZONE": "UTC",
            "WOOTRIC_PRIVACY": "strict",
            "WOOTRIC_LOG_LEVEL": "DEBUG",
            "WOOTRIC_STORE": f"sqlite:///{folder / 'store.sqlite3'}",
            "WOOTRIC_ALIAS_KEY_FILE": str(folder / "alias.key"),
            "WOOTRIC_AUDIT": str(folder / "audit.jsonl"),
        }
    )


def spoken(environment: dict[str, str], stderr: Path) -> list[Said]:
    """What a spawned server writes to its stdout; it has nobody to ask, so calls are repeated with codes."""
    with (
        stderr.open("wb") as log,
        subprocess.Popen(
            SERVER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        host = Host(process)
        try:
            host.greet()
            for tool, arguments in [*strict_story.by_address(), *calls(strict_story.names())]:
                answer = host.ask("tools/call", name=tool, arguments=arguments)
                code = json.dumps(answer).partition('code=\\"')[2].partition("\\")[0]
                if code:
                    host.ask("tools/call", name=tool, arguments={**arguments, "code": code})
            for method in ("tools/list", "prompts/list", "resources/list"):
                host.ask(method)
            for uri in ("segments", "survey-templates", "definitions"):
                host.ask("resources/read", uri=f"wootric://{uri}")
            assert process.stdin
            process.stdin.close()
            process.wait(10)
        finally:
            process.kill()
    return [("stdout", line) for line in host.lines]


def commanded(environment: dict[str, str], *arguments: str) -> list[Said]:
    """What a command of the program writes to both."""
    done = subprocess.run(
        [*SERVER, *arguments], capture_output=True, env=environment, timeout=300, check=True
    )
    told = (done.stdout + done.stderr).decode()
    assert told, arguments
    return [(" ".join(arguments), told)]


@pytest.mark.slow
async def test_a_process_and_the_commands_reach_nobody_on_stdout_stderr_or_disk(tmp_path: Path) -> None:
    folder, stderr = tmp_path / "data", tmp_path / "stderr"
    folder.mkdir()
    with served_story() as served:
        own = environment(served, folder)

        def run() -> list[Said]:
            said = spoken(own, stderr)
            for arguments in ("audit", "audit --json", "ledger", "store status", "sync last 30 days"):
                said += commanded(own, *arguments.split())
            return [*said, *kept_in(folder).items(), ("stderr", stderr.read_text(encoding="utf-8"))]

        with anyio.fail_after(500):
            said = await to_thread.run_sync(run)
    by_place: dict[str, Any] = dict(said)
    assert "DEBUG" in by_place["stderr"]
    assert '"outcome": "done"' in by_place["audit.jsonl"]
    assert sum(where == "stdout" for where, _ in said) > len(calls(strict_story.names()))
    assert leaks(said) == []
