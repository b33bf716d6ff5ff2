"""A survey's message as an attack: whoever words it must not speak for others or lead elsewhere. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from wootric_mcp.guard.eligibility import is_allowed
from wootric_mcp.shield.clean import clean

_SENDERS = ("reply_to_email", "custom_sender_email", "senders_name", "logo_url")
_UNESCAPE_ROUNDS = 20
_PLACEHOLDER = re.compile(r"\{{2,}\s*([^{}]+?)\s*\}{2,}")
# What nobody has given a value for may hold anything: nothing, something, a word, or a dot that joins two.
_UNKNOWN = ("", "{}", "x", ".")
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]{0,30}:(?://|\\)|\bhttps?:(?=\S))[^\s<>\"'()\[\]|]*", re.IGNORECASE)
_LEADS_NOWHERE = re.compile(
    # Schemes without a host, an attribute or a Markdown link that is not an address of the web.
    r"\b(?:javascript|vbscript|data|mailto|tel|sms|callto|skype|facetime|file|ms-[a-z-]+):\S+"
    r"|<[a-z/][^<>=]*+=\s*+[\"']?+(?!https?://)[^<>]*"
    r"|\]\(\s*+<?+(?!https?://)[^)]*",
    re.IGNORECASE,
)
# What a mail program may make a link of without a scheme: words joined by dots, or four numbers.
_BARE = re.compile(r"(?<![\w-])(?:[\w-]+\.){1,30}[^\W\d_][\w-]+|(?:\d{1,3}\.){3}\d{1,3}")
# Combining marks are parts of words that `\w` does not know. No allowed domain has this letter.
_MARK = "\N{MODIFIER LETTER SMALL X}"


def faults(
    message: Mapping[str, Any], fillings: Iterable[Mapping[str, str]], domains: Sequence[str]
) -> list[str]:
    """What may not be sent, one sentence each.

    Args:
        message: As `SurveyMessage` dumps it, without what was not given.
        fillings: The values of placeholders, recipient by recipient.
        domains: WOOTRIC_SEND_DOMAINS.
    """
    own = tuple(domain for domain in domains if domain != "*")
    given = {**message, **message.get("survey_settings", {})}
    senders = [name for name in _SENDERS if given.get(name)]
    if senders and not own:
        why = f"{', '.join(senders)} cannot be given, because WOOTRIC_SEND_DOMAINS names no domain"
        return [f"{why}: the account's own are used. Leave that out, or have the operator set it."]
    said = []
    for name in senders:
        value = str(given[name])
        host = _host(value) if name == "logo_url" else value.rpartition("@")[2]
        if name != "senders_name" and not is_allowed(host or "", own):
            said.append(f"{name} is outside the allowed domains ({', '.join(own)}).")
    allowed = f"may lead to {', '.join(own)}" if own else "need a domain in WOOTRIC_SEND_DOMAINS"
    fillings = list(fillings)
    for name, text in _texts(message):
        if link := next(_outside(text, own), None):
            said.append(f"{name} has {clean(link, 60)!r}, which reads as a link; links {allowed}.")
        # What is filled in may be a stranger's, so it is not shown.
        elif _PLACEHOLDER.search(text) and _any_outside(_filled(text, fillings), own):
            said.append(f"{name} reads as a link once its placeholders are filled; links {allowed}.")
    # Which value goes where is for Wootric to decide, so that each counts whether it is named or not.
    values: dict[str, dict[str, None]] = {}
    for filling in fillings:
        for name, value in filling.items():
            values.setdefault(name, {})[value] = None
    for name, each in values.items():
        if _any_outside(each, own):
            said.append(f"A value of {{{{{clean(name, 40)}}}}} reads as a link; links {allowed}.")
    return said


def placeholders(message: Mapping[str, Any]) -> list[str]:
    """The names of the placeholders in a message, each once."""
    return list(dict.fromkeys(name for _, text in _texts(message) for name in _PLACEHOLDER.findall(text)))


def _texts(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("subject", "intro", "senders_name"):
        if message.get(name):
            yield name, message[name]
    settings = message.get("survey_settings", {})
    for name in ("audience_text", "product_name"):
        if settings.get(name):
            yield name, settings[name]
    yield from (settings.get("custom_messages") or {}).items()


def _filled(text: str, fillings: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """The text as each recipient would read it, and with values that are not known."""
    for unknown in _UNKNOWN:
        yield _PLACEHOLDER.sub(unknown, text)
    seen: set[str] = set()
    for values in fillings:
        one = _PLACEHOLDER.sub(lambda found, values=values: values.get(found[1], ""), text)  # type: ignore[misc]
        if one not in seen:
            seen.add(one)
            yield one


def _any_outside(texts: Iterable[str], domains: Sequence[str]) -> bool:
    return any(True for text in texts for _ in _outside(text, domains))


def _outside(text: str, domains: Sequence[str]) -> Iterator[str]:
    """The links and addresses in a text that lead to no allowed domain."""
    for plain in _readings(text):
        yield from (found[0] for found in _LEADS_NOWHERE.finditer(plain))
        for found in _SCHEME.finditer(plain):
            if not is_allowed(_host(found[0]) or "", domains):
                yield found[0]
        for found in _BARE.finditer(_SCHEME.sub(" ", plain)):
            if not is_allowed(found[0], domains):
                yield found[0]


def _readings(text: str) -> Iterator[str]:
    """A text as programs might read it: HTML resolved, compatible letters the same or not, what is invisible
    left out or taken for a break."""
    for _ in range(_UNESCAPE_ROUNDS):
        before, text = text, html.unescape(text)
        if text == before:
            break
    seen: set[str] = set()
    for form in (text, unicodedata.normalize("NFKC", text)):
        dotted = form.replace("。", ".")
        for unseen in ("", " "):
            plain = "".join(_seen(char, unseen) for char in dotted)
            if plain not in seen:
                seen.add(plain)
                yield plain


def _seen(char: str, unseen: str) -> str:
    kind = unicodedata.category(char)[0]
    if char.isascii() or kind not in "CM":
        return unseen if kind == "C" and not char.isspace() else char
    is_unseen = kind == "C" or 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF
    return char if char.isspace() else unseen if is_unseen else _MARK


def _host(url: str) -> str | None:
    """Where a web address leads; None where programs might disagree about that."""
    if any(char in url for char in "\\{@") or "://" in url.partition("://")[2]:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # which may be none
    except ValueError:
        return None
    return parts.hostname if parts.scheme.lower() in ("http", "https") else None
