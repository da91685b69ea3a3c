"""Every adapter names each fault of a send, and sends nothing past its deadline."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.base import Sends
from hub.model.errors import SendError
from tests.channels.adapters.conftest import ADAPTERS, every
from tests.channels.contract import CONTEXT, NAME, Kit, changed, leaked


@every(Sends)
async def test_a_message_is_sent_and_every_fault_has_its_name(path: str, channel: Any, kit: Kit) -> None:
    assert kit.outgoing is not None
    assert kit.outgoing.to.scheme in {*channel.schemes, *getattr(channel, "spoken_schemes", ())}
    await channel.open()
    receipt = await channel.send(kit.outgoing, datetime.now(UTC) + timedelta(seconds=30))
    assert receipt.reference
    await channel.close()
    for case, fault in kit.faults.items():
        faulty = ADAPTERS[path](NAME, changed(kit.settings, fault.settings), CONTEXT)
        await faulty.open()
        fault.arrange()
        with pytest.raises(SendError) as raised:
            async with asyncio.timeout(60):
                await faulty.send(kit.outgoing, datetime.now(UTC) + timedelta(seconds=fault.seconds))
        await faulty.close()
        assert type(raised.value) is fault.expected, f"{case}: {raised.value!r}"
        assert raised.value.message.strip(), case
        assert not leaked([str(raised.value), repr(raised.value)], kit.secrets), case


@every(Sends)
async def test_a_deadline_that_is_over_sends_nothing(channel: Any, kit: Kit) -> None:
    assert kit.outgoing is not None
    await channel.open()
    with pytest.raises(SendError) as raised:
        await channel.send(kit.outgoing, datetime.now(UTC) - timedelta(seconds=1))
    await channel.close()
    assert raised.value.retryable
    assert not raised.value.unknown
