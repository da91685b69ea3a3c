"""Recordings that callers hear travel with the flows that play them: sounds in folders and zips, digests beside."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.desk import configuration
from hub.desk.configuration import Report, files
from hub.model.errors import Refused
from hub.model.sound import LARGEST
from hub.sandbox.twilio import audio
from hub.store import call_flows, call_sounds
from hub.store.blobs import FileBlobs
from hub.store.call_sounds import Sound
from hub.store.session import Database
from hub.store.tables import BlobRow
from hub.web.configuration import kinds
from tests.builders import NOW
from tests.hub.configuration.conftest import ADA

FLOW: dict[str, Any] = {
    "title": "The pharmacy",
    "languages": ["en"],
    "start": "welcome",
    "steps": {
        "welcome": {"kind": "say", "words": {"en": "Welcome"}, "sounds": {"en": "welcome_en"}, "next": "wait"},
        "wait": {"kind": "queue", "roster": "desk", "music": "music"},
    },
}
ROSTER = 'title = "Desk"\n[[people]]\nname = "Ada"\nnumber = "+14155550111"\n'
WELCOME, MUSIC = audio.wav(1), audio.mp3(2)


class Place:
    """A hub's recordings, with the folder where their bytes are."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.blobs = database, FileBlobs(folder)
        self.kinds = kinds("en", blobs=self.blobs)

    async def write(self, work: Any, *args: Any, **more: Any) -> Any:
        return await self.database.write(lambda conn, _: work(conn, *args, **more), None)

    async def keep(self, name: str, content: bytes, kind: str) -> None:
        sha256 = self.blobs.put(content)
        sound = Sound(
            name=name,
            title=f"The {name}",
            sha256=sha256,
            size=len(content),
            content_type=kind,
            added_at=NOW,
            added_by="ada",
        )
        await self.write(call_sounds.keep, sound)

    async def files(self) -> dict[str, str]:
        return dict(await self.write(configuration.export, self.kinds))

    async def apply(self, given: Mapping[str, str], *, prune: bool = False) -> Report:
        reading = configuration.read(self.kinds, given)
        report: Report = await self.write(configuration.apply, self.kinds, reading, ADA, channels=(), prune=prune)
        return report

    async def references(self) -> list[int]:
        return sorted(await self.write(lambda conn: list(conn.scalars(select(BlobRow.references)))))


async def test_sounds_go_out_with_their_flow_and_come_in_again_once(sqlite_hub: Database, tmp_path: Path) -> None:
    here = Place(sqlite_hub, tmp_path / "blobs")
    await here.keep("welcome_en", WELCOME, "audio/wav")
    await here.keep("music", MUSIC, "audio/mpeg")
    await here.apply({**await here.files(), "rosters/desk.toml": ROSTER})
    await here.write(call_flows.save, "main", FLOW, "ada", NOW)
    out = await here.files()
    folder = tmp_path / "configuration"
    files.write_folder(folder, out)
    assert (folder / "call_sounds" / "welcome_en.wav").read_bytes() == WELCOME
    assert (folder / "call_sounds" / "music.mp3").read_bytes() == MUSIC
    assert files.read_folder(folder) == files.read_zip(files.write_zip(out)) == out
    assert files.write_folder(folder, out) == []

    again = await here.apply(out)
    assert {change.outcome.value for change in again.changes} == {"same"}
    assert await here.references() == [1, 1]
    pruned = {path: text for path, text in out.items() if "welcome" not in path}
    with pytest.raises(Refused, match="There is no call_sound 'welcome_en'"):
        await here.apply(pruned, prune=True)

    (folder / "call_sounds" / "music.mp3").write_bytes(audio.mp3(3))
    changed = files.read_folder(folder)
    with pytest.raises(Refused, match="another digest"):
        await here.apply(changed)
    (folder / "call_sounds" / "music.toml").write_text('title = "Softer"\n')
    report = await here.apply(files.read_folder(folder))
    [music] = [change for change in report.changes if change.outcome.value != "same"]
    assert (music.kind, music.key, set(music.parts)) == ("call_sound", "music", {"title", "sha256", "size"})
    assert (await here.write(call_sounds.get, "music")).title == "Softer"
    assert await here.references() == [0, 1, 1], "the sound before is nobody's any more"

    gone = {path: text for path, text in out.items() if not path.startswith(("call_", "rosters/"))}
    left = await here.apply(gone, prune=True)
    outcomes = {change.key: change.outcome.value for change in left.changes if change.outcome.value == "retired"}
    assert outcomes.keys() >= {"music", "welcome_en", "main", "desk"}
    assert await here.write(call_sounds.every) == []
    back = await here.apply(out)
    assert {change.key: change.outcome.value for change in back.changes}["welcome_en"] == "new"
    assert here.blobs.read((await here.write(call_sounds.get, "welcome_en")).sha256) == WELCOME


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({"call_sounds/a.toml": 'title = "A"\n'}, "Beside it belongs one sound", id="no sound"),
        pytest.param({"call_sounds/a.wav": text(WELCOME)}, "no file that says what it is", id="no title"),
        pytest.param(
            {"call_sounds/a.toml": "", "call_sounds/a.wav": text(b"<script>")},
            "no MP3 and no WAV",
            id="no sound at all",
        ),
        pytest.param(
            {"call_sounds/a.toml": "", "call_sounds/a.mp3": text(MUSIC + b"\x00" * LARGEST)},
            "at most 20 MB",
            id="large",
        ),
        pytest.param(
            {"call_sounds/a.toml": "", "call_sounds/a.mp3": text(MUSIC), "call_sounds/a.wav": text(WELCOME)},
            "Beside it belongs one sound",
            id="two sounds",
        ),
        pytest.param({"call_sounds/A b.toml": "", "call_sounds/A b.wav": text(WELCOME)}, "small letters", id="name"),
        pytest.param({"call_sounds/a.toml": 'sound = "x"\n', "call_sounds/a.wav": text(WELCOME)}, "knows no", id="key"),
        pytest.param({"call_sounds/a.toml": "", "call_sounds/a.wav": "%%%"}, "base64", id="not base64"),
    ],
)
def test_what_is_no_recording_is_refused_before_anything_is_written(given: dict[str, str], why: str) -> None:
    [fault] = configuration.read(kinds("en"), given).faults
    assert why in str(fault)
