"""Versions of a template: what changed from one to another, back to an earlier one, its languages side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.paging import read_id
from hub.model.differences import difference
from hub.model.errors import NotFound
from hub.outreach import templates as outreach
from hub.store import audit as acts
from hub.store import templates as store
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, form_of, needed_id, read, write
from hub.web.rendering import redirect, render

EDITORS = ("marketer", "admin")
_NAMED = r"/templates/{name:[a-z0-9_]{1,60}}"
_ONE = _NAMED + r"/{language:[A-Za-z0-9-]{1,35}}"


@allow(*EVERYBODY)
async def changes(request: web.Request) -> web.Response:
    """Shows what changed from one version (`?from=`) to another (`?to=`), line by line."""
    name, language = request.match_info["name"], request.match_info["language"]
    kept = await _kept(request)
    newest = kept[0]["version"]
    to = read_id(request.query.get("to", ""), "to") or newest
    older = read_id(request.query.get("from", ""), "from") or max(1, to - 1)
    before, after = _of(kept, older), _of(kept, to)
    return render(
        request,
        "template_changes.html",
        name=name,
        language=language,
        before=before,
        after=after,
        newest=newest,
        versions=[row["version"] for row in kept],
        changed=difference(store.written(before), store.written(after)),
        by_snippet=store.written(before) == store.written(after) and before["faces"] != after["faces"],
    )


@allow(*EDITORS)
async def back(request: web.Request) -> web.Response:
    """Makes an earlier version the next one, with the files that went with it and the snippets of now."""
    name, language = request.match_info["name"], request.match_info["language"]
    by, form = audit.by(request), await form_of(request)
    row = _of(await _kept(request), needed_id(form, "version"))

    def spell(conn: Connection, _arg: None) -> dict[str, str]:
        return store.spelled(conn, store.written(row), language, row["files"])[0]

    await outreach.check(store.written(row), row["purpose"], await read(request, spell, None))

    def act(conn: Connection, _arg: None) -> None:
        said = {"name": name, "language": language, "purpose": row["purpose"]}
        made = store.save(conn, **said, faces=store.written(row), files=row["files"], now=by.at, by=by.name)
        detail = {"name": name, "language": language, "back_to": row["version"]}
        acts.note(conn, by, "template.saved", f"template/{made}", detail)

    await write(request, act, None)
    say = _("It is as it was in version %s again.") % row["version"]
    return redirect(request, f"/templates/{name}/{language}", say=say)


@allow(*EVERYBODY)
async def side_by_side(request: web.Request) -> web.Response:
    """Shows a template in all its languages beside each other, face by face."""
    name = request.match_info["name"]
    spoken = await read(request, store.active, name)
    if not spoken:
        raise NotFound(_("There is no such template."))
    faces = {language: store.written(row) for language, row in spoken.items()}
    names = list(dict.fromkeys(face for said in faces.values() for face in said))
    return render(request, "template_languages.html", name=name, spoken=spoken, faces=faces, names=names)


async def _kept(request: web.Request) -> list[dict[str, Any]]:
    name, language = request.match_info["name"], request.match_info["language"]
    kept = await read(request, lambda conn, _arg: store.versions(conn, name, language), None)
    if not kept:
        raise NotFound(_("There is no such template."))
    return kept


def _of(kept: list[dict[str, Any]], number: int) -> Mapping[str, Any]:
    row = next((row for row in kept if row["version"] == number), None)
    if row is None:
        raise NotFound(_("There is no such version."))
    return row


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{_NAMED}/languages", side_by_side),
        web.get(f"{_ONE}/changes", changes),
        web.post(f"{_ONE}/back", back),
    ]
