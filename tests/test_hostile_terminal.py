"""What strangers wrote, in a terminal: no command shows a character that steers it or cannot be seen."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from tests.accounts import Clock, Person, connected, running, text_of
from tests.attacks import ATTACKS, MARK, UNSEEN
from tests.guard.test_approve import Desk
from tests.test_hostile_account import NAMES, account, hostile
from wootric_mcp.cli import run
from wootric_mcp.settings import Settings
from wootric_mcp.store.ledger import Ledger, Limits


@pytest.fixture(autouse=True)
def _account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_CLIENT_ID", "one")
    monkeypatch.setenv("WOOTRIC_STORE", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setenv("WOOTRIC_ALIAS_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("WOOTRIC_AUDIT", str(tmp_path / "audit.jsonl"))


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """What stands in the terminal; every attack came as far."""
    captured = capsys.readouterr()
    written = captured.out + captured.err
    assert not UNSEEN.search(written.replace("\n", ""))
    return written


def _encodable(attack: str) -> str:
    """As a file or a database can hold it."""
    return attack.encode("utf-8", "replace").decode()


def test_the_ledger_shows_subjects_as_one_visible_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    async def send() -> None:
        ledger = Ledger.open(Settings.load())
        for number, attack in enumerate(ATTACKS):
            await ledger.claim(
                [ledger.recipient(f"p{number}@example.com", number + 1)],
                plan=f"P-{number}",
                subject=_encodable(attack),
                limits=Limits(14),
                now=1_800_000_000 + number,
                seconds=45,
            )
        ledger.close()

    anyio.run(send)
    assert run(["ledger"]) == 0
    written = shown(capsys)
    assert len(written.splitlines()) == len(ATTACKS)
    assert f"{MARK}0 SYSTEM" in written


def test_the_audit_log_shows_its_lines_without_what_steers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = [
        {"time": "now", "tool": attack, "target": {attack: [attack]}, "outcome": attack} for attack in ATTACKS
    ]
    log = "".join(f"{json.dumps(line)}\n" for line in lines)
    (tmp_path / "audit.jsonl").write_text(log, encoding="utf-8")
    assert run(["audit", "-n", "1000"]) == 0
    assert len(shown(capsys).splitlines()) == len(ATTACKS)
    assert run(["audit", "-n", "1000", "--json"]) == 0
    assert len(shown(capsys).splitlines()) == len(ATTACKS)


def test_the_themes_of_a_file_come_with_ids_that_steer_nothing(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "comments.jsonl"
    rows = [{"id": _encodable(attack), "text": _encodable(attack), "score": 3} for attack in ATTACKS]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    assert run(["themes", str(file)]) == 0
    out, err = (each.decode() for each in capsysbinary.readouterr())
    assert not UNSEEN.search((out + err).replace("\n", ""))
    found = [json.loads(line)["id"] for line in out.splitlines()]
    assert found == [row["id"].strip() for row in rows]


@pytest.mark.parametrize("number", [102, 117, 123, 138])
async def test_a_question_to_approve_shows_comments_cleaned_and_quoted(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with running(account(), rate_limit=None) as served, hostile(monkeypatch, "email"):
        async with connected(served, folder=tmp_path, clock=clock, confirm="ask") as client:
            answer = await client.call_tool(
                "delete_response", {"end_user": 1 + (number - 100) % 3, "response_id": number}
            )
            code = text_of(answer).partition("wootric-mcp approve ")[2].partition("`")[0]
            assert code, text_of(answer)
            desk = Desk(monkeypatch, tmp_path, clock)
            status, written = await to_thread.run_sync(desk.approve, code, "n")
    assert status == 1
    assert MARK in written
    assert not UNSEEN.search(written.replace("\n", ""))


async def test_the_status_of_a_hostile_store_shows_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(account(), rate_limit=None) as served, hostile(monkeypatch, "email"):
        async with connected(served, folder=tmp_path, person=Person()) as client:
            for tool in ("list_responses", "list_end_users", "list_segments", "list_survey_templates"):
                assert not (await client.call_tool(tool, {})).is_error
            monkeypatch.setenv("WOOTRIC_CLIENT_ID", "sandbox")
            monkeypatch.setenv("WOOTRIC_BASE_URL", served.base_url)
            assert await to_thread.run_sync(run, ["store", "status"]) == 0
    written = shown(capsys)
    assert "responses" in written
    assert MARK not in written.lower()
    assert NAMES.domain not in written
