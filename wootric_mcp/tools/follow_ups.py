"""`list_follow_ups`: unhappy people nobody has got back to, and the call that plans a survey for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from mcp.types import CallToolResult

from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.reading import Evidence, Progress, reading

if TYPE_CHECKING:
    from wootric_mcp.feedback.records import FeedbackRecord
    from wootric_mcp.tools.app import App

_COLUMNS = ("person", "response", "score", "answered", "comment", "reasons")
# Tokens of an answer that are not its rows.
_HEAD = 250


async def follow_ups(
    app: App,
    period: str,
    where: Mapping[str, Any],
    value_property: str,
    limit: int,
    *,
    progress: Progress,
) -> CallToolResult:
    """Detractors of a period without a later better score who were not mailed from here since."""
    from wootric_mcp.feedback.follow_ups import ranked, reasons, unhappy

    chosen, now, survey_type = app.period(period), app.now(), app.settings.survey_type
    with_properties = bool(where or value_property)

    def looked_through(evidence: Evidence) -> list[FeedbackRecord]:
        records = evidence.records(with_properties=with_properties)
        return unhappy(records, survey_type=survey_type, before=chosen.end, where=where)

    # Later answers count, too.
    until_now = f"since {chosen.first}" if chosen.first else "all"
    async with reading(app, until_now, progress=progress) as evidence:
        people = await anyio.to_thread.run_sync(looked_through, evidence)
    ids = [record.end_user_id for record in people if record.end_user_id is not None]
    mailed = await (await app.ledger()).mailed_people(ids)
    found = ranked(
        people,
        survey_type=survey_type,
        now=now,
        written_to=lambda record: mailed.get(record.end_user_id or 0, 0.0) > record.created_at.timestamp(),
        value_property=value_property,
    )
    table = [
        answers.shown(
            [
                shapes.alias(app, one.record.end_user_id),
                one.record.id,
                one.record.score,
                shapes.local(app, one.record.created_at),
                one.record.text or None,
                reasons(one, survey_type, now, value_property),
            ],
            answers.CONCISE,
        )
        for one in found[:limit]
    ]
    table = table[: answers.fitting(table, answers.LONGEST - _HEAD)]
    shown = f"{len(table):,} of {len(found):,}"
    said = [f"{shown} unhappy customers to get back to, the most pressing first; {chosen.label}."]
    if written := len(people) - len(found):
        said.append(f"Left out: {written:,} mailed from here since.")
    if value_property and not any(one.value is not None for one in found):
        said.append("Nobody has a number under value_property; list_segments tells the names.")
    if evidence.receipt.coverage:
        said.append(f"Incomplete: {evidence.receipt.coverage}")
    following = answers.next_call("plan_email_survey", people=[row[0] for row in table], eligibility="ours")
    return answers.rows(" ".join(said), _COLUMNS, table, following=following if table else "")
