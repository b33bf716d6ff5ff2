"""An answer to a question counts once: the state that carries it cannot be sent again."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

from mcp.server.request_state import (
    AESGCMRequestStateCodec,
    InvalidRequestState,
    RequestStateSecurity,
)

# Seconds for which the SDK accepts a state; one that is older need not be remembered.
_LIFETIME = 600.0


class SingleUse:
    """Seals the states of questions, and opens each one once.

    The specification of 2026-07-28 leaves single use to the server. Without it a request that is repeated,
    by a proxy or with intent, would mail or overwrite again on the strength of one yes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._codec = AESGCMRequestStateCodec([secrets.token_bytes(32)])
        self._clock = clock
        self._spent: dict[bytes, float] = {}

    def seal(self, payload: bytes) -> str:
        """Encrypt a state for the client to keep."""
        return self._codec.seal(payload)

    def unseal(self, token: str) -> bytes:
        """Open a state.

        Raises:
            InvalidRequestState: If it is not one of ours, or has been opened before.
        """
        payload = self._codec.unseal(token)
        now = self._clock()
        self._spent = {digest: at for digest, at in self._spent.items() if now - at <= _LIFETIME}
        digest = hashlib.sha256(payload).digest()
        if digest in self._spent:
            raise InvalidRequestState("used before")
        self._spent[digest] = now
        return payload


def once() -> RequestStateSecurity:
    """The policy for a server's states."""
    return RequestStateSecurity(codec=SingleUse(), ttl=_LIFETIME)
