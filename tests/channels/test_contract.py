"""Every adapter in channels/ through one suite, by what it offers; a new one is picked up by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import channels
from channels.base import Channel, Parses, Polls, Reads, Receives, Reply, Request, Sends
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.model.contact import InboundContact
from hub.model.errors import ConfigurationError, HubError, NotAuthentic, SendError, Unreadable
from hub.model.event import CallEvent, DeliveryStatus, StatusUpdate
from hub.model.problem import Problem
from hub.store.blobs import FileBlobs
from hub.store.session import Database, open_database
from hub.store.tables import ArrivalRow, InteractionRow
from tests.channels.contract import CONTEXT, NAME, Kit, adapters, changed, having, is_one_sentence, leaked, maker
from tests.hub.store.rows import count

ADAPTERS = adapters()
ODD_VALUES: list[Any] = [
    *(
        None,
        0,
        -1,
        1.5,
        10**30,
        True,
        "",
        " ",
        "x\r\nBcc: y",
        "\x00",
        "x" * 10_000,
        b"x",
        [],
        [1],
        [None],
        {},
        {"a": 1},
    ),
]


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    adapter: str = request.param
    return adapter


@pytest.fixture
async def kit(
    path: str, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Kit]:
    """The adapter's kit; whatever the test did, no secret of it may be in the log, not even at DEBUG."""
    caplog.set_level(logging.DEBUG)
    async with maker(path)(request.getfixturevalue, tmp_path) as made:
        yield made
    records = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]  # type: ignore[arg-type]
    assert leaked([f"{each.getMessage()} {each.exc_info} {each.__dict__}" for each in records], made.secrets) == []


@pytest.fixture
def channel(path: str, kit: Kit) -> Any:
    return ADAPTERS[path](NAME, kit.settings, CONTEXT)


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def intake(database: Database, tmp_path: Path) -> Intake:
    return Intake(database, FileBlobs(tmp_path / "blobs"), Capture(b"k" * 32))


def every(*capabilities: type) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", having(*capabilities), indirect=True)


def test_a_new_adapter_is_picked_up_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "class Pigeon:\n    name = ''\n" + "".join(
        f"    async def {method}(self): ...\n" for method in ("open", "close", "check")
    )
    (tmp_path / "pigeon_post.py").write_text(lines)
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(tmp_path)])
    assert set(adapters()) == {*ADAPTERS, "channels.pigeon_post:Pigeon"}
    with pytest.raises(AssertionError, match=r"write tests/channels/kits/pigeon_post\.py"):
        maker("channels.pigeon_post:Pigeon")


@every(Channel)
async def test_it_is_what_it_offers_and_opens_closes_and_opens_again(path: str, channel: Any) -> None:
    assert isinstance(channel, Channel)
    assert channel.name == NAME
    assert ADAPTERS[path].__doc__
    for capability in (Parses, Polls, Receives, Sends, Reads):
        if path in having(capability):
            assert isinstance(channel, capability)
    for _ in range(2):
        await channel.open()
        await channel.open()
        await channel.close()
        await channel.close()


@every(Channel)
async def test_wrong_settings_are_refused_in_one_sentence(path: str, kit: Kit) -> None:
    for case, changes in kit.wrong.items():
        with pytest.raises(ConfigurationError) as refused:
            ADAPTERS[path](NAME, changed(kit.settings, changes), CONTEXT)
        message = refused.value.message
        assert is_one_sentence(message), f"{case}: {message}"
        assert NAME in message, f"{case}: {message}"
        assert not leaked([message, repr(refused.value)], kit.secrets), case


@every(Channel)
async def test_an_odd_value_of_any_setting_is_refused_in_words_or_taken(path: str, kit: Kit) -> None:
    for name in kit.settings:
        for odd in ODD_VALUES:
            try:
                ADAPTERS[path](NAME, {**kit.settings, name: odd}, CONTEXT)
            except ConfigurationError as refused:
                unclear = "" if NAME in refused.message else refused.message
            except Exception as error:  # noqa: BLE001  # the finding itself
                unclear = f"{type(error).__name__}: {error}"
            else:
                unclear = ""
            assert unclear == "", f"{name} = {str(odd)[:40]!r}"


@every(Channel)
async def test_check_says_what_is_out_of_reach_and_how_to_mend_it(path: str, kit: Kit) -> None:
    for case, changes in kit.out_of_reach.items():
        channel = ADAPTERS[path](NAME, changed(kit.settings, changes), CONTEXT)
        async with asyncio.timeout(60):
            problems = await channel.check()
        await channel.close()
        assert problems, case
        for problem in problems:
            assert isinstance(problem, Problem)
            assert problem.where == NAME
            assert problem.message, case
            assert problem.mend, case
            assert not leaked([repr(problem)], kit.secrets), case


@every(Channel)
async def test_check_of_a_channel_that_works_finds_no_error(channel: Any) -> None:
    await channel.open()
    problems = await channel.check()
    await channel.close()
    assert [problem for problem in problems if problem.severity == "error"] == []


@every(Receives)
async def test_a_request_without_its_signature_or_with_a_forged_one_is_refused(channel: Any, kit: Kit) -> None:
    assert kit.requests
    for request in kit.requests:
        channel.verify(request)
        name = next(name for name in request.headers if "signature" in name.lower())
        forged = [
            replace(request, headers={}),
            *(replace(request, headers={name: value}) for value in ("", "AAAA", "é\x00", request.headers[name][::-1])),
            replace(request, form=[*request.form, ("Injected", "1")]),
            replace(request, form=request.form[1:]),
            replace(request, form=[(key, f"{value}x") for key, value in request.form]),
            replace(request, url=f"{request.url}x"),
            replace(request, url="http://["),
        ]
        for attempt in forged:
            with pytest.raises(NotAuthentic) as refused:
                channel.verify(attempt)
            assert not leaked([refused.value.message, refused.value.next_step], [*kit.secrets, request.headers[name]])


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
    assert await database.read(count, InteractionRow) == 1, "all of a kit's requests are about one text or call"


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
    assert kit.unknown_words
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
