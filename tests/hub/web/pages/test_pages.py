"""Every page, for every role: who may see it, and what it shows."""

from __future__ import annotations

import pytest

from hub.store.staff import ROLES
from tests.builders import incoming, mail
from tests.desk_world import World, named_mail, take
from tests.web_room import WebRoom

_NOT_MARKETERS = {"viewer", "agent", "admin", "auditor"}
_WORKERS = {"agent", "admin"}
_PAGES = {
    "/inbox": _NOT_MARKETERS,
    "/conversations/{conversation}": _NOT_MARKETERS,
    "/customers": set(ROLES),
    "/customers/{ada}": set(ROLES),
    "/customers/new": _WORKERS,
    "/customers/{ada}/change": _WORKERS,
    "/customers/{ada}/write": _WORKERS,
    "/appointments": _NOT_MARKETERS,
    "/appointments/{appointment}": _NOT_MARKETERS,
    "/appointments/new": _WORKERS,
    "/tasks": _NOT_MARKETERS,
    "/channels": set(ROLES),
    "/unread": _NOT_MARKETERS,
}
_ACTS = {
    "/conversations/{conversation}/reply": _WORKERS,
    "/conversations/{conversation}/close": _WORKERS,
    "/conversations/{conversation}/assign": _WORKERS,
    "/conversations/{conversation}/notes": _WORKERS,
    "/conversations/{conversation}/read": _WORKERS,
    "/customers": _WORKERS,
    "/customers/{ada}/notes": _WORKERS,
    "/customers/{ada}/merge": _WORKERS,
    "/customers/{ada}/identities": _WORKERS,
    "/tasks": _WORKERS,
    "/appointments": _WORKERS,
    "/unread/retry": _WORKERS,
    "/channels/support_mail/resume": {"admin"},
    "/channels/support_mail/check": {"admin"},
}


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_sees_its_pages_and_does_its_acts_and_no_others(room: WebRoom, world: World, role: str) -> None:
    async with room.browser(role) as browser:
        for path, roles in _PAGES.items():
            answer = await browser.get(path.format(**world.__dict__))
            assert answer.status == (200 if role in roles else 403), (path, answer.text[-600:])
        for path, roles in _ACTS.items():
            answer = await browser.post(path.format(**world.__dict__))
            assert (answer.status == 403) is (role not in roles), (path, answer.status)
        home = await browser.get("/")
        assert home.status == (303 if role == "marketer" else 200)


@pytest.mark.security_row(5)
async def test_nobody_sees_anything_before_sign_in(room: WebRoom, world: World) -> None:
    async with room.browser() as browser:
        for path in _PAGES:
            assert (await browser.get(path.format(**world.__dict__))).status == 401
        for path in (f"/interactions/{world.html_mail}/html", "/attachments/1", "/recordings/1", "/unread/1/raw"):
            assert (await browser.get(path)).status == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "/conversations/{conversation}/reply",
        "/conversations/{conversation}/close",
        "/conversations/{conversation}/read",
        "/customers/{ada}/merge",
        "/messages/1/undo",
        "/tasks/1/done",
        "/unread/retry",
        "/channels/support_mail/resume",
    ],
)
@pytest.mark.security_row(7)
async def test_a_get_changes_nothing(room: WebRoom, world: World, path: str) -> None:
    async with room.browser("admin") as browser:
        assert (await browser.get(path.format(**world.__dict__))).status in (404, 405)


async def test_a_post_without_the_form_token_does_nothing(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        answer = await browser.ask("POST", f"/conversations/{world.conversation}/close", data={"csrf": "guessed"})
        assert answer.status == 403
        assert "open" in (await browser.get("/inbox?state=open")).text


@pytest.mark.parametrize(
    "query",
    [
        "/inbox?state=open'--",
        "/inbox?medium=1)",
        "/inbox?assignee=1;drop",
        "/inbox?before=1",
        "/customers/{ada}?medium=x",
        "/customers/{ada}?before=-1",
        "/customers?before=x",
        "/tasks?state=any",
        "/appointments?span=year",
        "/appointments?day=tomorrow",
        "/unread?before=1e3",
    ],
)
@pytest.mark.security_row(8)
async def test_a_filter_that_is_not_on_the_list_is_422(room: WebRoom, world: World, query: str) -> None:
    async with room.browser("viewer") as browser:
        assert (await browser.get(query.format(**world.__dict__))).status == 422


@pytest.mark.parametrize(
    "path",
    [
        "/customers/999999",
        "/conversations/999999",
        "/appointments/999999",
        f"/customers/{1 << 70}",
        "/attachments/99999",
    ],
)
@pytest.mark.security_row(6)
async def test_what_is_not_there_is_404(room: WebRoom, world: World, path: str) -> None:
    async with room.browser("admin") as browser:
        assert (await browser.get(path)).status == 404


async def test_the_timeline_shows_every_channel_and_why_each_entry_is_here(room: WebRoom, world: World) -> None:
    async with room.browser("viewer") as browser:
        text = (await browser.get(f"/customers/{world.ada}")).text
    for shown in (
        "Could you move my appointment",
        "Quoted text",
        "Analytical Engines",
        "Running 5 minutes late",
        "Voicemail",
        "0:57",
        "NPS 9",
        "Do you repair difference engines?",
        "Überweisung.pdf",
        "holds mailto:ada@example.com",
        "refers to a1@example.com",
        "unverified",
        "asked us to stop",
        "Send me offers by mail",
        "appointment reminder",
        f'src="/interactions/{world.html_mail}/html"',
        'sandbox="allow-popups"',
    ):
        assert shown in text, shown


async def test_older_entries_come_as_a_part_for_htmx_and_as_a_page_without(room: WebRoom, world: World) -> None:
    services = room.services
    await take(services.database, *[incoming(mail(id=f"x{n}", text=f"entry {n}")) for n in range(60)])
    async with room.browser("viewer") as browser:
        page = await browser.get(f"/customers/{world.ada}")
        older = page.text.split('rel="next"')[0].rsplit('hx-get="', 1)[1].split('"')[0].replace("&amp;", "&")
        part = await browser.get(older, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        whole = await browser.get(older)
    assert part.status == whole.status == 200
    assert "<html" not in part.text
    assert "<html" in whole.text
    assert part.headers["Vary"].startswith("HX-Request")
    assert "Do you repair difference engines?" in part.text


@pytest.mark.security_row(2)
async def test_script_in_names_subjects_and_file_names_is_shown_as_text(room: WebRoom, world: World) -> None:
    evil = "<script>alert(1)</script>"
    hostile = named_mail(f"Eve {evil}", "eve@example.com", evil, id="evil", subject=f"Subject {evil}", signature=evil)
    [interaction] = await take(room.services.database, incoming(hostile))
    async with room.browser("agent") as browser:
        for path in ("/", "/inbox", f"/customers?words={'eve@example.com'}"):
            text = (await browser.get(path)).text
            assert evil not in text
            assert "&lt;script&gt;alert(1)" in text
    assert interaction
