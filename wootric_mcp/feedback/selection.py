"""Which records an answer is about: the filters that the API does not have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import Any, Literal

from wootric_mcp.feedback.comments import common_form
from wootric_mcp.feedback.language import language_of
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.score import SCALES, Category, SurveyType, category
from wootric_mcp.feedback.signs import TELLING
from wootric_mcp.feedback.stems import stems
from wootric_mcp.feedback.words import (
    LANGUAGES,
    fold,
    is_elided,
    is_unspaced,
    stop_words_of_all,
    unmasked,
    words_of,
)

# Curly and angular marks are read like straight ones, single ones where no word goes on through them.
_MARKS = str.maketrans(dict.fromkeys("“”„‟«»‹›「」『』＂", '"'))
_SINGLE_MARKS = re.compile(r"(?<!\w)(-?)['‘‚]([^'‘’‚\"]*\w[^'‘’‚\"]*)['‘’](?!\w)")
_PARTS = re.compile(r'(?P<minus>-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"|]+))|(?P<bar>\|)')
_PLACEHOLDER = re.compile("<(?:a |the )?theme>", re.IGNORECASE)
_VOWEL = re.compile("^([^aeiou]?)([aeou])(?=[^aeiouy])")
_SOFT = str.maketrans("sf", "zv")
_EMOJI_STYLE = "\ufe0f"
NO_VALUE = "(none)"
"""How the group without a property is shown and asked for."""
_SHORT = 3
_GROWN = frozenset(("er", "est", "ly"))
"""What a word of four letters may go on with: longer than that, “bill” is “billion”."""


@dataclass(frozen=True, slots=True)
class Term:
    """One or several words that stand next to each other. `exact`: as written, in quotation marks."""

    words: tuple[str, ...]
    exact: bool = False
    unspaced: str = ""
    """The term in a script without spaces, or made of signs, where it is looked for anywhere in the text."""

    @property
    def written(self) -> str:
        """The term as it is told."""
        return " ".join(self.words) or self.unspaced


@dataclass(frozen=True)
class Query:
    """What a comment has to say: of every group one term, and none of `without`."""

    groups: tuple[tuple[Term, ...], ...] = ()
    without: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for group in self.groups for term in group)

    @cached_property
    def _needed(self) -> tuple[tuple[str, ...], ...]:
        """Of each group letters, of which every comment that says one of its terms contains some."""
        return tuple(tuple(root for term in group for root in _roots(term)) for group in self.groups)

    def matches(self, text: str) -> bool:
        """Whether a comment says it; case, accents and plural do not matter."""
        if not self.groups and not self.without:
            return True
        return self.matches_folded(fold(unmasked(text)))

    def matches_folded(self, folded: str) -> bool:
        """The same for text that is folded already and has no masks."""
        # A look for the bare letters spares most comments the cutting into words.
        for letters in self._needed:
            if not any(map(folded.__contains__, letters)):
                return False
        words = words_of(folded)
        return all(
            any(occurrences(term, words, folded) for term in group) for group in self.groups
        ) and not any(occurrences(term, words, folded) for term in self.without)


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters on responses. Empty values filter nothing.

    `where` describes the people asked about and so narrows the score too; `category`, `has_text` and `query`
    describe what to read of them, and narrow comments only.
    """

    category: Category | Literal["any"] = "any"
    where: Mapping[str, Any] = field(default_factory=dict)
    """Property names and the value each must have (or a list of values, any of which)."""
    has_text: bool | None = None
    query: str = ""
    """Words that must all occur, "words in quotes" next to each other, -word not at all, a OR b either."""

    @property
    def hint(self) -> str:
        """What is wrong with a query that was taken over from a form; "" if nothing is."""
        if _PLACEHOLDER.search(self.query):
            return "Put one of the themes in place of <theme> in the query."
        if self.query.strip() and parse_query(self.query) == Query():
            return "The query has nothing that can be searched for, so it leaves every comment."
        return ""

    def includes_person(self, record: FeedbackRecord) -> bool:
        """Whether the properties, as they were when the person answered, are those asked for."""
        return not self.where or has_properties(record.properties, self.where)

    def includes_score(self, score: int | None, survey_type: SurveyType) -> bool:
        """Whether a score is of the category asked for."""
        return self.category == "any" or category(score, survey_type) == self.category

    def includes_text(self, text: str) -> bool:
        """Whether a comment, or "" for none, says what is asked for."""
        return (self.has_text is None or bool(text) == self.has_text) and parse_query(self.query).matches(
            text
        )

    def matches(self, record: FeedbackRecord, survey_type: SurveyType) -> bool:
        return (
            self.includes_score(record.score, survey_type)
            and self.includes_person(record)
            and self.includes_text(record.text)
        )

    def describe(self, survey_type: SurveyType) -> str:
        """The filters in words, "" without any: `detractors, plan = Team, query: crash`."""
        parts = []
        if self.category != "any":
            names = dict(zip(("promoter", "passive", "detractor"), SCALES[survey_type].words, strict=True))
            parts.append(names[self.category])
        if self.has_text is not None:
            parts.append("with a comment" if self.has_text else "without a comment")
        for name, wanted in self.where.items():
            values = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
            parts.append(f"{short(name)} = {' or '.join(short(value) for value in values)}")
        if self.query.strip():
            parts.append(f"query: {short(self.query, 120)}")
        return ", ".join(parts)


