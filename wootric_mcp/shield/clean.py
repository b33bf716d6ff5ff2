"""Text written by strangers, made fit to show: nothing in it that a reader cannot see."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]P^_X]|[\x9d\x90\x9e\x9f\x98])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and other strings
    r"|\x1b[ -/]*[0-~]?"
)
_SPACE = re.compile(r"\s+")
_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_ZWJ = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_KEYCAP = "\u20e3"
_UNESCAPE_ROUNDS = 4


def clean(text: str | None, limit: int | None = None, *, keep_lines: bool = False) -> str:
    """Text with nothing in it that a reader cannot see.

    HTML is unescaped (also where it was escaped several times), ANSI escapes, control, bidirectional,
    zero-width and tag characters, private use and lone surrogates are removed; emoji sequences survive. Space
    is collapsed.

    Args:
        text: What came from outside; None gives "".
        limit: Greatest length in characters; a longer text ends with "…".
        keep_lines: Keep line breaks (as "\\n") instead of turning them into a space.
    """
    if not text:
        return ""
    if limit is not None:
        text = text[: 16 * limit + 64]  # an escaped character is at most a dozen long; the rest cannot show
    if not (text.isascii() and text.isprintable() and "&" not in text):
        text = _visible(_unescape(text))
    if keep_lines:
        lines = (_SPACE.sub(" ", line).strip() for line in _LINE_BREAK.split(text))
        text = "\n".join(line for line in lines if line)
    else:
        text = _SPACE.sub(" ", text).strip()
    if limit is not None and len(text) > limit:
        text = _whole(text[: max(limit - 1, 0)]).rstrip() + "…"
    return text


def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    import html

    for _ in range(_UNESCAPE_ROUNDS):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return text


def _visible(text: str) -> str:
    text = _ANSI.sub("", text)
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    for position, character in enumerate(text):
        if _is_harmless(character):
            shown.append(character)
        elif character in (_ZWJ, _EMOJI_STYLE):
            follower = text[position + 1 : position + 2]
            if shown and _joins(character, shown, follower):
                shown.append(character)
    return "".join(shown)


def _joins(character: str, shown: list[str], follower: str) -> bool:
    """Whether a joiner or variation selector is part of an emoji, judged by what is shown around it."""
    before = shown[-1]
    if character == _EMOJI_STYLE:
        return _is_pictograph(before) or (before in "0123456789#*" and follower == _KEYCAP)
    base = shown[-2] if before == _EMOJI_STYLE and len(shown) > 1 else before
    return _is_pictograph(base) and _is_pictograph(follower)


def _is_pictograph(character: str) -> bool:
    return len(character) == 1 and (
        character in "\u00a9\u00ae\u203c\u2049\u2122\u2139"
        or 0x2190 <= ord(character) <= 0x2BFF
        or character in "\u3030\u303d\u3297\u3299"
        or 0x1F000 <= ord(character) <= 0x1FAFF
    )


@cache
def _is_harmless(character: str) -> bool:
    """Whether a character shows as itself; white space counts, it is dealt with afterwards.

    Removed: Cc, Cf, Cs, Co and Cn of the Unicode character database (bidirectional marks, zero-width and tag
    characters, soft hyphens, noncharacters are among them; emoji newer than Python's database are not), all
    variation selectors, and the letters and marks that draw nothing (Hangul and Khmer fillers, the combining
    grapheme joiner, the Braille blank, the null notehead).
    """
    if character.isspace():
        return True
    code = ord(character)
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return 0x1F000 <= code <= 0x1FAFF
    return not (
        0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
        or code
        in (
            0x034F,
            0x115F,
            0x1160,
            0x17B4,
            0x17B5,
            0x2800,
            0x3164,
            0xFFA0,
            0x180B,
            0x180C,
            0x180D,
            0x180F,
            0x16FE4,
            0x1D159,
        )
    )


def _whole(text: str) -> str:
    """`text` without a joiner left over at the end, where an emoji was cut in two."""
    return text.rstrip(_ZWJ)
