from __future__ import annotations

from typing import Any

import pytest

from .connection import ago, connected, decline, response, user

TEAM = {"plan": "Team", "region": "EMEA"}


async def test_a_response_is_written_field_by_field_as_on_the_wire() -> None:
    one = response(
        7,
        9,
        text="Setup took ten minutes.",
        survey_id=220_914_533,
        ip_address="203.0.113.24",
        origin_url="https://app.lumenfield.test/home",
        tags=("ONBOARDING",),
        email="mara@lumenfield.test",
        properties=TEAM,
    )
    async with connected(user(), one) as api:
        [row] = (await api.get("/v1/responses")).json()
        assert list(row.items()) == list(
            {
                "id": 7,
                "end_user_id": 1,
                "survey_id": 220_914_533,
                "score": 9,
                "text": "Setup took ten minutes.",
                "completed": True,
                "excluded_from_calculations": False,
                "ip_address": "203.0.113.24",
                "origin_url": "https://app.lumenfield.test/home",
                "created_at": "2026-11-17 04:00:00 -0800",
                "updated_at": "2026-11-17 04:00:00 -0800",
                "tags": ["ONBOARDING"],
                "notes": [],
                "end_user": {"email": "mara@lumenfield.test", "properties": TEAM},
            }.items()
        )
        assert (await api.get("/v1/end_users/1/responses/7")).json() == row


async def test_a_decline_is_written_field_by_field_as_on_the_wire() -> None:
    async with connected(user(), decline(9, origin_url="https://x.test", properties=TEAM)) as api:
        [row] = (await api.get("/v1/declines")).json()
        assert row == {
            "id": 9,
            "end_user_id": 1,
            "survey_id": None,
            "ip_address": None,
            "origin_url": "https://x.test",
            "created_at": "2026-11-17 04:00:00 -0800",
            "updated_at": "2026-11-17 04:00:00 -0800",
            "end_user": {"email": "mara@lumenfield.test", "properties": TEAM},
        }
        assert (await api.get("/v1/end_users/1/declines/9")).json() == row


@pytest.mark.parametrize("kind", ["responses", "declines"])
async def test_what_is_said_of_the_end_user_is_a_switch(kind: str) -> None:
    records = [
        user(properties={"plan": "Pro"}),
        response(7, email="mara@lumenfield.test", properties=TEAM),
        decline(7, properties=TEAM),
    ]
    async with connected(*records, response_end_user="properties") as api:
        assert (await api.get(f"/v1/{kind}")).json()[0]["end_user"] == {"properties": TEAM}
    async with connected(*records, response_end_user="full") as api:
        whole = (await api.get(f"/v1/{kind}")).json()[0]["end_user"]
        assert whole == {**(await api.get("/v1/end_users/1")).json(), "properties": TEAM}


@pytest.mark.parametrize(("kind", "make"), [("responses", response), ("declines", decline)])
async def test_lists_are_newest_first_with_ties_in_order_of_id(kind: str, make: Any) -> None:
    newer, older = ago(hours=1), ago(hours=2)
    records = [make(1, created_at=newer), make(2, created_at=older), make(3, created_at=newer)]
    async with connected(user(), *records) as api:
        for path in (f"/v1/{kind}", f"/v1/end_users/1/{kind}"):
            assert await api.ids(path) == [3, 1, 2]
            assert await api.ids(f"{path}?sort_order=asc") == [2, 1, 3]
            assert await api.ids(f"{path}?per_page=2&page=2&sort_key=created_at") == [2]
            assert await api.ids(f"{path}?page=30") == []


@pytest.mark.parametrize(("kind", "make"), [("responses", response), ("declines", decline)])
async def test_bounds_with_gt_and_lt_are_strict(kind: str, make: Any) -> None:
    async with connected(user(), *[make(n, created_at=1_000 + n) for n in range(1, 6)]) as api:
        for query, ids in (
            ("created[gt]=1002&created[lt]=1004", [3]),
            ("created[gte]=1002&created[lte]=1004", [4, 3, 2]),
            ("created[eq]=1005", [5]),
            ("created=1005", [5]),
            ("updated[lt]=1002", [1]),
            ("created[gt]='1004'", [5]),
            ("created[]=1005", [5, 4, 3, 2, 1]),
        ):
            if query == "created[]=1005":
                assert await api.problems("GET", f"/v1/{kind}?{query}") == ["created is invalid"]
            else:
                assert await api.ids(f"/v1/{kind}?{query}") == ids


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("page=31", "page does not have a valid value"),
        ("page=0", "page does not have a valid value"),
        ("page=one", "page is invalid"),
        ("per_page=51", "per_page does not have a valid value"),
        ("sort_key=score", "sort_key does not have a valid value"),
        ("excluded_from_calculations=no", "excluded_from_calculations is invalid"),
    ],
)
async def test_paging_beyond_the_limits_is_refused_in_the_exact_words(query: str, complaint: str) -> None:
    async with connected() as api:
        answer = await api.get(f"/v1/responses?{query}")
        field = complaint.partition(" ")[0]
        entry = {"status": "invalid_parameter", "message": complaint, "field": field}
        assert (answer.status_code, answer.json()) == (400, {"type": "error_list", "errors": [entry]})


