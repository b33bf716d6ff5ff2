"""Endpoints under `/_sandbox` by which tests and demonstrations watch and steer a sandbox; no token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .answers import Answer, failure, no_such_route

if TYPE_CHECKING:
    from starlette.requests import Request

    from .server import Sandbox

PREFIX = "/_sandbox/"


async def answer(sandbox: Sandbox, request: Request, path: str) -> Answer:
    """Answer a request to `path`, which begins with `PREFIX`."""
    name = path.removeprefix(PREFIX).strip("/")
    try:
        values = json.loads(await request.body() or b"{}")
        if not isinstance(values, dict):
            raise ValueError("the body must be a JSON object")
        return _answer(sandbox, request.method, name, values)
    except ValueError as error:
        return failure(400, str(error)).answer


def _answer(sandbox: Sandbox, method: str, name: str, values: Mapping[str, Any]) -> Answer:
    account = sandbox.account
    match method, name:
        case "GET", "requests":
            return Answer(account.traffic.summary())
        case "DELETE", "requests":
            account.traffic.clear()
        case "GET", "outbox":
            return Answer(account.outbox())
        case "GET", "faults":
            return Answer(sandbox.faults.rules())
        case "POST", "faults":
            sandbox.faults.add(values)
            return Answer(sandbox.faults.rules())
        case "DELETE", "faults":
            sandbox.faults.clear()
        case "GET", "clock":
            return Answer({"now": sandbox.clock.now().isoformat()})
        case "POST", "clock":
            _set_clock(sandbox, values)
            return Answer({"now": sandbox.clock.now().isoformat()})
        case "DELETE", "tokens":
            sandbox.tokens.revoke_all()
        case "GET", "truth":
            return Answer(account.truth())
        case "GET", "switches":
            return Answer(asdict(sandbox.switches))
        case "PATCH", "switches":
            sandbox.switches = sandbox.switches.changed(values)
            return Answer(asdict(sandbox.switches))
        case "GET", "records/end_users":
            return Answer([asdict(row) for row in account.end_users()])
        case "GET", "records/responses":
            return Answer([asdict(row) for row in account.responses()])
        case "GET", "records/declines":
            return Answer([asdict(row) for row in account.declines()])
        case "GET", "records/email_sends":
            return Answer([asdict(row) for row in account.email_sends()])
        case _:
            return no_such_route().answer
    return Answer(status=204)


def _set_clock(sandbox: Sandbox, values: Mapping[str, Any]) -> None:
    if not values or set(values) - {"now", "advance", "freeze"}:
        raise ValueError('give {"now": "2026-11-20T12:00:00Z"}, {"advance": seconds} or {"freeze": true}')
    if "freeze" in values:
        sandbox.clock.freeze()
    if "now" in values:
        sandbox.clock.set(datetime.fromisoformat(str(values["now"])))
    if "advance" in values:
        sandbox.clock.advance(float(values["advance"]))
