"""The parameter types that tools share: the same word means the same thing everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import MISSING, BeforeValidator, Field, WithJsonSchema


def _text_of_number(value: object) -> object:
    """Models send ids as numbers as often as strings; both are read."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


if TYPE_CHECKING:
    # mypy does not know a sentinel as a type yet.
    Switch: TypeAlias = Any
else:
    Switch = bool | MISSING
"""On, off, or left out; null and unions with it are refused by several hosts."""


def _no_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("give a number, not true or false")
    return value


LONGEST = 320
"""Characters of what names a person, a period or a search; longer text is a mistake or an attack."""
IdText = BeforeValidator(_text_of_number)
NoSwitch = BeforeValidator(_no_switch)

EndUser = Annotated[
    str,
    IdText,
    Field(description="Id, alias R-…, e-mail, external:… or +phone", max_length=LONGEST),
]
Owner = Annotated[
    str, IdText, Field(description="Whose; may be left out for what was listed before", max_length=LONGEST)
]
ResponseId = Annotated[int, NoSwitch, Field(description="Response id", gt=0)]
DeclineId = Annotated[int, NoSwitch, Field(description="Decline id", gt=0)]

PeriodText = Annotated[
    str,
    IdText,
    Field(
        description="E.g. last_week, last 30 days, 2026-W46, 2026-11-01..2026-11-15, all", max_length=LONGEST
    ),
]
Category = Annotated[
    Literal["any", "promoter", "passive", "detractor"],
    Field(description="By score: detractor 0-6, passive 7-8, promoter 9-10"),
]
Value = str | int | float | bool
Where = Annotated[
    dict[str, Value | list[Value]],
    WithJsonSchema({"type": "object"}),
    Field(description='Exact values of end-user properties (keys: list_segments), e.g. {"plan": "Team"}'),
]
HasText = Annotated[Switch, Field(description="true: with a comment; false: score only")]
Limit = Annotated[int, Field(description="Rows at most", ge=1, le=200)]
Cursor = Annotated[str, Field(description="From an answer that had more, with its other arguments")]
Fresh = Annotated[bool, Field(description="Read again what is stored")]
Detail = Annotated[Literal["concise", "full"], Field(description="full shows every field")]
Order = Annotated[Literal["newest", "oldest"], Field(description="Which come first")]

Properties = Annotated[
    dict[str, Value],
    WithJsonSchema({"type": "object"}),
    Field(description="Names and values; names ending _amount take integers, _date epoch seconds"),
]
Moment = Annotated[str, IdText, Field(description="ISO 8601 time or epoch seconds")]


def given(**values: Any) -> dict[str, Any]:
    """Those of the values that a caller gave: neither left out nor empty. 0 and false count as given."""
    return {
        name: value for name, value in values.items() if value is not MISSING and value not in ("", [], {})
    }


def or_none(value: Switch) -> bool | None:
    """A switch that may be left out, as the layers below take it."""
    return None if value is MISSING else value
