"""Codes in the store: used once, also when several processes try at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from wootric_mcp.store import codes
from wootric_mcp.store.database import Database

NOW = 1_000_000.0
MOST = codes.Unasked(mails=20, records=20)


def new(name: str, *, bound: str = "call", mailed: int = 0) -> codes.NewCode:
    return codes.NewCode(codes.hash_of(name), bound, "sealed", mailed, NOW + 300)


def opened(path: Path) -> Database:
    return Database.open(f"sqlite:///{path / 'store.sqlite3'}", privacy="standard")


def issue(database: Database, *made: codes.NewCode, now: float = NOW) -> None:
    with database.writing() as connection:
        for each in made:
            codes.issue(connection, each, now)


def redeem(
    database: Database,
    name: str,
    *,
    bound: str = "call",
    now: float = NOW,
    most: codes.Unasked | None = MOST,
) -> str | None:
    with database.writing() as connection:
        return codes.redeem(connection, bound, codes.hash_of(name), now, most)


def test_one_of_many_processes_uses_a_code(tmp_path: Path) -> None:
    processes = [opened(tmp_path) for _ in range(4)]
    for round_ in range(10):
        issue(processes[0], new(f"A{round_}"), new(f"B{round_}"))
        together = threading.Barrier(4)

        def use(number: int, name: str, together: threading.Barrier = together) -> str | None:
            together.wait(10)
            return redeem(processes[number], name)

        names = [f"A{round_}", f"B{round_}"] * 2
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(use, range(4), names))
        assert sorted(found, key=str) == [None, None, None, "code"]
    for process in processes:
        process.close()


@pytest.mark.parametrize("case", ["another call", "too old", "another code", "codes do not do"])
def test_a_code_that_does_not_fit_does_nothing(case: str, tmp_path: Path) -> None:
    database = opened(tmp_path)
    issue(database, new("A"))
    tried = {
        "another call": partial(redeem, bound="other"),
        "too old": partial(redeem, now=NOW + 300),
        "another code": lambda database, _: redeem(database, "B"),
        "codes do not do": partial(redeem, most=None),
    }[case]
    assert tried(database, "A") is None
    assert redeem(database, "A") == "code"
    database.close()


def test_mails_count_for_a_day_and_only_those_without_a_person(tmp_path: Path) -> None:
    database = opened(tmp_path)
    issue(database, new("A", bound="a", mailed=12), new("B", bound="b", mailed=12), new("C", mailed=8))
    path = tmp_path / "store.sqlite3"
    assert codes.approve_in(path, codes.hash_of("A"), NOW, NOW + 300)
    assert redeem(database, "", bound="a") == "approved"
    assert redeem(database, "B", bound="b") == "code"
    assert redeem(database, "C") == "code"
    issue(database, new("D", mailed=1))
    assert redeem(database, "D") == "too many"
    with database.reading() as connection:
        assert codes.unasked(connection, NOW) == codes.Unasked(mails=20, records=0)
        assert codes.unasked(connection, NOW + codes.DAY) == codes.Unasked(mails=0, records=0)
    database.close()


def test_records_count_apart_from_mails_and_only_those_without_a_person(tmp_path: Path) -> None:
    database, path, most = opened(tmp_path), tmp_path / "store.sqlite3", codes.Unasked(mails=5, records=2)
    for name in "ABCDE":
        issue(database, new(name, bound=name))
    assert codes.approve_in(path, codes.hash_of("A"), NOW, NOW + 300)
    assert redeem(database, "", bound="A", most=most) == "approved"
    found = [redeem(database, name, bound=name, most=most) for name in "BCDE"]
    assert found == ["code", "code", "too many", "too many"]
    issue(database, new("M", bound="M", mailed=5))
    assert redeem(database, "M", bound="M", most=most) == "code"
    with database.reading() as connection:
        assert codes.unasked(connection, NOW) == codes.Unasked(mails=5, records=2)
    database.close()


def test_what_is_of_no_use_is_dropped(tmp_path: Path) -> None:
    database = opened(tmp_path)
    issue(database, new("A"), new("B", bound="b"))
    assert redeem(database, "A") == "code"
    issue(database, new("C"), now=NOW + codes.DAY + 1)
    with database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT hash FROM codes").scalars().all()
    assert kept == [codes.hash_of("C")]
    database.close()


def test_a_code_is_approved_while_it_stands(tmp_path: Path) -> None:
    database, path = opened(tmp_path), tmp_path / "store.sqlite3"
    issue(database, new("A"))
    hash_ = codes.hash_of("A")
    assert codes.sealed_in(path, hash_, NOW) == "sealed"
    assert codes.sealed_in(path, hash_, NOW + 300) is None
    assert not codes.approve_in(path, hash_, NOW + 300, NOW + 600)
    assert codes.approve_in(path, hash_, NOW + 299, NOW + 599)
    assert redeem(database, "", now=NOW + 598, most=None) == "approved"
    assert not codes.approve_in(path, hash_, NOW + 299, NOW + 599)
    database.close()


def test_a_file_that_is_no_store_holds_no_code(tmp_path: Path) -> None:
    (tmp_path / "other.sqlite3").write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    assert codes.sealed_in(tmp_path / "other.sqlite3", codes.hash_of("A"), NOW) is None


def test_a_store_of_an_earlier_release_gets_the_table(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE codes")
    database.close()
    database = opened(tmp_path)
    issue(database, new("A"))
    assert redeem(database, "A") == "code"
    database.close()
