"""`wootric-mcp sync` and `store`: as processes of their own, against a sandbox over a real port."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.accounts import small_account
from tests.processes import A_SECOND, SERVER, server_environment
from wootric_mcp.sandbox.records import AccountData, ResponseRow
from wootric_mcp.sandbox.server import RunningSandbox, Sandbox, serve
from wootric_mcp.sandbox.switches import Switches
from wootric_mcp.store import cli
from wootric_mcp.store.sync import _Bar, _duration, _Lines, _roughly

Command = Callable[..., subprocess.CompletedProcess[str]]


def account(responses: int) -> AccountData:
    small = small_account()
    now = int(time.time())
    return replace(
        small,
        responses=[
            ResponseRow(1_000 + number, small.end_users[0].id, 9, now - 4_000 * number - 900, now)
            for number in range(responses)
        ],
        end_users=[replace(person, created_at=now - 90_000) for person in small.end_users],
        declines=[],
    )


@contextmanager
def serving(responses: int = 3, **switches: object) -> Iterator[RunningSandbox]:
    sandbox = Sandbox(account(responses), switches=Switches(**switches))  # type: ignore[arg-type]
    try:
        with serve(sandbox) as served:
            yield served
    finally:
        sandbox.close()


def environment(served: RunningSandbox | None, folder: Path, **more: str) -> dict[str, str]:
    return server_environment(
        {
            "WOOTRIC_BASE_URL": served.base_url if served else "http://127.0.0.1:9",
            "WOOTRIC_CLIENT_ID": "sandbox",
            "WOOTRIC_CLIENT_SECRET": "sandbox",
            "WOOTRIC_STORE": f"sqlite:///{folder / 'store.sqlite3'}",
            "WOOTRIC_ALIAS_KEY_FILE": str(folder / "key"),
            "WOOTRIC_TIMEZONE": "UTC",
            **more,
        }
    )


def command(
    served: RunningSandbox | None, folder: Path, *arguments: str, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVER, *arguments],
        capture_output=True,
        text=True,
        env=environment(served, folder, **more),
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_sync_reads_everything_once_and_again_only_what_is_fresh(tmp_path: Path) -> None:
    with serving(130) as served:
        first = command(served, tmp_path, "sync")
        second = command(served, tmp_path, "sync", "last", "365", "days")
        status = command(served, tmp_path, "store", "status")
    assert (first.returncode, second.returncode, status.returncode) == (0, 0, 0), first.stderr
    today = datetime.now(UTC).date()
    assert f"to {today} (UTC): 130 responses, 0 declines, 5 end users; 2 segments" in first.stdout
    assert "responses: 130 of about 130 rows" in first.stderr
    assert int(second.stdout.rpartition(" requests")[0].rpartition(" ")[2]) <= 10
    assert "130 responses (0 new)" in second.stdout
    assert "responses: 130 rows\n  created " in status.stdout
    assert status.stdout.startswith(f"Store: {tmp_path / 'store.sqlite3'}, ")


def test_strict_privacy_holds_for_sync_too(tmp_path: Path) -> None:
    with serving() as served:
        assert command(served, tmp_path, "sync", "--privacy", "strict", "all").returncode == 0
        plain = command(served, tmp_path, "store", "status")
    assert "Privacy: strict" in plain.stdout
    assert b"lumenfield" not in (tmp_path / "store.sqlite3").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_sync_stops_within_a_second_and_goes_on_where_it_was(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    file = tmp_path / "store.sqlite3"

    def rows() -> int:
        try:
            with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as connection:
                return int(connection.execute("SELECT count(*) FROM responses").fetchone()[0])
        except sqlite3.OperationalError:  # not made yet
            return 0

    with serving(1_500, rate_limit=20) as served:
        process = subprocess.Popen(
            [*SERVER, "sync", "all"], env=environment(served, tmp_path), text=True, stderr=subprocess.PIPE
        )
        until = time.monotonic() + 30
        while rows() < 200 and time.monotonic() < until:
            os.sched_yield()
        began = time.monotonic()
        for _ in range(2):  # who waits presses Ctrl-C again
            process.send_signal(number)
        _, said = process.communicate(timeout=30)
        assert process.returncode == status
        assert time.monotonic() - began < A_SECOND
        assert "goes on from there" in said
        assert "Traceback" not in said
        kept = rows()
        assert 200 <= kept < 1_500
        served.sandbox.switches = Switches(rate_limit=None)
        again = command(served, tmp_path, "sync", "all")
    assert "1,500 responses" in again.stdout
    assert int(again.stdout.rpartition(" requests")[0].rpartition(" ")[2]) <= (1_500 - kept) / 50 + 20


@pytest.mark.parametrize(
    ("arguments", "more", "status", "says"),
    [
        (("sync",), {"WOOTRIC_CLIENT_ID": ""}, 2, "WOOTRIC_CLIENT_ID"),
        (
            ("sync",),
            {"WOOTRIC_STORE": "off"},
            2,
            "WOOTRIC_STORE is off, so nothing that is read would be kept.",
        ),
        (("sync",), {"WOOTRIC_STORE": "memory"}, 2, "WOOTRIC_STORE is memory"),
        (("sync",), {"WOOTRIC_STORE_DAYS": "0"}, 2, "WOOTRIC_STORE_DAYS is 0"),
        (("sync", "some", "time"), {}, 2, "Valid periods:"),
        (("sync", "2150"), {}, 2, "nothing to read yet"),
        (("sync",), {}, 1, "No connection to 127.0.0.1"),
        (("store", "clear"), {"WOOTRIC_STORE": "nonsense"}, 2, "WOOTRIC_STORE cannot be used"),
        (("store", "status"), {"WOOTRIC_CLIENT_ID": ""}, 2, "WOOTRIC_CLIENT_ID"),
        (("store",), {}, 2, "status"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_on_stderr(
    tmp_path: Path, arguments: tuple[str, ...], more: dict[str, str], status: int, says: str
) -> None:
    done = command(None, tmp_path, *arguments, **more)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_secret_ends_a_sync_with_what_to_check(tmp_path: Path) -> None:
    with serving() as served:
        done = command(served, tmp_path, "sync", WOOTRIC_CLIENT_SECRET="wrong")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_store_that_cannot_be_written_ends_a_sync(tmp_path: Path) -> None:
    with serving() as served:
        (tmp_path / "file").touch()
        done = command(served, tmp_path, "sync", WOOTRIC_STORE=f"sqlite:///{tmp_path / 'file' / 'store'}")
    assert done.returncode == 1
    assert "Nothing was read, because it could not be kept" in done.stderr
    assert "What was read is kept" not in done.stderr


def test_status_and_clear_make_no_store_and_need_no_valid_credentials(tmp_path: Path) -> None:
    for arguments in (("status",), ("clear", "--yes")):
        done = command(None, tmp_path, "store", *arguments, WOOTRIC_CLIENT_SECRET="")
        assert done.returncode == 0
        assert "There is no store at" in done.stdout
    off = command(None, tmp_path, "store", "status", WOOTRIC_STORE="off")
    assert off.stdout == "WOOTRIC_STORE is off, so nothing is kept.\n"
    assert not list(tmp_path.iterdir())


def test_clear_needs_a_yes_and_deletes_a_damaged_store_with_all_its_files(tmp_path: Path) -> None:
    for name in ("store.sqlite3", "store.sqlite3-wal", "store.sqlite3.aside", "store.sqlite3.lock"):
        (tmp_path / name).write_bytes(b"damaged" * 1_000)
    (tmp_path / "other.sqlite3").touch()
    status = command(None, tmp_path, "store", "status")
    assert (status.returncode, "is damaged" in status.stderr) == (1, True)
    unsure = command(None, tmp_path, "store", "clear")
    assert (unsure.returncode, "add --yes" in unsure.stderr) == (2, True)
    assert (tmp_path / "store.sqlite3").exists()
    assert command(None, tmp_path, "store", "clear", "--yes").returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["other.sqlite3"]


@pytest.mark.parametrize(("answer", "is_deleted"), [("y", True), ("YES", True), ("", False), ("no", False)])
def test_on_a_terminal_clear_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, is_deleted: bool
) -> None:
    (tmp_path / "store.sqlite3").touch()
    for name, value in environment(None, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert cli.main(["store", "clear"], lambda _: UTC) == (0 if is_deleted else 1)
    assert (tmp_path / "store.sqlite3").exists() is not is_deleted


class Terminal:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...


def test_the_bar_shows_rows_rate_and_what_is_left() -> None:
    terminal = Terminal()
    bar = _Bar(terminal)  # type: ignore[arg-type]
    bar.begin("responses", 1_100)
    bar._began -= 10.0
    assert bar.is_due
    bar.show(1_600, 2_000, "24 min left, 40/100 requests free")
    assert not bar.is_due
    bar.end()
    last = terminal.text.replace("\r", "\n").strip().splitlines()[-1]
    assert "80 %" in last
    assert "1,600 of 2,000, " in last
    assert "50/s, 24 min left, " in last
    assert last.endswith("40/100 requests free")
    assert len(last) <= 80


def test_a_bar_of_which_nobody_knows_the_end_shows_no_percentage() -> None:
    terminal = Terminal()
    bar = _Bar(terminal)  # type: ignore[arg-type]
    bar.begin("end users", 0)
    bar.show(1_600, None, "")
    bar.end()
    last = terminal.text.replace("\r", "\n").strip().splitlines()[-1]
    assert last.startswith("end users 1,600 rows, ")
    assert "?" not in last
    assert "%" not in last


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "1 s"), (59, "59 s"), (61, "2 min"), (3_500, "59 min"), (3_720, "1 h 2 min")]
)
def test_what_is_left_is_told_in_round_numbers(seconds: float, text: str) -> None:
    assert _roughly(seconds) == text


def test_without_a_terminal_a_line_is_written_at_the_end_only_if_nothing_takes_long() -> None:
    terminal = Terminal()
    lines = _Lines(terminal)  # type: ignore[arg-type]
    lines.begin("declines", 0)
    assert not lines.is_due
    for rows in (50, 100):
        lines.show(rows, None, "")
    lines.end()
    assert terminal.text.startswith("declines: 100 rows, ")
    assert terminal.text.count("\n") == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.44, "0.4 s"), (59, "59 s"), (61, "1 min 1 s"), (3_720, "1 h 2 min")]
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert _duration(seconds) == text
