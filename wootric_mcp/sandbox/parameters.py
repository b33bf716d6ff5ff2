"""Reading the parameters of a request the way a Rails application does.

Query string, form, multipart and JSON body become one nested hash for every method; `a[b][]=c` nests; what an
operation does not know is ignored. Operations read typed values and learn of every mistake at once.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from .answers import failure, invalid

OPERATORS: Mapping[str, str] = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
LATEST = 32_503_680_000
"""The year 3000 in epoch seconds: later instants are refused."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_KEY = re.compile(r"\[([^\[\]]*)\]")
_QUOTES = "'\""
_BOOLEANS: Mapping[object, bool] = {"true": True, "1": True, "false": False, "0": False}
_UNSTORABLE = re.compile(r"[$.\0]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in a multipart body."""

    name: str
    content: bytes


def pairs(text: bytes) -> list[tuple[str, str]]:
    """The name-value pairs of a query string or form body, in order."""
    return parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True)


def nest(flat: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Turn `a[b]=1&c[]=2&d[][e]=3` into nested hashes and lists.

    Raises:
        Refusal: 400 where one name is used as two kinds of value.
    """
    result: dict[str, Any] = {}
    for name, value in flat:
        head, bracket, _ = name.partition("[")
        path = [head, *_KEY.findall(name[len(head) :])] if bracket else [name]
        _put(result, path, value)
    return result


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    key, *rest = path
    if not rest:
        into[key] = value
    elif rest[0] == "":
        items = _of_kind(into, key, list)
        if len(rest) == 1:
            items.append(value)
        else:
            # As in Rack: a repeated key starts the next hash of the list.
            if not items or not isinstance(items[-1], dict) or rest[1] in items[-1]:
                items.append({})
            _put(items[-1], rest[1:], value)
    else:
        _put(_of_kind(into, key, dict), rest, value)


def _of_kind(into: dict[str, Any], key: str, kind: type[Any]) -> Any:
    held = into.setdefault(key, kind())
    if not isinstance(held, kind):
        raise failure(400, f"expected {kind.__name__} for param `{key}'")
    return held


def merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over` on top, hash by hash."""
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


def is_digits(text: str) -> bool:
    """Whether `text` is a whole number as ids are written, and fits a database."""
    return text.isascii() and text.isdigit() and len(text) <= 18


class Parameters:
    """Typed access to the parameters of one request.

    A wrong value is noted and None returned, so that one answer can name every mistake; `check()` raises it.
    Names are given with brackets, as in `date[start]`.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._problems: list[tuple[str, str]] = []

    def problem(self, name: str, what: str) -> None:
        """Note that parameter `name` `what`, such as "is missing"."""
        self._problems.append((name, what))

    def check(self) -> None:
        """Raise `Refusal` (400) if anything was wrong."""
        if self._problems:
            raise invalid(self._problems)

    def refuse(self, name: str, what: str) -> NoReturn:
        """Refuse at once, with whatever else was wrong."""
        raise invalid([*self._problems, (name, what)])

    def raw(self, name: str) -> Any:
        """The value as it came; None when it did not come or is of no such shape."""
        head, *rest = name.replace("]", "").split("[")
        value = self._values.get(head)
        for key in rest:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def came(self, name: str) -> bool:
        """Whether a top-level parameter was sent at all, be it empty or null."""
        return name in self._values

    def text(self, name: str) -> str | None:
        """A string; numbers and booleans become text, the empty string and null None."""
        value = self.raw(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        self.problem(name, "is invalid")
        return None

    def unquoted(self, name: str) -> str | None:
        """A string without the quotes that examples in the API's documentation put around dates."""
        value = self.text(name)
        return value.strip().strip(_QUOTES) if value else None

    def integer(self, name: str, lowest: int | None = None, highest: int | None = None) -> int | None:
        """A whole number within bounds, or None."""
        value = self.unquoted(name)
        if not value:
            return None
        if not _INTEGER.fullmatch(value):
            self.problem(name, "is invalid")
            return None
        number = int(value)
        if (lowest is not None and number < lowest) or (highest is not None and number > highest):
            self.problem(name, "does not have a valid value")
            return None
        return number

    def boolean(self, name: str) -> bool | None:
        """true or false, or None."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in _BOOLEANS:
            self.problem(name, "is invalid")
            return None
        return _BOOLEANS[value.lower()]

    def choice(self, name: str, default: str, choices: Iterable[str]) -> str:
        """One of `choices`."""
        value = self.text(name)
        if value is None:
            return default
        if value not in choices:
            self.problem(name, "does not have a valid value")
            return default
        return value

    def day(self, name: str) -> date | None:
        """A date written YYYY-MM-DD, or None."""
        value = self.unquoted(name)
        if not value:
            return None
        try:
            day = datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.problem(name, "is invalid")
            return None
        if not 1970 <= day.year < 3000:
            self.problem(name, "does not have a valid value")
            return None
        return day

    def epoch(self, name: str) -> int | None:
        """An instant in epoch seconds, before the year 3000."""
        return self.integer(name, 0, LATEST)

    def bounds(self, name: str) -> list[tuple[str, int]]:
        """`name[gt]=…&name[lt]=…` as (SQL operator, epoch seconds); a bare number means equality."""
        held = self.raw(name)
        if isinstance(held, Mapping):
            found = [(sign, self.integer(f"{name}[{key}]")) for key, sign in OPERATORS.items()]
        else:
            found = [("=", self.integer(name))]
        return [(sign, number) for sign, number in found if number is not None]

    def strings(self, name: str) -> list[str]:
        """A list of strings, each of which may itself be a list joined by commas."""
        value = self.raw(name)
        if value is None:
            return []
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str | int) for item in items):
            self.problem(name, "is invalid")
            return []
        return [part.strip() for item in items for part in str(item).split(",") if part.strip()]

    def properties(self, name: str) -> dict[str, Any] | None:
        """End-user properties, each brought to the kind its name asks for; None when none were sent.

        Keys must not contain `$`, `.` or NUL, values must be plain; a null removes the key.
        """
        value = self.raw(name)
        if value is None or value == "":
            return None
        if not isinstance(value, Mapping):
            self.problem(name, "is invalid")
            return None
        result: dict[str, Any] = {}
        for key, item in value.items():
            if item is None:
                continue
            if not key or _UNSTORABLE.search(key) or not isinstance(item, str | int | float):
                self.problem(f"{name}[{key}]", "is invalid")
                continue
            try:
                result[key] = typed(key, item)
            except ValueError:
                self.problem(f"{name}[{key}]", "is invalid")
        return result

    def file(self, name: str) -> Upload | None:
        """An uploaded file, or the same as Base64 text in either alphabet, padded or not, wrapped or not."""
        value = self.raw(name)
        if isinstance(value, Upload):
            return value
        text = self.text(name)
        if text is None:
            return None
        packed = re.sub(r"\s", "", text).rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            return Upload(
                "email_survey.csv", base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
            )
        except (binascii.Error, ValueError):
            self.problem(name, "is invalid")
            return None


def typed(key: str, value: str | float) -> str | int:
    """A property value of the kind its name asks for: `_amount` and `_date` are whole numbers, all else text.

    Raises:
        ValueError: not a whole number where one is needed.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not key.endswith(("_amount", "_date")):
        return text
    if not _INTEGER.fullmatch(text.strip()):
        raise ValueError(f"{key} must be a whole number")
    return int(text)
