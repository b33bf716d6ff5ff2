"""Who may be mailed, and why others are left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.guard.eligibility import (
    Eligibility,
    Known,
    Reason,
    Sifted,
    Throttle,
    drawn,
    is_allowed,
    sift,
)

NOW = 1_800_000_000.0
DAY = 86_400.0
OLD = Known("ann@acme.test", known_since=NOW - 400 * DAY)


def sifted(
    *people: Known,
    eligibility: Eligibility = "wootric",
    domains: tuple[str, ...] = (),
    mailed: tuple[int, ...] = (),
    most: int = 100,
    throttle: Throttle | None = None,
) -> Sifted:
    return sift(
        people,
        eligibility=eligibility,
        domains=domains,
        throttle=throttle or Throttle(),
        mailed=mailed,
        most=most,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (replace(OLD, address=None), Reason.INVALID),
        (replace(OLD, address=None, is_unread=True), Reason.UNREAD),
        (replace(OLD, opted_out=True), Reason.OPTED_OUT),
        (replace(OLD, address="ann@other.test"), Reason.OUTSIDE),
        (replace(OLD, has_values=False), Reason.NO_VALUE),
    ],
)
@pytest.mark.parametrize("eligibility", ["wootric", "ours"])
def test_some_are_left_out_whoever_decides(one: Known, why: Reason, eligibility: Eligibility) -> None:
    other = replace(OLD, address="bob@acme.test")
    assert sifted(one, other, eligibility=eligibility, domains=("acme.test",)) == Sifted((1,), {why: [0]})


def test_who_opted_out_is_left_out_under_every_name() -> None:
    same = replace(OLD, address="ANN@acme.test", opted_out=True)
    assert sifted(OLD, same, eligibility="ours") == Sifted((), {Reason.OPTED_OUT: [0, 1]})


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (replace(OLD, known_since=NOW - 29 * DAY), Reason.TOO_NEW),
        (replace(OLD, surveyed_at=NOW - 89 * DAY), Reason.SURVEYED),
        (replace(OLD, declined_at=NOW - 29 * DAY), Reason.DECLINED),
    ],
)
def test_wootrics_rests_count_only_where_wootric_decides(one: Known, why: Reason) -> None:
    assert sifted(one) == Sifted((), {why: [0]})
    assert sifted(one, eligibility="ours") == Sifted((0,))
    none = Throttle(0, 0, 0)
    assert sifted(one, throttle=none) == Sifted((0,))


def test_rests_end_to_the_second() -> None:
    assert sifted(replace(OLD, surveyed_at=NOW - 90 * DAY)).kept == (0,)
    assert sifted(replace(OLD, surveyed_at=NOW - 90 * DAY + 1)).kept == ()


def test_an_address_is_mailed_once_and_the_cap_is_kept() -> None:
    people = [replace(OLD, address=f"{name}@acme.test") for name in ("a", "A", "b", "c", "d")]
    assert sifted(*people, mailed=(2,), most=1) == Sifted(
        (0,), {Reason.DUPLICATE: [1], Reason.MAILED: [2], Reason.CAP: [3, 4]}
    )


@given(st.lists(st.sampled_from("abcdef")), st.integers(0, 5), st.sets(st.integers(0, 9)))
def test_everybody_is_either_kept_or_left_out_for_one_reason(
    names: list[str], most: int, mailed: set[int]
) -> None:
    people = [replace(OLD, address=f"{name}@acme.test") for name in names]
    result = sifted(*people, most=most, mailed=tuple(mailed))
    every = [*result.kept, *(each for some in result.left_out.values() for each in some)]
    assert sorted(every) == list(range(len(people)))
    assert len(result.kept) <= most
    assert len({names[position] for position in result.kept}) == len(result.kept)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("acme.test", True),
        ("mail.acme.test", True),
        ("ACME.test.", True),
        ("notacme.test", False),
        ("acme.test.evil.test", False),
        ("", False),
    ],
)
def test_a_domain_stands_for_what_is_below_it(host: str, is_one: bool) -> None:
    assert is_allowed(host, ["acme.test"]) is is_one


def test_a_star_lets_everybody_be_mailed_and_nobody_be_named() -> None:
    assert is_allowed("anybody.test", ["*"], anybody=True)
    assert is_allowed("anybody.test", [], anybody=True)
    assert not is_allowed("anybody.test", ["*"])
    assert not is_allowed("anybody.test", ["acme.test"], anybody=True)


@given(st.integers(0, 5_000), st.integers(0, 100))
def test_a_draw_is_a_range_within_the_people(people: int, percent: int) -> None:
    low, high = drawn(people, percent)
    assert 0 <= low <= people * percent / 100 <= high <= people


def test_a_draw_of_a_third() -> None:
    # 100 * 0.33 = 33; sqrt(100 * 0.33 * 0.67) = 4.70, times 1.96 = 9.2.
    assert drawn(100, 33) == (23, 43)
