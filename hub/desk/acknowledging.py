"""Acknowledgements as staff sets them: a mailbox's own way, kept with who changed it."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.model.acknowledgement import Acknowledging, acknowledging_as_json
from hub.model.errors import Refused
from hub.store import acknowledging as store
from hub.store import audit, templates
from hub.store.audit import Actor


def set_acknowledging(conn: Connection, channel: str, how: Acknowledging, by: Actor) -> None:
    """Sets how a mailbox acknowledges what comes from now on. Raises Refused where its template cannot be a mail."""
    if how.enabled:
        versions = templates.active(conn, how.template)
        if not versions:
            raise Refused(
                f"There is no template {how.template!r}.",
                field="template",
                next_step="Choose one from the Templates page, or write it there first.",
            )
        for language, row in versions.items():
            faces = row["faces"]
            if not faces.get("subject") or not (faces.get("text") or faces.get("html")):
                raise Refused(f"The template {how.template} has no mail in {language}.", field="template")
            if row["purpose"] != "service":
                raise Refused(
                    f"The template {how.template} is no answer to somebody's mail: its purpose is {row['purpose']}.",
                    field="template",
                    next_step="Choose a template whose purpose is service.",
                )
    if store.setting(conn, channel) == how:
        return
    store.put(conn, channel, how, by.name, by.at)
    audit.note(conn, by, "channel.acknowledging", f"channel/{channel}", acknowledging_as_json(how))
