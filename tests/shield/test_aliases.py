"""Aliases: a permutation that only the key can read, and the key's file."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.shield import aliases as module
from wootric_mcp.shield.aliases import SANDBOX_KEY, Aliases, load_key

ALIASES = Aliases(SANDBOX_KEY)


@given(st.integers(0, 32**13 - 1))
def test_every_id_comes_back(end_user_id: int) -> None:
    alias = ALIASES.alias(end_user_id)
    assert re.fullmatch(r"R-[0-9A-HJKMNP-TV-Z]{7}([0-9A-HJKMNP-TV-Z]{6})?", alias)
    assert len(alias) == (9 if end_user_id < 2**35 else 15)
    assert ALIASES.end_user_id(alias) == end_user_id


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=7, max_size=7))
def test_every_seven_letters_are_the_alias_of_exactly_one_id(letters: str) -> None:
    assert ALIASES.alias(ALIASES.end_user_id(f"R-{letters}")) == f"R-{letters}"


def test_neighbours_share_no_alias_and_look_unrelated() -> None:
    found = [ALIASES.alias(number) for number in range(5_000)]
    assert len(set(found)) == 5_000
    assert len({alias[2] for alias in found}) == 32


def test_another_key_gives_other_aliases() -> None:
    assert Aliases(b"another").alias(512004417) != ALIASES.alias(512004417)


def test_an_alias_may_be_typed_carelessly() -> None:
    number = next(number for number in range(10_000) if {"0", "1"} <= set(ALIASES.alias(number)[2:]))
    alias = ALIASES.alias(number)
    for typed in (
        alias.lower(),
        alias.replace("0", "o"),
        alias.replace("1", "l"),
        f" {alias.replace('1', 'I')} ",
    ):
        assert ALIASES.end_user_id(typed) == number


@pytest.mark.parametrize(
    "text", ["", "R-", "R-12345", "R-12345678", "X-1234567", "1234567", "R-12U4567", "R-12é4567"]
)
def test_what_is_no_alias_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an alias such as R-7K3M2QX"):
        ALIASES.end_user_id(text)


def test_a_long_alias_of_a_short_id_is_refused() -> None:
    letters = next(
        letters
        for number in range(1000)
        if ALIASES._restore(ALIASES._permute(number, 13), 13) == number
        and (letters := module._write(ALIASES._permute(number, 13), 13))
    )
    with pytest.raises(ValueError, match="nobody's alias"):
        ALIASES.end_user_id(f"R-{letters}")


@pytest.mark.parametrize("number", [-1, 32**13])
def test_a_number_that_is_no_id_has_no_alias(number: int) -> None:
    with pytest.raises(ValueError, match="cannot be the id"):
        ALIASES.alias(number)


def test_a_key_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "alias.key"
    key = load_key(path)
    assert len(key) == 32
    assert load_key(path) == key
    assert [entry.name for entry in path.parent.iterdir()] == ["alias.key"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_key_is_in_the_users_data_folder_unless_told_otherwise(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / name)
    key = load_key()
    assert (tmp_path / "wootric-mcp" / "alias.key").read_bytes() == key


def test_the_first_of_two_makers_wins(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "alias.key"
    link = os.link

    def link_too_late(draft: Path, target: Path) -> None:
        target.write_bytes(b"x" * 32)
        link(draft, target)

    monkeypatch.setattr(module.os, "link", link_too_late)
    assert load_key(path) == b"x" * 32
    assert [entry.name for entry in tmp_path.iterdir()] == ["alias.key"]


def test_a_file_system_without_links_keeps_the_key_too(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(module.os, "link", refuse)
    path = tmp_path / "alias.key"
    key = load_key(path)
    assert load_key(path) == path.read_bytes() == key


def _load(path: Path, start, results) -> None:
    start.wait(20)
    results.put(load_key(path))


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Event(), context.Queue()
    workers = [context.Process(target=_load, args=(tmp_path / "alias.key", start, results)) for _ in range(3)]
    for worker in workers:
        worker.start()
    start.set()
    keys = {results.get(timeout=20) for _ in workers}
    for worker in workers:
        worker.join(20)
    assert len(keys) == 1


@pytest.mark.parametrize("broken", ["no folder", "half a key"])
def test_without_a_usable_file_the_key_lasts_for_this_process(broken: str, tmp_path: Path, caplog) -> None:
    path = tmp_path / "alias.key"
    if broken == "no folder":
        (tmp_path / "file").write_text("in the way")
        path = tmp_path / "file" / "alias.key"
    else:
        path.write_bytes(b"short")
    with caplog.at_level(logging.WARNING):
        first = load_key(path)
    assert first == load_key(path) and len(first) == 32
    assert "will change with the next start" in caplog.text
