"""Everything that can go wrong between a caller and Wootric.

    WootricError
    ├── NotConfigured            no usable credentials; says what to set
    ├── InvalidRequest           refused here, before anything was sent
    ├── Unreachable              no connection, connection lost, no answer in time
    ├── RateLimited              429, or the request budget is used up, and waiting does not fit
    ├── BadAnswer                an answer that cannot be read: broken, too large, not the documented shape
    └── Refused                  an HTTP error status
        ├── AuthenticationFailed 401, 403, or the token request was refused
        ├── NotFound             404
        ├── Invalid              400, 422
        │   └── Conflict         409, or a value that "has already been taken"
        ├── FeatureOff           423
        └── ServerFault          5xx

`str(error)` is a text a language model can act on: what was wrong, what to do, and, after a write, whether
anything may have changed. What the server wrote is kept apart in `server_text`: a stranger may have
written it.
"""
# ruff: noqa: N818 - the names say what happened

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

_SERVER_TEXT_LIMIT = 500


class WootricError(Exception):
    """Base of all errors of this package.

    `advice` is the next step. `may_have_changed` is False when surely nothing changed in the account, True
    when something may have, None when the raiser did not know what was asked. `is_passing` tells whether the
    same request may succeed if it is sent again.
    """

    is_passing: ClassVar[bool] = False

    def __init__(
        self,
        problem: str,
        advice: str = "",
        *,
        may_have_changed: bool | None = None,
        server_text: str = "",
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.may_have_changed = may_have_changed
        self.server_text = bounded(server_text)
        self.outcome = ""
        """What became of a write, one sentence; empty after a read."""

    def copy(self) -> Self:
        """The same error for another caller."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin

    def __str__(self) -> str:
        return " ".join(part for part in (self.problem, self.advice, self.outcome) if part)


class NotConfigured(WootricError):
    """No request can be made with these settings."""

    def __init__(self, what_to_set: str) -> None:
        super().__init__(what_to_set, may_have_changed=False)


class InvalidRequest(WootricError):
    """Refused before sending; names what is wrong and a valid value."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem, advice, may_have_changed=False)


class Unreachable(WootricError):
    """No answer: no connection, a lost connection, silence. `may_have_been_sent` tells how far it got."""

    is_passing = True

    def __init__(self, problem: str, advice: str = "", *, may_have_been_sent: bool) -> None:
        super().__init__(problem, advice, may_have_changed=may_have_been_sent)
        self.may_have_been_sent = may_have_been_sent


class Untrusted(Unreachable):
    """The server's certificate was not accepted; sending again would not help."""

    is_passing = False


class RateLimited(WootricError):
    """The account's request budget is used up until `resets_at` (aware), `seconds` from now."""

    is_passing = True

    def __init__(self, resets_at: datetime | None, seconds: float | None) -> None:
        when = "" if resets_at is None else f" until {resets_at:%H:%M:%S} UTC"
        wait = "" if seconds is None else f", {max(1, round(seconds))} s from now"
        super().__init__(
            f"Wootric's request limit is used up{when}{wait}.",
            "Wait until then and call again, or ask for less at once.",
            may_have_changed=False,
        )
        self.resets_at = resets_at
        self.seconds = seconds


class BadAnswer(WootricError):
    """An answer that cannot be used."""

    is_passing = True

    def __init__(self, problem: str, advice: str = "", *, server_text: str = "") -> None:
        super().__init__(
            problem,
            advice or "Try again later; if it stays so, check WOOTRIC_BASE_URL and WOOTRIC_REGION.",
            may_have_changed=True,
            server_text=server_text,
        )


class Redirected(BadAnswer):
    """A redirect: never followed, because it would carry the token to another place."""

    is_passing = False


class Refused(WootricError):
    """Wootric answered with an HTTP error; `status` is its code."""

    def __init__(self, problem: str, advice: str = "", *, status: int, server_text: str = "") -> None:
        super().__init__(problem, advice, may_have_changed=status >= 500, server_text=server_text)
        self.status = status


class AuthenticationFailed(Refused):
    """401 or 403, or no token could be had."""


class NotFound(Refused):
    """404."""


class Invalid(Refused):
    """400 or 422: Wootric did not accept a value."""


class Conflict(Invalid):
    """Another record has this value already."""


class FeatureOff(Refused):
    """423: the account has not got the feature."""


class ServerFault(Refused):
    """5xx."""

    is_passing = True


def bounded(text: str, limit: int = _SERVER_TEXT_LIMIT) -> str:
    """Text from outside with control characters removed and its length bounded, in characters."""
    cleaned = "".join(char if char.isprintable() else " " for char in text[: limit * 4])
    cleaned = " ".join(cleaned.split())
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"
