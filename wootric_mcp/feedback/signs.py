"""Signs that say something by themselves, as words do: currencies and emoji."""

from __future__ import annotations

import re

_CURRENCY = r"$¢-¥֏؋৲৳૱௹฿៛₠-⃀﷼﹩＄￠￡￥￦"
# Without what decorates lists and quotations, and without the tones of skin.
_EMOJI = (
    r"\u00b0\u203c\u2049\u2190-\u21ff\u2300-\u23ff\u2600-\u275a\u2761-\u2767\u2776-\u2793\u2b00-\u2bff"
    r"\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
)
TELLING = re.compile(f"[{_CURRENCY}{_EMOJI}]")
"""A currency or an emoji."""
