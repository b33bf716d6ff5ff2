"""Personal data in free text, replaced by a word for what it was."""

from __future__ import annotations

import re

_UNSPACED = r"[\u3040-\u9fff\uac00-\ud7af]"
BEGIN = rf"(?:(?<!\w)|(?<={_UNSPACED}))"
END = rf"(?:(?!\w)|(?={_UNSPACED}))"
"""Where a number may begin and end: Japanese, Chinese and Korean put no space between it and a word. Looking
first for what it begins with is several times as fast."""

_EMAIL = re.compile(
    r"(?:(?<![\w.+-])[\w.+-][\w.+'’-]{0,63}|\"[^\"@\n]{1,64}\"(?=@))(?:[@＠]|%40| ?[\[({](?:at|@)[\])}] ?)"
    r"[\w-]{1,63}(?:(?:\.|。| ?[\[({](?:dot|punkt|point|punto)[\])}] ?)[\w-]{1,63})+",
    re.IGNORECASE,
)
_EMAIL_SIGNS = re.compile(r"[@＠]|%40|[\[({]at[\])}]", re.IGNORECASE)

_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"'”’)\]]+"
    r"|(?<![\w@.-])(?:[\w-]{1,63}\.){1,5}[a-z]{2,12}(?:/[^\s<>\"'”’)\]?#]*)?[?#][^\s<>\"'”’)\]]*=[^\s<>\"'”’)\]]+",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"(?<=//)[^/@]+@")
_TOKEN = re.compile(
    r"(?<=[/=])(?:eyJ[\w.=-]{20,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{20,}=*"
    r"|(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{24,}=*)"
)

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IP = re.compile(rf"(?=\d){BEGIN}(?<!\.)(?:{_OCTET}\.){{3}}{_OCTET}(?![\w.]*\d)")
_IP6 = re.compile(rf"{BEGIN}(?<!:)(?=[0-9a-fA-F]*:)[0-9a-fA-F:]{{2,39}}{END}(?!:)")
_VERSION = re.compile(
    r"\b(?:version|release|build|update|firmware|driver|chrome|firefox|safari|ios|android|app|v)\W{0,2}$",
    re.IGNORECASE,
)

_IBAN = re.compile(
    rf"{BEGIN}[A-Za-z]{{2}}\d{{2}}(?:[ -]?[A-Za-z0-9]{{4}}){{2,7}}(?:[ -]?[A-Za-z0-9]{{1,4}})?{END}"
)
_CARD = re.compile(rf"(?=[2-6]){BEGIN}(?<![.-])[2-6](?:[ .-]?\d){{12,18}}{END}(?!-|\.\d)")
_CARD_LENGTHS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|22\d|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}"
    r"|(?:50|5[6-9]|6\d)\d{10,17}"
)
"""Digits of the networks: Visa, Mastercard (two ranges), American Express, Diners, JCB, Discover, UnionPay,
Maestro."""
_DIGIT = re.compile(r"\d")


def mask(text: str) -> str:
    """Text with personal data replaced: [email], [phone], [ip], [card], [account], [password], [token];
    addresses of pages lose login, query, fragment and what looks like a token.

    What is replaced leaves nothing behind that would be replaced in a second run. Dates, prices, versions and
    order numbers stay; see `wootric_mcp.shield.phones` for what counts as a phone number.
    """
    while (masked := _masked(text)) != text:
        text = masked
    return text


def _masked(text: str) -> str:
    if "." in text or "/" in text:
        text = _URL.sub(_mask_url, text)
    if _EMAIL_SIGNS.search(text):
        text = _EMAIL.sub("[email]", text)
    if _DIGIT.search(text):
        from wootric_mcp.shield.credentials import mask_credentials
        from wootric_mcp.shield.phones import mask_phones

        text = mask_credentials(text)
        text = _IBAN.sub(_mask_iban, text)
        text = _IP.sub(_mask_ip, text)
        text = _CARD.sub(lambda found: "[card]" if _is_card(found[0]) else found[0], text)
        text = mask_phones(text)
        if ":" in text:
            text = text.replace("::ffff:[ip]", "[ip]")
            text = _IP6.sub(lambda found: "[ip]" if _is_ip6(found[0]) else found[0], text)
    return text


def _mask_url(found: re.Match[str]) -> str:
    bare = _LOGIN.sub("", re.split(r"[?#]", found[0], maxsplit=1)[0])
    return _TOKEN.sub("[token]", bare)


def _mask_ip(found: re.Match[str]) -> str:
    return found[0] if _VERSION.search(found.string, max(found.start() - 12, 0), found.start()) else "[ip]"


def _is_ip6(written: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    if not _DIGIT.search(written) or written.count(":") < 2:
        return False
    try:
        return bool(IPv6Address(written))
    except AddressValueError:
        return False


def _is_card(written: str) -> bool:
    """Whether a network has such numbers and the digits pass the Luhn check (ISO/IEC 7812-1, annex B)."""
    digits = [int(letter) for letter in written if letter.isdecimal()]
    if not _CARD_LENGTHS.fullmatch("".join(map(str, digits))):
        return False
    doubled = (digit * 2 for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(digit - 9 if digit > 9 else digit for digit in doubled)) % 10 == 0


def _mask_iban(found: re.Match[str]) -> str:
    """Words that follow look like the last groups of a number, so it is tried without them, too."""
    ends = [len(found[0]), *(gap.start() for gap in re.finditer("[ -]", found[0]))]
    end = next((end for end in sorted(ends, reverse=True) if _is_iban(found[0][:end])), 0)
    return f"[account]{found[0][end:]}" if end else found[0]


def _is_iban(written: str) -> bool:
    """Whether the check digits are right (ISO 13616: the number modulo 97 is 1)."""
    plain = re.sub(r"[ -]", "", written)
    return (
        15 <= len(plain) <= 34
        and int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1
    )
