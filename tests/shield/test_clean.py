"""What clean() takes out and leaves in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.shield.clean import clean

EMOJI = ["👩‍💻", "❤️", "🏳️‍🌈", "1️⃣", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "⭐️", "©️"]


def forbidden(text: str) -> list[str]:
    """Characters that nobody can see, apart from the joiners that emoji are made of."""
    allowed = {"\u200d", "\ufe0f"}
    return [
        character
        for character in text
        if character not in allowed
        and (
            unicodedata.category(character) in ("Cc", "Cs", "Co", "Cf", "Zl", "Zp")
            or 0xE0000 <= ord(character) <= 0xE0FFF
            or 0xFE00 <= ord(character) <= 0xFE0E
        )
    ]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (None, ""),
        ("", ""),
        ("  plain   text ", "plain text"),
        ("fish &amp; chips", "fish & chips"),
        ("&amp;amp;lt;b&amp;amp;gt;", "<b>"),
        ("&#x202e;evil&#8203;", "evil"),
        ("zero\u200bwidth \u2066bidi\u2069 soft\u00adhyphen", "zerowidth bidi softhyphen"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("\x1b[31mred\x1b[0m and \x1b]0;title\x07bell", "red and bell"),
        ("\x9b31mred", "red"),
        ("one\r\ntwo\u2028three\x0bfour", "one two three four"),
        ("lone \ud800 surrogate \ue000 private", "lone surrogate private"),
        ("filler\u3164 \u115f braille\u2800", "filler braille"),
        ("letters\u200djoined \ufe0fhere a\ufe0f", "lettersjoined here a"),
        ("a\u0301 café", "a\u0301 café"),
        ("5 \ufe0f\u20e3 and 5\ufe0f alone", "5 \u20e3 and 5 alone"),
    ],
)
def test_clean_leaves_what_a_reader_sees(raw: str | None, shown: str) -> None:
    assert clean(raw) == shown


@pytest.mark.parametrize("emoji", EMOJI)
def test_an_emoji_survives_whole(emoji: str) -> None:
    assert clean(f"great {emoji} app") == f"great {emoji} app"


def test_a_newer_emoji_than_the_database_survives() -> None:
    assert clean("so \U0001fadf new") == "so \U0001fadf new"


def test_line_breaks_can_be_kept() -> None:
    assert clean("first\r\n\r\n  second \u2028third", keep_lines=True) == "first\nsecond\nthird"


def test_a_long_text_ends_with_an_ellipsis_within_the_limit() -> None:
    assert clean("word " * 100, 12) == "word word w…"
    assert clean("short", 5) == "short"
    assert len(clean("x" * 1_000_000, 280)) == 280


def test_a_joiner_is_not_left_at_the_cut() -> None:
    assert clean("ab👩‍💻 and more", 5) == "ab👩…"


def test_unescaping_is_bounded() -> None:
    deep = "&" + "amp;" * 50 + "lt;"
    assert clean(deep).startswith("&amp;")


@given(st.text(st.characters(exclude_categories=()), max_size=200), st.sampled_from([None, 1, 5, 40]))
def test_nothing_invisible_is_left_in_any_text(text: str, limit: int | None) -> None:
    cleaned = clean(text, limit)
    assert not forbidden(cleaned)
    assert limit is None or len(cleaned) <= limit
    assert "\n" not in cleaned


@given(st.lists(st.sampled_from([*EMOJI, "\u200d", "\ufe0f", "a", "&#x200b;", "\u202e", "5"]), max_size=12))
def test_cleaning_twice_changes_nothing_more(parts: list[str]) -> None:
    once = clean("".join(parts))
    assert clean(once) == once
