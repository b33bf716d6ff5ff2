"""Aliases for respondents: `R-7K3M2QX` instead of an address or an id that leads to one."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from functools import cache
from pathlib import Path

logger = logging.getLogger(__name__)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_READ = {letter: value for value, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_PREFIX = "R-"
_ROUNDS = 8
_LENGTHS = (7, 13)
"""Letters of an alias, and of one for an id that does not fit into 35 bits (up to 65 bits)."""
_KEY_BYTES = 32

SANDBOX_KEY = hashlib.sha256(b"wootric-mcp sandbox aliases").digest()
"""Public on purpose: the sandbox has invented people only, and its aliases should be the same in every run
and doc."""


class Aliases:
    """A keyed permutation of end-user ids, so that no table is needed and no two people share an alias.

    It is a balanced Feistel network (Luby and Rackoff, 1988) over as many bits as the alias has, with keyed
    BLAKE2b as the round function. A round works on the quotient and the remainder of one half's size, so an
    odd number of bits is fine too.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=32, person=b"wootric-alias").digest()

    def alias(self, end_user_id: int) -> str:
        """Alias of an end user.

        Raises:
            ValueError: the id is negative or beyond 65 bits.
        """
        for letters in _LENGTHS:
            if 0 <= end_user_id < 32**letters:
                return _PREFIX + _write(self._permute(end_user_id, letters), letters)
        raise ValueError(f"{end_user_id} cannot be the id of an end user")

    def end_user_id(self, alias: str) -> int:
        """The id behind an alias, in any case, with O read as 0 and I and L as 1.

        Raises:
            ValueError: not an alias.
        """
        letters = alias.strip().upper().removeprefix(_PREFIX)
        if not alias.strip().upper().startswith(_PREFIX) or len(letters) not in _LENGTHS:
            raise ValueError(f"{alias[:40]!r} is not an alias such as R-7K3M2QX")
        number = 0
        for letter in letters:
            if letter not in _READ:
                raise ValueError(f"{alias[:40]!r} is not an alias such as R-7K3M2QX: it has no {letter!r}")
            number = number * 32 + _READ[letter]
        number = self._restore(number, len(letters))
        if len(letters) > _LENGTHS[0] and number < 32 ** _LENGTHS[0]:
            raise ValueError(f"{alias[:40]!r} is nobody's alias")
        return number

    def _permute(self, number: int, letters: int) -> int:
        left_size, right_size = _halves(letters)
        left, right = divmod(number, right_size)
        for step in range(_ROUNDS):
            if step % 2:
                right = (right + self._noise(step, letters, left)) % right_size
            else:
                left = (left + self._noise(step, letters, right)) % left_size
        return left * right_size + right

    def _restore(self, number: int, letters: int) -> int:
        left_size, right_size = _halves(letters)
        left, right = divmod(number, right_size)
        for step in reversed(range(_ROUNDS)):
            if step % 2:
                right = (right - self._noise(step, letters, left)) % right_size
            else:
                left = (left - self._noise(step, letters, right)) % left_size
        return left * right_size + right

    def _noise(self, step: int, letters: int, half: int) -> int:
        message = bytes([step, letters]) + half.to_bytes(8, "big")
        return int.from_bytes(hashlib.blake2b(message, key=self._key, digest_size=16).digest(), "big")


def _halves(letters: int) -> tuple[int, int]:
    bits = 5 * letters
    return 1 << (bits // 2), 1 << (bits - bits // 2)


def _write(number: int, letters: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(letters)))


def load_key(path: Path | None = None) -> bytes:
    """The key behind the aliases, made on first use in a file that its user alone can read.

    With a file that can be neither read nor made, the key lasts for this process only, and a warning says so:
    aliases then change with every start.

    Args:
        path: File of the key; None: `alias.key` in the user's data folder.
    """
    path = path or _default_path()
    try:
        return _read_key(path) or _make_key(path)
    except OSError as error:
        logger.warning(
            "Aliases of people will change with the next start: no key in %s (%s).", path, error.strerror
        )
        return _process_key()


def _default_path() -> Path:
    from platformdirs import user_data_path

    return user_data_path("wootric-mcp", appauthor=False) / "alias.key"


@cache
def _process_key() -> bytes:
    return secrets.token_bytes(_KEY_BYTES)


def _read_key(path: Path) -> bytes | None:
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) < _KEY_BYTES:
        raise OSError(0, "the file holds no whole key")
    return key


def _make_key(path: Path) -> bytes:
    """Write a new key beside the file and link it into place, so that nobody ever reads half a key.

    Where another process was first, its key is taken. A file system without links gets the file by renaming.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_bytes(_KEY_BYTES)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except OSError:
            if not path.exists():
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return _read_key(path) or key
