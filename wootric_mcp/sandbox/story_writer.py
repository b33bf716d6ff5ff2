"""Comments of customers, put together from the sentences in `story_texts`.

A comment makes statements: (topic, stance) with stance 1 for praise and -1 for a complaint. In a sentence
`[a|b|]` stands for one of the alternatives and `{slot}` for one of the slot's values.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from random import Random
from typing import Any, Final, Literal, TypeAlias

Category: TypeAlias = Literal["promoter", "passive", "detractor"]
Statement: TypeAlias = tuple[str, int]

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "ja")
PRAISE: Final = 1
COMPLAINT: Final = -1

_ALTERNATIVES = re.compile(r"\[([^\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_FIRST_WORD = re.compile(r"[^\s,.!?:;']+")
_MISSPELLABLE = re.compile(r"\b(?!csv|export|crash)[a-z]{5,}\b")
_PUNCTUATION = re.compile(r"[.,!?;:]")
_BUT: Final = {PRAISE: "but_good", COMPLAINT: "but_bad"}
_ENDS: Final = ".!?:,。！"


def read_texts(name: str) -> dict[str, Any]:
    """The sentences of one file in `story_texts`."""
    return tomllib.loads(files(__package__).joinpath("story_texts", f"{name}.toml").read_text("utf-8"))


def variant(text: str, number: int) -> str:
    """The text as the `number`-th person who means the same types it: case, punctuation or a word differ."""
    return (
        text,
        text.lower(),
        _PUNCTUATION.sub("", text),
        f"Hello, {text[0].lower()}{text[1:]}",
        f"{text.rstrip('.')}!!",
        text.rstrip(".").rsplit(" ", 1)[0],
        f"{text} Thanks.",
        text.upper(),
    )[number % 8]


class Writer:
    """Writes comments; what it writes depends on nothing but the calls and the random source."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._english = read_texts("en")
        self._voices = {"en": Voice(self._english, self._english["slots"], rng)}
        for code in LANGUAGES[1:]:
            texts = read_texts(code)
            self._voices[code] = Voice(texts, self._english["slots"] | texts["slots"], rng)

    def tag(self, topic: str) -> str:
        """The name under which the account tags a topic."""
        tag: str = self._english["topics"][topic]["tag"]
        return tag

    def comment(self, language: str, category: Category, statements: Sequence[Statement]) -> str:
        """A comment that makes exactly these statements, the first being the main one."""
        voice = self._voices[language]
        if language != "en":
            return voice.joined(voice.foreign(category, statements))
        return self._styled(voice.joined(voice.native(category, statements)), category)

    def _styled(self, text: str, category: Category) -> str:
        rng = self._rng
        draw = rng.random()
        if draw < 0.06:
            text = self._misspelt(text)
        elif draw < 0.16:
            text = text.lower().rstrip(".")
        elif draw < 0.17:
            text = text.upper()
        elif draw < 0.19:
            text = text.replace(". ", ".\n", 1)
        elif draw < 0.20:
            text = text.replace(" and ", " &amp; ", 1)
        if rng.random() < 0.05:
            kind = "emoji_bad" if category == "detractor" else "emoji_good"
            text = f"{text} {rng.choice(self._english['general'][kind])}"
        return text

    def _misspelt(self, text: str) -> str:
        rng = self._rng
        words = list(_MISSPELLABLE.finditer(text))
        if not words:
            return text
        word = rng.choice(words)
        at = rng.randrange(word.start() + 1, word.end() - 1)
        change = rng.randrange(3)
        if change == 0:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if change == 1:
            return text[:at] + text[at + 1 :]
        return text[:at] + text[at] + text[at:]


