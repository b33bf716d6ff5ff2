"""What changed since another period: the score, and of each theme the share and the contribution."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from wootric_mcp.feedback.asked import Asked
from wootric_mcp.feedback.change import Difference, difference, judged, share_change
from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.impact import Effects
from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.feedback.phrases import Corpus, ids_of, members_of
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.rows import Label, Told, told
from wootric_mcp.feedback.score import Score, SurveyType
from wootric_mcp.feedback.themes import Theme

_MOST_MOVED = 4
"""Rows and tags told only because their share changed, at most."""
_LEAST_TAGGED = 5
"""Comments of both periods with a tag from which on the tag is tested."""


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """How a theme changed since the period compared with."""

    before: int
    """Comments selected then that say it."""
    share: Difference
    """Of the share among people who commented, in points."""
    contribution: float | None
    """How much its contribution to the score changed, in points."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The period compared with, and the change of the score since."""

    receipt: Receipt
    responses: int
    comments: int
    """Those of the selection."""
    score: Score
    difference: Difference
    in_both: int
    """People who scored in both periods."""
    tests: int
    """Shares tested."""
    no_theme_adds: float | None
    """Change of that contribution."""
    no_comment_adds: float | None


class Comparison:
    """What was said in the period compared with, and the changes since.

    The change of the score is judged alone, so that every answer about two periods says the same of it.
    Judged together are the shares of all rows and tags, told or not, and those of the phrases told. A
    phrase was chosen from many for being frequent now, so its chance counts as often as there were to choose
    from (Bonferroni).
    """

    def __init__(
        self,
        now: Asked,
        asked: Told,
        then: Asked,
        receipt: Receipt,
        themes: Sequence[Theme],
        lexicon: Lexicon | None,
        survey_type: SurveyType,
    ) -> None:
        """
        Args:
            now: The period asked about.
            asked: What is told of its comments that are selected.
            then: The period compared with.
            receipt: What that stands on.
            themes: Those to be told of the period asked about, of which the phrases are looked for.
            lexicon: Tells rows.
            survey_type: What the scores mean.
        """
        phrases = [theme for theme in themes if theme.label is None]
        forms = [theme.form for theme in phrases]
        outside = Corpus(then.saying_of(then.others))
        self._now, self._asked, self._then, self._receipt = now, asked, then, receipt
        self._told, self._told_outside = told(then.selected, lexicon), told(outside, lexicon)
        self._said = {form: members_of(form, then.selected) for form in forms}
        self._said_outside = {form: members_of(form, outside) for form in forms}
        people = _voices(then.selected), _voices(now.selected)

        def share(said: Sequence[Comment], says: Sequence[Comment]) -> Difference:
            return share_change((_voices(said), people[0]), (_voices(says), people[1]))

        labels = sorted(
            label
            for label in {*asked, *self._told}
            if not label.is_tag or len(asked.get(label, ())) + len(self._told.get(label, ())) >= _LEAST_TAGGED
        )
        shares = [share(self._told.get(label, ()), asked.get(label, ())) for label in labels]
        for theme in phrases:
            one = share(self._said[theme.form], theme.members)
            shares.append(one if one.p is None else replace(one, p=min(1.0, one.p * theme.among)))
        score = difference(*(side.tally.whole.sample(survey_type) for side in (then, now)))
        self._tests = sum(each.p is not None for each in shares)
        [self._score] = judged([score], survey_type)
        verdicts = judged([], survey_type, shares)
        self._of_label = dict(zip(labels, verdicts, strict=False))
        self._of_phrase = dict(zip(forms, verdicts[len(labels) :], strict=True))

    def moved(self, themes: Sequence[Theme], known: Collection[Label]) -> list[Label]:
        """Further labels whose share changed beyond chance, or may have: the largest of either.

        Left out are those known, and tags of comments that mostly have a theme.
        """
        taken = [ids_of([*theme.members, *self._before(theme)]) for theme in themes]
        told = {theme.label for theme in themes}
        found = sorted(
            (one.verdict != "real", -abs(one.value), label)
            for label, one in self._of_label.items()
            if one.value is not None
            and one.verdict in ("real", "chance")
            and label not in told
            and label not in known
        )
        moved: list[Label] = []
        for *_, label in found:
            ids = ids_of([*self._asked.get(label, ()), *self._told.get(label, ())])
            if not label.is_tag or all(2 * len(ids & theme) < len(ids) for theme in taken):
                moved.append(label)
                taken.append(ids)
        return moved[:_MOST_MOVED]

    def of(self, themes: Sequence[Theme], now: Effects) -> tuple[Compared, list[ThemeChange]]:
        """The change of the score and of each theme, from the effects of these themes now."""
        then = self._then.effects([self._before(theme, outside=True) for theme in themes])
        compared = Compared(
            receipt=self._receipt,
            responses=self._then.tally.responses,
            comments=len(self._then.selected),
            score=self._then.tally.score,
            difference=self._score,
            in_both=len(self._now.tally.whole.people & self._then.tally.whole.people),
            tests=self._tests,
            no_theme_adds=_change(then.in_no_theme, now.in_no_theme),
            no_comment_adds=_change(then.no_comment, now.no_comment),
        )
        return compared, [
            ThemeChange(
                len(self._before(theme)),
                self._share(theme),
                _change(before.contribution, after.contribution),
            )
            for theme, before, after in zip(themes, then.themes, now.themes, strict=True)
        ]

    def _before(self, theme: Theme, *, outside: bool = False) -> list[Comment]:
        """The comments selected then that say it; with those outside the category, if they are wanted."""
        if theme.label:
            found, more = self._told.get(theme.label, []), self._told_outside.get(theme.label, [])
        else:
            found, more = self._said[theme.form], self._said_outside[theme.form]
        return [*found, *more] if outside else found

    def _share(self, theme: Theme) -> Difference:
        """The change of its share; one of a tag that is too rare is not judged."""
        if theme.label is None:
            return self._of_phrase[theme.form]
        return self._of_label.get(theme.label, Difference(None, None, None, None, 0))


def _change(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _voices(comments: Sequence[Comment]) -> int:
    """People behind comments, each response by nobody known taken for one."""
    people = [comment.record.end_user_id for comment in comments]
    return len({person for person in people if person is not None}) + people.count(None)
