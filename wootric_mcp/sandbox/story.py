"""A seeded account with a known truth: eighteen months of a growing software company, up to a given instant.

The same date tells the same story; later on that day it is the same with more at its end. What happens in it:
prices rise in one month and one plan minds; from another month on respondents come from other regions, which
moves the score although no region thinks otherwise; on the Monday of last week an update makes the mobile
app crash. Three comments of last week try to instruct an assistant. `truth` holds all of it in figures.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from .records import (
    AccountData,
    Channel,
    DeclineRow,
    EmailSendRow,
    ResponseRow,
    SendState,
    TemplateRow,
    segments_of,
)
from .story_calendar import DAY, HOUR, Calendar, epoch
from .story_cast import Cast, Person, signups
from .story_comments import Commenter
from .story_plan import CRASHES, Event, Plot
from .story_truth import truth_of

SEED: Final = "wootric-mcp story 1"
SITE: Final = "https://app.lumenfield.test"

_SETTLES: Final = 120
"""Seconds within which an answer gets its comment: nothing younger than this is in the account."""

_SCORES: Final = {
    "detractor": ((0, 1, 2, 3, 4, 5, 6), (13, 7, 10, 14, 14, 20, 22)),
    "passive": ((7, 8), (40, 60)),
    "promoter": ((9, 10), (42, 58)),
}
_CHANNELS: Final[tuple[Channel, ...]] = ("web", "email", "mobile:ios", "mobile:android")
_MOBILE: Final[tuple[Channel, ...]] = ("mobile:ios", "mobile:android")
_PAGES: Final = ("home", "projects", "reports", "billing", "settings", "tasks", "search", "export")
_NETWORKS: Final = ("192.0.2.", "198.51.100.", "203.0.113.")
_CAMPAIGNS: Final = (
    "q1_renewals.csv",
    "new_customers.csv",
    "q2_renewals.csv",
    "churn_risk.csv",
    "q3_renewals.csv",
)
_UNANSWERED_PER_ANSWER: Final = 2.4
_TEMPLATES: Final = (
    TemplateRow(
        id=4117,
        name="Relationship survey",
        default_language="en",
        languages=(
            ("en", "English"),
            ("de", "German"),
            ("es", "Spanish"),
            ("fr", "French"),
            ("ja", "Japanese"),
        ),
        is_default=True,
    ),
    TemplateRow(
        id=4392,
        name="After a support case",
        default_language="en",
        languages=(("en", "English"), ("nl", "Dutch")),
    ),
)


def build_story(now: datetime) -> AccountData:
    """The account as it is at `now`, which must be aware.

    Weeks and months are those of UTC; their counts hold in every zone where `now` lies in the same week.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone, for instance datetime.now(UTC)")
    calendar = Calendar(now.astimezone(UTC).date())
    teller = _Teller(calendar)
    teller.tell(until=int(now.timestamp()) - _SETTLES)
    data = teller.account()
    return replace(data, truth=truth_of(data, calendar, teller.notes, teller.anonymous_id))


def _random(concern: str) -> Random:
    """A source of its own for each concern, so that one does not disturb another."""
    return Random(f"{SEED} {concern}")  # noqa: S311 - a story, no secret


