"""The 32 operations of Wootric, one method each, named as in `wootric_mcp.operations`.

Every method raises `WootricError`; an answer with or without a body counts as success of a write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from wootric_mcp.api.answers import many, maybe, nothing, one
from wootric_mcp.api.errors import BadAnswer, InvalidRequest, NotFound
from wootric_mcp.api.models import (
    Bounds,
    Decline,
    DeclineInput,
    EmailStats,
    EmailStatsSources,
    EmailSurvey,
    EmailSurveyCsv,
    EndUser,
    EndUserChange,
    EndUserInput,
    EndUserSettings,
    NpsSummary,
    PropertyUpdate,
    Response,
    ResponseChange,
    ResponseInput,
    Segment,
    SettingsChange,
    SurveyTemplates,
)
from wootric_mcp.api.paging import MAX_PAGE, MAX_PER_PAGE, SortOrder
from wootric_mcp.api.people import ANONYMOUS, Person, phone_number
from wootric_mcp.api.sender import Sender

SortKey = Literal["email", "updated_at", "created_at"]
Category = Literal["promoter", "passive", "detractor"]

_BY_CATEGORY: dict[Category, str] = {
    "promoter": "list_promoter_responses",
    "passive": "list_passive_responses",
    "detractor": "list_detractor_responses",
}


class Endpoints:
    """One method for each operation, on a `Sender`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def list_end_users(
        self,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        updated: Bounds | None = None,
        email: str | None = None,
        surveys_disabled: bool | None = None,
        sort_key: SortKey | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[EndUser]:
        """One page of people. Without a sort key Wootric sorts by e-mail."""
        query = _listing(page, per_page, created, updated, sort_key, sort_order)
        query |= {"email": email, "surveys_disabled": surveys_disabled}
        return await self._sender.call("list_end_users", many(EndUser), query=query)

    async def create_end_user(self, new: EndUserInput) -> EndUser | None:
        """Create a person. Raises Conflict if the e-mail, external id or phone number is taken."""
        return await self._sender.call("create_end_user", maybe(EndUser), form=new.model_dump())

    async def get_end_user(self, person: Person) -> EndUser:
        """One person, however named. Raises NotFound, and BadAnswer if Wootric answers with somebody else."""
        if person.kind == "phone":
            return await self.get_end_user_by_phone(person.value)
        lookup = {"email": "lookup_by_email", "external_id": "lookup_by_external_id"}.get(person.kind)
        found = await self._sender.call(
            "get_end_user",
            one(EndUser),
            path={"end_user_id": person.value},
            query={lookup: True} if lookup else {},
        )
        return _same(person, found)

    async def update_end_user(self, person: Person, change: EndUserChange) -> PropertyUpdate:
        """Change a person. Properties are read, merged and sent as a union.

        Whether Wootric merges or replaces properties is not documented; the union is right either way, unless
        somebody else changes them between the reading and the writing.
        """
        before = await self.get_end_user(person)
        fields = change.model_dump(exclude={"properties", "clear"}, exclude_none=True)
        form: dict[str, object] = {**fields, **dict.fromkeys(sorted(change.clear), "")}
        given = change.properties
        if given:
            form["properties"] = _union(before.properties, given)
        after = await self._sender.call(
            "update_end_user", maybe(EndUser), path={"end_user_id": before.id}, form=form
        )
        changed = (key for key, new in given.items() if str(before.properties.get(key)) != str(new))
        return PropertyUpdate(after, tuple(changed), tuple(name for name in form if name != "properties"))

    async def delete_end_user(self, person: Person) -> EndUser | None:
        """Have a person deleted: Wootric removes them the following day at 07:00 UTC.

        The shared anonymous user is deleted only if named so (InvalidRequest otherwise).
        """
        found = await self.get_end_user(person)
        if (found.email or "").casefold() == ANONYMOUS.casefold() and not person.names_anonymous:
            raise InvalidRequest(
                f"{person} is the anonymous user that all unidentified visitors share.",
                f"To delete that user, name it {ANONYMOUS}.",
            )
        return await self._sender.call("delete_end_user", maybe(EndUser), path={"end_user_id": found.id})

    async def get_end_user_by_phone(self, phone: str) -> EndUser:
        """One person by phone number with country code. Raises NotFound."""
        number = phone_number(phone)
        found = await self._sender.call("get_end_user_by_phone", one(EndUser), path={"phone_number": number})
        return _same(Person("phone", number), found)

    async def export_end_user_data(self, person: Person) -> None:
        """Have a person's data mailed to the account's own user."""
        path = {"end_user_id": await self.identify(person)}
        await self._sender.call("export_end_user_data", nothing, path=path)

    async def list_responses(
        self,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        updated: Bounds | None = None,
        excluded_from_calculations: bool | None = None,
        sort_key: SortKey | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[Response]:
        """One page of responses, newest first. Wootric documents `updated` for end users only."""
        query = _listing(page, per_page, created, updated, sort_key, sort_order)
        query["excluded_from_calculations"] = excluded_from_calculations
        return await self._sender.call("list_responses", many(Response), query=query)

    async def update_response(self, response_id: int, change: ResponseChange) -> None:
        """Change a response's flags or replace its snapshot (FeatureOff where the account lacks that)."""
        form: dict[str, object] = change.model_dump(exclude={"properties"})
        form["end_user"] = {"properties": change.properties}
        await self._sender.call("update_response", nothing, path={"response_id": response_id}, form=form)

    async def list_end_user_responses(
        self,
        person: Person,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        updated: Bounds | None = None,
        excluded_from_calculations: bool | None = None,
        sort_key: SortKey | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[Response]:
        """One page of a person's responses, newest first."""
        path = {"end_user_id": await self.identify(person)}
        query = _listing(page, per_page, created, updated, sort_key, sort_order)
        query["excluded_from_calculations"] = excluded_from_calculations
        return await self._sender.call("list_end_user_responses", many(Response), path=path, query=query)

    async def create_response(self, person: Person, new: ResponseInput) -> Response | None:
        """Record a response. Its properties are merged into the person's profile, as in `update_end_user`."""
        end_user_id, properties = await self._profile(person, new.properties)
        form = new.model_dump(exclude={"properties", "channel", "language"})
        form["survey"] = {"channel": new.channel, "language": new.language}
        form["end_user"] = {"properties": properties}
        return await self._sender.call(
            "create_response", maybe(Response), path={"end_user_id": end_user_id}, form=form
        )

    async def get_end_user_response(self, person: Person, response_id: int) -> Response:
        """One response of a person. Raises NotFound."""
        path = {"end_user_id": await self.identify(person), "response_id": response_id}
        return await self._sender.call("get_end_user_response", one(Response), path=path)

    async def delete_response(self, person: Person, response_id: int) -> bool:
        """Delete a response at once. False: Wootric knows no such response of this person (any more)."""
        path = {"end_user_id": await self.identify(person), "response_id": response_id}
        return await self._delete("delete_response", path)

    async def list_promoter_responses(
        self,
        person: Person,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[Response]:
        """One page of a person's responses with a score of 9 or 10."""
        return await self._bucket("promoter", person, page, per_page, created, sort_order)

    async def list_passive_responses(
        self,
        person: Person,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[Response]:
        """One page of a person's responses with a score of 7 or 8."""
        return await self._bucket("passive", person, page, per_page, created, sort_order)

    async def list_detractor_responses(
        self,
        person: Person,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[Response]:
        """One page of a person's responses with a score of 0 to 6."""
        return await self._bucket("detractor", person, page, per_page, created, sort_order)

    async def list_declines(
        self,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        updated: Bounds | None = None,
        sort_key: SortKey | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[Decline]:
        """One page of declines, newest first."""
        query = _listing(page, per_page, created, updated, sort_key, sort_order)
        return await self._sender.call("list_declines", many(Decline), query=query)

    async def list_end_user_declines(
        self,
        person: Person,
        *,
        page: int = 1,
        per_page: int = MAX_PER_PAGE,
        created: Bounds | None = None,
        updated: Bounds | None = None,
        sort_key: SortKey | None = None,
        sort_order: SortOrder | None = None,
    ) -> list[Decline]:
        """One page of a person's declines, newest first."""
        path = {"end_user_id": await self.identify(person)}
        query = _listing(page, per_page, created, updated, sort_key, sort_order)
        return await self._sender.call("list_end_user_declines", many(Decline), path=path, query=query)

    async def create_decline(self, person: Person, new: DeclineInput) -> Decline | None:
        """Record a decline. Its properties are merged into the person's profile, as in `update_end_user`."""
        end_user_id, properties = await self._profile(person, new.properties)
        form = new.model_dump(exclude={"properties"}) | {"end_user": {"properties": properties}}
        return await self._sender.call(
            "create_decline", maybe(Decline), path={"end_user_id": end_user_id}, form=form
        )

    async def get_end_user_decline(self, person: Person, decline_id: int) -> Decline:
        """One decline of a person. Raises NotFound."""
        path = {"end_user_id": await self.identify(person), "decline_id": decline_id}
        return await self._sender.call("get_end_user_decline", one(Decline), path=path)

    async def delete_decline(self, person: Person, decline_id: int) -> bool:
        """Delete a decline at once. False: Wootric knows no such decline of this person (any more)."""
        path = {"end_user_id": await self.identify(person), "decline_id": decline_id}
        return await self._delete("delete_decline", path)

    async def update_decline(self, decline_id: int, properties: Mapping[str, Any]) -> None:
        """Replace the snapshot stored with a decline (FeatureOff where the account lacks that)."""
        form = {"end_user": {"properties": properties}}
        await self._sender.call("update_decline", nothing, path={"decline_id": decline_id}, form=form)

    async def get_end_user_settings(self, person: Person) -> EndUserSettings:
        """Whether a person may be surveyed, by channel."""
        path = {"end_user_id": await self.identify(person)}
        return await self._sender.call("get_end_user_settings", one(EndUserSettings), path=path)

    async def update_end_user_settings(
        self, person: Person, change: SettingsChange
    ) -> EndUserSettings | None:
        """Change whether a person may be surveyed; what is not given stays."""
        path = {"end_user_id": await self.identify(person)}
        return await self._sender.call(
            "update_end_user_settings", maybe(EndUserSettings), path=path, form=change.model_dump()
        )

    async def get_nps_summary(self, *, start: date | None = None, end: date | None = None) -> NpsSummary:
        """Score and counts of a period in the account's time zone, both days included; default: a month."""
        query = {"date": _dates(start, end, "start", "end")}
        return await self._sender.call("get_nps_summary", one(NpsSummary), query=query)

    async def list_segments(self) -> list[Segment]:
        """The property keys in use."""
        return await self._sender.call("list_segments", many(Segment))

    async def list_survey_templates(self) -> SurveyTemplates:
        """The survey templates and which is the default."""
        return await self._sender.call("list_survey_templates", one(SurveyTemplates))

    async def send_email_survey(self, survey: EmailSurvey) -> None:
        """Mail a survey to up to 100 addresses; unknown ones become end users."""
        form = survey.model_dump(exclude={"properties"})
        form["end_user"] = {"properties": survey.properties}
        await self._sender.call("send_email_survey", nothing, form=form)

    async def send_email_survey_csv(self, survey: EmailSurveyCsv) -> None:
        """Mail a survey to the rows of a CSV file, uploaded as a multipart form."""
        await self._sender.call(
            "send_email_survey_csv",
            nothing,
            form=survey.model_dump(exclude={"csv", "file_name"}),
            file=("csv", survey.file_name, survey.csv),
        )

    async def get_email_stats(self, *, start: date | None = None, end: date | None = None) -> EmailStats:
        """Statistics of e-mail surveys; kept for 13 months."""
        query = {"date_range": _dates(start, end, "start_date", "end_date")}
        return await self._sender.call("get_email_stats", one(EmailStats), query=query)

    async def get_email_stats_sources(self) -> EmailStatsSources:
        """What e-mails came from: ongoing sources and single CSV sends."""
        return await self._sender.call("get_email_stats_sources", one(EmailStatsSources))

    async def generate_bounce_report(
        self, *, start: date | None = None, end: date | None = None, source: str | None = None
    ) -> None:
        """Have a bounce report mailed to the token's user.

        `source` is `email_api`, `webhook_trigger` or the id of a send.
        """
        form = {"date_range": _dates(start, end, "start_date", "end_date"), "source": source}
        await self._sender.call("generate_bounce_report", nothing, form=form)

    async def identify(self, person: Person) -> int:
        """The Wootric id of a person; one request unless the id is what was given."""
        return int(person.value) if person.kind == "id" else (await self.get_end_user(person)).id

    async def _profile(
        self, person: Person, given: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, object] | None]:
        """A person's id and, if properties are given, the union of theirs with those."""
        if not given:
            return await self.identify(person), None
        found = await self.get_end_user(person)
        return found.id, _union(found.properties, given)

    async def _bucket(
        self,
        category: Category,
        person: Person,
        page: int,
        per_page: int,
        created: Bounds | None,
        sort_order: SortOrder | None,
    ) -> list[Response]:
        path = {"end_user_id": await self.identify(person)}
        query = _listing(page, per_page, created, None, None, sort_order)
        return await self._sender.call(_BY_CATEGORY[category], many(Response), path=path, query=query)

    async def _delete(self, operation_id: str, path: Mapping[str, int]) -> bool:
        try:
            await self._sender.call(operation_id, nothing, path=path)
        except NotFound:
            return False
        return True


def _listing(
    page: int,
    per_page: int,
    created: Bounds | None,
    updated: Bounds | None,
    sort_key: SortKey | None,
    sort_order: SortOrder | None,
) -> dict[str, object]:
    for name, value, most in (("page", page, MAX_PAGE), ("per_page", per_page, MAX_PER_PAGE)):
        if not 1 <= value <= most:
            raise InvalidRequest(f"{name} is {value}.", f"Give a number from 1 to {most}.")
    return {
        "page": page,
        "per_page": per_page,
        "created": created.operators() if created else None,
        "updated": updated.operators() if updated else None,
        "sort_key": sort_key,
        "sort_order": sort_order,
    }


def _dates(start: date | None, end: date | None, first: str, last: str) -> dict[str, date | None]:
    if start and end and start > end:
        raise InvalidRequest(f"The period ends ({end}) before it begins ({start}).", "Swap the dates.")
    return {first: start, last: end}


def _union(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, object]:
    """All old properties with the new ones over them, in the forms that Wootric takes.

    A null cannot be sent in a form. A list is sent joined by commas, as `_array` properties are.
    """
    kept = {key: value for key, value in old.items() if value is not None}
    joined = {
        key: ",".join(map(str, value)) if isinstance(value, list) else value for key, value in kept.items()
    }
    return {**joined, **new}


def _same(person: Person, found: EndUser) -> EndUser:
    """Make sure that the answer is about the person asked for; whatever is done next would hit another."""
    asked, answered = {
        "id": (person.value, str(found.id)),
        "email": (person.value.casefold(), (found.email or "").casefold()),
        "external_id": (person.value, found.external_id),
        "phone": (
            person.value,
            found.phone_number and "+" + "".join(filter(str.isdigit, found.phone_number)),
        ),
    }[person.kind]
    if asked != answered:
        error = BadAnswer(
            f"Wootric answered the lookup of {person} with another person (id {found.id}).",
            "Name the person by id.",
        )
        error.may_have_changed = False
        raise error
    return found
