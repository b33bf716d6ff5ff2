"""A send of three requests that does not get to its end: answer, ledger, audit log and outbox agree."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from sqlalchemy import Engine, event

from tests.accounts import ERAS, Era, Person, account_settings, answered, connected, refused, running, text_of
from tests.tools.sends import six
from wootric_mcp.guard import plans
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.store import ledger_file
from wootric_mcp.store.ledger import Ledger
from wootric_mcp.tools import planning, sending

SIX = six("guest")
SEND: dict[str, Any] = {"emails": SIX, "survey_immediately": True}
Act = Callable[[], Any]


@pytest.fixture(autouse=True)
def _small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_ADDRESSES", 2)
    monkeypatch.setattr(planning, "_LOOKED_UP", 0)
    monkeypatch.setattr(ledger_file, "_PATIENCE", 0.05)


def mailed(served: RunningSandbox) -> list[str]:
    return [mail["to"] for mail in served.sandbox.account.outbox()]


async def states(served: RunningSandbox, folder: Path) -> list[str]:
    """Of the requests in the ledger, in alphabetical order."""
    ledger = Ledger.open(account_settings(served, folder))
    found = await ledger.entries()
    ledger.close()
    return sorted(entry.state for entry in found)


def audited(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()]


@contextmanager
def around_request(number: int, *, before: Act | None = None, after: Act | None = None) -> Iterator[None]:
    """Something happens right before or after the n-th request of the sends, counted from 1."""
    post, count = sending._post, 0

    async def posted(*arguments: Any) -> None:
        nonlocal count
        count += 1
        if before and count == number:
            before()
        await post(*arguments)
        if after and count == number:
            after()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "_post", posted)
        yield


class Broken:
    """A ledger that stops working, and works again."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._journal = folder / "store.sqlite3.ledger-journal"
        self._path = folder / "store.sqlite3.ledger"
        self._pragma = ""
        self._lock: sqlite3.Connection | None = None
        opened = ledger_file._engine

        def breakable(path: Path | None) -> Engine:
            engine = opened(path)

            @event.listens_for(engine, "checkout")
            def _(connection: Any, *_: Any) -> None:
                if self._pragma:
                    connection.execute(f"PRAGMA {self._pragma}")

            return engine

        monkeypatch.setattr(ledger_file, "_engine", breakable)

    def locked(self) -> None:
        self._lock = sqlite3.connect(self._path, isolation_level=None)
        self._lock.execute("BEGIN EXCLUSIVE")

    def read_only(self) -> None:
        self._pragma = "query_only = ON"

    def full(self) -> None:
        self._pragma = "max_page_count = 1"  # no more than there are, and every request needs more
        with closing(sqlite3.connect(self._path)) as connection:
            connection.executescript(
                "CREATE TABLE more (bytes); CREATE TRIGGER needs_more BEFORE INSERT ON requests "
                "BEGIN INSERT INTO more VALUES (zeroblob(100000)); END"
            )

    def not_to_be_journaled(self) -> None:
        self._journal.mkdir()

    def mended(self) -> None:
        if self._lock:
            self._lock.close()
        if self._pragma:
            self._pragma = "query_only = OFF" if "query" in self._pragma else "max_page_count = 1000000"
        if self._journal.is_dir():
            self._journal.rmdir()