@lru_cache(maxsize=64)
def parse_query(text: str) -> Query:
    """Read a query. Function words and signs are left out unless nothing else is there or they stand in
    quotation marks; an emoji or a currency is looked for always."""
    groups: list[list[Term]] = []
    without: list[Term] = []
    joins = False
    for part in _PARTS.finditer(_SINGLE_MARKS.sub(r'\1"\2"', text.translate(_MARKS))):
        if part["bar"] or part["word"] == "OR":
            joins = bool(groups)
            continue
        term = _term(part["phrase"] or part["word"] or "", part["phrase"] is not None)
        if term is None or part["word"] == "-" or (part["minus"] and _is_mere_sign(term)):
            continue
        if part["minus"]:
            without.append(term)
        elif joins:
            groups[-1].append(term)
        else:
            groups.append([term])
        joins = False
    for is_left_out in (_is_mere_sign, lambda term: _is_mere_sign(term) or _is_function_word(term)):
        groups = [group for group in groups if not all(map(is_left_out, group))] or groups
    return Query(tuple(map(tuple, groups)), tuple(without))


def _term(text: str, exact: bool) -> Term | None:
    written = fold(text).strip().rstrip(_EMOJI_STYLE)
    words = words_of(written)
    if not words:
        return Term((), exact, written) if written else None
    telling = words if exact else [word for word in words if not is_elided(word)]
    return Term(tuple(telling), exact, written if is_unspaced(written) else "") if telling else None


def occurrences(term: Term, words: list[str], folded: str) -> int:
    """How often a term occurs in a comment, given as words and as one folded text."""
    if term.unspaced:
        return folded.count(term.unspaced)
    found = places(term, words)
    if found and term.exact and any(not _is_said(term, words, at) for at in found):
        # A word may have the same form as another one in another language, as “listen” and “list” in German.
        language = language_of(folded, words)
        found = [at for at in found if _is_said(term, words, at, language)]
    return len(found)


def places(term: Term, words: Sequence[str]) -> list[int]:
    """Where among the words of a comment a term begins that is written with spaces."""
    first = term.words[0]
    return [
        position
        for position, word in enumerate(words)
        if word[0] == first[0]
        and len(words) - position >= len(term.words)
        and all(
            fits(wanted, words[position + offset], exact=term.exact)
            for offset, wanted in enumerate(term.words)
        )
    ]


def _is_said(term: Term, words: Sequence[str], at: int, language: str | None = None) -> bool:
    """Whether the words there are those of the term or, with a language, forms of them in it."""
    return all(
        wanted == word or (language is not None and _is_form_in(language, wanted, word))
        for wanted, word in zip(term.words, words[at:], strict=False)
    )


