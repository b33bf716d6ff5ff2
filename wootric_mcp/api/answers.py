"""Reading an HTTP answer: JSON of the expected shape, or the error that it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from wootric_mcp.api import errors
from wootric_mcp.api.errors import BadAnswer, WootricError

if TYPE_CHECKING:
    import httpx

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

# What Wootric and its frameworks are known to say. Everything else may have been written by a stranger.
_KNOWN_SENTENCES = re.compile(
    r"[a-z_\[\]]{1,60} (?:is missing|is invalid|is empty|does not have a valid value|has already been taken)"
    r"|The record could not be found|page not found|not found|Rate limit exceeded|Locked"
    r"|Validation failed: (?:[A-Z][a-z]{1,20}(?: [a-z]{1,20}){0,3} has already been taken(?:, )?){1,5}"
    r"|The access token (?:is invalid|expired|was revoked)"
    r"|invalid_(?:grant|client|request|scope|token)|unauthorized_client|unsupported_grant_type|access_denied",
    re.IGNORECASE,
)
_FIELD = re.compile(r"[a-z_\[\]]{1,60}")


def one(model: type[M]) -> Callable[[Any], M]:
    """A parser of one object."""
    return lambda value: _shaped(model, value)


def many(model: type[M]) -> Callable[[Any], list[M]]:
    """A parser of an array of objects."""
    return lambda value: _shaped(list[model], value)  # type: ignore[valid-type]


def maybe(model: type[M]) -> Callable[[Any], M | None]:
    """A parser of the answer to a write: an object if there is one of the documented shape."""

    def parse(value: Any) -> M | None:
        try:
            return None if value is None else _shaped(model, value)
        except BadAnswer:
            return None

    return parse


def nothing(_value: Any) -> None:
    """The parser of an answer whose body does not matter."""


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _shaped(shape: Callable[..., T], value: Any) -> T:
    try:
        return cast(T, _adapter(shape).validate_python(value))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise BadAnswer(
            "Wootric's answer has not the documented shape"
            f"{f' (at {where})' if re.fullmatch(r'[a-z0-9_.]{1,60}', where) else ''}.",
            server_text=fault["msg"],
        ) from None


def read(response: httpx.Response, *, any_body: bool) -> Any:
    """The JSON of a success, None if it has no body; with `any_body` also if it is no JSON.

    Raises BadAnswer, Redirected or a kind of Refused; 429 is not handled here.
    """
    status = response.status_code
    if 300 <= status < 400:
        raise errors.Redirected(
            f"Wootric's address answered with a redirect ({status}), which is not followed.",
            "Set WOOTRIC_BASE_URL or WOOTRIC_REGION to the address of the API itself.",
        )
    if not 200 <= status < 300:
        raise _refusal(status, response.content, is_page=_is_page(response))
    if status == 204 or not response.content.strip():
        return None
    if _is_page(response):
        raise BadAnswer(f"Wootric's address answered with a web page instead of JSON (status {status}).")
    try:
        value = _parsed(response.content)
    except ValueError:
        if any_body:
            return None
        raise BadAnswer(f"Wootric's answer is broken JSON (status {status}).") from None
    if _is_error(value):
        raise BadAnswer(
            f"Wootric answered with an error although the status is {status}{_said(value).shown}.",
            server_text=_said(value).text,
        )
    return value


def _is_page(response: httpx.Response) -> bool:
    return "html" in response.headers.get("content-type", "") or response.content[:64].lstrip()[:1] == b"<"


def _parsed(body: bytes) -> Any:
    """JSON as Python values. Raises ValueError, also for what Python reads beyond the standard."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
        if b"\\ud" in body.lower():
            # Half of a surrogate pair can be escaped but not encoded again; make it a question mark.
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _is_error(value: object) -> bool:
    return isinstance(value, dict) and (
        value.get("type") == "error_list"
        or ("id" not in value and bool(value.get("error") or value.get("errors")))
    )


class _Said(NamedTuple):
    """What an error body says: all of it, and the part that can be shown as it is."""

    text: str
    shown: str


def _said(value: object) -> _Said:
    """Read the shapes that Wootric's error bodies have: `errors[]`, `error` (+ `_description`), `message`."""
    texts: list[str] = []
    fields: list[str] = []
    if isinstance(value, Mapping):
        entries = value.get("errors")
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, Mapping):
                texts += [text for text in (entry.get("message"),) if isinstance(text, str)]
                fields += [text for text in (entry.get("field"),) if isinstance(text, str)]
            elif isinstance(entry, str):
                texts.append(entry)
        for key in ("error", "error_description", "message"):
            if isinstance(text := value.get(key), str):
                texts.append(text)
    texts = texts[:10]
    shown = [text for text in texts if _KNOWN_SENTENCES.fullmatch(text)]
    named = " ".join(shown)
    shown += [field for field in fields[:10] if _FIELD.fullmatch(field) and field not in named]
    return _Said("; ".join(texts), f": {'; '.join(dict.fromkeys(shown))}" if shown else "")


def _refusal(status: int, body: bytes, *, is_page: bool) -> WootricError:
    try:
        value = None if is_page else _parsed(body)
    except ValueError:
        value = None
    text, shown = _said(value)
    text = text or body[:2_000].decode("utf-8", "replace")
    if status >= 500:
        return errors.ServerFault(
            f"Wootric has a fault of its own ({status}{shown}).",
            "Try again in a few minutes.",
            status=status,
            server_text=text,
        )
    if status == 404 and is_page:
        error = errors.Redirected(
            "Wootric's address answered with a web page that says 404.",
            "Check WOOTRIC_BASE_URL and WOOTRIC_REGION.",
            server_text=text,
        )
        error.may_have_changed = False
        return error
    if status == 401:
        text = ""  # it may repeat the token
    kind, problem, advice = _REFUSALS.get(status, _OTHER)
    if issubclass(kind, errors.Invalid) and "has already been taken" in text:
        kind, problem, advice = _REFUSALS[409]
    return kind(f"{problem} ({status}{shown}).", advice, status=status, server_text=text)


_Refusal = tuple[type[errors.Refused], str, str]
_INVALID: _Refusal = (
    errors.Invalid,
    "Wootric did not accept the request",
    "Correct the value that is named, if one is, and call again.",
)
_OTHER: _Refusal = (errors.Refused, "Wootric refused the request", "Check what was asked for.")
_REFUSALS: dict[int, _Refusal] = {
    400: _INVALID,
    401: (
        errors.AuthenticationFailed,
        "Wootric did not accept the access token",
        "Check the credentials and WOOTRIC_REGION; account_status shows what is configured.",
    ),
    403: (
        errors.AuthenticationFailed,
        "Wootric does not allow this to the credentials in use",
        "Use credentials whose scopes include this operation.",
    ),
    404: (errors.NotFound, "Wootric found no such record", "Check the id, or look the record up first."),
    409: (
        errors.Conflict,
        "Another record has this value already",
        "Look up who has it and update that record, or give another value.",
    ),
    422: _INVALID,
    423: (
        errors.FeatureOff,
        "This account may not change properties stored with past records",
        "Ask Wootric support to switch the feature on, or leave properties out.",
    ),
}
