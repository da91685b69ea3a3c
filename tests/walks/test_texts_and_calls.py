"""Items 2 and 3: texts and calls, through the Twilio emulator and the official client."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.walks.running import Person, RunningHub, wait_for

PICTURE = "data:image/png;base64," + base64.b64encode(bytes(64)).decode()


def text(hub: RunningHub, person: Person, body: str, *more: str) -> dict[str, object]:
    done = hub.command("simulate", "text", body, "--from", person.phone, "--json", *more)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_text_with_a_picture_is_on_the_timeline_with_its_media(hub: RunningHub, person: Person) -> None:
    text(hub, person, "Look at this", "--media", PICTURE)
    ada = hub.customer(f"tel:{person.phone}")
    assert hub.timeline(ada)[0]["text"] == "Look at this"
    stored = wait_for(
        lambda: [file for file in hub.timeline(ada)[0]["attachments"] if file["state"] == "stored"], "the picture"
    )
    assert stored[0]["size"] == 64


@pytest.mark.parametrize(("word", "answered"), [("STOP", "unsubscribed"), ("HELP", "help")])
def test_stop_and_help_are_answered(hub: RunningHub, person: Person, word: str, answered: str) -> None:
    replies = text(hub, person, word)["replies"]
    assert isinstance(replies, list)
    assert len(replies) == 1
    assert replies[0], answered


def test_stop_silences_and_start_restores(hub: RunningHub, person: Person) -> None:
    text(hub, person, "STOP")
    ada = hub.customer(f"tel:{person.phone}")
    assert ada["identities"]
    against = f"/suppressions?identity=tel:{urllib.parse.quote(person.phone)}"
    assert hub.api("GET", against)["items"]
    text(hub, person, "START")
    assert not hub.api("GET", against)["items"]


def test_a_forged_text_is_refused_and_leaves_no_row(hub: RunningHub) -> None:
    url = f"{hub.url}/hooks/main_number/text"
    body = b"MessageSid=SM" + b"0" * 32 + b"&From=%2B14155550199&To=%2B14155550100&Body=forged&NumMedia=0"
    for headers in ({}, {"X-Twilio-Signature": "AAAA"}, {"X-Twilio-Signature": "é".encode().decode("latin-1")}):
        request = urllib.request.Request(url, body, headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 403
    assert hub.api("GET", "/customers?identity=tel:%2B14155550199")["items"] == []


def test_a_call_is_one_interaction_with_a_playable_voicemail(hub: RunningHub, person: Person) -> None:
    done = hub.command("simulate", "call", "Please call me back", "--from", person.phone, "--seconds", "4", "--json")
    assert done.returncode == 0, done.stderr
    ada = hub.customer(f"tel:{person.phone}")
    stored = wait_for(
        lambda: [file for file in hub.timeline(ada)[0]["attachments"] if file["state"] == "stored"], "the recording"
    )
    assert len(hub.timeline(ada)) == 1
    assert hub.timeline(ada)[0]["medium"] == "call"
    request = urllib.request.Request(
        f"{hub.url}/api/v1/attachments/{stored[0]['id']}", headers={"Authorization": f"Bearer {hub.token()}"}
    )
    with urllib.request.urlopen(request) as answer:
        assert len(answer.read()) == stored[0]["size"] > 1000
