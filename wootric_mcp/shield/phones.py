"""Phone numbers in free text. Which digits are one is decided with Google's metadata (`phonenumbers`), loaded
when the first number is met that could be one."""

from __future__ import annotations

import re
from functools import lru_cache

from wootric_mcp.shield.masking import LETTER

_SEPARATOR = r"[ .\-‐‑–－/()（）]"
_CANDIDATE = re.compile(
    rf"(?<!{LETTER}|[.,:/#€$£¥-])(?:[+＋]{_SEPARATOR}?|[(（])?\d(?:{_SEPARATOR}{{0,3}}\d){{6,20}}(?!{LETTER}|[€$£¥%])"
)
_PART = re.compile(r"\S+")
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
_PHONE_WORDS = r"""
anrufe?n? angerufen appel\w* bel bellen call called calling cel celular cell cellphone cellulare chiam\w* dial
fax gsm handy\w* hotline joign\w* ligar liga ligue ll[áa]m\w* mob mobil\w* m[óo]vil ph phone portable reach
ring\w* ruft? sms tel t[eé]l[eé]fon\w* tele?phone\w* telegram text tlf viber whats.?app zadzwo\w*
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
    hint = _hint(lead[0] if lead else "")
    written, shown, end = found[0], "", 0
    parts = list(_PART.finditer(written))
    first = 0
    while first < len(parts):
        for last in range(len(parts), first, -1):
            start, stop = parts[first].start(), parts[last - 1].end()
            if _is_phone(written[start:stop], hint):
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
def _is_phone(written: str, hint: str) -> bool:
    plain = "".join(str(int(letter)) if letter.isdecimal() else letter for letter in written)
    plain = (
        re.sub(r"[‐‑–－]", "-", plain).replace("（", "(").replace("）", ")").replace("＋", "+").strip(" /.-")
    )
    groups = re.findall(r"\d+", plain)
    digits = "".join(groups)
    if not _LEAST <= len(digits) <= _MOST + 2:  # two zeros may stand for the +
        return False
    if plain.startswith("+"):
        return _is_possible(plain)
    if _DATE.search(plain) or _DECIMAL.fullmatch(plain):
        return False
    if hint == "other" or len(set(digits)) == 1:
        return False
    if _NORTH_AMERICAN.fullmatch(plain):
        return True
    if digits.startswith("00"):
        return _is_valid(f"+{digits[2:]}", None)
    if hint == "phone":
        return bool(_LOCAL.fullmatch(plain)) or any(_is_valid(plain, region) for region in _REGIONS.split())
    if _THOUSANDS.fullmatch(plain) or len(digits) < (_LEAST if "(" in plain else _LEAST_UNTOLD):
        return False
    if digits.startswith("0") or "(" in plain:
        return any(_is_valid(plain, region) for region in _REGIONS.split())
    return len(groups) > 1 and any(_is_grouped_as_in(region, plain, groups) for region in _REGIONS.split())


def _is_possible(written: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(written))
    except phonenumbers.NumberParseException:
        return False


def _is_valid(written: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written, region))
    except phonenumbers.NumberParseException:
        return False


def _is_grouped_as_in(region: str, written: str, groups: list[str]) -> bool:
    import phonenumbers

    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return False
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    expected = re.findall(r"\d+", national)
    return phonenumbers.is_valid_number(number) and groups in (
        expected,
        [expected[0].lstrip("0"), *expected[1:]],
    )
