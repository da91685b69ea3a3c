"""Files from folders and zips: text by path, bounded, never written where an archive says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from hub.desk.configuration import files
from hub.model.errors import Refused, TooLarge


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_folder_is_read_by_path_without_hidden_files_and_notes(tmp_path: Path) -> None:
    for path in ("forms/a.toml", ".git/config", "forms/.a.toml.swp", "forms/a.toml~", "README.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert files.read_folder(tmp_path) == {"forms/a.toml": "one\ntwo\nthree\n"}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is no folder"):
        files.read_folder(tmp_path / "nowhere")


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    content = {"forms/a.toml": "one\n", "reminders.toml": "two\n"}
    assert files.write_folder(tmp_path, content) == ["forms/a.toml", "reminders.toml"]
    assert files.write_folder(tmp_path, {**content, "reminders.toml": "three\n"}) == ["reminders.toml"]
    assert files.read_folder(tmp_path)["reminders.toml"] == "three\n"


def test_a_zip_of_the_same_files_is_the_same_and_reads_back() -> None:
    content = {"forms/a.toml": "one\n", "templates/b/cs/sms.txt": "Dobrý den\n"}
    assert files.write_zip(content) == files.write_zip(dict(content))
    assert files.read_zip(files.write_zip(content)) == content


def test_a_zip_with_strange_paths_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert files.read_zip(zipped(**{"../../x.toml": b"a", "/etc/y.toml": b"b"})) == {"/etc/y.toml": "b"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        pytest.param(b"no zip", Refused, "no zip archive", id="no zip"),
        pytest.param(b"", Refused, "no zip archive", id="empty"),
        pytest.param(zipped(a=b"\xff\xfe"), Refused, "no text in UTF-8", id="no text"),
        pytest.param(zipped(a=b"0" * 26_000_000), TooLarge, "no configuration is so large", id="a bomb"),
        pytest.param(zipped(**{str(n): b"" for n in range(10_001)}), TooLarge, "so large", id="too many"),
    ],
)
def test_what_is_no_configuration_is_refused(content: bytes, error: type[Refused], words: str) -> None:
    with pytest.raises(error, match=words):
        files.read_zip(content)
