"""What staff says of an upload's columns, as one role a column, and the mapping that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.model.errors import Refused

IDENTITY = ("email", "phone", "name", "given_name", "family_name", "external_id")
# Where a mapping names one column by itself, and the role that this column has.
_PLACES = {
    "response_id": "response_id",
    "occurred_at": "occurred_at",
    "time_zone_column": "time_zone",
    "language": "language",
}
ANSWERS = ("nps", "csat", "rating", "choice", "multi_choice", "number", "date", "free_text", "consent")
IGNORED = "ignored"
ROLES = (*IDENTITY, *_PLACES.values(), *ANSWERS, IGNORED)
DATE_ORDERS = ("dmy", "mdy")


def roles_of(mapping: Mapping[str, Any]) -> list[str]:
    """Returns the role of each column in a mapping."""
    named = {at: part for part, at in mapping.get("identity", {}).items() if part in IDENTITY}
    named |= {mapping[place]: role for place, role in _PLACES.items() if mapping.get(place) is not None}
    answers = set(mapping.get("answers", ()))
    return [
        named.get(at) or (column["kind"] if at in answers and column["kind"] in ANSWERS else IGNORED)
        for at, column in enumerate(mapping["columns"])
    ]


def with_roles(mapping: Mapping[str, Any], roles: Sequence[str]) -> dict[str, Any]:
    """Returns the mapping in which each column has this role. Raises Refused naming the column."""
    columns = [dict(column) for column in mapping["columns"]]
    if len(roles) != len(columns):
        raise Refused(f"There are {len(columns)} columns, but {len(roles)} roles were given.", field="roles")
    single: dict[str, int] = {}
    for at, role in enumerate(roles):
        if role not in ROLES:
            raise Refused(f"{role!r} is nothing that a column can be.", field=f"column.{at}")
        if role in IDENTITY or role in _PLACES.values():
            if role in single:
                raise Refused(
                    f"Two columns are the {role.replace('_', ' ')}: {columns[single[role]]['name']!r} and "
                    f"{columns[at]['name']!r}.",
                    field=f"column.{at}",
                    next_step="Choose one of them.",
                )
            single[role] = at
        if role in ANSWERS:
            columns[at]["kind"] = role
    system = {key: value for key, value in mapping.get("identity", {}).items() if key not in IDENTITY}
    return {
        **mapping,
        "columns": columns,
        "identity": {part: single[part] for part in IDENTITY if part in single} | system,
        **{place: single.get(role) for place, role in _PLACES.items()},
        "nps": next((at for at, role in enumerate(roles) if role == "nps"), None),
        "csat": next((at for at, role in enumerate(roles) if role == "csat"), None),
        "answers": [at for at, role in enumerate(roles) if role in ANSWERS],
    }
