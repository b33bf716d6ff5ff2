from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from tests.processes import A_SECOND
from wootric_mcp.sandbox import cli
from wootric_mcp.sandbox.server import Sandbox

from .connection import CLIENT

LINE = re.compile(r"Wootric sandbox at (http://127\.0\.0\.1:[0-9]+) \(client id and secret: sandbox\)\n")


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in its own process, and its base URL."""
    command = [sys.executable, "-m", "wootric_mcp", "sandbox", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    alarm = threading.Timer(30, process.kill)
    alarm.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = LINE.fullmatch(line)
        assert found, (line, process.stderr.read() if process.stderr and process.poll() is not None else "")
        yield process, found[1]
    finally:
        alarm.cancel()
        process.kill()
        process.communicate()


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_the_command_serves_until_it_is_interrupted_and_says_nothing_else(signal_name: str) -> None:
    with started("--port", "0") as (process, url):
        assert httpx.post(f"{url}/oauth/token", data=CLIENT).status_code == 200
        before = time.monotonic()
        process.send_signal(getattr(signal, signal_name))
        out, err = process.communicate(timeout=5)
        assert time.monotonic() - before < A_SECOND
        assert (process.returncode, out, err) == (0, "", "")


@contextmanager
def prepared(*arguments: str) -> Iterator[Sandbox]:
    """What the arguments ask for, without serving it."""
    sandbox, _ = cli.prepare(arguments)
    try:
        yield sandbox
    finally:
        sandbox.close()


def test_every_switch_is_an_option() -> None:
    arguments = (
        "--rate-limit off --page-limit 5 --per-page-limit 500 --create-status 201-empty --delete-status 200"
        " --date-format epoch --response-end-user full --put-properties merge --snapshot-edit 204"
        " --hide-never-surveyed --report-shape openapi --client-id me --no-retry-after --email-throttle 3"
    )
    with prepared(*arguments.split()) as sandbox:
        switches = sandbox.switches
        assert (switches.rate_limit, switches.page_limit, switches.per_page_limit) == (None, 5, 500)
        assert (switches.create_status, switches.delete_status, switches.date_format) == (
            "201-empty",
            "200",
            "epoch",
        )
        assert (switches.response_end_user, switches.put_properties) == ("full", "merge")
        assert (switches.snapshot_edit, switches.hide_never_surveyed) == ("204", True)
        assert (switches.report_shape, switches.client_id, switches.retry_after) == ("openapi", "me", False)
        assert switches.email_throttle == 3


def test_the_story_has_a_higher_limit_unless_told_otherwise() -> None:
    with prepared("--story", "--now", "2026-11-18T12:00:00") as sandbox:
        assert sandbox.switches.rate_limit == 1_000
        assert sandbox.clock.now().isoformat().startswith("2026-11-18T12:")
        assert len(sandbox.account.responses()) > 10_000
    with prepared("--story", "--rate-limit", "7") as sandbox:
        assert sandbox.switches.rate_limit == 7


def test_a_file_is_loaded_and_shifted(tmp_path: Path) -> None:
    file = tmp_path / "feedback.csv"
    file.write_text("date,score,text\n2020-01-05,3,slow\n", encoding="utf-8")
    now = "2026-11-18T12:00:00Z"
    with prepared("--load", str(file), "--now", now) as sandbox:
        [row] = sandbox.account.responses()
        assert (row.score, row.text) == (3, "slow")
        early = row.created_at
    with prepared("--load", str(file), "--now", now, "--shift-dates") as sandbox:
        assert sandbox.account.responses()[0].created_at > early


def test_faults_are_set_from_the_start() -> None:
    arguments = ("--fault", "kind=500,rate=0.05", "--fault", "kind=cut,next=3,path=/v1,method=get")
    with prepared(*arguments) as sandbox:
        first, second = sandbox.faults.rules()
        assert (first["kind"], first["rate"]) == ("500", 0.05)
        assert (second["next"], second["path"], second["method"]) == (3, "/v1", "GET")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--shift-dates"], "--shift-dates needs --load"),
        (["--fault", "kind=fire"], "kind must be one of 401, "),
        (["--time-zone", "Berlin"], "'Berlin' is not a time zone"),
        (["--load", "nowhere.csv"], "nowhere.csv"),
        (["--db", "no/such/folder/account.db"], "no/such/folder/account.db: unable to open"),
        (["--db", __file__], "file is not a database"),
        (["--token-seconds", "-5"], "token_seconds must not be negative"),
    ],
)
def test_what_does_not_hold_is_told_in_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert complaint in err


@pytest.mark.parametrize(
    "arguments", [["--fault", "cut"], ["--now", "noon"], ["--rate-limit", "some"], ["--story", "--load", "x"]]
)
def test_arguments_that_cannot_be_read_show_the_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2


def test_data_for_a_file_that_holds_an_account_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feedback.csv").write_text("date,score\n2026-01-05,3\n", encoding="utf-8")
    arguments = ["--db", str(tmp_path / "account.db"), "--load", str(tmp_path / "feedback.csv")]
    with prepared(*arguments):
        pass
    assert cli.main(arguments) == 2
    assert "already holds an account" in capsys.readouterr().err


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["--port", str(port)]) == 2
    assert f"port {port}: " in capsys.readouterr().err


def test_an_interrupt_ends_the_command_and_puts_the_handlers_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(number: int, frame: FrameType | None) -> None:
        raise AssertionError("not while the command runs")

    before = signal.signal(signal.SIGTERM, handler)
    try:
        # The line is printed when it serves: that is when this test interrupts it.
        original = print
        monkeypatch.setattr(
            "builtins.print",
            lambda *args, **more: (original(*args, **more), signal.raise_signal(signal.SIGTERM)),
        )
        assert cli.main(["--port", "0", "--client-secret", "other"]) == 0
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "(client id: sandbox, and the secret you gave)" in capsys.readouterr().out


def test_an_interrupt_while_the_account_is_made_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(argv: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "prepare", interrupted)
    assert cli.main([]) == 0
