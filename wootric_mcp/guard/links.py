"""What a mail program may make a link of, and where it leads: in doubt it is one, and leads nowhere. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from wootric_mcp.guard.eligibility import is_allowed
from wootric_mcp.shield.clean import clean

_UNESCAPE_ROUNDS = 20
_LETTER = "\N{MODIFIER LETTER SMALL X}"
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]\.?", re.IGNORECASE)
# Full stops that browsers take for the dot of a host, and that end sentences in East Asia.
_FULL_STOPS = str.maketrans("．｡", "。。")
_BETWEEN_ASCII = re.compile(r"(?<=[A-Za-z0-9-])。(?=[A-Za-z0-9])")
_BROKEN = re.compile(r"\n(?=\.\w)")

# A scheme with a slash, or one that needs none. What may end a link ends it; the rest is looked at as well.
_URL = (
    r"(?<![a-z])(?:[a-z][a-z0-9+.-]{0,30}:[/\\]|(?:https?|ftps?|file|blob|javascript|vbscript|data|mailto|tel|sms|callto|"
    r"facetime|skype|whatsapp|sips?|xmpp|magnet|intent|ms-[a-z-]+):(?=\S))[^\s<>\"'()\[\],;|“”„‘’«»‹›]*"
)
_LINK = re.compile(_URL, re.IGNORECASE)
_LINKS_IN_LINKS = re.compile(f"(?=({_URL}))", re.IGNORECASE)
_AFTER_A_LINK = "!?.:*_~"
_WITHOUT_SCHEME = re.compile(r"(?<![\w:/\\])[/\\]{2,}(?=[\w\[])\S*")
# Words joined by dots, or four numbers.
_BARE = re.compile(
    r"(?<![\w-])(?:[\w-]+\.){1,30}[^\W\d_][\w-]+|(?:(?:0x[0-9a-f]+|\d+)\.){3}(?:0x[0-9a-f]+|\d+)",
    re.IGNORECASE,
)
# Endings of files and names, such as Node.js, that are no top-level domains.
_FILE = re.compile(
    r"[\w-]+\.(?:js|jsx|tsx|css|html?|json|xml|csv|txt|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|exe)"
)
_GOES_ON = tuple("/\\:@?#")

_TAG = re.compile(r"<\s*/?\s*([a-z][a-z0-9]*)\b([^<>]*)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)")
_TARGETS = ("href", "src")
_HARMLESS = ("align", "alt", "class", "height", "rel", "target", "title", "width")
_ACTIVE = frozenset(
    ("script", "style", "iframe", "frame", "form", "base", "meta", "link", "object", "embed", "svg", "math")
)
_MARKDOWN = re.compile(r"\]\(\s*<?([^)\s>]*)|^\s*\[[^\]\n]+\]:[ \t]*<?([^\s>]+)", re.MULTILINE)


def links_outside(text: str, domains: Sequence[str]) -> Iterator[str]:
    """The links and addresses in a text that do not certainly lead to one of the domains, or below one."""
    for view in dict.fromkeys(_views(text)):
        yield from _outside(view, domains)


def leads_to(url: str, domains: Sequence[str]) -> bool:
    """Whether a web address leads there, in the eyes of every program."""
    if "\\" in url or "{" in url or "@" in url.partition("://")[2].partition("/")[0]:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_host_of(parts.hostname or "", domains)


def is_host_of(host: str, domains: Sequence[str]) -> bool:
    """Whether it is a plain host name that is one of the domains, or below one."""
    return _HOST.fullmatch(host) is not None and is_allowed(host, domains)


def unescaped(text: str) -> str:
    """The text with its HTML character references resolved, also where they are nested."""
    for _ in range(_UNESCAPE_ROUNDS):
        before, text = text, html.unescape(text)
        if text == before:
            break
    return text


def _views(text: str) -> Iterator[str]:
    """A text as programs might read it: with, without invisible characters, or with like letters."""
    if text.isascii() and text.isprintable() and "&" not in text:
        yield text
        return
    plain = clean(text, keep_lines=True)
    yield plain
    yield _alike(plain)
    yield _BROKEN.sub("", plain)
    # Combining marks are parts of words that `\w` does not know. No allowed domain has this letter.
    yield "".join(_LETTER if unicodedata.category(char)[0] == "M" else char for char in plain)
    # An invisible character may end a link just as well.
    yield _alike("".join(" " if _is_invisible(char) else char for char in unescaped(text)))


def _alike(text: str) -> str:
    """Compatible letters the same; full stops of all kinds between Latin letters are dots."""
    return _BETWEEN_ASCII.sub(".", unicodedata.normalize("NFKC", text.translate(_FULL_STOPS)))


def _is_invisible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char)[0] == "C"


def _outside(text: str, domains: Sequence[str]) -> Iterator[str]:
    yield from _in_markup(text, domains)
    for found in _LINKS_IN_LINKS.finditer(text):
        if not leads_to(found[1].rstrip(_AFTER_A_LINK), domains):
            yield found[1]
    rest = _LINK.sub(" ", text)
    for found in _WITHOUT_SCHEME.finditer(rest):
        if not leads_to(f"https:{found[0]}".rstrip(_AFTER_A_LINK), domains):
            yield found[0]
    for found in _BARE.finditer(rest):
        if not is_host_of(found[0], domains) and not _is_file(found, rest):
            yield found[0]


def _in_markup(text: str, domains: Sequence[str]) -> Iterator[str]:
    """What HTML and Markdown would lead to, or run."""
    for tag in _TAG.finditer(text):
        if tag[1].lower() in _ACTIVE:
            yield tag[0]
        for name, value in _ATTRIBUTE.findall(tag[2]):
            is_fine = name.lower() in _HARMLESS or (
                name.lower() in _TARGETS and leads_to(value.strip("\"' \n"), domains)
            )
            if not is_fine:
                yield tag[0]
    for found in _MARKDOWN.finditer(text):
        if not leads_to(found[1] or found[2] or "", domains):
            yield found[0]


def _is_file(found: re.Match[str], text: str) -> bool:
    """Whether it is the name of a file rather than a host."""
    return (
        _FILE.fullmatch(found[0].lower()) is not None
        and not text.startswith(_GOES_ON, found.end())
        and not text[: found.start()].endswith(_GOES_ON)
    )
