from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wootric_mcp.sandbox import gateway
from wootric_mcp.sandbox.operation import Operation, Routes

from .connection import ago, connected, response, user


@pytest.mark.parametrize(
    "path",
    [
        "/v1/responses",
        "/v1/responses/",
        "/v1/responses.json",
        "/v1/responses.json/",
        "/api/v1/responses",
        "/api/v1/responses.json?os_name=iOS&sdk_version=1",
    ],
)
async def test_every_spelling_of_a_path_finds_the_operation(path: str) -> None:
    async with connected(user(), response(7)) as api:
        assert await api.ids(path) == [7]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1"),
        ("GET", "/v1/responses/7"),
        ("GET", "/v1/declines/7"),
        ("PATCH", "/v1/responses/7"),
        ("POST", "/v1/end_users/1"),
        ("GET", "/v1//responses"),
        ("GET", "/v1/end_users/%ff"),
        ("GET", "/oauth/token"),
        ("GET", "/v1/end_users//responses"),
    ],
)
async def test_an_unknown_route_is_not_found(method: str, path: str) -> None:
    async with connected(user(), response(7)) as api:
        answer = await api.http.request(method, path)
        assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


async def test_one_encoded_segment_is_one_value_and_names_nobody() -> None:
    async with connected(user(), response(7)) as api:
        for value in (
            "1%2Fresponses%2F7",
            "1%23x",
            "1%3Fx",
            "%2e%2e",
            "1%00",
            "1%0A",
            "%31%2f",
            "1%2Ejson",
            "+1",
        ):
            for method, path in (
                ("GET", f"/v1/end_users/{value}"),
                ("PUT", f"/v1/end_users/{value}"),
                ("DELETE", f"/v1/end_users/{value}"),
                ("GET", f"/v1/end_users/{value}/export"),
                ("PUT", f"/v1/end_users/{value}/settings"),
                ("POST", f"/v1/end_users/{value}/responses"),
                ("DELETE", f"/v1/end_users/1/responses/{value}"),
                ("PUT", f"/v1/responses/{value}"),
                ("PUT", f"/v1/declines/{value}"),
            ):
                answer = await api.http.request(method, path, json={"score": 1, "completed": True})
                assert answer.status_code == 404, (method, path)
        assert api.sandbox.account.end_users() == [user()]
        assert api.sandbox.account.responses() == [response(7)]


async def test_a_percent_sign_is_decoded_once() -> None:
    async with connected(user(external_id="50%25 off/x")) as api:
        answer = await api.get("/v1/end_users/50%2525%20off%2Fx?lookup_by_external_id=true")
        assert answer.json()["id"] == 1


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"created[gt]": ago(days=2)}},
        {"data": {"created[gt]": ago(days=2)}},
        {"json": {"created": {"gt": ago(days=2)}}},
        {"files": {"created[gt]": (None, str(ago(days=2)))}},
        {"content": f"created[gt]={ago(days=2)}"},
        {
            "content": b"",
            "headers": {"Content-Type": "application/json"},
            "params": {"created[gt]": ago(days=2)},
        },
    ],
)
async def test_parameters_come_in_every_encoding_also_with_get(options: dict[str, Any]) -> None:
    async with connected(user(), response(7), response(8, created_at=ago(days=3))) as api:
        answer = await api.get("/v1/responses", **options)
        assert [row["id"] for row in answer.json()] == [7]


async def test_the_body_wins_over_the_query() -> None:
    async with connected(user(), response(7), response(8)) as api:
        answer = await api.get("/v1/responses?per_page=2", data={"per_page": "1"})
        assert len(answer.json()) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}},
        {"content": b'{"text": "\\ud800"}', "headers": {"Content-Type": "application/json"}},
        {"content": b"nonsense", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"a=1&a[b]=2"},
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(options: dict[str, Any]) -> None:
    async with connected(user()) as api:
        answer = await api.post("/v1/end_users/1/responses?score=5", **options)
        assert answer.status_code == 400
        assert api.sandbox.account.responses() == []


async def test_json_that_is_no_hash_is_ignored() -> None:
    async with connected(user(), response(7)) as api:
        assert (await api.get("/v1/responses", json=[1, 2])).status_code == 200


async def test_all_answers_are_json_and_carry_the_sandbox_time() -> None:
    async with connected(user()) as api:
        for path in ("/v1/end_users", "/v1/end_users/2", "/nowhere"):
            headers = (await api.get(path)).headers
            assert headers["content-type"] == "application/json; charset=utf-8"
            assert headers["date"] == "Wed, 18 Nov 2026 12:00:00 GMT"


async def test_a_bug_of_the_sandbox_is_a_server_error_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(call: Any) -> Any:
        call.account.execute("DELETE FROM end_users")
        raise KeyError("oops")

    monkeypatch.setattr(gateway, "_ROUTES", Routes([Operation("broken", "GET", "/v1/segments", broken)]))
    async with connected(user()) as api:
        answer = await api.get("/v1/segments")
        assert (answer.status_code, answer.json()["status"]) == (500, 500)
        assert api.sandbox.account.end_users() == [user()]
    assert "oops" in caplog.text


async def test_websockets_are_turned_away() -> None:
    async with connected() as api:
        sent: list[Any] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await api.sandbox.app({"type": "websocket", "path": "/v1/responses", "headers": []}, receive, send)
        assert sent == ["websocket.close"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip("/.") != "")
)
async def test_an_external_id_of_any_text_is_found_again(external_id: str) -> None:
    from urllib.parse import quote

    async with connected() as api:
        made = await api.post("/v1/end_users", json={"external_id": external_id})
        assert made.status_code == 200, made.text
        found = await api.get(f"/v1/end_users/{quote(external_id, safe='')}?lookup_by_external_id=true")
        assert found.json()["external_id"] == external_id
