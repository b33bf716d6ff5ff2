"""Accounts of any size to measure with: drawn by chance, the same each time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from wootric_mcp.sandbox.records import AccountData, DeclineRow, EndUserRow, ResponseRow
from wootric_mcp.sandbox.story import build_story

_ANSWERS_EACH = 5
"""Answers of one person, on average."""
_DECLINES = 10
"""Answers for each decline."""
_SETTLED = 3_600
"""Seconds for which nothing has come in."""


def account(
    responses: int, *, now: datetime, days: int = 730, seed: int = 1, texts: bool = True
) -> AccountData:
    """An account with that many responses, at random times of the last `days`, with people and declines.

    What is said, and by whom, is drawn from the story of the sandbox; without `texts` every answer is a bare
    score, which is made sooner.
    """
    draw = random.Random(seed)
    end = int(now.timestamp()) - _SETTLED
    start = int((now - timedelta(days)).timestamp())

    def moments(number: int) -> list[int]:
        return sorted(draw.randrange(start, end) for _ in range(number))

    people = [
        EndUserRow(1 + number, f"u{1 + number}@lumenfield.test", moment, moment)
        for number, moment in enumerate(moments(max(responses // _ANSWERS_EACH, 1)))
    ]
    told = build_story(now).responses if texts else [ResponseRow(0, 0, score, 0, 0) for score in range(11)]
    answers = [
        replace(
            draw.choice(told),
            id=100_001 + number,
            end_user_id=draw.choice(people).id,
            created_at=moment,
            updated_at=moment,
        )
        for number, moment in enumerate(moments(responses))
    ]
    declines = [
        DeclineRow(900_000_001 + number, draw.choice(people).id, moment, moment)
        for number, moment in enumerate(moments(responses // _DECLINES))
    ]
    return AccountData(tuple(people), tuple(answers), tuple(declines))
