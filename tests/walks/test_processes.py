"""Item 12: on PostgreSQL several processes of each role share one database."""

from __future__ import annotations

import base64
import os
from contextlib import ExitStack
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.walks.conftest import SANDBOX, mailbox_section
from tests.walks.running import RunningHub, wait_for
from tests.walks.test_mail_in import letter
from tests.walks.test_reminders_and_answers import caught

MAILS = 48
ANSWERS = 16


def test_two_of_each_role_bring_each_mail_in_once_and_each_answer_out_once(
    postgres: Postgres, dovecot: Dovecot, tmp_path: Path
) -> None:
    account = dovecot.add_user()
    config = SANDBOX.replace("[channels.support_mail]", "[channels.sandbox_mail]")
    config += mailbox_section("support_mail", dovecot, *account)
    with postgres.database() as url, ExitStack() as stack:
        environment = {
            "HUB_DATABASE_URL": url,
            "HUB_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("="),
        }
        data = tmp_path / "data"
        hubs = [
            stack.enter_context(RunningHub(data, roles=role, config=config, environment=environment))
            for role in ("web", "web", "poll", "poll", "send", "send")
        ]
        web, other_web, poll = hubs[0], hubs[1], hubs[2]
        for number in range(MAILS):
            dovecot.deliver(account[0], letter(number, sender=f"p{number}@example.com").as_bytes())
            if number == MAILS // 2:
                poll.kill()
        for number in (0, MAILS // 2, MAILS - 1):
            web.customer(f"mailto:p{number}@example.com")
        everybody = wait_for(
            lambda: c if len(c := web.api("GET", "/customers?limit=200")["items"]) >= MAILS else None, "all mails"
        )
        assert len(everybody) == MAILS
        for person in everybody[:ANSWERS]:
            row = web.timeline(person)[0]
            web.api("POST", f"/conversations/{row['conversation_id']}/reply", {"text": "We come on Monday."})
        for person in everybody[:ANSWERS]:
            address = person["identities"][0].removeprefix("mailto:")
            wait_for(lambda address=address: caught(web, address), f"the answer to {address}")  # type: ignore[misc]  # bound now
            assert len(caught(web, address)) == 1
        assert len(other_web.timeline(everybody[0], 2)) == 2
