"""A survey's message names no sender that the operator has not allowed, and no value makes a link of it."""

from __future__ import annotations

import time

import pytest

from tests.guard.test_links import ATTACKS, OURS
from wootric_mcp.guard.message import faults, placeholders

HEADERS = [
    "Hi\r\nBcc: x@acme.test",
    "Hi\nthere",
    "Hi\rthere",
    "Hi\u2028there",
    "Hi\x85there",
    "Hi\x00there",
    "Hi&#10;there",
    "=?utf-8?q?visit_evil=2Etest?=",
    "=?UTF-8?B?ZXZpbC50ZXN0?=",
]


def test_without_domains_no_link_and_no_other_sender_may_be_named() -> None:
    assert "WOOTRIC_SEND_DOMAINS" in faults({"intro": "https://acme.test"}, [], ())[0]
    for name in ("reply_to_email", "custom_sender_email", "senders_name"):
        (said,) = faults({name: "care@acme.test"}, [], ())
        assert said.startswith(f"{name} cannot be given")
    (said,) = faults({"survey_settings": {"logo_url": "https://acme.test/logo.png"}}, [], ("*",))
    assert said.startswith("logo_url cannot be given")


def test_senders_and_logos_are_of_an_allowed_domain() -> None:
    fine = {
        "reply_to_email": "care@mail.acme.test",
        "custom_sender_email": "nps@acme.test",
        "senders_name": "Acme",
        "survey_settings": {"logo_url": "https://cdn.acme.test/logo.png"},
    }
    assert faults(fine, [], OURS) == []
    bad = {
        "reply_to_email": "care@evil.test",
        "custom_sender_email": "nps@notacme.test",
        "senders_name": "evil.test",
        "survey_settings": {"logo_url": "https://acme.test.evil.test/logo.png"},
    }
    assert len(faults(bad, [], OURS)) == 4


@pytest.mark.parametrize(
    "address",
    [
        "x@evil.test",
        "x@acme.test.evil.test",
        "x@evil.test%0a.acme.test",
        "x@evil.test/.acme.test",
        "x@evil.test\\.acme.test",
        "x@evil.test(.acme.test",
        "x@evil.test\u200b.acme.test",
        "x@[192.0.2.7]",
        "x@аcme.test",
        "x@acme.test\r\nBcc:y@evil.test",
    ],
)
@pytest.mark.parametrize("field", ["reply_to_email", "custom_sender_email"])
def test_a_sender_elsewhere_is_refused(field: str, address: str) -> None:
    (said,) = faults({field: address}, [], OURS)
    assert said.startswith(f"{field} is outside the allowed domains")


@pytest.mark.parametrize("name", ["reply_to_email", "custom_sender_email"])
@pytest.mark.parametrize(
    "address", ["https://acme.test/x@evil.test", "care@acme.test@evil.test", "acme.test"]
)
def test_the_domain_of_an_address_is_what_follows_the_last_at(name: str, address: str) -> None:
    wanted = [] if address == "acme.test" else [f"{name} is outside the allowed domains (acme.test)."]
    assert faults({name: address}, [], OURS) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test\\@acme.test/logo.png",
        "https://acme.test@evil.test/logo.png",
        "https://evil.test%2f.acme.test/logo.png",
        "http://2130706433/logo.png",
        "https://acmе.test/logo.png",
        "https://acme.test:x/logo.png",
        "https://[::1]/logo.png",
        "https://evil.test/@acme.test",
        "//evil.test/l.png",
        "javascript:x@acme.test",
    ],
)
def test_a_logo_from_elsewhere_is_refused(url: str) -> None:
    (said,) = faults({"survey_settings": {"logo_url": url}}, [], OURS)
    assert said.startswith("logo_url is outside the allowed domains")


@pytest.mark.parametrize("text", HEADERS)
def test_a_header_cannot_be_ended_or_disguised_by_a_text_or_a_value(text: str) -> None:
    for name, message in {
        "subject": {"subject": text},
        "senders_name": {"senders_name": text},
        "product_name": {"survey_settings": {"product_name": text}},
    }.items():
        (said,) = faults(message, [], OURS)
        assert said.startswith(f"{name} has a line break")
    (said,) = faults({"subject": "Dear {{who}}"}, [{"who": "Ann"}, {"who": text}], OURS)
    assert said.startswith("subject has a line break")


def test_an_intro_may_have_lines() -> None:
    assert faults({"intro": "Dear {{who}},\n\nthank you."}, [{"who": "Ann\nLee"}], OURS) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Look at {{what}}.", {"what": "evil.test"}),
        ("Look at {{what}}.", {"what": "see https://evil.test now"}),
        ("Look at {{what}}.", {"what": "<a href=//1>"}),
        ("{{a}}.{{b}}", {"a": "evil", "b": "test"}),
        ("{{a}}.{{b}}", {"a": "evil"}),
        ("evil.{{tld}}", {"tld": "test"}),
        ("{{scheme}}//evil", {"scheme": "https:"}),
        ("{{scheme}}evil", {"scheme": "http://"}),
        ("ev{{ gap }}il.te{{gap}}st", {"gap": ""}),
        ("evil{{gap}}.acme.test", {"gap": ".test/"}),
        ("evil&#4{{rest}}test", {"rest": "6;"}),
        ("www{{dot}}evil{{dot}}test", {"dot": "。"}),
        ("acme.test{{more}}", {"more": "@evil.test"}),
    ],
)
def test_a_value_cannot_make_a_link(text: str, values: dict[str, str]) -> None:
    harmless = dict.fromkeys(("what", "a", "b", "tld", "scheme", "gap", "rest", "dot", "more"), "fine")
    said = " ".join(faults({"intro": text}, [harmless, values], OURS))
    assert said.startswith("intro")


@pytest.mark.parametrize("text", [text for text in ATTACKS if "{{" not in text])
def test_a_value_that_is_a_link_is_refused_even_where_no_placeholder_names_it(text: str) -> None:
    for message in ({"intro": "Hello {{what}}"}, {"intro": "Hello {{WHAT}}"}, {"intro": "Hello"}):
        said = " ".join(faults(message, [{"what": "billing"}, {"what": text}], OURS))
        assert "A value of {{what}} reads as a link" in said
        assert "evil" not in said


def test_known_values_that_make_no_link_pass() -> None:
    assert faults({"intro": "Version {{major}}.{{minor}}?"}, [{"major": "3", "minor": "5"}], OURS) == []


def test_five_thousand_people_with_a_long_intro_are_checked_soon() -> None:
    text = "Dear {{who}}, " + "we would like to know how it went, and/or what you think. " * 300
    people = [{"who": f"Ann. {number} &amp; co"} for number in range(5_000)]
    begun = time.perf_counter()
    assert faults({"intro": text, "subject": "{{who}}"}, people, OURS) == []
    assert time.perf_counter() - begun < 10


def test_a_placeholder_cannot_smuggle_in_a_link() -> None:
    message = {"intro": "Look at {{what}}{{rest}}."}
    assert faults(message, [{"what": "billing", "rest": ""}], OURS) == []
    assert faults(message, [{"what": "billing"}, {"what": "evil", "rest": ".test"}], OURS)
    assert placeholders(message) == ["what", "rest"]
