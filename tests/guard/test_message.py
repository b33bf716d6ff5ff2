"""A survey's message may name no sender and lead nowhere that the operator has not allowed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wootric_mcp.guard.message import faults, placeholders

OURS = ("acme.test",)

ATTACKS = [
    "https://evil.test/a",
    "HTTPS://EVIL.test",
    "http://acme.test@evil.test",
    "https://acme.test.evil.test",
    "https://evilacme.test",
    "https://evil.test\\@acme.test",
    "https:\\\\evil.test",
    "//evil.test/x",
    "www.evil.test",
    "evil.test",
    "write to help@evil.test",
    "mailto:x@acme.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://acme.test/x",
    "http://192.0.2.7/login",
    "192.0.2.7",
    "https&#58;//evil&#46;test",
    "ev\u200bil.test",
    "ｅｖｉｌ．test",
    "evil。test",
    "пример.рф",
    "<a href='https://evil.test'>click</a>",
    "[us](https://evil.test)",
    "https://{{host}}/acme.test",
    # Who the host is, is for the program to decide.
    "https://acme.test@evil.test/",
    "https://acme.test:443@evil.test",
    "https://acme.test?@evil.test",
    "https://acme.test#@evil.test",
    "https://acme.test\uff0f@evil.test",
    "https://acme.test\uff1f@evil.test",
    "https://acme.test\u2044@evil.test",
    "https://acme.test\\.evil.test",
    "https://acme.test:evil.test",
    "https:/evil.test",
    "https:evil",
    "https:/\\evil.test",
    "http:///evil.test",
    "\\\\evil.test",
    "https://acme.test%2eevil.test/",
    "https://acme.test|evil.test",
    "https://acme.test/)evil.test/x",
    "https://acme.test/?next=https://evil.test",
    "1https://evil",
    # Hosts.
    "evil.test/x",
    "evil.test:8080/x",
    "evil.test.",
    "https://evil.test./",
    "https://localhost/",
    "https://[2001:db8::1]/x",
    "https://[::ffff:192.0.2.7]/",
    "http://3221225991/",
    "http://0xC0000207/",
    "http://0300.0000.0002.0007/",
    "x@[192.0.2.7]",
    # Other letters and alphabets.
    "https://\u0430cme.test/",
    "https://acm\u00e9.test",
    "https://acme\u0301.test",
    "xn--cme-7cd.test",
    "https://xn--80ak6aa92e.com",
    "\u24d4\u24e5\u24d8\u24db.test",
    "evil\u2024test",
    "evil\uff61test",
    "\u0909\u0926\u093e\u0939\u0930\u0923.\u092d\u093e\u0930\u0924",
    "\u4f8b\u3048.\u30c6\u30b9\u30c8",
    "https://acme.test\u200b.evil.test",
    "https://acme.test/\u200bevil.test",
    "evil\u00ad.test",
    "ev\U000e0041il.test",
    # HTML and Markdown.
    "evil&period;test",
    "https&colon;//evil",
    "evil&amp;amp;amp;amp;#46;test",
    "<a href=evil>x</a>",
    "<a href='/x'>x</a>",
    "&lt;a href=&quot;evil&quot;&gt;x",
    "<img src=x",
    "<form action=evil>",
    "<b onclick=x>",
    "[x](evil)",
    "[x](//evil.test)",
    # No host at all.
    "vbscript:x",
    "tel:+353861234567",
    "sms:+353861234567",
    "skype:evil?call",
    "ms-word:ofe|u|x",
    "whatsapp://send",
    # Placeholders that build one.
    "{{host}}.test",
    "{{{host}}}.test",
    "evil{{dot}}test",
    "{{scheme}}://evil",
    "https://acme.test{{rest}}",
    "https://acme.test/{{rest}}",
]
HARMLESS = [
    "How likely are you to recommend us, e.g. to a colleague?",
    "Two questions. It takes a minute.",
    "See https://acme.test/help or app.acme.test.",
    "Version 2.14 is out; it costs 9.99 a month (from 10:30 a.m.).",
    "Thank you, {{name}}!",
    "Wie geht es Ihnen heute? Bis bald …",
    "See <a href='https://acme.test/help'>help</a>, [more](https://acme.test/more) or https://app.acme.test.",
    "https://acme.test:8443/a_(b)?c=d&e=f#g",
    "I <3 it, and 2 < 3; <b>really</b>.<br/>",
    "Your data: what we keep (and why). Tel: 0800 123",
    "आपका अनुभव कैसा था? क्या आप हमें सुझाएँगे।",
    "Merci\u00a0! ❤️ 👍🏽 — à bientôt",
    "{{first}}{{last}}, how is {{product}}? Our {{plan}}-plan costs {{price}}.50, or {{user}}@acme.test",
]


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("field", ["subject", "intro", "audience_text", "followup_text"])
def test_a_link_elsewhere_is_refused_wherever_it_stands(field: str, text: str) -> None:
    message: dict[str, Any] = {
        "subject": {"subject": text},
        "intro": {"intro": f"Hello. {text} Bye."},
        "audience_text": {"survey_settings": {"audience_text": text}},
        "followup_text": {"survey_settings": {"custom_messages": {"followup_text": text}}},
    }[field]
    (said,) = faults(message, [], OURS)
    assert said.startswith(field)


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_passes(text: str) -> None:
    assert faults({"subject": text, "intro": text}, [{"name": "Ann"}], OURS) == []


@given(st.lists(st.sampled_from(ATTACKS), min_size=1, max_size=2), st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_no_text_around_a_link_hides_it(links: list[str], before: str, after: str) -> None:
    assert faults({"intro": f"{before} {' '.join(links)} {after}"}, [], OURS)


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


def test_an_allowed_domain_is_spelt_in_its_own_letters_only() -> None:
    assert faults({"intro": "https://gross.test"}, [], ("gross.test",)) == []
    assert faults({"intro": "https://groß.test"}, [], ("gross.test",))


@pytest.mark.parametrize("name", ["reply_to_email", "custom_sender_email"])
@pytest.mark.parametrize(
    "address", ["https://acme.test/x@evil.test", "care@acme.test@evil.test", "acme.test"]
)
def test_the_domain_of_an_address_is_what_follows_the_last_at(name: str, address: str) -> None:
    wanted = [] if address == "acme.test" else [f"{name} is outside the allowed domains (acme.test)."]
    assert faults({name: address}, [], OURS) == wanted


@pytest.mark.parametrize(
    "logo",
    [
        "https://acme.test@evil.test/l.png",
        "https://evil.test/@acme.test",
        "https://acme.test\\@evil.test",
        "//evil.test/l.png",
        "javascript:x@acme.test",
    ],
)
def test_a_logo_is_at_an_allowed_host(logo: str) -> None:
    (said,) = faults({"survey_settings": {"logo_url": logo}}, [], OURS)
    assert said.startswith("logo_url is outside")


@pytest.mark.parametrize("text", [text for text in ATTACKS if "{{" not in text])
def test_a_value_that_is_a_link_is_refused_even_where_no_placeholder_names_it(text: str) -> None:
    for message in ({"intro": "Hello {{what}}"}, {"intro": "Hello {{WHAT}}"}, {"intro": "Hello"}):
        said = " ".join(faults(message, [{"what": "billing"}, {"what": text}], OURS))
        assert "A value of {{what}} reads as a link" in said
        assert "evil" not in said


def test_long_texts_are_read_in_proportion_to_their_length() -> None:
    for part in ("a", "a.", "<a ", "a:", "](", "&amp;", "\u200b", "https://acme.test/ "):
        begun = time.process_time()
        faults({"intro": part * (20_000 // len(part))}, [], OURS)
        assert time.process_time() - begun < 2, part


def test_a_placeholder_cannot_smuggle_in_a_link() -> None:
    message = {"intro": "Look at {{what}}{{rest}}."}
    assert faults(message, [{"what": "billing", "rest": ""}], OURS) == []
    assert faults(message, [{"what": "billing"}, {"what": "evil", "rest": ".test"}], OURS)
    assert placeholders(message) == ["what", "rest"]