class _Teller:
    """Turns the events of the plot into rows; draws from each random source in order of time."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._cast = Cast(_random("cast"), epoch(calendar.start))
        self._plot = Plot(calendar, _random("plot"))
        self._commenter = Commenter(calendar, self._plot, self._cast, _random("comments"))
        self._rng = _random("details")
        self._mail = _Mail(calendar, self._cast, _random("mail"))
        self._responses: list[ResponseRow] = []
        self._declines: list[DeclineRow] = []
        self._response_id = 103_377_120
        self._decline_id = 48_810_277
        self._survey_id = 220_914_101
        self.notes = self._commenter.notes
        self.anonymous_id = self._cast.anonymous.id

    def tell(self, until: int) -> None:
        """Everything that happens before `until` (epoch seconds)."""
        for event in self._plot.events():
            if event.at >= until:
                return
            if event.kind == "signup":
                self._cast.newcomer(event.region, event.plan, event.at)
            elif event.kind == "decline":
                self._decline(event)
            else:
                self._respond(event)

    def account(self) -> AccountData:
        """What has been told so far, as an account without a truth."""
        end_users = tuple(signups(self._cast.people))
        return AccountData(
            end_users=end_users,
            responses=tuple(self._responses),
            declines=tuple(self._declines),
            segments=segments_of((user.created_at, user.properties) for user in end_users),
            templates=_TEMPLATES,
            email_sends=self._mail.rows(),
        )

    def _respond(self, event: Event) -> None:
        rng, at = self._rng, event.at
        anonymous = event.kind == "anonymous"
        person = self._cast.anonymous if anonymous else self._cast.take(event.region, event.plan, at)
        self._response_id += rng.randint(1, 60)
        number = self._response_id
        text = self._commenter.comment(number, event, person)
        channel = self._channel(event, person, number)
        if channel == "email":
            self._mail.answered(person, at)
        else:
            person.surveyed(at)
        tags = self._commenter.tags(number) if rng.random() < 0.4 else ()
        self._responses.append(
            ResponseRow(
                id=number,
                end_user_id=person.id,
                score=rng.choices(*_SCORES[event.category])[0],
                created_at=at,
                updated_at=at + (rng.randrange(5, 90) if text else 0),
                text=text,
                survey_id=self._survey(),
                completed=text is not None or rng.random() < 0.6,
                excluded=event.kind == "staff",
                ip_address=self._ip_address(channel),
                origin_url=self._page(channel),
                tags=tags,
                channel=channel,
                email=person.email,
                properties=person.properties,
            )
        )

    def _decline(self, event: Event) -> None:
        person = self._cast.take(event.region, event.plan, event.at)
        person.surveyed(event.at)
        self._decline_id += self._rng.randint(1, 12)
        self._declines.append(
            DeclineRow(
                id=self._decline_id,
                end_user_id=person.id,
                created_at=event.at,
                updated_at=event.at,
                survey_id=self._survey(),
                ip_address=self._ip_address("web"),
                origin_url=self._page("web"),
                properties=person.properties,
            )
        )
        if self._rng.random() < 0.03:
            person.settings["surveys_disabled_by_end_user"] = True
            self._cast.rest(person, event.region, event.plan)

    def _channel(self, event: Event, person: Person, number: int) -> Channel:
        on_phone = event.kind in ("wave", "anonymous") or CRASHES in self.notes.topics.get(number, ())
        if on_phone:
            return self._rng.choice(_MOBILE)
        channel = self._rng.choices(_CHANNELS, (52, 28, 11, 9))[0]
        return "web" if channel == "email" and not person.takes_email else channel

    def _survey(self) -> int | None:
        """The id of the survey that was shown; what came in through the API has none."""
        self._survey_id += self._rng.randint(1, 90)
        return self._survey_id if self._rng.random() < 0.97 else None

    def _ip_address(self, channel: Channel) -> str | None:
        draw = self._rng.random()
        if channel == "email" or draw < 0.1:
            return None
        if draw < 0.15:
            return f"2001:db8::{self._rng.randrange(1, 0xFFFF):x}"
        return f"{self._rng.choice(_NETWORKS)}{self._rng.randrange(1, 255)}"

    def _page(self, channel: Channel) -> str | None:
        return (
            f"{SITE}/{self._rng.choice(_PAGES)}" if channel == "web" and self._rng.random() < 0.96 else None
        )


class _Mail:
    """The e-mail surveys of the last thirteen months: those that were answered, and those that were not."""

    def __init__(self, calendar: Calendar, cast: Cast, rng: Random) -> None:
        self._since = epoch(calendar.month(13))
        self._campaigns = [
            (epoch(calendar.start + timedelta(weeks=24 + 12 * n)) + 15 * HOUR, str(31_870 + 211 * n), name)
            for n, name in enumerate(_CAMPAIGNS)
        ]
        self._cast = cast
        self._rng = rng
        self._sends: list[EmailSendRow] = []
        self._owed = 0.0

    def answered(self, person: Person, at: int) -> None:
        """One survey that `person` answered at `at`, and those to others who have not answered theirs."""
        requested = self._send(person, at, "delivered", opened=True, responded=True)
        person.surveyed(requested)
        person.updated_at = max(at, person.updated_at)
        self._owed += _UNANSWERED_PER_ANSWER
        while self._owed >= 1:
            self._owed -= 1
            self._unanswered(at)

    def rows(self) -> tuple[EmailSendRow, ...]:
        return tuple(sorted(self._sends, key=lambda row: (row.requested_at, row.id)))

    def _unanswered(self, at: int) -> None:
        rng = self._rng
        person = rng.choice(self._cast.people)
        if person.email is None or person is self._cast.anonymous or person.created_at > at - 4 * DAY:
            return
        if not person.takes_email or person.settings["surveys_disabled_by_end_user"]:
            self._send(person, at, "opted_out")
            return
        states: tuple[SendState, ...] = ("delivered", "bounced", "dropped", "not_eligible")
        state = rng.choices(states, (88, 2, 1, 9))[0]
        opened = state == "delivered" and rng.random() < 0.4
        spam = opened and rng.random() < 0.004
        requested = self._send(person, at, state, opened=opened, spam=spam)
        if state != "not_eligible":
            person.surveyed(requested)
        if spam or (opened and rng.random() < 0.05):
            person.settings["email_nps"] = False

    def _send(
        self,
        person: Person,
        at: int,
        state: SendState,
        *,
        opened: bool = False,
        responded: bool = False,
        spam: bool = False,
    ) -> int:
        """Notes one e-mail that was asked for some time before `at`; returns when that was."""
        rng = self._rng
        requested = at - rng.randrange(HOUR // 2, 3 * DAY)
        source, send_name = rng.choice(("email_api", "email_api", "webhook_trigger")), None
        for sent_at, number, name in self._campaigns:
            if sent_at < at < sent_at + 10 * DAY and person.created_at < sent_at:
                requested, source, send_name = sent_at, number, name
        if person.email is not None and requested >= self._since:
            self._sends.append(
                EmailSendRow(
                    id=9_114_000 + len(self._sends),
                    to=person.email,
                    source=source,
                    requested_at=requested,
                    state=state,
                    end_user_id=person.id,
                    send_name=send_name,
                    sent_at=None
                    if state in ("opted_out", "not_eligible")
                    else requested + rng.randrange(5, 400),
                    opened=opened,
                    responded=responded,
                    spam=spam,
                )
            )
        return requested
