"""Everything about one person, in one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult

from wootric_mcp.tools import answers, shapes
from wootric_mcp.tools.concurrently import concurrently

if TYPE_CHECKING:
    from wootric_mcp.api.models import Decline, EndUser, EndUserSettings, Response
    from wootric_mcp.api.paging import Reading
    from wootric_mcp.tools.app import App

T = TypeVar("T")

# The newest responses and declines that are shown in full; older ones are counted.
_SHOWN = {"concise": 20, "full": 200}

_RESPONSE = ("id", "created_at", "score", "comment", "tags")
_DECLINE = ("id", "created_at", "origin_url")


@dataclass
class _Newest(Generic[T]):
    """The first rows of a list, and how many it has: everybody who is anonymous is one person."""

    most: int
    rows: list[T] = field(default_factory=list)
    count: int = 0

    def take(self, batch: Sequence[T]) -> None:
        self.rows += batch[: self.most - len(self.rows)]
        self.count += len(batch)


async def user_id(app: App, named: str) -> int:
    """The id of the person named, who is looked up only where the name is no id or alias.

    Raises:
        ToolError: If nobody has that name.
    """
    person = app.person(named)
    return int(person.value) if person.kind == "id" else (await _found(app, named)).id


async def _found(app: App, named: str) -> EndUser:
    from wootric_mcp.api.errors import NotFound

    try:
        return await app.client().get_end_user(app.person(named))
    except NotFound as error:
        raise ToolError(
            f"Nobody in this account is known by {answers.shown(named, 80)!r}. Digits are taken for a "
            "Wootric id; a phone number begins with +, an id of your own with external:."
        ) from error


async def customer(app: App, named: str, detail: str, *, fresh: bool) -> CallToolResult:
    """Profile, survey settings, responses and declines of the person named."""
    from wootric_mcp.api.people import Person

    client = app.client()
    user = await _found(app, named)
    person = Person("id", str(user.id))
    shown = _SHOWN[detail]
    responses: _Newest[Response] = _Newest(shown)
    declines: _Newest[Decline] = _Newest(shown)
    settings: list[EndUserSettings] = []
    readings: list[Reading] = []

    async def read_settings() -> None:
        settings.append(await client.get_end_user_settings(person))

    async def read_responses() -> None:
        readings.append(
            await client.responses(responses.take, person=person, patience=app.patience, fresh=fresh)
        )

    async def read_declines() -> None:
        readings.append(
            await client.declines(declines.take, person=person, patience=app.patience, fresh=fresh)
        )

    await concurrently([read_settings, read_responses, read_declines])

    fields = shapes.end_user_fields(app, user)
    # The newest response follows with the rest, and the settings come whole from their own endpoint.
    for name in ("last_score", "last_comment", "last_channel", "surveys_off"):
        del fields[name]
    switches = settings[0].model_dump(
        mode="json", exclude={"id", "end_user_id", "created_at", "updated_at"}, exclude_none=True
    )
    fields["settings"] = shapes.personal(app, switches)
    fields["responses"] = _table(app, shapes.response_fields, _RESPONSE, responses.rows)
    fields["declines"] = _table(app, shapes.decline_fields, _DECLINE, declines.rows)
    scores = [response.score for response in responses.rows if response.score is not None]
    latest = f"; last score {scores[0]}" if scores else ""
    left_out = sum(listed.count - len(listed.rows) for listed in (responses, declines))
    again = fields["alias"] if app.settings.is_strict else named
    following = "" if not left_out else answers.next_call("find_customer", end_user=again, detail="full")
    counts = f"{answers.counted(responses.count, 'response')}, {answers.counted(declines.count, 'decline')}"
    if not all(reading.complete for reading in readings):
        counts = f"at least {counts} (not all could be read in time)"
    cut = f"; {left_out} older ones are left out" if left_out else ""
    return answers.record(
        f"End user {user.id}: {counts}{latest}. Newest first{cut}. As of {shapes.local(app, app.now())}.",
        fields,
        following=following,
    )


def _table(app: App, fields: Any, columns: Sequence[str], items: Sequence[Any]) -> list[dict[str, Any]]:
    rows = (fields(app, item) for item in items)
    return [{name: row[name] for name in columns if row[name] not in (None, [])} for row in rows]
