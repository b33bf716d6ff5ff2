"""What clients in the wild rely on, imitated: dates, strict bounds, the page ceiling, the empty last page."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from .connection import NOW, Api, ago, connected, response, user


def instant(text: str) -> int:
    """Epoch seconds of a timestamp, read as strictly as those clients do."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").timestamp())


async def rows_of_a_singer_tap(api: Api, endpoint: str, key: str, start: int) -> list[dict[str, Any]]:
    """Read windows of 30 days with strict bounds, each up to page 30, until an empty page after now."""
    name = key.removesuffix("_at")
    window = 30 * 86_400
    params: dict[str, Any] = {
        "per_page": 50,
        "sort_order": "asc",
        "sort_key": key,
        f"{name}[gt]": start,
        f"{name}[lt]": start + window,
        "page": 1,
    }
    rows = []
    last = start
    is_last_round = False
    while True:
        answer = await api.get(f"/v1/{endpoint}", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for row in page:
            last = instant(row[key])
            rows.append(row)
        if params["page"] >= 30 and len(page) == 50:
            params |= {"page": 1, f"{name}[gt]": last}
        elif params["page"] >= 30 or not page:
            start = params[f"{name}[lt]"] - 1
            params |= {"page": 1, f"{name}[gt]": start, f"{name}[lt]": start + window}
        else:
            params["page"] += 1
        if is_last_round and not page:
            return rows
        is_last_round = is_last_round or params[f"{name}[lt]"] > NOW.timestamp()


async def test_a_tap_reads_every_response_once_over_the_change_of_the_clocks() -> None:
    # One each eleven minutes from before the end of daylight saving: more than 30 pages of 50.
    times = range(ago(days=45), ago(), 660)
    made = [response(n, created_at=at) for n, at in enumerate(times, start=1)]
    async with connected(user(), *made, rate_limit=None) as api:
        rows = await rows_of_a_singer_tap(api, "responses", "created_at", ago(days=46))
        assert [row["id"] for row in rows] == [row.id for row in made]
        assert [instant(row["created_at"]) for row in rows] == list(times)
        assert {row["created_at"][-5:] for row in rows} == {"-0700", "-0800"}


async def test_a_tap_reads_end_users_by_their_last_change() -> None:
    made = [user(n, f"p{n}@x.test", updated_at=ago(days=70 - n)) for n in range(1, 61)]
    async with connected(*made, rate_limit=None) as api:
        rows = await rows_of_a_singer_tap(api, "end_users", "updated_at", ago(days=80))
        assert [row["id"] for row in rows] == [row.id for row in made]


async def test_a_naive_client_pages_until_the_empty_page_or_the_ceiling() -> None:
    made = [response(n, created_at=n) for n in range(1, 1_601)]
    async with connected(user(), *made, rate_limit=None) as api:
        ids: list[int] = []
        for page in count(1):
            answer = await api.get(f"/v1/responses/?per_page=50&page={page}")
            if answer.status_code == 400:
                break
            ids += [row["id"] for row in answer.json()]
        assert page == 31
        assert answer.json()["errors"][0]["message"] == "page does not have a valid value"
        assert ids == list(range(1_600, 100, -1))
        assert (await api.get("/v1/responses?created[lt]=100&per_page=50&page=3")).json() == []


async def test_a_mobile_app_looks_up_creates_and_answers_with_everything_in_the_query() -> None:
    async with connected() as api:
        about = {"os_name": "Android", "os_version": "14", "sdk_version": "2.26.0"}
        empty = {"headers": {"Content-Type": "application/json"}}
        found = await api.get("/v1/end_users", params={"email": "ada@x.test", **about})
        assert found.json() == []
        new = {"email": "ada@x.test", "external_created_at": 1_706_894_400, "properties[plan]": "Team"}
        made = await api.post("/api/v1/end_users", params={**new, **about}, **empty)
        id_ = made.json()["id"]
        changed = await api.put(
            f"/api/v1/end_users/{id_}", params={"properties[plan]": "Pro", **about}, **empty
        )
        assert (changed.status_code, changed.json()["properties"]) == (200, {"plan": "Pro"})
        answer = {
            "score": 8,
            "text": "ok",
            "origin_url": "app",
            "survey[channel]": "mobile",
            "survey[unique_link]": "ab" * 32,
            "survey[language]": "es-mx",
            "driver_picklist[price]": "high",
            "end_user[id]": id_,
            "account_id": 5,
            "priority": 1,
        }
        for _ in range(2):
            await api.post(f"/api/v1/end_users/{id_}/responses", params={**answer, **about}, **empty)
        assert [row.score for row in api.sandbox.account.responses()] == [8]


async def test_a_customer_data_platform_looks_up_by_external_id_and_creates_on_404() -> None:
    async with connected() as api:
        path = "/v1/end_users/crm-1?lookup_by_external_id=true"
        missing = await api.get(path)
        assert missing.status_code == 404
        assert missing.json()["errors"][0]["status"] == "record_not_found"
        await api.post(
            "/v1/end_users", data={"email": "a@x.test", "external_id": "crm-1", "last_surveyed": "1642685961"}
        )
        assert (await api.get(path)).json()["last_surveyed"] == "2022-01-20 05:39:21 -0800"
