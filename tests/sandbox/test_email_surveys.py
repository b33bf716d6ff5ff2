from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from wootric_mcp.sandbox.records import TemplateRow, fresh_settings

from .connection import NOW, Api, ago, connected, decline, response, user

SURVEY, CSV = "/v1/email_survey", "/v1/email_survey_csv"
TEMPLATE = TemplateRow(3312, "Quarterly", "de", (("en", "English"), ("de", "German")), is_default=True)
NO_PAUSE = {
    "survey_settings[sampling][first_survey_delay]": "0",
    "survey_settings[sampling][response_throttle]": "0",
    "survey_settings[sampling][decline_throttle]": "0",
    "survey_settings[sampling][registered_percent]": "100",
}


def states(api: Api) -> list[str]:
    return [row.state for row in api.sandbox.account.email_sends()]


async def test_a_survey_reaches_the_outbox_with_everything_that_was_sent() -> None:
    sent = {
        "emails[]": "mara@lumenfield.test",
        "survey_immediately": "true",
        "subject": "How is your {{module}} going?",
        "intro": "Hello {{ name }}{{unknown}},",
        "context[][module]": "billing",
        "context[][name]": "Mara",
        "senders_name": "Lumenfield",
        "reply_to_email": "care@lumenfield.test",
        "custom_sender_email": "only@csv.test",
        "survey_settings[product_name]": "{{module}}",
        "survey_settings[language]": "fr",
        "survey_settings[custom_messages][followup_text]": "What decided your score?",
        "end_user[properties][campaign]": "spring",
    }
    async with connected(user(properties={"plan": "Team"})) as api:
        answer = await api.post(SURVEY, data=sent)
        assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
        assert api.sandbox.account.outbox() == [
            {
                "id": 1,
                "kind": "survey",
                "to": "mara@lumenfield.test",
                "end_user_id": 1,
                "subject": "How is your billing going?",
                "intro": "Hello Mara,",
                "senders_name": "Lumenfield",
                "reply_to_email": "care@lumenfield.test",
                "language": "fr",
                "template_id": None,
                "logo_url": None,
                "audience_text": None,
                "product_name": "{{module}}",
                "custom_messages": {"followup_text": "What decided your score?"},
                "survey_immediately": True,
                "source": "email_api",
                "queued_at": ago(),
                "send_at": ago(),
            }
        ]
        [mara] = api.sandbox.account.end_users()
        assert (mara.properties, mara.last_surveyed) == ({"plan": "Team", "campaign": "spring"}, ago())


async def test_missing_recipients_become_end_users() -> None:
    sent = {
        "emails": ["MARA@lumenfield.test", "jun@lumenfield.test, ada@lumenfield.test"],
        "external_ids": ["crm-1,crm-2", "crm-9"],
        "survey_immediately": True,
        "context": [{"module": "billing, search"}, {"city": "Cork"}, {"city": "Kyoto"}],
        "subject": "{{module}} {{city}}",
        "end_user": {"properties": {"campaign": "spring"}},
    }
    async with connected(user(), user(2, "b@x.test", external_id="crm-9")) as api:
        assert (await api.post(SURVEY, json=sent)).status_code == 200
        people = {row.email: row for row in api.sandbox.account.end_users()}
        assert people["mara@lumenfield.test"].external_id == "crm-1"
        assert people["jun@lumenfield.test"].external_id == "crm-2"
        # An external id that somebody else has stays with them.
        assert people["ada@lumenfield.test"].external_id is None
        assert people["ada@lumenfield.test"].properties == {"campaign": "spring"}
        subjects = [(mail["to"], mail["subject"]) for mail in api.sandbox.account.outbox()]
        assert subjects == [
            ("MARA@lumenfield.test", "billing Cork"),
            ("jun@lumenfield.test", "search Kyoto"),
            ("ada@lumenfield.test", " "),
        ]
        segments = (await api.get("/v1/segments")).json()
        assert [row["name"] for row in segments] == ["campaign"]


