"""Every adapter takes what is authentic, once, and keeps what it cannot read."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from channels.base import Parses, Polls, Reads, Receives, Reply, Request
from hub.capture.intake import Intake
from hub.model.contact import InboundContact
from hub.model.errors import HubError, NotAuthentic, Unreadable
from hub.model.event import CallEvent, DeliveryStatus, StatusUpdate
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow
from tests.channels.adapters.conftest import ADAPTERS, every
from tests.channels.contract import CONTEXT, NAME, Kit, changed, leaked
from tests.hub.store.rows import count


@every(Receives)
async def test_a_request_without_its_signature_or_with_a_forged_one_is_refused(channel: Any, kit: Kit) -> None:
    assert kit.requests
    for request in kit.requests:
        channel.verify(request)
        name = next(name for name in request.headers if "signature" in name.lower())
        forged = [
            replace(request, headers={}),
            *(replace(request, headers={name: value}) for value in ("", "AAAA", "é\x00", request.headers[name][::-1])),
            *([replace(request, body=request.body + b" ")] if kit.carts else _changed(request)),
        ]
        for attempt in forged:
            with pytest.raises(NotAuthentic) as refused:
                channel.verify(attempt)
            assert not leaked([refused.value.message, refused.value.next_step], [*kit.secrets, request.headers[name]])


def _changed(request: Request) -> list[Request]:
    """Returns the request with another form or address than was signed."""
    return [
        replace(request, form=[*request.form, ("Injected", "1")]),
        replace(request, form=request.form[1:]),
        replace(request, form=[(key, f"{value}x") for key, value in request.form]),
        replace(request, url=f"{request.url}x"),
        replace(request, url="http://["),
    ]


@every(Receives, Parses)
async def test_a_request_delivered_twice_is_one_interaction_with_one_answer(
    channel: Any, kit: Kit, intake: Intake, database: Database
) -> None:
    for request in kit.requests:
        before = await database.read(count, ArrivalRow)
        answers: list[Reply] = []
        for _ in range(2):
            captured = await intake.take_request(NAME, channel.key(request), request, channel.parse(request))
            answers.append(channel.reply(request, [captured]))
        assert await database.read(count, ArrivalRow) == before + 1, request.hook
        assert answers[0] == answers[1]
        assert 200 <= answers[0].status < 300
    assert await database.read(count, InteractionRow) == (not kit.carts), (
        "all of a kit's requests are about one text or call"
    )


@every(Parses)
async def test_what_cannot_be_read_is_kept_with_its_reason_and_harms_nothing(
    channel: Any, kit: Kit, intake: Intake, database: Database
) -> None:
    assert kit.malformed
    for number, source in enumerate(kit.malformed):
        failure = ""
        try:
            events = channel.parse(source)
        except Unreadable as unreadable:
            events, failure = (), unreadable.message
            assert failure.strip()
        if isinstance(source, Request):
            key = channel.key(source) if isinstance(channel, Receives) else f"k{number}"
            captured = await intake.take_request(NAME, key, source, events, failure)
        else:
            captured = await intake.take(NAME, channel, source)
        assert captured.failure == failure
    assert await database.read(count, ArrivalRow) == len(kit.malformed)


@every(Receives, Parses)
async def test_a_word_that_no_table_knows_is_kept_as_unknown_with_one_warning(
    channel: Any, kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    assert kit.unknown_words or kit.carts
    for request in kit.unknown_words:
        caplog.clear()
        for _ in range(2):
            events = channel.parse(request)
        assert [
            event.status is DeliveryStatus.UNKNOWN if isinstance(event, StatusUpdate) else isinstance(event, CallEvent)
            for event in events
        ] == [True]
        assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


@every(Polls, Parses)
async def test_a_payload_polled_twice_is_one_interaction(
    channel: Any, kit: Kit, intake: Intake, database: Database
) -> None:
    assert kit.deliver is not None
    kit.deliver()
    kit.deliver()
    keys = []
    for _ in range(2):
        source = channel.poll(channel.mailboxes[0], None)
        async with asyncio.timeout(60):
            async for raw in source:
                if raw is None:
                    break
                keys.append(raw.key)
                captured = await intake.take(NAME, channel, raw)
                assert captured.interaction
        await source.aclose()
    assert keys[:2] == keys[2:]
    assert len(set(keys)) == await database.read(count, InteractionRow) == 2


@every(Polls)
async def test_a_poll_that_reaches_nothing_says_so_and_ends(path: str, kit: Kit) -> None:
    for changes in kit.out_of_reach.values():
        channel = ADAPTERS[path](NAME, changed(kit.settings, changes), CONTEXT)
        with pytest.raises(HubError) as raised:
            await asyncio.wait_for(anext(channel.poll(channel.mailboxes[0], None)), 60)
        assert raised.value.message
        assert raised.value.next_step
        assert not leaked([raised.value.message, raised.value.next_step], kit.secrets)


@every(Reads)
async def test_rows_are_the_same_each_time_and_go_on_from_any_row(channel: Any, kit: Kit) -> None:
    assert kit.file is not None
    whole = list(channel.rows(*kit.file, 0))
    assert [number for number, _ in whole] == list(range(len(whole)))
    assert len(whole) > 2
    assert all(isinstance(row, InboundContact) or row.strip() for _, row in whole)
    assert [list(channel.rows(*kit.file, start)) for start in range(len(whole) + 1)] == [
        whole[start:] for start in range(len(whole) + 1)
    ]
