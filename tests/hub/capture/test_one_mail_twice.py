"""One mail by two ways is one interaction; one id with two bodies is two."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.capture.capture import Capture
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow
from tests.builders import incoming, mail
from tests.hub.capture.threads import KEY

FOOTER = "\n_______________________________________________\nTeam mailing list\nhttps://lists.example.org/team"


@pytest.mark.parametrize(
    ("second", "count"),
    [
        pytest.param({"text": "Hello  there\n"}, 1, id="other_white_space"),
        pytest.param({"text": f"Hello there{FOOTER}", "extra": {"list_id": "team"}}, 1, id="a_lists_footer"),
        pytest.param({"subject": "[Team] A question", "extra": {"list_id": "team"}}, 1, id="a_lists_tag"),
        pytest.param({"signature": FOOTER, "extra": {"list_id": "team"}}, 1, id="a_footer_read_as_signature"),
        pytest.param({"text": f"Hello there{FOOTER}"}, 2, id="a_footer_of_no_list"),
        pytest.param({"text": "Hello there, pay to this account", "extra": {"list_id": "team"}}, 2, id="more_words"),
        pytest.param({"text": "Another text"}, 2, id="another_body"),
        pytest.param({"sender": "eve@example.net"}, 2, id="another_author"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["one_batch", "two_batches"])
async def test_one_mail_by_two_ways_is_one_interaction_and_one_id_with_two_bodies_is_two(
    store: Database, second: dict[str, Any], count: int, at_once: bool
) -> None:
    one = {"text": "Hello there", "id": "a"}
    other = {**one, **second}
    pair = [
        incoming(mail(given.pop("sender", "ada@example.com"), **given, content_key=str(n)), key=f"inbox:{n}")
        for n, given in enumerate((dict(one), dict(other)))
    ]
    if at_once:
        await store.write(Capture(KEY), pair)
    else:
        for each in pair:
            await store.write(Capture(KEY), [each])

    def ask(conn: Connection, _: None) -> tuple[list[Any], int]:
        found = conn.execute(select(InteractionRow.id, InteractionRow.detail).order_by(InteractionRow.id)).all()
        arrivals = conn.scalars(select(ArrivalRow.interaction_id)).all()
        return list(found), len(set(arrivals) & {each.id for each in found})

    found, reached = await store.read(ask, None)
    assert (len(found), reached) == (count, count)
    flags = [(each.detail or {}).get("same_message_id") for each in found]
    assert flags == ([None] if count == 1 else [None, "yes" if at_once else str(found[0].id)])
