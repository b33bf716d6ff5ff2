from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from wootric_mcp.sandbox.switches import Switches


@pytest.mark.parametrize(
    "values",
    [
        {"rate_limit": None},
        {"page_limit": None, "per_page_limit": 500},
        {"create_status": "201-empty", "delete_status": "200"},
        {"time_zone": "Europe/Berlin"},
        {"hide_never_surveyed": True},
    ],
)
def test_a_switch_takes_a_value_of_its_kind(values: dict[str, Any]) -> None:
    changed = Switches().changed(values)
    assert {name: getattr(changed, name) for name in values} == values


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"rate": 5}, "there is no switch 'rate'; there are client_id, "),
        ({"rate_limit": "5"}, "rate_limit must be of type int"),
        ({"rate_limit": True}, "rate_limit must be of type int"),
        ({"per_page_limit": None}, "per_page_limit must be of type int"),
        ({"token_seconds": -1}, "token_seconds must not be negative"),
        ({"create_status": "202"}, "create_status must be one of 200, 201, 201-empty"),
        ({"public_clients": 1}, "public_clients must be of type bool"),
        ({"time_zone": "Berlin"}, "'Berlin' is not a time zone"),
    ],
)
def test_a_wrong_switch_is_refused_with_what_is_possible(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Switches().changed(values)


def test_every_switch_says_what_it_does() -> None:
    assert all(switch.metadata["help"] for switch in fields(Switches))
    assert all(
        switch.default in switch.metadata["choices"]
        for switch in fields(Switches)
        if switch.metadata["choices"]
    )
