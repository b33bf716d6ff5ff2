"""How many tokens a text costs, at most, without a tokenizer at hand."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from wootric_mcp.feedback.words import LANGUAGES, fold

DEFAULT = 1500
LEAST, MOST = 500, 8000
"""Bounds of a budget that a caller may ask for, in tokens."""

_SEGMENT = re.compile(r'(?:[^\w\s]*["“”\n][^\w\s]*)+|[^\n"“”]+?(?=[^\w\s]*["“”\n]|$)')
_JSON = frozenset('[]{}",:')
_LATIN = r"A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_PARTS = re.compile(
    rf"(?P<word>[{_LATIN}]+)|(?P<digits> *[0-9]+)|(?P<space>\s+)|(?P<ascii>[!-/:-@\[-`{{-~]+)|(?P<other>.)",
    re.DOTALL,
)
_HUMPS = re.compile(r"[A-ZÀ-ÖØ-Þ]*[^A-ZÀ-ÖØ-Þ]+|[A-ZÀ-ÖØ-Þ]+")
_ODD = re.compile(r"[^aeiouyà-öø-ÿ]{5}|^[^aeiouyà-öø-ÿ]{3,}$")
_OWN_LETTERS = {
    "en": "",
    "de": "äöüß",
    "fr": "àâæçèéêëîïôœùûü",
    "es": "áéíñóúü",
    "it": "àèéìòóù",
    "pt": "àáâãçéêíóôõú",
    "nl": "éëïöü",
}

# Tokens of a word that is no function word: up to so many letters one, and so much for each letter more.
_RATES = {
    "en": (5, 0.10),
    "de": (3, 0.30),
    "fr": (3, 0.30),
    "es": (4, 0.20),
    "it": (3, 0.34),
    "pt": (4, 0.20),
    "nl": (3, 0.30),
}
_FOREIGN = 0.57
"""Tokens a letter of words in any other language in Latin letters, and of strings that are no words."""
_TANGLED = 0.78
"""Tokens a letter where capitals stand amid small letters, as in a token of a URL."""
_KNOWN_SHARE = 0.25
"""Share of function words from which on a segment is taken to be in a language."""

# Tokens a character, by script: first and last code point.
_SCRIPTS = (
    (0x0370, 0x03FF, 0.62),  # Greek
    (0x0400, 0x04FF, 0.5),  # Cyrillic
    (0x0590, 0x06FF, 0.6),  # Hebrew, Arabic
    (0x0900, 0x0DFF, 0.6),  # scripts of India
    (0x0E00, 0x0E7F, 0.6),  # Thai
    (0x2010, 0x2027, 1.0),  # dashes, quotation marks, ellipsis
    (0x3000, 0x30FF, 1.0),  # kana
    (0xAC00, 0xD7AF, 1.2),  # Hangul
    (0x1F000, 0x1FAFF, 3.0),  # emoji
)


def estimate_tokens(text: str) -> int:
    """An upper estimate of the o200k_base tokens of a text that reads like an answer of ours.

    It counts by character class: function words of seven languages cost one token, other words by their
    language and length, digits one for three, and so on up to the UTF-8 bytes of characters that are rare.
    The constants were chosen so that answers in thirty languages are never underestimated; English is
    overestimated by a fifth or so.
    """
    return math.ceil(sum(_segment(segment) for segment in _SEGMENT.findall(text)))


def clip(text: str, tokens: int) -> str:
    """The longest beginning of a text that costs at most so many tokens, with "…" if that is not all of
    it."""
    if estimate_tokens(text) <= tokens:
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        if estimate_tokens(text[:middle].rstrip() + "…") <= tokens:
            low = middle
        else:
            high = middle
    return text[:low].rstrip() + "…"


@lru_cache(maxsize=4096)
def _segment(segment: str) -> float:
    parts = [(match.lastgroup, match[0]) for match in _PARTS.finditer(segment)]
    language = _language([part for kind, part in parts if kind == "word"])
    tokens = 0.0
    for kind, part in parts:
        if kind == "word":
            humps = _HUMPS.findall(part)
            tokens += _tangled(part) if len(humps) > 2 else sum(_word(hump, language) for hump in humps)
        elif kind == "digits":
            digits = part.lstrip(" ")
            tokens += math.ceil(len(digits) / 3) + (digits != part)
        elif kind == "space":
            # A single space belongs to the word after it.
            tokens += 0 if part == " " else 1 if part.isspace() and part.isascii() else len(part)
        elif kind == "ascii":
            tokens += 0.5 + 0.5 * len(part) if _JSON.issuperset(part) else max(1.0, 0.75 * len(part))
        else:
            tokens += _character(part)
    return tokens


def _language(words: list[str]) -> str:
    from wootric_mcp.feedback.stop_words import STOP_WORDS

    folded = [fold(word) for word in words]
    votes = [sum(word in STOP_WORDS[language] for word in folded) for language in LANGUAGES]
    most = max(votes)
    return LANGUAGES[votes.index(most)] if most and most >= _KNOWN_SHARE * len(words) else ""


def _word(word: str, language: str) -> float:
    from wootric_mcp.feedback.stop_words import STOP_WORDS

    lowered = word.lower()
    if word.isupper() and len(word) > 1:
        return max(1.0, 0.7 * len(word))
    if not language or len(word) > 20 or _ODD.search(lowered) or not _is_own(lowered, language):
        return max(
            1.0, _FOREIGN * len(word) + sum(0.5 if letter < "ƀ" else 1.0 for letter in word if letter > "~")
        )
    if fold(lowered) in STOP_WORDS[language]:
        return 1.05
    free, rate = _RATES[language]
    return 1.1 + rate * max(0, len(word) - free)


def _tangled(word: str) -> float:
    return _TANGLED * len(word) + _accents(word)


def _accents(word: str) -> float:
    return sum(0.5 if letter < "ƀ" else 1.0 for letter in word if not letter.isascii())


def _is_own(word: str, language: str) -> bool:
    return word.isascii() or all(letter.isascii() or letter in _OWN_LETTERS[language] for letter in word)


def _character(character: str) -> float:
    code = ord(character)
    if 0x4E00 <= code <= 0x9FFF:
        return 1.1 if _is_common(character) else 2.2
    for first, last, tokens in _SCRIPTS:
        if first <= code <= last:
            return tokens
    return len(character.encode(errors="replace"))


def _is_common(character: str) -> bool:
    """Whether a Chinese character is in the first level, for daily use, of GB 2312 or JIS X 0208."""
    simplified = character.encode("gb2312", errors="ignore")
    japanese = character.encode("euc_jp", errors="ignore")
    return b"\xb0" <= simplified[:1] <= b"\xd7" or b"\xb0" <= japanese[:1] <= b"\xcf"
