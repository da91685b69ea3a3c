"""What the database lays over the settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.app.overrides import Overrides, laid_over
from hub.config import Settings, load
from hub.secrets import resolve, secret_lookup
from hub.store.connections import KeptConnection
from tests.builders import NOW

TOML = """
[hub]
public_url = "{public_url}"
[channels.mail]
adapter = "channels.email_imap:ImapMailbox"
password = "secret:MAIL_PASSWORD"
[channels.form]
adapter = "channels.web_form:WebForm"
mode = "live"
"""


def settings(folder: Path, public_url: str = "") -> Settings:
    file = folder / "hub.toml"
    file.write_text(TOML.format(public_url=public_url))
    read = load({"data": folder}, file=file, environment={})
    return resolve(read, secret_lookup(folder, {}))


def overrides(*added: KeptConnection, **modes: str) -> Overrides:
    secrets = {"connection/sales/password": "sealed-before"}
    return Overrides(3, modes, "https://kept.example.com", added, secrets)


def added(name: str = "sales", **more: Any) -> KeptConnection:
    """A channel that is kept in the database."""
    settings = {"host": "imap.example.com", "username": "sales@example.com"}
    whole = {"adapter": "channels.email_imap:ImapMailbox", "mode": "live", "secrets": ["password"], **more}
    return KeptConnection(name=name, settings=settings, created_at=NOW, changed_at=NOW, **whole)


def test_a_mode_kept_here_comes_before_the_files_and_secrets_are_read_anew(tmp_path: Path) -> None:
    read = settings(tmp_path)
    assert read.channels["mail"].settings["password"] == ""
    secrets = tmp_path / "secrets.env"
    secrets.touch(0o600)
    secrets.write_text("MAIL_PASSWORD=added-since\n")
    laid, closed = laid_over(read, overrides(mail="live", form="sandbox"))
    assert closed == {}
    assert {name: channel.mode for name, channel in laid.channels.items()} == {"mail": "live", "form": "sandbox"}
    assert laid.channels["mail"].settings["password"] == "added-since"
    assert laid.epoch == 3
    assert laid.written.channels["mail"].mode == "sandbox"


def test_a_channel_switched_live_whose_secret_is_gone_stays_closed_and_says_which(tmp_path: Path) -> None:
    laid, closed = laid_over(settings(tmp_path), overrides(mail="live"))
    assert laid.channels["mail"].mode == "live"
    assert "MAIL_PASSWORD" in closed["mail"].message


@pytest.mark.parametrize(
    ("in_file", "used"), [("", "https://kept.example.com"), ("https://file.example.com", "https://file.example.com")]
)
def test_the_files_public_address_comes_first(tmp_path: Path, in_file: str, used: str) -> None:
    laid, _ = laid_over(settings(tmp_path, in_file), overrides())
    assert laid.hub.public_url == used


def test_a_channel_that_is_no_longer_in_the_file_is_left_out(tmp_path: Path) -> None:
    laid, closed = laid_over(settings(tmp_path), overrides(gone="live"))
    assert set(laid.channels) == {"mail", "form"}
    assert closed == {}


def test_a_channel_kept_here_is_opened_with_its_secret_and_may_be_switched(tmp_path: Path) -> None:
    laid, closed = laid_over(settings(tmp_path), overrides(added(sends_with="gone"), sales="sandbox"))
    assert closed == {}
    sales = laid.channels["sales"]
    assert (sales.mode, sales.sends_with, sales.kept) == ("sandbox", "", True)
    assert sales.settings["password"] == "sealed-before"
    assert laid.written.channels["sales"].settings["password"] == "secret:connection/sales/password"
    assert laid.written.channels["sales"].mode == "live"


@pytest.mark.parametrize(
    ("kept_here", "code", "words"),
    [
        pytest.param(added(disconnected_at=NOW), "disconnected", "It was disconnected", id="disconnected"),
        pytest.param(added("other"), "configuration", "not kept here", id="its secret cannot be opened"),
    ],
)
def test_a_channel_kept_here_stays_closed_and_ends_no_other(
    tmp_path: Path, kept_here: KeptConnection, code: str, words: str
) -> None:
    laid, closed = laid_over(settings(tmp_path), overrides(kept_here))
    assert {name: error.code for name, error in closed.items()} == {kept_here.name: code}
    assert words in closed[kept_here.name].message
    assert laid.channels["form"].mode == "live"


def test_the_files_channel_comes_before_one_of_the_same_name_kept_here(tmp_path: Path) -> None:
    laid, closed = laid_over(settings(tmp_path), overrides(added("mail"), form="sandbox"))
    assert closed == {}
    assert (laid.channels["mail"].mode, laid.channels["mail"].kept) == ("sandbox", False)