async def test_nobody_is_mailed_twice_by_one_request() -> None:
    async with connected(user()) as api:
        emails = ["mara@lumenfield.test", "Mara@lumenfield.test"]
        await api.post(SURVEY, json={"emails": emails, "survey_immediately": True})
        assert states(api) == ["delivered"]


async def test_whoever_opted_out_is_never_mailed() -> None:
    people = [
        user(1, "a@x.test", settings={**fresh_settings(), "email_nps": False}),
        user(2, "b@x.test", settings={**fresh_settings(), "surveys_disabled_by_end_user": True}),
    ]
    async with connected(*people) as api:
        for more in ({"survey_immediately": "true"}, NO_PAUSE):
            await api.post(SURVEY, data={"emails[]": ["a@x.test", "b@x.test"], **more})
        assert states(api) == ["opted_out"] * 4
        assert api.sandbox.account.outbox() == []
        assert [row.last_surveyed for row in api.sandbox.account.end_users()] == [None, None]


async def test_the_anonymous_user_has_no_mailbox() -> None:
    async with connected(user(1, "Unknown")) as api:
        await api.post(SURVEY, json={"emails": ["Unknown"], "survey_immediately": True})
        assert (states(api), api.sandbox.account.outbox()) == (["dropped"], [])


@pytest.mark.parametrize(
    ("records", "sampling", "state"),
    [
        ([user()], {}, "delivered"),
        ([user(created_at=ago(days=29))], {}, "not_eligible"),
        ([user(created_at=ago(days=30))], {}, "delivered"),
        ([user(created_at=ago(days=1), external_created_at=ago(days=31))], {}, "delivered"),
        ([user(external_created_at=ago(days=1))], {}, "not_eligible"),
        ([user(external_created_at=ago(days=1))], {"first_survey_delay": "0"}, "delivered"),
        ([user(), response(7, created_at=ago(days=89))], {}, "not_eligible"),
        ([user(), response(7, created_at=ago(days=90))], {}, "delivered"),
        ([user(), response(7, created_at=ago(days=5))], {"response_throttle": "5"}, "delivered"),
        ([user(), decline(7, created_at=ago(days=29))], {}, "not_eligible"),
        ([user(), decline(7, created_at=ago(days=29))], {"decline_throttle": "10"}, "delivered"),
        ([user()], {"registered_percent": "0"}, "not_eligible"),
    ],
)
async def test_who_is_eligible_depends_on_age_answers_and_declines(
    records: list[Any], sampling: dict[str, str], state: str
) -> None:
    settings = {f"survey_settings[sampling][{name}]": value for name, value in sampling.items()}
    async with connected(*records, registered_percent=100) as api:
        await api.post(SURVEY, data={"emails[]": "mara@lumenfield.test", **settings})
        assert states(api) == [state]
        assert len(api.sandbox.account.outbox()) == (state == "delivered")


async def test_an_account_can_leave_days_between_two_mails() -> None:
    async with connected(user(), email_throttle=7, registered_percent=100, token_seconds=10**7) as api:
        for days in (0, 6, 1):
            api.sandbox.clock.advance(days * 86_400)
            await api.post(SURVEY, data={"emails[]": "mara@lumenfield.test"})
        assert states(api) == ["delivered", "not_eligible", "delivered"]


async def drawn(seed: int) -> list[str]:
    people = [user(n, f"p{n}@x.test") for n in range(1, 101)]
    async with connected(*people, seed=seed) as api:
        await api.post(SURVEY, json={"emails": [person.email for person in people]})
        return states(api)


async def test_about_a_third_is_drawn_and_the_seed_decides_who() -> None:
    first = await drawn(1)
    assert 20 <= first.count("delivered") <= 46
    assert first == await drawn(1)
    assert first != await drawn(2)


