"""What is kept for a while and no file should hold to read: sealed, so that only the same secret opens it."""

from __future__ import annotations

import hashlib

from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState


def seal(text: str, secret: bytes, purpose: str) -> str:
    """The text as it is kept: encrypted and authenticated (AES-256-GCM).

    Args:
        text: What is to be kept.
        secret: Of any length; as hard to guess as the text is to be read.
        purpose: What is sealed so; with another one it does not open.
    """
    return _codec(secret, purpose).seal(text.encode())


def unsealed(sealed: str, secret: bytes, purpose: str) -> str:
    """The text that was sealed.

    Raises:
        ValueError: It was sealed with another secret or for another purpose, or is damaged.
    """
    try:
        return _codec(secret, purpose).unseal(sealed).decode()
    except InvalidRequestState as error:
        raise ValueError("it was not sealed with this secret") from error


def _codec(secret: bytes, purpose: str) -> AESGCMRequestStateCodec:
    return AESGCMRequestStateCodec([hashlib.sha256(f"wootric-mcp {purpose}".encode() + secret).digest()])
