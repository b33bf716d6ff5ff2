"""Which records a selection takes: categories, properties, words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.feedback.making import COMMENTS, record
from wootric_mcp.feedback.selection import Selection, has_properties, parse_query


def says(query: str, text: str) -> bool:
    return Selection(query=query).matches(record(1, text), "nps")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", ""),
        ("crash", "It CRASHES daily"),
        ("crashes", "one crash"),
        ("companies", "our company"),
        ("apps", "the app"),
        ("boxes", "a box"),
        ("csv export", "Export to CSV, please"),
        ("resume", "my résumé"),
        ("Müller", "bei MULLER"),
        ("straße", "die STRASSE"),
        ("can't", "I can’t log in"),
        ('"customer service"', "Customer service is slow"),
        ("the export", "export"),
        ("the", "the end"),
        ('"the"', "the end"),
        ('"customer service"', "customer services"),
        ('"app crashes"', "the app crashed"),
        ("crashes", "it crashed"),
        ('"prezzo elevato"', "prezzi elevati"),
        ("crash OR freeze", "it freezes"),
        ("crash|freeze", "it freezes"),
        ("slow -fast", "slow"),
        ("-fast", "slow"),
        ('slow -"log in"', "slow, in the log"),
        ("クラッシュ", COMMENTS["ja"]),
        ("崩溃 涨价", COMMENTS["zh"]),
        ("e-mail", "no e-mail came"),
        ("emballage", "L'emballage était abîmé"),
        ("export csv", "L’export CSV ne marche pas"),
        ("l'emballage", "plus d'emballage"),
        ('"l\'emballage"', "L’emballage était abîmé"),
        ("app", "il design dell'app"),
        ('"ログイン error"', "またログイン error です"),
    ],
)
def test_a_comment_says_it(query: str, text: str) -> None:
    assert says(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("crash", ""),
        ("app", "apple pie"),
        ("csv export", "the export"),
        ('"customer service"', "service for a customer"),
        ('"customer service"', "customer self-service"),
        ('"crash"', "crashlytics"),
        ("slow -fast", "slow, then fast"),
        ('slow -"log in"', "slow to log in"),
        ("crash freeze", "it freezes"),
        ("crash OR freeze", "slow"),
        ("price", "the pride"),
        ("e-mail", "mail"),
        ("don", "I don't"),
        ('"l\'emballage"', "plus d'emballage"),
        ('"crash', "nothing of it"),
        ("崩溃", COMMENTS["ja"]),
    ],
)
def test_a_comment_does_not_say_it(query: str, text: str) -> None:
    assert not says(query, text)


@pytest.mark.parametrize(
    ("query", "text", "other"),
    [
        ("👍", "great 👍", "great"),
        ("❤️", "I ❤ it", "I like it"),
        ("👍👍", "👍👍👍", "👍"),
        ("£", "it costs £30", "it costs 30"),
        ("$", "$30", "€30"),
        ("???", "Really???", "Really?"),
        ("!", "Great!", "Great"),
        ('"%"', "down by 5 %", "down by 5"),
        ("great 👍", "great app 👍", "great app"),
        ("👎 OR 😡", "slow 😡", "slow"),
        ("-👍", "great", "great 👍"),
        ("service -👍", "service", "service 👍"),
        ("*", "five * of five", "five stars"),
    ],
)
def test_a_sign_is_found_where_it_stands_and_nowhere_else(query: str, text: str, other: str) -> None:
    assert says(query, text) and not says(query, other)
    assert Selection(query=query).hint == ""


@pytest.mark.parametrize(
    "query", ["export !", "export -", "- export", "export – csv", "R & export", "export -!"]
)
def test_beside_words_punctuation_is_left_out(query: str) -> None:
    assert says(query, "export: csv, R")


@pytest.mark.parametrize("query", ['""', "-", ' - | OR "" ', "OR", "-!"])
def test_a_query_of_nothing_says_that_it_leaves_every_comment(query: str) -> None:
    assert parse_query(query).groups == () and says(query, "anything")
    assert Selection(query=query).hint.startswith("The query has nothing that can be searched for")


@pytest.mark.parametrize("query", ["", " "])
def test_no_query_needs_no_hint(query: str) -> None:
    assert Selection(query=query).hint == ""


@pytest.mark.parametrize(
    "marks", ["“{}”", "„{}“", "”{}”", "« {} »", "»{}«", "‹{}›", "「{}」", "‘{}’", "‚{}‘", "'{}'"]
)
def test_words_in_quotation_marks_of_any_kind_stand_next_to_each_other(marks: str) -> None:
    phrase = marks.format("waiting time")
    assert says(phrase, "a long waiting time") and not says(phrase, "waiting a long time")
    assert says(f"slow -{phrase}", "slow, waiting all the time") and not says(
        f"slow -{phrase}", "slow waiting time"
    )


def test_apostrophes_are_no_quotation_marks() -> None:
    assert says("users' customers'", "Customers of our users")
    assert says("can’t don’t", "I don't, I can't")


def test_a_quoted_word_has_no_form_of_another_language() -> None:
    assert not says('"listen"', "It is a long list of them")
    assert says('"listen"', "They do listen to me") and says(
        '"Listen"', "Das ist eine der Listen, die ich nicht mag"
    )
    assert says('"Listen"', "Das ist eine Liste, die ich nicht mag")


PROPERTIES = {
    "plan": "Team",
    "seats_amount": 5,
    "Revenue Amount": "12.50",
    "tags_array": "beta,pilot",
    "on": True,
    "off": False,
    "service": "PTS\xa0 - Patient Transport",
    "empty": " ",
}


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"plan": "team"},
        {"PLAN": "Team"},
        {"plan": ["Pro", "Team"]},
        {"seats_amount": "5"},
        {"seats_amount": 5.0},
        {"Revenue Amount": 12.5},
        {"tags_array": "pilot"},
        {"on": "true"},
        {"gone": None},
        {"plan": "Team", "seats_amount": 5},
        {"service": "pts - patient transport"},
        {"service": "PTS\u2003-  Patient\tTransport "},
        {"gone": "(none)"},
        {"empty": "(none)"},
        {"gone": ["Team", "(none)"]},
    ],
)
def test_properties_match_as_text_and_numbers_by_value(where: dict[str, Any]) -> None:
    assert has_properties(PROPERTIES, where)


@pytest.mark.parametrize(
    "where",
    [
        {"plan": "Pro"},
        {"gone": "x"},
        {"plan": None},
        {"seats_amount": 50},
        {"plan": "Team", "on": "no"},
        {"service": "PTS - PatientTransport"},
        {"plan": "(none)"},
        {"off": "(none)"},
    ],
)
def test_other_properties_do_not_match(where: dict[str, Any]) -> None:
    assert not has_properties(PROPERTIES, where)


def test_category_and_comment_filter_by_the_survey_asked() -> None:
    detractors = Selection(category="detractor")
    assert detractors.matches(record(1, score=6), "nps")
    assert not detractors.matches(record(1, score=6), "ces7")
    assert not detractors.matches(record(1, score=None), "nps")
    assert Selection(has_text=True).matches(record(1, "x"), "nps")
    assert not Selection(has_text=True).matches(record(1), "nps")
    assert Selection(has_text=False).matches(record(1), "nps")


def test_a_selection_describes_itself_briefly() -> None:
    selection = Selection("detractor", {"plan": ["Team", "Pro"], "x" * 200: 5}, True, "crash\n " + "y" * 300)
    described = selection.describe("nps")
    assert described.startswith("detractors, with a comment, plan = Team or Pro, xxx")
    assert "\n" not in described and len(described) < 300
    assert Selection("promoter", has_text=False).describe("csat5") == "positive, without a comment"
    assert Selection().describe("nps") == ""


@pytest.mark.parametrize("query", ["<theme>", "export <theme>", '"<Theme>"', "<a theme>"])
def test_a_placeholder_is_hinted_at(query: str) -> None:
    assert Selection(query=query).hint == "Put one of the themes in place of <theme> in the query."
    assert Selection(query="theme").hint == ""
