"""Quotations in a draft: where somebody is quoted, in whatever marks, and the response id given with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wootric_mcp.feedback.negations import negation_at
from wootric_mcp.feedback.signs import TELLING
from wootric_mcp.feedback.words import MASK, WORD, is_unspaced

_CLOSERS = {
    "“": "”\"", "„": "“”\"", '"': '"', "”": "”",
    "«": "»", "»": "«", "‹": "›", "›": "‹", "「": "」", "『": "』",
    "‘": "’'", "‚": "‘’", "'": "'",
}  # fmt: skip
_EITHER = "\"'”»›‘"
"""Marks that end quotations as well."""
_SPACED = "«‹"
"""Marks that French sets off by spaces."""
_SINGLE = "‘‚'"
"""Also apostrophes, and marks of words that are meant otherwise; only longer texts in them are quotations."""
_LEAST_SINGLE = 3
_LONGEST = 2_000
_BLANK_LINE = re.compile(r"\n\s*\n")
# Also as an item of a list, unless it says “more than”.
_BLOCK_BEGIN = r"^[ \t]*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+(?!>[ \t]*\W?[0-9]))?>"
_BLOCK = re.compile(rf"{_BLOCK_BEGIN}[^\n]*(?:\n|\Z)(?:[ \t]*>[^\n]*(?:\n|\Z))*", re.MULTILINE)
_BLOCK_MARK = re.compile(rf"{_BLOCK_BEGIN}(?:[ \t]*>)*[ \t]?", re.MULTILINE)
_LABEL = re.compile(r"\A\s*(\*\*?|__?)[^*_\n]{1,50}(?::\1|\1:)\s+(?=\S)")
"""What a block quotation is headed with, as in “**Detractor (3):** …”."""
_ID = re.compile(
    r"#\s?(\d{1,15})\b|\b(?:id\W{1,2}|response\s)(\d{1,15})\b|[—–|]\s(\d{6,15})(?=\s*(?:[,;)|\n]|\.\s|\.?\Z))",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(\[]([^()\[\]\n]{1,120})[)\]]")
_ID_IN_BRACKETS = re.compile(rf"{_ID.pattern}|(?:\A|[,;])\s*(\d{{6,15}})(?=\s*(?:[,;]|\Z))", re.IGNORECASE)
_RIGHT_BEHIND = re.compile(rf"[^\w\s(\[]{{0,6}}\s?{_BRACKETS.pattern}")
_SOURCE = re.compile(r"[(\[—–]|(?<=\s)-")
"""How the source of a block quotation begins."""
_SPEAKER = re.compile(
    r"[(\[—–]\s*(?:[\w ]{1,30},\s*){0,2}(?:(?:an?|the)\s)?"
    r"(?:scored?|NPS|detractor|passive|promoter|respondent)\b[^.!?\n]{0,60}\Z",
    re.IGNORECASE,
)
"""A source that has no id."""
_LONGEST_SOURCE = 120
# The end of a fence of ours is no source.
_CONTINUED = re.compile(r"\n[ \t]*>?[ \t]*(?!\[end of customer text )[—–(\[]")
_DOTS = r"(?:…|⋯|\.{2,}|\.(?:\s\.){2,}|。{3,})"
_ELLIPSIS = re.compile(rf"\s*(?:[\[(<]\s*{_DOTS}\s*[\])>]|{_DOTS})\s*")
_SIC = re.compile(r"\s*\[[*_]*sic[*_]*\W?\]", re.IGNORECASE)
_LETTER = re.compile(r"(?<!\w)\[([^\W\d_])\](?=\w)")
_BRACKETED = re.compile(rf"(?!{MASK})\[([^\W\d_](?:[^\W\d_]|[ '’-]){{0,60}})\](?!\()")
"""Words that an editor put in, not our masks nor a link of Markdown."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """What is between quotation marks in a draft, and whose it is said to be."""

    text: str
    start: int
    """Position of the first character in the draft, and of the one after the last."""
    end: int
    ids: tuple[int, ...] = ()
    """The response ids that stand with it, the likeliest first; one of them is meant."""
    is_block: bool = False
    """Whether it is a block quotation of Markdown, marks and source included from start to end."""

    @property
    def id(self) -> int | None:
        return self.ids[0] if self.ids else None

    @property
    def pieces(self) -> tuple[str, ...]:
        """The parts between ellipses, which claim to stand in this order in one comment.

        What an editor does in brackets is understood: [T]he is a letter in another case, [sic] says nothing,
        and other words stand for some of the comment's. A negation is not believed to.
        """
        edited = _BRACKETED.sub(_as_ellipsis, _LETTER.sub(r"\1", _SIC.sub("", self.text)))
        return _parts(edited) or _parts(self.text)


def quotations(draft: str) -> list[Quotation]:
    """The quotations of a draft in order, each with the response ids that stand before it or after it.

    Known are the marks of English, German, French, Spanish, Swedish, Chinese and Japanese, straight ones, and
    block quotations of Markdown. Text in single marks counts from three words on. An id is a number after #,
    “id” or “response”; in brackets, a cell of a table or after a dash also one of six digits or more that
    stands alone. One in brackets right behind a quotation belongs to it; otherwise ids come before what they
    belong to on a line with one before the first quotation, else after it.
    """
    found = list(_marked(draft))
    found += [
        block
        for block in _blocks(draft)
        if not any(block.start < quotation.end and quotation.start < block.end for quotation in found)
    ]
    return _with_ids(draft, sorted(found, key=lambda quotation: quotation.start))


def _marked(draft: str) -> Iterator[Quotation]:
    """What stands between quotation marks, the outer ones where there are several."""
    at = 0
    while at < len(draft):
        mark = draft[at]
        at += 1
        if mark not in _CLOSERS or not _opens(draft, at - 1):
            continue
        closing = _closing(draft, at, mark)
        if closing < 0:
            continue
        text = " ".join(draft[at:closing].split())
        if _words(text) >= _LEAST_SINGLE if mark in _SINGLE else _says(text):
            yield Quotation(text, at, closing)
            at = closing + 1
        elif mark not in _SINGLE:
            at = closing + 1


def _as_ellipsis(bracketed: re.Match[str]) -> str:
    return bracketed[0] if negation_at(bracketed[1]) >= 0 else " … "


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in _ELLIPSIS.split(text) if _says(part))


def _says(text: str) -> bool:
    """Whether somebody can have said it: there is a word, an emoji or a currency."""
    return WORD.search(text.replace("_", " ")) is not None or TELLING.search(text) is not None


def _words(text: str) -> int:
    return sum(1 for _ in WORD.finditer(text))


def _opens(draft: str, at: int) -> bool:
    """Whether a mark stands where a quotation begins: before a word, and not within one or in code."""
    mark, before, after = draft[at], draft[at - 1 : at], draft[at + 1 : at + 2]
    if mark in _EITHER and before.isalnum() and not is_unspaced(before):
        return False
    return bool(after.strip() or mark in _SPACED) and before != "="


def _closing(draft: str, start: int, mark: str) -> int:
    """Where the mark is that ends a quotation, -1 if none does; straight marks may stand within others."""
    blank = _BLANK_LINE.search(draft, start)
    last = min(len(draft), start + _LONGEST, blank.start() if blank else len(draft))
    for closer in _CLOSERS[mark]:
        at = draft.find(closer, start, last)
        while at >= 0:
            # An apostrophe stands between letters.
            is_apostrophe = mark in _SINGLE and draft[at + 1 : at + 2].isalnum()
            if not is_apostrophe and (draft[at - 1].strip() or mark in _SPACED):
                break
            at = draft.find(closer, at + 1, last)
        if at >= 0 and (closer == mark or mark not in draft[start:at]):
            return at
    return -1


def _blocks(draft: str) -> Iterator[Quotation]:
    """Block quotations, without the label, line or bracket that tells their source."""
    for block in _BLOCK.finditer(draft):
        quoted = _LABEL.sub("", _BLOCK_MARK.sub("", block[0]).rstrip())
        text = " ".join(_without_source(quoted).split())
        if _says(text):
            yield Quotation(text, block.start(), block.end(), is_block=True)


def _without_source(text: str) -> str:
    """A block quotation without its end that tells the source: a last line after a dash, or what begins with
    a dash or a bracket and has an id or tells a score."""
    begin = text.rfind("\n") + 1
    if begin and text[begin:].lstrip().startswith(("—", "–", "-")):
        return text[:begin]
    marks = [mark.start() for mark in _SOURCE.finditer(text, max(begin, len(text) - _LONGEST_SOURCE))]
    sources = (mark for mark in reversed(marks) if _SPEAKER.match(text, mark) or _ids(text[mark:]))
    return text[: next(sources, len(text))]


def _with_ids(draft: str, found: Sequence[Quotation]) -> list[Quotation]:
    ends = [0, *(quotation.end for quotation in found)]
    starts = [*(quotation.start for quotation in found[1:]), len(draft)]
    told: list[Quotation] = []
    before_line, comes_first = -1, False
    for quotation, end, start in zip(found, ends, starts, strict=False):
        line = draft.rfind("\n", 0, quotation.start) + 1
        ahead = _ids(draft[max(line, end) : quotation.start])
        if line != before_line:
            before_line, comes_first = line, bool(ahead)
        within = _ids(draft[quotation.start : quotation.end]) if quotation.is_block else []
        rest = _rest(draft, quotation.end, start)
        beside = _RIGHT_BEHIND.match(rest)
        chosen = (
            (_ids(beside[0]) if beside and not quotation.is_block else [])
            or (ahead[::-1] if comes_first else [])
            or within[::-1]
            or _ids(rest)
        )
        told.append(replace(quotation, ids=tuple(chosen)))
    return told


def _rest(draft: str, end: int, start: int) -> str:
    """What follows a quotation on its line, and on the next one if that tells the source."""
    line = draft.find("\n", end)
    stop = len(draft) if line < 0 else line
    if line >= 0 and _CONTINUED.match(draft, line):
        further = draft.find("\n", line + 1)
        stop = len(draft) if further < 0 else further
    return draft[end : min(stop, start)]


def _ids(text: str) -> list[int]:
    """The ids of a text in order, those in brackets first."""
    found = [match for inner in _BRACKETS.finditer(text) for match in _ID_IN_BRACKETS.finditer(inner[1])]
    found += _ID.finditer(text)
    return list(dict.fromkeys(int(next(filter(None, match.groups()))) for match in found))
