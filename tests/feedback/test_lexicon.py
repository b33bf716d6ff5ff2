"""The lexicon: what is shipped speaks many languages, and what users write extends it or is refused."""

from __future__ import annotations

import time
import tomllib

import pytest

from tests.feedback.languages import COMMENTS
from tests.feedback.making import many
from wootric_mcp.feedback.comments import analyse
from wootric_mcp.feedback.lexicon import PACKS, UNIVERSAL, LexiconError, lexicon, packaged
from wootric_mcp.feedback.words import LANGUAGES

SPOKEN = [*LANGUAGES, "ja", "zh"]
# What the comments of each language are about, by their place.
ABOUT = {
    0: {"billing and payment"},
    2: {"waiting and speed", "phone and reachability"},
    3: {"food and drink", "place and comfort"},
    4: {"delivery"},
    5: {"price and value"},
    8: {"price and value", "cancellation, returns and contracts"},
    9: {"waiting and speed"},
    10: {"information and advice"},
    11: {"phone and reachability"},
}


def themes_of(*texts: str, own: str = "", packs: tuple[str, ...] = ()) -> list[set[str]]:
    chosen = lexicon(packs, own)
    return [set(chosen.themes(comment)) for comment in analyse(many(texts))]


def about(text: str, own: str = "", packs: tuple[str, ...] = ()) -> set[str]:
    # A comment in English goes before, so that a few words are taken for English.
    return themes_of("This is what we said and they were here", text, own=own, packs=packs)[1]


@pytest.mark.parametrize("language", SPOKEN)
def test_comments_of_many_trades_are_about_what_they_are_about(language: str) -> None:
    texts = [line.strip() for line in COMMENTS[language].strip().splitlines()]
    found = themes_of(*texts)
    assert {place: themes - found[place] for place, themes in ABOUT.items() if themes - found[place]} == {}


def test_a_language_without_a_lexicon_is_not_searched_with_that_of_another() -> None:
    assert themes_of(*(line.strip() for line in COMMENTS["sv"].strip().splitlines())) == [set()] * 12


@pytest.mark.parametrize("name", [UNIVERSAL, *PACKS])
def test_every_theme_that_is_shipped_is_spoken_of_in_every_language(name: str) -> None:
    for key, table in tomllib.loads(packaged(name)).items():
        assert set(SPOKEN) | {"name"} <= table.keys(), key


def test_there_are_few_enough_universal_themes_to_be_told_in_one_answer() -> None:
    assert 20 <= len(lexicon().names) <= 30


def test_a_comment_may_be_about_several_things() -> None:
    assert about("Rude waiter, cold food, and far too expensive") >= {
        "friendliness",
        "food and drink",
        "price and value",
    }


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("We pay attention to detail", "billing and payment"),
        ("The kind of thing I like", "friendliness"),
        ("They serve fast food", "waiting and speed"),
        ("I can't fault the nurse", "product quality"),
        ("Our customer journey is long", "transport and travel"),
    ],
)
def test_words_that_stand_with_others_for_something_else_do_not_count(text: str, theme: str) -> None:
    assert theme not in about(text)


def test_such_words_count_where_they_stand_alone_in_the_same_comment() -> None:
    assert "billing and payment" in about("Pay attention: we pay too much")


def test_words_in_a_row_are_found_whatever_their_case_accents_and_hyphens() -> None:
    own = '[wait]\nname = "waiting line"\nen = "stuck on hold*, Café-Ecke, coffee corner"'
    assert "waiting line" in about("STUCK ON HOLDING again", own)
    assert "waiting line" in about("the cafe ecke was closed", own)
    assert "waiting line" in about("the Coffee-Corner was closed", own)
    assert "waiting line" not in about("stuck again on hold", own)


def test_a_star_stands_for_any_letters_before_or_after() -> None:
    own = '[x]\nname = "x"\nen = "foo*, *bar, *mid*, whole"'
    for text in ("foot here", "foo here", "crowbar here", "amidst here", "whole here"):
        assert "x" in about(text, own), text
    for text in ("barfoo here", "barn here", "wholesale here"):
        assert "x" not in about(text, own), text


def test_a_pack_adds_what_its_trade_talks_about() -> None:
    assert "reports and export" not in about("The CSV export fails")
    assert "reports and export" in about("The CSV export fails", packs=("saas",))


def test_a_users_file_adds_themes_and_words() -> None:
    own = (
        '[forklifts]\nen = "forklift*"\n[delivery]\nen = "pallet*"\n[delivery.not]\nen = "pallet of colours"'
    )
    assert about("two pallets and a forklift", own) == {"forklifts", "delivery"}
    assert "delivery" in about("the courier", own)
    assert "delivery" not in about("a pallet of colours", own)


def test_a_users_file_renames_replaces_and_leaves_out() -> None:
    own = '[delivery]\nname = "logistics"\n[food]\nreplace = true\n[price]\nreplace = true\nen = "dear"'
    assert about("the courier", own) == {"logistics"}
    assert about("the lunch", own) == set()
    assert about("too expensive", own) == set()
    assert about("too dear", own) == {"price"}


def test_in_japanese_and_chinese_what_is_in_other_words_does_not_count() -> None:
    assert "food and drink" not in themes_of("意味が分かりませんでした")[0]
    assert "food and drink" in themes_of("味が最高でした")[0]


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ("[x", "it is not TOML"),
        ('en = "word"', "en stands in no theme"),
        ('[x]\nxx = "word"', "[x] has xx; known are name"),
        ('[x]\nen = ["word"]', "[x] en is no text"),
        ('[x]\nen = "a*b"', "[x] en: “a*b”: * stands before or after a word only"),
        ('[x]\nen = "!!"', "[x] en: “!!”"),
        ('[x]\nname = "two\\nlines"\nen = "word"', "[x] needs a name of at most 60 characters on one line"),
        ('[x.not]\nname = "word"', "[x.not] holds words by language"),
        ('[x.not]\nen = "*"', "[x.not] en: “*”"),
        ('[x]\nname = "delivery"\nen = "word"', "two themes are called “delivery”"),
        ("\n".join(f'[x{n}]\nen = "word{n}"' for n in range(200)), "at most 200"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(own: str, says: str) -> None:
    with pytest.raises(LexiconError) as refused:
        lexicon((), own)
    assert says in str(refused.value)


def test_a_pack_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(LexiconError, match="there is no pack farming; there is saas"):
        lexicon(("farming",))


def test_a_word_of_a_hundred_thousand_letters_takes_time_in_proportion() -> None:
    begun = time.perf_counter()
    language, words = "en", ["a" * 100_000]
    assert lexicon().bits(language, words, words[0]) == 0
    assert time.perf_counter() - begun < 2, "it was seven seconds when each of its begins was looked up"
