"""`wootric-mcp ledger`: what was sent, and what only a person can say of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.accounts import ERAS, JUN, Era, Person, connected, refused, running
from wootric_mcp.cli import run
from wootric_mcp.settings import Settings
from wootric_mcp.store.ledger import Ledger, Limits, State


@pytest.fixture(autouse=True)
def _account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_CLIENT_ID", "one")
    monkeypatch.setenv("WOOTRIC_STORE", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setenv("WOOTRIC_ALIAS_KEY_FILE", str(tmp_path / "key"))


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)


def sent(state: State) -> str:
    """The id of a request to one person that ended so."""

    async def send() -> str:
        ledger = Ledger.open(Settings.load())
        who = [ledger.recipient("ann@example.com", 7)]
        claim = await ledger.claim(
            who, plan="P-1", subject="How are we doing?", limits=Limits(14), now=1_800_000_000, seconds=45
        )
        await ledger.settle(claim.request, state)
        ledger.close()
        return claim.request

    return anyio.run(send)


def test_it_lists_what_left_without_naming_anybody(capsys: pytest.CaptureFixture[str]) -> None:
    request = sent("unclear")
    assert run(["ledger"]) == 0
    told = capsys.readouterr().out
    assert told == f"2027-01-15 08:00 UTC  {request}  unclear   1 person  P-1  How are we doing?\n"


@pytest.mark.parametrize(("flag", "state"), [("--sent", "sent"), ("--not-sent", "not sent")])
def test_a_person_resolves_what_is_unclear(
    flag: str, state: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    request = sent("unclear")
    at_a_terminal(monkeypatch, "y")
    assert run(["ledger", "resolve", request, flag]) == 0
    assert f"{request}  {state} " in capsys.readouterr().out
    assert run(["ledger", "resolve", request, flag]) == 1
    assert "is not unclear" in capsys.readouterr().err


def test_without_a_yes_or_a_terminal_nothing_changes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    request = sent("unclear")
    assert run(["ledger", "resolve", request, "--sent"]) == 2
    assert "needs a terminal" in capsys.readouterr().err
    at_a_terminal(monkeypatch, "")
    assert run(["ledger", "resolve", request, "--sent"]) == 1
    assert run(["ledger", "resolve", "S-none", "--sent"]) == 1
    assert run(["ledger"]) == 0
    assert "unclear" in capsys.readouterr().out


def test_where_there_is_no_ledger_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["ledger"]) == 0
    assert "nobody was mailed" in capsys.readouterr().out
    assert not (tmp_path / "store.sqlite3.ledger").exists()
    monkeypatch.setenv("WOOTRIC_STORE", "memory")
    assert run(["ledger"]) == 2
    assert "no ledger on disk" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--sent", "--not-sent"])
@pytest.mark.parametrize("mode", ERAS)
async def test_what_a_person_found_out_of_an_unclear_send_decides_who_is_mailed_again(
    mode: Era, flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = {"emails": [JUN], "survey_immediately": True}
    fault = {"kind": "cut_after" if flag == "--sent" else "500", "next": 1, "path": "/v1/email_survey"}
    at_a_terminal(monkeypatch, "y")
    with running() as served:
        monkeypatch.setenv("WOOTRIC_BASE_URL", served.base_url)
        monkeypatch.setenv("WOOTRIC_CLIENT_ID", "sandbox")
        monkeypatch.setenv("WOOTRIC_ALIAS_KEY_FILE", str(tmp_path / "alias.key"))
        async with connected(served, mode, person=Person(), folder=tmp_path) as client:
            served.sandbox.faults.add(fault)
            said = await refused(client, "send_email_survey", **survey)
            (request,) = set(re.findall(r"ledger resolve (S-\w+)", said))
            assert "mailed from here lately, or perhaps" in await refused(
                client, "send_email_survey", **survey
            )
            command = ["ledger", "resolve", request, flag]
            assert await anyio.to_thread.run_sync(run, command) == 0
            answer = await client.call_tool("send_email_survey", survey)
            assert answer.is_error == (flag == "--sent")
        assert len(served.sandbox.account.outbox()) == 1
