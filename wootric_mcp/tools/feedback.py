"""The job-shaped tools: one call answers a whole question."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import MISSING, Field, WithJsonSchema

from wootric_mcp.tools import answers
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.parameters import (
    LONGEST,
    Category,
    Cursor,
    Detail,
    EndUser,
    Fresh,
    HasText,
    IdText,
    Limit,
    PeriodText,
    Value,
    Where,
    or_none,
)
from wootric_mcp.tools.registry import Toolset

feedback = Toolset("feedback")

CompareTo = Annotated[str, IdText, Field(description='Another period, or "previous"', max_length=LONGEST)]
Answered = Annotated[str, IdText, Field(description="When they answered")]
HadProperties = Annotated[
    dict[str, Value | list[Value]],
    WithJsonSchema({"type": "object"}),
    Field(description="Their properties, as elsewhere"),
]
MaxTokens = Annotated[int, Field(description="Length of the answer in tokens", ge=500, le=8_000)]


@feedback.job("Summarize feedback", answers.DIGEST)
async def summarize_feedback(
    ctx: Context[App],
    period: PeriodText = "last 30 days",
    compare_to: CompareTo = "",
    category: Category = "any",
    query: Annotated[
        str, Field(description="Only comments with these words; see search_feedback", max_length=LONGEST)
    ] = "",
    where: Where = {},  # noqa: B006
    max_tokens: MaxTokens = 1_500,
    fresh: Fresh = False,
) -> CallToolResult:
    """Sums up what people said in a period: the score with its margin, how many answered and commented, the
    themes of the comments with counts, what each does to the score and how it changed, and word-for-word
    quotes with response ids. Reads every response, so the figures are totals. The first choice for questions
    such as "what were detractors saying last week"."""
    from wootric_mcp.tools.digests import summarize

    return await summarize(
        app_of(ctx),
        period,
        compare_to,
        category,
        query,
        where,
        max_tokens,
        fresh=fresh,
        progress=ctx.report_progress,
    )


@feedback.job("Search feedback", answers.FOUND)
async def search_feedback(
    ctx: Context[App],
    query: Annotated[
        str,
        Field(
            description='Words that must all occur, not a question; "a phrase", -without, a OR b',
            max_length=LONGEST,
        ),
    ] = "",
    period: PeriodText = "last 90 days",
    category: Category = "any",
    where: Where = {},  # noqa: B006
    theme: Annotated[str, Field(description="A named theme")] = "",
    language: Annotated[str, Field(description="ISO code")] = "",
    end_user: Annotated[str, IdText, Field(description="R-… or other name")] = "",
    order: Annotated[Literal["relevance", "newest"], Field(description="Which come first")] = "relevance",
    limit: Annotated[int, Field(description="Comments at most", ge=1, le=100)] = 20,
    cursor: Cursor = "",
    max_tokens: MaxTokens = 1_500,
    fresh: Fresh = False,
) -> CallToolResult:
    """Finds the comments that mention something, such as a feature, and tells how many do and how they score.
    Use it for "what do customers say about the CSV export"; words match in every form. Without a query it
    lists the newest comments that the other filters leave."""
    from wootric_mcp.tools.searches import find

    return await find(
        app_of(ctx),
        query,
        period,
        category,
        where,
        order,
        theme,
        language,
        end_user,
        limit,
        cursor,
        max_tokens,
        fresh=fresh,
        progress=ctx.report_progress,
    )


@feedback.job("Analyze NPS", answers.DIGEST)
async def analyze_nps(
    ctx: Context[App],
    period: PeriodText = "last 30 days",
    compare_to: CompareTo = "",
    group_by: Annotated[str, Field(description="An end-user property", max_length=LONGEST)] = "",
    interval: Annotated[
        Literal["none", "day", "week", "month", "quarter"], Field(description="Cut the period into these")
    ] = "none",
    where: Where = {},  # noqa: B006
    max_tokens: MaxTokens = 1_500,
    fresh: Fresh = False,
) -> CallToolResult:
    """The score with n and margin, over time, by a property or against another period: which differences are
    more than chance, and how much of a change is only a change in who answered."""
    from wootric_mcp.tools.analyses import analysis

    return await analysis(
        app_of(ctx),
        period,
        compare_to,
        group_by,
        None if interval == "none" else interval,
        where,
        max_tokens,
        fresh=fresh,
        progress=ctx.report_progress,
    )


@feedback.job("Check quotes", answers.ROWS)
async def check_quotes(
    ctx: Context[App],
    text: Annotated[str, Field(description="A draft, with response ids if it has them", max_length=20_000)],
    period: PeriodText = "all",
) -> CallToolResult:
    """Tells of every quotation in a draft whether a customer said it word for word, it was altered (and how),
    or it was invented. Use it before a text with quotes is sent on. Looks at stored comments first."""
    from wootric_mcp.tools.quotations import check_draft

    return await check_draft(app_of(ctx), text, period, progress=ctx.report_progress)


@feedback.job("Find customer", answers.RECORD)
async def find_customer(
    end_user: EndUser, ctx: Context[App], detail: Detail = "concise", fresh: Fresh = False
) -> CallToolResult:
    """Shows everything about one person in one call: profile, survey settings, every response and decline.
    Use it before contacting somebody, or to follow up an alias from a feedback answer."""
    from wootric_mcp.tools.customer import customer

    return await customer(app_of(ctx), end_user, detail, fresh=fresh)


@feedback.job("List follow-ups", answers.ROWS)
async def list_follow_ups(
    ctx: Context[App],
    period: Answered = "last 90 days",
    where: HadProperties = {},  # noqa: B006
    value_property: Annotated[str, Field(description="A number to rank by, too")] = "",
    limit: Limit = 10,
) -> CallToolResult:
    """Lists unhappy customers nobody has got back to: no better score since, not mailed from here; the most
    pressing first."""
    from wootric_mcp.tools.follow_ups import follow_ups

    return await follow_ups(app_of(ctx), period, where, value_property, limit, progress=ctx.report_progress)


@feedback.job("Plan e-mail survey", answers.PLAN)
async def plan_email_survey(
    ctx: Context[App],
    people: Annotated[
        list[Annotated[str, IdText]], Field(description="Addresses, R-… aliases or ids; or a selection:")
    ] = [],  # noqa: B006
    period: Answered = "",
    category: Annotated[
        Literal["any", "promoter", "passive", "detractor"], Field(description="By score")
    ] = "any",
    where: HadProperties = {},  # noqa: B006
    has_text: HasText = MISSING,
    eligibility: Annotated[
        Literal["wootric", "ours"],
        Field(description="wootric: its rests and draw decide; ours: all are mailed, as a follow-up"),
    ] = "wootric",
    message: Annotated[
        dict[str, Any],
        WithJsonSchema({"type": "object"}),
        Field(
            description="As in send_email_survey: subject, intro ({{name}}: the person's property), "
            "senders_name, reply_to_email, delay, delivery_time, language_property, "
            "survey_settings (with survey_template_id)"
        ),
    ] = {},  # noqa: B006
) -> CallToolResult:
    """Tells who would be mailed a survey, who is left out and why, and keeps that as a plan for 24 hours.
    Sends nothing; send_email_survey(plan=…) does."""
    from wootric_mcp.feedback.selection import Selection
    from wootric_mcp.tools.survey_plans import plan_survey

    return await plan_survey(
        app_of(ctx),
        people,
        period,
        Selection(category=category, where=dict(where), has_text=or_none(has_text)),
        message,
        eligibility,
        progress=ctx.report_progress,
    )


@feedback.job("Account status", answers.FIGURES)
async def account_status(ctx: Context[App]) -> CallToolResult:
    """Tells what this server is connected to, whether that works, how many requests are left this minute,
    and, when something is not configured, exactly what to set. Works in every case."""
    from wootric_mcp.tools.status import status

    return await status(app_of(ctx))
