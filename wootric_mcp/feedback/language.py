"""Which language a comment is in: by its script or, in Latin letters, by a vote of its words.

Function words are a third to a half of what people write, and few are the same in two languages; letters
that only some languages write decide where a comment is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from wootric_mcp.feedback.words import fold, is_japanese, is_unspaced

OTHERS: Mapping[str, frozenset[str]] = {
    language: frozenset(fold(words).split())
    for language, words in {
        "sv": """att och det som är jag inte på för med den har till av om de vi var ett kan så men när från
            hade mycket era ni er bara också mig ingen alla efter eller skulle min mina väldigt blir vill sig
            får fick kunna någon hela bra fungerar deras detta här där hur vad finns varit""",
        "da": """at og det som er jeg ikke på for med den har til af om de vi var et kan så men når fra havde
            meget jeres bare også mig ingen alle efter eller skulle min mine blev bliver vil sig få fik kunne
            nogen hele godt virker deres dette her der hvor hvad findes været altid hos""",
        "no": """å og det som er jeg ikke på for med den har til av om de vi var et kan så men når fra hadde
            mye deres bare også meg ingen alle etter eller skulle min mine ble blir vil seg få fikk kunne noen
            hele bra fungerer dette her der hvor hva finnes vært alltid veldig hos""",
        "pl": """nie i się na to jest że do ale jak co z w za od po tak tylko już dla ja mnie są bardzo czy
            jestem był była było być może przez kiedy aby oraz lub też jeszcze zawsze nic wszystko moje mój
            mam można przy bez ich ten ta te tego tej każdym razem""",
        "cs": """a je se na že to s z do ale jak co za od po tak jen už pro já mě jsou velmi jsem byl byla
            bylo být může při když aby nebo také ještě vždy nic vše moje můj mám bez jejich ten ta ty toho
            není jsme které který i ve si""",
        "tr": """ve bir bu için çok ama daha ile ne da de gibi her zaman değil var yok ben biz siz olarak
            sonra kadar ancak bile hiç şey mi mı en iyi kötü oldu olan olduğu bana beni onlar veya çünkü
            ise şu diye seferinde""",
        "fi": """ja on ei se että en hän oli mutta olen kun niin myös kuin ole ovat jos vain sen tämä nyt
            minun todella hyvin aina ennen sitä joka tai ollut voi vielä mitä kaikki koska sekä ihan oikein
            paljon liian minä me te heidän""",
        "ro": """și nu este că pe cu un o la în am sunt de din mai dar ca să pentru foarte care ce le lor
            mi se fi fost are au toate după când doar fără prea bine nici dacă sau acest această""",
    }.items()
}
"""Function words of languages that we tell but have no lexicon for, so that they are taken for no other."""

_LETTERS = {
    "ß": "de", "ä": "de sv fi", "ö": "de sv fi tr", "ü": "de tr es", "ñ": "es", "¿": "es", "¡": "es",
    "ã": "pt", "õ": "pt", "ç": "fr pt tr", "è": "fr it", "ê": "fr pt", "ô": "fr pt", "œ": "fr", "û": "fr",
    "î": "fr ro", "â": "fr pt ro", "ù": "fr it", "ì": "it", "ò": "it", "á": "es pt cs", "é": "fr es pt cs",
    "í": "es pt cs", "ó": "es pt pl", "ú": "es pt cs", "à": "fr it pt", "å": "sv da no", "ø": "da no",
    "æ": "da no", "ł": "pl", "ą": "pl", "ę": "pl", "ś": "pl", "ć": "pl", "ż": "pl", "ź": "pl", "ń": "pl",
    "ř": "cs", "ě": "cs", "ů": "cs", "š": "cs", "č": "cs", "ž": "cs", "ý": "cs", "ı": "tr", "ğ": "tr",
    "ş": "tr ro", "ș": "ro", "ț": "ro", "ă": "ro", "ë": "nl fr", "ï": "nl fr",
}  # fmt: skip
_LETTER_VOTES = 0.6
"""Votes of a word for its letters, shared by the languages that write them."""
_OPINION_VOTES = 0.5
"""Votes of a word of opinion or manner; function words have one."""
_SHORT_VOTES = 0.3
"""Votes of a word of one letter."""
# Endings that are rare elsewhere: worth less than a word that is known.
_ENDINGS = {
    "en": ("ing", "ed", "tion", "ly", "ness"), "de": ("ung", "lich", "keit", "heit", "isch", "ungen"),
    "fr": ("eux", "tion", "ment", "ais", "ait", "ez", "aux"), "es": ("cion", "ado", "ando", "ario", "ciones"),
    "it": ("zione", "are", "ato", "ita", "zioni", "issimo", "issima"),
    "pt": ("cao", "ado", "ando", "mente", "coes", "inho"), "nl": ("lijk", "ijk", "heid", "en", "ing", "eerd"),
}  # fmt: skip
_ENDING_VOTES = 0.15
_LEAST_VOTES, _LEAST_LEAD = 0.5, 0.05
"""Votes that a language needs, and needs more than any other."""
_LOOK, _DECIDED = 8, 3.0
"""Words between two looks at the votes, and the lead that needs no more of them."""
_SCRIPTS = (
    (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u0370-\u03ff]{2}"), "el"),
    (re.compile(r"[\u0e00-\u0e7f]{2}"), "th"),
    (re.compile(r"[\u0590-\u05ff]{2}"), "he"),
)
_LATIN = re.compile(r"[a-z\u00c0-\u024f]")


def language_of(text: str, words: Iterable[str]) -> str:
    """ISO 639-1 code of the language of a text, "" if it cannot be told.

    Args:
        text: In lower case.
        words: Its words, in lower case.
    """
    if not text.isascii():
        if is_unspaced(text):
            return "ja" if is_japanese(text) else "zh"
        for script, language in _SCRIPTS:
            if script.search(text):
                return language
    votes: dict[str, float] = {}
    known = _voters()
    for number, word in enumerate(words, 1):
        for language, weight in known[word]:
            votes[language] = votes.get(language, 0.0) + weight
        if not number % _LOOK and _leader(votes)[1] >= _DECIDED:
            break
    leader, lead = _leader(votes)
    return leader if lead > _LEAST_LEAD and votes[leader] >= _LEAST_VOTES else ""


def _leader(votes: Mapping[str, float]) -> tuple[str, float]:
    """The language with the most votes, and how many more it has than the next."""
    if not votes:
        return "", 0.0
    leader = max(votes, key=votes.__getitem__)
    return leader, votes[leader] - max((votes[other] for other in votes if other != leader), default=0.0)


class _Voters(dict[str, tuple[tuple[str, float], ...]]):
    """Votes of every word that has been looked up, by language."""

    def __init__(self) -> None:
        super().__init__()
        from wootric_mcp.feedback.stop_words import BARRED, STOP_WORDS

        self._weights: dict[str, dict[str, float]] = {}
        for language, words in BARRED.items():
            for word in words:
                is_function = word in STOP_WORDS[language]
                self._add(word, language, 1.0 if is_function else _OPINION_VOTES)
        for language, words in OTHERS.items():
            for word in words:
                self._add(word, language, 1.0)

    def _add(self, word: str, language: str, weight: float) -> None:
        self._weights.setdefault(word, {})[language] = weight

    def __missing__(self, word: str) -> tuple[tuple[str, float], ...]:
        votes = self[word] = tuple(self._votes(word).items())
        return votes

    def _votes(self, word: str) -> dict[str, float]:
        folded = fold(word)
        known = self._weights.get(folded, {})
        scale = (_SHORT_VOTES if len(folded) == 1 else 1.0) / (len(known) or 1) ** 0.5
        votes = {language: weight * scale for language, weight in known.items()}
        if not known and len(folded) > 4 and _LATIN.match(folded):
            for language, endings in _ENDINGS.items():
                if folded.endswith(endings):
                    votes[language] = votes.get(language, 0.0) + _ENDING_VOTES
        if not word.isascii():
            for letter in set(word) & _LETTERS.keys():
                languages = _LETTERS[letter].split()
                for language in languages:
                    votes[language] = votes.get(language, 0.0) + _LETTER_VOTES / len(languages)
        return votes


@cache
def _voters() -> _Voters:
    return _Voters()
