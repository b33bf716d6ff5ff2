"""How a tool runs: confirmed and audited if it changes something, ended in time, its errors in words."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import anyio
from mcp.server.mcpserver import Context, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent
from pydantic import Field

from wootric_mcp.api.errors import WootricError
from wootric_mcp.guard.confirmation import (
    AGREED,
    NOTHING_CHANGED,
    Agreed,
    Asked,
    Call,
    Effect,
    Held,
    Way,
)
from wootric_mcp.guard.questions import plain
from wootric_mcp.operations import Risk
from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.fence import fence
from wootric_mcp.store.errors import StoreError
from wootric_mcp.tools.app import App, app_of

if TYPE_CHECKING:
    from wootric_mcp.api.people import Person
    from wootric_mcp.tools.registry import ToolSpec

log = logging.getLogger(__name__)

ToolFunction = Callable[..., Awaitable[CallToolResult]]
Asks = Callable[..., Awaitable[Effect | None]]
"""A resolver: what a call would do, or None if it takes nothing away and mails nobody."""

# Times a question may be put again within one call because what it is about has changed.
_ROUNDS = 5
# People whom one line of the audit log names.
_NAMED = 100
_COUNTS = ("sent", "not_sent", "unclear")
_RECORDS = ("response_id", "decline_id")
_PEOPLE = ("end_user", "email", "phone_number")
_Code = Annotated[str, Field(description="Code")]


class GuardedTool(Tool):
    """A tool that begins anew after a person has said yes while its call waited.

    Everything is then read again, as in the newer era, so that what has changed is asked about again.
    """

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> Any:
        for _ in range(_ROUNDS):
            try:
                return await super().run(arguments, context, convert_result)
            except ToolError as error:
                if not isinstance(error.__cause__, Agreed):
                    raise
                AGREED.set(error.__cause__.bound)
        raise ToolError(f"What {self.name} is about keeps changing. {NOTHING_CHANGED}")


def reading(spec: ToolSpec) -> ToolFunction:
    """The function of a tool that changes nothing."""

    @functools.wraps(spec.function)
    async def run(**arguments: Any) -> CallToolResult:
        deadline = app_of(arguments["ctx"]).settings.deadline
        try:
            with anyio.fail_after(deadline):
                return await spec.function(**arguments)
        except TimeoutError as error:
            raise ToolError(
                f"{_no_answer(deadline)} {NOTHING_CHANGED} Ask again for less (a shorter period, a "
                "smaller limit), or in a minute."
            ) from error
        except (WootricError, StoreError) as error:
            raise ToolError(str(error)) from error

    _sign(run, *_parameters(spec.function))
    return run


def guarded(spec: ToolSpec, *, asks: bool, takes_codes: bool) -> ToolFunction:
    """The function of a tool that acts: once that is confirmed, and noted in the audit log before and after.

    To the parameters of the tool come what the guard needs: the effect and its confirmation, which resolvers
    fill in, and the code, where codes count.

    Args:
        spec: The tool.
        asks: Whether a call is confirmed.
        takes_codes: Whether a code can confirm it.
    """
    own, defaults = _parameters(spec.function)
    arguments_of_call = [name for name, hint in own.items() if name != "ctx" and not _is_resolved(hint)]

    def described(arguments: Mapping[str, Any]) -> tuple[Call, Effect, dict[str, Any]]:
        said = {name: arguments[name] for name in arguments_of_call}
        app = app_of(arguments["ctx"])
        call = Call(spec.name, said, _about(app, arguments))
        given = {name: value for name, value in call.arguments.items() if value != defaults[name]}
        effect = arguments.get("effect") or Effect(plain(spec.title, given), Risk.WRITE)
        if app.settings.is_strict:
            effect = replace(effect, question=app.without_addresses(effect.question))
        return call, effect, given

    async def confirm(**arguments: Any) -> Any:
        with _in_words():
            call, effect, _ = described(arguments)
            guard = app_of(arguments["ctx"]).guard
            return await guard.confirm(arguments["ctx"], call, effect, arguments.get("code", ""))

    @functools.wraps(spec.function)
    async def run(**arguments: Any) -> CallToolResult:
        app = app_of(arguments["ctx"])
        with _in_words():
            call, effect, given = described(arguments)
            way = await app.guard.settle(arguments["confirmed"], call, effect) if asks else Way.NOT_NEEDED
            if isinstance(way, Held):
                return _held(way)
            app.client()  # refuses where nothing is configured
            about = {
                "tool": spec.name,
                "effect": spec.title,
                "risk": effect.risk,
                "confirmed": way,
                "arguments": list(given),
                **_target(app, arguments, effect),
                **_caller(arguments["ctx"]),
            }
            try:
                with anyio.fail_after(app.settings.deadline):
                    async with app.audit.acting(about) as counts:
                        answer = await spec.function(**{name: arguments[name] for name in own})
                        figures = (answer.structured_content or {}).get("figures", {})
                        counts.update({name: figures[name] for name in _COUNTS if name in figures})
                        return answer
            except TimeoutError as error:
                raise _UnclearError(f"{_no_answer(app.settings.deadline)} {_what_now(spec)}") from error
            except (WootricError, StoreError, ToolError):
                raise
            except Exception as error:
                log.exception("%s failed while it acted", spec.name)
                raise _UnclearError(f"This server failed. {_what_now(spec)}") from error

    effect = {"effect": Annotated[Any, Resolve(spec.asks)]} if spec.asks else {}
    confirmed = {"confirmed": Annotated[Asked, Resolve(confirm)]} if asks else {}
    code = {"code": _Code} if takes_codes else {}
    confirm.__qualname__ = f"confirm_{spec.name}"
    _sign(confirm, {**own, **effect, **code}, {})
    _sign(run, {**own, **effect, **confirmed, **code}, {**defaults, **dict.fromkeys(code, "")})
    return run


def before_writing(function: Callable[..., Any]) -> Callable[..., Any]:
    """For resolvers, which only read: ended at the deadline, every refusal says that nothing was changed."""

    @functools.wraps(function)
    async def run(**arguments: Any) -> Any:
        deadline = app_of(arguments["ctx"]).settings.deadline
        with _in_words():
            try:
                with anyio.fail_after(deadline):
                    return await function(**arguments)
            except TimeoutError as error:
                raise ToolError(f"{_no_answer(deadline)} Try again in a minute. {NOTHING_CHANGED}") from error

    run.__annotations__ = get_type_hints(function, include_extras=True)
    return run


class _UnclearError(ToolError):
    """Nobody knows what became of a write; the text says so."""


@contextmanager
def _in_words() -> Iterator[None]:
    """Errors of what got no further than a look-up end in that nothing came of it."""
    try:
        yield
    except _UnclearError:
        raise
    except (WootricError, StoreError, ToolError) as error:
        has_outcome = isinstance(error, WootricError) and (error.may_have_changed or error.outcome)
        said = str(error)
        is_told = has_outcome or any(words in said for words in ("Nothing was", "Nobody was mailed"))
        raise ToolError(said if is_told else f"{said} {NOTHING_CHANGED}") from error


def _no_answer(deadline: float) -> str:
    return f"Wootric gave no full answer within {deadline:g} seconds."


def _what_now(spec: ToolSpec) -> str:
    """After a write that ran out of time or failed here: what may have happened, and what to do."""
    if spec.hints.idempotent_hint:
        return "The change may have been made. Look, and repeat it if not: doing it twice does no harm."
    return "It may have been carried out or sent: do not repeat it before you have looked whether it was."


def _held(held: Held) -> CallToolResult:
    """What a call would do that was not made, in both forms: the question may quote what strangers wrote."""
    text = "\n".join([held.explanation, "What it would do:", fence([held.question]), NOTHING_CHANGED])
    structure = {
        "summary": f"{held.explanation} {NOTHING_CHANGED}",
        "untrusted": {"what it would do": held.question},
    }
    return CallToolResult(
        is_error=True, content=[TextContent(type="text", text=text)], structured_content=structure
    )


def _about(app: App, arguments: Mapping[str, Any]) -> frozenset[str]:
    """The record that a call is about, however its owner is named, or else the people."""
    if survey := arguments.get("survey"):
        return frozenset(one.address.casefold() for one in survey.plan.people)
    records = [f"{name} {arguments[name]}" for name in _RECORDS if name in arguments]
    return frozenset(records or (f"{one.kind} {one.value}" for one in _people(app, arguments)))


def _target(app: App, arguments: Mapping[str, Any], effect: Effect) -> dict[str, Any]:
    """What a call is about, for the audit log: records by id, people by keyed hash, how many are mailed."""
    target = {name: arguments[name] for name in _RECORDS if name in arguments}
    if survey := arguments.get("survey"):
        target["plan"] = survey.plan.id
    if marks := [app.mark(person) for person in _people(app, arguments)[:_NAMED]]:
        target["people"] = marks
    return {"target": target, **({"mailed": effect.mailed} if effect.mailed else {})}


def _people(app: App, arguments: Mapping[str, Any]) -> list[Person]:
    """The people whom a call is about: as they were found, else as they were named."""
    from wootric_mcp.api.people import Person

    if target := arguments.get("target"):
        return [Person("id", str(target.user.id))]
    if survey := arguments.get("survey"):
        return [one.person for one in survey.plan.people]
    if (found := arguments.get("found")) and found.end_user_id:
        return [Person("id", str(found.end_user_id))]
    named = next((arguments[name] for name in _PEOPLE if arguments.get(name)), "")
    every = named if isinstance(named, list) else [named] if named else []
    return [app.person(part) for entry in every for part in entry.split(",")]


def _caller(ctx: Context[Any]) -> dict[str, str]:
    """The request, and the client as it names itself."""
    params = ctx.session.client_params
    client = f"{params.client_info.name} {params.client_info.version}" if params else ""
    return {"request": clean(ctx.request_id, 40), "client": clean(client, 80)}


def _parameters(function: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The types of a function's parameters, and their defaults."""
    hints = get_type_hints(function, include_extras=True)
    defaults = {name: each.default for name, each in signature(function).parameters.items()}
    return {name: hints[name] for name in defaults}, defaults


def _is_resolved(hint: Any) -> bool:
    return any(isinstance(mark, Resolve) for mark in getattr(hint, "__metadata__", ()))


def _sign(function: Callable[..., Any], hints: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Give a function that takes anything these parameters, for the SDK to read: several times, so that it
    counts that they need not be evaluated."""
    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=defaults.get(name, Parameter.empty), annotation=hint)
        for name, hint in hints.items()
    ]
    function.__annotations__ = dict(hints)
    function.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
