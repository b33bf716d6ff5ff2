"""What a digest tells beside its themes, written down in pieces that an answer has room for or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wootric_mcp.feedback.asides import Asides, Contrast
from wootric_mcp.feedback.mismatch import Sounding, Sounds
from wootric_mcp.feedback.quotes import Quote
from wootric_mcp.feedback.report_parts import counted, outside, source_told
from wootric_mcp.feedback.score import percent

Aside = Contrast | Sounding | Quote
"""A quote is of a comment that sounds opposite to its score."""

_PHRASE_COLUMNS = ("phrase", "comments", "share", "share_there")
_QUOTE_COLUMNS = ("id", "score", "person", "text")


def sounds_of(asides: Asides) -> list[Aside]:
    """How comments sound, if there is anything to tell, and those that sound opposite to their score."""
    heard = asides.sounding
    return [heard, *asides.opposite] if heard.opposite or _off_the_scale(heard) else []


def aside_line(aside: Aside) -> str:
    """A piece as text."""
    if isinstance(aside, Sounding):
        return _sounding_told(aside)
    if isinstance(aside, Quote):
        record = aside.record
        return (
            f"Text and score disagree: “{aside.shown}” ({source_told(record.id, record.score, aside.person)})"
        )
    shares = [
        (each.phrase, percent(each.n, aside.comments), percent(each.n_there, aside.comments_there))
        for each in aside.drivers
    ]
    if aside.is_new:
        told = ", ".join(f"“{phrase}” {share} (before {there})" for phrase, share, there in shares)
        return f"Possible new phrases, unconfirmed: {told}"
    told = ", ".join(f"“{phrase}” {share} ({there})" for phrase, share, there in shares)
    who = f"{aside.who[0].upper()}{aside.who[1:]} ({counted(aside.comments, 'comment')})"
    return f"{who} say more than {aside.than} ({aside.comments_there:,}): {told}"


def aside_row(aside: Aside) -> Any:
    """A piece as structure; of a quote and a contrast it is customers' words."""
    if isinstance(aside, Sounding):
        groups = {"without_score": aside.unscored, "score_out_of_range": aside.out_of_range}
        return {
            "looked_at": aside.judged,
            "disagree_with_score": len(aside.opposite),
            **{
                name: {"positive": each.positive, "negative": each.negative, "unknown": each.unknown}
                for name, each in groups.items()
                if each.n
            },
        }
    if isinstance(aside, Quote):
        return [aside.record.id, aside.record.score, aside.person, aside.shown]
    return {
        "who": aside.who,
        "than": aside.than,
        **({"note": "possibly new, unconfirmed"} if aside.is_new else {}),
        "comments": [aside.comments, aside.comments_there],
        "columns": _PHRASE_COLUMNS,
        "rows": [
            [each.phrase, each.n, round(each.share, 3), round(each.share_there, 3)] for each in aside.drivers
        ],
    }


def ours(asides: Sequence[Aside]) -> dict[str, Any]:
    """What of these pieces is in our words, for a structure."""
    sounding = [aside_row(each) for each in asides if isinstance(each, Sounding)]
    return {"sounding": sounding[0]} if sounding else {}


def theirs(asides: Sequence[Aside]) -> dict[str, Any]:
    """What of these pieces is in customers' words, for a structure."""
    said_more = [aside_row(each) for each in asides if isinstance(each, Contrast)]
    disagree = [aside_row(each) for each in asides if isinstance(each, Quote)]
    return {
        **({"said_more": said_more} if said_more else {}),
        **({"disagree": {"columns": _QUOTE_COLUMNS, "rows": disagree}} if disagree else {}),
    }


def left_out(asides: Asides, shown: Sequence[Aside]) -> dict[str, int]:
    """How many phrases and comments are not among those shown, by their names in the plural; none of which
    there are none."""
    phrases = sum(len(each.drivers) for each in asides.contrasts if each not in shown)
    quotes = sum(each not in shown for each in asides.opposite)
    told = {"phrases": phrases, "disagreeing comments": quotes}
    return {what: n for what, n in told.items() if n}


def _off_the_scale(heard: Sounding) -> list[tuple[str, Sounds]]:
    """Comments that no score tells of, by what they are, as far as there are any."""
    groups = [
        ("without a score", heard.unscored),
        (f"with a score {outside(heard.survey_type)}", heard.out_of_range),
    ]
    return [(f"{counted(each.n, 'comment')} {which}", each) for which, each in groups if each.n]


def _sounding_told(heard: Sounding) -> str:
    groups = _off_the_scale(heard)
    if not heard.judged:
        return f"{', '.join(who for who, _ in groups)}; too few others are scored to guess how they sound."
    told = []
    if heard.opposite:
        told.append(
            f"of {counted(heard.judged, 'comment')} looked at, {len(heard.opposite):,} sound opposite to "
            "their score"
        )
    told += [
        f"of {who}, {each.positive:,} sound positive, {each.negative:,} negative, {each.unknown:,} unknown"
        for who, each in groups
    ]
    return f"A guess from how scored comments are written: {'; '.join(told)}."
