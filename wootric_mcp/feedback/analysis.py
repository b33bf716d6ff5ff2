"""The score of a period and how it differs: over time, by a property, from another period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from wootric_mcp.feedback.budget import DEFAULT
from wootric_mcp.feedback.change import Difference, Effects, Sample, Split, difference, judged, split
from wootric_mcp.feedback.interval import Interval, Stretch, stretches
from wootric_mcp.feedback.period import beginning
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.score import Score, SurveyType
from wootric_mcp.feedback.selection import Selection, property_of
from wootric_mcp.feedback.tally import Sums, Tally, affordable

MOST_GROUPS = 12
"""Groups told one by one in an answer of the usual length, the largest; the others are one."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the period: its score, and how much that differs from the stretch before."""

    stretch: Stretch
    score: Score
    difference: Difference | None
    """None for the first, and for one of which only a part is there, or next to such a one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Responses of people who share the value of a property, or the smaller of such groups together."""

    name: str | None
    """The value, foreign text; None for no value, or for several groups."""
    groups: int
    """1, or how many smaller groups these are."""
    score: Score
    before: Score | None
    """In the period compared with."""
    difference: Difference
    """From that score, or where no period is compared, from the score of everybody else."""
    effects: Effects | None
    """What the group adds to the change of the score of all."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The period compared with, and the change since."""

    receipt: Receipt
    responses: int
    score: Score
    difference: Difference
    in_both: int
    """People who scored in both periods."""
    split: Split | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """The score of a period and all that was tested about it."""

    receipt: Receipt
    selection: Selection
    survey_type: SurveyType
    group_by: str
    interval: Interval | None
    responses: int
    """Responses of people whom `selection.where` describes, without those excluded."""
    excluded: int
    score: Score
    counts: Mapping[int, int]
    """How often each score was given."""
    repeats: int
    """Responses in either period by people who had scored in it before."""
    compared: Compared | None
    steps: tuple[Step, ...]
    groups: tuple[Group, ...]
    """The largest first, the smaller ones together last."""
    tests: int
    """Differences tested together: all but that of the whole since another period and its rate."""
    property_names: tuple[str, ...]
    """If nobody has the properties asked for: those that occur. Foreign text."""


@dataclass
class _Side:
    """One of the two periods while its responses pass by."""

    tally: Tally
    groups: dict[str | None, Sums] = field(default_factory=dict)
    """By the value of the property in small letters, None without it."""
    spellings: dict[str | None, str] = field(default_factory=dict)
    stretches: dict[date, Sums] = field(default_factory=dict)
    """By first day."""
    names: Counter[str] = field(default_factory=Counter)
    """Names of properties, while nobody has had the one asked for."""


def analyze(
    records: Iterable[FeedbackRecord],
    *,
    receipt: Receipt,
    earlier: tuple[Iterable[FeedbackRecord], Receipt] | None = None,
    survey_type: SurveyType = "nps",
    selection: Selection = Selection(),  # noqa: B008 - frozen
    group_by: str = "",
    interval: Interval | None = None,
    shown: Callable[[str], str] = str,
    budget: int = DEFAULT,
) -> Analysis:
    """Compute a score and test how it differs.

    Args:
        records: The responses of the period, in any order.
        receipt: What they stand on.
        earlier: The same of the period to compare with, which has no response in common.
        survey_type: What the scores mean.
        selection: Only `where` is looked at.
        group_by: Name of an end-user property; "" for none.
        interval: What to cut the period into, if at all.
        shown: Makes the value of a property fit to show.
        budget: Length of the answer to be written, in tokens; a longer one has room for more groups.
    """
    read = _Reading(survey_type, selection, group_by, interval, lru_cache(maxsize=1 << 16)(shown))
    now = read.side(records, receipt)
    then = read.side(*earlier) if earlier else None
    sides = [side for side in (now, then) if side]
    names = _names(sides, group_by, shown)
    steps = _steps(now, interval, receipt, survey_type) if interval else []
    most = round(MOST_GROUPS * max(1.0, budget / DEFAULT))
    groups = _groups(now, then, survey_type, most) if group_by and not names else []
    compared = None
    if then and earlier:
        compared = _compared(now, then, earlier[1], survey_type, groups)
        if compared.split:
            groups = [
                (replace(group, effects=effects), pair)
                for (group, pair), effects in zip(groups, compared.split.groups, strict=True)
            ]
    return _judged(
        Analysis(
            receipt=receipt,
            selection=selection,
            survey_type=survey_type,
            group_by=group_by,
            interval=interval,
            responses=now.tally.responses,
            excluded=now.tally.excluded,
            score=now.tally.score,
            counts={score: n for score, n in now.tally.whole.counts.items() if score is not None},
            repeats=sum(side.tally.score.repeats for side in sides),
            compared=compared,
            steps=tuple(steps),
            groups=tuple(group for group, _ in groups),
            tests=0,
            property_names=names,
        )
    )


