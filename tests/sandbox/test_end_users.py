from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from wootric_mcp.sandbox.records import fresh_settings

from .connection import NOW, USER, ago, connected, decline, response, user

FRESH = {
    "email_nps": True,
    "mobile_nps": True,
    "web_nps": True,
    "force_mobile_survey": None,
    "force_web_survey": None,
    "surveys_disabled_by_end_user": None,
}
NOT_FOUND = {
    "type": "error_list",
    "errors": [{"status": "record_not_found", "message": "The record could not be found", "field": None}],
}


async def test_an_end_user_is_written_field_by_field_as_on_the_wire() -> None:
    mara = user(
        phone_number="+353861234567",
        external_id="crm-88213",
        properties={"plan": "Team", "seats_amount": 42},
        created_at=int(datetime(2026, 7, 5, 17, 14, 27, tzinfo=UTC).timestamp()),
        last_surveyed=int(datetime(2026, 2, 5, 17, 14, 27, tzinfo=UTC).timestamp()),
        external_created_at=1_706_894_400,
    )
    last = response(9, score=4, text="slow", channel="mobile:ios")
    async with connected(mara, response(8, created_at=ago(days=9)), last) as api:
        assert list((await api.get("/v1/end_users/1")).json().items()) == list(
            {
                "id": 1,
                "created_at": "2026-07-05 10:14:27 -0700",
                "updated_at": "2026-07-05 10:14:27 -0700",
                "email": "mara@lumenfield.test",
                "last_surveyed": "2026-02-05 09:14:27 -0800",
                "external_created_at": 1_706_894_400,
                "last_seen_at": None,
                "properties": {"plan": "Team", "seats_amount": 42},
                "phone_number": "+353861234567",
                "external_id": "crm-88213",
                "last_response": {"id": 9, "score": 4, "text": "slow", "survey": {"channel": "mobile:ios"}},
                "settings": FRESH,
                "surveys_disabled": False,
            }.items()
        )


async def test_timestamps_can_be_epochs() -> None:
    async with connected(user(), date_format="epoch") as api:
        body = (await api.get("/v1/end_users/1")).json()
        assert (body["created_at"], body["last_surveyed"]) == (ago(days=100), None)


async def test_the_list_is_by_email_unless_asked_otherwise_and_stable() -> None:
    people = [
        user(1, "c@x.test", created_at=ago(days=3), updated_at=ago(days=1)),
        user(2, "A@x.test", created_at=ago(days=3), updated_at=ago(days=2)),
        user(3, "b@x.test", created_at=ago(days=1), updated_at=ago(days=1)),
    ]
    async with connected(*people) as api:
        assert await api.ids("/v1/end_users") == [2, 3, 1]
        assert await api.ids("/v1/end_users?sort_order=desc") == [1, 3, 2]
        assert await api.ids("/v1/end_users?sort_key=created_at") == [1, 2, 3]
        assert await api.ids("/v1/end_users?sort_key=updated_at&sort_order=desc") == [3, 1, 2]
        assert await api.ids(f"/v1/end_users?updated[gt]={ago(days=2)}") == [3, 1]
        assert await api.ids(f"/v1/end_users?updated[gte]={ago(days=2)}&created[lt]={ago(days=1)}") == [2, 1]
        assert await api.problems("GET", "/v1/end_users?sort_key=name&sort_order=up") == [
            "sort_order does not have a valid value",
            "sort_key does not have a valid value",
        ]


async def test_the_email_filter_finds_one_or_none_whatever_the_case() -> None:
    async with connected(user(), user(2, "Unknown"), user(3, None, phone_number="+4930")) as api:
        assert await api.ids("/v1/end_users?email=MARA@lumenfield.test") == [1]
        assert await api.ids("/v1/end_users?email=Unknown") == [2]
        assert await api.ids("/v1/end_users?email=mara") == []


async def test_the_list_can_be_of_those_who_opted_out_or_of_the_others() -> None:
    out = {**fresh_settings(), "surveys_disabled_by_end_user": True}
    back = {**fresh_settings(), "surveys_disabled_by_end_user": False}
    async with connected(
        user(1, "a@x.test"), user(2, "b@x.test", settings=out), user(3, "c@x.test", settings=back)
    ) as api:
        assert await api.ids("/v1/end_users?surveys_disabled=true") == [2]
        assert await api.ids("/v1/end_users?surveys_disabled=false") == [1, 3]
        assert (await api.get("/v1/end_users/2")).json()["surveys_disabled"] is True


async def test_a_switch_hides_who_was_never_surveyed() -> None:
    people = [user(1, "a@x.test"), user(2, "b@x.test", last_surveyed=ago(days=1)), user(3, "c@x.test")]
    async with connected(*people, response(7, end_user_id=3), hide_never_surveyed=True) as api:
        assert await api.ids("/v1/end_users") == [2, 3]


