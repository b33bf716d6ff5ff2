"""What an assistant might say to an answer: sentences from nothing but the figures and words in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Structure = Mapping[str, Any]


def on_summary(answer: Structure) -> str:
    """The score, how many detractors commented, and the most frequent theme."""
    score, selected = answer["score"], answer["selected"]
    said = f"{_score(score)}. Detractors: {score['detractors']}, of whom {selected['comments']} commented."
    return f"{said} {_theme(answer)}".strip()


def on_feature(feature: str, answer: Structure) -> str:
    """How many comments mention a feature, how these people score, and what they mention most."""
    selected = answer["selected"]
    if not selected["comments"]:
        return f"No comment mentions “{feature}”."
    scored = _score(selected["score_of_query"])
    return f"Comments that mention “{feature}”: {selected['comments']}. {scored}. {_theme(answer)}".strip()


def on_latest(rows: Sequence[Structure], matched: int) -> str:
    """How many comments there are, and the newest of them word for word."""
    if not rows:
        return "There is none."
    newest = rows[0]
    return f"{_counted(matched)}; the newest is of {newest['date']}: “{newest['text']}” (#{newest['id']})."


def on_choice(rows: Sequence[Structure], matched: int) -> str:
    """Whom a survey is proposed for, out of how many."""
    chosen = " and ".join(f"{row['person']} (score {row['score']})" for row in rows)
    return f"{_counted(matched)} of detractors. I suggest asking {chosen}; shall I send the survey?"


def _score(score: Structure) -> str:
    """The score with its 95 % interval; figures only if there are enough answers for them."""
    if "value" not in score:
        return f"Too few answers for an NPS ({score['n']})"
    low, high = score["interval95"]
    return f"NPS is {score['value']:.0f} (95 % interval {low:.0f} to {high:.0f}) from {score['n']} answers"


def _theme(answer: Structure) -> str:
    phrases, table = answer["untrusted"]["themes"], answer["themes"]
    if not phrases:
        return ""
    largest = dict(zip(table["columns"], table["rows"][0], strict=True))
    share = f" ({100 * largest['share']:.0f} %)" if largest["share"] else ""
    return f"The first theme is “{phrases[0]}”: {_counted(largest['comments'])}{share}."


def _counted(comments: int) -> str:
    return f"{comments} comment{'' if comments == 1 else 's'}"
