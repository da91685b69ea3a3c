"""Secrets as systemd hands them over: files in a folder of their own, after the environment, before secrets.env."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from hub.model.errors import ConfigurationError
from hub.secrets import hub_key, secret_lookup


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "HUB_SECRET_TOKEN").write_text("of systemd\n")
    (tmp_path / "secrets.env").write_text("TOKEN=of the file\nOTHER=of the file\n")
    (tmp_path / "secrets.env").chmod(0o600)
    return folder


@pytest.mark.parametrize(
    ("name", "environment", "found"),
    [
        ("TOKEN", {}, "of systemd"),
        ("TOKEN", {"TOKEN": "of the environment"}, "of the environment"),
        ("OTHER", {}, "of the file"),
        ("NONE", {}, None),
        ("../secrets", {}, None),
    ],
    ids=["credential", "environment first", "file last", "nowhere", "no path"],
)
def test_where_a_secret_is_found(credentials: Path, name: str, environment: dict[str, str], found: str | None) -> None:
    told = {**environment, "CREDENTIALS_DIRECTORY": str(credentials)}
    assert secret_lookup(credentials.parent, told)(name) == found


def test_the_hubs_key_may_be_a_credential(credentials: Path) -> None:
    key = os.urandom(32)
    (credentials / "HUB_SECRET_HUB_KEY").write_text(base64.urlsafe_b64encode(key).decode())
    assert hub_key(credentials.parent, {"CREDENTIALS_DIRECTORY": str(credentials)}) == key


def test_a_credential_that_is_no_text_is_named(credentials: Path) -> None:
    (credentials / "HUB_SECRET_TOKEN").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="HUB_SECRET_TOKEN cannot be read"):
        secret_lookup(credentials.parent, {"CREDENTIALS_DIRECTORY": str(credentials)})("TOKEN")