async def test_creating_stores_everything_and_notes_new_segments() -> None:
    sent = {
        "email": "jun@lumenfield.test",
        "phone_number": "+81312345678",
        "external_id": "crm-90114",
        "last_surveyed": str(ago(days=5)),
        "external_created_at": "1711929600",
        "properties[company]": "Lumenfield",
        "properties[seats_amount]": "5",
        "unknown": "ignored",
    }
    async with connected() as api:
        answer = await api.post("/v1/end_users", data=sent)
        body = answer.json()
        assert answer.status_code == 200
        assert body["id"] > 512_000_000
        assert body["properties"] == {"company": "Lumenfield", "seats_amount": 5}
        assert (body["external_created_at"], body["last_surveyed"]) == (
            1_711_929_600,
            "2026-11-13 04:00:00 -0800",
        )
        assert (body["created_at"], body["settings"]) == ("2026-11-18 04:00:00 -0800", FRESH)
        assert body == (await api.get(f"/v1/end_users/{body['id']}")).json()
        segments = (await api.get("/v1/segments")).json()
        assert [(row["name"], row["data_type"]) for row in segments] == [
            ("company", "string"),
            ("seats_amount", "integer"),
        ]


@pytest.mark.parametrize(
    ("status", "code", "has_body"), [("200", 200, True), ("201", 201, True), ("201-empty", 201, False)]
)
async def test_the_status_and_body_of_creating_are_a_switch(status: str, code: int, has_body: bool) -> None:
    async with connected(user(), create_status=status) as api:
        for path, sent in (
            ("/v1/end_users", {"email": "new@x.test"}),
            ("/v1/end_users/1/responses", {"score": "5"}),
            ("/v1/end_users/1/declines", {}),
        ):
            answer = await api.post(path, data=sent)
            assert (answer.status_code, bool(answer.content)) == (code, has_body)
            assert ("content-type" in answer.headers) is has_body


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({"email": "MARA@lumenfield.test"}, "Email has already been taken"),
        ({"phone_number": "+353"}, "Phone number has already been taken"),
        (
            {"email": "mara@lumenfield.test", "external_id": "crm-1"},
            "Email has already been taken, External id has already been taken",
        ),
    ],
)
async def test_what_names_a_person_must_be_new(sent: dict[str, str], complaint: str) -> None:
    async with connected(user(phone_number="+353", external_id="crm-1"), user(2, "b@x.test")) as api:
        answer = await api.post("/v1/end_users", data=sent)
        assert (answer.status_code, answer.json()) == (422, {"error": f"Validation failed: {complaint}"})
        assert (await api.put("/v1/end_users/2", data=sent)).status_code == 422
        assert len(api.sandbox.account.end_users()) == 2


async def test_somebody_without_any_name_is_refused() -> None:
    async with connected() as api:
        assert await api.problems("POST", "/v1/end_users", data={"properties[a.b]": "x"}) == [
            "properties[a.b] is invalid",
            "email is missing",
        ]
        assert (await api.post("/v1/end_users", data={"phone_number": "+4930"})).json()["email"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/end_users/1",
        "/v1/end_users/mara%40lumenfield.test?lookup_by_email=true",
        "/v1/end_users/Mara@Lumenfield.TEST?lookup_by_email=true",
        "/v1/end_users/crm%2F88213?lookup_by_external_id=true",
        "/v1/end_users/phone_number/+353861234567",
        "/v1/end_users/phone_number/%2B353861234567",
        "/v1/end_users/phone_number/1",
    ],
)
async def test_a_person_is_found_by_each_name(path: str) -> None:
    async with connected(user(phone_number="+353861234567", external_id="crm/88213")) as api:
        assert (await api.get(path)).json()["id"] == 1


async def test_the_lookup_flag_may_come_in_the_body() -> None:
    async with connected(user()) as api:
        answer = await api.get("/v1/end_users/mara@lumenfield.test", data={"lookup_by_email": "true"})
        assert answer.json()["id"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/end_users/2"),
        ("GET", "/v1/end_users/mara@lumenfield.test"),
        ("GET", "/v1/end_users/nobody@x.test?lookup_by_email=true"),
        ("GET", "/v1/end_users/1?lookup_by_external_id=true"),
        ("GET", "/v1/end_users/phone_number/+1"),
        ("GET", "/v1/end_users/phone_number/mara@lumenfield.test"),
        ("PUT", "/v1/end_users/mara@lumenfield.test?lookup_by_email=true"),
        ("DELETE", "/v1/end_users/nobody@x.test"),
        ("GET", "/v1/end_users/2/export"),
        ("GET", "/v1/end_users/2/settings"),
        ("PUT", "/v1/end_users/mara@lumenfield.test/settings"),
        ("GET", "/v1/end_users/99999999999999999999"),
    ],
)
async def test_who_is_not_there_is_not_found(method: str, path: str) -> None:
    async with connected(user()) as api:
        answer = await api.http.request(method, path)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("mode", "left"), [("replace", {"plan": "Pro"}), ("merge", {"plan": "Pro", "region": "EMEA"})]
)
async def test_whether_put_replaces_properties_is_a_switch(mode: str, left: dict[str, str]) -> None:
    async with connected(user(properties={"plan": "Team", "region": "EMEA"}), put_properties=mode) as api:
        answer = await api.put("/v1/end_users/1", data={"properties[plan]": "Pro"})
        assert (answer.status_code, answer.json()["properties"]) == (200, left)
        assert answer.json()["updated_at"] == "2026-11-18 04:00:00 -0800"
        untouched = await api.put("/v1/end_users/1", data={"external_id": "crm-1"})
        assert untouched.json()["properties"] == left


