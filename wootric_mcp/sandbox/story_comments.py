"""What each respondent of the story writes, and a record of what every comment is about."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from .story_calendar import Calendar, day_of
from .story_cast import Cast, Person
from .story_plan import CRASHES, NOTHING, Event, Plot
from .story_writer import COMPLAINT, PRAISE, Statement, Writer, read_texts, variant

WAVE_TOPIC: Final = "mobile crashes since the update"
"""The sentences about crashes that name the update which brought them."""

_COMMENT_RATE: Final = {"detractor": 0.76, "passive": 0.54, "promoter": 0.58}
_WAVE_COMMENT_RATE: Final = 0.88
_PLANT_EVERY: Final = 3


@dataclass(slots=True)
class Notes:
    """What is known of the comments, by response id."""

    topics: dict[int, dict[str, int]] = field(default_factory=dict)
    languages: dict[int, str] = field(default_factory=dict)
    hostile: list[dict[str, Any]] = field(default_factory=list)
    personal: list[dict[str, Any]] = field(default_factory=list)
    duplicates: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plant:
    """A comment that has to be written by some English-speaking detractor from a day on."""

    due: date
    what: str
    entry: dict[str, Any]


class Commenter:
    """Decides who comments, on what and in which words; keeps notes of it."""

    def __init__(self, calendar: Calendar, plot: Plot, cast: Cast, rng: Random) -> None:
        self._plot = plot
        self._cast = cast
        self._rng = rng
        self._writer = Writer(rng)
        planted = read_texts("planted")
        self._staff: list[str] = planted["staff"]
        self._plants = deque(_plants(calendar, planted))
        self._detractors = 0
        self.notes = Notes()

    def comment(self, response_id: int, event: Event, person: Person) -> str | None:
        """What that person adds to the score, if anything."""
        rng = self._rng
        if event.kind == "staff":
            return rng.choice(self._staff) if rng.random() < 0.7 else None
        rate = _WAVE_COMMENT_RATE if event.kind == "wave" else _COMMENT_RATE[event.category]
        if rng.random() >= rate:
            return None
        if person.language == "en" and event.category == "detractor" and (plant := self._due(event)):
            return self._planted(plant, response_id, event, person)
        return self._written(response_id, event, person)

    def tags(self, response_id: int) -> tuple[str, ...]:
        """The names under which the account would file the comment."""
        return tuple(sorted({self._writer.tag(topic) for topic in self.notes.topics.get(response_id, ())}))

    def _written(self, response_id: int, event: Event, person: Person) -> str:
        statements = self._statements(event)
        self._note(response_id, statements)
        if person.language != "en":
            self.notes.languages[response_id] = person.language
        elif event.kind == "wave":
            crash = (CRASHES, COMPLAINT)
            statements = [(WAVE_TOPIC, COMPLAINT) if one == crash else one for one in statements]
        return self._writer.comment(person.language, event.category, statements)

    def _planted(self, plant: Plant, response_id: int, event: Event, person: Person) -> str:
        entry, notes = plant.entry, self.notes
        if plant.what == "personal":
            value = (
                person.email if person.email and self._rng.random() < 0.5 else self._cast.colleague(person)
            )
            if entry["kind"] == "phone":
                value = self._cast.phone(event.region)
            notes.personal.append({"id": response_id, "kind": entry["kind"], "value": value})
            start = self._written(response_id, event, person).rstrip(".")
            return f"{start}. {entry['text'].format(email=value, phone=value)}"
        self._note(response_id, [(topic, COMPLAINT) for topic in entry["topics"]])
        text: str = entry["text"]
        if plant.what == "hostile":
            notes.hostile.append({"id": response_id, "kind": entry["kind"]})
            return text
        group = notes.duplicates.setdefault(text, [])
        group.append(response_id)
        return variant(text, len(group) - 1)

    def _due(self, event: Event) -> Plant | None:
        self._detractors += 1
        if self._detractors % _PLANT_EVERY or not self._plants or self._plants[0].due > day_of(event.at):
            return None
        return self._plants.popleft()

    def _note(self, response_id: int, statements: list[Statement]) -> None:
        if statements:
            self.notes.topics[response_id] = dict(statements)

    def _statements(self, event: Event) -> list[Statement]:
        """One or two statements, at most one on a topic; none for a remark about nothing in particular."""
        draw = self._rng.random()
        if event.kind == "wave":
            crash = (CRASHES, COMPLAINT)
            if event.category != "detractor":
                return self._distinct(self._praise(), crash)
            return self._distinct(crash, self._complaint(event)) if draw < 0.25 else [crash]
        if event.category == "detractor":
            if draw < 0.2:
                return self._distinct(self._complaint(event), self._complaint(event))
            if draw < 0.35:
                return self._distinct(self._complaint(event), self._praise())
            return self._distinct(self._complaint(event))
        if event.category == "passive":
            if draw < 0.5:
                return self._distinct(self._praise(), self._complaint(event))
            return self._distinct(self._complaint(event) if draw < 0.75 else self._praise())
        if draw < 0.22:
            return self._distinct(self._praise(), self._praise())
        if draw < 0.30:
            return self._distinct(self._praise(), self._complaint(event))
        return self._distinct(self._praise())

    def _complaint(self, event: Event) -> Statement:
        return self._plot.complaint(day_of(event.at), event.plan), COMPLAINT

    def _praise(self) -> Statement:
        return self._plot.praise(), PRAISE

    @staticmethod
    def _distinct(*statements: Statement) -> list[Statement]:
        by_topic: dict[str, int] = {}
        for topic, stance in statements:
            if topic != NOTHING:
                by_topic.setdefault(topic, stance)
        return list(by_topic.items())


def _plants(calendar: Calendar, planted: dict[str, Any]) -> list[Plant]:
    """Everything to be planted: copied complaints and personal data through the year, the worst last week."""
    groups, personal = planted["duplicates"], planted["personal"]
    plants = []
    for n, group in enumerate(groups[:-1]):
        week = calendar.start + timedelta(weeks=28 + 6 * n)
        plants += [Plant(week, "duplicate", group)] * (4 + n % 4)
    for n in range(12):
        week = calendar.start + timedelta(weeks=10 + 5 * n)
        plants.append(Plant(week, "personal", personal[n % len(personal)]))
    last = [Plant(calendar.last_week, "hostile", entry) for entry in planted["hostile"]]
    last += [Plant(calendar.last_week, "personal", entry) for entry in personal]
    for _ in range(8):
        last.append(Plant(calendar.last_week, "duplicate", groups[-1]))
    return sorted(plants, key=lambda plant: plant.due) + last[::2] + last[1::2]
