"""Plans that wait to be sent: sealed in the ledger's file, and no plan to whoever lacks the key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.accounts import kept_in
from wootric_mcp.guard.plans import Addressee, Plan
from wootric_mcp.guard.waiting import WaitingPlans
from wootric_mcp.settings import Settings
from wootric_mcp.store.ledger import Ledger

NOW, DAY = 1_800_000_000.0, 86_400.0
SECRET = b"s" * 32
PEOPLE = (
    Addressee("ann@example.com", values={"first name": "Ann \ud800"}),
    Addressee("", 512004417, cells=("bob@example.com", "Team")),
)
PLAN = Plan({"subject": "How are we doing?"}, PEOPLE, "ours", id="P-1", header=("email", "plan"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(
        Settings(
            client_id="one", alias_key_file=tmp_path / "key", store=f"sqlite:///{tmp_path / 'store.sqlite3'}"
        )
    )
    yield opened
    opened.close()


async def test_a_plan_comes_back_as_it_was_kept_for_its_time(ledger: Ledger) -> None:
    waiting = WaitingPlans(ledger, SECRET)
    await waiting.keep(PLAN, now=NOW, until=NOW + DAY)
    assert await waiting.find("P-1", now=NOW + DAY - 1) == PLAN
    assert await waiting.find("P-1", now=NOW + DAY) is None
    assert await waiting.find("P-2", now=NOW) is None


async def test_the_file_tells_nobody_who_is_to_be_mailed_nor_what(ledger: Ledger, tmp_path: Path) -> None:
    await WaitingPlans(ledger, SECRET).keep(PLAN, now=NOW, until=NOW + DAY)
    written = "".join(kept_in(tmp_path).values())
    assert "P-1" in written
    for secret in ("example.com", "512004417", "How are we doing"):
        assert secret not in written


async def test_what_the_key_does_not_open_is_no_plan(ledger: Ledger) -> None:
    await WaitingPlans(ledger, SECRET).keep(PLAN, now=NOW, until=NOW + DAY)
    assert await WaitingPlans(ledger, b"t" * 32).find("P-1", now=NOW) is None
    await ledger.keep_plan("P-2", PLAN.to_json(), now=NOW, until=NOW + DAY)
    assert await WaitingPlans(ledger, SECRET).find("P-2", now=NOW) is None


async def test_a_plan_under_the_id_of_another_is_none(ledger: Ledger) -> None:
    waiting = WaitingPlans(ledger, SECRET)
    await waiting.keep(PLAN, now=NOW, until=NOW + DAY)
    assert ledger.path
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute("UPDATE plans SET id = 'P-9'")
        connection.commit()
    assert await waiting.find("P-9", now=NOW) is None


async def test_plans_that_name_somebody_are_dropped_and_so_is_what_does_not_open(ledger: Ledger) -> None:
    waiting = WaitingPlans(ledger, SECRET)
    other = Plan({}, (Addressee("ann@example.com"),), "ours", id="P-2")
    for plan in (PLAN, other):
        await waiting.keep(plan, now=NOW, until=NOW + DAY)
    await ledger.keep_plan("P-3", "damaged", now=NOW, until=NOW + DAY)
    await waiting.drop_naming(512004417, "")
    assert await waiting.find("P-1", now=NOW) is None
    assert await waiting.find("P-2", now=NOW) == other
    assert await ledger.plan("P-3", now=NOW) is None


async def test_a_plan_from_before_the_person_had_an_id_is_dropped_by_address(ledger: Ledger) -> None:
    waiting = WaitingPlans(ledger, SECRET)
    for name, address in (("P-2", "Ann@example.com"), ("P-3", "bob@example.com")):
        await waiting.keep(Plan({}, (Addressee(address),), "ours", id=name), now=NOW, until=NOW + DAY)
    await waiting.drop_naming(1, "ann@example.com")
    assert await waiting.find("P-2", now=NOW) is None
    assert await waiting.find("P-3", now=NOW)
