"""The audit log: a line before each write leaves and one with its outcome, and no write without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    JUN,
    MARA,
    MARA_LAST,
    Clock,
    Era,
    Person,
    answered,
    connected,
    refused,
    running,
)
from tests.guard.effects import writes
from tests.guard.test_codes import code_in
from tests.processes import server_environment
from tests.tools.test_every_operation import CASES
from wootric_mcp.guard import audit, cli
from wootric_mcp.operations import OPERATIONS
from wootric_mcp.tools import sending

WRITING = [row.id for row in OPERATIONS.values() if not row.is_read_only]


def logged(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "audit.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("operation", WRITING)
async def test_every_operation_that_acts_leaves_both_lines(operation: str, tmp_path: Path) -> None:
    case = CASES[operation]
    with running(snapshot_edit="204") as served:
        async with connected(
            served, person=Person("yes"), folder=tmp_path, send_domains="lumenfield.test"
        ) as client:
            await answered(client, operation, **case.arguments)
        mailed = len(served.sandbox.account.outbox())
    before, after = logged(tmp_path)
    assert before["outcome"] == "begins"
    assert after["outcome"] == "done"
    assert {name: before[name] for name in before if name not in ("time", "outcome")}.items() <= after.items()
    assert before["tool"] == operation
    assert before["confirmed"] == ("asked, yes" if case.asks else "not needed")
    assert before["request"]
    assert after.get("sent", 0) == before.get("mailed", 0)
    assert set(before["arguments"]) <= set(case.arguments)
    assert before["target"] or operation in {"send_email_survey_csv", "generate_bounce_report"}
    assert before.get("mailed", 0) == mailed * operation.startswith("send")
    written = (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    for secret in ("lumenfield", "crm-", "+351", str(MARA), str(JUN), "Fine", "APAC", "sandbox", "How is"):
        assert secret not in written.replace('"client": "mcp', "")


@pytest.mark.parametrize("mode", ERAS)
async def test_the_same_person_has_the_same_hash_however_they_were_named(mode: Era, tmp_path: Path) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes"), folder=tmp_path) as client:
            await answered(client, "update_end_user", end_user=MARA, properties={"plan": "Pro"})
            await answered(client, "update_end_user", end_user="external:crm-88213", external_id="crm-2")
            await answered(client, "delete_response", response_id=MARA_LAST, end_user="+353861234567")
            await answered(client, "delete_end_user", end_user=JUN)
    people = [line["target"]["people"] for line in logged(tmp_path)]
    assert people[:6] == [people[0]] * 6
    assert people[6:] == [people[6]] * 2 != people[:2]


@pytest.mark.parametrize("mode", ERAS)
async def test_how_it_was_confirmed_is_told(mode: Era, tmp_path: Path) -> None:
    delete = {"end_user": MARA, "response_id": MARA_LAST}
    with running() as served:
        async with connected(served, mode, folder=tmp_path) as client:
            code = code_in(await refused(client, "delete_response", **delete))
            assert not (tmp_path / "audit.jsonl").exists()
            await answered(client, "delete_response", **delete, code=code)
        async with connected(served, mode, folder=tmp_path, confirm="off") as client:
            await answered(client, "delete_end_user", end_user=JUN)
    assert [line["confirmed"] for line in logged(tmp_path)] == ["code alone"] * 2 + ["off"] * 2


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "429", "seconds": 5, "rate": 1.0}, "nothing changed"),
        ({"kind": "cut_after", "rate": 1.0}, "may have changed"),
        ({"kind": "delay", "seconds": 2, "rate": 1.0}, "may have changed"),
    ],
    ids=["refused", "cut off", "too late"],
)
async def test_what_became_of_a_write_that_failed_is_told(
    fault: dict[str, Any], outcome: str, tmp_path: Path
) -> None:
    with running() as served:
        async with connected(served, folder=tmp_path, deadline=0.5) as client:
            await answered(client, "list_segments")  # a token, which a fault would hit as well
            served.sandbox.faults.add({"path": "/v1/end_users", "method": "POST", **fault})
            await refused(client, "create_response", end_user=MARA, score=3)
    before, after = logged(tmp_path)
    assert before["outcome"] == "begins"
    assert after["outcome"] == outcome
    assert after["error"]


async def test_a_survey_of_which_a_part_is_unclear_is_not_noted_as_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"guest{number}@lumenfield.test" for number in range(101)]
    with running(rate_limit=None) as served:
        post = sending._post

        async def post_and_cut_off_the_next(*arguments: Any) -> None:
            await post(*arguments)
            served.sandbox.faults.add({"kind": "cut_after", "path": "/v1/email_survey", "next": 1})

        monkeypatch.setattr(sending, "_post", post_and_cut_off_the_next)
        async with connected(served, person=Person("yes"), folder=tmp_path) as client:
            await answered(client, "send_email_survey", emails=people, survey_immediately=True)
    after = logged(tmp_path)[-1]
    assert (after["sent"], after["unclear"], after["outcome"]) == (100, 1, "may have changed")


@pytest.mark.parametrize("mode", ERAS)
async def test_without_the_log_nothing_is_written(mode: Era, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    with running() as served:
        async with connected(served, mode, person=Person("yes"), folder=tmp_path) as client:
            for tool, arguments in (
                ("delete_response", {"end_user": MARA, "response_id": MARA_LAST}),
                ("create_response", {"end_user": MARA, "score": 3}),
            ):
                said = await refused(client, tool, **arguments)
                assert str(tmp_path / "audit.jsonl") in said
                assert said.endswith("Nothing was changed.")
        assert writes(served) == []


async def test_an_outcome_that_cannot_be_written_does_not_hide_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    append = audit.append

    def only_before(path: Path, line: str) -> None:
        if '"begins"' not in line:
            raise OSError(28, "No space left on device")
        append(path, line)

    monkeypatch.setattr(audit, "append", only_before)
    with running() as served:
        async with connected(served, folder=tmp_path) as client:
            await answered(client, "create_response", end_user=MARA, score=3)
    assert "audit log" in caplog.text


async def test_the_sandbox_leaves_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_AUDIT", str(tmp_path / "audit.jsonl"))
    with running() as served:
        async with connected(served) as client:
            await answered(client, "create_response", end_user=MARA, score=3)
        assert writes(served) == ["POST"]
    assert not (tmp_path / "audit.jsonl").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "audit.jsonl"
    audit.append(file, "{}")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_line_that_was_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text('{"number": 1}\n{"numb', encoding="utf-8")
    audit.append(file, '{"number": 2}')
    assert list(audit.lines(file)) == [{"number": 2}, {"number": 1}]


def test_a_full_file_gives_way_and_no_line_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LARGEST", 4_000)
    file = tmp_path / "audit.jsonl"

    def write(number: int) -> None:
        audit.append(file, json.dumps({"number": number, "filler": "x" * 60}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert {line["number"] for line in audit.lines(file)} == set(range(200))
    for number in range(200, 800):
        write(number)
    newest = [line["number"] for line in audit.lines(file)]
    assert newest == list(range(799, 799 - len(newest), -1))
    files = [path for path in tmp_path.iterdir() if not path.name.endswith(".lock")]
    assert len(files) == audit.KEPT + 1
    assert sum(path.stat().st_size for path in files) <= (audit.KEPT + 1) * 4_100


_WRITER = """
import json, sys
from pathlib import Path
from wootric_mcp.guard import audit
audit.LARGEST, audit.KEPT = 1_000, 100
print("ready", flush=True)
sys.stdin.readline()
for number in range(300):
    audit.append(Path(sys.argv[1]), json.dumps({"who": sys.argv[2], "number": number, "filler": "x" * 60}))