async def test_the_paging_limits_are_switches() -> None:
    async with connected(user(), response(7), page_limit=None, per_page_limit=500) as api:
        assert await api.ids("/v1/responses?per_page=500") == [7]
        assert await api.ids("/v1/responses?page=999999999") == []
        assert await api.problems("GET", "/v1/responses?per_page=501&page=9999999999") == [
            "page does not have a valid value",
            "per_page does not have a valid value",
        ]


async def test_responses_are_filtered_by_exclusion_and_person() -> None:
    records = [response(1), response(2, excluded=True), response(3, end_user_id=2)]
    async with connected(user(), user(2, "b@x.test"), *records) as api:
        assert await api.ids("/v1/responses") == [3, 2, 1]
        assert await api.ids("/v1/responses?excluded_from_calculations=true") == [2]
        assert await api.ids("/v1/end_users/1/responses?excluded_from_calculations=false") == [1]
        assert (await api.get("/v1/end_users/3/responses")).status_code == 404
        assert (await api.get("/v1/end_users/2/responses/1")).status_code == 404


async def test_each_category_has_its_list() -> None:
    records = [response(score + 1, score) for score in range(11)]
    async with connected(user(), user(2, "b@x.test"), *records, response(99, 10, end_user_id=2)) as api:
        for name, ids in (
            ("promoters", [11, 10]),
            ("passives", [9, 8]),
            ("detractors", [7, 6, 5, 4, 3, 2, 1]),
        ):
            path = f"/v1/end_users/1/responses/{name}"
            assert await api.ids(path) == ids
            assert await api.ids(f"{path}?sort_order=asc&per_page=1&sort_key=score") == [ids[-1]]
            assert await api.ids(f"{path}?created[lt]=5&updated[gt]=0") == []
            assert (await api.get(f"/v1/end_users/3/responses/{name}")).status_code == 404


async def test_creating_a_response_changes_its_person_too() -> None:
    async with connected(user(properties=TEAM)) as api:
        sent = {
            "score": "7",
            "text": "Fine, but search is slow. 🐢",
            "origin_url": "https://app.lumenfield.test/search",
            "created_at": str(ago(days=3)),
            "end_user[properties][plan]": "Pro",
            "end_user[properties][seats_amount]": "8",
            "survey[channel]": "mobile",
            "metric_type": "nps",
            "priority": "0",
        }
        answer = await api.post("/v1/end_users/1/responses", data=sent)
        body = answer.json()
        assert answer.status_code == 200
        assert body == (await api.get(f"/v1/end_users/1/responses/{body['id']}")).json()
        assert (body["score"], body["text"], body["completed"]) == (7, sent["text"], False)
        assert (body["created_at"], body["updated_at"]) == (
            "2026-11-15 04:00:00 -0800",
            "2026-11-18 04:00:00 -0800",
        )
        assert body["ip_address"] == "127.0.0.1"
        assert body["end_user"] == {
            "email": "mara@lumenfield.test",
            "properties": {"plan": "Pro", "seats_amount": 8},
        }
        person = (await api.get("/v1/end_users/1")).json()
        assert person["properties"] == {"plan": "Pro", "region": "EMEA", "seats_amount": 8}
        assert person["last_surveyed"] == body["created_at"]
        assert person["updated_at"] == body["updated_at"]
        assert person["last_response"] == {
            "id": body["id"],
            "score": 7,
            "text": sent["text"],
            "survey": {"channel": "mobile"},
        }


async def test_without_properties_the_snapshot_is_the_profile() -> None:
    async with connected(user(properties=TEAM, last_surveyed=ago(hours=1))) as api:
        for path, sent in (("responses", {"score": 0, "ip_address": "198.51.100.7"}), ("declines", {})):
            row = (await api.post(f"/v1/end_users/1/{path}", json={**sent, "created_at": ago(days=2)})).json()
            assert row["end_user"]["properties"] == TEAM
        assert (await api.get("/v1/end_users/1")).json()["last_surveyed"] == "2026-11-18 03:00:00 -0800"


async def test_the_same_survey_link_updates_the_first_record() -> None:
    async with connected(user(), user(2, "b@x.test")) as api:
        link = {"survey[unique_link]": "f" * 64}
        first = (await api.post("/v1/end_users/1/responses", params={"score": 9, **link})).json()
        api.sandbox.clock.advance(60)
        second = (
            await api.post("/v1/end_users/1/responses", params={"score": 8, "text": "ok", **link})
        ).json()
        assert (second["id"], second["score"], second["text"]) == (first["id"], 8, "ok")
        assert (second["created_at"], second["updated_at"] > first["updated_at"]) == (
            first["created_at"],
            True,
        )
        third = (await api.post("/v1/end_users/1/responses", params={"score": 7, **link})).json()
        assert third["text"] == "ok"
        other = (await api.post("/v1/end_users/2/responses", params={"score": 1, **link})).json()
        assert other["id"] != first["id"]


