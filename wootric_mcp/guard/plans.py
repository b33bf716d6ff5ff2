"""A survey that is to be mailed: to whom, with which content, and the requests that carry it. Pure."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from io import StringIO
from typing import Any, Self

from wootric_mcp.api.errors import InvalidRequest
from wootric_mcp.api.inputs import MAX_ADDRESSES, EmailSurvey, EmailSurveyCsv, checked
from wootric_mcp.api.people import Person
from wootric_mcp.api.recipients import MAX_ROWS
from wootric_mcp.guard.eligibility import Eligibility

CONTEXT, LANGUAGE = "___context:", "___language"
_CSV_ONLY = ("delivery_time", "custom_sender_email")
# What decides who is mailed, or is kept with the person, is no content.
_NO_CONTENT = ("survey_immediately", "properties", "send_to_email_field", "unique_identifier_field")


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody to be mailed. In a plan that is kept, `address` is empty where an id is known."""

    address: str
    end_user_id: int | None = None
    external_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of placeholders."""
    language: str = ""
    cells: tuple[str, ...] = ()
    """Their row of a CSV that was handed over."""

    @property
    def person(self) -> Person:
        """How to name them."""
        return Person("id", str(self.end_user_id)) if self.end_user_id else Person("email", self.address)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be mailed to whom."""

    message: Mapping[str, Any]
    """Fields of `SurveyMessage`, or those of `EmailSurveyCsv` that name columns; only what was given."""
    people: tuple[Addressee, ...]
    eligibility: Eligibility
    id: str = ""
    header: tuple[str, ...] = ()
    """Of a CSV that was handed over."""
    file_name: str = ""

    @property
    def uses_csv(self) -> bool:
        """Whether it goes through the endpoint for CSV."""
        template = self.message.get("survey_settings", {}).get("survey_template_id")
        return bool(
            self.header
            or template
            or any(self.message.get(name) for name in _CSV_ONLY)
            or any(one.language or "," in "".join(one.values.values()) for one in self.people)
        )

    def identified(self, marks: Sequence[str]) -> Self:
        """The same with its id: a hash of the recipients' marks, the content and the timing."""
        content = {name: value for name, value in self.message.items() if name not in _NO_CONTENT}
        settings = {k: v for k, v in content.pop("survey_settings", {}).items() if k != "sampling"}
        hashed = json.dumps([sorted(marks), content, settings], sort_keys=True, ensure_ascii=False)
        return replace(self, id=f"P-{hashlib.blake2b(hashed.encode(), digest_size=6).hexdigest()}")

    def to_json(self) -> str:
        """As it is kept."""
        people = [{**asdict(one), "address": "" if one.end_user_id else one.address} for one in self.people]
        return json.dumps({**asdict(self), "people": people})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """As it was kept."""
        kept = json.loads(text)
        people = tuple(Addressee(**{**one, "cells": tuple(one["cells"])}) for one in kept.pop("people"))
        return cls(**{**kept, "header": tuple(kept["header"])}, people=people)

    def parts(self) -> list[tuple[Addressee, ...]]:
        """The people of each request: 100 or, in a CSV, 5,000."""
        size = MAX_ROWS if self.uses_csv else MAX_ADDRESSES
        return [self.people[start : start + size] for start in range(0, len(self.people), size)]

    def survey(self, people: Sequence[Addressee]) -> EmailSurvey | EmailSurveyCsv:
        """The request for some of the people, at most as many as one can carry.

        Raises:
            InvalidRequest: neither endpoint can carry it; the text names what.
        """
        self._refuse_the_impossible()
        return self._as_csv(people) if self.uses_csv else self._as_list(people)

    def _refuse_the_impossible(self) -> None:
        settings = self.message.get("survey_settings", {})
        if not self.uses_csv or self.header:
            return
        why = "a template, time of day, sender's address or language of their own, which go through a CSV"
        impossible = []
        if any(one.external_id for one in self.people):
            impossible.append("external_ids")
        if (settings.get("language") or any(one.language for one in self.people)) and not settings.get(
            "survey_template_id"
        ):
            impossible.append("a language without survey_template_id")
        if impossible:
            raise InvalidRequest(
                f"Wootric cannot take {' and '.join(impossible)} together with {why}.",
                "Leave one of them out.",
            )

    def _as_list(self, people: Sequence[Addressee]) -> EmailSurvey:
        names = dict.fromkeys(name for one in people for name in one.values)
        context = [{name: ", ".join(one.values.get(name, "") for one in people)} for name in names]
        external_ids = [one.external_id for one in people] if any(one.external_id for one in people) else []
        return checked(
            EmailSurvey,
            emails=[one.address for one in people],
            external_ids=external_ids,
            context=context,
            **self.message,
        )

    def _as_csv(self, people: Sequence[Addressee]) -> EmailSurveyCsv:
        message = dict(self.message)
        if self.header:
            rows = [self.header, *(one.cells for one in people)]
        else:
            rows, message = self._rows(people, message)
        out = StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return checked(
            EmailSurveyCsv, csv=out.getvalue(), file_name=self.file_name or f"{self.id}.csv", **message
        )

    def _rows(
        self, people: Sequence[Addressee], message: dict[str, Any]
    ) -> tuple[list[tuple[str, ...]], dict[str, Any]]:
        """The rows of a CSV of our own, and the message without what stands in them."""
        properties = {name: str(value) for name, value in message.pop("properties", {}).items()}
        settings = dict(message.get("survey_settings", {}))
        language = settings.pop("language", "")
        names = list(dict.fromkeys(name for one in people for name in one.values))
        has_language = language or any(one.language for one in people)
        header = ("email", *((LANGUAGE,) if has_language else ()), *(f"{CONTEXT}{name}" for name in names))
        rows = [(*header, *properties)]
        for one in people:
            own = (one.language or language,) if has_language else ()
            rows.append(
                (one.address, *own, *(one.values.get(name, "") for name in names), *properties.values())
            )
        return rows, {**message, "survey_settings": settings} if settings else message
