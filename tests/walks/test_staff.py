"""Items 9, 10 and 13: the first administrator's way in, the pages, the API's own description, the walls for later."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import urllib.error
import urllib.request

import pytest

from tests.walks.running import PASSWORD, Browser, Person, RunningHub, wait_for

PAGES = (
    "/", "/inbox", "/customers", "/appointments", "/forms", "/uploads", "/channels", "/unread", "/tasks", "/staff",
    "/tokens", "/audit", "/profile",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(hub: RunningHub) -> Browser:
    """Uses the one-time link of the first start, as its reader does."""
    assert hub.sign_in
    browser = hub.browser()
    status, page, _ = browser.open(hub.sign_in)
    assert status == 200
    told = {"email": "grace@example.com", "display_name": "Grace", "password": PASSWORD, "again": PASSWORD}
    status, _, address = browser.open(hub.sign_in, {**browser.hidden(page), **told})
    assert (status, address) == (200, hub.url + "/")
    return browser


def test_the_first_administrator_signs_in_once_and_sees_every_page(hub: RunningHub, browser: Browser) -> None:
    assert hub.sign_in
    for page in PAGES:
        status, body, _ = browser.open(page)
        assert status == 200, page
        assert "sandbox" in body.lower(), "the banner names what is not live"
    assert hub.browser().open(hub.sign_in)[0] == 404
    assert hub.browser().open("/inbox")[0] == 401
    assert any(row["action"] == "link.used" for row in hub.api("GET", "/audit")["items"])


def test_a_post_without_the_forms_own_token_changes_nothing(hub: RunningHub, browser: Browser) -> None:
    assert browser.open("/customers", {"display_name": "Eve"})[0] == 403
    assert "Eve" not in str(hub.api("GET", "/customers")["items"])


def test_staff_answers_from_the_page_and_the_customer_gets_it(
    hub: RunningHub, browser: Browser, person: Person
) -> None:
    hub.command("simulate", "mail", "My fridge is broken", "--from", person.email)
    row = hub.timeline(hub.customer(f"mailto:{person.email}"))[0]
    conversation = f"/conversations/{row['conversation_id']}"
    _, page, _ = browser.open(conversation)
    form = page[page.index(f'action="{conversation}/reply"') :]
    fields = {**browser.hidden(page), **browser.hidden(form[: form.index("</form>")])}
    status, _, _ = browser.open(
        f"{conversation}/reply", {**fields, "text": "We come on Monday.", "subject": "Re: A question"}
    )
    assert status == 200
    caught = hub.data / "sandbox" / "mail" / "caught" / "new"
    sent = wait_for(lambda: list(caught.glob("*")) if caught.is_dir() else None, "the answer")
    assert b"We come on Monday." in sent[0].read_bytes()


def test_the_api_describes_itself_and_takes_tokens_of_staff(hub: RunningHub, browser: Browser) -> None:
    described = hub.api("GET", "/openapi.json")
    assert described["openapi"].startswith("3.1")
    assert "/api/v1/customers" in described["paths"] or "/customers" in described["paths"]
    _, page, _ = browser.open("/tokens")
    _, page, _ = browser.open("/tokens", {**browser.hidden(page), "name": "till", "role": "viewer"})
    token = next(
        word for word in page.replace("<", " ").replace(">", " ").replace('"', " ").split() if word.startswith("hub_")
    )
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{hub.url}/api/v1/me", headers=headers)) as answer:
        assert json.load(answer)["role"] == "viewer"
    refused = urllib.request.Request(f"{hub.url}/api/v1/customers", b'{"display_name": "Eve"}', headers)
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.urlopen(refused)
    assert told.value.code == 403, "a viewer may not write"


def test_the_walls_for_later_stand(hub: RunningHub, person: Person) -> None:
    hub.command("simulate", "mail", "My fridge is broken", "--from", person.email)
    hub.timeline(hub.customer(f"mailto:{person.email}"))
    events = [row["kind"] for row in hub.api("GET", "/events")["items"]]
    assert "interaction.captured" in events
    assert "customer.created" in events
    with contextlib.closing(sqlite3.connect(f"file:{hub.data / 'hub.sqlite3'}?mode=ro", uri=True)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {"job", "blob", "domain_event", "secret", "lease", "cursor"} <= tables
    assert (hub.data / "hub.key").stat().st_mode & 0o077 == 0
    assert (hub.data / "running.json").stat().st_mode & 0o077 == 0
