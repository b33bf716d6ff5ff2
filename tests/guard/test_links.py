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
    "{{evil.test}}",
    "HTTPS://EVIL.test",
    "https://acme.test.evil.test",
    "https://evilacme.test",
    "https://acme.test-evil.test",
    # Userinfo, and what only some programs take for it.
    "http://acme.test@evil.test",
    "https://acme.test:443@evil.test",
    "https://acme.test%40evil.test",
    "https://acme.test?@evil.test",
    "https://acme.test#@evil.test",
    "https://acme.test;@evil.test/",
    # Backslashes and slashes that are missing.
    "https://evil.test\\@acme.test",
    "https:\\\\evil.test",
    "https:/evil.test",
    "https:evil.test",
    "https:/2130706433/",
    "https:///evil.test",
    "https://acme.test\\.evil.test",
    "\\\\evil.test\\share",
    "//evil.test/x",
    "//2130706433/x",
    # Without a scheme.
    "www.evil.test",
    "www.evil",
    "evil.test",
    "evil.test/x",
    "evil.test:8080",
    "EVIL.TEST.",
    "node.js/x",
    "write to help@evil.test",
    "acme.test@evil.test",
    # Dots and ports.
    "https://evil.test./",
    "https://acme.test..evil.test",
    "https://acme.test:evil.test",
    "https://evil.test:443/acme.test",
    # Schemes.
    "mailto:x@acme.test",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "vbscript:x",
    "data:text/html,x",
    "tel:+15551234",
    "ftp://acme.test/x",
    "file:///etc/passwd",
    "slack://evil",
    "https://acme.test/?next=https://evil.test",
    # Numbers.
    "http://192.0.2.7/login",
    "192.0.2.7",
    "http://3221225991/",
    "http://0xC0000207/",
    "0xC0.0.2.7",
    "http://0300.0.02.07",
    "http://[2001:db8::7]/",
    "http://[::ffff:192.0.2.7]",
    "http://localhost/",
    # HTML and Markdown.
    "https&#58;//evil&#46;test",
    "evil&period;test",
    "evil&amp;#46;test",
    "evil&#46test",
    "<a href='https://evil.test'>click</a>",
    "<a href=//2130706433>click</a>",
    "<a href='ht\ntps://acme.test'>click</a>",
    "<A HREF = '\\evil'>click</A>",
    "<img src=x onerror=go()>",
    "&lt;img src=//1&gt;",
    "<form action=/x>",
    "<p style='background:url(//1)'>",
    "<script>go()</script>",
    "[us](https://evil.test)",
    "[us](//16843009)",
    "[us](javascript:go)",
    "[us]( <evil> )",
    "[https://acme.test](http:evil)",
    "\n[us]: evil",
    "(https://acme.test/),evil.test",
    "https://acme.test>evil.test",
    "“https://acme.test”.evil.test",
    # Characters that cannot be seen, that look alike or that count as dots.
    "ev\u200bil.test",
    "evil.te\u00adst",
    "evil\u2060.test",
    "evil.test\u200b.acme.test",
    "https://evil.test\u00ad.acme.test",
    "evil.test\u3164.acme.test",
    "evil\u034f.test",
    "\u202etset.live",
    "ｅｖｉｌ．test",
    "evil。test",
    "evil｡test",
    "evil．test",
    "evil․test",
    "https://evil。コム/",
    "https：／／evil",
    "https://acme.test／.evil.test",
    "https://evil.test℀.acme.test",
    "https://evil.test%2f.acme.test",
    "https://evil.test_.acme.test",
    "пример.рф",
    "xn--e1afmkfd.xn--p1ai",
    "https://xn--cme-7cd.test",
    "аcme.test",
    "https://acmе.test",
    "acme.tеst",
    "ⓔⓥⓘⓛ.ⓣⓔⓢⓣ",
    "𝐞𝐯𝐢𝐥.𝐭𝐞𝐬𝐭",
    # Placeholders that make one.
    "https://{{host}}/acme.test",
    "https://{{host}}.acme.test",
    "https://acme.test{{more}}",
    "{{a}}.{{b}}",
    "evil{{a}}.test",
    "ev{{a}}il.test",
    "{{a}}://x",
    "[us]({{a}})",
    "<a href={{a}}>",
]
HARMLESS = [
    "How likely are you to recommend us, e.g. to a colleague?",
    "Two questions. It takes a minute.",
    "See https://acme.test/help or app.acme.test.",
    "Is it at https://acme.test! Or https://www.acme.test:8443/a(b)?x=1#top; (https://acme.test), maybe…",
    '“https://acme.test” or <a href="https://acme.test/x" target=_blank>here</a>, [or](https://acme.test/y).',
    "Write to care@acme.test. <b>Thanks</b><br/>I <3 feedback, 1 < 2.",
    "Version 2.14 is out; it costs 9.99 a month (from 10:30 a.m.).",
    "Is v2.1.0 of Node.js better than 3.5? Our U.S. team, i.e. Ph.D.s, and/or you: 24/7.",
    "Your data: safe? JavaScript: loved? Tel: 01 234",
    "Did report.pdf and index.html help?",
    "Thank you, {{name}}!",
    "Hi {{name}}, how was your visit?",
    "{{ name }}. How was {{user_name}} of {{name}}-Team?",
    "Wie geht es Ihnen heute? Bis bald …",
    "Hallo,\n\n… danke!\nIhr Team",
    "ご利用ありがとうございます。NPS。ご意見をお聞かせください．お願いします。",
    "您好。请问您对我们的服务满意吗？谢谢。",
    "Merci\u00a0! C’était «\u00a0bien\u00a0»\u202f?",
    "👩\u200d💻 Tell us! ☺\ufe0f",
    "Ist die Ge\u00adschäfts\u00adstelle gut erreichbar?",
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
    known = {"name": "Ann", "user_name": "Bob"}
    message: dict[str, Any] = {"intro": text, "survey_settings": {"custom_messages": {"followup_text": text}}}
    if "\n" not in text:
        message["subject"] = text
    assert faults(message, [known], OURS) == []
    assert faults(message, [], OURS) == []


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
    ],
)
def test_a_logo_from_elsewhere_is_refused(url: str) -> None:
    (said,) = faults({"survey_settings": {"logo_url": url}}, [], OURS)
    assert said.startswith("logo_url is outside the allowed domains")


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
