"""The one rule for how long what was read is good enough, second by second, as it is written down."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.store.freshness import AGEING, TELLING, Piece, Rule, good

NOW = 1_795_000_000
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def is_good(created: int, read_at: float, asked_at: float, *, tells: bool = False) -> bool:
    """The rule in words: the row is young enough, and lay a minute before the reading."""
    if read_at >= asked_at:
        return True
    age, since = asked_at - created, asked_at - read_at
    lasts = 30 * DAY if tells or age > 30 * DAY else DAY if age > 72 * HOUR else 10 * MINUTE
    return since <= lasts and created < int(read_at - MINUTE)


AGES = [
    0,
    1,
    59,
    60,
    61,
    HOUR,
    72 * HOUR - 1,
    72 * HOUR,
    72 * HOUR + 1,
    30 * DAY - 1,
    30 * DAY,
    30 * DAY + 1,
    90 * DAY,
]
READ = [
    -5.0,
    0.0,
    0.5,
    59.0,
    61.0,
    10 * MINUTE - 1.0,
    10 * MINUTE,
    10 * MINUTE + 1.0,
    DAY,
    DAY + 1.0,
    30 * DAY,
    30 * DAY + 1.0,
]


@pytest.mark.parametrize("tells", [False, True], ids=["lists that age", "lists that tell of changes"])
@pytest.mark.parametrize("fraction", [0.0, 0.25])
def test_it_is_what_is_written_down(tells: bool, fraction: float) -> None:
    asked_at = NOW + fraction
    rule = TELLING if tells else AGEING
    for age in AGES:
        for ago in READ:
            created, read_at = NOW - age, asked_at - ago
            found = good([Piece(created, created + 1, read_at)], asked_at, rule)
            if age - 1 <= 72 * HOUR <= age + 1 or age - 1 <= 30 * DAY <= age + 1:
                continue  # at the very limit a second more or less does not matter
            assert bool(found) == is_good(created, read_at, asked_at, tells=tells), (age, ago)


piece = st.builds(
    lambda start, length, read: Piece(NOW - start, NOW - start + length, NOW - read),
    st.integers(0, 40 * DAY),
    st.integers(1, 40 * DAY),
    st.one_of(st.integers(-10, 20 * MINUTE), st.integers(0, 40 * DAY)),
)


@given(st.lists(piece, max_size=4), st.lists(st.integers(0, 40 * DAY), min_size=1))
def test_many_pieces_are_good_where_one_of_them_is(pieces: list[Piece], ages: list[int]) -> None:
    found = good(pieces, NOW, AGEING)
    for age in ages:
        if age in (72 * HOUR, 30 * DAY):
            continue
        created = NOW - age
        expected = any(
            one.start <= created < one.end and is_good(created, one.read_at, NOW) for one in pieces
        )
        assert any(start <= created < end for start, end in found) == expected


@given(st.lists(piece, max_size=4))
def test_fresh_takes_only_what_was_read_since_it_was_asked(pieces: list[Piece]) -> None:
    found = good(pieces, NOW, AGEING, fresh=True)
    assert found == good([one for one in pieces if one.read_at >= NOW], NOW, AGEING)


@pytest.mark.parametrize("rule", [AGEING, TELLING])
def test_the_bands_of_a_rule_leave_nothing_out(rule: Rule) -> None:
    bands = [band for band, _ in rule.bands(NOW)]
    assert bands[0][1] > NOW + 365 * DAY
    assert bands[-1][0] == 0
    assert all(older[1] == younger[0] for younger, older in itertools.pairwise(bands))


def test_something_lasts_as_long_as_its_age_says() -> None:
    assert [AGEING.lasts(age) for age in (-5, HOUR, 4 * DAY, 400 * DAY)] == [600, 600, DAY, 30 * DAY]
