"""What each operation sends, and what it makes of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from tests.api.fakes import DECLINE, END_USER, RESPONSE, FakeWootric, answer, client, form
from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.errors import BadAnswer, InvalidRequest
from wootric_mcp.api.models import (
    Bounds,
    DeclineInput,
    EmailSurvey,
    EmailSurveyCsv,
    EndUserChange,
    EndUserInput,
    ResponseChange,
    ResponseInput,
    SettingsChange,
    checked,
)
from wootric_mcp.api.people import Person
from wootric_mcp.operations import OPERATIONS

ID = 512004417
MARA = Person("id", str(ID))
BY_MAIL = Person.parse("mara.okafor@lumenfield.test")
CREATED = Bounds(datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC))
WINDOW = "created%5Bgt%5D=1709251200&created%5Blt%5D=1711929600"
UPDATED = "updated%5Bgt%5D=1709251200&updated%5Blt%5D=1711929600"
PAGED = {"page": 2, "per_page": 10, "created": CREATED}
SORTED = {"sort_key": "created_at", "sort_order": "asc"}
SUMMARY = {"nps": 41, "responses": 120, "detractors": 18, "passives": 35, "promoters": 67}
Call = Callable[[WootricClient], Awaitable[Any]]

READS: dict[str, tuple[Call, object, str]] = {
    "list_end_users": (
        lambda c: c.list_end_users(
            **PAGED,
            updated=CREATED,
            email="a@b.c",
            surveys_disabled=False,
            sort_key="email",
            sort_order="desc",
        ),
        [END_USER],
        (
            f"/v1/end_users?page=2&per_page=10&{WINDOW}&{UPDATED}&sort_key=email&sort_order=desc"
            "&email=a%40b.c&surveys_disabled=false"
        ),
    ),
    "get_end_user": (lambda c: c.get_end_user(MARA), END_USER, f"/v1/end_users/{ID}"),
    "get_end_user_by_phone": (
        lambda c: c.get_end_user_by_phone("+353 86 1234567"),
        END_USER,
        "/v1/end_users/phone_number/%2B353861234567",
    ),
    "list_responses": (
        lambda c: c.list_responses(**PAGED, updated=CREATED, excluded_from_calculations=True, **SORTED),
        [RESPONSE],
        (
            f"/v1/responses?page=2&per_page=10&{WINDOW}&{UPDATED}&sort_key=created_at&sort_order=asc"
            "&excluded_from_calculations=true"
        ),
    ),
    "list_end_user_responses": (
        lambda c: c.list_end_user_responses(MARA, **PAGED, excluded_from_calculations=False, **SORTED),
        [RESPONSE],
        (
            f"/v1/end_users/{ID}/responses?page=2&per_page=10&{WINDOW}&sort_key=created_at&sort_order=asc"
            "&excluded_from_calculations=false"
        ),
    ),
    "get_end_user_response": (
        lambda c: c.get_end_user_response(MARA, 5),
        RESPONSE,
        f"/v1/end_users/{ID}/responses/5",
    ),
    "list_declines": (
        lambda c: c.list_declines(**PAGED, updated=CREATED, **SORTED),
        [DECLINE],
        f"/v1/declines?page=2&per_page=10&{WINDOW}&{UPDATED}&sort_key=created_at&sort_order=asc",
    ),
    "list_end_user_declines": (
        lambda c: c.list_end_user_declines(MARA),
        [DECLINE],
        f"/v1/end_users/{ID}/declines?page=1&per_page=50",
    ),
    "get_end_user_decline": (
        lambda c: c.get_end_user_decline(MARA, 5),
        DECLINE,
        f"/v1/end_users/{ID}/declines/5",
    ),
    "get_end_user_settings": (
        lambda c: c.get_end_user_settings(MARA),
        {"id": 7, "email_nps": True},
        f"/v1/end_users/{ID}/settings",
    ),
    "get_nps_summary": (
        lambda c: c.get_nps_summary(start=date(2024, 1, 1), end=date(2024, 1, 31)),
        SUMMARY,
        "/v1/nps_summary?date%5Bstart%5D=2024-01-01&date%5Bend%5D=2024-01-31",
    ),
    "list_segments": (lambda c: c.list_segments(), [{"name": "plan", "data_type": "string"}], "/v1/segments"),
    "list_survey_templates": (
        lambda c: c.list_survey_templates(),
        {"default_survey_template_id": None, "survey_templates": []},
        "/v1/survey_templates",
    ),
    "get_email_stats": (
        lambda c: c.get_email_stats(start=date(2024, 1, 1)),
        {"email_stats": {"send_requests": 1}},
        "/v2/email_stats?date_range%5Bstart_date%5D=2024-01-01",
    ),
    "get_email_stats_sources": (
        lambda c: c.get_email_stats_sources(),
        {"ongoing": [], "sends": []},
        "/v2/email_stats/sources",
    ),
} | {
    f"list_{category}_responses": (
        lambda c, category=category: getattr(c, f"list_{category}_responses")(
            MARA, **PAGED, sort_order="asc"
        ),
        [RESPONSE],
        f"/v1/end_users/{ID}/responses/{category}s?page=2&per_page=10&{WINDOW}&sort_order=asc",
    )
    for category in ("promoter", "passive", "detractor")
}


@pytest.mark.parametrize("name", READS)
async def test_a_read_asks_as_wootric_documents_it(name: str) -> None:
    call, body, url = READS[name]
    wootric = FakeWootric(answer(body=body))
    found = await call(client(wootric))
    assert wootric.sent == [f"GET {url}"]
    assert isinstance(found, list) is isinstance(body, list)
    assert (found[0] if isinstance(body, list) else found) is not None


NEW_USER = checked(
    EndUserInput,
    email="jun@lumenfield.test",
    phone_number="+81312345678",
    external_id="crm-9",
    last_surveyed=datetime(2024, 3, 18, 14, 5, 44, tzinfo=UTC),
    external_created_at=datetime(2024, 2, 2, 16, tzinfo=UTC),
    properties={"plan": "Team", "vip": True},
)
SURVEY = checked(
    EmailSurvey,
    emails=["a@b.c", "d@e.f"],
    external_ids=["1", "2"],
    survey_immediately=True,
    subject="How is {{module}}?",
    context=[{"module": "billing, search"}],
    delay=2,
    properties={"campaign": "spring"},
    survey_settings={
        "language": "en",
        "sampling": {"response_throttle": 60},
        "custom_messages": {"followup_text": "Why?"},
    },
)
WRITES: dict[str, tuple[Call, str, list[tuple[str, str]]]] = {
    "create_end_user": (
        lambda c: c.create_end_user(NEW_USER),
        "POST /v1/end_users",
        [
            ("email", "jun@lumenfield.test"),
            ("phone_number", "+81312345678"),
            ("external_id", "crm-9"),
            ("last_surveyed", "1710770744"),
            ("external_created_at", "1706889600"),
            ("properties[plan]", "Team"),
            ("properties[vip]", "true"),
        ],
    ),
    "update_response": (
        lambda c: c.update_response(5, checked(ResponseChange, completed=True, properties={"plan": "x"})),
        "PUT /v1/responses/5",
        [("completed", "true"), ("end_user[properties][plan]", "x")],
    ),
    "create_response": (
        lambda c: c.create_response(
            MARA,
            checked(
                ResponseInput,
                score=0,
                text="Bad.",
                ip_address="203.0.113.24",
                origin_url="https://app.test/",
                created_at=datetime(2024, 3, 18, 14, 5, 44, tzinfo=UTC),
                channel="email",
                language="es-mx",
            ),
        ),
        f"POST /v1/end_users/{ID}/responses",
        [
            ("score", "0"),
            ("text", "Bad."),
            ("ip_address", "203.0.113.24"),
            ("origin_url", "https://app.test/"),
            ("created_at", "1710770744"),
            ("survey[channel]", "email"),
            ("survey[language]", "es-mx"),
        ],
    ),
    "create_decline": (
        lambda c: c.create_decline(MARA, checked(DeclineInput, origin_url="https://app.test/")),
        f"POST /v1/end_users/{ID}/declines",
        [("origin_url", "https://app.test/")],
    ),
    "update_decline": (
        lambda c: c.update_decline(5, {"region": "APAC"}),
        "PUT /v1/declines/5",
        [("end_user[properties][region]", "APAC")],
    ),
    "update_end_user_settings": (
        lambda c: c.update_end_user_settings(
            MARA, checked(SettingsChange, email_nps=False, force_web_survey=True)
        ),
        f"PUT /v1/end_users/{ID}/settings",
        [("email_nps", "false"), ("force_web_survey", "true")],
    ),
    "send_email_survey": (
        lambda c: c.send_email_survey(SURVEY),
        "POST /v1/email_survey",
        [
            ("survey_immediately", "true"),
            ("subject", "How is {{module}}?"),
            ("context[][module]", "billing, search"),
            ("delay", "2"),
            ("survey_settings[language]", "en"),
            ("survey_settings[custom_messages][followup_text]", "Why?"),
            ("survey_settings[sampling][response_throttle]", "60"),
            ("emails[]", "a@b.c"),
            ("emails[]", "d@e.f"),
            ("external_ids[]", "1"),
            ("external_ids[]", "2"),
            ("end_user[properties][campaign]", "spring"),
        ],
    ),
    "generate_bounce_report": (
        lambda c: c.generate_bounce_report(start=date(2024, 1, 1), end=date(2024, 1, 1), source="41"),
        "POST /v2/email_stats/bounce_report",
        [("date_range[start_date]", "2024-01-01"), ("date_range[end_date]", "2024-01-01"), ("source", "41")],
    ),
    "delete_response": (lambda c: c.delete_response(MARA, 5), f"DELETE /v1/end_users/{ID}/responses/5", []),
    "delete_decline": (lambda c: c.delete_decline(MARA, 5), f"DELETE /v1/end_users/{ID}/declines/5", []),
    "export_end_user_data": (lambda c: c.export_end_user_data(MARA), f"GET /v1/end_users/{ID}/export", []),
}


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_sends_what_wootric_documents(name: str) -> None:
    call, sent, fields = WRITES[name]
    wootric = FakeWootric(answer(204))
    await call(client(wootric))
    assert wootric.sent == [sent]
    (request,) = wootric.received
    assert form(request) == fields
    if fields:
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_every_operation_is_a_method_and_all_are_looked_at_here() -> None:
    others = {"update_end_user", "delete_end_user", "send_email_survey_csv"}
    assert READS.keys() | WRITES.keys() | others == OPERATIONS.keys()
    assert all(callable(getattr(WootricClient, name)) for name in OPERATIONS)


async def test_a_csv_is_uploaded_as_a_file_with_its_name() -> None:
    survey = checked(
        EmailSurveyCsv,
        csv="email,name\na@b.c,Åsa\n",
        file_name="wave 1.csv",
        delivery_time="08:30",
        context=[{"a": "1", "b": "2"}, {"a": "3"}],
        survey_settings={"survey_template_id": 3312},
    )
    wootric = FakeWootric(answer(200))
    await client(wootric).send_email_survey_csv(survey)
    (request,) = wootric.received
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    boundary = b"--" + request.headers["content-type"].split("boundary=")[1].encode()
    parts = [part.strip(b"\r\n").split(b"\r\n\r\n", 1) for part in request.content.split(boundary)[1:-1]]
    assert [part[1].decode() for part in parts] == ["1", "2", "3", "3312", "08:30", "email,name\na@b.c,Åsa"]
    names = [part[0].decode().split('name="')[1].split('"')[0] for part in parts]
    assert names == [
        "context[][a]",
        "context[][b]",
        "context[][a]",
        "survey_settings[survey_template_id]",
        "delivery_time",
        "csv",
    ]
    assert b'filename="wave 1.csv"' in parts[-1][0]
    assert b"text/csv" in parts[-1][0]


async def test_a_person_is_looked_up_by_what_they_are_named_by() -> None:
    named = {
        "512004417": f"/v1/end_users/{ID}",
        "mara.okafor@lumenfield.test": "/v1/end_users/mara.okafor%40lumenfield.test?lookup_by_email=true",
        "MARA.okafor@lumenfield.test": "/v1/end_users/MARA.okafor%40lumenfield.test?lookup_by_email=true",
        "external:crm-88213": "/v1/end_users/crm-88213?lookup_by_external_id=true",
        "+353861234567": "/v1/end_users/phone_number/%2B353861234567",
    }
    for text, url in named.items():
        wootric = FakeWootric(answer(body=END_USER))
        assert await client(wootric).identify(Person.parse(text)) == ID
        assert wootric.sent == ([] if text.isdigit() else [f"GET {url}"])
        assert (await client(FakeWootric(answer(body=END_USER))).get_end_user(Person.parse(text))).id == ID


@pytest.mark.parametrize("text", ["5", "jun@lumenfield.test", "external:512004417", "+81312345678"])
async def test_an_answer_about_somebody_else_is_refused(text: str) -> None:
    wootric = FakeWootric(answer(body=END_USER))
    with pytest.raises(BadAnswer, match=r"another person \(id 512004417\)"):
        await client(wootric).get_end_user(Person.parse(text))


async def test_all_but_reading_a_person_goes_by_the_numeric_id() -> None:
    calls: list[tuple[Call, str]] = [
        (lambda c: c.list_detractor_responses(BY_MAIL), f"GET /v1/end_users/{ID}/responses/detractors?"),
        (lambda c: c.delete_response(BY_MAIL, 5), f"DELETE /v1/end_users/{ID}/responses/5"),
        (lambda c: c.export_end_user_data(BY_MAIL), f"GET /v1/end_users/{ID}/export"),
        (lambda c: c.get_end_user_settings(BY_MAIL), f"GET /v1/end_users/{ID}/settings"),
    ]
    for call, url in calls:
        wootric = FakeWootric(
            lambda request: answer(body=[] if "detractors" in str(request.url) else END_USER)
        )
        wootric.answers.insert(0, answer(body=END_USER))
        if "settings" in url:
            wootric.answers[-1] = answer(body={"email_nps": True})
        await call(client(wootric))
        assert len(wootric.sent) == 2
        assert wootric.sent[1].startswith(url)


class Profile(FakeWootric):
    """Keeps one person's properties; a PUT or POST with properties merges or replaces them."""

    def __init__(self, *, merges: bool, properties: dict[str, Any]) -> None:
        super().__init__(self._serve)
        self.merges, self.properties = merges, properties

    def _serve(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            sent = {
                name.split("[")[-1].rstrip("]"): value
                for name, value in form(request)
                if "properties" in name
            }
            if sent:
                self.properties = {**self.properties, **sent} if self.merges else sent
        if "/responses" in request.url.path:
            return answer(201, {**RESPONSE, "end_user": {"properties": self.properties}})
        return answer(body={**END_USER, "properties": self.properties})


@pytest.mark.parametrize("merges", [True, False])
async def test_no_property_is_lost_whether_wootric_merges_or_replaces(merges: bool) -> None:
    before = {"plan": "Team", "seats_amount": 42, "tags_array": ["a", "b"], "nothing": None}
    kept = {"plan": "Pro", "seats_amount": "42", "tags_array": "a,b", "region": "EMEA"}
    wootric = Profile(merges=merges, properties=dict(before))
    change = checked(
        EndUserChange,
        properties={"plan": "Pro", "region": "EMEA", "seats_amount": "42"},
        clear=["phone_number"],
    )
    update = await client(wootric).update_end_user(BY_MAIL, change)
    assert update.changed == ("plan", "region")
    assert update.fields == ("phone_number",)
    assert update.end_user is not None
    assert {key: value for key, value in wootric.properties.items() if value is not None} == kept
    assert ("phone_number", "") in form(wootric.received[1])
    assert wootric.sent[1] == f"PUT /v1/end_users/{ID}"

    wootric = Profile(merges=merges, properties=dict(before))
    await client(wootric).create_response(
        BY_MAIL, checked(ResponseInput, score=9, properties={"region": "EMEA"})
    )
    assert wootric.properties["plan"] == "Team"
    assert wootric.properties["region"] == "EMEA"
    assert ("end_user[properties][plan]", "Team") in form(wootric.received[1])


async def test_a_change_without_properties_sends_none() -> None:
    wootric = FakeWootric(answer(body=END_USER))
    update = await client(wootric).update_end_user(MARA, checked(EndUserChange, email="new@b.c"))
    assert form(wootric.received[1]) == [("email", "new@b.c")]
    assert (update.changed, update.fields) == ((), ("email",))


async def test_the_anonymous_user_is_deleted_only_if_named_so() -> None:
    anonymous = {**END_USER, "email": "Unknown"}
    wootric = FakeWootric(answer(body=anonymous))
    with pytest.raises(InvalidRequest, match="name it Unknown") as failure:
        await client(wootric).delete_end_user(MARA)
    assert failure.value.may_have_changed is False
    assert wootric.sent == [f"GET /v1/end_users/{ID}"]
    wootric = FakeWootric(answer(body=anonymous), answer(202, anonymous))
    deleted = await client(wootric).delete_end_user(Person.parse("Unknown"))
    assert deleted is not None
    assert wootric.sent == ["GET /v1/end_users/Unknown?lookup_by_email=true", f"DELETE /v1/end_users/{ID}"]


@pytest.mark.parametrize("paging", [{"page": 0}, {"page": 31}, {"per_page": 0}, {"per_page": 51}])
async def test_pages_that_wootric_refuses_are_not_asked_for(paging: dict[str, int]) -> None:
    wootric = FakeWootric(answer(body=[]))
    with pytest.raises(InvalidRequest, match=f"{next(iter(paging))} is "):
        await client(wootric).list_responses(**paging)
    assert not wootric.received


async def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="Swap the dates"):
        await client(FakeWootric(answer())).get_nps_summary(start=date(2024, 2, 1), end=date(2024, 1, 1))