@pytest.mark.parametrize(
    ("field", "sent", "written"),
    [
        ("email", "new@x.test", "new@x.test"),
        ("email", "", None),
        ("phone_number", None, None),
        ("external_id", "crm-2", "crm-2"),
        ("last_surveyed", ago(days=2), "2026-11-16 04:00:00 -0800"),
        ("last_surveyed", "", None),
        ("external_created_at", ago(days=2), ago(days=2)),
        ("external_created_at", None, None),
    ],
)
async def test_put_changes_what_is_sent_and_clears_what_is_sent_empty(
    field: str, sent: Any, written: Any
) -> None:
    mara = user(phone_number="+353", external_id="crm-1", last_surveyed=ago(days=9), external_created_at=5)
    async with connected(mara) as api:
        before = (await api.get("/v1/end_users/1")).json()
        after = (await api.put("/v1/end_users/1", json={field: sent})).json()
        assert after[field] == written
        same = set(before) - {field, "updated_at"}
        assert {name: after[name] for name in same} == {name: before[name] for name in same}


async def test_a_new_email_is_found_and_may_be_the_old_one() -> None:
    async with connected(user()) as api:
        assert (await api.put("/v1/end_users/1", data={"email": "MARA@lumenfield.test"})).status_code == 200
        await api.put("/v1/end_users/1", data={"email": "New@x.test"})
        assert await api.ids("/v1/end_users?email=new@x.test") == [1]


@pytest.mark.parametrize(("switch", "status"), [("202", 202), ("200", 200)])
@pytest.mark.parametrize("name", ["1", "mara@lumenfield.test", "MARA%40lumenfield.test"])
async def test_deleting_takes_effect_at_the_next_seven_utc(switch: str, status: int, name: str) -> None:
    records = [user(), user(2, "b@x.test"), response(7), response(8, end_user_id=2), decline(9)]
    async with connected(*records, delete_status=switch, token_seconds=10**6) as api:
        answer = await api.delete(f"/v1/end_users/{name}")
        assert (answer.status_code, answer.json()["email"]) == (status, "mara@lumenfield.test")
        api.sandbox.clock.set(NOW.replace(day=19, hour=6, minute=59, second=59))
        assert (await api.delete("/v1/end_users/1")).status_code == status
        assert (await api.get("/v1/end_users/1")).status_code == 200
        assert [row.id for row in api.sandbox.account.end_users()] == [1, 2]
        api.sandbox.clock.advance(1)
        assert (await api.get("/v1/end_users/1")).status_code == 404
        assert [row.id for row in api.sandbox.account.end_users()] == [2]
        assert [row.id for row in api.sandbox.account.responses()] == [8]
        assert api.sandbox.account.declines() == []


async def test_at_seven_sharp_the_next_seven_is_tomorrows() -> None:
    async with connected(user()) as api:
        api.sandbox.clock.set(NOW.replace(hour=7))
        await api.delete("/v1/end_users/1")
        api.sandbox.clock.set(NOW.replace(day=19, hour=6))
        assert len(api.sandbox.account.end_users()) == 1
        api.sandbox.clock.set(NOW.replace(day=19, hour=7))
        assert api.sandbox.account.end_users() == []


@pytest.mark.parametrize(("grant", "to"), [(USER, "sandbox"), (None, "owner@example.invalid")])
async def test_the_export_is_mailed_to_whoever_the_token_belongs_to(grant: Any, to: str) -> None:
    async with connected(user(), **({"grant": grant} if grant else {})) as api:
        answer = await api.get("/v1/end_users/1/export")
        assert (answer.status_code, answer.json()) == (202, {})
        [mail] = api.sandbox.account.outbox()
        assert (mail["kind"], mail["to"], mail["end_user_id"]) == ("export", to, 1)


async def test_settings_have_their_own_record_and_change_one_by_one() -> None:
    async with connected(user()) as api:
        before = (await api.get("/v1/end_users/1/settings")).json()
        assert before["id"] != before["end_user_id"] == 1
        assert {name: before[name] for name in FRESH} == FRESH
        answer = await api.put(
            "/v1/end_users/1/settings", data={"email_nps": "false", "force_web_survey": "true"}
        )
        after = {
            **before,
            "email_nps": False,
            "force_web_survey": True,
            "updated_at": "2026-11-18 04:00:00 -0800",
        }
        assert (answer.status_code, answer.json()) == (200, after)
        profile = (await api.get("/v1/end_users/1")).json()
        assert profile["settings"] == {name: after[name] for name in FRESH}
        assert profile["updated_at"] == after["updated_at"]
        assert await api.problems("PUT", "/v1/end_users/1/settings", json={"web_nps": "maybe"}) == [
            "web_nps is invalid"
        ]
