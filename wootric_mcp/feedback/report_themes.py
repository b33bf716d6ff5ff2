"""The themes of a digest, each on a line of text or in a row of figures, and what the rest contributes."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from wootric_mcp.feedback.digest import Digest, ThemeDigest
from wootric_mcp.feedback.report_parts import points, signed, verdict
from wootric_mcp.feedback.score import INDICATIVE_BELOW, NO_PERCENTAGE_BELOW, SCALES, Score, percent

_TAG = "(tag)"
"""In place of the name of a theme that is a tag of the account, which is foreign text."""
_MARK = "*"
"""Follows the score of a theme of which few have scored."""


def legend(digest: Digest) -> str:
    """What the figures of a theme are."""
    if not digest.themes:
        return "Comments with response id, score, person:"
    scale, change = SCALES[digest.survey_type], "; its change" if digest.compared else ""
    told = [
        f"comments (share of {digest.comments:,}{change}; they overlap)",
        f"{scale.name} of all who say it",
    ]
    told[1] += f" with {'/'.join(scale.words)}" if is_full(digest) else ""
    told.append(f"impact ({scale.name} of all less that without them)")
    told += [f"contribution (their part of the {scale.name} of all{change})"] if is_full(digest) else []
    if _marks(digest):
        told.append(f"{_MARK} indicative only, fewer than {INDICATIVE_BELOW} scored")
    return f"Themes: {', '.join(told)}; quotes with response id, score, person:"


def theme_line(digest: Digest, number: int) -> str:
    """A theme, counted from 1, in words; customers' are among them."""
    found = digest.themes[number - 1]
    theme, change = found.theme, found.change
    mostly = theme.run or (theme.phrase if theme.name else "")
    title = f"tag “{theme.phrase}”" if theme.is_tag else theme.name or theme.phrase
    title += f" ({'mostly' if theme.is_mostly_said else 'such as'} “{mostly}”)" if mostly else ""
    shares = [percent(theme.n, digest.comments)] if digest.comments >= NO_PERCENTAGE_BELOW else []
    if digest.compared and change and change.share.value is not None:
        shares.append(f"{signed(change.share.value, 'nps')} points, {verdict(change.share)}")
    figures = [f"{theme.n:,} ({'; '.join(shares)})" if shares else f"{theme.n:,}"]
    scored = theme.score.short + _MARK * _is_indicative(theme.score)
    if is_full(digest):
        figures.append(f"{scored} {'/'.join(f'{each:,}' for each in _split(theme.score))}")
    else:  # whom a score is of is said where it is not just those counted before
        people = f" (n = {theme.score.n:,})" if theme.score.n != theme.n else ""
        figures.append(f"{scored}{people}")
    impact, contribution, by = _effect(found)
    if impact is not None:
        figures.append(f"impact {signed(impact, digest.survey_type)}")
    if contribution is not None and is_full(digest):
        figures.append(f"contribution {_with_change(digest, contribution, by)}")
    return f"{number}. {title}: {', '.join(figures)}"


def theme_columns(digest: Digest) -> list[str]:
    """What the figures of a row are."""
    scale = SCALES[digest.survey_type]
    name = scale.name.lower()
    columns = ["theme", "comments", "share", name, *(["indicative"] if _marks(digest) else []), "impact"]
    columns += ["contribution", *scale.words] if is_full(digest) else [f"{name}_n"]
    if digest.compared:
        columns += ["share_change", "verdict"]
        columns += ["comments_before", "contribution_change"] if is_full(digest) else []
    return columns + (["name"] if is_named(digest) else [])


def theme_row(digest: Digest, number: int) -> list[Any]:
    """The figures of a theme, in the order of the columns, and its phrase and run, which are customers'."""
    found = digest.themes[number - 1]
    theme, change = found.theme, found.change
    impact, contribution, contribution_change = _effect(found)
    share = round(theme.n / digest.comments, 3) if digest.comments >= NO_PERCENTAGE_BELOW else None
    value = None if theme.score.value is None else round(theme.score.value, 1)
    row: list[Any] = [number, theme.n, share, value]
    row += [None if value is None else _is_indicative(theme.score)] if _marks(digest) else []
    row.append(points(impact, digest.survey_type))
    row += [_exact(contribution), *_split(theme.score)] if is_full(digest) else [theme.score.n]
    if digest.compared and change:
        by = change.share.value
        row += [None if by is None else round(by / 100, 3), verdict(change.share)]
        row += [change.before, _exact(contribution_change)] if is_full(digest) else []
    row += [theme.name or (_TAG if theme.is_tag else None)] if is_named(digest) else []
    return [*row, theme.phrase, theme.run]


def rest_told(digest: Digest, shown: Collection[int]) -> str:
    """Contributions to the score of what has none among the themes shown."""
    told = [f"{what} {_with_change(digest, *values)}" for what, values in _rest(digest, shown).items()]
    if not told:
        return ""
    name = SCALES[digest.survey_type].name
    return f"Further contributions: {', '.join(told)}; with those above they add up to the {name} of all."


def rest_data(digest: Digest, shown: Collection[int]) -> dict[str, Any]:
    """The same as structure, with the changes if a period is compared."""
    rest = _rest(digest, shown)
    data = {"contributions": {what: _exact(value) for what, (value, _) in rest.items()}} if rest else {}
    if rest and digest.compared:
        data["contribution_changes"] = {what: _exact(change) for what, (_, change) in rest.items()}
    return data


def is_named(digest: Digest) -> bool:
    """Whether a theme is a tag or has a name of ours or the operator's."""
    return any(each.theme.label for each in digest.themes)


def is_full(digest: Digest) -> bool:
    """Whether themes are told with their contributions and who says them."""
    return digest.no_theme_adds is not None


def _marks(digest: Digest) -> bool:
    """Whether few have scored of those who say some theme."""
    return any(_is_indicative(each.theme.score) for each in digest.themes)


def _is_indicative(score: Score) -> bool:
    return score.value is not None and score.is_indicative


def _effect(found: ThemeDigest) -> tuple[float | None, float | None, float | None]:
    """Impact, contribution and the change of that; none where too few of those who say it scored."""
    if found.theme.score.value is None:
        return None, None, None
    change = found.change.contribution if found.change else None
    return found.effect.impact, found.effect.contribution, change


def _split(score: Score) -> tuple[int, int, int]:
    return score.promoters, score.passives, score.detractors


def _rest(digest: Digest, shown: Collection[int]) -> dict[str, tuple[float, float | None]]:
    """Contribution, and its change, of what has none among the themes shown, by what it is."""
    if digest.no_theme_adds is None or digest.no_comment_adds is None:
        return {}
    compared = digest.compared
    such = "such " if digest.selection.query.strip() else ""
    rest = {
        "comments in no theme": (digest.no_theme_adds, compared.no_theme_adds if compared else None),
        f"no {such}comment": (digest.no_comment_adds, compared.no_comment_adds if compared else None),
    }
    others = [
        each
        for number, each in enumerate(digest.themes, start=1)
        if number not in shown or _effect(each)[1] is None
    ]
    if others:
        changes = [each.change.contribution for each in others if each.change]
        known = [change for change in changes if change is not None]
        total = math.fsum(each.effect.contribution or 0.0 for each in others)
        rest["other themes"] = (total, math.fsum(known) if len(known) == len(others) else None)
    return rest


def _with_change(digest: Digest, value: float, change: float | None) -> str:
    told = signed(value, digest.survey_type)
    return told if change is None else f"{told} ({signed(change, digest.survey_type)})"


def _exact(value: float | None) -> float | None:
    """A figure for a sum."""
    return None if value is None else round(value, 2)
