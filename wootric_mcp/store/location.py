"""Where the store of an account lies, and its files. Nothing here reads it, so nothing heavy is imported."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from wootric_mcp.settings import SQLITE, Settings

MEMORY = "sqlite://"
ASIDE = ".aside"
LEDGER = ".ledger"

_ENDS = ("", "-wal", "-shm")
_LOCK = ".lock"
_PATIENCE = 30.0
"""Seconds: rewriting a large store for a stricter privacy takes longest."""


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
    return None if settings.store_days == 0 else _place(settings)


def ledger_file(settings: Settings) -> Path | None:
    """The absolute path of the account's ledger, beside the store; None if it is in memory."""
    path = _place(settings)
    return path and Path(f"{path}{LEDGER}")


def _place(settings: Settings) -> Path | None:
    if settings.store in ("off", "memory"):
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


def files_of(path: Path) -> tuple[Path, ...]:
    """Every file that belongs to the store at `path`, the one that was set aside too; they need not exist."""
    return tuple(Path(f"{path}{end}") for end in (*_ENDS, *(f"{ASIDE}{end}" for end in _ENDS), _LOCK))


def make_private(path: Path) -> None:
    """Make the file, empty, and its folder if they are missing; nobody but the user may read it.

    Raises:
        OSError: it cannot be made or written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.name == "posix" and os.fstat(descriptor).st_mode & 0o077:
            path.chmod(0o600)
    finally:
        os.close(descriptor)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """While one process opens, sets aside or rewrites the store at `path`, the others wait here.

    The lock is SQLite's own, on an empty file beside the store: it works on every system and dies with its
    process.

    Raises:
        OSError: the folder cannot be written.
        sqlite3.OperationalError: another process took longer than 30 s.
    """
    import sqlite3

    lock = Path(f"{path}{_LOCK}")
    make_private(lock)
    with closing(sqlite3.connect(lock, timeout=_PATIENCE, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


def set_aside(path: Path, *, keep: bool) -> None:
    """Move the store at `path` out of the way, or delete it; what was set aside before is deleted.

    Raises:
        OSError: a file cannot be moved, for instance because it is in use on Windows.
    """
    cleared_aside(path)
    for end in _ENDS:  # the database first: SQLite drops a log that it finds beside an empty file
        here, there = Path(f"{path}{end}"), Path(f"{path}{ASIDE}{end}")
        if not keep:
            here.unlink(missing_ok=True)
        elif here.exists():
            here.replace(there)
            os.utime(there)


def forget_aside(path: Path, *, older_than: float) -> None:
    """Delete what was set aside more than `older_than` seconds ago: it holds people's data, too."""
    aside = Path(f"{path}{ASIDE}")
    with suppress(OSError):
        if time.time() - aside.stat().st_mtime >= older_than:
            cleared_aside(path)


def cleared_aside(path: Path) -> Path:
    """Where the store at `path` is set aside; what was there is deleted.

    Raises:
        OSError: a file cannot be deleted.
    """
    for end in _ENDS:
        Path(f"{path}{ASIDE}{end}").unlink(missing_ok=True)
    return Path(f"{path}{ASIDE}")


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
