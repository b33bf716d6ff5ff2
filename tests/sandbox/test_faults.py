from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from wootric_mcp.sandbox.faults import KINDS, Faults
from wootric_mcp.sandbox.server import Sandbox, serve

from .connection import CLIENT, connected, data, user


@contextmanager
def running(**fault: Any) -> Iterator[tuple[httpx.Client, Sandbox]]:
    """A served sandbox in which this goes wrong, and a client logged in to it."""
    sandbox = Sandbox(data(user()))
    with serve(sandbox) as at, httpx.Client(base_url=at.base_url, timeout=10) as client:
        token = client.post("/oauth/token", data=CLIENT).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        sandbox.faults.add(fault)
        yield client, sandbox
    sandbox.close()


def create(client: httpx.Client) -> httpx.Response:
    return client.post("/v1/end_users", data={"email": "new@x.test"})


@pytest.mark.parametrize(
    ("fault", "status", "kind", "body"),
    [
        ({"kind": "401"}, 401, "application/json", "The access token is invalid"),
        ({"kind": "429"}, 429, "application/json", "Rate limit exceeded"),
        ({"kind": "500"}, 500, "application/json", "Internal Server Error"),
        ({"kind": "html"}, 502, "text/html", "<h1>Bad Gateway</h1>"),
        ({"kind": "html", "status": 200}, 200, "text/html", "<html>"),
    ],
)
def test_an_error_answer_has_no_effect_and_the_next_request_succeeds(
    fault: dict[str, Any], status: int, kind: str, body: str
) -> None:
    with running(**fault) as (client, sandbox):
        answer = create(client)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(kind)
        assert body in answer.text
        assert len(sandbox.account.end_users()) == 1
        assert create(client).status_code == 200
        traffic = sandbox.account.traffic.summary()
        assert (traffic["total"], traffic["answered"]) == (3, 2)
        assert [entry["fault"] for entry in traffic["log"]] == [None, fault["kind"], None]


def test_a_rate_limit_says_when_it_resets() -> None:
    with running(kind="429", seconds=30) as (client, sandbox):
        headers = create(client).headers
        assert headers["x-rate-limit-remaining"] == "0"
        assert 28 <= int(headers["x-rate-limit-reset"]) - sandbox.clock.time() <= 30


@pytest.mark.parametrize(("kind", "people"), [("cut", 1), ("cut_after", 2), ("silence", 1)])
def test_a_cut_connection_gives_no_answer(kind: str, people: int) -> None:
    with running(kind=kind, seconds=0.05) as (client, sandbox):
        with pytest.raises(httpx.TransportError):
            create(client)
        assert len(sandbox.account.end_users()) == people
        assert sandbox.account.requests()[-1]["status"] is None
        assert sandbox.account.traffic.by_status["cut"] == 1
        assert client.get("/v1/segments").status_code == 200


def test_broken_json_breaks_off_after_the_effect() -> None:
    with running(kind="broken_json") as (client, sandbox):
        answer = create(client)
        assert answer.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            answer.json()
        assert len(sandbox.account.end_users()) == 2


def test_broken_json_breaks_even_an_empty_answer() -> None:
    with running(kind="broken_json") as (client, sandbox):
        sandbox.switches = sandbox.switches.changed({"create_status": "201-empty"})
        assert create(client).content == b'{"'


def test_a_huge_answer_is_fifty_megabytes() -> None:
    with running(kind="huge") as (client, sandbox):
        with client.stream("GET", "/v1/responses") as answer:
            assert sum(len(chunk) for chunk in answer.iter_raw()) > 49_000_000
        assert sandbox.account.requests()[-1]["status"] == 200


def test_a_client_may_leave_in_the_middle_of_a_huge_answer() -> None:
    with running(kind="huge") as (client, _):
        with client.stream("GET", "/v1/responses") as answer:
            next(answer.iter_raw())
        assert client.get("/v1/segments").status_code == 200


def test_a_delayed_request_is_carried_out() -> None:
    with running(kind="delay", seconds=0.2) as (client, sandbox):
        started = time.monotonic()
        assert create(client).status_code == 200
        assert time.monotonic() - started >= 0.2
        assert sandbox.account.traffic.answered == 2


def test_a_delayed_request_is_carried_out_also_when_its_client_has_gone() -> None:
    with running(kind="delay", seconds=60) as (client, sandbox):
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/end_users", data={"email": "new@x.test"}, timeout=0.2)
        # The next request is on another connection, after the first one was closed.
        deadline = time.monotonic() + 5
        while len(sandbox.account.end_users()) < 2 and time.monotonic() < deadline:
            client.get("/v1/segments")
        assert len(sandbox.account.end_users()) == 2


async def test_without_a_server_a_cut_connection_is_an_exception() -> None:
    async with connected() as api:
        api.sandbox.faults.add({"kind": "cut"})
        with pytest.raises(ConnectionResetError):
            await api.get("/v1/segments")


def test_a_rule_holds_for_its_path_and_method_and_count() -> None:
    faults = Faults(seed=1)
    faults.add({"kind": "500", "path": "/v1/responses", "method": "get", "next": "2"})
    faults.add({"kind": "401", "path": "/oauth"})
    assert faults.pick("POST", "/v1/responses") is None
    assert faults.pick("GET", "/v1/declines") is None
    for kind in ("500", "500", None):
        fault = faults.pick("GET", "/v1/responses/7")
        assert (fault.kind if fault else None) == kind
    assert [rule["kind"] for rule in faults.rules()] == ["401"]
    faults.clear()
    assert faults.pick("POST", "/oauth/token") is None


def test_a_rate_hits_that_share_of_requests_the_same_way_each_time() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add({"kind": "500", "rate": 0.05})
        return [faults.pick("GET", "/") is not None for _ in range(2_000)]

    assert 70 <= sum(hits(1)) <= 130
    assert hits(1) == hits(1) != hits(2)


def test_a_rate_can_be_used_up() -> None:
    faults = Faults(seed=1)
    faults.add({"kind": "500", "rate": 1, "next": 1})
    assert [faults.pick("GET", "/") is not None for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, f"kind must be one of {', '.join(KINDS)}"),
        ({"kind": "500", "chance": 1}, "a fault has no field chance"),
        ({"kind": "500", "rate": "often"}, "rate must be a number"),
        ({"kind": "500", "rate": 5}, "rate must be between 0 and 1"),
        ({"kind": "500", "next": [1]}, "next must be a number"),
        ({"kind": "html", "status": 99}, "status must be between 200 and 599"),
    ],
)
def test_a_rule_that_does_not_hold_is_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Faults(seed=1).add(values)
