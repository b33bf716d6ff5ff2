from __future__ import annotations

import base64
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.sandbox.answers import Refusal
from wootric_mcp.sandbox.parameters import Parameters, Upload, is_digits, merge, nest, pairs, typed


def problems(parameters: Parameters) -> list[str]:
    with pytest.raises(Refusal) as caught:
        parameters.check()
    assert caught.value.answer.status == 400
    return [error["message"] for error in caught.value.answer.body["errors"]]


@pytest.mark.parametrize(
    ("text", "nested"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("created[gt]=5&created[lt]=9", {"created": {"gt": "5", "lt": "9"}}),
        ("emails[]=a&emails[]=b", {"emails": ["a", "b"]}),
        ("context[][x]=1&context[][y]=2", {"context": [{"x": "1", "y": "2"}]}),
        ("context[][x]=1&context[][x]=2", {"context": [{"x": "1"}, {"x": "2"}]}),
        ("c[][p][q]=1&c[][p][r]=2", {"c": [{"p": {"q": "1"}}, {"p": {"r": "2"}}]}),
        ("s[sampling][decline_throttle]=3", {"s": {"sampling": {"decline_throttle": "3"}}}),
        ("properties[First+Name]=J%C3%B6rg+K", {"properties": {"First Name": "Jörg K"}}),
        ("a=1&a=2", {"a": "2"}),
        ("bad[=1", {"bad": "1"}),
        ("x=%FF", {"x": "\ufffd"}),
    ],
)
def test_brackets_nest_as_in_rack(text: str, nested: dict[str, Any]) -> None:
    assert nest(pairs(text.encode())) == nested


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b]=2&a[]=1", "a[]=1&a[b]=2"])
def test_one_name_for_two_kinds_of_value_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        nest(pairs(text.encode()))
    assert caught.value.answer.status == 400


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1)
_TREES = st.dictionaries(
    _NAMES, st.recursive(st.text(), lambda inner: st.dictionaries(_NAMES, inner, min_size=1), max_leaves=8)
)


def flatten(tree: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    flat = []
    for key, value in tree.items():
        name = f"{prefix}[{key}]" if prefix else key
        flat += flatten(value, name) if isinstance(value, dict) else [(name, value)]
    return flat


@given(_TREES)
def test_what_is_written_with_brackets_is_read_back(tree: dict[str, Any]) -> None:
    assert nest(pairs(urlencode(flatten(tree)).encode())) == tree


def test_later_parameters_win_hash_by_hash() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": 1}, {"a": {"c": 3}, "d": {"e": 4}}) == {
        "a": {"b": 1, "c": 3},
        "d": {"e": 4},
    }


@pytest.mark.parametrize(
    ("text", "whether"),
    [("0", True), ("512004417", True), ("", False), ("-1", False), ("1#x", False), ("٣", False)],
)
def test_ids_are_ascii_digits(text: str, whether: bool) -> None:
    assert is_digits(text) is whether


def test_an_id_too_large_for_a_database_is_not_an_id() -> None:
    assert not is_digits("9" * 19)


def test_every_wrong_parameter_is_named_at_once() -> None:
    parameters = Parameters(
        {
            "page": "31",
            "per_page": "x",
            "sort_order": "up",
            "flag": "maybe",
            "start": "2026-02-30",
            "late": "9999-01-01",
            "created": {"gt": "soon"},
            "last_surveyed": "99999999999999",
            "text": ["a"],
        }
    )
    assert parameters.integer("page", 1, 30) is None
    assert parameters.integer("per_page", 1, 50) is None
    assert parameters.choice("sort_order", "desc", ("asc", "desc")) == "desc"
    assert parameters.boolean("flag") is None
    assert parameters.day("start") is None
    assert parameters.day("late") is None
    assert parameters.bounds("created") == []
    assert parameters.epoch("last_surveyed") is None
    assert parameters.text("text") is None
    assert problems(parameters) == [
        "page does not have a valid value",
        "per_page is invalid",
        "sort_order does not have a valid value",
        "flag is invalid",
        "start is invalid",
        "late does not have a valid value",
        "created[gt] is invalid",
        "last_surveyed does not have a valid value",
        "text is invalid",
    ]


