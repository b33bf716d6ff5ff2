"""What an operation answers, and the ways in which it refuses.

The bodies are those seen on the wire: an `error_list` for lookups and parameters, `error` with or without
`status` for most else, and a bare `message` for an unknown route.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class _NoBody:
    """Marks an answer without a body; None would be the JSON literal null."""


NO_BODY = _NoBody()


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: a status, a value to write as JSON (or `NO_BODY`), and headers."""

    body: Any = NO_BODY
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - it is an answer, not an error of the sandbox
    """The operation is refused with `answer`; nothing it did is kept."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.answer = Answer(body, status, headers or {})


def failure(status: int, text: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """The plain shape `{"error": text, "status": status}`."""
    return Refusal(status, {"error": text, "status": status}, headers)


def not_found() -> Refusal:
    """No such record."""
    entry = {"status": "record_not_found", "message": "The record could not be found", "field": None}
    return Refusal(404, {"type": "error_list", "errors": [entry]})


def no_such_route() -> Refusal:
    """No such path, or not with this method."""
    return Refusal(404, {"message": "Not Found"})


def invalid(problems: Iterable[tuple[str, str]]) -> Refusal:
    """Parameters that do not hold: (name, what is wrong), one entry each."""
    errors = [
        {"status": "invalid_parameter", "message": f"{name} {problem}", "field": name}
        for name, problem in problems
    ]
    return Refusal(400, {"type": "error_list", "errors": errors})


def validation_failed(*problems: str) -> Refusal:
    """A record that may not be saved, such as one whose e-mail is taken."""
    return Refusal(422, {"error": f"Validation failed: {', '.join(problems)}"})
