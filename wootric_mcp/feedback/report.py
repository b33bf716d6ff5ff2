"""Digests, written down as text and as structure, each within a budget of tokens.

Either form is complete alone. What customers wrote, theme phrases among it, stands in the text inside one
fence and in the structure under `untrusted`; everything else is ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wootric_mcp.feedback.budget import DEFAULT, estimate_tokens
from wootric_mcp.feedback.digest import Digest
from wootric_mcp.feedback.filling import Fence, compact, fill
from wootric_mcp.feedback.quotes import Quote
from wootric_mcp.feedback.receipt import SHORT_ANSWER, call, filters, wider
from wootric_mcp.feedback.report_parts import counted, names, nobody, part, points, score_data, signed
from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, SCALES, Score, percent

_QUOTE_COLUMNS = ("theme", "id", "score", "person", "text")

_SUSPICIOUS = 5
"""Comments that read like instructions, listed by id."""
_VERY_FIRST, _FIRST = 3, 5
"""Themes that come with a quote each before any further theme is told."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A theme by its place (0: comments in no theme), or with `quote` a quote of it."""

    theme: int
    quote: Quote | None = None


def as_text(digest: Digest, *, fence: Fence, budget: int = DEFAULT) -> str:
    """A digest as text of at most `budget` tokens."""
    digest = _within(digest, budget)

    def render(pieces: Sequence[_Piece]) -> str:
        lines = [_line(digest, piece) for piece in _in_order(pieces)]
        told = [_legend(digest), fence(lines)] if lines else names(digest.property_names, fence)
        return "\n".join([*head(digest), *told, *_tail(digest, pieces), f"Next: {next_call(digest)}"])

    reserve = estimate_tokens("\n".join([_legend(digest), fence([])])) + 1
    return render(
        fill(
            _by_value(digest),
            budget=budget,
            render=render,
            show=lambda piece: _line(digest, piece),
            may_skip=_is_quote,
            reserve=reserve,
        )
    )


def as_data(digest: Digest, *, budget: int = DEFAULT) -> dict[str, Any]:
    """A digest as structure, whose compact JSON costs at most `budget` tokens."""
    digest = _within(digest, budget)
    pieces = fill(
        _by_value(digest),
        budget=budget,
        render=lambda pieces: compact(_structure(digest, pieces, budget)),
        show=lambda piece: compact(_row(digest, piece)),
        may_skip=_is_quote,
    )
    return _structure(digest, pieces, budget)


def _within(digest: Digest, budget: int) -> Digest:
    """What an answer of so many tokens has room for: a short one has no contributions."""
    digest = replace(digest, receipt=digest.receipt.within(budget))
    if budget >= SHORT_ANSWER:
        return digest
    themes = tuple(replace(each, effect=replace(each.effect, contribution=None)) for each in digest.themes)
    return replace(digest, themes=themes, no_theme_adds=None, no_comment_adds=None)


def head(digest: Digest) -> list[str]:
    """Score and receipt, in sentences of our own."""
    score, scale = digest.score, SCALES[digest.survey_type]
    first = (
        f"{score.figure}{part(digest.receipt)}: {score.parts}."
        if score.n
        else f"No {scale.name}: nobody scored."
    )
    return [nobody(digest.property_names) or first, *_circumstances(digest)]


def _circumstances(digest: Digest, *, of_query: bool = True) -> list[str]:
    """What the figures are of; with the score of all who say what a query asks for, if that is wanted."""
    score, scale = digest.score, SCALES[digest.survey_type]
    excluded = f"; {counted(digest.excluded, 'excluded one')} left out" if digest.excluded else ""
    rate = (
        f" ({percent(digest.commented, digest.responses)})" if digest.responses >= NO_PERCENTAGE_BELOW else ""
    )
    counts = f"{counted(digest.responses, 'response')}, {digest.commented:,} with a comment{rate}{excluded}."
    lines = [f"{digest.receipt.sentence} {counts}"]
    if score.out_of_range:
        are = "is" if score.out_of_range == 1 else "are"
        outside = f"outside {scale.lowest} to {scale.highest} {are} not counted."
        lines.append(f"{counted(score.out_of_range, 'score')} {outside}")
    description = filters(digest.selection.describe(digest.survey_type))
    if description:
        told = of_query and digest.query_score
        said = f"; all who say it: {told.figure}" if told else ""
        counts = f"{counted(digest.selected, 'response')}, {digest.comments:,} with a comment{said}."
        lines.append(f"Selected: {description}: {counts}")
    if not digest.comments:
        lines.append("No comment to read here.")
    if digest.selection.hint:
        lines.append(digest.selection.hint)
    return lines


