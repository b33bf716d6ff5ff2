from __future__ import annotations

from typing import Any

import pytest

from .connection import NOW, connected, decline, response, user


async def test_requests_are_counted_and_logged_but_not_those_of_the_control() -> None:
    async with connected(user(), rate_limit=2) as api:
        await api.get("/v1/end_users?page=1")
        await api.get("/v1/end_users/1")
        await api.get("/v1/end_users/1")
        await api.get("/nowhere")
        seen = (await api.get("/_sandbox/requests")).json()
        assert (seen["total"], seen["answered"]) == (5, 4)
        assert seen["by_operation"] == {
            "oauth_token": 1,
            "list_end_users": 1,
            "get_end_user": 2,
            "unknown": 1,
        }
        assert seen["by_path"]["GET /v1/end_users/1"] == 2
        assert seen["by_status"] == {"200": 3, "429": 1, "404": 1}
        assert seen["log"][1] == {
            "method": "GET",
            "path": "/v1/end_users",
            "query": "page=1",
            "operation": "list_end_users",
            "status": 200,
            "fault": None,
            "at": NOW.timestamp(),
        }
        assert (await api.delete("/_sandbox/requests")).status_code == 204
        assert (await api.get("/_sandbox/requests")).json()["total"] == 0


async def test_faults_are_set_seen_and_cleared() -> None:
    async with connected() as api:
        set_ = await api.post("/_sandbox/faults", json={"kind": "500", "next": 5})
        assert set_.json() == (await api.get("/_sandbox/faults")).json()
        assert set_.json()[0]["next"] == 5
        assert (await api.get("/v1/segments")).status_code == 500
        await api.delete("/_sandbox/faults")
        assert (await api.get("/v1/segments")).status_code == 200


async def test_the_clock_is_set_and_moved() -> None:
    async with connected() as api:
        path = "/_sandbox/clock"
        assert (await api.get(path)).json() == {"now": NOW.isoformat()}
        assert (await api.post(path, json={"advance": 60})).json() == {"now": "2026-11-18T12:01:00+00:00"}
        moved = await api.post(path, json={"now": "2027-01-01T00:00:00+01:00", "freeze": True})
        assert moved.json() == {"now": "2026-12-31T23:00:00+00:00"}


async def test_switches_are_seen_and_changed() -> None:
    async with connected() as api:
        assert (await api.get("/_sandbox/switches")).json()["rate_limit"] == 100
        changed = await api.http.patch("/_sandbox/switches", json={"rate_limit": None})
        assert changed.json()["rate_limit"] is None
        assert "x-rate-limit-limit" not in (await api.get("/v1/segments")).headers


async def test_records_truth_and_outbox_can_be_read() -> None:
    async with connected(user(), response(7, tags=("UX",)), decline(9)) as api:
        await api.get("/v1/end_users/1/export")
        for name, ids in (("end_users", [1]), ("responses", [7]), ("declines", [9]), ("email_sends", [])):
            rows = (await api.get(f"/_sandbox/records/{name}")).json()
            assert [row["id"] for row in rows] == ids
        assert (await api.get("/_sandbox/records/responses")).json()[0]["tags"] == ["UX"]
        assert (await api.get("/_sandbox/truth")).json() == {}
        assert [mail["kind"] for mail in (await api.get("/_sandbox/outbox")).json()] == ["export"]


async def test_all_tokens_can_be_revoked() -> None:
    async with connected() as api:
        await api.delete("/_sandbox/tokens")
        assert (await api.get("/v1/segments")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "options", "complaint"),
    [
        ("POST", "faults", {"json": {"kind": "x"}}, "kind must be one of"),
        ("POST", "faults", {"json": ["500"]}, "must be a JSON object"),
        ("POST", "faults", {"content": b"{"}, "Expecting property name"),
        ("POST", "clock", {"json": {}}, 'give {"now"'),
        ("POST", "clock", {"json": {"now": "noon"}}, "noon"),
        ("POST", "clock", {"json": {"now": "2026-11-18T12:00:00"}}, "a time with a zone"),
        ("PATCH", "switches", {"json": {"rate": 1}}, "there is no switch"),
    ],
)
async def test_a_wrong_order_is_refused_with_the_reason(
    method: str, path: str, options: dict[str, Any], complaint: str
) -> None:
    async with connected() as api:
        answer = await api.http.request(method, f"/_sandbox/{path}", **options)
        assert answer.status_code == 400
        assert complaint in answer.json()["error"]


async def test_an_unknown_order_is_not_found() -> None:
    async with connected() as api:
        assert (await api.post("/_sandbox/truth")).status_code == 404
