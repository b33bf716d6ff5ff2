"""The audit log: a line before a write leaves and one with its outcome, in a file for its user alone.

It holds no secret, no comment and no address: records by id, people as keyed hashes, arguments by name.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from mcp.server.mcpserver.exceptions import ToolError

if TYPE_CHECKING:
    from wootric_mcp.api.people import Person
    from wootric_mcp.settings import Settings

log = logging.getLogger(__name__)

LARGEST = 5 << 20
"""Bytes after which a new file is begun."""
KEPT = 5
"""Older files that are kept."""


def audit_file(settings: Settings) -> Path | None:
    """Where the log lies; None for the sandbox, whose account is invented."""
    if settings.is_sandbox:
        return None
    if settings.audit:
        return settings.audit.absolute()
    from platformdirs import user_data_path

    return user_data_path("wootric-mcp", appauthor=False) / "audit.jsonl"


class Audit:
    """Writes the log of one server.

    Args:
        settings: Where to, and of which account.
        now: The time.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now

    @asynccontextmanager
    async def acting(self, about: Mapping[str, Any]) -> AsyncIterator[dict[str, int]]:
        """While a call acts: noted before, and again with what became of it.

        Gives a place for counts that the second line is to tell; an `unclear` one makes the outcome unclear.

        Raises:
            ToolError: If the first line cannot be written; then nothing must be done.
        """
        path = audit_file(self._settings)
        counts: dict[str, int] = {}
        if path is None:
            yield counts
            return
        from wootric_mcp.store.location import account_name

        both = {"id": secrets.token_hex(4), "account": account_name(self._settings), **about}
        try:
            await to_thread.run_sync(append, path, self._line(both, "begins"))
        except OSError as error:
            raise ToolError(
                f"The audit log {path} cannot be written ({error.strerror}), and nothing is done without it. "
                "Make room or choose another file with WOOTRIC_AUDIT. Nothing was changed."
            ) from error
        outcome = {"outcome": "may have changed"}
        try:
            yield counts
            outcome = {"outcome": "may have changed" if counts.get("unclear") else "done"}
        except BaseException as error:
            outcome = {"outcome": _outcome(error), "error": type(error).__name__}
            raise
        finally:
            with anyio.CancelScope(shield=True):
                try:
                    await to_thread.run_sync(append, path, self._line({**both, **counts}, **outcome))
                except OSError:
                    log.exception("The outcome of a write could not be added to the audit log %s", path)

    def _line(self, about: Mapping[str, Any], outcome: str, **more: str) -> str:
        moment = self._now().isoformat(timespec="milliseconds")
        return json.dumps({"time": moment, **about, "outcome": outcome, **more}, ensure_ascii=True)


def _outcome(error: BaseException) -> str:
    """What became of a write that ended so."""
    from wootric_mcp.api.errors import WootricError
    from wootric_mcp.store.errors import StoreError

    may_have_changed = error.may_have_changed is not False if isinstance(error, WootricError) else True
    if isinstance(error, ToolError | StoreError):
        may_have_changed = False
    return "may have changed" if may_have_changed else "nothing changed"


def mark_of(key: bytes, person: Person) -> str:
    """A keyed hash of a person, 16 hexadecimal digits: of the id if known, else of what was given."""
    secret = hashlib.blake2b(key, digest_size=32, person=b"wootric-audit").digest()
    named = f"{person.kind}:{person.value.casefold()}".encode()
    return hashlib.blake2b(named, key=secret, digest_size=8).hexdigest()


def append(path: Path, line: str) -> None:
    """Add a line, which is on disk when this returns; a file that is full gives way to a new one.

    Raises:
        OSError: It cannot be written.
    """
    from wootric_mcp.store.location import make_private

    make_private(path)
    if _is_full(path):
        _rotate(path)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        data = f"{line}\n".encode()
        if os.lseek(descriptor, 0, os.SEEK_END):
            os.lseek(descriptor, -1, os.SEEK_END)
            if os.read(descriptor, 1) != b"\n":  # a line that a full disk cut off
                data = b"\n" + data
        if os.write(descriptor, data) != len(data):
            raise OSError(0, "the disk is full")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rotate(path: Path) -> None:
    """Move the files on by one number, unless another process has just done so."""
    import sqlite3

    from wootric_mcp.store.location import alone

    try:
        with alone(path):
            if not _is_full(path):
                return
            for number in range(KEPT, 0, -1):
                older = numbered(path, number - 1)
                if older.exists():
                    older.replace(numbered(path, number))
    except sqlite3.Error as error:
        raise OSError(0, "another process keeps it locked") from error


def _is_full(path: Path) -> bool:
    """Whether it has to give way; not if another thread or process has just moved it on."""
    try:
        return path.stat().st_size >= LARGEST
    except FileNotFoundError:
        return False


def numbered(path: Path, number: int) -> Path:
    """The file that `path` was moved to so many rotations ago."""
    return path if number == 0 else path.with_name(f"{path.name}.{number}")


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of all files, newest first; one that is broken is left out."""
    for number in range(KEPT + 1):
        try:
            text = numbered(path, number).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:  # there is none yet, or it has just been moved on
            continue
        for line in reversed(text.splitlines()):
            try:
                read = json.loads(line)
            except ValueError:
                continue
            if isinstance(read, dict):
                yield read
