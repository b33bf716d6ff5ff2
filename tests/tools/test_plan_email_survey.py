"""A survey is planned first: who would be mailed, who is left out and why. Exactly that is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    JUN,
    MARA,
    OPTED_OUT,
    PHONE_ONLY,
    TEMPLATE,
    Clock,
    Era,
    Person,
    ago,
    answered,
    connected,
    kept_in,
    refused,
    running,
    small_account,
    text_of,
)
from wootric_mcp.sandbox.records import AccountData, EndUserRow, ResponseRow
from wootric_mcp.sandbox.server import RunningSandbox

JUNS = "jun.sato@lumenfield.test"


def mailed(served: RunningSandbox) -> list[str]:
    return [mail["to"] for mail in served.sandbox.account.outbox()]


def crowd(count: int) -> AccountData:
    """So many detractors, each with a comment, whose answers are a day old; the newest is number 1."""
    old = ago(days=200)
    return AccountData(
        end_users=[
            EndUserRow(number, f"p{number}@lumenfield.test", old, old, properties={"lang": "de"})
            for number in range(1, count + 1)
        ],
        responses=[
            ResponseRow(1_000 + number, number, 2, at, at, text="Too slow.", properties={"plan": "Team"})
            for number in range(1, count + 1)
            for at in [ago(days=1) - number]
        ],
        templates=small_account().templates,
    )


async def plan_of(client: Any, **arguments: Any) -> dict[str, Any]:
    answer = await answered(client, "plan_email_survey", **arguments)
    structure = answer.structured_content
    assert isinstance(structure, dict)
    assert structure["summary"] in text_of(answer)
    return structure


@pytest.mark.parametrize("mode", ERAS)
async def test_a_plan_tells_who_is_left_out_and_why_and_mails_nobody(mode: Era) -> None:
    people = [JUN, MARA, OPTED_OUT, PHONE_ONLY, JUNS, "new@other.test"]
    with running() as served:
        async with connected(served, mode, send_domains="lumenfield.test") as client:
            found = await plan_of(client, people=people, eligibility="ours")
        assert mailed(served) == []
        assert all(
            request["method"] == "GET"
            for request in served.sandbox.account.requests()
            if "oauth" not in request["path"]
        )
    assert found["left_out"] == {
        "no valid address": 1,
        "opted out or e-mail surveys switched off": 1,
        "outside the allowed domains": 1,
        "given more than once": 1,
    }
    assert found["summary"].startswith("2 of 6 would be mailed; people named")
    assert "lumenfield" not in str(found["untrusted"]["rows"])
    assert found["next"] == f'send_email_survey(plan="{found["plan"]}")'


@pytest.mark.parametrize("mode", ERAS)
async def test_wootrics_rules_leave_a_range_and_ours_an_exact_number(mode: Era) -> None:
    with running() as served:
        served.sandbox.account.update("end_users", JUN, last_surveyed=ago(days=100))
        async with connected(served, mode) as client:
            theirs = await plan_of(client, people=[JUN, MARA], eligibility="wootric")
            ours = await plan_of(client, people=[JUN, MARA], eligibility="ours")
    assert theirs["summary"].startswith("0 to 1 of 2 would be mailed (Wootric draws 33 % of 1 who may be")
    assert theirs["left_out"] == {"surveyed lately": 1}
    assert ours["summary"].startswith("2 of 2 would be mailed")


@pytest.mark.parametrize("mode", ERAS)
async def test_a_selection_is_planned_and_exactly_that_is_sent(mode: Era) -> None:
    person = Person()
    with running() as served:
        async with connected(served, mode, person=person) as client:
            found = await plan_of(
                client,
                period="last 30 days",
                category="detractor",
                where={"plan": "team"},
                has_text=True,
                eligibility="ours",
                message={"subject": "Is it better now?"},
            )
            sent = await answered(client, "send_email_survey", plan=found["plan"])
            assert mailed(served) == ["mara.okafor@lumenfield.test"]
            again = await refused(client, "send_email_survey", plan=found["plan"])
            fresh = await plan_of(client, people=[MARA], eligibility="ours", message={"subject": "Hello?"})
        assert served.sandbox.account.outbox()[0]["subject"] == "Is it better now?"
    assert "detractors" in found["summary"]
    assert sent.structured_content
    figures = sent.structured_content["figures"]
    assert (figures["sent"], figures["not_sent"], figures["unclear"]) == (1, 0, 0)
    assert "Is it better now?" in person.questions[0]
    assert "mailed from here lately, or perhaps: 1" in again
    assert fresh["left_out"] == {"mailed from here lately, or perhaps": 1}
    assert "plan" not in fresh


async def test_an_opt_out_after_the_plan_is_heeded() -> None:
    with running() as served:
        async with connected(served, person=Person()) as client:
            found = await plan_of(client, people=[JUN, MARA], eligibility="ours")
            await answered(client, "update_end_user_settings", end_user=JUN, email_nps=False)
            await answered(client, "send_email_survey", plan=found["plan"])
        assert mailed(served) == ["mara.okafor@lumenfield.test"]


async def test_opt_outs_in_a_large_plan_are_read_again_in_a_few_requests() -> None:
    with running(crowd(60), rate_limit=None) as served:
        async with connected(served, person=Person()) as client:
            found = await plan_of(client, period="last 30 days", eligibility="ours")
            await answered(client, "update_end_user_settings", end_user=7, email_nps=False)
            served.sandbox.account.update("end_users", 8, email="moved@lumenfield.test", updated_at=ago())
            served.sandbox.account.traffic.clear()
            await answered(client, "send_email_survey", plan=found["plan"])
            reads = [each for each in served.sandbox.account.requests() if each["method"] == "GET"]
        to = mailed(served)
    assert len(to) == 59
    assert "p7@lumenfield.test" not in to
    assert "p8@lumenfield.test" not in to
    assert "moved@lumenfield.test" in to
    assert len(reads) < 10


async def test_more_than_a_hundred_people_take_two_requests() -> None:
    with running(crowd(105), rate_limit=None) as served:
        async with connected(served, person=Person()) as client:
            found = await plan_of(client, period="last 30 days", eligibility="ours")
            sent = await answered(client, "send_email_survey", plan=found["plan"])
        posts = [each for each in served.sandbox.account.requests() if each["path"] == "/v1/email_survey"]
        assert len(mailed(served)) == len(set(mailed(served))) == 105
    assert len(posts) == 2
    assert sent.structured_content
    assert len(sent.structured_content["figures"]["requests"]) == 2


async def test_a_template_a_time_of_day_or_a_language_each_goes_through_the_csv_endpoint() -> None:
    message = {
        "subject": "Wie läuft es, {{name}}?",
        "language_property": "lang",
        "delivery_time": "08:30",
        "survey_settings": {"survey_template_id": TEMPLATE},
    }
    data = crowd(3)
    data.end_users[0].properties["name"] = "Ann, Bob"
    data.end_users[1].properties.update(name="Cleo", lang="fr")
    with running(data) as served:
        async with connected(served, person=Person()) as client:
            found = await plan_of(client, people=[1, 2, 3], eligibility="ours", message=message)
            await answered(client, "send_email_survey", plan=found["plan"])
        (mail,) = served.sandbox.account.outbox()
    assert found["left_out"] == {"no value for a placeholder or language": 2}
    assert "CSV endpoint" in found["summary"]
    assert (mail["to"], mail["subject"], mail["language"], mail["template_id"]) == (
        "p1@lumenfield.test",
        "Wie läuft es, Ann, Bob?",
        "de",
        TEMPLATE,
    )


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"delivery_time": "08:30", "survey_settings": {"language": "de"}}, "a language without"),
        ({"survey_settings": {"survey_template_id": 1}}, "no survey template 1"),
        (
            {"survey_settings": {"survey_template_id": TEMPLATE, "language": "fr"}},
            "not written in fr, but in en, de",
        ),
        ({"delay": 40}, "delay"),
        ({"colour": "red"}, "colour"),
        ({"reply_to_email": "x@evil.test"}, "reply_to_email cannot be given"),
        ({"intro": "See https://evil.test"}, "reads as a link"),
    ],
)
async def test_what_cannot_be_sent_is_refused_when_planning_by_name(
    message: dict[str, Any], says: str
) -> None:
    with running() as served:
        async with connected(served) as client:
            assert says in await refused(
                client, "plan_email_survey", people=[JUN], eligibility="ours", message=message
            )


async def test_external_ids_and_a_template_cannot_go_together() -> None:
    with running() as served:
        async with connected(served, person=Person()) as client:
            said = await refused(
                client,
                "send_email_survey",
                emails=[JUN],
                external_ids=["crm-1"],
                survey_immediately=True,
                survey_settings={"survey_template_id": TEMPLATE},
            )
    assert "external_ids" in said


async def test_caps_bound_a_plan_and_a_day() -> None:
    with running(crowd(5)) as served:
        flags = {"send_max_recipients": 3, "send_max_per_day": 4}
        async with connected(served, person=Person(), **flags) as client:
            first = await plan_of(client, people=[1, 2, 3, 4], eligibility="ours")
            await answered(client, "send_email_survey", plan=first["plan"])
            second = await plan_of(client, people=[4, 5], eligibility="ours")
    assert first["left_out"] == {"over the cap": 1}
    assert second["summary"].startswith("1 of 2 would be mailed")


@pytest.mark.parametrize("arguments", [{}, {"people": [JUN], "period": "last_week"}])
async def test_either_people_or_a_period_is_given(arguments: dict[str, Any]) -> None:
    with running() as served:
        async with connected(served) as client:
            assert "either people or a period" in await refused(client, "plan_email_survey", **arguments)


async def test_a_plan_is_sent_as_it_is_or_not_at_all() -> None:
    with running() as served:
        async with connected(served, person=Person()) as client:
            found = await plan_of(client, people=[JUN], eligibility="ours")
            said = await refused(client, "send_email_survey", plan=found["plan"], subject="Other")
            assert "subject cannot be given with plan" in said
            assert "no plan" in await refused(client, "send_email_survey", plan="P-0")
            assert "Give plan or emails" in await refused(client, "send_email_survey")
        assert mailed(served) == []


async def test_a_plan_lives_a_day() -> None:
    clock = Clock()
    with running() as served:
        async with connected(served, person=Person(), clock=clock) as client:
            found = await plan_of(client, people=[JUN], eligibility="ours")
            clock.seconds += 24 * 3_600
            assert "kept for 24 hours" in await refused(client, "send_email_survey", plan=found["plan"])


async def test_the_same_content_goes_out_once_however_it_is_asked_for() -> None:
    with running() as served:
        async with connected(served, person=Person(), min_days_between=0) as client:
            found = await plan_of(client, people=[JUN, MARA], eligibility="ours", message={"subject": "Hi"})
            await answered(client, "send_email_survey", plan=found["plan"])
            csv = f"email\n{JUNS}\nmara.okafor@lumenfield.test\n"
            for tool, arguments in (
                ("send_email_survey", {"emails": [MARA, JUNS], "survey_immediately": True}),
                ("send_email_survey_csv", {"csv": csv, "survey_immediately": True}),
                ("send_email_survey", {"plan": found["plan"]}),
            ):
                more = {} if "plan" in arguments else {"subject": "Hi"}
                assert "mailed from here lately" in await refused(client, tool, **arguments, **more)
        assert len(mailed(served)) == 2


async def test_the_same_list_goes_on_where_the_cap_of_the_day_ended_it(tmp_path: Path) -> None:
    people = [f"guest{number}@lumenfield.test" for number in range(6)]
    clock = Clock()
    survey = {"emails": people, "survey_immediately": True}
    # Without a rest between mails, only what the survey says tells it from another one.
    limits = {"min_days_between": 0, "send_max_per_day": 4}
    with running() as served:
        async with connected(served, person=Person(), folder=tmp_path, clock=clock, **limits) as client:
            await answered(client, "send_email_survey", **survey)
            assert mailed(served) == people[:4]
            clock.seconds += 86_401
            await answered(client, "send_email_survey", **survey)
            assert "mailed from here lately" in await refused(client, "send_email_survey", **survey)
        assert mailed(served) == people


@pytest.mark.parametrize("mode", ERAS)
async def test_an_unclear_request_is_told_and_its_people_are_not_mailed_again(mode: Era) -> None:
    with running(crowd(102), rate_limit=None) as served:
        async with connected(served, mode, person=Person()) as client:
            found = await plan_of(client, period="last 30 days", eligibility="ours")
            served.sandbox.faults.add({"kind": "cut_after", "next": 1, "path": "/v1/email_survey"})
            said = await refused(client, "send_email_survey", plan=found["plan"])
            assert "may have been sent" in said
            assert "ledger resolve S-" in said
            assert "Nothing was changed" not in said
            await answered(client, "send_email_survey", plan=found["plan"])
        assert len(mailed(served)) == len(set(mailed(served))) == 102


async def test_a_clean_refusal_leaves_everybody_to_be_mailed() -> None:
    with running() as served:
        async with connected(served, person=Person()) as client:
            found = await plan_of(client, people=[JUN], eligibility="ours")
            served.sandbox.faults.add({"kind": "html", "status": 400, "next": 1, "path": "/v1/email_survey"})
            await refused(client, "send_email_survey", plan=found["plan"])
            await answered(client, "send_email_survey", plan=found["plan"])
        assert mailed(served) == [JUNS]


async def test_values_stay_with_their_people_when_somebody_is_left_out() -> None:
    with running() as served:
        async with connected(served, person=Person()) as client:
            await answered(client, "send_email_survey", emails=[MARA], survey_immediately=True)
            await answered(
                client,
                "send_email_survey",
                emails=[MARA, JUN],
                survey_immediately=True,
                subject="How is {{module}}?",
                context=[{"module": "billing, search"}],
            )
            said = await refused(
                client, "send_email_survey", emails=["a@b.test", "c@d.test"], context=[{"module": "one"}]
            )
        assert [mail["subject"] for mail in served.sandbox.account.outbox()][1:] == ["How is search?"]
    assert "1 value" in said


async def test_with_the_store_off_nothing_is_sent(tmp_path: Path) -> None:
    with running() as served:
        async with connected(served, person=Person(), folder=tmp_path, store="off") as client:
            said = await refused(client, "send_email_survey", emails=[JUN], survey_immediately=True)
        assert mailed(served) == []
    assert "WOOTRIC_STORE is off" in said


@pytest.mark.parametrize("mode", ERAS)
async def test_a_plan_for_strangers_is_sent_by_another_process_and_no_file_holds_their_address(
    mode: Era, tmp_path: Path
) -> None:
    with running() as served:
        async with connected(served, folder=tmp_path) as one:
            plan = (await plan_of(one, people=["new@other.test"], eligibility="ours"))["plan"]
            kept = kept_in(tmp_path)
        assert "store.sqlite3.ledger" in kept
        assert [name for name, content in kept.items() if "other.test" in content] == []
        async with connected(served, mode, folder=tmp_path, person=Person()) as other:
            await answered(other, "send_email_survey", plan=plan)
        assert mailed(served) == ["new@other.test"]
