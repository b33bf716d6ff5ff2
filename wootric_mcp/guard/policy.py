"""What must be confirmed, and by whom: the operator's settings are bounds that no call can loosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wootric_mcp.operations import Risk
from wootric_mcp.settings import Settings

if TYPE_CHECKING:
    from wootric_mcp.store.codes import Unasked

_ALWAYS = {Risk.DESTRUCTIVE, Risk.OUTBOUND}


def must_confirm(settings: Settings, risk: Risk, *, reveals: bool = False) -> bool:
    """Whether an effect of this risk is confirmed before it happens.

    What strict privacy hides is revealed to no one unasked: of the two settings the stricter one wins.
    """
    if settings.confirm == "off":
        return reveals
    return risk in _ALWAYS or (risk is Risk.WRITE and settings.confirm_writes)


def takes_codes(settings: Settings) -> bool:
    """Whether a second call with a code may stand in for a person who cannot be asked."""
    return settings.confirm == "ask_or_token"


def most_unasked(settings: Settings) -> Unasked | None:
    """What may happen within 24 hours on codes alone; None: a code alone does nothing at all."""
    from wootric_mcp.store.codes import Unasked

    most = Unasked(mails=settings.unasked_recipients, records=settings.unasked_records)
    return most if takes_codes(settings) else None
