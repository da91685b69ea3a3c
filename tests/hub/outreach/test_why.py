"""Why: every message, and every reminder that was not planned, has its answer in plain words, with the values seen."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.model.errors import NotFound, Refused
from hub.model.event import DeliveryStatus, StatusUpdate
from hub.outreach import gates, why
from hub.outreach.reasons import in_general, in_words
from hub.outreach.sentences import SENTENCES
from hub.store import consents, deliveries
from hub.store.appointments import STATES
from hub.web.i18n import catalogue
from tests.hub.outreach.conftest import Outdoors
from tests.hub.outreach.sending import MAIL, PHONE, due_reminder
from tests.servers import nursery

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.outbound("why")
async def test_the_story_of_a_message_has_its_steps_and_its_news(out: Outdoors) -> None:
    row = await due_reminder(out)
    out.mailbox.refuse("rcpt", 450, "mailbox busy")
    await out.send()
    out.clock.pass_(seconds=31)
    await out.send()
    news = StatusUpdate(
        channel="support_mail",
        external_id="n1",
        status=DeliveryStatus.BOUNCED,
        reference=row["rfc_message_id"],
        code="5.1.1",
        reason="No such mailbox",
        occurred_at=out.clock(),
    )
    await out.database.write(deliveries.apply_updates, [news])
    told = await out.database.read(why.story, row["id"])
    assert [step.state for step in told.steps] == ["submitting", "retry_wait", "submitting", "accepted"]
    assert "450 mailbox busy" in told.steps[1].words
    assert told.steps[2].seen["attempt"] == 2
    assert [(one.status, one.code) for one in told.news] == [("bounced", "5.1.1")]
    assert (told.state, told.delivery, told.words) == ("accepted", "bounced", "Accepted by the provider.")
    assert isinstance(told.as_json()["interaction"], str)


@pytest.mark.outbound("why")
async def test_a_customers_story_tells_what_was_withheld_and_what_was_never_planned(out: Outdoors) -> None:
    row = await due_reminder(out)
    await out.write(lambda conn: consents.suppress(conn, MAIL, "stop", out.clock()))
    await out.send()
    told = await out.database.read(why.of_customer, row["customer_id"])
    assert [message.state for message in told.messages] == ["suppressed"]
    assert told.messages[0].words.startswith("Not sent: the customer asked us to stop on 20")
    reasons = sorted((skip.reason, skip.channel) for skip in told.skipped)
    assert reasons == [
        ("no_address", "main_number"),
        ("too_late", "main_number"),
        ("too_late", "outgoing_mail"),
    ]
    assert all(skip.words.startswith("Not planned:") for skip in told.skipped)


async def test_a_customer_is_found_by_number_address_or_identity(out: Outdoors) -> None:
    ada = await out.customer(MAIL, PHONE)

    async def find(text: str) -> int:
        return int(await out.database.read(lambda conn, _: why.find_customer(conn, text, "US"), None))

    assert {await find(text) for text in (str(ada), "Ada@Example.com", MAIL, "(415) 555-0101", PHONE)} == {ada}
    with pytest.raises(NotFound):
        await find("grace@example.com")
    with pytest.raises(Refused):
        await find("ada")
    with pytest.raises(NotFound):
        await out.database.read(why.story, 999)


def test_every_reason_that_the_code_gives_has_its_sentence() -> None:
    source = "".join(
        path.read_text() for path in (ROOT / "hub" / "outreach").rglob("*.py") if path.name != "reasons.py"
    )
    given = set(re.findall(r'reason="(\w+)"', source)) | set(re.findall(r'"reason": "(\w+)"', source))
    given |= {f"appointment_{state}" for state in STATES} | {"appointment_moved", "appointment_changed"}
    assert given
    assert given <= set(SENTENCES), given - set(SENTENCES)
    assert gates.GATES


@pytest.mark.parametrize("reason", sorted(SENTENCES))
def test_a_sentence_is_whole_without_the_values_too(reason: str) -> None:
    assert "{" not in in_words("held", reason, {})
    assert in_words("held", reason, {"said": "x", "why": "y", "error": "z"})


def test_a_reason_in_free_words_is_shown_as_it_is() -> None:
    assert in_words("cancelled", "taken back by its writer") == "Cancelled. (taken back by its writer)"


def hub(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    return nursery.hub(*words, "--data", str(data), cwd=ROOT)


@pytest.fixture
async def beside(out: Outdoors, tmp_path: Path) -> Any:
    """A hub's data folder whose database is open in this process, with one message and its customer."""
    row = await due_reminder(out)
    await out.send()
    return row, tmp_path


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.outbound("why")
async def test_the_command_tells_a_story_beside_a_running_hub(beside: Any, out: Outdoors) -> None:
    row, folder = beside
    told = hub("why", str(row["id"]), data=folder)
    assert told.returncode == 0, told.stderr
    assert "accepted" in told.stdout.splitlines()[0]
    assert "Handed to the channel." in told.stdout
    as_json = hub("why", str(row["id"]), "--json", data=folder)
    assert json.loads(as_json.stdout)["state"] == "accepted"
    customer = hub("why", "ada@example.com", "--json", data=folder)
    assert [message["message"] for message in json.loads(customer.stdout)["messages"]] == [row["id"]]
    by_number = hub("why", "--customer", str(row["customer_id"]), data=folder)
    assert "Ada Lovelace" in by_number.stdout
    await out.appointment(row["customer_id"], hours=30)  # it still writes


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["why", "999"], 3, id="no such message"),
        pytest.param(["why", "grace@example.com"], 3, id="nobody has this address"),
        pytest.param(["why", "--customer", "999"], 3, id="no such customer"),
        pytest.param(["why"], 2, id="nothing asked"),
    ],
)
async def test_the_command_says_by_its_exit_code_that_there_is_none(beside: Any, words: list[str], code: int) -> None:
    done = hub(*words, data=beside[1])
    assert done.returncode == code, done.stderr
    assert done.stderr


def test_without_a_database_the_command_says_so(tmp_path: Path) -> None:
    done = hub("why", "1", data=tmp_path)
    assert done.returncode == 2
    assert "hub init" in done.stderr
    assert not (tmp_path / "hub.sqlite3").exists(), "asking makes no database"


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_on_postgresql_too_the_command_reads(out: Outdoors, tmp_path: Path) -> None:
    row = await due_reminder(out)
    file = tmp_path / "hub.toml"
    file.write_text(f'[hub]\ndatabase_url = "{out.database.url}"\n')
    done = hub("why", str(row["id"]), "--config", str(file), "--json", data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["due_at"] == row["due_at"].isoformat()
    assert row["expires_at"] - row["due_at"] == timedelta(minutes=90)


def test_a_page_says_a_sentence_in_its_own_language_with_the_values_of_this_one() -> None:
    words = in_words("suppressed", "no_consent", {"address": "mailto:ada@example.com"})
    assert words == "Not sent: the customer has not agreed to promotions to ada@example.com."
    for copied in (words, deepcopy(words), pickle.loads(pickle.dumps(words))):
        assert copied.said_by(catalogue("cs").gettext).endswith("ada@example.com.")
        assert copied.said_by(catalogue("cs").gettext) != words


@pytest.mark.parametrize("reason", sorted(SENTENCES))
def test_a_reason_of_many_is_a_sentence_without_the_values_of_one(reason: str) -> None:
    told = in_general("", reason)
    assert "{" not in told
    assert "?" not in told
    assert told[0].isupper()
    assert not re.search(r" [.,;]|\(\)", told)