def next_call(digest: Digest) -> str:
    """What to ask next: a theme's comments, or a longer period where there is nothing to read."""
    selection, period = digest.selection, digest.receipt.period
    narrowed = {"category": selection.category, "where": selection.where}
    if digest.property_names:
        search = call(
            "summarize_feedback", period=period.name, category=selection.category, query=selection.query
        )
        return f"{search} with a property that occurs as where"
    if not digest.comments:
        longer = wider(period, digest.receipt.as_of)
        return call("summarize_feedback", period=longer, query=selection.query, **narrowed)
    named = next((each.theme.name for each in digest.themes if each.theme.name), "")
    search = call("search_feedback", theme=named, query=selection.query, period=period.name, **narrowed)
    if all(each.theme.name for each in digest.themes):
        return search
    # A phrase is a customer's, and what stands for it here would be taken literally.
    how = "added to its query" if selection.query else "as its query"
    if named:
        return f"{search}; instead of theme, a phrase in double quotes {how}"
    return f"{search} with one of the themes, in double quotes, {how}"


def _legend(digest: Digest) -> str:
    if not digest.themes:
        return "Comments with response id, score, person:"
    scale = SCALES[digest.survey_type]
    told = [f"comments (share of {digest.comments:,}; they overlap)", f"{scale.name} of all who say it"]
    told[1] += f" with {'/'.join(scale.words)}" if _is_full(digest) else ""
    told.append(f"impact ({scale.name} of all less that without them)")
    told += [f"contribution (their part of the {scale.name} of all)"] if _is_full(digest) else []
    return f"Themes: {', '.join(told)}; quotes with response id, score, person:"


def _line(digest: Digest, piece: _Piece) -> str:
    if piece.quote:
        record = piece.quote.record
        scored = "no score" if record.score is None else record.score
        return f"  “{piece.quote.shown}” (#{record.id}, {scored}, {piece.quote.person})"
    if not piece.theme:
        return "In no theme:"
    theme, effect = digest.themes[piece.theme - 1].theme, digest.themes[piece.theme - 1].effect
    share = f" ({percent(theme.n, digest.comments)})" if digest.comments >= NO_PERCENTAGE_BELOW else ""
    mostly = theme.run or (theme.phrase if theme.name else "")
    title = (theme.name or theme.phrase) + (f" (mostly “{mostly}”)" if mostly else "")
    if _is_full(digest):
        people = f" {'/'.join(map(str, _split(theme.score)))}"
    else:  # whom a score is of is said where it is not just those counted before
        people = f" (n = {theme.score.n:,})" if theme.score.n != theme.n else ""
    figures = [f"{theme.n:,}{share}", f"{theme.score.short}{people}"]
    if effect.impact is not None:
        figures.append(f"impact {signed(effect.impact, digest.survey_type)}")
    if effect.contribution is not None:
        figures.append(f"contribution {signed(effect.contribution, digest.survey_type)}")
    return f"{piece.theme}. {title}: {', '.join(figures)}"


def _split(score: Score) -> tuple[int, int, int]:
    return score.promoters, score.passives, score.detractors


def _tail(digest: Digest, pieces: Sequence[_Piece]) -> list[str]:
    sentences = []
    if digest.themes and digest.in_no_theme:
        share = percent(digest.in_no_theme, digest.comments)
        sentences.append(f"In none of the themes: {counted(digest.in_no_theme, 'comment')} ({share}).")
    themes, quotes = _left_out(digest, pieces)
    left_out = [counted(n, noun) for n, noun in ((themes, "theme"), (quotes, "quote")) if n]
    if left_out:
        sentences.append(f"Left out for length: {', '.join(left_out)}.")
    if digest.suspicious:
        n, listed = len(digest.suspicious), [f"#{number}" for number in digest.suspicious[:_SUSPICIOUS]]
        reads = f"{'reads' if n == 1 else 'read'} like instructions to an assistant"
        more = f" and {n - len(listed):,} more" if n > len(listed) else ""
        told = f"{counted(n, 'comment')} {reads} and {'is' if n == 1 else 'are'} not quoted"
        sentences.append(f"{told}: {', '.join(listed)}{more}.")
    rest = _rest(digest, pieces)
    if rest and digest.themes:
        name = SCALES[digest.survey_type].name
        told = ", ".join(f"{what} {signed(value, digest.survey_type)}" for what, value in rest.items())
        sentences.append(f"Further contributions: {told}; with those above they add up to the {name} of all.")
    return [" ".join(sentences)] if sentences else []


def _rest(digest: Digest, pieces: Sequence[_Piece]) -> dict[str, float]:
    """Contributions to the score of what is not among the themes shown, by what it is."""
    if digest.no_theme_adds is None or digest.no_comment_adds is None:
        return {}
    shown = {piece.theme for piece in pieces if not piece.quote}
    left_out = [
        each.effect.contribution or 0.0
        for place, each in enumerate(digest.themes, start=1)
        if place not in shown
    ]
    such = "such " if digest.selection.query.strip() else ""
    rest = {"comments in no theme": digest.no_theme_adds, f"no {such}comment": digest.no_comment_adds}
    return rest | ({"themes left out": math.fsum(left_out)} if left_out else {})


