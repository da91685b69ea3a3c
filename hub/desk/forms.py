"""Forms as staff keeps them: saved in versions, opened and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from hub.model.errors import NotFound, Refused
from hub.model.form import Form
from hub.model.form_definition import form_as_json, read_form
from hub.store import forms
from hub.store.tables import ThrottleRow

ROBOTS_PER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A form in the list of forms. `robots`: how many machines' posts were turned away in the last days."""

    form: Form
    active: bool
    changed_at: datetime
    changed_by: str
    submissions: int
    robots: int


def form_of(row: Mapping[str, Any]) -> Form:
    """Returns the form that a stored version describes."""
    return read_form({**row["definition"], "slug": row["slug"], "version": row["version"], "name": row["name"]})


def shown_form(conn: Connection, slug: str) -> Form | None:
    """Returns the form that visitors see at an address, or None."""
    row = forms.shown(conn, slug)
    return form_of(row) if row else None


def get_form(conn: Connection, slug: str, version: int | None = None) -> Form:
    """Returns one version of a form, the newest unless named. Raises NotFound."""
    row = forms.version(conn, slug, version)
    if row is None:
        raise NotFound(f"There is no form {slug!r}." if version is None else f"{slug!r} has no version {version}.")
    return form_of(row)


def list_forms(conn: Connection) -> list[Listed]:
    """Returns every form with its counts, by name."""
    rows = forms.newest(conn)
    counts = forms.submission_counts(conn, [(row["slug"], row["definition"]["channel"]) for row in rows])
    caught = _robots(conn, [row["slug"] for row in rows])
    return [
        Listed(
            form=form_of(row),
            active=row["active"],
            changed_at=row["created_at"],
            changed_by=row["created_by"],
            submissions=counts[row["slug"]],
            robots=caught.get(row["slug"], 0),
        )
        for row in rows
    ]


def save_form(conn: Connection, form: Form, by: str, now: datetime, *, based_on: int = 0) -> Form:
    """Stores a form as its next version and returns it; the same content again changes nothing.

    `based_on`: the version that was edited, 0 for a new form. Raises Refused when another has been saved since, or a
    new form takes an address that is in use.
    """
    last = forms.version(conn, form.slug)
    if last is None and based_on:
        raise NotFound(f"There is no form {form.slug!r}.")
    if last is not None:
        if not based_on:
            raise Refused(
                f"There is a form at /f/{form.slug} already.", field="slug", next_step="Choose another address."
            )
        if last["version"] != based_on:
            raise Refused(
                f"Somebody saved version {last['version']} of this form while you edited version {based_on}.",
                next_step="Open the form again and repeat your changes.",
            )
        if form_as_json(form_of(last)) == form_as_json(form) and last["name"] == form.name:
            return form_of(last)
    saved = replace(form, version=based_on + 1)
    if not forms.add_version(conn, saved.slug, saved.version, saved.name, form_as_json(saved), by, now):
        raise Refused("Somebody saved this form at the same moment.", next_step="Open it again.")
    if last is not None and not last["active"]:
        forms.set_active(conn, saved.slug, False)
    return saved


def set_open(conn: Connection, slug: str, active: bool) -> None:
    """Shows a form to visitors, or closes it. Raises NotFound."""
    if not forms.set_active(conn, slug, active):
        raise NotFound(f"There is no form {slug!r}.")


def robots_key(slug: str) -> str:
    """Returns under which key the posts of machines to a form are counted."""
    return f"robot/{slug}"


def _robots(conn: Connection, slugs: Sequence[str]) -> dict[str, int]:
    keys = {robots_key(slug): slug for slug in slugs}
    counted: dict[str, int] = {}
    for key, count in conn.execute(
        select(ThrottleRow.key, func.sum(ThrottleRow.count))
        .where(ThrottleRow.key.in_(list(keys)))
        .group_by(ThrottleRow.key)
    ):
        counted[keys[key]] = int(count)
    return counted