"""


def test_two_processes_that_fill_the_log_at_once_neither_tear_nor_lose_a_line(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(file), who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=server_environment(),
        )
        for who in ("one", "other")
    ]
    for writer in writers:
        assert writer.stdout and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    files = [path for path in tmp_path.iterdir() if not path.name.endswith(".lock")]
    assert len(files) > 50
    written = [json.loads(line) for each in files for line in each.read_text(encoding="utf-8").splitlines()]
    for who in ("one", "other"):
        numbers = [line["number"] for line in written if line["who"] == who]
        assert sorted(numbers) == list(range(300))


async def test_the_command_shows_the_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("WOOTRIC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WOOTRIC_AUDIT", str(tmp_path / "audit.jsonl"))
    assert cli.main(["audit"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    clock = Clock()
    with running() as served:
        async with connected(served, person=Person("yes"), folder=tmp_path, clock=clock) as client:
            await answered(client, "delete_response", end_user=MARA, response_id=MARA_LAST)
            clock.seconds += 60
            await answered(client, "create_response", end_user=MARA, score=3)
    with (tmp_path / "audit.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"half a li')
    assert cli.main(["audit", "-n", "3"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert f"delete_response  response {MARA_LAST}" in shown[0]
    assert "confirmed: asked, yes  -> done" in shown[0]
    assert "create_response" in shown[1]
    assert shown[1].endswith("-> begins")
    assert cli.main(["audit", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == logged_lines(tmp_path)
    assert lines[0]["time"].startswith("2026-11-18T12:00:00")


def logged_lines(folder: Path) -> list[dict[str, Any]]:
    """Those that can be read, oldest first."""
    return list(audit.lines(folder / "audit.jsonl"))[::-1]