@pytest.mark.parametrize(
    ("survey_type", "score", "complaint"),
    [
        ("nps", None, "score is missing"),
        ("nps", "11", "score does not have a valid value"),
        ("nps", "-1", "score does not have a valid value"),
        ("nps", "9.5", "score is invalid"),
        ("csat5", "6", "score does not have a valid value"),
        ("ces7", "0", "score does not have a valid value"),
    ],
)
async def test_a_score_out_of_range_is_refused(survey_type: str, score: str | None, complaint: str) -> None:
    async with connected(user(), survey_type=survey_type) as api:
        sent = {} if score is None else {"score": score}
        assert await api.problems("POST", "/v1/end_users/1/responses", data=sent) == [complaint]
        assert api.sandbox.account.responses() == []


async def test_nobody_can_answer_for_somebody_unknown() -> None:
    async with connected() as api:
        assert (await api.post("/v1/end_users/1/responses", data={"score": "5"})).status_code == 404
        assert (await api.post("/v1/end_users/1/declines")).status_code == 404


async def test_a_response_is_marked_completed_and_excluded() -> None:
    async with connected(user(), response(7, completed=False)) as api:
        answer = await api.put("/v1/responses/7", data={"completed": "true", "score": "1"})
        assert (answer.status_code, answer.content) == (204, b"")
        [row] = api.sandbox.account.responses()
        assert (row.completed, row.excluded, row.score) == (True, False, 9)
        assert row.updated_at == ago()
        await api.put("/v1/responses/7?excluded_from_calculations=true")
        assert api.sandbox.account.responses()[0].excluded
        assert await api.problems("PUT", "/v1/responses/7", data={"completed": "perhaps"}) == [
            "completed is invalid"
        ]


@pytest.mark.parametrize("kind", ["responses", "declines"])
async def test_rewriting_a_snapshot_is_a_feature_that_may_be_off(kind: str) -> None:
    sent = {"end_user[properties][region]": "APAC"}
    records = [user(properties=TEAM), response(7, properties=TEAM), decline(7, properties=TEAM)]
    async with connected(*records) as api:
        answer = await api.put(f"/v1/{kind}/7", data=sent)
        assert (answer.status_code, answer.json()) == (423, {"error": "Locked", "status": 423})
        assert getattr(api.sandbox.account, kind)()[0].properties == TEAM
    async with connected(*records, snapshot_edit="204") as api:
        assert (await api.put(f"/v1/{kind}/7", data=sent)).status_code == 204
        assert getattr(api.sandbox.account, kind)()[0].properties == {"region": "APAC"}
        assert api.sandbox.account.end_users()[0].properties == TEAM
        assert await api.problems("PUT", f"/v1/{kind}/7", json={"end_user": {"properties": {"a.b": 1}}}) == [
            "end_user[properties][a.b] is invalid"
        ]
        assert (await api.put(f"/v1/{kind}/8", data=sent)).status_code == 404


@pytest.mark.parametrize("kind", ["responses", "declines"])
async def test_deleting_is_immediate_and_only_for_the_right_person(kind: str) -> None:
    async with connected(user(), user(2, "b@x.test"), response(7), decline(7)) as api:
        assert (await api.delete(f"/v1/end_users/2/{kind}/7")).status_code == 404
        answer = await api.delete(f"/v1/end_users/1/{kind}/7")
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await api.delete(f"/v1/end_users/1/{kind}/7")).status_code == 404
        assert getattr(api.sandbox.account, kind)() == []


async def test_a_decline_keeps_what_was_sent() -> None:
    async with connected(user(properties=TEAM)) as api:
        sent = {
            "origin_url": "https://x.test",
            "created_at": ago(days=2),
            "end_user": {"properties": {"plan": "Pro"}},
        }
        body = (await api.post("/v1/end_users/1/declines", json=sent)).json()
        assert (body["origin_url"], body["created_at"]) == ("https://x.test", "2026-11-16 04:00:00 -0800")
        assert body["end_user"]["properties"] == {"plan": "Pro"}
        person = (await api.get("/v1/end_users/1")).json()
        assert person["properties"] == {**TEAM, "plan": "Pro"}
        assert person["last_surveyed"] == body["created_at"]
        assert await api.problems("POST", "/v1/end_users/1/declines", json={"created_at": "now"}) == [
            "created_at is invalid"
        ]


async def test_new_ids_are_never_those_of_deleted_records() -> None:
    async with connected(user()) as api:
        first = (await api.post("/v1/end_users/1/responses", data={"score": "5"})).json()["id"]
        await api.delete(f"/v1/end_users/1/responses/{first}")
        second = (await api.post("/v1/end_users/1/responses", data={"score": "5"})).json()["id"]
        assert second > first
