"""The language of a comment, told from its script and its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feedback.languages import comments_by_language, first_words
from tests.feedback.making import COMMENTS, many
from wootric_mcp.feedback.comments import CJK, analyse
from wootric_mcp.feedback.language import language_of
from wootric_mcp.feedback.words import words_of


def told(text: str) -> str:
    return language_of(text.lower(), words_of(text.lower()))


@pytest.mark.parametrize(("part", "least"), [(str, 0.97), (first_words, 0.94)])
def test_the_language_of_comments_in_ten_languages_is_told(part: Callable[[str], str], least: float) -> None:
    comments = comments_by_language()
    assert len({language for language, _ in comments}) == 10
    right = sum(told(part(text)) == language for language, text in comments)
    assert right / len(comments) >= least


@pytest.mark.parametrize("language", sorted(set(COMMENTS) - {"ru", "ar", "emoji"}))
def test_comments_about_an_app_are_told_apart_too(language: str) -> None:
    assert told(COMMENTS[language]) == language


@pytest.mark.parametrize("text", ["", "ok", "5.2", "!!!", "iPhone", "xyzzy", "Приложение вылетает", "😀"])
def test_what_does_not_tell_its_language_has_none(text: str) -> None:
    assert told(text) == ""


def test_such_a_comment_is_taken_to_be_in_the_language_of_most_others() -> None:
    comments = analyse(
        many(["Die Rechnung war falsch", "Der Preis ist zu hoch", "Too slow for us", "iPhone"])
    )
    assert [comment.language for comment in comments] == ["de", "de", "en", "de"]


def test_chinese_and_japanese_are_analysed_alike() -> None:
    assert {comment.language for comment in analyse(many([COMMENTS["ja"], COMMENTS["zh"]]))} == {CJK}


@given(st.permutations(words_of(COMMENTS["nl"].lower())))
def test_the_order_of_words_does_not_matter(words: list[str]) -> None:
    assert language_of(" ".join(words), words) == "nl"
