"""The ledger: who was, or may have been, mailed is not mailed again."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from wootric_mcp.settings import Settings
from wootric_mcp.store.errors import LedgerUnusable
from wootric_mcp.store.ledger import Claim, Ledger, Limits, Recipient

NOW = 1_800_000_000.0
DAY = 86_400.0
TWO_WEEKS = Limits(min_days=14)


def settings(folder: Path, **values: object) -> Settings:
    return Settings.model_validate(
        {
            "client_id": "one",
            "store": f"sqlite:///{folder / 'store.sqlite3'}",
            "alias_key_file": folder / "key",
            **values,
        }
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(settings(tmp_path))
    yield ledger
    ledger.close()


def people(ledger: Ledger, *addresses: str) -> list[Recipient]:
    return [ledger.recipient(address, None) for address in addresses]


async def claimed(
    ledger: Ledger, who: list[Recipient], *, plan: str = "P-1", limits: Limits = TWO_WEEKS, now: float = NOW
) -> Claim:
    return await ledger.claim(who, plan=plan, subject="Hello", limits=limits, now=now, seconds=45)


@pytest.mark.parametrize("state", ["sending", "sent", "unclear"])
async def test_who_may_have_been_mailed_is_not_granted_for_two_weeks(ledger: Ledger, state: str) -> None:
    who = people(ledger, "ann@example.com", "bob@example.com")
    first = await claimed(ledger, who)
    assert first.granted == set(who)
    if state != "sending":
        await ledger.settle(first.request, state)  # type: ignore[arg-type]
    assert not (await claimed(ledger, who, plan="P-2", now=NOW + 13 * DAY)).granted
    assert (await claimed(ledger, who, plan="P-2", now=NOW + 14 * DAY)).granted == set(who)


async def test_who_was_surely_not_mailed_may_be_at_once_and_with_the_same_plan(ledger: Ledger) -> None:
    who = people(ledger, "ann@example.com")
    first = await claimed(ledger, who)
    await ledger.settle(first.request, "not sent")
    again = await claimed(ledger, who)
    assert again.granted == set(who)
    await ledger.settle(again.request, "sent")
    assert [(entry.id, entry.state) for entry in await ledger.entries()] == sorted(
        [(first.request, "not sent"), (again.request, "sent")]
    )


async def test_the_same_content_goes_out_once_even_without_a_rest(ledger: Ledger) -> None:
    who = people(ledger, "ann@example.com")
    await claimed(ledger, who, limits=Limits(min_days=0))
    assert not (await claimed(ledger, who, limits=Limits(min_days=0), now=NOW + 900 * DAY)).granted
    assert (await claimed(ledger, who, plan="P-2", limits=Limits(min_days=0))).granted


@pytest.mark.parametrize("written", ["ANN@example.com", " ann@Example.com "])
async def test_an_address_is_the_same_however_it_is_written(ledger: Ledger, written: str) -> None:
    await claimed(ledger, people(ledger, "ann@example.com"))
    assert not (await claimed(ledger, people(ledger, written), plan="P-2")).granted


async def test_a_person_with_a_new_address_is_the_same_person(ledger: Ledger) -> None:
    await claimed(ledger, [ledger.recipient("old@example.com", 7)])
    moved = ledger.recipient("new@example.com", 7)
    assert not (await claimed(ledger, [moved], plan="P-2")).granted
    assert await ledger.mailed([moved], since=NOW - DAY) == {moved}
    assert await ledger.mailed_people([7, 8]) == {7: NOW}


async def test_a_day_has_only_so_many_mails(ledger: Ledger) -> None:
    limits = Limits(min_days=14, max_per_day=3)
    who = people(ledger, *(f"{number}@example.com" for number in range(5)))
    assert (await claimed(ledger, who[:2], limits=limits)).granted == set(who[:2])
    assert (await claimed(ledger, who[2:], plan="P-2", limits=limits)).granted == {who[2]}
    assert not (await claimed(ledger, who[3:], plan="P-3", limits=limits)).granted
    assert (await claimed(ledger, who[3:], plan="P-3", limits=limits, now=NOW + DAY)).granted == set(who[3:])


async def test_two_programs_at_once_never_get_the_same_person(tmp_path: Path) -> None:
    ledgers = [Ledger.open(settings(tmp_path)) for _ in range(4)]
    who = people(ledgers[0], *(f"{number}@example.com" for number in range(20)))
    granted: list[Recipient] = []

    async def send(ledger: Ledger, plan: str) -> None:
        for start in range(0, 20, 4):
            claim = await claimed(ledger, who[start : start + 4], plan=plan)
            granted.extend(claim.granted)

    async with anyio.create_task_group() as group:
        for number, ledger in enumerate(ledgers):
            group.start_soon(send, ledger, f"P-{number % 2}")
    for ledger in ledgers:
        ledger.close()
    assert len(granted) == len(set(granted)) == 20


async def test_a_request_whose_process_is_gone_is_unclear_and_only_a_person_resolves_it(
    tmp_path: Path,
) -> None:
    now = 1_000.0
    ledger = Ledger.open(settings(tmp_path), clock=lambda: now)
    who = people(ledger, "ann@example.com")
    request = (await claimed(ledger, who)).request
    with pytest.raises(ValueError, match="sending"):
        await ledger.resolve(request, sent=False)
    now += 45 + 15.1
    assert [entry.state for entry in await ledger.entries(unclear_only=True)] == ["unclear"]
    assert not (await claimed(ledger, who, plan="P-2")).granted
    assert (await ledger.resolve(request, sent=False)).state == "not sent"
    assert (await claimed(ledger, who, plan="P-2")).granted == set(who)
    with pytest.raises(KeyError):
        await ledger.resolve("S-none", sent=True)
    ledger.close()


async def test_an_outcome_that_comes_after_a_person_resolved_it_changes_nothing(ledger: Ledger) -> None:
    request = (await claimed(ledger, people(ledger, "ann@example.com"))).request
    await ledger.settle(request, "unclear")
    await ledger.resolve(request, sent=True)
    await ledger.settle(request, "not sent")
    assert [entry.state for entry in await ledger.entries()] == ["sent"]


async def test_what_surely_was_sent_is_noted_also_after_a_person_said_that_it_was_not(
    ledger: Ledger,
) -> None:
    who = people(ledger, "ann@example.com")
    request = (await claimed(ledger, who)).request
    await ledger.settle(request, "unclear")
    await ledger.resolve(request, sent=False)
    await ledger.settle(request, "sent")
    assert [entry.state for entry in await ledger.entries()] == ["sent"]
    assert not (await claimed(ledger, who, plan="P-2")).granted


async def test_accounts_that_share_a_file_do_not_know_each_other(tmp_path: Path) -> None:
    one, other = (Ledger.open(settings(tmp_path, client_id=name)) for name in ("one", "other"))
    who = people(one, "ann@example.com")
    await claimed(one, who)
    assert (await claimed(other, who)).granted == set(who)
    assert len(await other.entries()) == 1
    one.close()
    other.close()


async def test_plans_are_kept_for_their_time(ledger: Ledger) -> None:
    await ledger.keep_plan("P-1", '{"who": 7}', now=NOW, until=NOW + DAY)
    assert await ledger.plan("P-1", now=NOW + DAY - 1) == '{"who": 7}'
    assert await ledger.plan("P-1", now=NOW + DAY) is None
    await ledger.drop_plans(lambda row: "7" in row)
    assert await ledger.plan("P-1", now=NOW) is None


async def test_the_file_is_for_the_user_alone_and_holds_no_address(tmp_path: Path) -> None:
    ledger = Ledger.open(settings(tmp_path))
    await claimed(ledger, [ledger.recipient("ann@example.com", 512004417)])
    ledger.close()
    assert ledger.path
    assert ledger.path.stat().st_mode & 0o077 == 0
    content = ledger.path.read_bytes()
    assert b"ann" not in content
    assert b"512004417" not in content


def test_with_the_store_off_there_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnusable, match="WOOTRIC_STORE is off"):
        Ledger.open(settings(tmp_path, store="off"))


def test_a_damaged_ledger_is_never_made_anew(tmp_path: Path) -> None:
    Ledger.open(settings(tmp_path)).close()
    path = tmp_path / "store.sqlite3.ledger"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerUnusable, match="Nothing was sent"):
        Ledger.open(settings(tmp_path))
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows moves no file that is open")
@pytest.mark.parametrize("how", ["moved", "removed", "replaced"])
async def test_a_ledger_that_is_gone_while_it_is_open_lets_nobody_be_mailed(how: str, tmp_path: Path) -> None:
    ledger = Ledger.open(settings(tmp_path))
    who = people(ledger, "ann@example.com")
    assert ledger.path
    if how == "removed":
        ledger.path.unlink()
    else:
        ledger.path.rename(tmp_path / "elsewhere")
    if how == "replaced":
        Ledger.open(settings(tmp_path)).close()
    with pytest.raises(LedgerUnusable, match="Nothing was sent"):
        await claimed(ledger, who)
    ledger.close()


def test_a_ledger_of_another_key_or_a_newer_version_is_refused(tmp_path: Path) -> None:
    Ledger.open(settings(tmp_path)).close()
    with pytest.raises(LedgerUnusable, match="WOOTRIC_ALIAS_KEY_FILE"):
        Ledger.open(settings(tmp_path, alias_key_file=tmp_path / "other"))
    with closing(sqlite3.connect(tmp_path / "store.sqlite3.ledger")) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(LedgerUnusable, match="newer version"):
        Ledger.open(settings(tmp_path))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite3.ledger").mkdir()
    with pytest.raises(LedgerUnusable, match=r"store\.sqlite3\.ledger"):
        Ledger.open(settings(tmp_path))
