"""Every string of pages and code is in every catalogue, translated, with its placeholders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[4]
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    file = tmp_path_factory.mktemp("messages") / "hub.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "hub/locale/babel.cfg"]
    subprocess.run([*command, "-k", "N_", "-o", str(file), "."], cwd=ROOT, check=True, timeout=300)
    with file.open("rb") as stream:
        return read_po(stream)


@pytest.mark.parametrize("language", ["pt", "cs", "ru"])
def test_every_string_is_translated(extracted: Catalog, language: str) -> None:
    with (ROOT / "hub" / "locale" / language / "LC_MESSAGES" / "hub.po").open("rb") as stream:
        catalogue = read_po(stream, locale=Locale.parse(language))
    for message in extracted:
        if not message.id:
            continue
        found = catalogue.get(message.id, message.context)
        assert found is not None, f"{message.id!r} is missing: run make messages, then translate it"
        words = (found.string,) if isinstance(found.string, str) else tuple(found.string)
        assert all(words), f"{message.id!r} is not translated"
        asked = message.id if isinstance(message.id, str) else message.id[-1]
        for translated in words:
            assert set(_PLACEHOLDER.findall(translated)) <= set(_PLACEHOLDER.findall(asked)), message.id
