"""Things that go wrong on request, so that a client's answer to them can be tested."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

KINDS: Final = {
    "401": "the token is refused",
    "429": "the rate limit is reached; it resets after `seconds` (default 1)",
    "500": "a server error, before anything is done",
    "delay": "the request is carried out after `seconds` (default 1)",
    "cut": "the connection is cut, before anything is done",
    "cut_after": "the request is carried out and then the connection cut instead of an answer",
    "broken_json": "the request is carried out and its answer breaks off in the middle of the JSON",
    "html": "an HTML error page of some gateway, with `status` (default 502), before anything is done",
    "huge": "an answer of 50 MB, before anything is done",
    "silence": "nothing for `seconds` (default 10), then the connection is cut; nothing is done",
}
CARRIED_OUT: Final = {"delay", "cut_after", "broken_json"}
"""The kinds that let the request take effect."""

HUGE_BYTES: Final = 50_000_000
HTML_PAGE: Final = "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@dataclass(slots=True)
class Fault:
    """One rule: what goes wrong, how often or how many times, and for which requests."""

    kind: str
    rate: float | None = None
    """The chance, 0 to 1, that a request is hit; None where `next` counts."""
    next: int | None = None
    """How many more requests are hit."""
    path: str = "/"
    """Only paths that begin with this, as they come over the wire."""
    method: str | None = None
    seconds: float | None = None
    status: int = 502

    def wait(self) -> float:
        """Seconds that a delay, a silence or a rate limit lasts."""
        return self.seconds if self.seconds is not None else 10.0 if self.kind == "silence" else 1.0


_NUMBERS = {
    "rate": (float, 0, 1),
    "next": (int, 1, 10**9),
    "seconds": (float, 0, 3600),
    "status": (int, 200, 599),
}


class Faults:
    """The rules in force; the first one that hits decides."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self._rules: list[Fault] = []

    def add(self, values: Mapping[str, Any]) -> None:
        """Add a rule from its fields; text is accepted for numbers.

        Raises:
            ValueError: an unknown kind or field, or a number out of range; the text says what is possible.
        """
        unknown = set(values) - {"kind", "path", "method", *_NUMBERS}
        if unknown:
            raise ValueError(f"a fault has no field {', '.join(sorted(unknown))}")
        kind = str(values.get("kind"))
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        fault = Fault(kind, path=str(values.get("path") or "/"))
        if values.get("method"):
            fault.method = str(values["method"]).upper()
        for name, (number, lowest, highest) in _NUMBERS.items():
            if values.get(name) is not None:
                try:
                    value = number(values[name])
                except (TypeError, ValueError) as error:
                    raise ValueError(f"{name} must be a number") from error
                if not lowest <= value <= highest:
                    raise ValueError(f"{name} must be between {lowest} and {highest}")
                setattr(fault, name, value)
        if fault.rate is None and fault.next is None:
            fault.next = 1
        self._rules.append(fault)

    def pick(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this request, if any."""
        for fault in self._rules:
            if not path.startswith(fault.path) or fault.method not in {None, method}:
                continue
            if fault.rate is not None and self._random.random() >= fault.rate:
                continue
            if fault.next is not None:
                fault.next -= 1
                if fault.next <= 0:
                    self._rules.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._rules.clear()

    def rules(self) -> list[dict[str, Any]]:
        """The rules, as JSON can hold them."""
        return [asdict(fault) for fault in self._rules]
