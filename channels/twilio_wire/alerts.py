"""What Twilio noted of its own calls to the hub that failed (https://www.twilio.com/docs/usage/monitor-alert)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.twilio_wire.wire import READING_FAILED
from hub.model.problem import Problem, Severity

# Once its webhooks have got through for so long, the trouble is over.
WITHIN = timedelta(hours=1)
_MOST = 200


async def problems(client: Any, channel: str, hooks: str) -> list[Problem]:
    """Returns one problem for each error that Twilio met of late when it called an address beginning with `hooks`.

    Nothing where the list cannot be read: a restricted key may not, and what else is wrong says itself.
    """
    since = datetime.now(UTC) - WITHIN
    try:
        listed = await client.monitor.v1.alerts.list_async(log_level="error", start_date=since, limit=_MOST)
    except READING_FAILED:
        return []
    ours = [each for each in listed if str(each.request_url or "").startswith(hooks) and _made(each) >= since]
    counted = Counter(str(each.error_code) for each in ours)
    return [
        Problem(
            code="twilio_webhook_failed",
            severity=Severity.WARNING,
            where=channel,
            message=f"Twilio called the hub in vain, {many} {'time' if many == 1 else 'times'} within an hour.",
            mend=f"Nothing is lost: the hub looks at Twilio's lists. The Twilio console tells more of error {code}.",
            provider_code=code,
        )
        for code, many in sorted(counted.items())
    ]


def _made(alert: Any) -> datetime:
    made: datetime | None = alert.date_created
    return made if made is not None else datetime.now(UTC)
