"""Opt-outs of people who are handed over raw: they are looked up, by every name there is, and heeded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    OPTED_OUT,
    Era,
    Person,
    ago,
    answered,
    connected,
    refused,
    running,
    text_of,
)
from tests.tools.test_plan_email_survey import JUNS, crowd, mailed, plan_of
from wootric_mcp.sandbox.records import EndUserRow
from wootric_mcp.sandbox.server import RunningSandbox

OUT = "no.more@lumenfield.test"
COLUMNS = {"send_to_email_field": "contact", "unique_identifier_field": "who"}
_ELSEWHERE = {"send_to_email_field": "contact"}
NAMED: dict[str, tuple[str, dict[str, str]]] = {
    "as the identity, mailed elsewhere": (f"email,contact\n{OUT},other@lumenfield.test", _ELSEWHERE),
    "as the address, identified otherwise": (f"email,contact\nother@lumenfield.test,{OUT}", _ELSEWHERE),
    "without a column email": (f"contact,plan\n{OUT},Team", _ELSEWHERE),
    "by address in a column of identity": (f"who,contact\n{OUT},other@lumenfield.test", COLUMNS),
    "by external id": ("who,contact\ncrm-9,other@lumenfield.test", COLUMNS),
    "by phone number": ("who,contact\n+353860000009,other@lumenfield.test", COLUMNS),
    "as the address of an unknown id": (f"who,contact\ncrm-10,{OUT}", COLUMNS),
    "as the address of nobody": (f"who,contact\n,{OUT}", COLUMNS),
}


def reads(served: RunningSandbox) -> int:
    """Requests to Wootric that read, since the last time."""
    found = [each for each in served.sandbox.account.requests() if each["method"] == "GET"]
    served.sandbox.account.traffic.clear()
    return len(found)


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("immediately", [True, False])
@pytest.mark.parametrize("named", NAMED)
async def test_an_opt_out_counts_by_whatever_column_it_is_found(
    named: str, immediately: bool, mode: Era
) -> None:
    csv, fields = NAMED[named]
    jun = csv.partition("\n")[0].replace("contact", JUNS).replace("email", JUNS).replace("who", JUNS)
    arguments: dict[str, Any] = {"csv": f"{csv}\n{jun}\n", **fields, "survey_immediately": immediately}
    person = Person("yes")
    with running(first_survey_delay=0, response_throttle=0, registered_percent=100) as served:
        served.sandbox.account.update(
            "end_users", OPTED_OUT, external_id="crm-9", phone_number="+353860000009"
        )
        async with connected(served, mode, person=person) as client:
            sampling = {"first_survey_delay": 0, "response_throttle": 0}
            more = {} if immediately else {"survey_settings": {"sampling": sampling}}
            await answered(client, "send_email_survey_csv", **arguments, **more)
        assert mailed(served) == [JUNS]
    (question,) = person.questions
    assert "opted out or e-mail surveys switched off: 1" in question


@pytest.mark.parametrize("mode", ERAS)
async def test_an_opt_out_of_whom_an_external_id_names_counts(mode: Era) -> None:
    with running() as served:
        served.sandbox.account.update("end_users", OPTED_OUT, external_id="crm-9")
        async with connected(served, mode, person=Person("yes")) as client:
            said = await refused(
                client,
                "send_email_survey",
                emails=[JUNS, "other@lumenfield.test"],
                external_ids=["crm-1", "crm-9"],
                survey_immediately=True,
            )
        assert "opted out of e-mail surveys: other@lumenfield.test." in said
        assert mailed(served) == []


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("tool", ["send_email_survey", "send_email_survey_csv"])
async def test_everybody_is_looked_up_where_wootrics_rules_are_skipped(tool: str, mode: Era) -> None:
    people = [f"p{number}@lumenfield.test" for number in range(1, 61)]
    person = Person("yes")
    with running(crowd(60), rate_limit=None) as served:
        async with connected(served, mode, person=person) as client:
            await answered(client, "update_end_user_settings", end_user=55, email_nps=False)
            if tool == "send_email_survey":
                said = await refused(client, tool, emails=people, survey_immediately=True)
                assert "opted out of e-mail surveys: p55@lumenfield.test." in said
                people.remove("p55@lumenfield.test")
                await answered(client, tool, emails=people, survey_immediately=True)
            else:
                csv = "\n".join(["email", *people])
                await answered(client, tool, csv=csv, survey_immediately=True)
        assert sorted(mailed(served)) == sorted(set(people) - {"p55@lumenfield.test"})
    assert len(person.questions) == 1
    assert "not looked up" not in person.questions[0]


@pytest.mark.parametrize(
    ("tool", "mode"), [("send_email_survey", "auto"), ("send_email_survey_csv", "legacy")]
)
async def test_nobody_is_mailed_before_all_are_looked_up_and_a_second_call_goes_on(
    tool: str, mode: Era
) -> None:
    people = [f"p{number}@lumenfield.test" for number in range(1, 91)]
    arguments: dict[str, Any] = (
        {"emails": people} if tool == "send_email_survey" else {"csv": "\n".join(["email", *people])}
    )
    person = Person("yes")
    left: list[int] = []
    with running(crowd(90), rate_limit=None) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 0.25, "path": "/v1/end_users/"})
        async with connected(served, mode, person=person, deadline=6) as client:
            for _ in range(10):
                answer = await client.call_tool(tool, {**arguments, "survey_immediately": True})
                if not answer.is_error:
                    break
                said = text_of(answer)
                assert " of 90 could not be looked up in time" in said
                assert "Call again in a minute" in said
                assert said.endswith("Nobody was mailed.")
                assert person.questions == []
                assert mailed(served) == []
                left.append(int(said.split(" of 90 ")[0].split()[-1]))
        assert left
        assert left == sorted(set(left), reverse=True)
        assert len(set(mailed(served))) == len(mailed(served)) == 90
    assert len(person.questions) == 1


async def test_a_plan_by_our_rules_leaves_out_who_was_not_looked_up_and_goes_on_from_there() -> None:
    people = [f"p{number}@lumenfield.test" for number in range(1, 91)]
    with running(crowd(90), rate_limit=None) as served:
        served.sandbox.faults.add({"kind": "delay", "rate": 1.0, "seconds": 0.25, "path": "/v1/end_users/"})
        async with connected(served, deadline=6) as client:
            await plan_of(client, people=[1], eligibility="ours")  # what takes time once is loaded now
            first = await plan_of(client, people=people, eligibility="ours")
            assert 0 < first["left_out"]["could not be looked up in time"] < 90
            assert "Plan again in a minute" in first["summary"]
            for _ in range(10):
                last = await plan_of(client, people=people, eligibility="ours")
                if "could not be looked up in time" not in last["left_out"]:
                    break
    assert last["summary"].startswith("90 of 90 would be mailed")


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("immediately", [True, False])
async def test_people_who_are_kept_are_not_looked_up_one_by_one(immediately: bool, mode: Era) -> None:
    people = [f"P{number}@lumenfield.test" for number in range(1, 61)]
    person = Person("yes")
    with running(crowd(60), rate_limit=None) as served:
        async with connected(served, mode, person=person) as client:
            await answered(client, "list_end_users", period="all", limit=200)
            out = {**EndUserRow(0, None, 0, 0).settings, "email_nps": False}
            served.sandbox.account.update("end_users", 44, settings=json.dumps(out), updated_at=ago())
            reads(served)
            csv = "\n".join(["email", *people])
            sampling = {"first_survey_delay": 0, "response_throttle": 0, "registered_percent": 100}
            more = {} if immediately else {"survey_settings": {"sampling": sampling}}
            await answered(client, "send_email_survey_csv", csv=csv, survey_immediately=immediately, **more)
        assert reads(served) < 12
        assert len(mailed(served)) == 59
        assert "P44@lumenfield.test" not in mailed(served)
    (question,) = person.questions
    assert "not looked up" not in question
    assert "opted out or e-mail surveys switched off: 1" in question


@pytest.mark.parametrize("mode", ERAS)
async def test_by_wootrics_rules_who_was_not_looked_up_is_counted_and_asked_about_once(mode: Era) -> None:
    csv = "\n".join(["email", *(f"new{number}@lumenfield.test" for number in range(60))])
    person = Person("yes")
    with running(rate_limit=None) as served:
        async with connected(served, mode, person=person) as client:
            await answered(client, "send_email_survey_csv", csv=csv)
    (question,) = person.questions
    assert "not looked up for an opt-out: 35" in question
    assert "not known in Wootric yet: 25" in question
