"""Where the store of an account lies. Nothing here opens it, so nothing heavy is imported."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from wootric_mcp.settings import SQLITE, Settings

MEMORY = "sqlite://"


def account_name(settings: Settings) -> str:
    """What tells the stores of two accounts apart: 32 hexadecimal digits that give nothing away.

    They are a hash of the base URL and, of account token, client id and user name, the first that is set.
    """
    token = settings.account_token.get_secret_value() if settings.account_token else ""
    who = (
        ("token", token)
        if token
        else ("client", settings.client_id)
        if settings.client_id
        else ("user", settings.username)
    )
    return hashlib.blake2b("\n".join((settings.url, *who)).encode(), digest_size=16).hexdigest()


def store_file(settings: Settings) -> Path | None:
    """The absolute path of the account's file; None if what is read is not to outlive the process."""
    if settings.store in ("off", "memory") or settings.store_days == 0:
        return None
    name = f"{account_name(settings)}.sqlite3"
    if not settings.store:
        return _data_folder() / name
    given = settings.store.removeprefix(SQLITE)
    path = _absolute(given)
    return path / name if given.endswith(("/", "\\")) or path.is_dir() else path


def database_url(settings: Settings) -> str:
    """The URL that `Database.open` takes."""
    path = store_file(settings)
    return f"{SQLITE}{path}" if path else MEMORY


def _data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("wootric-mcp", appauthor=False) / "store"


def _absolute(given: str) -> Path:
    path = Path(given)
    with suppress(RuntimeError):  # a home that is not known: the path is taken literally
        path = path.expanduser()
    return path.absolute()
