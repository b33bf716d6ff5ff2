"""Who may be mailed a survey, and why others are left out. Pure: what is known of people comes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, floor, sqrt
from typing import Literal

Eligibility = Literal["wootric", "ours"]
"""Whose rules decide: Wootric's throttles and draw, or only what holds in any case."""

_DAY = 86_400.0
_WITHIN = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""


class Reason(StrEnum):
    """Why somebody is left out."""

    INVALID = "no valid address"
    UNREAD = "could not be looked up in time"
    OPTED_OUT = "opted out or e-mail surveys switched off"
    OUTSIDE = "outside the allowed domains"
    DUPLICATE = "given more than once"
    MAILED = "mailed from here lately, or perhaps"
    TOO_NEW = "known to Wootric too short a time"
    SURVEYED = "surveyed lately"
    DECLINED = "declined lately"
    NO_VALUE = "no value for a placeholder or language"
    CAP = "over the cap"


@dataclass(frozen=True, slots=True)
class Throttle:
    """Wootric's rests in days and the share of people it draws in percent, unless a survey says otherwise."""

    first_survey_delay: int = 30
    response_throttle: int = 90
    decline_throttle: int = 30
    registered_percent: int = 33


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of somebody; times are account time in epoch seconds, None where there is none."""

    address: str | None
    is_unread: bool = False
    """Whether they had to be looked up, and could not be."""
    opted_out: bool = False
    known_since: float | None = None
    surveyed_at: float | None = None
    declined_at: float | None = None
    has_values: bool = True
    """Whether every placeholder has a value."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """The positions of those who may be mailed, in order, and those of the others by reason."""

    kept: tuple[int, ...]
    left_out: dict[Reason, list[int]] = field(default_factory=dict)


def sift(
    people: Sequence[Known],
    *,
    eligibility: Eligibility,
    domains: Sequence[str],
    throttle: Throttle,
    mailed: Iterable[int],
    most: int,
    now: float,
) -> Sifted:
    """Who may be mailed.

    Args:
        people: In the order that decides who is over the cap.
        eligibility: Whose rules decide; opt-outs, allowed domains, the ledger and the cap hold in both.
        domains: See `is_allowed`; none: any.
        throttle: For Wootric's rules.
        mailed: Positions of those who were, or may have been, mailed from here lately.
        most: The cap.
        now: Account time, epoch seconds.
    """
    kept: list[int] = []
    left_out: dict[Reason, list[int]] = {}
    seen: set[str] = set()
    lately = set(mailed)
    # An address may belong to several entries, of which one tells that its owner has opted out.
    out = {_folded(one) for one in people if one.opted_out}
    for position, one in enumerate(people):
        address = _folded(one)
        reason = _reason(one, eligibility, domains, throttle, now)
        if reason is None and address in out:
            reason = Reason.OPTED_OUT
        if reason is None and address in seen:
            reason = Reason.DUPLICATE
        elif reason is None and position in lately:
            reason = Reason.MAILED
        elif reason is None and len(kept) >= most:
            reason = Reason.CAP
        if reason is None:
            kept.append(position)
            seen.add(address)
        else:
            left_out.setdefault(reason, []).append(position)
    return Sifted(tuple(kept), {reason: left_out[reason] for reason in Reason if reason in left_out})


def _folded(one: Known) -> str:
    return (one.address or "").strip().casefold()


def _reason(
    one: Known, eligibility: Eligibility, domains: Sequence[str], throttle: Throttle, now: float
) -> Reason | None:
    if not one.address:
        return Reason.UNREAD if one.is_unread else Reason.INVALID
    if one.opted_out:
        return Reason.OPTED_OUT
    if not is_allowed(one.address.rpartition("@")[2], domains, anybody=True):
        return Reason.OUTSIDE
    if one.is_unread:
        return Reason.UNREAD
    if not one.has_values:
        return Reason.NO_VALUE
    if eligibility == "ours":
        return None
    rests = (
        (one.known_since, throttle.first_survey_delay, Reason.TOO_NEW),
        (one.surveyed_at, throttle.response_throttle, Reason.SURVEYED),
        (one.declined_at, throttle.decline_throttle, Reason.DECLINED),
    )
    return next((why for at, days, why in rests if at is not None and at > now - days * _DAY), None)


def is_allowed(host: str, domains: Sequence[str], *, anybody: bool = False) -> bool:
    """Whether a host is one of the allowed domains or below one.

    With `anybody`, no domains or `*` allow every host: that is for people who are mailed. Senders and links
    need a domain of their own.
    """
    if anybody and (not domains or "*" in domains):
        return True
    host = host.lower().removesuffix(".")
    # Other letters make another domain, also such as fold to the same: ß and ss.
    return host.isascii() and any(host == domain or host.endswith(f".{domain}") for domain in domains)


def drawn(people: int, percent: int) -> tuple[int, int]:
    """How many of so many people Wootric mails when it draws each with that chance: the middle 95 %.

    The normal approximation of the binomial distribution: n p ± 1.96 sqrt(n p (1 - p)), within 0 to n.
    """
    chance = percent / 100
    mean, spread = people * chance, _WITHIN * sqrt(people * chance * (1 - chance))
    return max(floor(mean - spread), 0), min(ceil(mean + spread), people)
