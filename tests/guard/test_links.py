"""A text of a message leads nowhere that the operator has not allowed, however it is written."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wootric_mcp.guard.message import faults

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
    "https://acme.test@evil.test/",
    "https://acme.test\uff0f@evil.test",
    "https://acme.test\uff1f@evil.test",
    "https://acme.test\u2044@evil.test",
    "https:evil",
    "https:/\\evil.test",
    "http:///evil.test",
    "\\\\evil.test",
    "https://acme.test%2eevil.test/",
    "https://acme.test|evil.test",
    "https://acme.test/)evil.test/x",
    "1https://evil",
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
    "evil.test:8080/x",
    "evil.test.",
    "https://localhost/",
    "https://[2001:db8::1]/x",
    "https://[::ffff:192.0.2.7]/",
    "http://0300.0000.0002.0007/",
    "x@[192.0.2.7]",
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
    "tel:+353861234567",
    "sms:+353861234567",
    "skype:evil?call",
    "ms-word:ofe|u|x",
    "whatsapp://send",
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
    "https://\u0430cme.test/",
    "https://acm\u00e9.test",
    "https://acme\u0301.test",
    "xn--cme-7cd.test",
    "https://xn--80ak6aa92e.com",
    "\u24d4\u24e5\u24d8\u24db.test",
    "\u0909\u0926\u093e\u0939\u0930\u0923.\u092d\u093e\u0930\u0924",
    "\u4f8b\u3048.\u30c6\u30b9\u30c8",
    "https://acme.test\u200b.evil.test",
    "https://acme.test/\u200bevil.test",
    "evil\u00ad.test",
    "ev\U000e0041il.test",
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


def test_an_allowed_domain_is_spelt_in_its_own_letters_only() -> None:
    assert faults({"intro": "https://gross.test"}, [], ("gross.test",)) == []
    assert faults({"intro": "https://groß.test"}, [], ("gross.test",))


def test_long_texts_are_read_in_proportion_to_their_length() -> None:
    for part in ("a", "a.", "<a ", "a:", "](", "&amp;", "\u200b", "https://acme.test/ "):
        begun = time.process_time()
        faults({"intro": part * (20_000 // len(part))}, [], OURS)
        assert time.process_time() - begun < 2, part
