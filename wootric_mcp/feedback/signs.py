"""Signs that say something by themselves, as words do: currencies and emoji, plus, per cent and the like."""

from __future__ import annotations

import re

from wootric_mcp.feedback.words import LETTER

_CURRENCY = r"$¢-¥֏؋৲৳૱௹฿៛₠-⃀﷼﹩＄￠￡￥￦"
# Without what decorates lists and quotations, and without the tones of skin.
_EMOJI = (
    r"\u203c\u2049\u2190-\u21ff\u2300-\u23ff\u2600-\u275a\u2761-\u2767\u2776-\u2793\u2b00-\u2bff"
    r"\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
)
TELLING = re.compile(f"[{_CURRENCY}\u00b0{_EMOJI}]")
"""A currency or an emoji."""

# Of the dashes only the minus: before a digit or a price, and behind nothing but a space or what opens.
_OPENING = r"\s(\[{<>=~±:*\"'“„‘‚«‹「『\u3040-\u30ff\u3400-\u9fff"
_DASHES = "-‐‑–−﹣－"
_MINUS = rf"(?<![^{_OPENING}])[{_DASHES}](?=[{_CURRENCY}]?[0-9])"
_EMOTICON = r"[:;=]['’]?-?[()](?!\w)"
MEANINGFUL = re.compile(
    rf"(?![{LETTER}\u203c\u2049])(?:"
    rf"(?P<alone>[{_EMOJI}]|{_EMOTICON}|(?<![0-9])/|/(?![0-9]))"
    rf"|(?P<minus>{_MINUS})"
    rf"|(?P<range>(?<=[0-9])[{_DASHES}~～〜](?=[0-9]))|(?<=[0-9])[,:](?=[0-9])"
    rf"|[{_CURRENCY}\u00b0+<=>±×÷≈≠≤≥√∞^%‰&@#/§＋＜＝＞％＆＠＃]|(?<!~)~(?!~))"
)
"""A sign that a text says something else without, unlike punctuation; within a number a comma, a colon and a
dash are such, too. Those of the group `alone` belong to no word, however they are written; others do to one
that they touch."""
