"""Whom a survey would be mailed to: read, sifted, and kept as a plan. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.exceptions import ToolError

from wootric_mcp.tools import answers, shapes

if TYPE_CHECKING:
    from wootric_mcp.api.models import EndUser
    from wootric_mcp.api.people import Person
    from wootric_mcp.guard.eligibility import Eligibility, Known, Reason, Throttle
    from wootric_mcp.guard.plans import Addressee, Plan
    from wootric_mcp.tools.app import App

NOBODY_MAILED = "Nobody was mailed."
LIVES = timedelta(hours=24)
# Addresses that are looked up where there is no time for all: each is a request of about 100 a minute.
_LOOKED_UP = 25
# Seconds of a call for reading declines.
_TIME_FOR_DECLINES = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody who is to be mailed, as they were named; an id is looked up, an address may be."""

    named: str
    person: Person
    addressee: Addressee
    """Its address is the one to mail where the person need not be looked up."""
    others: tuple[Person, ...] = ()
    """Who else it may be: an opt-out of any of them counts."""

    @property
    def everybody(self) -> tuple[Person, ...]:
        """All whose opt-outs count."""
        return (self.person, *self.others)


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and who is not in it."""

    plan: Plan
    users: Mapping[Person, EndUser | None]
    left_out: Mapping[Reason, tuple[str, ...]]
    """By reason, as they were named."""
    strangers: int = 0
    """People who are not in Wootric yet."""
    unchecked: int = 0
    """People who were not looked up: Wootric, by whose rules they are mailed, heeds their opt-outs itself."""

    def user_of(self, one: Addressee) -> EndUser | None:
        """What Wootric knows of somebody in the plan."""
        return next((user for user in self.users.values() if user and user.id == one.end_user_id), None)

    def summary(self) -> str:
        """Who is left out, in figures; empty if nobody is."""
        return "; ".join(f"{reason.value}: {len(named):,}" for reason, named in self.left_out.items())


async def planned(
    app: App,
    wanted: Sequence[Wanted],
    plan: Plan,
    *,
    look_up_all: bool = True,
    fresh: bool = False,
    placeholders: Sequence[str] = (),
    language_property: str = "",
    languages: Collection[str] = (),
) -> Planned:
    """The plan for those of the people who may be mailed.

    Args:
        app: The server.
        wanted: Everybody asked for.
        plan: Without people; with an id, which is then kept.
        look_up_all: Otherwise the first addresses only, who is named by an id and who is kept.
        fresh: Read those again who were looked up before.
        placeholders: To be filled with the people's properties of these names.
        language_property: The property with the language of each, which must be one of
        languages: those of the template; none: any.

    Raises:
        ToolError: the message is not allowed.
    """
    from wootric_mcp.guard import eligibility, message

    settings, now = app.settings, app.now().timestamp()
    by_id = [one for one in wanted if one.person.kind != "email"]
    by_address = [one for one in wanted if one.person.kind == "email"]
    looked_up = (*by_id, *(by_address if look_up_all else by_address[:_LOOKED_UP]))
    users = await app.directory.look_up(
        [person for one in looked_up for person in one.everybody],
        patience=max(app.patience - _TIME_FOR_DECLINES, app.patience / 2),
        fresh=fresh,
        if_kept=[person for one in by_address for person in one.everybody],
    )
    people = [
        _filled(one.addressee, users.get(one.person), placeholders, language_property) for one in wanted
    ]
    fillings = [one.values for one in people]
    if said := message.faults(plan.message, fillings, settings.send_domains):
        raise ToolError(f"{' '.join(said)} {NOBODY_MAILED}")
    throttle = throttle_of(plan)
    declined = await _declined(app, throttle) if plan.eligibility == "wootric" else {}
    known = [
        _known(
            one,
            person,
            users,
            declined,
            plan.eligibility,
            has_values=all(person.values.get(name) for name in placeholders)
            and (not language_property or person.language in (languages or {person.language} - {""})),
        )
        for one, person in zip(wanted, people, strict=True)
    ]
    ledger = await app.ledger()
    marks = [ledger.recipient(one.address or "", one.end_user_id) for one in people]
    mailed = await ledger.mailed(marks, plan=plan.id, since=now - settings.min_days_between * 86_400)
    most = settings.send_max_recipients
    if settings.send_max_per_day:
        most = min(most, max(settings.send_max_per_day - await ledger.mails_since(now - 86_400), 0))

    def sifted(mailed: set[Any], most: int) -> eligibility.Sifted:
        return eligibility.sift(
            known,
            eligibility=plan.eligibility,
            domains=settings.send_domains,
            throttle=throttle,
            mailed=[position for position, mark in enumerate(marks) if mark in mailed],
            most=most,
            now=now,
        )

    if not plan.id:
        # Of all who fit: it stays the same when some of them have been mailed, or are over the cap.
        fitting = sifted(set(), len(wanted)).kept
        plan = plan.identified([marks[position].address for position in fitting])
        # The same content goes out once, whatever the rest between mails.
        mailed |= await ledger.mailed(marks, plan=plan.id, since=now)
    result = sifted(mailed, most)
    return Planned(
        plan=replace(plan, people=tuple(people[position] for position in result.kept)),
        users=users,
        left_out={
            reason: tuple(wanted[position].named for position in positions)
            for reason, positions in result.left_out.items()
        },
        strangers=sum(1 for position in result.kept if _is_stranger(wanted[position], users)),
        unchecked=sum(1 for position in result.kept if not _is_looked_up(wanted[position], users)),
    )


def throttle_of(plan: Plan) -> Throttle:
    """Wootric's rests, as the survey overrides them."""
    from wootric_mcp.guard.eligibility import Throttle

    return replace(Throttle(), **(plan.message.get("survey_settings", {}).get("sampling") or {}))