async def test_a_delayed_mail_waits_in_the_outbox_and_then_counts() -> None:
    async with connected(user(), token_seconds=10**7) as api:
        sent = {"emails[]": "mara@lumenfield.test", "survey_immediately": "true", "delay": "2"}
        await api.post(SURVEY, data=sent)
        assert states(api) == ["queued"]
        [mail] = api.sandbox.account.outbox()
        assert mail["send_at"] == ago(days=-2)
        assert api.sandbox.account.end_users()[0].last_surveyed is None
        stats = (await api.get("/v2/email_stats")).json()["email_stats"]
        assert (stats["send_requests"], stats["emails_sent"], stats["not_eligible"]) == (1, 0, "0 (0%)")
        api.sandbox.clock.advance(2 * 86_400)
        assert (await api.get("/v1/end_users/1")).json()["last_surveyed"] == "2026-11-20 04:00:00 -0800"
        assert states(api) == ["delivered"]


@pytest.mark.parametrize("how", ["opts out", "is deleted"])
async def test_whoever_leaves_before_the_day_of_sending_gets_no_mail(how: str) -> None:
    async with connected(user(), token_seconds=10**7) as api:
        sent = {"emails[]": "mara@lumenfield.test", "survey_immediately": "true", "delay": "3"}
        await api.post(SURVEY, data=sent)
        if how == "opts out":
            await api.put("/v1/end_users/1/settings", data={"surveys_disabled_by_end_user": "true"})
        else:
            await api.delete("/v1/end_users/1")
            api.sandbox.clock.advance(86_400)
            assert api.sandbox.account.end_users() == []
        api.sandbox.clock.advance(3 * 86_400)
        assert (api.sandbox.account.outbox(), states(api)) == ([], ["opted_out"])


async def test_answering_a_mail_counts_in_the_statistics() -> None:
    async with connected(user()) as api:
        await api.post(SURVEY, data={"emails[]": "mara@lumenfield.test", "survey_immediately": "true"})
        answer = {"score": "9", "survey[channel]": "email"}
        await api.post("/v1/end_users/1/responses", data=answer)
        await api.post("/v1/end_users/1/responses", data=answer)
        stats = (await api.get("/v2/email_stats")).json()["email_stats"]
        assert (stats["open_rate"], stats["response_rate"]) == ("100%", "100%")
        assert (await api.get("/v1/nps_summary")).json()["email_response_rate"] == 100


async def test_a_mail_to_the_bounce_mailbox_comes_back() -> None:
    async with connected() as api:
        emails = ["bounce@x.test", "Bounce+7@x.test", "bouncer@x.test"]
        await api.post(SURVEY, json={"emails": emails, "survey_immediately": True})
        assert states(api) == ["bounced", "bounced", "delivered"]


@pytest.mark.parametrize(
    ("sent", "complaints"),
    [
        ({}, ["emails is missing"]),
        ({"emails": []}, ["emails is missing"]),
        ({"emails": [f"p{n}@x.test" for n in range(101)]}, ["emails does not have a valid value"]),
        ({"emails": ["a@x.test"], "external_ids": ["1", "2"]}, ["external_ids does not have a valid value"]),
        ({"emails": ["a@x.test"], "context": "billing"}, ["context is invalid"]),
        (
            {
                "emails": ["a@x.test"],
                "delay": 32,
                "survey_immediately": "soon",
                "survey_settings": {"sampling": {"registered_percent": 101}, "survey_template_id": 9},
            },
            [
                "survey_settings[survey_template_id] does not have a valid value",
                "survey_settings[sampling][registered_percent] does not have a valid value",
                "survey_immediately is invalid",
                "delay does not have a valid value",
            ],
        ),
    ],
)
async def test_a_survey_that_does_not_hold_mails_nobody(sent: dict[str, Any], complaints: list[str]) -> None:
    async with connected() as api:
        assert await api.problems("POST", SURVEY, json={"survey_immediately": True, **sent}) == complaints
        assert api.sandbox.account.email_sends() == []
        assert api.sandbox.account.end_users() == []


