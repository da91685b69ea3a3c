"""Against a real Dovecot: what is read, in which order, once, and without changing anything on the server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from channels.base import Cursor
from tests.channels.imap.conftest import Account, behind_proxy
from tests.channels.imap.reading import caught_up, next_mail, subjects


async def test_mails_come_oldest_first_in_pages_with_key_cursor_and_time(account: Account) -> None:
    for number in range(500):
        account.deliver(number)
    poll = account.channel().poll("INBOX", None)
    raws = await caught_up(poll)
    assert subjects(raws) == [f"mail {number}" for number in range(500)]
    assert len({raw.key for raw in raws}) == 500
    last = raws[-1]
    assert last.cursor is not None
    assert last.cursor.position["uid"] == 500
    assert last.key == f"INBOX:{last.cursor.position['uidvalidity']}:500"
    assert abs(last.received_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert last.note == {"mailbox": "INBOX"}
    await poll.aclose()


async def test_new_mail_arrives_by_idle_long_before_the_next_look(account: Account) -> None:
    poll = account.channel().poll("INBOX", None)
    assert await caught_up(poll) == []
    waiting = asyncio.ensure_future(next_mail(poll))
    await asyncio.sleep(0.3)
    account.deliver(1)
    assert subjects([await waiting]) == ["mail 1"]
    await poll.aclose()


async def test_reading_on_from_any_cursor_gives_the_rest_and_nothing_twice(account: Account) -> None:
    for number in range(30):
        account.deliver(number)
    seen: list[str] = []
    cursor: Cursor | None = None
    for taken in (1, 7, 0, 12, 10):
        poll = account.channel().poll("INBOX", cursor)
        for _ in range(taken):
            raw = await next_mail(poll)
            seen += subjects([raw])
            cursor = raw.cursor
        await poll.aclose()
    assert seen == [f"mail {number}" for number in range(30)]
    assert await caught_up(account.channel().poll("INBOX", cursor)) == []


async def test_nothing_changes_on_the_server(account: Account) -> None:
    account.deliver(1)
    account.deliver_flagged("mail 2", "S")
    await caught_up(account.channel().poll("INBOX", None))
    await caught_up(account.channel().poll("INBOX", None))
    names = sorted(path.name.partition(":")[2] for path in account.inbox.glob("cur/*"))
    fresh = list(account.inbox.glob("new/*"))
    assert names + ["new"] * len(fresh) in (["2,S", "new"], ["2,", "2,S"])


async def test_seen_mails_count_and_deleted_ones_do_not(account: Account) -> None:
    account.deliver_flagged("seen", "S")
    account.deliver_flagged("deleted", "ST")
    account.deliver_flagged("flagged", "F")
    assert sorted(subjects(await caught_up(account.channel().poll("INBOX", None)))) == ["flagged", "seen"]


async def test_a_new_uidvalidity_reads_the_folder_again_under_new_keys(account: Account) -> None:
    for number in range(3):
        account.deliver(number)
    before = await caught_up(account.channel().poll("INBOX", None))
    await asyncio.sleep(1.1)  # UIDVALIDITY is a time in seconds
    account.renumber()
    after = await caught_up(account.channel().poll("INBOX", before[-1].cursor))
    assert sorted(subjects(after)) == sorted(subjects(before))
    assert not {raw.key for raw in before} & {raw.key for raw in after}


async def test_mails_expunged_between_search_and_fetch_are_passed_over(account: Account) -> None:
    paths = [account.deliver(number, b"x" * 1_000_000) for number in range(24)]
    poll = account.channel().poll("INBOX", None)
    first = await next_mail(poll)
    for path in paths[10:20]:  # these belong to later batches, which are listed but not yet fetched
        for place in (path, *account.inbox.glob(f"cur/{path.name}*")):
            place.unlink(missing_ok=True)
    try:
        rest = await caught_up(poll)
    except Exception:  # noqa: BLE001  # Dovecot may break off where a file vanishes under it; the hub then polls again
        rest = await caught_up(account.channel().poll("INBOX", first.cursor))
    got = subjects([first, *rest])
    kept = [f"mail {number}" for number in range(24) if not 10 <= number < 20]
    assert [subject for subject in got if subject in kept] == kept
    assert all(raw.content for raw in rest if not raw.failure)


async def test_a_folder_with_any_name_is_read(account: Account) -> None:
    account.server.deliver(account.user, b"Subject: draft\r\n\r\n", folder="Entw&APw-rfe &- mehr")
    name = "Entwürfe & mehr"
    raws = await caught_up(account.channel(folders=[name]).poll(name, None))
    assert subjects(raws) == ["draft"]
    assert raws[0].key.startswith(f"{name}:")


async def test_a_mail_over_the_limit_gives_its_headers_and_the_reason(account: Account) -> None:
    account.deliver(1)
    account.deliver(2, b"x" * 200_000)
    account.deliver(3)
    raws = await caught_up(account.channel(size_limit_mb=0.1).poll("INBOX", None))
    assert [raw.failure for raw in raws] == ["", "too large: 0.2 MB, the limit is 0.1 MB", ""]
    assert raws[1].content == b"Subject: mail 2\r\n\r\n"


async def test_a_mail_of_many_megabytes_comes_whole(account: Account) -> None:
    body = b"0123456789abcde\n" * (25 * 65536)
    account.deliver(1, body.replace(b"\n", b"\r\n"))
    raws = await caught_up(account.channel().poll("INBOX", None))
    assert raws[0].content == b"Subject: mail 1\r\n\r\n" + body.replace(b"\n", b"\r\n") + b"\r\n"


async def test_several_folders_are_polled_side_by_side(account: Account) -> None:
    account.deliver(1)
    account.server.deliver(account.user, b"Subject: sent\r\n\r\n", folder="Sent")
    channel = account.channel(sent_folder="Sent")
    assert list(channel.mailboxes) == ["INBOX", "Sent"]
    inbox, outbox = await asyncio.gather(*(caught_up(channel.poll(box, None)) for box in channel.mailboxes))
    assert (subjects(inbox), subjects(outbox)) == (["mail 1"], ["sent"])


async def test_a_server_without_idle_is_polled(account: Account) -> None:
    async with behind_proxy(account.server, lambda line: line.replace(b" IDLE", b"")) as port:
        poll = account.channel(port=port, poll_minutes=0.02).poll("INBOX", None)
        assert await caught_up(poll) == []
        account.deliver(1)
        assert subjects([await next_mail(poll, 5)]) == ["mail 1"]
        await poll.aclose()


async def test_a_copy_of_a_sent_mail_is_filed_as_seen_in_a_folder_that_did_not_exist(account: Account) -> None:
    channel = account.channel()
    await channel.file(b"Subject: copy\n\nbody\n", "Gesendete Objekte (Büro)")
    raws = await caught_up(channel.poll("Gesendete Objekte (Büro)", None))
    assert [raw.content for raw in raws] == [b"Subject: copy\r\n\r\nbody\r\n"]
    stored = next((account.inbox / ".Gesendete Objekte (B&APw-ro)").glob("*/*.*:2,*"))
    assert stored.name.endswith("S")


async def test_thousands_of_expunges_at_once_do_not_break_the_connection(account: Account) -> None:
    for number in range(3000):
        account.deliver(number)
    poll = account.channel().poll("INBOX", None)
    assert len(await caught_up(poll)) == 3000
    waiting = asyncio.ensure_future(next_mail(poll))
    await asyncio.sleep(0.3)
    account.empty()
    account.deliver(1)
    assert subjects([await waiting]) == ["mail 1"]
    await poll.aclose()
