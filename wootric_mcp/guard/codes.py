"""Codes for what nobody could be asked about: bound to one call and what it would do, for one use.

Two calls prove two calls, not that a person agreed. What a code alone may do is bounded by `policy`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from wootric_mcp.guard import policy, sealing

if TYPE_CHECKING:
    from wootric_mcp.settings import Settings
    from wootric_mcp.store.codes import Redeemed, Unasked
    from wootric_mcp.store.reader import Reader

LIFETIME = 300.0
"""Seconds within which a code must be used; from its approval on, once more."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 10
_PURPOSE = "code"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new code, and what may come of it."""

    code: str
    is_reachable: bool
    """Whether another process finds it, so that it can be approved in a terminal."""
    unasked: Unasked
    """What happened on codes alone within the last 24 hours."""


class Codes:
    """The codes of one server; in its store, so that other processes of the same store know them.

    Args:
        settings: The operator's bounds.
        reader: Gives the store.
        now: Wall clock, epoch seconds.
    """

    def __init__(self, settings: Settings, reader: Callable[[], Reader], now: Callable[[], float]) -> None:
        self._settings = settings
        self._reader = reader
        self._now = now

    async def issue(self, bound: str, question: str, mailed: int) -> Issued:
        """A code for the call that is bound so; `mailed` is how many customers it would mail."""
        from wootric_mcp.store import codes

        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        now = self._now()
        new = codes.NewCode(codes.hash_of(code), bound, _seal(code, question), mailed, now + LIFETIME)
        await self._reader().write(partial(codes.issue, new=new, now=now))
        unasked = await self._reader().fetch(partial(codes.unasked, now=now))
        return Issued(code, (await self._reader().database()).path is not None, unasked)

    async def redeem(self, bound: str, code: str) -> Redeemed | None:
        """Use up a code, or an approval, of the call that is bound so."""
        from wootric_mcp.store import codes

        hash_, most = codes.hash_of(normal(code)), policy.most_unasked(self._settings)
        return await self._reader().write(
            partial(codes.redeem, bound=bound, hash_=hash_, now=self._now(), most=most)
        )


def normal(code: str) -> str:
    """A code as it was issued, however it was typed."""
    return "".join(code.upper().split()).replace("-", "")


def _seal(code: str, question: str) -> str:
    """The question as it is kept: it may hold what no file should, so only the code opens it."""
    return sealing.seal(question, code.encode(), _PURPOSE)


def unsealed(code: str, sealed: str) -> str:
    """The question that was sealed.

    Raises:
        ValueError: It belongs to another code.
    """
    return sealing.unsealed(sealed, code.encode(), _PURPOSE)