async def test_a_hundred_addresses_may_be_asked_at_once() -> None:
    async with connected() as api:
        emails = ",".join(f"p{n}@x.test" for n in range(100))
        await api.post(SURVEY, data={"emails[]": emails, "survey_immediately": "true"})
        assert states(api) == ["delivered"] * 100


ROWS = (
    "email,First Name,plan,seats_amount,___context:module,___language\r\n"
    "mara@lumenfield.test,Mara,Team,42,billing,en\r\n"
    'jun@lumenfield.test,"Jun, K.",Starter,,search,de\r\n'
)


@pytest.mark.parametrize("how", ["multipart", "base64"])
async def test_csv_is_mailed_row_by_row_and_listed_as_a_send(how: str) -> None:
    sent = {
        "survey_immediately": "true",
        "subject": "How is {{module}}?",
        "survey_settings[survey_template_id]": "3312",
        "survey_settings[product_name]": "{{module}} suite",
        "custom_sender_email": "care@lumenfield.test",
    }
    content = ROWS.encode("utf-8-sig")
    options: dict[str, Any] = {"data": sent, "files": {"csv": ("spring_wave.csv", content, "text/csv")}}
    if how == "base64":
        options = {"data": {**sent, "csv": base64.urlsafe_b64encode(content).decode()}}
    async with connected(TEMPLATE) as api:
        answer = await api.post(CSV, **options)
        assert answer.status_code == 200, answer.text
        mails = api.sandbox.account.outbox()
        keys = ("to", "subject", "language", "product_name", "custom_sender_email", "template_id", "source")
        assert [tuple(mail[key] for key in keys) for mail in mails] == [
            (
                "mara@lumenfield.test",
                "How is billing?",
                "en",
                "billing suite",
                "care@lumenfield.test",
                3312,
                "1",
            ),
            (
                "jun@lumenfield.test",
                "How is search?",
                "de",
                "search suite",
                "care@lumenfield.test",
                3312,
                "1",
            ),
        ]
        properties = [row.properties for row in api.sandbox.account.end_users()]
        assert properties == [
            {"First Name": "Mara", "plan": "Team", "seats_amount": 42},
            {"First Name": "Jun, K.", "plan": "Starter"},
        ]
        [send] = (await api.get("/v2/email_stats/sources")).json()["sends"]
        name = "spring_wave.csv" if how == "multipart" else "email_survey.csv"
        assert send == {"id": 1, "name": name, "date": "Nov 18, 2026  4:00AM"}
        await api.post(CSV, **options)
        assert len((await api.get("/v2/email_stats/sources")).json()["sends"]) == 2


@pytest.mark.parametrize(
    ("delay", "delivery_time", "after"),
    [
        (None, "12:00", timedelta()),
        (None, "11:59", timedelta(hours=23, minutes=59)),
        (None, "18:30", timedelta(hours=6, minutes=30)),
        ("1", "09:00", timedelta(hours=21)),
        ("31", None, timedelta(days=31)),
    ],
)
async def test_mail_leaves_after_the_delay_at_the_time_of_day(
    delay: str | None, delivery_time: str | None, after: timedelta
) -> None:
    sent = {"csv": base64.b64encode(b"email\na@x.test\n").decode(), "survey_immediately": "true"}
    sent |= {"delay": delay} if delay else {}
    sent |= {"delivery_time": delivery_time} if delivery_time else {}
    async with connected() as api:
        assert (await api.post(CSV, data=sent)).status_code == 200
        [mail] = api.sandbox.account.outbox()
        assert mail["send_at"] == int((NOW + after).timestamp())


async def post_csv(api: Api, text: str, **sent: str) -> Any:
    return await api.post(
        CSV, data=sent | {"survey_immediately": "true"}, files={"csv": ("w.csv", text.encode())}
    )