class Voice:
    """One language: its sentences and how they are strung together."""

    def __init__(self, texts: dict[str, Any], slots: dict[str, list[str]], rng: Random) -> None:
        self.texts = texts
        self._rng = rng
        self._slots = slots
        self._gap = "" if texts.get("spaceless") else " "
        self._names = {"I", "Android", "Zapier", *slots["tool"], *slots["agent"]}

    def native(self, category: Category, statements: Sequence[Statement]) -> list[str]:
        """The sentences of a comment with all the turns that English speakers take here."""
        rng, general = self._rng, self.texts["general"]
        if not statements:
            return self._remark(category)
        topic, stance = statements[0]
        if len(statements) == 1 and rng.random() < 0.2:
            return [self.render(rng.choice(self._of(topic)["bad_short" if stance < 0 else "good_short"]))]
        sentences = [self.render(rng.choice(general["opener"]))] if rng.random() < 0.08 else []
        sentences += self._sentences(topic, stance, 0.3 if len(statements) == 1 else 0.0)
        for other, its_stance in statements[1:]:
            if category == "passive" and its_stance < 0 and "wish" in self._of(other) and rng.random() < 0.5:
                sentences.append(self._wish(other))
                continue
            sentence = self.statement(other, its_stance)
            if its_stance != stance:
                sentence = f"{rng.choice(general[_BUT[its_stance]])} {self._lowered(sentence)}"
            elif rng.random() < 0.5:
                sentence = f"{rng.choice(general['also'])} {self._lowered(sentence)}"
            sentences.append(sentence)
        if category != "passive" and rng.random() < 0.35:
            closer = "closer_bad" if category == "detractor" else "closer_good"
            sentences.append(self.render(rng.choice(general[closer])))
        return sentences

    def foreign(self, category: Category, statements: Sequence[Statement]) -> list[str]:
        """The sentences of a comment in a language with fewer turns."""
        rng, general = self._rng, self.texts["general"]
        if not statements:
            return self._remark(category)
        _, first = statements[0]
        sentences = []
        for topic, stance in statements:
            sentence = self.statement(topic, stance)
            if stance != first:
                sentence = f"{rng.choice(general[_BUT[stance]])}{self._gap}{sentence}"
            sentences.append(sentence)
        if category != "passive" and rng.random() < 0.4:
            closer = "closer_bad" if category == "detractor" else "closer_good"
            sentences.append(self.render(rng.choice(general[closer])))
        return sentences

    def joined(self, sentences: Sequence[str]) -> str:
        """The sentences as one text, each with an end if another follows."""
        closed = [part if part[-1] in _ENDS else f"{part}." for part in sentences[:-1]]
        return self._gap.join([*closed, sentences[-1]])

    def statement(self, topic: str, stance: int) -> str:
        """One sentence that praises or blames a topic."""
        return self.render(self._rng.choice(self._of(topic)["bad" if stance < 0 else "good"]))

    def render(self, template: str) -> str:
        """A template with its alternatives and slots decided."""
        choice = self._rng.choice
        chosen = _ALTERNATIVES.sub(lambda match: choice(match[1].split("|")), template)
        filled = _SLOT.sub(lambda match: choice(self._slots[match[1]]), chosen).replace("  ", " ")
        return filled[0].upper() + filled[1:] if template[0] in "[{" else filled

    def _of(self, topic: str) -> dict[str, list[str]]:
        sentences: dict[str, list[str]] = self.texts["topics"][topic]
        return sentences

    def _sentences(self, topic: str, stance: int, chance_of_two: float) -> list[str]:
        choices = self._of(topic)["bad" if stance < 0 else "good"]
        count = 2 if self._rng.random() < chance_of_two else 1
        return [self.render(template) for template in self._rng.sample(choices, count)]

    def _wish(self, topic: str) -> str:
        frame = self._rng.choice(self.texts["general"]["wish"])
        return self.render(frame.replace("{wish}", self._rng.choice(self._of(topic)["wish"]), 1))

    def _remark(self, category: Category) -> list[str]:
        tone = {"promoter": "good", "passive": "neutral", "detractor": "bad"}[category]
        choices = self.texts["general"][tone]
        count = 2 if category != "passive" and self._rng.random() < 0.3 else 1
        return [self.render(template) for template in self._rng.sample(choices, count)]

    def _lowered(self, sentence: str) -> str:
        found = _FIRST_WORD.match(sentence)
        word = found[0] if found else ""
        if word in self._names or word[1:] != word[1:].lower():
            return sentence
        return sentence[0].lower() + sentence[1:]
