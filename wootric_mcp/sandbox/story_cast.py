"""The people of the story: they join when somebody is needed whom nobody has asked for a while."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from .records import ANONYMOUS_EMAIL, EndUserRow, Properties, Settings, fresh_settings
from .story_calendar import DAY
from .story_writer import read_texts

PLANS: Final = ("Starter", "Team", "Business", "Enterprise")
RESURVEY_AFTER: Final = 54 * DAY
"""Least time between two surveys of one person."""

_LANGUAGES: Final = {
    "AMER": {"en": 93, "pt": 4, "es": 3},
    "EMEA": {"en": 72, "de": 9, "fr": 7, "es": 5, "it": 4, "nl": 3},
    "APAC": {"en": 85, "ja": 15},
}
_SEATS: Final = {"Starter": (1, 10), "Team": (8, 60), "Business": (40, 300), "Enterprise": (200, 3000)}
# Number ranges that the regulators of the US, the UK, Germany, France and Australia keep for fiction.
_PHONES: Final = {
    "AMER": tuple(f"+1{area}55501" for area in (202, 206, 212, 303, 312, 404, 415, 503, 617, 702)),
    "EMEA": ("+447700900", "+493023125", "+3319900"),
    "APAC": ("+6125550", "+6127010"),
}
_PHONE_DIGITS: Final = {"+3319900": 4, "+6125550": 4, "+6127010": 4, "+447700900": 3, "+493023125": 3}
_DOMAINS: Final = ("test", "example")
_FIRST_USER_ID: Final = 512_000_000


@dataclass(slots=True, eq=False)
class Person:
    """An end user while the story is being told."""

    id: int
    created_at: int
    email: str | None
    language: str = "en"
    phone: str | None = None
    external_id: str | None = None
    properties: Properties = field(default_factory=dict)
    external_created_at: int | None = None
    last_seen_at: int | None = None
    settings: Settings = field(default_factory=fresh_settings)
    free_at: int = 0
    last_surveyed: int | None = None
    updated_at: int = 0
    has_moved_up: bool = False

    @property
    def takes_email(self) -> bool:
        return self.email is not None and self.email != ANONYMOUS_EMAIL and self.settings["email_nps"] is True

    def surveyed(self, at: int) -> None:
        self.last_surveyed = max(at, self.last_surveyed or at)
        self.updated_at = max(at, self.updated_at)

    def row(self) -> EndUserRow:
        """The end user as the account holds it now; some have moved to a bigger plan since they answered."""
        properties = self.properties
        if self.has_moved_up and properties.get("plan") in PLANS[:-1]:
            bigger = PLANS[PLANS.index(str(properties["plan"])) + 1]
            properties = properties | {"plan": bigger}
        return EndUserRow(
            id=self.id,
            email=self.email,
            created_at=self.created_at,
            updated_at=max(self.created_at, self.updated_at),
            phone_number=self.phone,
            external_id=self.external_id,
            properties=properties,
            last_surveyed=self.last_surveyed,
            external_created_at=self.external_created_at,
            last_seen_at=self.last_seen_at,
            settings=self.settings,
        )


class Cast:
    """Everybody in the story; hands out a person of a region and plan who may be surveyed again."""

    def __init__(self, rng: Random, begins: int) -> None:
        self._rng = rng
        self._begins = begins
        self._names: dict[str, list[str]] = read_texts("people")
        self._ids: set[int] = set()
        self._taken: set[str] = set()
        self._waiting: defaultdict[tuple[str, str], deque[Person]] = defaultdict(deque)
        self.people: list[Person] = []
        self.anonymous = self._join(begins - 30 * DAY, ANONYMOUS_EMAIL)

    def take(self, region: str, plan: str, at: int) -> Person:
        """Somebody to survey at `at`; a new user if everybody like that was asked only recently."""
        waiting = self._waiting[region, plan]
        if waiting and waiting[0].free_at <= at:
            person = waiting.popleft()
        else:
            person = self.newcomer(region, plan, at - self._rng.randrange(20 * DAY, 160 * DAY))
        self._live_on(person, at)
        person.free_at = at + RESURVEY_AFTER + self._rng.randrange(14 * DAY)
        waiting.append(person)
        return person

    def rest(self, person: Person, region: str, plan: str) -> None:
        """Never surveys that person again."""
        self._waiting[region, plan].remove(person)

    def newcomer(self, region: str, plan: str, created_at: int) -> Person:
        """A new end user whom nobody has surveyed yet."""
        rng = self._rng
        languages = _LANGUAGES[region]
        phone_only = rng.random() < 0.03
        company = self._company()
        person = self._join(created_at, None if phone_only else self._email(company))
        person.language = rng.choices(list(languages), list(languages.values()))[0]
        if phone_only or rng.random() < 0.12:
            person.phone = self._new(lambda: self.phone(region))
        if rng.random() < 0.7:
            person.external_id = self._new(lambda: f"crm-{rng.randrange(10_000, 100_000)}")
        if rng.random() < 0.6:
            person.external_created_at = created_at - rng.randrange(200 * DAY)
        if rng.random() < 0.3:
            person.last_seen_at = created_at
        person.has_moved_up = rng.random() < 0.03
        person.properties = self._properties(region, plan, created_at)
        return person

    def colleague(self, person: Person) -> str:
        """An address, not an end user's, at the same company."""
        domain = (person.email or self._email(self._company())).partition("@")[2]
        return f"{self._rng.choice(self._names['first_names'])}.helpdesk@{domain}"

    def phone(self, region: str) -> str:
        """A phone number in E.164 from a range that is kept for fiction."""
        prefix = self._rng.choice(_PHONES[region])
        digits = _PHONE_DIGITS.get(prefix, 2)
        return f"{prefix}{self._rng.randrange(10**digits):0{digits}}"

    def _join(self, created_at: int, email: str | None) -> Person:
        number = _FIRST_USER_ID + created_at - self._begins + 200 * DAY
        while number in self._ids:
            number += 1
        self._ids.add(number)
        person = Person(number, created_at, email, updated_at=created_at)
        self.people.append(person)
        return person

    def _properties(self, region: str, plan: str, created_at: int) -> Properties:
        rng = self._rng
        if rng.random() < 0.01:
            return {}
        seats: int | str = rng.randint(*_SEATS[plan])
        if rng.random() < 0.08:
            seats = str(seats)  # as it comes out of a form
        properties: Properties = {
            "plan": plan,
            "region": region,
            "seats_amount": seats,
            "renewal_date": (created_at // DAY + rng.randrange(30, 366)) * DAY,
        }
        for name in ("plan", "region"):
            if rng.random() < 0.015:
                del properties[name]
        return properties

    def _live_on(self, person: Person, at: int) -> None:
        """Renews what has run out and adds seats now and then; older snapshots keep what they hold."""
        properties = person.properties
        if not properties:
            return
        renewal, seats = properties["renewal_date"], properties["seats_amount"]
        changes: Properties = {}
        while isinstance(renewal, int) and renewal < at:
            renewal += 365 * DAY
            changes["renewal_date"] = renewal
        if isinstance(seats, int) and self._rng.random() < 0.1:
            changes["seats_amount"] = seats + self._rng.randint(1, 8)
        if changes:
            person.properties = properties | changes
        if person.last_seen_at is not None:
            person.last_seen_at = at

    def _company(self) -> str:
        choice, names = self._rng.choice, self._names
        return f"{choice(names['company_heads'])}{choice(names['company_tails'])}.{choice(_DOMAINS)}"

    def _email(self, company: str) -> str:
        choice, names = self._rng.choice, self._names
        return self._new(lambda: f"{choice(names['first_names'])}.{choice(names['last_names'])}@{company}")

    def _new(self, make: Callable[[], str]) -> str:
        """What `make` makes, until it is something that nobody has yet."""
        while (value := make()) in self._taken:
            pass
        self._taken.add(value)
        return value


def signups(people: list[Person]) -> Iterator[EndUserRow]:
    """The rows of all people, in the order in which they joined."""
    for person in sorted(people, key=lambda one: (one.created_at, one.id)):
        yield person.row()
