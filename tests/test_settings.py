"""Settings: what is read from the environment, what is refused, and what never shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from wootric_mcp.settings import Settings


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("WOOTRIC_")]:
        monkeypatch.delenv(name)


def test_nothing_configured_says_exactly_what_to_set() -> None:
    settings = Settings.load()
    assert not settings.is_usable
    for name in ("WOOTRIC_CLIENT_ID", "WOOTRIC_CLIENT_SECRET", "WOOTRIC_USERNAME", "--sandbox"):
        assert name in settings.what_to_set()


def test_a_user_name_and_password_win_over_client_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_CLIENT_ID", "id")
    monkeypatch.setenv("WOOTRIC_CLIENT_SECRET", "secret")
    assert Settings.load().grant == "client_credentials"
    monkeypatch.setenv("WOOTRIC_USERNAME", "mara@lumenfield.test")
    monkeypatch.setenv("WOOTRIC_PASSWORD", "pass")
    assert Settings.load().grant == "password"


@pytest.mark.parametrize(
    ("token", "url"),
    [
        ("NPS-4f1c09ab", "https://api.wootric.com"),
        ("NPS-EU-4f1c09ab", "https://api.wootric.eu"),
        ("nps-au-4f1c09ab", "https://api.wootric.au"),
        ("", "https://api.wootric.com"),
    ],
)
def test_the_account_token_tells_the_region(monkeypatch: pytest.MonkeyPatch, token: str, url: str) -> None:
    monkeypatch.setenv("WOOTRIC_ACCOUNT_TOKEN", token)
    assert Settings.load().url == url


def test_a_region_that_is_set_wins_over_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_ACCOUNT_TOKEN", "NPS-EU-4f1c09ab")
    monkeypatch.setenv("WOOTRIC_REGION", "AU")
    assert Settings.load().url == "https://api.wootric.au"


@pytest.mark.parametrize(
    "url", ["http://api.wootric.com", "ftp://127.0.0.1", "https://user:word@api.wootric.com", "https://", "x"]
)
def test_a_base_url_that_would_leak_secrets_is_a_problem_and_not_used(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("WOOTRIC_BASE_URL", url)
    settings = Settings.load()
    assert settings.url == "https://api.wootric.com"
    assert "WOOTRIC_BASE_URL cannot be used" in settings.what_to_set()
    assert "word" not in settings.what_to_set()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8123/", "http://localhost:1", "http://[::1]:2", "https://proxy.test/wootric"]
)
def test_plain_http_is_for_loopback_only(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("WOOTRIC_BASE_URL", url)
    assert Settings.load().url == url.rstrip("/")


def test_every_wrong_value_is_named_and_the_server_can_still_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_CLIENT_ID", "id")
    monkeypatch.setenv("WOOTRIC_CLIENT_SECRET", "secret")
    monkeypatch.setenv("WOOTRIC_REGION", "mars")
    monkeypatch.setenv("WOOTRIC_TIMEZONE", "Middle/Earth")
    monkeypatch.setenv("WOOTRIC_DEADLINE", "0")
    settings = Settings.load()
    assert not settings.is_usable
    said = settings.what_to_set()
    assert all(name in said for name in ("WOOTRIC_REGION", "WOOTRIC_TIMEZONE", "WOOTRIC_DEADLINE"))
    assert "Europe/Berlin" in said
    assert "No Wootric credentials" not in said


def test_empty_variables_count_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_REGION", "")
    monkeypatch.setenv("WOOTRIC_TOOLSETS", "")
    settings = Settings.load()
    assert settings.problems == ()
    assert settings.toolsets == ()


def test_names_are_split_at_commas_and_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_TOOLSETS", "feedback, end_users")
    assert Settings.load().toolsets == ("feedback", "end_users")
    assert Settings.load({"toolsets": "metrics"}).toolsets == ("metrics",)


def test_a_secret_comes_from_a_file_and_shows_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_text("tell-nobody\n", encoding="utf-8")
    monkeypatch.setenv("WOOTRIC_CLIENT_ID", "id")
    monkeypatch.setenv("WOOTRIC_CLIENT_SECRET_FILE", str(path))
    settings = Settings.load()
    assert settings.client_secret is not None
    assert settings.client_secret.get_secret_value() == "tell-nobody"
    assert "tell-nobody" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_a_secret_file_that_cannot_be_read_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WOOTRIC_PASSWORD_FILE", str(tmp_path / "none"))
    assert "WOOTRIC_PASSWORD_FILE cannot be read" in Settings.load().what_to_set()


def test_the_sandbox_ignores_every_credential_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_USERNAME", "mara@lumenfield.test")
    monkeypatch.setenv("WOOTRIC_PASSWORD", "pass")
    monkeypatch.setenv("WOOTRIC_REGION", "mars")
    monkeypatch.setenv("WOOTRIC_ACCOUNT_TOKEN", "NPS-EU-4f1c09ab")
    settings = Settings.for_sandbox("http://127.0.0.1:1", {"read_only": True})
    assert settings.is_usable
    assert (settings.grant, settings.url) == ("client_credentials", "http://127.0.0.1:1")
    assert settings.username == ""
    assert settings.account_token is None
    assert settings.read_only


def test_the_sandbox_keeps_what_does_not_say_which_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_READ_ONLY", "1")
    monkeypatch.setenv("WOOTRIC_TIMEZONE", "Asia/Tokyo")
    monkeypatch.setenv("WOOTRIC_DEADLINE", "9")
    monkeypatch.setenv("WOOTRIC_CLIENT_SECRET_FILE", "/nowhere/secret")
    settings = Settings.for_sandbox("http://127.0.0.1:1")
    assert (settings.read_only, settings.timezone, settings.deadline) == (True, "Asia/Tokyo", 9)
    assert settings.is_usable


def test_what_the_server_knows_of_itself_cannot_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_IS_SANDBOX", "1")
    monkeypatch.setenv("WOOTRIC_PROBLEMS", "x")
    settings = Settings.load()
    assert not settings.is_sandbox
    assert settings.problems == ()


def test_paths_may_begin_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WOOTRIC_CSV_DIR", "~/surveys")
    monkeypatch.setenv("WOOTRIC_PASSWORD_FILE", "~nosuchuser/x")
    settings = Settings.load()
    assert settings.csv_dir == tmp_path / "surveys"
    assert "WOOTRIC_PASSWORD_FILE cannot be read" in settings.what_to_set()


def test_separators_alone_name_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_TOOLSETS", " , ")
    assert Settings.load().toolsets == ()


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("WOOTRIC_STORE", "postgres://host/db", "off, memory or sqlite:///"),
        ("WOOTRIC_STORE", "sqlite://", "off, memory or sqlite:///"),
        ("WOOTRIC_STORE", "sqlite:///", "off, memory or sqlite:///"),
        ("WOOTRIC_STORE_DAYS", "-1", "greater than or equal to 0"),
        ("WOOTRIC_BUDGET_SHARE", "0", "greater than 0"),
        ("WOOTRIC_BUDGET_SHARE", "1.5", "less than or equal to 1"),
        ("WOOTRIC_BUDGET_SHARE", "nan", "less than or equal to 1"),
        ("WOOTRIC_PRIVACY", "some", "'full', 'alias' or 'strict'"),
    ],
)
def test_a_wrong_setting_of_the_store_is_a_problem_that_says_what_is_valid(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    settings = Settings.load()
    (problem,) = settings.problems
    assert variable in problem
    assert named in problem
    assert (settings.store, settings.store_days, settings.budget_share) == ("", 90, 0.5)
    assert settings.privacy == "alias"


@pytest.mark.parametrize("value", ["off", "memory", "sqlite:///feedback.sqlite3", "sqlite:////var/feedback"])
def test_the_store_can_be_off_in_memory_or_a_file(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("WOOTRIC_STORE", value)
    settings = Settings.load()
    assert settings.problems == ()
    assert settings.store == value


def test_settings_of_one_word_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_STORE", "OFF")
    monkeypatch.setenv("WOOTRIC_PRIVACY", "Strict")
    assert (Settings.load().store, Settings.load().privacy) == ("off", "strict")


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_PRIVACY", "full")
    assert Settings.load({"privacy": "strict"}).privacy == "strict"


def test_the_sandbox_is_kept_in_memory_and_obeys_the_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_STORE", "nonsense")
    monkeypatch.setenv("WOOTRIC_STORE_DAYS", "7")
    monkeypatch.setenv("WOOTRIC_BUDGET_SHARE", "0.25")
    monkeypatch.setenv("WOOTRIC_PRIVACY", "strict")
    settings = Settings.for_sandbox("http://127.0.0.1:1")
    assert settings.is_usable
    assert settings.store == "memory"
    assert (settings.store_days, settings.budget_share, settings.privacy) == (7, 0.25, "strict")


def test_the_sandbox_does_not_hide_a_wrong_number_of_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOOTRIC_STORE_DAYS", "many")
    assert "WOOTRIC_STORE_DAYS" in Settings.for_sandbox("http://127.0.0.1:1").what_to_set()
