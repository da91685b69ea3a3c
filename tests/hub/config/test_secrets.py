"""Secrets: where they are looked for, when one may be missing, which keys are refused."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from hub.config import Settings, load
from hub.model.errors import ConfigurationError
from hub.secrets import create_hub_key, hub_key, resolve, secret_lookup, secret_values

CHANNEL = """
[channels.main]
adapter = "channels.sms:TwilioSms"
mode = "{mode}"
auth_tokens = ["secret:TOKEN", "plain"]
"""


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    file = tmp_path / "secrets.env"
    file.write_text("# comment\n\nexport TOKEN='from file'\nOTHER = a=b\n")
    file.chmod(0o600)
    return tmp_path


def _settings(folder: Path, text: str) -> Settings:
    (folder / "hub.toml").write_text(text)
    return load(file=folder / "hub.toml", environment={})


@pytest.mark.parametrize(
    ("environment", "value"),
    [
        ({"HUB_SECRET_TOKEN": "own", "TOKEN": "shared"}, "own"),
        ({"TOKEN": "shared"}, "shared"),
        ({"TOKEN": ""}, "from file"),
    ],
    ids=["HUB_SECRET_NAME first", "then NAME", "then secrets.env"],
)
def test_a_secret_is_looked_for_in_this_order(kept: Path, environment: dict[str, str], value: str) -> None:
    lookup = secret_lookup(kept, environment)
    assert lookup("TOKEN") == value
    assert lookup("OTHER") == "a=b"
    assert lookup("NOWHERE") is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604], ids=oct)
def test_secrets_open_to_others_are_refused(kept: Path, mode: int) -> None:
    (kept / "secrets.env").chmod(mode)
    with pytest.raises(ConfigurationError, match="is open to others") as caught:
        secret_lookup(kept, {})
    assert "chmod 600" in caught.value.next_step


def test_a_line_that_is_no_assignment_is_named_without_its_text(kept: Path) -> None:
    (kept / "secrets.env").write_text("TOKEN\n")
    with pytest.raises(ConfigurationError, match=r"line 1, is not NAME=value"):
        secret_lookup(kept, {})


@pytest.mark.parametrize("mode", ["sandbox", "live"])
def test_secrets_are_put_in_their_places(kept: Path, mode: str) -> None:
    settings = _settings(kept, '[hub]\ndatabase_url = "secret:DB"\n' + CHANNEL.format(mode=mode))
    lookup = secret_lookup(kept, {"DB": "postgresql+asyncpg://hub:pw@db/hub"})
    resolved = resolve(settings, lookup)
    assert resolved.channels["main"].settings == {"auth_tokens": ["from file", "plain"]}
    assert resolved.database_url == "postgresql+asyncpg://hub:pw@db/hub"
    assert secret_values(settings, lookup) == {"from file", "postgresql+asyncpg://hub:pw@db/hub"}


def test_a_live_channel_names_the_secret_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"The secret TOKEN, named by \[channels\.main\] auth_tokens"
    ) as caught:
        resolve(_settings(tmp_path, CHANNEL.format(mode="live")), secret_lookup(tmp_path, {}))
    assert "HUB_SECRET_TOKEN" in caught.value.next_step


def test_a_channel_in_the_sandbox_needs_no_secret(tmp_path: Path) -> None:
    resolved = resolve(_settings(tmp_path, CHANNEL.format(mode="sandbox")), secret_lookup(tmp_path, {}))
    assert resolved.channels["main"].settings == {"auth_tokens": ["", "plain"]}


def test_the_hubs_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = create_hub_key(tmp_path / "data")
    first = hub_key(tmp_path / "data", {})
    assert len(first) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    create_hub_key(tmp_path / "data")
    assert hub_key(tmp_path / "data", {}) == first


def test_the_environment_brings_the_key_before_the_file(tmp_path: Path) -> None:
    create_hub_key(tmp_path)
    key = bytes(range(100, 132))
    assert hub_key(tmp_path, {"HUB_KEY": base64.urlsafe_b64encode(key).decode()}) == key


def test_without_a_key_the_next_step_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="The hub has no key") as caught:
        hub_key(tmp_path, {})
    assert caught.value.next_step == "Run: hub init"


@pytest.mark.parametrize(
    "text",
    [
        "changeme",
        "x" * 43,
        "change-me-change-me-change-me-change-me-cha",
        "0123456789abcdef0123456789abcdef",
        "your_example_key_0123456789_ABCDEFGH_0123456",
        base64.b64encode(bytes(32)).decode(),
        base64.b64encode(b"password" * 4).decode(),
        "not base64 at all, but long enough to be one!",
    ],
)
def test_a_default_or_example_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="HUB_KEY") as caught:
        hub_key(tmp_path, {"HUB_KEY": text})
    assert text not in caught.value.message


def test_a_key_open_to_others_is_refused(tmp_path: Path) -> None:
    create_hub_key(tmp_path).chmod(0o644)
    with pytest.raises(ConfigurationError, match="is open to others"):
        hub_key(tmp_path, {})
