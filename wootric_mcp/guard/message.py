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
_UNESCAPE_ROUNDS = 4
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_SCHEME = re.compile(
    r"[a-z][a-z0-9+.-]*:(?://|\\)[^\s<>\"']*|\b(?:javascript|data|mailto):\S*", re.IGNORECASE
)
# What a mail program may make a link of without a scheme: words joined by dots, or four numbers.
_BARE = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]+|(?:\d{1,3}\.){3}\d{1,3}")


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
        host = (
            None if name == "senders_name" else _host(value) if "://" in value else value.rpartition("@")[2]
        )
        if host is not None and not is_allowed(host, own):
            said.append(f"{name} is outside the allowed domains ({', '.join(own)}).")
    texts = dict(_texts(message))
    for name, text in texts.items():
        filled = _filled(text, fillings) if _PLACEHOLDER.search(text) else [text]
        if link := next((link for one in filled for link in _outside(one, own)), None):
            allowed = f"may lead to {', '.join(own)}" if own else "need a domain in WOOTRIC_SEND_DOMAINS"
            said.append(f"{name} has {clean(link, 60)!r}, which reads as a link; links {allowed}.")
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
    """The text as each recipient would read it, and with nothing in its placeholders."""
    yield _PLACEHOLDER.sub("", text)
    yield _PLACEHOLDER.sub("{}", text)
    seen: set[str] = set()
    for values in fillings:
        one = _PLACEHOLDER.sub(lambda found, values=values: values.get(found[1], ""), text)  # type: ignore[misc]
        if one not in seen:
            seen.add(one)
            yield one


def _outside(text: str, domains: Sequence[str]) -> Iterator[str]:
    """The links and addresses in a text that lead to no allowed domain."""
    plain = _as_read(text)
    for found in _SCHEME.finditer(plain):
        if not is_allowed(_host(found[0]) or "", domains):
            yield found[0]
    for found in _BARE.finditer(_SCHEME.sub(" ", plain)):
        if not is_allowed(found[0], domains):
            yield found[0]


def _as_read(text: str) -> str:
    """A text as programs might read it: HTML resolved, compatible letters the same, nothing invisible."""
    for _ in range(_UNESCAPE_ROUNDS):
        text = html.unescape(text)
    text = unicodedata.normalize("NFKC", text).replace("。", ".")
    return "".join(char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")


def _host(url: str) -> str | None:
    """Where a web address leads; None where programs might disagree about that."""
    if "\\" in url or "{" in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme.lower() in ("http", "https") else None