def refuse_unless_anybody(found: Planned) -> None:
    """Raises ToolError if the plan is empty, with who was left out and why."""
    if not found.plan.people:
        whose = " of the people named" if found.left_out else ""
        raise ToolError(f"Nobody{whose} can be mailed: {found.summary() or 'nobody fits'}. {NOBODY_MAILED}")


def _filled(
    one: Addressee, user: EndUser | None, placeholders: Sequence[str], language_property: str
) -> Addressee:
    """The addressee with what Wootric knows of them."""
    from wootric_mcp.feedback.selection import property_of

    if user is None:
        return one
    values = {name: value for name in placeholders if (value := property_of(user.properties, name))}
    return replace(
        one,
        # A row that was handed over may name another address to mail.
        address=one.address if one.cells else _address(user) or "",
        end_user_id=user.id,
        values={**one.values, **{name: str(value) for name, value in values.items()}},
        language=str(property_of(user.properties, language_property) or "")
        if language_property
        else one.language,
    )


def _known(
    wanted: Wanted,
    one: Addressee,
    users: Mapping[Person, EndUser | None],
    declined: Mapping[int, float],
    eligibility: Eligibility,
    *,
    has_values: bool,
) -> Known:
    from wootric_mcp.guard.eligibility import Known

    # Whether Wootric heeds an opt-out where its rules are skipped is not documented.
    heeded = eligibility == "wootric" and wanted.person.kind == "email"
    known = Known(
        one.address or None,
        is_unread=not heeded and not _is_looked_up(wanted, users),
        opted_out=any(is_out(each) for person in wanted.everybody if (each := users.get(person))),
        has_values=has_values,
    )
    user = users.get(wanted.person)
    if user is None:
        return known
    since = user.external_created_at or user.created_at
    return replace(
        known,
        known_since=since.timestamp(),
        surveyed_at=user.last_surveyed.timestamp() if user.last_surveyed else None,
        declined_at=declined.get(user.id),
    )


def _is_looked_up(one: Wanted, users: Mapping[Person, EndUser | None]) -> bool:
    return all(person in users for person in one.everybody)


def _is_stranger(one: Wanted, users: Mapping[Person, EndUser | None]) -> bool:
    return one.person in users and users[one.person] is None


def _address(user: EndUser) -> str | None:
    """Where a survey would go. What an account's user wrote into the field may be no address at all."""
    from wootric_mcp.api.recipients import address

    try:
        return address((user.email or "").strip())
    except ValueError:
        return None


def is_out(user: EndUser) -> bool:
    """Whether somebody gets no e-mail surveys."""
    settings = user.settings
    return shapes.has_surveys_off(user) or (settings is not None and settings.email_nps is False)


async def _declined(app: App, throttle: Throttle) -> dict[int, float]:
    """When people last declined, as far as that counts and can be read in time."""
    latest: dict[int, float] = {}

    def take(batch: Sequence[Any]) -> None:
        for decline in batch:
            if decline.end_user_id is not None:
                at = decline.created_at.timestamp()
                latest[decline.end_user_id] = max(at, latest.get(decline.end_user_id, at))

    after = app.now() - timedelta(days=throttle.decline_throttle)
    await app.client().declines(take, after=after, patience=_TIME_FOR_DECLINES / 2)
    return latest


def people_named(app: App, named: Sequence[str]) -> list[Wanted]:
    """Who is meant by addresses, aliases and ids; several may stand in one text, with commas between.

    Raises:
        ToolError, InvalidRequest: somebody cannot be meant at all.
    """
    from wootric_mcp.guard.plans import Addressee

    parts = [part.strip() for entry in named for part in entry.split(",") if part.strip()]
    people = [app.person(name) for name in parts]
    return [
        Wanted(name, person, Addressee(_plausible(person)))
        for name, person in zip(parts, people, strict=True)
    ]


def _plausible(person: Person) -> str:
    from wootric_mcp.api.recipients import address

    try:
        return address(person.value) if person.kind == "email" else ""
    except ValueError:
        return ""


async def kept(app: App, plan_id: str) -> tuple[Plan, list[Wanted]]:
    """A plan that was kept, and who is in it.

    Raises:
        ToolError: there is none any more.
    """
    plan = await (await app.waiting_plans()).find(plan_id.strip(), now=app.now().timestamp())
    if plan is None:
        raise ToolError(
            f"There is no plan {answers.shown(plan_id, 40)!r}; plans are kept for 24 hours. Make one with "
            f"plan_email_survey. {NOBODY_MAILED}"
        )
    wanted = [
        Wanted(shapes.alias(app, one.end_user_id) or one.address, one.person, one) for one in plan.people
    ]
    return replace(plan, people=()), wanted


def message_of(given: Mapping[str, Any], eligibility: Eligibility) -> dict[str, Any]:
    """A message, checked; only what was given.

    Raises:
        InvalidRequest: every fault by name.
    """
    from wootric_mcp.api.inputs import SurveyMessage, checked

    whole = {**given, "survey_immediately": True} if eligibility == "ours" else dict(given)
    return checked(SurveyMessage, **whole).model_dump(exclude_none=True, exclude_defaults=True)
