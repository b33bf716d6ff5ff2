from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

import wootric_mcp.sandbox
from tests.processes import A_SECOND
from wootric_mcp.sandbox.server import Sandbox, serve, start_story
from wootric_mcp.sandbox.switches import Switches

from .connection import CLIENT, data, response, user


def log_in(client: httpx.Client) -> None:
    token = client.post("/oauth/token", data=CLIENT).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def test_a_served_sandbox_answers_over_http_on_loopback_and_stops_quickly() -> None:
    sandbox = Sandbox(data(user(), response(7)))
    with serve(sandbox) as running, httpx.Client(base_url=running.base_url) as client:
        assert running.base_url.startswith("http://127.0.0.1:")
        assert running.sandbox is sandbox
        log_in(client)
        assert client.get("/v1/responses").json()[0]["id"] == 7
        stopped = time.monotonic()
    assert time.monotonic() - stopped < A_SECOND
    assert sandbox.account.traffic.total == 2
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.base_url)
    sandbox.close()


def test_it_stops_quickly_also_while_a_client_waits() -> None:
    sandbox = Sandbox()
    sandbox.faults.add({"kind": "silence", "seconds": 60})
    failed = threading.Event()

    def wait_for_an_answer(url: str) -> None:
        try:
            httpx.get(url, timeout=30)
        except httpx.TransportError:
            failed.set()

    with serve(sandbox) as running:
        waiting = threading.Thread(target=wait_for_an_answer, args=[running.base_url])
        waiting.start()
        for _ in range(1_000):
            if sandbox.account.traffic.total or failed.wait(0.01):
                break
        stopped = time.monotonic()
    assert time.monotonic() - stopped < A_SECOND
    assert failed.wait(5)
    waiting.join(5)
    sandbox.close()


def test_the_same_port_can_be_served_again_at_once() -> None:
    sandbox = Sandbox()
    with serve(sandbox) as running:
        httpx.get(running.base_url)
    port = urlsplit(running.base_url).port
    assert port
    with serve(sandbox, port) as again:
        assert httpx.get(again.base_url).status_code == 404
    sandbox.close()


def test_a_taken_port_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sandbox = Sandbox()
        with pytest.raises(OSError), serve(sandbox, taken.getsockname()[1]):
            pass
        sandbox.close()


@pytest.mark.parametrize(
    "path",
    ["/v1/end_users/1/../2", "/v1/end_users/1%2Fresponses%2F7", "/v1/end_users/.", "/v1/end_users/1#x"],
)
def test_a_path_is_taken_as_it_comes_over_the_wire(path: str) -> None:
    sandbox = Sandbox(data(user(), user(2, "b@x.test"), response(7)))
    with serve(sandbox) as running, httpx.Client(base_url=running.base_url) as client:
        log_in(client)
        raw = http.client.HTTPConnection(urlsplit(running.base_url).netloc)
        raw.request("DELETE", path, headers={"Authorization": client.headers["Authorization"]})
        assert raw.getresponse().status == 404
        raw.close()
        assert sandbox.account.requests()[-1]["path"] == path
    assert sandbox.account.rows("SELECT id FROM end_users WHERE delete_at IS NOT NULL") == []
    sandbox.close()


def test_many_clients_at_once_are_all_answered_while_a_test_looks_on() -> None:
    sandbox = Sandbox(data(user()), switches=Switches(rate_limit=None))
    with serve(sandbox) as running, httpx.Client(base_url=running.base_url) as client:
        log_in(client)

        def respond(n: int) -> int:
            answer = client.post("/v1/end_users/1/responses", data={"score": str(n % 11)})
            assert len(sandbox.account.responses()) > 0
            return int(answer.json()["id"])

        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(respond, range(100)))
    assert len(set(ids)) == 100
    assert {row.id for row in sandbox.account.responses()} == set(ids)
    sandbox.close()


def test_the_story_is_served_with_a_generous_limit() -> None:
    with start_story() as running, httpx.Client(base_url=running.base_url) as client:
        log_in(client)
        answer = client.get("/v1/responses?per_page=50")
        assert len(answer.json()) == 50
        assert answer.headers["x-rate-limit-limit"] == "1000"
        assert client.get("/_sandbox/truth").json() != {}


def test_the_package_is_cheap_to_import_and_lends_its_names() -> None:
    code = (
        "import sys; before = set(sys.modules); import wootric_mcp.sandbox;"
        "print({'sqlite3', 'starlette', 'uvicorn', 'zoneinfo'} & (set(sys.modules) - before) or 'none')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "none"
    assert wootric_mcp.sandbox.Sandbox is Sandbox
    with pytest.raises(AttributeError):
        wootric_mcp.sandbox.Server  # noqa: B018
