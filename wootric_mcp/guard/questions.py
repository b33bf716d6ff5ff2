"""Foreign text in a question to a person: cleaned, quoted and short, so that it cannot pass for ours."""

from __future__ import annotations

from wootric_mcp.shield.clean import clean

_LONGEST = 80


def quoted(text: str | None) -> str:
    """The text in quotation marks, at most 80 characters; none is said as such."""
    return (
        f"“{clean(text, _LONGEST).replace('”', chr(0x27)).replace('“', chr(0x27))}”" if text else "no address"
    )
