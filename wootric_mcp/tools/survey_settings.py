"""Tools for the survey settings of one end user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context, Resolve
from mcp.types import CallToolResult
from pydantic import MISSING, Field

from wootric_mcp.guard.confirmation import Effect
from wootric_mcp.guard.questions import quoted
from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.app import App, app_of
from wootric_mcp.tools.parameters import EndUser, Switch, given, or_none
from wootric_mcp.tools.registry import Toolset
from wootric_mcp.tools.running import before_writing
from wootric_mcp.tools.targets import found_end_user

if TYPE_CHECKING:
    from wootric_mcp.api.models import EndUserSettings

settings = Toolset("settings")

_CHANNELS = {"email_nps": "e-mail", "mobile_nps": "mobile", "web_nps": "web"}


@settings.operation("Get survey settings", answers.FIGURES)
async def get_end_user_settings(end_user: EndUser, ctx: Context[App]) -> CallToolResult:
    """Shows on which channels one person may be surveyed and whether they opted out."""
    app = app_of(ctx)
    found = await app.client().get_end_user_settings(app.person(end_user))
    return answers.figures("Survey settings of the end user.", _switches(found))


@before_writing
async def ask_update_end_user_settings(
    ctx: Context[App],
    target: Annotated[Any, Resolve(found_end_user)],
    email_nps: Switch,
    mobile_nps: Switch,
    web_nps: Switch,
    force_web_survey: Switch,
    force_mobile_survey: Switch,
    surveys_disabled_by_end_user: Switch,
) -> Effect | None:
    """Ask before surveys are switched back on after an opt-out, or one is forced."""
    channels = {"email_nps": email_nps, "mobile_nps": mobile_nps, "web_nps": web_nps}
    effects = []
    forces = force_web_survey is True or force_mobile_survey is True
    turned_on = [name for name, value in channels.items() if value is True]
    if forces or turned_on or surveys_disabled_by_end_user is False:
        now = await app_of(ctx).client().get_end_user_settings(target.person)
        if forces:
            out = ", although they opted out" if now.surveys_disabled_by_end_user else ""
            effects.append(f"show them a survey at their next visit, whatever the sampling rules say{out}")
        if now.surveys_disabled_by_end_user and surveys_disabled_by_end_user is False:
            effects.append("switch surveys back on although they opted out")
        off = [_CHANNELS[name] for name in turned_on if getattr(now, name) is False]
        if off:
            effects.append(f"switch {' and '.join(off)} surveys back on")
    if not effects:
        return None
    user = target.user
    known_as = quoted(shapes.known_as(app_of(ctx), user))
    return Effect(f"Change the survey settings of end user {user.id} ({known_as}): {'; '.join(effects)}?")


@settings.operation("Update survey settings", answers.FIGURES, asks=ask_update_end_user_settings)
async def update_end_user_settings(
    end_user: EndUser,
    ctx: Context[App],
    target: Annotated[Any, Resolve(found_end_user)],
    email_nps: Annotated[Switch, Field(description="E-mail surveys")] = MISSING,
    mobile_nps: Annotated[Switch, Field(description="Mobile surveys")] = MISSING,
    web_nps: Annotated[Switch, Field(description="Web surveys")] = MISSING,
    force_web_survey: Annotated[Switch, Field(description="Survey at the next web visit")] = MISSING,
    force_mobile_survey: Annotated[Switch, Field(description="Survey at the next mobile visit")] = MISSING,
    surveys_disabled_by_end_user: Annotated[Switch, Field(description="Opted out")] = MISSING,
) -> CallToolResult:
    """Switches one person's surveys on or off per channel; what is left out stays. Switching back on after an
    opt-out, or forcing a survey, is confirmed by a person first."""
    from wootric_mcp.api.models import SettingsChange, checked

    changes: dict[str, Any] = {
        name: or_none(value)
        for name, value in given(
            email_nps=email_nps,
            mobile_nps=mobile_nps,
            web_nps=web_nps,
            force_web_survey=force_web_survey,
            force_mobile_survey=force_mobile_survey,
            surveys_disabled_by_end_user=surveys_disabled_by_end_user,
        ).items()
    }
    change = checked(SettingsChange, **changes)
    updated = await app_of(ctx).client().update_end_user_settings(target.person, change)
    said = ", ".join(f"{name} {str(value).lower()}" for name, value in changes.items())
    return answers.figures(f"Set {said}.", _switches(updated) if updated else {})


def _switches(found: EndUserSettings) -> dict[str, Any]:
    """The six switches; null, which Wootric says for never set, as false."""
    names = (*_CHANNELS, "force_web_survey", "force_mobile_survey", "surveys_disabled_by_end_user")
    return {name: bool(getattr(found, name)) for name in names} | {"end_user_id": found.end_user_id}
