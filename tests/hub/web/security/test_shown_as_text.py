"""Script in anything that people or machines wrote to the hub is shown as text, on every page (security row 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, literal, select, update

from hub.model.problem import Severity
from hub.store import problems
from hub.store.problems import Found
from hub.store.tables import Base, SuppressionRow
from tests.builders import NOW
from tests.desk_world import plan
from tests.hub.uploads.surveys import HEADER, answer, flow, survey, take_in
from tests.hub.web.security.conftest import Everything

EVIL = "\"'><script>evil()</script><img src=x onerror=evil()>"
RAW, TEXT = ("<script>evil", "<img src=x"), "&lt;script&gt;evil()"
# Every column that holds words of somebody else's: of customers, providers, mail servers, machines and colleagues.
WORDS = {
    "appointment": ("title", "location", "note", "source"),
    "arrival": ("reason",),
    "attachment": ("filename", "content_type"),
    "audit": ("actor", "subject", "ip"),
    "backup": ("asked_by", "file", "step", "error"),
    "campaign": ("title", "launched_by"),
    "campaign_version": ("title", "created_by"),
    "channel_state": ("paused_why",),
    "consent": ("wording", "source", "ip", "user_agent"),
    "conversation": ("subject", "preview"),
    "customer": ("display_name", "note"),
    "identity": ("display_name", "raw"),
    "interaction": ("subject", "text", "customer_why", "conversation_why"),
    "mail_form": ("created_by",),
    "message": ("rfc_message_id", "code", "reference"),
    "message_step": ("reason",),
    "problem": ("message", "cause", "mend"),
    "purchase": ("note",),
    "purchase_line": ("name", "category", "sku"),
    "run": ("paused_by",),
    "segment": ("title", "created_by"),
    "session": ("user_agent",),
    "staff": ("display_name", "signature"),
    "suggestion": ("reason",),
    "suppression": ("detail",),
    "task": ("title",),
    "template": ("created_by",),
    "token": ("name",),
    "upload": ("filename", "title", "error"),
    "upload_outcome": ("reason",),
}
DOCUMENTS = {
    "audit": "detail", "call_flow": "definition", "customer": "facts", "interaction": "detail",
    "mail_form": "definition", "message": "content",
    "problem": "seen",
}  # fmt: skip
PAGES = {
    "/", "/appointments", "/appointments/{id}", "/audit", "/backups", "/call-flows/{name}", "/campaigns",
    "/campaigns/{id}", "/channels", "/conversations/{id}", "/customers", "/customers/{id}", "/customers/{id}/change",
    "/inbox", "/mail-forms", "/mail-forms/{name}", "/messages/{id}",
    "/needs-you", "/profile", "/purchases", "/runs/{id}", "/runs/{id}/people",
    "/segments", "/segments/{name}", "/staff", "/tasks", "/templates/{name}/{language}", "/tokens", "/u/{token}",
    "/unread", "/uploads", "/uploads/{id}",
}  # fmt: skip


def _poison(conn: Connection, _arg: None) -> None:
    for name, columns in WORDS.items():
        table = Base.metadata.tables[name]
        conn.execute(update(table).values({column: table.c[column] + literal(EVIL) for column in columns}))
    for name, column in DOCUMENTS.items():
        table = Base.metadata.tables[name]
        keys = list(table.primary_key)
        for row in conn.execute(select(*keys, table.c[column])).all():
            same = [key == value for key, value in zip(keys, row, strict=False)]
            told = _poisoned(row[-1] or {}) | ({EVIL: EVIL} if name in ("customer", "audit") else {})
            conn.execute(update(table).where(*same).values({column: told}))


def _poisoned(value: Any) -> Any:
    match value:
        case str():
            return value + EVIL
        case dict():
            return {key: _poisoned(one) for key, one in value.items()}
        case list():
            return [_poisoned(one) for one in value]
    return value


def _more(conn: Connection, everything: Everything) -> None:
    bounced = {"address": "mailto:ada@example.com", "reason": "bounce", "detail": "550 no such mailbox", "at": NOW}
    conn.execute(SuppressionRow.__table__.insert(), [bounced])  # type: ignore[attr-defined]  # FromClause
    plan(conn, everything.world, dedupe_key="refused", state="failed", reason="550 5.1.1 no such mailbox")
    unknown = Found(
        code="lantern", place="lighthouse", severity=Severity.ERROR, message="Dark", cause="No oil", mend="Oil"
    )
    problems.note(conn, "another", [unknown], NOW)


@pytest.mark.security_row(2)
async def test_script_in_any_words_of_others_is_text_on_every_page(everything: Everything, tmp_path: Path) -> None:
    room = everything.room
    database = room.services.database
    surveys = flow(database, tmp_path, channels=room.services.channels, blobs=room.services.blobs, clock=room.clock)
    header, rows = (*HEADER[:-1], f"Why? {EVIL}"), [answer(7, words=EVIL), (EVIL, EVIL, EVIL, EVIL, EVIL)]
    sent = await surveys.receive(survey(tmp_path / "evil.csv", rows, header), f"{EVIL}.csv")
    everything.ids["/uploads/"] = str((await take_in(surveys, sent.upload)).id)
    await database.write(_more, everything)
    await database.write(_poison, None)
    shown: set[str] = set()
    wrong: list[tuple[str, object]] = []
    async with room.browser("admin") as admin:
        headers = {"Authorization": f"Bearer {await room.token('admin')}"}
        for _method, path, _access in everything.routes("GET"):
            told = await admin.get(everything.address(path), headers=headers if path.startswith("/api/") else {})
            kind = told.headers.get("Content-Type", "")
            if told.status >= 500:
                wrong.append((path, told.status))
            elif kind.startswith("text/html"):
                wrong += [(path, each) for each in RAW if each in told.text]
                shown |= {path} if TEXT in told.text else set()
            else:
                assert told.headers["X-Content-Type-Options"] == "nosniff", path
    assert wrong == []
    assert shown >= PAGES
