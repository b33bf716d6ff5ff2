"""Words that negate, in nine languages."""

from __future__ import annotations

import re

from wootric_mcp.feedback.words import WORD, fold, is_unspaced

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


def negation_at(text: str) -> int:
    """Where the first negation of a text begins, -1 if it has none."""
    for match in WORD.finditer(text):
        if fold(match[0]).replace("'", "") in NEGATIONS:
            return match.start()
        if is_unspaced(match[0]) and (found := UNSPACED_NEGATION.search(match[0])):
            return match.start() + found.start()
    return -1