def _structure(digest: Digest, pieces: Sequence[_Piece], budget: int) -> dict[str, Any]:
    themes, quotes = _left_out(digest, pieces)
    ordered = _in_order(pieces)
    rows = [_row(digest, piece) for piece in ordered]
    told = [digest.themes[piece.theme - 1].theme for piece in ordered if piece.theme and not piece.quote]
    name = SCALES[digest.survey_type].name.lower()
    of_query = score_data(digest.query_score) if digest.query_score else {}
    if is_short := budget < SHORT_ANSWER:
        of_query = {key: value for key, value in of_query.items() if key not in {"type", "note"}}
    words = SCALES[digest.survey_type].words
    columns = ["theme", "comments", "share", name, "impact"]
    columns += ["contribution", *words] if _is_full(digest) else [f"{name}_n"]
    columns += ["name"] if _named(digest) else []
    rest = _rest(digest, pieces)
    theme_rows = [
        row[:-2] for piece, row in zip(ordered, rows, strict=True) if piece.theme and not piece.quote
    ]
    quote_rows = [row for piece, row in zip(ordered, rows, strict=True) if piece.quote]
    return {
        # The score's figures stand below.
        "summary": " ".join(
            [nobody(digest.property_names), *_circumstances(digest, of_query=not is_short)]
        ).strip(),
        "score": score_data(digest.score),
        "selected": {
            "responses": digest.selected,
            "comments": digest.comments,
            "in_no_theme": digest.in_no_theme,
            **({"score_of_query": of_query} if of_query else {}),
        },
        "themes": _table(columns, theme_rows),
        **({"contributions": {what: _exact(value) for what, value in rest.items()}} if rest else {}),
        "left_out": {"themes": themes, "quotes": quotes},
        **({"suspicious": _suspicious(digest)} if digest.suspicious else {}),
        "next": next_call(digest),
        "untrusted": {
            "themes": [theme.phrase for theme in told],
            **({"mostly": [theme.run for theme in told]} if any(theme.run for theme in told) else {}),
            "quotes": _table(_QUOTE_COLUMNS, quote_rows),
            **({"property_names": list(digest.property_names)} if digest.property_names else {}),
        },
    }


def _suspicious(digest: Digest) -> dict[str, Any]:
    """Comments that read like instructions to an assistant, which are not quoted."""
    return {"comments": len(digest.suspicious), "ids": list(digest.suspicious[:_SUSPICIOUS])}


def _table(columns: Sequence[str], rows: list[list[Any]]) -> dict[str, Any]:
    """Rows and what their values are."""
    return {"columns": list(columns), "rows": rows}


def _row(digest: Digest, piece: _Piece) -> list[Any]:
    """Values of a piece; those of a theme end with its phrase and run, which are customers'."""
    if piece.quote:
        record = piece.quote.record
        return [piece.theme or None, record.id, record.score, piece.quote.person, piece.quote.shown]
    if not piece.theme:
        return []
    theme, effect = digest.themes[piece.theme - 1].theme, digest.themes[piece.theme - 1].effect
    share = round(theme.n / digest.comments, 3) if digest.comments >= 5 else None
    value = None if theme.score.value is None else round(theme.score.value, 1)
    figures = [piece.theme, theme.n, share, value, points(effect.impact, digest.survey_type)]
    if _is_full(digest):
        figures += [_exact(effect.contribution), *_split(theme.score)]
    else:
        figures.append(theme.score.n)
    return [*figures, *([theme.name or None] if _named(digest) else []), theme.phrase, theme.run]


def _is_full(digest: Digest) -> bool:
    """Whether themes are told with their contributions and who says them."""
    return digest.no_theme_adds is not None


def _exact(contribution: float | None) -> float | None:
    """A contribution for a sum."""
    return None if contribution is None else round(contribution, 2)


def _named(digest: Digest) -> bool:
    return any(each.theme.name for each in digest.themes)


def _by_value(digest: Digest) -> list[_Piece]:
    """The first themes, a quote each, the other themes, a quote each, quotes in no theme, then the further
    quotes."""
    themes = list(enumerate(digest.themes, start=1))
    pieces: list[_Piece] = []
    for group in (themes[:_VERY_FIRST], themes[_VERY_FIRST:_FIRST], themes[_FIRST:]):
        pieces += [_Piece(place) for place, _ in group]
        pieces += [_Piece(place, each.quotes[0]) for place, each in group if each.quotes]
    if digest.other_quotes:
        pieces.append(_Piece(0))
        pieces += [_Piece(0, quote) for quote in digest.other_quotes]
    return pieces + [_Piece(place, quote) for place, each in themes for quote in each.quotes[1:]]


def _in_order(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Each theme followed by its quotes, what is in no theme last; a heading without quotes falls away."""
    quoted = {piece.theme for piece in pieces if piece.quote}
    kept = [piece for piece in pieces if piece.quote or piece.theme or 0 in quoted]
    return sorted(kept, key=lambda piece: (piece.theme or 1_000, piece.quote is not None))


def _left_out(digest: Digest, pieces: Sequence[_Piece]) -> tuple[int, int]:
    """How many themes and quotes of the digest are not among the pieces."""
    quotes = sum(len(each.quotes) for each in digest.themes) + len(digest.other_quotes)
    return (
        len(digest.themes) - sum(1 for piece in pieces if piece.theme and not piece.quote),
        quotes - sum(1 for piece in pieces if piece.quote),
    )


def _is_quote(piece: _Piece) -> bool:
    return piece.quote is not None