HOW = ["locked", "read_only", "full", "not_to_be_journaled"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("mode", ERAS)
async def test_what_was_mailed_is_told_where_the_ledger_fails_after_the_first_request(
    mode: Era, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Broken(tmp_path, monkeypatch)
    with running(rate_limit=None) as served:
        async with connected(served, mode, person=Person(), folder=tmp_path) as client:
            with around_request(1, after=getattr(ledger, how)):
                answer = await answered(client, "send_email_survey", **SEND)
            told = text_of(answer)
            assert "accepted the survey for 2 recipients. Not sent: 4, unclear: 0." in told
            assert "The ledger could not be written, so no further request left." in told
            assert "Nothing was" not in told
            assert mailed(served) == SIX[:2]
            ledger.mended()
            assert (audited(tmp_path)[-1]["sent"], audited(tmp_path)[-1]["not_sent"]) == (2, 4)
            # That it was sent may not have been noted; it counts as mailed all the same.
            assert await states(served, tmp_path) == (["sent"] if how == "full" else ["sending"])
            again = await answered(client, "send_email_survey", **SEND)
            assert "accepted the survey for 4 recipients" in text_of(again)
        assert mailed(served) == SIX


@pytest.mark.parametrize("how", HOW)
async def test_nobody_is_mailed_where_the_ledger_fails_before_the_first_request(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Broken(tmp_path, monkeypatch)
    send = sending.send

    async def broken_first(*arguments: Any) -> Any:
        getattr(ledger, how)()
        return await send(*arguments)

    with running(rate_limit=None) as served:
        async with connected(served, person=Person(), folder=tmp_path) as client:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("wootric_mcp.tools.email_surveys.send", broken_first)
                said = await refused(client, "send_email_survey", **SEND)
            assert "Nothing was" in said
            assert mailed(served) == []
            assert audited(tmp_path)[-1]["outcome"] == "nothing changed"
            ledger.mended()
            assert await states(served, tmp_path) == []
            await answered(client, "send_email_survey", **SEND)
        assert mailed(served) == SIX


async def test_a_refusal_after_the_first_request_does_not_say_that_nothing_changed(tmp_path: Path) -> None:
    with running(rate_limit=None) as served:
        bad = {"kind": "html", "status": 400, "next": 1, "path": "/v1/email_survey"}
        async with connected(served, person=Person(), folder=tmp_path) as client:
            with around_request(1, after=lambda: served.sandbox.faults.add(bad)):
                told = text_of(await answered(client, "send_email_survey", **SEND))
            assert "accepted the survey for 2 recipients. Not sent: 4, unclear: 0." in told
            assert "Nothing was" not in told
            assert await states(served, tmp_path) == ["not sent", "sent"]
            await answered(client, "send_email_survey", **SEND)
        assert mailed(served) == SIX


def silent(served: RunningSandbox, seconds: float) -> Act:
    """The next survey arrives, but its answer takes too long."""
    rule = {"kind": "delay", "seconds": seconds, "next": 1, "path": "/v1/email_survey"}
    return lambda: served.sandbox.faults.add(rule)


@pytest.mark.parametrize("mode", ERAS)
async def test_a_deadline_in_the_middle_is_told_in_figures(
    mode: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_TIME_FOR_A_REQUEST", 0.0)
    with running(rate_limit=None) as served:
        async with connected(served, mode, person=Person(), folder=tmp_path, deadline=3) as client:
            with around_request(1, after=silent(served, 4)):
                answer = await answered(client, "send_email_survey", **SEND)
            told = text_of(answer)
            assert "accepted the survey for 2 recipients. Not sent: 2, unclear: 2." in told
            assert "ledger resolve S-" in told
            assert "ry again" not in told
            last = audited(tmp_path)[-1]
            assert [last[name] for name in ("sent", "not_sent", "unclear")] == [2, 2, 2]
            assert last["outcome"] == "may have changed"
            assert await states(served, tmp_path) == ["sent", "unclear"]
            again = await answered(client, "send_email_survey", **SEND)
            assert "accepted the survey for 2 recipients" in text_of(again)
        assert set(mailed(served)) >= {*SIX[:2], *SIX[4:]}
        assert len(mailed(served)) == len(set(mailed(served)))


@pytest.mark.parametrize("mode", ERAS)
async def test_a_deadline_in_the_first_request_says_that_it_may_have_been_sent(
    mode: Era, tmp_path: Path
) -> None:
    with running(rate_limit=None) as served:
        async with connected(served, mode, person=Person(), folder=tmp_path, deadline=2) as client:
            with around_request(1, before=silent(served, 3)):
                said = await refused(client, "send_email_survey", **SEND)
            assert "It may have been sent" in said
            assert "ledger resolve S-" in said
            assert "Nothing was" not in said
            assert audited(tmp_path)[-1]["outcome"] == "may have changed"
            assert await states(served, tmp_path) == ["unclear"]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_failure_of_this_server_in_the_middle_says_that_it_may_have_been_sent(
    mode: Era, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        raise RuntimeError("nobody thought of this")

    with running(rate_limit=None) as served:
        async with connected(served, mode, person=Person(), folder=tmp_path) as client:
            with around_request(2, after=fails):
                said = await refused(client, "send_email_survey", **SEND)
            assert "It may have been carried out or sent" in said
            assert "nobody thought of this" not in said
            assert "Nothing was" not in said
            assert audited(tmp_path)[-1]["outcome"] == "may have changed"
            assert await states(served, tmp_path) == ["sent", "unclear"]
            await answered(client, "send_email_survey", **SEND)
        assert mailed(served) == SIX
    assert "nobody thought of this" in caplog.text


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not holds():  # noqa: ASYNC110 - what is waited for is in a file
            await anyio.sleep(0.01)


async def given_up(client: Client, begun: anyio.Event) -> None:
    """Call, and have the client cancel it once its second request is about to leave."""

    async def call() -> None:
        await client.call_tool("send_email_survey", SEND)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await begun.wait()
        group.cancel_scope.cancel()


@pytest.mark.parametrize("mode", ERAS)
async def test_a_call_that_the_client_cancels_in_the_middle_is_noted(mode: Era, tmp_path: Path) -> None:
    begun = anyio.Event()
    with running(rate_limit=None) as served:
        delay = silent(served, 1)

        def about_to_leave() -> None:
            delay()
            begun.set()

        async with connected(served, mode, person=Person(), folder=tmp_path) as client:
            with around_request(2, before=about_to_leave):
                await given_up(client, begun)
                await until(lambda: len(audited(tmp_path)) == 2)
            last = audited(tmp_path)[-1]
            assert (last["outcome"], last["error"]) == ("may have changed", "CancelledError")
            assert await states(served, tmp_path) == ["sent", "unclear"]
            again = await answered(client, "send_email_survey", **SEND)
            assert "accepted the survey for 2 recipients" in text_of(again)
        assert set(mailed(served)) >= {*SIX[:2], *SIX[4:]}
        assert len(mailed(served)) == len(set(mailed(served)))


@pytest.mark.parametrize("mode", ERAS)
async def test_no_survey_leaves_without_a_line_in_the_audit_log(mode: Era, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    with running(rate_limit=None) as served:
        async with connected(served, mode, person=Person(), folder=tmp_path) as client:
            said = await refused(client, "send_email_survey", **SEND)
        assert said.endswith("Nothing was changed.")
        assert mailed(served) == []
        assert await states(served, tmp_path) == []


@pytest.mark.parametrize("mode", ERAS)
async def test_what_was_mailed_is_told_where_the_audit_log_fails_meanwhile(
    mode: Era, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "audit.jsonl"

    def gone() -> None:
        log.rename(tmp_path / "before.jsonl")
        log.mkdir()

    with running(rate_limit=None) as served:
        async with connected(served, mode, person=Person(), folder=tmp_path) as client:
            with around_request(2, after=gone):
                answer = await answered(client, "send_email_survey", **SEND)
        assert "accepted the survey for 6 recipients" in text_of(answer)
        assert mailed(served) == SIX
        assert await states(served, tmp_path) == ["sent"] * 3
    assert "could not be added to the audit log" in caplog.text
    assert '"begins"' in (tmp_path / "before.jsonl").read_text(encoding="utf-8")