def test_quotes_around_numbers_and_dates_are_stripped() -> None:
    parameters = Parameters({"date": {"start": "'2026-01-31'"}, "page": '"2"', "empty": "''"})
    assert parameters.day("date[start]") == date(2026, 1, 31)
    assert parameters.integer("page") == 2
    assert parameters.day("empty") is None
    parameters.check()


def test_nothing_and_null_and_the_empty_string_are_all_nothing() -> None:
    parameters = Parameters({"null": None, "empty": ""})
    for name in ("absent", "null", "empty"):
        assert parameters.text(name) is None
        assert parameters.integer(name) is None
        assert parameters.boolean(name) is None
        assert parameters.properties(name) is None
        assert parameters.file(name) is None
    assert parameters.strings("absent") == []
    assert parameters.came("null")
    assert not parameters.came("absent")
    parameters.check()


def test_json_values_are_read_like_text() -> None:
    parameters = Parameters({"on": True, "off": False, "n": 5, "list": [1, "a, b"], "one": "x@y.z"})
    assert (parameters.boolean("on"), parameters.boolean("off"), parameters.integer("n")) == (True, False, 5)
    assert parameters.strings("list") == ["1", "a", "b"]
    assert parameters.strings("one") == ["x@y.z"]
    parameters.check()


def test_bounds_are_operators_and_a_bare_number_means_equal() -> None:
    parameters = Parameters({"created": {"gt": "1", "lte": "5", "near": "3"}, "updated": "7"})
    assert parameters.bounds("created") == [("<=", 5), (">", 1)]
    assert parameters.bounds("updated") == [("=", 7)]


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("plan", "Team", "Team"),
        ("seats", 5, "5"),
        ("trial", True, "true"),
        ("ratio", 1.5, "1.5"),
        ("seats_amount", " 5 ", 5),
        ("renewal_date", "1735689600", 1_735_689_600),
        ("roles_array", "a,b", "a,b"),
        ("SEATS_AMOUNT", "5", "5"),
    ],
)
def test_the_suffix_of_a_name_decides_the_kind_of_its_value(key: str, value: Any, stored: Any) -> None:
    assert typed(key, value) == stored


def test_properties_that_cannot_be_stored_are_named() -> None:
    parameters = Parameters(
        {
            "properties": {
                "a.b": "1",
                "$c": "1",
                "d": {"e": "1"},
                "f_amount": "many",
                "gone": None,
                "fine": "1",
            }
        }
    )
    assert parameters.properties("properties") == {"fine": "1"}
    assert problems(parameters) == [f"properties[{key}] is invalid" for key in ("a.b", "$c", "d", "f_amount")]


def test_properties_that_are_no_hash_are_refused() -> None:
    parameters = Parameters({"properties": "plan"})
    assert parameters.properties("properties") is None
    assert problems(parameters) == ["properties is invalid"]


def test_lists_of_anything_but_text_are_refused() -> None:
    parameters = Parameters({"emails": [{"a": 1}]})
    assert parameters.strings("emails") == []
    assert problems(parameters) == ["emails is invalid"]


@given(st.binary(max_size=200), st.booleans(), st.booleans(), st.integers(1, 80))
def test_base64_is_read_in_either_alphabet_padded_or_not_wrapped_or_not(
    content: bytes, url_safe: bool, padded: bool, width: int
) -> None:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(content).decode()
    text = text if padded else text.rstrip("=")
    wrapped = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    file = Parameters({"csv": wrapped}).file("csv")
    assert file == (Upload("email_survey.csv", content) if content else None)


def test_text_that_is_no_base64_is_no_file() -> None:
    parameters = Parameters({"csv": "email,plan"})
    assert parameters.file("csv") is None
    assert problems(parameters) == ["csv is invalid"]


def test_an_upload_is_taken_as_it_is() -> None:
    upload = Upload("wave.csv", b"email\n")
    assert Parameters({"csv": upload}).file("csv") is upload
