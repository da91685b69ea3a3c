"""How long an answer of Twilio is waited for: 10 seconds, and less where the message is wanted sooner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from channels.twilio_wire.client import WireHttpClient
from channels.twilio_wire.wire import before, seconds_left
from hub.model.errors import Temporary


@pytest.mark.outbound("twilio-10s")
def test_an_answer_is_waited_for_ten_seconds_and_never_beyond_the_deadline() -> None:
    client = WireHttpClient(cast(Any, None))
    assert seconds_left(client.timeout) == 10.0
    now = datetime.now(UTC)
    with before(now + timedelta(hours=1)):
        assert seconds_left(client.timeout) == 10.0
    with before(now + timedelta(seconds=9)):
        assert seconds_left(client.timeout) <= 9.0
    with before(now), pytest.raises(Temporary):
        seconds_left(client.timeout)
