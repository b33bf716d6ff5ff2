"""Phone numbers in free text. Which digits are one is decided with Google's metadata (`phonenumbers`), loaded
when the first number is met that could be one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from wootric_mcp.shield.masking import BEGIN, END

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_SEPARATOR = r"[ .\-‐‑–－/()（）]"
_BETWEEN = rf"(?:(?!\.\s){_SEPARATOR})"
"""What may stand between two figures of a number; with “12. 030 …” a new sentence begins."""
_CANDIDATE = re.compile(
    rf"(?=[\d(（+＋]){BEGIN}(?:(?<![.,:/#€$£¥-])|(?<=[^\W\d]:)|(?<=\bwa\.me/))"
    rf"(?:[(（]?[+＋]{_SEPARATOR}?|[(（])?\d(?:{_BETWEEN}{{0,3}}\d){{6,20}}{END}(?![€$£¥%])"
)
_PART = re.compile(r"\S+")
_MOST_PARTS = 7
_PLAIN = str.maketrans("‐‑–－（）＋", "----()+")
_LEAST, _MOST = 7, 15
"""Digits of a phone number (E.164, and the shortest with an area code)."""
_LEAST_UNTOLD = 9
"""Digits of one that nothing but its own looks tells: shorter ones look like dates and amounts."""

_DATE = re.compile(
    r"(?<!\d)(?<!\d[-./])(?:\d{1,2}([-./])\d{1,2}\1(?:\d\d){1,2}|\d{4}([-./])\d{1,2}\2\d{1,2})(?!\d|[-./]\d)"
)
_DECIMAL = re.compile(r"0\..*|\d\.\d+")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}([ .])\d{3}(?:\1\d{3})*")
_NORTH_AMERICAN = re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}")
_LOCAL = re.compile(r"\d{3}[ .-]\d{4}")

_LEAD = re.compile(r"[^\d\[\]\n]{0,30}$")
_SENTENCE_END = re.compile(
    r"(?<!\bno|\bnr)(?<!\bacc|\bart|\bcel|\binv|\bmob|\bnum|\bord|\bref|\btel|\btlf)[.…]+\s|[!?][.!?…]*\s|[。！？]",
    re.IGNORECASE,
)
"""Not after abbreviations, which belong to the number."""
_PHONE_WORDS = r"""
anrufe?n? angerufen appel\w* bel bellen call called calling cel celular cell cellphone cellulare chiam\w* dial
fax gsm handy\w* hotline joign\w* ligar liga ligue ll[áa]m\w* mob mobil\w* m[óo]vil ph phone portable reach
ring\w* ruft? sms tel t[eé]l[eé]fon\w* tele?phone\w* telegram text.me tlf viber wa\.me whats.?app zadzwo\w*
(?:my|phone|contact).(?:number|no) number.is n[uú]m[eé]ro.(?:est|es|è) (?:meine|mijn).nummer nummer.ist
"""
_OTHER_WORDS = r"""
account article artikel\w* auftrag\w* bestell\w* booking build case commande contract coordinates dossier ean
factura facture fattura gps id invoice isbn item kunden\w* license orders? ordine ordre part pedido policy
rechnung\w* ref reference s/n serial sku sn ticket tracking version vorgang\w* zamówieni\w* зака\w*
"""
_HINT = re.compile(
    rf"(?P<phone>\b(?:{'|'.join(_PHONE_WORDS.split())})\b|電話|携帯|电话|手机|微信|전화|연락처|телефон|звон)"
    rf"|(?P<other>\b(?:{'|'.join(_OTHER_WORDS.split())})\b|订单|注文|주문)",
    re.IGNORECASE,
)
"""Words in front of a number that tell what it is, in the languages of the universal themes and some more."""

_REGIONS = """
US GB DE FR ES IT NL BE CH AT IE PT SE NO DK FI PL CZ SK HU RO BG GR HR SI LT LV EE AU NZ JP KR CN TW HK SG MY
ID PH TH VN IN PK BD LK BR MX AR CL CO PE ZA NG KE EG MA TR IL AE SA RU UA KZ
"""
"""Whose ways of writing numbers without a country code are known, in the order in which they are tried."""


def mask_phones(text: str) -> str:
    """Text in which phone numbers are `[phone]`.

    A number with a country code is one if its length is possible there. Without one it must be valid in some
    country, and a trunk zero, brackets, that country's exact grouping or a word before it ("call") must tell
    that it is one; North American grouping is enough. A word such as "order" speaks against it.
    """
    return _CANDIDATE.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    lead = _LEAD.search(found.string, max(found.start() - 30, 0), found.start())
    hint = _hint(_SENTENCE_END.split(lead[0])[-1] if lead else "")
    written, shown, end = found[0], "", 0
    parts = list(_PART.finditer(written))
    first = 0
    while first < len(parts):
        for last in range(min(len(parts), first + _MOST_PARTS), first, -1):
            start, stop = parts[first].start(), parts[last - 1].end()
            if _is_phone(written[start:stop], hint, is_whole=last - first == len(parts)):
                shown, end, first = f"{shown}{written[end:start]}[phone]", stop, last
                break
        else:
            first += 1
    return shown + written[end:]


def _hint(lead: str) -> str:
    """What the words before a number say that it is: `phone`, `other` or nothing; the last one counts."""
    names = [found.lastgroup for found in _HINT.finditer(lead)]
    return (names[-1] or "") if names else ""


@lru_cache(2_000)
def _is_phone(written: str, hint: str, *, is_whole: bool) -> bool:
    """Whether this is a phone number; `is_whole` tells that it is no part of a longer row of figures."""
    plain = "".join(str(int(letter)) if letter.isdecimal() else letter for letter in written)
    plain = plain.translate(_PLAIN).strip(" /.-")
    groups = re.findall(r"\d+", plain)
    digits = "".join(groups)
    if not _LEAST <= len(digits) <= _MOST + 2:  # two zeros may stand for the +
        return False
    if plain.startswith("+"):
        return _is_possible(plain)
    if hint == "other" or len(set(digits)) == 1 or _DATE.search(plain) or _DECIMAL.fullmatch(plain):
        return False
    if _NORTH_AMERICAN.fullmatch(plain) or (hint == "phone" and _LOCAL.fullmatch(plain)):
        return True
    if digits.startswith("00"):
        return _is_possible(f"+{digits[2:]}")
    numbers = _read_anywhere(plain, digits)
    if hint == "phone":
        return any(numbers)
    if _THOUSANDS.fullmatch(plain) or len(digits) < (_LEAST if "(" in plain else _LEAST_UNTOLD):
        return False
    if digits.startswith("0") or "(" in plain:
        return any(numbers)
    return is_whole and len(groups) > 1 and any(_is_written_so(number, groups) for number in numbers)


def _is_possible(written: str) -> bool:
    import phonenumbers

    number = _read(written)
    return number is not None and phonenumbers.is_possible_number(number)


def _read(written: str, region: str | None = None) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None


def _read_anywhere(written: str, digits: str) -> Iterator[PhoneNumber]:
    """The valid numbers that this is in some country."""
    import phonenumbers

    for region in _REGIONS.split():
        # Reading a number takes 30 times as long as seeing that it cannot be one there.
        numbers, trunk = _plan(region)
        if numbers.fullmatch(digits) or (trunk and numbers.fullmatch(digits.removeprefix(trunk))):
            number = _read(written, region)
            if number and phonenumbers.is_valid_number(number):
                yield number


@cache
def _plan(region: str) -> tuple[re.Pattern[str], str]:
    """All national numbers of a country, and what is dialled before them inside it."""
    import phonenumbers

    metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)
    return re.compile(metadata.general_desc.national_number_pattern), metadata.national_prefix or ""


def _is_written_so(number: PhoneNumber, groups: list[str]) -> bool:
    """Whether a number is grouped as in its country, with or without the zero before it."""
    import phonenumbers

    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    first, *rest = re.findall(r"\d+", national)
    return groups in ([first, *rest], [first.lstrip("0"), *rest])
