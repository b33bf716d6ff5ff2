"""What a text says, as it is compared: its words, and the signs that mean something, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from wootric_mcp.feedback.signs import MEANINGFUL
from wootric_mcp.feedback.words import WORD, fold, is_unspaced, with_apostrophes

_FULL = (
    r"\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_HALF_WIDTH = r"\uff66-\uff9f"
_UNSPACED = re.compile(f"[{_FULL}{_HALF_WIDTH}]")
"""Chinese, Japanese, Thai, Lao, Burmese and Khmer, which part no words by spaces."""
_UNSPACED_PART = re.compile(rf"[{_FULL}]|[{_HALF_WIDTH}][\uff9e\uff9f]?|[^{_FULL}{_HALF_WIDTH}]+")
"""A character of these, or what others there are among them."""
_EMPHASIS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
"""Underscores that are not within a name, so of Markdown."""
_HYPHENS = ("-", "‐", "‑")
_SPACES = " \u00a0\u2009\u202f"
_THOUSANDS = re.compile(rf"(?<![0-9])[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+(?![0-9])")
_NOT = "不没沒无無非未"
"""Negate what they touch in Chinese."""
_IN_NUMBERS = (",", ":", "-")
"""Signs; the number beyond them is named as well where one is cut apart."""
_JOINED = re.compile(rf"\w[{''.join(_HYPHENS)}]\w|[0-9][{_SPACES}][0-9]|[{_NOT}]")
"""Without a sign, what may be cut apart so that it says something else."""


class Token(NamedTuple):
    """A word or a sign, folded, and where it stands in its text."""

    text: str
    begin: int
    end: int
    is_sign: bool = False
    is_bound: bool = False
    """Whether it belongs to the words that it touches, as “$” does to a number."""


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Words, each with its begin and end; where no spaces part them, characters."""
    if "_" in text:
        text = _EMPHASIS.sub(lambda match: " " * len(match[0]), text)
    for match in WORD.finditer(with_apostrophes(text)):
        word = match[0]
        if word.isascii() or not _UNSPACED.search(word):
            yield fold(word), match.start(), match.end()
        else:
            for part in _UNSPACED_PART.finditer(word):
                if folded := fold(part[0]):
                    yield folded, match.start() + part.start(), match.start() + part.end()


class Wording:
    """The words and signs of a text, in which others are looked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [word for word, _, _ in _spans(text)]

    @cached_property
    def has_signs(self) -> bool:
        return MEANINGFUL.search(self.text) is not None

    @cached_property
    def may_be_cut(self) -> bool:
        """Whether there may be words or signs that a quotation must not part."""
        return self.has_signs or _JOINED.search(self.text) is not None

    @cached_property
    def _thousands(self) -> frozenset[int]:
        """Where spaces stand within a number."""
        return frozenset(
            at
            for number in _THOUSANDS.finditer(self.text)
            for at in range(*number.span())
            if not self.text[at].isdecimal()
        )

    @cached_property
    def tokens(self) -> list[Token]:
        tokens = [Token(*span) for span in _spans(self.text)]
        if self.has_signs:
            tokens += _signs(self.text)
            tokens.sort(key=lambda token: token.begin)
        return tokens

    @cached_property
    def line(self) -> str:
        """The tokens parted by spaces, one before the first and one behind the last."""
        return f" {' '.join(token.text for token in self.tokens)} "

    @cached_property
    def _offsets(self) -> list[int]:
        """Where in the line each token begins, with the space before it, and where the last ends."""
        return list(accumulate((len(token.text) + 1 for token in self.tokens), initial=0))

    @cached_property
    def _places(self) -> dict[int, int]:
        return {offset: place for place, offset in enumerate(self._offsets)}

    def find(self, pieces: Sequence[Wording]) -> list[range] | None:
        """The tokens that are the same as those of each piece, one piece after the other, with as little as
        may be before the last; None if they are not there, or only cut out of what belongs together."""
        found: list[tuple[int, range]] = []
        for piece in pieces:
            one = self._next(piece, found[-1][1].stop if found else 0, not found)
            if one is None:
                return None
            found.append(one)
        for place in reversed(range(len(pieces) - 1)):
            found[place] = self._last(pieces[place], found[place + 1][0], place == 0) or found[place]
        return [tokens for _, tokens in found]

    def cut_off(self, place: int, *, ahead: bool, is_first: bool = False) -> str:
        """What belongs to the words of a quotation but stands beyond an edge of it; "" if nothing does.

        Args:
            place: The token before which the edge is.
            ahead: Whether words of the quotation begin there, else they end.
            is_first: Whether the quotation itself begins there; what an ellipsis skips is told apart.
        """
        if not self.may_be_cut or not 0 < place < len(self.tokens) or not self._belong(place, is_first):
            return ""
        before, after = self.tokens[place - 1 : place + 1]
        if ahead:
            is_within = before.text in _IN_NUMBERS and self.tokens[place - 2].end == before.begin
            begin = self.tokens[place - 2].begin if is_within else before.begin
            return self.text[begin : after.begin].strip()
        is_within = after.text in _IN_NUMBERS and self.tokens[place + 1].begin == after.end
        return self.text[before.end : self.tokens[place + 1].end if is_within else after.end].strip()

    def _belong(self, place: int, is_first: bool) -> bool:
        """Whether a token belongs to the one before it, which may be a negation."""
        before, after = self.tokens[place - 1 : place + 1]
        is_unspaced_beside = any(is_unspaced(token.text) for token in (before, after) if not token.is_sign)
        if before.end == after.begin:
            if is_first and before.text in _NOT and is_unspaced(after.text):
                return True
            is_alone = any(token.is_sign and not token.is_bound for token in (before, after))
            return (before.is_bound or after.is_bound) and not is_alone and not is_unspaced_beside
        if self.text[before.end : after.begin] in _HYPHENS:
            return not (before.is_sign or after.is_sign or is_unspaced_beside)
        return before.end in self._thousands

    def part(self, begin: int, end: int) -> str:
        """What is written from one token to before another."""
        return self.text[self.tokens[begin].begin : self.tokens[end - 1].end] if begin < end else ""

    def _next(self, piece: Wording, place: int, is_first: bool) -> tuple[int, range] | None:
        wanted = piece.line
        begin = self._offsets[place]
        while (at := self.line.find(wanted, begin)) >= 0:
            if tokens := self._tokens_at(at, wanted, is_first):
                return at, tokens
            begin = at + 1
        return None

    def _last(self, piece: Wording, end: int, is_first: bool) -> tuple[int, range] | None:
        wanted = piece.line
        while (at := self.line.rfind(wanted, 0, end + 1)) >= 0:
            if tokens := self._tokens_at(at, wanted, is_first):
                return at, tokens
            end = at + len(wanted) - 2
        return None

    def _tokens_at(self, at: int, wanted: str, is_first: bool) -> range | None:
        begin, end = self._places.get(at), self._places.get(at + len(wanted) - 1)
        if begin is None or end is None:
            return None
        if self.cut_off(begin, ahead=True, is_first=is_first) or self.cut_off(end, ahead=False):
            return None
        return range(begin, end)


def _signs(text: str) -> Iterator[Token]:
    for match in MEANINGFUL.finditer(text):
        alone = match["alone"]
        sign = "-" if match["minus"] or match["range"] else fold(match[0])
        if alone:
            sign = re.sub("['-]", "", sign)  # noses and tears of emoticons
        yield Token(sign, match.start(), match.end(), is_sign=True, is_bound=not alone)
