"""A survey's message may name no sender and lead nowhere that the operator has not allowed."""

from __future__ import annotations

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
]
HARMLESS = [
    "How likely are you to recommend us, e.g. to a colleague?",
    "Two questions. It takes a minute.",
    "See https://acme.test/help or app.acme.test.",
    "Version 2.14 is out; it costs 9.99 a month (from 10:30 a.m.).",
    "Thank you, {{name}}!",
    "Wie geht es Ihnen heute? Bis bald …",
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


def test_a_placeholder_cannot_smuggle_in_a_link() -> None:
    message = {"intro": "Look at {{what}}{{rest}}."}
    assert faults(message, [{"what": "billing", "rest": ""}], OURS) == []
    assert faults(message, [{"what": "billing"}, {"what": "evil", "rest": ".test"}], OURS)
    assert placeholders(message) == ["what", "rest"]