@dataclass(frozen=True)
class _Reading:
    survey_type: SurveyType
    selection: Selection
    group_by: str
    interval: Interval | None
    shown: Callable[[str], str]

    def side(self, records: Iterable[FeedbackRecord], receipt: Receipt) -> _Side:
        """Count the responses of one period."""
        side = _Side(Tally(self.selection, self.survey_type, self.shown))
        for record in side.tally.counted(records):
            if self.group_by:
                value = property_of(record.properties, self.group_by)
                written = "" if value is None else self.shown(str(value)).strip()
                name = written.casefold() or None
                side.groups.setdefault(name, Sums()).add(record, self.survey_type)
                side.spellings[name] = min(written, side.spellings.get(name, written))
                if name is None and len(side.groups) == 1:
                    side.names.update(record.properties.keys())
            if self.interval:
                day = record.created_at.astimezone(receipt.period.tz).date()
                first = beginning(day, self.interval)
                side.stretches.setdefault(first, Sums()).add(record, self.survey_type)
        return side


def _steps(side: _Side, interval: Interval, receipt: Receipt, survey_type: SurveyType) -> list[Step]:
    """The stretches in which somebody answered and those between them."""
    if not side.stretches:
        return []
    today = receipt.as_of.astimezone(receipt.period.tz).date()
    steps: list[Step] = []
    last: Sample | None = None
    for stretch in stretches(interval, receipt.period, min(side.stretches), max(side.stretches), today):
        sums = side.stretches.get(stretch.first, Sums())
        found = sums.sample(survey_type)
        is_whole = not stretch.state
        tested = difference(last, found) if last and is_whole else None
        steps.append(Step(stretch, sums.score(survey_type), tested))
        last = found if is_whole else None
    return steps


_Pair = tuple[Sample, Sample]


def _groups(now: _Side, then: _Side | None, survey_type: SurveyType, most: int) -> list[tuple[Group, _Pair]]:
    """The largest groups and the others together, each with its samples before (or elsewhere) and now."""
    earlier = then.groups if then else {}
    spellings = [side.spellings for side in (now, then) if side]
    names = sorted(
        {*now.groups, *earlier},
        key=lambda name: (
            -sum(groups[name].answered for groups in (now.groups, earlier) if name in groups),
            name or "",
        ),
    )
    if len(names) <= most + 1:
        most = len(names)
    parts = [[name] for name in names[:most]] + ([names[most:]] if names[most:] else [])
    found = []
    for part in parts:
        sums = Sums.of(now.groups[name] for name in part if name in now.groups)
        if then:
            others = Sums.of(earlier[name] for name in part if name in earlier)
        else:
            others = Sums.of(each for name, each in now.groups.items() if name not in part)
        pair = others.sample(survey_type), sums.sample(survey_type)
        group = Group(
            name=min(each[part[0]] for each in spellings if part[0] in each) or None
            if len(part) == 1
            else None,
            groups=len(part),
            score=sums.score(survey_type),
            before=others.score(survey_type) if then else None,
            difference=difference(*pair),
            effects=None,
        )
        found.append((group, pair))
    return found


def _compared(
    now: _Side, then: _Side, receipt: Receipt, survey_type: SurveyType, groups: Sequence[tuple[Group, _Pair]]
) -> Compared:
    return Compared(
        receipt=receipt,
        responses=then.tally.responses,
        score=then.tally.whole.score(survey_type),
        difference=difference(then.tally.whole.sample(survey_type), now.tally.whole.sample(survey_type)),
        in_both=len(now.tally.whole.people & then.tally.whole.people),
        split=split([pair for _, pair in groups]) if len(groups) > 1 else None,
    )


def _judged(found: Analysis) -> Analysis:
    """The analysis with a verdict on each difference: that of the whole judged alone, and so the part of it
    that is no mix, all others together.

    So every answer about two periods says the same of the whole, however it is cut.
    """
    compared = found.compared
    tested = [step.difference for step in found.steps if step.difference]
    tested += [group.difference for group in found.groups]
    verdicts = iter(judged(tested, found.survey_type))
    steps = [replace(step, difference=next(verdicts)) if step.difference else step for step in found.steps]
    groups = [replace(group, difference=next(verdicts)) for group in found.groups]
    if compared:
        [whole] = judged([compared.difference], found.survey_type)
        compared = replace(compared, difference=whole)
        if compared.split:
            [rate] = judged([compared.split.rate], found.survey_type)
            compared = replace(compared, split=replace(compared.split, rate=rate))
    tests = sum(each.p is not None for each in tested)
    return replace(found, steps=tuple(steps), groups=tuple(groups), compared=compared, tests=tests)


def _names(sides: Sequence[_Side], group_by: str, shown: Callable[[str], str]) -> tuple[str, ...]:
    """Properties that occur, if nobody has those asked for."""
    if any(side.groups.keys() - {None} for side in sides):
        return ()
    if group_by and any(side.groups for side in sides):
        counted = sum((side.names for side in sides), Counter[str]())
        return affordable(Counter({shown(name): n for name, n in counted.items()}))
    return sides[0].tally.property_names if sides else ()
