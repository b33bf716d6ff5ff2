"""Words that negate, in nine languages."""

from __future__ import annotations

import re

from wootric_mcp.feedback.words import WORD, fold, is_unspaced, with_apostrophes

NEGATIONS = frozenset(
    fold("""
    not no never none nothing without cannot cant dont doesnt didnt isnt wasnt arent werent wont wouldnt
    couldnt shouldnt hasnt havent hadnt aint mustnt neednt nobody nowhere neither nor
    nicht kein keine keinen keiner keinem nie niemals nichts niemand ohne
    ne pas jamais rien sans aucun aucune
    nunca jamás nada nadie tampoco sin ningún ninguno ninguna
    non mai niente nessuno senza nessun nessuna
    não nem sem ninguém nenhum nenhuma
    niet geen nooit niets niemand zonder
    """).split()
)
"""Folded, without apostrophes."""
UNSPACED_NEGATION = re.compile("[不没沒]|ない|ません|なかった")
"""In Chinese or Japanese, which part no words by spaces."""
# Those that two comments may differ by all the same, but a quotation must not leave out.
_SKIPPED = NEGATIONS | {"n", "ni", "weder", "kaum", "hardly", "barely", "scarcely"}
_UNSPACED_SKIPPED = re.compile(
    rf"{UNSPACED_NEGATION.pattern}|[无無](?![论論疑])|未(?![来來])|なくて"
    r"|(?<![まは必])(?<!変わら)ず(?:に|(?![\u3040-\u30ff]))"
)


def negation_at(text: str) -> int:
    """Where the first negation of a text begins, -1 if it has none."""
    for match in WORD.finditer(with_apostrophes(text)):
        word = fold(match[0])
        if word.startswith("n'") or word.replace("'", "") in _SKIPPED:
            return match.start()
        if is_unspaced(word) and (found := _UNSPACED_SKIPPED.search(match[0])):
            return match.start() + found.start()
    return -1
