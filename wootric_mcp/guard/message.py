"""A survey's message as an attack: whoever words it must not speak for others or lead elsewhere. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wootric_mcp.guard.links import is_host_of, leads_to, links_outside, unescaped
from wootric_mcp.shield.clean import clean

_SENDERS = ("reply_to_email", "custom_sender_email", "senders_name", "logo_url")
# What becomes a header of the mail, or may become part of one.
_HEADERS = ("subject", "senders_name", "audience_text", "product_name")
_PLACEHOLDER = re.compile(r"\{{2,}\s*([^{}]+?)\s*\}{2,}")
# A stretch without space in which a placeholder stands: no link is longer.
_WORD = re.compile(r"(?:\{{2,}[^{}]+\}{2,}|\S)+")
# What nobody has given a value for may hold anything: nothing, something, a word, or a dot that joins two.
_UNKNOWN = ("", "{}", "xx", ".")
_PLAIN = re.compile(r"[\w ,'-]*", re.ASCII)
# How headers hold what is not ASCII: mail programs show it decoded.
_ENCODED = re.compile(r"=\?[^?\s]+\?[bq]\?", re.IGNORECASE)


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
        is_own = name == "senders_name" or (
            leads_to(value, own) if name == "logo_url" else is_host_of(value.rpartition("@")[2], own)
        )
        if not is_own:
            said.append(f"{name} is outside the allowed domains ({', '.join(own)}).")
    allowed = f"may lead to {', '.join(own)}" if own else "need a domain in WOOTRIC_SEND_DOMAINS"
    fillings = list(fillings)
    known = set(fillings[0]).intersection(*fillings) if fillings else set()
    for name, text in _texts(message):
        # What is filled in may be a stranger's, so it is not shown.
        bare = _PLACEHOLDER.sub(lambda found: "{}" if found[1] in known else found[0], text)
        filled = list(_filled(text, bare, fillings))
        if name in _HEADERS and any(map(_breaks_a_header, filled)):
            said.append(f"{name} has a line break, a control character or an encoded word; write plain text.")
        elif link := next(links_outside(bare, own), None):
            said.append(f"{name} has {clean(link, 60)!r}, which reads as a link; links {allowed}.")
        elif any(True for one in filled for _ in links_outside(one, own)):
            said.append(f"{name} reads as a link once its placeholders are filled; links {allowed}.")
    # Which value goes where is for Wootric to decide, so that each counts whether it is named or not.
    values: dict[str, dict[str, None]] = {}
    for filling in fillings:
        for name, value in filling.items():
            values.setdefault(name, {})[value] = None
    for name, each in values.items():
        if any(True for value in each if not _PLAIN.fullmatch(value) for _ in links_outside(value, own)):
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


def _filled(text: str, bare: str, fillings: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """What each recipient would read where placeholders stand, and the text without those whose values all
    are known, with anything in the others."""
    for unknown in _UNKNOWN:
        yield _PLACEHOLDER.sub(unknown, bare)
    words = [word for word in _WORD.findall(text) if _PLACEHOLDER.search(word)]
    seen: set[str] = set()
    for values in fillings:
        for word in words:
            one = _PLACEHOLDER.sub(lambda found, values=values: values.get(found[1], "xx"), word)  # type: ignore[misc]
            if one not in seen and not _PLAIN.fullmatch(one):
                seen.add(one)
                yield one


def _breaks_a_header(text: str) -> bool:
    """Whether a header with this in it might not end where it should, or be shown as something else."""
    text = unescaped(text)
    breaks = any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text)
    return breaks or _ENCODED.search(text) is not None
