"""Tools for e-mail surveys: sending them, and how the sent ones fared."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context, Resolve
from mcp.types import CallToolResult
from pydantic import Field, WithJsonSchema

from wootric_mcp.guard.confirmation import Effect
from wootric_mcp.operations import Risk
from wootric_mcp.shield.fields import shown_name
from wootric_mcp.tools import answers, drafts, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.csv_files import LARGEST
from wootric_mcp.tools.parameters import IdText, PeriodText, Properties, given
from wootric_mcp.tools.recipients import question
from wootric_mcp.tools.registry import Toolset
from wootric_mcp.tools.running import before_writing
from wootric_mcp.tools.sending import send

if TYPE_CHECKING:
    from wootric_mcp.guard.eligibility import Eligibility

email_surveys = Toolset("email_surveys")

PlanId = Annotated[str, Field(description="From plan_email_survey; then nothing else")]
Immediately = Annotated[bool, Field(description="Skip Wootric's own rests and draw")]
Subject = Annotated[str, Field(description="With {{name}} placeholders")]
Intro = Annotated[str, Field(description="Above the question; {{name}} too")]
Sender = Annotated[str, Field(description="Name")]
ReplyTo = Annotated[str, Field(description="Address")]
Delay = Annotated[int, Field(description="Days", ge=0, le=31)]
Contexts = Annotated[
    list[dict[str, str]],
    WithJsonSchema({"type": "array", "items": {"type": "object"}}),
    Field(description='Values in the order of recipients: [{"module": "billing, search"}]'),
]
Settings = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object"}),
    Field(
        description="language, logo_url, audience_text, product_name; sampling {first_survey_delay, "
        "response_throttle, decline_throttle (days), registered_percent}; custom_messages {followup_text, "
        "prompt_text, each also detractor_…, passive_…, promoter_…}"
    ),
]
CsvSettings = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object"}),
    Field(description="As in send_email_survey; survey_template_id, no language"),
]


@before_writing
async def draft_email_survey(
    ctx: Context[App],
    plan: str,
    emails: list[str],
    external_ids: list[str],
    survey_immediately: bool,
    subject: str,
    intro: str,
    context: list[dict[str, str]],
    properties: dict[str, object],
    senders_name: str,
    reply_to_email: str,
    delay: int,
    survey_settings: dict[str, Any],
) -> Any:
    """The plan as it would be sent, with people read fresh."""
    message = given(
        subject=subject,
        intro=intro,
        properties=properties,
        senders_name=senders_name,
        reply_to_email=reply_to_email,
        delay=delay or "",
        survey_settings=survey_settings,
    )
    if plan:
        others = given(emails=emails, external_ids=external_ids, context=context, **message)
        return await drafts.of_plan(app_of(ctx), plan, others)
    rules: Eligibility = "ours" if survey_immediately else "wootric"
    return await drafts.of_addresses(app_of(ctx), emails, external_ids, context, message, rules)


@before_writing
async def draft_email_survey_csv(
    ctx: Context[App],
    plan: str,
    csv: str,
    file: str,
    survey_immediately: bool,
    subject: str,
    intro: str,
    context: list[dict[str, str]],
    senders_name: str,
    reply_to_email: str,
    custom_sender_email: str,
    delay: int,
    delivery_time: str,
    send_to_email_field: str,
    unique_identifier_field: str,
    survey_settings: dict[str, Any],
) -> Any:
    """The plan as it would be sent, with the file read."""
    message = given(
        subject=subject,
        intro=intro,
        context=context,
        senders_name=senders_name,
        reply_to_email=reply_to_email,
        custom_sender_email=custom_sender_email,
        delay=delay or "",
        delivery_time=delivery_time,
        send_to_email_field=send_to_email_field,
        unique_identifier_field=unique_identifier_field,
        survey_settings=survey_settings,
    )
    if plan:
        return await drafts.of_plan(app_of(ctx), plan, given(csv=csv, file=file, **message))
    rules: Eligibility = "ours" if survey_immediately else "wootric"
    return await drafts.of_csv(app_of(ctx), csv, file, message, rules)


@before_writing
async def ask_send_email_survey(
    ctx: Context[App], survey: Annotated[Any, Resolve(draft_email_survey)]
) -> Effect:
    """Ask before customers are mailed, showing whom and what."""
    return Effect(question(app_of(ctx), survey), Risk.OUTBOUND, mailed=len(survey.plan.people))


@before_writing
async def ask_send_email_survey_csv(
    ctx: Context[App], survey: Annotated[Any, Resolve(draft_email_survey_csv)]
) -> Effect:
    """Ask before customers are mailed, showing whom and what."""
    return Effect(question(app_of(ctx), survey), Risk.OUTBOUND, mailed=len(survey.plan.people))


@email_surveys.operation("Send e-mail survey", answers.FIGURES, asks=ask_send_email_survey)
async def send_email_survey(
    ctx: Context[App],
    survey: Annotated[Any, Resolve(draft_email_survey)],
    plan: PlanId = "",
    emails: Annotated[list[Annotated[str, IdText]], Field(description="Addresses, R-… aliases or ids")] = [],  # noqa: B006
    external_ids: Annotated[list[str], Field(description="One per address")] = [],  # noqa: B006
    survey_immediately: Immediately = False,
    subject: Subject = "",
    intro: Intro = "",
    context: Contexts = [],  # noqa: B006
    properties: Annotated[Properties, Field(description="Stored with everybody")] = {},  # noqa: B006
    senders_name: Sender = "",
    reply_to_email: ReplyTo = "",
    delay: Delay = 0,
    survey_settings: Settings = {},  # noqa: B006
) -> CallToolResult:
    """Mails a survey to customers, after a person confirmed whom and what. For a selection of people, or a
    template, call plan_email_survey first. Never repeat it after an unclear answer: it may have been sent."""
    return await send(app_of(ctx), survey)


@email_surveys.operation("Send e-mail survey from CSV", answers.FIGURES, asks=ask_send_email_survey_csv)
async def send_email_survey_csv(
    ctx: Context[App],
    survey: Annotated[Any, Resolve(draft_email_survey_csv)],
    plan: PlanId = "",
    csv: Annotated[
        str,
        Field(
            description="Text, at most 5,000 rows; first column email, others become properties; "
            "___context:name and ___language are special",
            max_length=LARGEST,
        ),
    ] = "",
    file: Annotated[str, Field(description="Or a name in WOOTRIC_CSV_DIR")] = "",
    survey_immediately: Immediately = False,
    subject: Subject = "",
    intro: Intro = "",
    context: Annotated[Contexts, Field(description="As in send_email_survey")] = [],  # noqa: B006
    senders_name: Sender = "",
    reply_to_email: ReplyTo = "",
    custom_sender_email: Annotated[str, Field(description="Sender's address")] = "",
    delay: Delay = 0,
    delivery_time: Annotated[str, Field(description="hh:mm, UTC")] = "",
    send_to_email_field: Annotated[str, Field(description="Column to mail to")] = "",
    unique_identifier_field: Annotated[str, Field(description="Column of identity")] = "",
    survey_settings: CsvSettings = {},  # noqa: B006
) -> CallToolResult:
    """Mails a survey to the customers in a CSV, after a person confirmed whom and what."""
    return await send(app_of(ctx), survey)


@email_surveys.operation("Get e-mail statistics", answers.RECORD)
async def get_email_stats(ctx: Context[App], period: PeriodText = "") -> CallToolResult:
    """Shows how many e-mail surveys were requested, sent, delivered, opened and answered in a period (without
    one: the last 13 months), and how many were left out."""
    app = app_of(ctx)
    start, end, label = _dates(app, period)
    stats = await app.client().get_email_stats(start=start, end=end)
    title = f"E-mail survey statistics by Wootric; {label}. As of {shapes.local(app, app.now())}."
    found = stats.model_dump(exclude_none=True)
    # The figures stand two levels deep on the wire.
    flat = found.pop("email_stats", {})
    counts = flat.pop("raw_results", {})
    return answers.record(title, {**flat, **counts, **found})


@email_surveys.operation("List e-mail survey sources", answers.ROWS)
async def get_email_stats_sources(ctx: Context[App]) -> CallToolResult:
    """Lists where e-mail surveys came from: the ongoing sources, and each CSV that was sent. The ids are what
    generate_bounce_report takes as source."""
    found = await app_of(ctx).client().get_email_stats_sources()
    table: list[list[object]] = [[shown_name(item.id), shown_name(item.name), None] for item in found.ongoing]
    table += [[item.id, shown_name(item.name), item.date and shown_name(item.date)] for item in found.sends]
    return answers.rows(
        f"{answers.counted(len(table), 'source')} of e-mail surveys.", ("id", "name", "date"), table
    )


@email_surveys.operation("Generate bounce report", answers.OUTCOME)
async def generate_bounce_report(
    ctx: Context[App],
    period: PeriodText = "",
    source: Annotated[str, IdText, Field(description="email_api, webhook_trigger or a send's id")] = "",
) -> CallToolResult:
    """Has Wootric mail the account's own user a list of the addresses that bounced. Customers get no mail."""
    app = app_of(ctx)
    start, end, label = _dates(app, period)
    await app.client().generate_bounce_report(start=start, end=end, source=source or None)
    return answers.outcome(f"Bounce report requested ({label}). Wootric mails it to the account's own user.")


def _dates(app: App, period: str) -> tuple[date | None, date | None, str]:
    if not period:
        return None, None, "Wootric's default range"
    chosen = app.period(period)
    return chosen.first, chosen.last, chosen.label