def _is_form_in(language: str, wanted: str, word: str) -> bool:
    """Whether they have a form in common in a language, or if it is not told, in any."""
    shared = forms(word) & forms(wanted)
    return any(not language or form.endswith(f" {language}") for form in shared)


@lru_cache(maxsize=1 << 16)
def fits(wanted: str, word: str, *, exact: bool = False) -> bool:
    """Whether a word is the wanted one, or another form of it as for themes.

    Unless `exact`, a word of the same stem does, too, and a longer one that begins with it, if that is five
    letters or more.
    """
    if word == wanted or forms(word) & forms(wanted):
        return True
    if exact:
        return False
    if stems(word) & stems(wanted):
        return True
    root = _singular(wanted)
    if len(root) <= _SHORT:
        return _singular(word) == root
    return word.startswith(root) and (len(root) > _SHORT + 1 or word.removeprefix(root) in _GROWN)


@lru_cache(maxsize=1 << 16)
def forms(word: str) -> frozenset[str]:
    """Common forms of a word in every language, each with the language."""
    return frozenset(f"{form} {language}" for language in LANGUAGES if (form := common_form(word, language)))


def _singular(word: str) -> str:
    """A word without a plural s; good enough to begin a longer form with."""
    if word.isascii() and len(word) > _SHORT and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith(("sses", "shes", "ches", "xes")):
            return word[:-2]
        return word[:-3] if word.endswith("ies") and len(word) > _SHORT + 1 else word[:-1]
    return word


def _roots(term: Term) -> tuple[str, ...]:
    """Letters of which every comment with this term contains one or the other."""
    if term.unspaced:
        return (term.unspaced,)
    longest = max(term.words, key=len).removesuffix("'s")
    # Common forms share their first three letters, stems those that no rule replaces, and y may become i.
    letters = zip(longest, *(stem.partition(" ")[0] for stem in stems(longest)), strict=False)
    shared = "".join(each[0] for each in takewhile(lambda each: len(set(each)) == 1, letters))
    root = shared[:_SHORT].removesuffix("y")
    if f"{root} en" in stems(longest):
        root = root.removesuffix("e")  # use, using
    # Dutch doubles the vowel of a closed syllable, and hardens s and f at its end: hoge, hoog; lezen, les.
    doubled = _VOWEL.sub(r"\1\2\2", root)[:_SHORT]
    softened = root[:-1] + root[-1:].translate(_SOFT)
    return tuple(dict.fromkeys((root, doubled, softened)))


def _is_function_word(term: Term) -> bool:
    return not term.exact and len(term.words) == 1 and term.words[0] in stop_words_of_all()


def _is_mere_sign(term: Term) -> bool:
    return not term.exact and not term.words and TELLING.search(term.unspaced) is None


def has_properties(properties: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether end-user properties have the values asked for, a list of values meaning any of them.

    Names match as they are or, failing that, in any case; values match as text in any case and with any white
    space, numbers by value. “(none)” stands for no value.
    """
    return not where or all(_has(properties, name, wanted) for name, wanted in where.items())


def property_of(properties: Mapping[str, Any], name: str) -> Any:
    """The property of that name or, failing that, of that name in any case; None if there is none."""
    if name not in properties:
        folded = name.casefold()
        name = next((key for key in properties if key.casefold() == folded), name)
    return properties.get(name)


def _has(properties: Mapping[str, Any], name: str, wanted: Any) -> bool:
    held = property_of(properties, name)
    values = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
    # The API keeps a list as one text with commas under a name that ends in _array.
    helds = str(held).split(",") if name.endswith("_array") and held is not None else [held]
    return any(_same(one, other) for one in helds for other in values)


def _same(held: Any, wanted: Any) -> bool:
    if wanted == NO_VALUE and (held is None or not _as_compared(held)):
        return True
    if held is None or wanted is None:
        return held is wanted
    one, other = _as_compared(held), _as_compared(wanted)
    if one == other:
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _as_compared(value: Any) -> str:
    return " ".join(str(value).split()).casefold()


def short(value: Any, most: int = 60) -> str:
    """A value on one line, of at most so many characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "…"
