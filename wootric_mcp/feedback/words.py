"""Words: how a comment is cut up, folded, and brought to a common form."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Python's \w leaves out the vowel signs of several scripts, without which their words fall apart.
LETTER = r"\w\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff"
# Articles and the like that French and Italian write in one with the word after them.
_ELIDED = "[cdjlmnst]|qu|jusqu|lorsqu|puisqu|un|dell|all|nell|sull|quell|quest"
_POINT = r"(?<=[0-9])\.(?=[0-9])"  # within a number or a version
_WORD = rf"{{elided}}['’](?=[{LETTER}]{{{{2}}}})|[{LETTER}]+(?:(?:['’]|{_POINT})[{LETTER}]+)*"
WORD = re.compile(_WORD.format(elided=f"(?i:{_ELIDED})"))
_LOWERED_WORD = re.compile(_WORD.format(elided=f"(?:{_ELIDED})"))  # twice as fast
CLAUSE_END = re.compile(rf"(?:(?!{_POINT})[^{LETTER}\s'’-])+|\s-+\s")
MASK = r"\[(?:email|phone|ip|card|account|password|token)\]"
_MASK = re.compile(MASK)
_MARKS = re.compile(r"[\u0300-\u036f]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_APOSTROPHE = re.compile(r"[´`‘ʼ′＇](?<=[^\W\d_].)(?=[^\W\d_])")

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")


def fold(text: str) -> str:
    """Text as it is compared: compatibility forms, case and accents do not matter, nor which apostrophe."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return unicodedata.normalize("NFKC", _MARKS.sub("", decomposed))


def unmasked(text: str) -> str:
    """What a customer wrote of a text, without the words that stand for personal data."""
    return _MASK.sub("|", text) if "[" in text else text


def with_apostrophes(text: str) -> str:
    """Text of the same length in which other signs that stand for an apostrophe between letters are one."""
    return text if text.isascii() and "`" not in text else _APOSTROPHE.sub("'", text)


def words_of(text: str) -> list[str]:
    """Words of a text in lower case, in order; an elided article (l', dell') is a word of its own that ends
    with its apostrophe."""
    return _LOWERED_WORD.findall(text)


def is_elided(word: str) -> bool:
    return word.endswith(("'", "’"))


def is_version(word: str) -> bool:
    """Whether a word is a number with a point in it, such as 5.2: no theme alone."""
    return "." in word and word.replace(".", "").isdecimal()


def is_unspaced(text: str) -> bool:
    """Whether text is written in Chinese or Japanese characters, without spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def is_japanese(text: str) -> bool:
    """Whether an unspaced text is Japanese: Chinese has no kana."""
    return _KANA.search(text) is not None


@cache
def stop_words_of_all() -> frozenset[str]:
    from wootric_mcp.feedback.stop_words import STOP_WORDS

    return frozenset().union(*STOP_WORDS.values())
