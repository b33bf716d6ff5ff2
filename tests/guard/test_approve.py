"""`wootric-mcp approve`: a person in a terminal lets a call act that nobody could be asked about."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.accounts import (
    ERAS,
    MARA,
    MARA_LAST,
    Clock,
    Era,
    Person,
    account_settings,
    answered,
    connected,
    refused,
    running,
)
from tests.guard.effects import writes
from tests.processes import SERVER, server_environment
from wootric_mcp.guard import cli
from wootric_mcp.server import build_server

DELETE: dict[str, Any] = {"end_user": MARA, "response_id": MARA_LAST}


def approvable(said: str) -> str:
    found = re.search(r"wootric-mcp approve (\w+)`", said)
    assert found, said
    return found[1]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Desk:
    """A person's terminal on the machine of a server whose store lies in a folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, clock: Clock) -> None:
        self._patch = monkeypatch
        self._clock = clock
        for name in [name for name in os.environ if name.startswith("WOOTRIC_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("WOOTRIC_STORE", f"sqlite:///{folder / 'store.sqlite3'}")

    def approve(self, code: str, says: str = "y") -> tuple[int, str]:
        """The exit status, and all that was shown."""
        shown = _Terminal()
        self._patch.setattr(sys, "stdin", _Terminal(f"{says}\n"))
        self._patch.setattr(sys, "stdout", shown)
        self._patch.setattr(sys, "stderr", shown)
        status = cli.main(["approve", code], lambda: self._clock.now().timestamp())
        return status, shown.getvalue()


@pytest.mark.parametrize("confirm", ["ask", "ask_or_token"])
@pytest.mark.parametrize("mode", ERAS)
async def test_the_same_call_acts_once_after_it_was_approved(
    mode: Era, confirm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with running() as served:
        async with connected(served, mode, folder=tmp_path, clock=clock, confirm=confirm) as client:
            code = approvable(await refused(client, "delete_response", **DELETE))
            status, shown = Desk(monkeypatch, tmp_path, clock).approve(code)
            assert status == 0
            assert f"Delete response {MARA_LAST}" in shown
            assert "Two outages in a week" in shown
            assert writes(served) == []
            other = await refused(client, "delete_end_user", end_user=MARA)
            assert "Nothing was changed" in other
            await answered(client, "delete_response", **DELETE)
            status, shown = Desk(monkeypatch, tmp_path, clock).approve(code)
            assert status == 1
            assert "There is no such code" in shown
        assert writes(served) == ["DELETE"]


async def test_a_client_that_hides_questions_need_not_ask_once_it_is_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    person = Person("decline", clock=clock, takes=0.01)
    with running() as served:
        async with connected(served, person=person, folder=tmp_path, clock=clock) as client:
            code = approvable(await refused(client, "delete_response", **DELETE))
            assert Desk(monkeypatch, tmp_path, clock).approve(code.lower())[0] == 0
            await answered(client, "delete_response", **DELETE)
        assert len(person.questions) == 1


async def test_another_process_of_the_same_store_may_make_the_approved_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with running() as served:
        async with (
            connected(served, folder=tmp_path, clock=clock) as one,
            connected(served, "legacy", folder=tmp_path, clock=clock) as other,
        ):
            code = approvable(await refused(one, "delete_response", **DELETE))
            assert Desk(monkeypatch, tmp_path, clock).approve(code)[0] == 0
            await answered(other, "delete_response", **DELETE)
            assert "Nothing was changed" in await refused(one, "delete_response", **DELETE)
        assert writes(served) == ["DELETE"]


async def test_what_is_not_approved_does_not_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    with running() as served:
        async with connected(served, folder=tmp_path, clock=clock, confirm="ask") as client:
            desk = Desk(monkeypatch, tmp_path, clock)
            code = approvable(await refused(client, "delete_response", **DELETE))
            for says in ("", "n", "yes please"):
                status, shown = desk.approve(code, says)
                assert status == 1
                assert "Nothing was changed" in shown
            assert "There is no such code" in desk.approve("22222AAAAA")[1]
            await refused(client, "delete_response", **DELETE)
            clock.seconds += 301
            assert "There is no such code" in desk.approve(code)[1]
            late = approvable(await refused(client, "delete_response", **DELETE))
            assert desk.approve(late)[0] == 0
            clock.seconds += 301
            await refused(client, "delete_response", **DELETE)
        assert writes(served) == []


async def test_an_approval_ends_when_what_it_is_about_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with running() as served:
        async with connected(served, folder=tmp_path, clock=clock) as client:
            code = approvable(await refused(client, "delete_response", **DELETE))
            assert Desk(monkeypatch, tmp_path, clock).approve(code)[0] == 0
            served.sandbox.account.update("responses", MARA_LAST, text="I take it back, thank you!")
            said = await refused(client, "delete_response", **DELETE)
            assert "I take it back" in said
        assert writes(served) == []


async def test_the_store_keeps_neither_the_code_nor_the_question_to_read(tmp_path: Path) -> None:
    with running() as served:
        async with connected(served, folder=tmp_path) as client:
            code = approvable(await refused(client, "delete_end_user", end_user=MARA))
            with sqlite3.connect(tmp_path / "store.sqlite3") as connection:
                (row,) = connection.execute("SELECT * FROM codes").fetchall()
            connection.close()
    kept = " ".join(map(str, row))
    assert code not in kept
    assert str(MARA) not in kept
    assert "mara" not in kept


def test_without_a_terminal_nothing_is_approved() -> None:
    done = subprocess.run(
        [*SERVER, "approve", "22222AAAAA"],
        capture_output=True,
        text=True,
        env=server_environment(),
        timeout=30,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
async def test_a_real_process_in_a_real_terminal_approves(tmp_path: Path) -> None:
    import pty

    with running() as served:
        server = build_server(account_settings(served, tmp_path), now=lambda: datetime.now(UTC))
        async with Client(server) as client:
            code = approvable(await refused(client, "delete_response", **DELETE))
            ours, theirs = pty.openpty()
            os.write(ours, b"y\n")
            environment = server_environment({"WOOTRIC_STORE": f"sqlite:///{tmp_path / 'store.sqlite3'}"})
            done = await anyio.run_process(
                [*SERVER, "approve", code],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env=environment,
                check=False,
            )
            shown = os.read(ours, 10_000).decode()
            os.close(ours)
            os.close(theirs)
            assert done.returncode == 0, shown
            assert "Let this happen?" in shown
            await answered(client, "delete_response", **DELETE)
        assert writes(served) == ["DELETE"]
