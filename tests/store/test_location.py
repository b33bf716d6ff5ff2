"""Where the store of an account lies, and that nothing heavy is needed to know it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wootric_mcp.settings import Settings
from wootric_mcp.store import location

CLIENT = {"client_id": "id", "client_secret": "secret"}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("WOOTRIC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_an_account_is_named_by_a_hash_that_gives_nothing_away() -> None:
    name = location.account_name(Settings.load(CLIENT))
    assert len(name) == 32
    int(name, 16)
    assert name == location.account_name(Settings.load({**CLIENT, "client_secret": "another"}))


def test_region_client_user_and_token_each_make_another_account() -> None:
    token = {"account_token": "NPS-4f1c09ab"}
    user = {"username": "mara@lumenfield.test", "password": "x"}
    names = [
        location.account_name(Settings.load(flags))
        for flags in (CLIENT, {**CLIENT, "region": "eu"}, user, {**user, **token}, {"username": "id"})
    ]
    assert len(set(names)) == len(names)


def test_the_account_token_wins_over_client_and_user() -> None:
    token = {"account_token": "NPS-4f1c09ab"}
    user = {"username": "mara@lumenfield.test", "password": "x"}
    assert (
        location.account_name(Settings.load({**token, **user}))
        == location.account_name(Settings.load({**token, **CLIENT}))
        == location.account_name(Settings.load(token))
    )


def test_by_default_it_is_a_file_in_the_users_data_folder(tmp_path: Path) -> None:
    settings = Settings.load(CLIENT)
    path = location.store_file(settings)
    assert path is not None
    assert path.is_relative_to(tmp_path)
    assert path.name == f"{location.account_name(settings)}.sqlite3"
    assert location.database_url(settings) == f"sqlite:///{path}"
    assert not path.parent.exists()


@pytest.mark.parametrize("flags", [{"store": "memory"}, {"store": "off"}, {"store_days": 0}])
def test_without_a_file_the_store_is_in_memory(flags: dict[str, object]) -> None:
    settings = Settings.load({**CLIENT, **flags})
    assert location.store_file(settings) is None
    assert location.database_url(settings) == "sqlite://"


def test_a_given_file_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given, path in (
        (f"sqlite:///{tmp_path}/a.db", tmp_path / "a.db"),
        ("sqlite:///a.db", tmp_path / "a.db"),
        ("sqlite:///~/a.db", tmp_path / "a.db"),
    ):
        assert location.store_file(Settings.load({**CLIENT, "store": given})) == path


def test_in_a_given_folder_each_account_has_a_file(tmp_path: Path) -> None:
    for given in (f"sqlite:///{tmp_path}", f"sqlite:///{tmp_path}/new/"):
        first, second = (
            location.store_file(Settings.load({"client_id": name, "store": given})) for name in ("a", "b")
        )
        assert first is not None
        assert second is not None
        assert first.parent == second.parent
        assert first != second


def test_a_home_that_is_not_known_is_taken_literally() -> None:
    path = location.store_file(Settings.load({**CLIENT, "store": "sqlite:///~nosuchuser/a.db"}))
    assert path == Path.cwd() / "~nosuchuser" / "a.db"


def test_knowing_the_place_imports_no_database() -> None:
    code = (
        "import sys, wootric_mcp.store.location; "
        "print(sorted({'sqlalchemy', 'platformdirs'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "[]"
