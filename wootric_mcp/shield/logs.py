"""Log lines without addresses and numbers of people."""

from __future__ import annotations

import logging

from wootric_mcp.shield.masking import mask


class MaskingFormatter(logging.Formatter):
    """Masks whole entries, tracebacks and what the caller passed included."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as it is written."""
        return mask(super().format(record))


def mask_logs() -> None:
    """Mask whatever the root logger's handlers write from now on."""
    for handler in logging.getLogger().handlers:
        plain = handler.formatter or logging.Formatter()
        handler.setFormatter(MaskingFormatter(plain._fmt, plain.datefmt))
