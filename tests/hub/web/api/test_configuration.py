"""Configuration through the API: out as JSON or a zip, in again, dry first; faults are told, nothing half done."""

from __future__ import annotations

from typing import Any

import aiohttp

from hub.desk import configuration
from tests.builders import NOW
from tests.hub.web.api.conftest import Api
from tests.starting import start_with

SOME = ("templates/personal_offer/", "forms/", "segments/birthday_today.toml")
SEGMENT = "segments/birthday_today.toml"


async def _files(api: Api) -> dict[str, str]:
    await api.room.services.database.write(lambda conn, _: start_with(conn, NOW, *SOME), None)
    files: dict[str, str] = (await api("GET", "/configuration", role="viewer")).body["files"]
    return files


async def _send(api: Api, content: bytes, **fields: str) -> tuple[int, Any]:
    form = aiohttp.FormData(fields)
    form.add_field("file", content, filename="configuration.zip")
    headers = {"Authorization": f"Bearer {await api.room.token('marketer')}"}
    async with api.http.post(api.room.url("/api/v1/configuration/file"), data=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_configuration_goes_out_and_in_as_json(api: Api) -> None:
    files = await _files(api)
    assert set(files) >= {"forms/contact.toml", SEGMENT, "templates/personal_offer/ru/sms.txt"}
    same = await api("POST", "/configuration", {"files": files}, role="marketer")
    assert (same.status, same.body["applied"], same.body["counts"]["same"]) == (200, True, len(same.body["changes"]))
    files[SEGMENT] = files[SEGMENT].replace("days = 0", "days = 1")
    dry = (await api("POST", "/configuration", {"files": files, "dry_run": True})).body
    assert (dry["applied"], dry["counts"]["changed"]) == (False, 1)
    assert (await api("GET", "/configuration")).body["files"] != files
    assert (await api("POST", "/configuration", {"files": files})).body["counts"]["changed"] == 1
    assert (await api("GET", "/configuration")).body["files"] == files
    [act] = (await api("GET", "/audit", query={"limit": 1})).items
    assert (act["action"], act["subject"], act["actor"]) == (
        "configuration.applied",
        "segment/birthday_today",
        "admin@hub.test",
    )


async def test_the_same_as_a_zip(api: Api) -> None:
    files = await _files(api)
    packed = (await api("GET", "/configuration.zip", role="auditor")).raw
    assert configuration.read_zip(packed) == files
    status, report = await _send(api, packed, dry_run="true", prune="true")
    assert (status, report["applied"], report["counts"]["same"]) == (200, False, len(report["changes"]))
    status, report = await _send(api, configuration.write_zip({SEGMENT: files[SEGMENT]}), prune="1")
    assert (status, report["counts"]["same"], report["counts"]["retired"]) == (200, 1, len(report["changes"]) - 1)


async def test_faults_are_told_and_nothing_is_done(api: Api) -> None:
    files = {**await _files(api), "forms/new.toml": "slug = = 1", "elsewhere.txt": "x"}
    dry = (await api("POST", "/configuration", {"files": files, "dry_run": True})).body
    assert [(fault["file"], "line 1" in fault["message"]) for fault in dry["faults"]] == [
        ("elsewhere.txt", False),
        ("forms/new.toml", True),
    ]
    refused = await api("POST", "/configuration", {"files": files})
    assert (refused.status, refused.body["field"]) == (422, "elsewhere.txt")
    assert "forms/new.toml" in refused.body["message"]
    for content in (b"no zip", b""):
        assert (await _send(api, content))[0] == 422
