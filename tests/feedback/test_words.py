"""Words are cut the same way wherever they are cut."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from wootric_mcp.feedback.words import WORD, words_of


@given(
    st.lists(st.sampled_from(["l'", "l’", "qu'", "d", "don't", "été", "v5.2", "5.2.", " ", "-", "ß", "ा"]))
)
@example(["l'", "été"])
def test_words_in_lower_case_are_those_found_in_any_case(parts: list[str]) -> None:
    text = "".join(parts)
    assert words_of(text) == WORD.findall(text)
    assert words_of(text) == [word.lower() for word in WORD.findall(text.upper().replace("SS", "ß"))]


def test_an_elided_article_is_a_word_of_its_own() -> None:
    assert words_of("l'équipe n'est pas dell'albergo") == [
        "l'",
        "équipe",
        "n'",
        "est",
        "pas",
        "dell'",
        "albergo",
    ]
    assert words_of("don't use version 5.2.1.") == ["don't", "use", "version", "5.2.1"]
