"""Headers by which mail programs and mail providers know what the hub wrote by itself, and how its reader leaves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hub.model.outbound import Origin

# RFC 3834 section 5: what the hub writes by itself says so, and no machine answers it.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
# An answer to a mail is told apart from what nobody wrote first (RFC 3834 section 5.1); Exchange sends none of its own.
_ACKNOWLEDGES = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


def of(message: Mapping[str, Any], unsubscribe_url: str, domain: str) -> dict[str, str]:
    """Returns the headers of a mail. `unsubscribe_url`: of a promotion, its own; one click is enough (RFC 8058).

    What staff writes to somebody has none of them.
    """
    if message["origin"] == Origin.REPLY:
        return {}
    headers = dict(_ACKNOWLEDGES if message["origin"] == Origin.ACKNOWLEDGEMENT else _AUTOMATIC)
    run = f"run{message['run_id']}" if message.get("run_id") else str(message["origin"])
    headers["Feedback-ID"] = _feedback_id(run, message.get("template") or "none", message["purpose"], domain)
    if unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


@lru_cache(maxsize=256)
def _feedback_id(run: str, template: str, purpose: str, domain: str) -> str:
    """Returns by what Google counts complaints: the run, the template, the purpose, and who sends.

    https://support.google.com/a/answer/6254652: four parts, the last the same for all mail of a sender; nothing in it
    tells of the reader.
    """
    sender = f"hub{hashlib.sha256(domain.lower().encode()).hexdigest()[:10]}"
    return ":".join([*(_PLAIN.sub("-", part)[:60] for part in (run, template, purpose)), sender])