async def test_the_identity_and_the_address_may_be_columns_of_their_own() -> None:
    text = "login,mailbox,plan\nmara,mara@lumenfield.test,Team\n"
    async with connected() as api:
        named = {"send_to_email_field": "mailbox", "unique_identifier_field": "login"}
        assert (await post_csv(api, text, **named)).status_code == 200
        [mara] = api.sandbox.account.end_users()
        assert (mara.email, mara.properties) == ("mara", {"plan": "Team"})
        assert api.sandbox.account.outbox()[0]["to"] == "mara@lumenfield.test"
    async with connected() as api:
        assert (await post_csv(api, text, send_to_email_field="mailbox")).status_code == 200
        [mara] = api.sandbox.account.end_users()
        assert (mara.email, mara.properties) == ("mara@lumenfield.test", {"login": "mara", "plan": "Team"})
    async with connected() as api:
        text = "email,mailbox\nmara,mara@lumenfield.test\n"
        await post_csv(api, text, send_to_email_field="mailbox")
        assert api.sandbox.account.end_users()[0].email == "mara"


@pytest.mark.parametrize(
    ("text", "sent", "complaints"),
    [
        ("", {}, ["csv is invalid"]),
        ("Email\na@x.test\n", {}, ["csv must have email as its first column"]),
        ("email\n" + "a@x.test\n" * 5_001, {}, ["csv does not have a valid value"]),
        ("email,___language\na@x.test,en\n", {}, ["survey_settings[survey_template_id] is missing"]),
        (
            "email,___language\na@x.test,en\nb@x.test,fr\nc@x.test\n",
            {"survey_settings[survey_template_id]": "3312"},
            [
                "csv[3][___language] does not have a valid value",
                "csv[4][___language] does not have a valid value",
            ],
        ),
        ("email,seats_amount\na@x.test,many\n", {}, ["csv[2][seats_amount] is invalid"]),
        ("email\na@x.test,more\n", {}, ["csv[2] is invalid"]),
        (
            "login\nmara\n",
            {"unique_identifier_field": "login"},
            ["send_to_email_field is missing", "csv must have email as its first column"],
        ),
        (
            "email\na@x.test\n",
            {"send_to_email_field": "box"},
            ["send_to_email_field does not have a valid value"],
        ),
        ("email\na@x.test\n", {"delivery_time": "24:00"}, ["delivery_time does not have a valid value"]),
        ("email\na@x.test\n", {"delay": "0"}, ["delay does not have a valid value"]),
    ],
)
async def test_csv_that_does_not_hold_mails_nobody(
    text: str, sent: dict[str, str], complaints: list[str]
) -> None:
    async with connected(TEMPLATE) as api:
        answer = await post_csv(api, text, **sent)
        assert answer.status_code == 400
        assert [error["message"] for error in answer.json()["errors"]] == complaints
        assert api.sandbox.account.email_sends() == []
        assert api.sandbox.account.end_users() == []


async def test_five_thousand_rows_are_taken() -> None:
    async with connected() as api:
        text = "email\n" + "".join(f"p{n}@x.test\n" for n in range(5_000))
        assert (await post_csv(api, text)).status_code == 200
        assert len(api.sandbox.account.outbox()) == 5_000


@pytest.mark.parametrize("sent", [{}, {"csv": "email,plan"}, {"csv": base64.b64encode(b"\xff\xfe").decode()}])
async def test_a_file_that_cannot_be_read_is_refused(sent: dict[str, str]) -> None:
    async with connected() as api:
        complaint = "csv is invalid" if sent else "csv is missing"
        assert await api.problems("POST", CSV, data=sent) == [complaint]


async def test_the_usual_question_is_the_subject_of_a_mail_that_names_none() -> None:
    async with connected(survey_type="ces7") as api:
        await api.post(SURVEY, json={"emails": ["a@x.test"], "survey_immediately": True})
        assert api.sandbox.account.outbox()[0]["subject"].startswith("How easy was it")
