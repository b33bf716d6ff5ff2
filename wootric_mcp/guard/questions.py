"""Foreign text in a question to a person: cleaned, quoted and short, so that it cannot pass for ours."""

from __future__ import annotations

from wootric_mcp.shield.clean import clean

_LONGEST = 80
_PLAIN = "'"


def quoted(text: str | None, longest: int = _LONGEST) -> str:
    """The text in quotation marks, cut at `longest` characters; none is said as such."""
    if not text:
        return "no address"
    return f"“{clean(text, longest).replace('”', _PLAIN).replace('“', _PLAIN)}”"
