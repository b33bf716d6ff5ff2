"""Tools for e-mail surveys: sending them, and how the sent ones fared."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context, Resolve
from mcp.types import CallToolResult
from pydantic import Field, WithJsonSchema

from wootric_mcp.guard.confirmation import Effect
from wootric_mcp.operations import Risk
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.csv_files import LARGEST, csv_of
from wootric_mcp.tools.parameters import IdText, PeriodText, Properties, given
from wootric_mcp.tools.recipients import outcome, question, recipients
from wootric_mcp.tools.registry import Toolset
from wootric_mcp.tools.running import before_writing

if TYPE_CHECKING:
    pass

email_surveys = Toolset("email_surveys")

Immediately = Annotated[bool, Field(description="Skip the check who may be surveyed now")]
Subject = Annotated[str, Field(description="Default: the standard question; {{name}} placeholders")]
Intro = Annotated[str, Field(description="Text above the question; {{name}} placeholders")]
Sender = Annotated[str, Field(description="Sender's name")]
ReplyTo = Annotated[str, Field(description="Address for replies")]
Delay = Annotated[int, Field(description="Days to wait, 1-31; 0: at once", ge=0, le=31)]
Contexts = Annotated[
    list[dict[str, str]],
    WithJsonSchema({"type": "array", "items": {"type": "object"}}),
    Field(description='Placeholder values in the order of recipients: [{"module": "billing, search"}]'),
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
    Field(description="As for send_email_survey without language, with survey_template_id"),
]


@before_writing
async def find_recipients(ctx: Context[App], emails: list[str]) -> Any:
    """Whom it would go to, read fresh."""
    return await recipients(app_of(ctx), emails)


@before_writing
async def draft_email_survey(
    ctx: Context[App],
    people: Annotated[Any, Resolve(find_recipients)],
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
    """The survey as it would be sent, checked, with aliases and ids turned into addresses."""
    from wootric_mcp.api.models import EmailSurvey, checked

    return checked(
        EmailSurvey,
        emails=list(people.addresses),
        **given(
            external_ids=external_ids,
            survey_immediately=survey_immediately,
            subject=subject,
            intro=intro,
            context=context,
            properties=properties,
            senders_name=senders_name,
            reply_to_email=reply_to_email,
            delay=delay or "",
            survey_settings=survey_settings,
        ),
    )


@before_writing
async def ask_send_email_survey(
    ctx: Context[App],
    people: Annotated[Any, Resolve(find_recipients)],
    survey: Annotated[Any, Resolve(draft_email_survey)],
) -> Effect:
    """Ask before customers are mailed, showing whom and what."""
    more = {
        "not known in Wootric yet": people.strangers,
        "not looked up for an opt-out": people.unchecked,
    }
    asked = question(survey.emails, survey, {name: value for name, value in more.items() if value})
    return Effect(asked, Risk.OUTBOUND, mailed=len(survey.emails))


@email_surveys.operation("Send e-mail survey", answers.OUTCOME, asks=ask_send_email_survey)
async def send_email_survey(
    emails: Annotated[
        list[Annotated[str, IdText]],
        Field(description="At most 100: addresses, R-… aliases or ids", min_length=1),
    ],
    ctx: Context[App],
    survey: Annotated[Any, Resolve(draft_email_survey)],
    external_ids: Annotated[list[str], Field(description="Your ids, one per address")] = [],  # noqa: B006
    survey_immediately: Immediately = False,
    subject: Subject = "",
    intro: Intro = "",
    context: Contexts = [],  # noqa: B006
    properties: Properties = {},  # noqa: B006
    senders_name: Sender = "",
    reply_to_email: ReplyTo = "",
    delay: Delay = 0,
    survey_settings: Settings = {},  # noqa: B006
) -> CallToolResult:
    """Mails a survey to customers, after a person confirmed whom and what. Never repeat it after an unclear
    answer: it may have been sent."""
    await app_of(ctx).client().send_email_survey(survey)
    return answers.outcome(outcome(len(survey.emails), immediately=bool(survey.survey_immediately)))


@before_writing
async def draft_email_survey_csv(
    ctx: Context[App],
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
    """The survey as it would be sent, checked, with the file read."""
    from wootric_mcp.api.models import EmailSurveyCsv, checked

    text, file_name = csv_of(app_of(ctx).settings.csv_dir, csv, file)
    return checked(
        EmailSurveyCsv,
        csv=text,
        file_name=file_name,
        **given(
            survey_immediately=survey_immediately,
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
        ),
    )


@before_writing
async def ask_send_email_survey_csv(
    ctx: Context[App], survey: Annotated[Any, Resolve(draft_email_survey_csv)]
) -> Effect | None:
    """Ask before customers are mailed, showing whom and what."""
    asked = question(survey.addresses, survey, {"opt-outs": "left to Wootric, not looked up"})
    return Effect(asked, Risk.OUTBOUND, mailed=len(survey.addresses))


@email_surveys.operation("Send e-mail survey from CSV", answers.OUTCOME, asks=ask_send_email_survey_csv)
async def send_email_survey_csv(
    ctx: Context[App],
    survey: Annotated[Any, Resolve(draft_email_survey_csv)],
    csv: Annotated[
        str,
        Field(
            description="CSV text, at most 5,000 rows; first column email, others become properties; "
            "___context:name and ___language are special",
            max_length=LARGEST,
        ),
    ] = "",
    file: Annotated[str, Field(description="Instead of csv: file name in WOOTRIC_CSV_DIR")] = "",
    survey_immediately: Immediately = False,
    subject: Subject = "",
    intro: Intro = "",
    context: Contexts = [],  # noqa: B006
    senders_name: Sender = "",
    reply_to_email: ReplyTo = "",
    custom_sender_email: Annotated[str, Field(description="Sender's address")] = "",
    delay: Delay = 0,
    delivery_time: Annotated[str, Field(description="hh:mm, UTC")] = "",
    send_to_email_field: Annotated[str, Field(description="Column with the address to mail")] = "",
    unique_identifier_field: Annotated[str, Field(description="Column that identifies the person")] = "",
    survey_settings: CsvSettings = {},  # noqa: B006
) -> CallToolResult:
    """Mails a survey to the customers in a CSV, after a person confirmed whom and what; also the way to use a
    template, a time of day or a language per person."""
    await app_of(ctx).client().send_email_survey_csv(survey)
    count = len(survey.addresses)
    return answers.outcome(outcome(count, immediately=bool(survey.survey_immediately)))


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
    table: list[list[object]] = [[item.id, item.name, None] for item in found.ongoing]
    table += [[item.id, item.name, item.date] for item in found.sends]
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
