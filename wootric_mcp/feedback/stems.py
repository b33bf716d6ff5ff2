"""Stems: what a word shares with its plural, its tenses and its other endings, for looking words up.

Light rules in the manner of J. Savoy (Journal of the American Society for Information Science 50(10), 1999),
one table a language. A rule applies where it leaves enough of the word. What is meant by a word in another
language is not looked at, so the stems of a word are those in every language.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wootric_mcp.feedback.words import LANGUAGES

_LEAST = 3
"""Letters that an ending leaves at least."""
# Words of three letters and their forms, by language. Of English ones those that take an ending as they are
# (ask, pay, eat, see), others double their last letter or had an e (using, caring); of German ones the
# common, since English has more of the same letters with another sense (car, care).
_SHORT: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "en": (
        (
            re.compile("([a-z]{2}[wxy]|[aeiou][^aeiouy][dkmnpst]|[aeo][aiu][dlmrt]|[a-z]ee)(?:ing|ed)"),
            r"\1",
        ),
        (re.compile("(?!during)([a-z]?[aeiou][^aeiouwxy])ing"), r"\1e"),
    ),
    "de": ((re.compile("(alt|arm|eng|gut|nah|neu|ort|roh|rot|tag|weg|zug)(?:e[mnrs]?|s)"), r"\1"),),
}
_LONGEST_SHORT = 6

# By language, steps in order; of each step the first ending that fits is replaced. An ending after a bar is
# taken off words that keep four letters and more only.
_STEPS: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    language: tuple(
        tuple((rule.partition(">")[0], rule.partition(">")[2]) for rule in step.split())
        for step in steps.split("/")
    )
    for language, steps in {
        "en": "ies>y sses>ss ches>ch shes>sh xes>x ss>ss us>us is>is s / ied>y ier>y iest>y |ing |ed ed>e"
        " / |e",
        "de": "uer>ur |ern |en |er |es |em |e bs>b ds>d gs>g ks>k ls>l ms>m ns>n ps>p rs>r ts>t |n |o / |t",
        "fr": "eaux>eau aux>al s x / |ent>e |er>e |ez>e ee>e / |e / |s",
        "es": "iones>ion |es s / |ado |ada |ando |iendo |ar |er |ir |an |en |a |o |e a>* o>* e>*",
        "it": "che>c chi>c ghe>g ghi>g / |ato |ata |ati |ate |are |ere |ire |ano |ono |ando |endo |a |e |i |o"
        " a>* e>* i>* o>*",
        "pt": "oes>o aes>o aos>o ao>o eis>l ais>al el>l il>l s / |ado |ada |ando |endo |ar |er |ir |am |em"
        " |ou |a |o |e a>* o>* e>*",
        "nl": "'s ijs>ijs en |s |e e>* / |er / |t / z>s v>f",
    }.items()
}
_DOUBLED = re.compile(r"([bcdfgklmnprstz])\1$")
_LONG_VOWEL = re.compile(r"([aeou])\1(?=[^aeiouy]+$)")
_SHORT_LONG_VOWEL = re.compile(r"^(.)([aeou])\2(.)$")


@lru_cache(maxsize=1 << 16)
def stems(word: str) -> frozenset[str]:
    """The stems of a folded word, each with its language."""
    return frozenset(f"{_stem(word, language)} {language}" for language in LANGUAGES)


def _stem(word: str, language: str) -> str:
    for pattern, stem in _SHORT.get(language, ()) if len(word) <= _LONGEST_SHORT else ():
        if short := pattern.fullmatch(word):
            return short.expand(stem)
    if language == "nl" and len(word) > _LEAST + 1:
        word = _LONG_VOWEL.sub(r"\1", word)
    for step in _STEPS[language]:
        for ending, replacement in step:
            bare = ending.removeprefix("|")
            least = _LEAST + (bare != ending)
            if word.endswith(bare) and len(word) - len(bare) + len(replacement) >= least:
                word = word.removesuffix(bare) + replacement
                break
    if language in ("en", "nl") and len(word) > _LEAST:
        word = _DOUBLED.sub(r"\1", word)
    if language == "nl":
        word = _LONG_VOWEL.sub(r"\1", _SHORT_LONG_VOWEL.sub(r"\1\2\3*", word))
    return word
