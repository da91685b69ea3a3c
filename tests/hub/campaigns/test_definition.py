"""Definitions of campaigns: read, checked field by field, and written back the same."""

from __future__ import annotations

from typing import Any

import pytest

from hub.model.campaign import check_name, read_definition
from hub.model.errors import Refused

GOOD: dict[str, Any] = {
    "segment": "recent_buyers",
    "template": "winter_offer",
    "channel": "main_number",
    "schedule": {"kind": "once", "at": "2026-12-01T09:00", "zone": "recipient"},
    "late_minutes": 90,
    "variables": {"code": "WINTER10"},
}


def test_a_definition_is_written_as_it_was_read() -> None:
    assert read_definition(GOOD).as_json() == GOOD


def test_what_is_not_said_has_its_default() -> None:
    short = {name: GOOD[name] for name in ("segment", "template", "channel", "schedule")}
    assert read_definition(short).as_json() == {**GOOD, "late_minutes": 60, "variables": {}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"segment": ""}, "segment"),
        ({"segment": 7}, "segment"),
        ({"template": None}, "template"),
        ({"channel": " "}, "channel"),
        ({"schedule": {}}, "schedule.kind"),
        ({"late_minutes": 4}, "late_minutes"),
        ({"late_minutes": 10_081}, "late_minutes"),
        ({"late_minutes": "60"}, "late_minutes"),
        ({"late_minutes": True}, "late_minutes"),
        ({"variables": ["code"]}, "variables"),
        ({"variables": {"Code": "X"}}, "variables"),
        ({"variables": {"title": "X"}}, "variables"),
        ({"variables": {"code": 10}}, "variables"),
        ({"variables": {"code": "x" * 2001}}, "variables"),
        ({"variables": {f"v{number}": "" for number in range(31)}}, "variables"),
        ({"sql": "1=1"}, "sql"),
        ({"pinned": {}}, "pinned"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_definition({**GOOD, **changes})
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["", "Winter", "winter offer", "1st", "a" * 61, "zima_é", "a\n"])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(Refused):
        check_name(name)
