"""What must be confirmed, and by whom: the operator's settings are bounds that no call can loosen."""

from __future__ import annotations

from wootric_mcp.operations import Risk
from wootric_mcp.settings import Settings

_ALWAYS = {Risk.DESTRUCTIVE, Risk.OUTBOUND}


def must_confirm(settings: Settings, risk: Risk) -> bool:
    """Whether an effect of this risk is confirmed before it happens."""
    if settings.confirm == "off":
        return False
    return risk in _ALWAYS or (risk is Risk.WRITE and settings.confirm_writes)


def takes_codes(settings: Settings) -> bool:
    """Whether a second call with a code may stand in for a person who cannot be asked."""
    return settings.confirm == "ask_or_token"


def most_unasked(settings: Settings) -> int | None:
    """Customers who may be mailed within 24 hours on codes alone; None: a code alone does nothing at all."""
    return settings.unasked_recipients if takes_codes(settings) else None
