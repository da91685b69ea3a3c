"""Which setting wins, and what an unknown or wrong one is answered with."""

from __future__ import annotations

import pickle
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from hub.config import Settings, load, shipped, variable
from hub.model.errors import ConfigurationError


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "hub.toml"


@pytest.mark.parametrize(
    ("flags", "environment", "text", "port"),
    [
        ({"port": 4}, {"HUB_PORT": "3"}, "[hub]\nport = 2", 4),
        ({"port": None}, {"HUB_PORT": "3"}, "[hub]\nport = 2", 3),
        ({}, {"HUB_PORT": ""}, "[hub]\nport = 2", 2),
        ({}, {}, "", 8080),
    ],
    ids=["flag first", "then the environment", "then the file", "then the default"],
)
def test_precedence(toml: Path, flags: dict[str, object], environment: dict[str, str], text: str, port: int) -> None:
    toml.write_text(text)
    assert load(flags, file=toml, environment=environment).hub.port == port


def test_sources_complete_each_other(toml: Path) -> None:
    toml.write_text('[hub]\nregion = "CZ"\n[log]\nlevel = "error"')
    settings = load(
        {"host": "0.0.0.0"}, file=toml, environment={"HUB_LOG_FORMAT": "json", "HUB_TRUSTED_PROXIES": "::1, x"}
    )
    assert (settings.hub.region, settings.hub.host, settings.hub.port) == ("CZ", "0.0.0.0", 8080)
    assert (settings.log.level, settings.log.format) == ("error", "json")
    assert settings.hub.trusted_proxies == ("::1", "x")


class TestWhichFile:
    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for number, name in enumerate(["flag.toml", "variable.toml", "kept/hub.toml", "config/hub.toml"], 1):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(f"[hub]\nport = {number}")

    def test_the_flag_names_it(self) -> None:
        settings = load(file=Path("flag.toml"), environment={"HUB_CONFIG": "variable.toml", "HUB_DATA": "kept"})
        assert (settings.hub.port, settings.origin) == (1, Path("flag.toml"))

    def test_else_the_environment(self) -> None:
        assert load(environment={"HUB_CONFIG": "variable.toml", "HUB_DATA": "kept"}).hub.port == 2

    @pytest.mark.parametrize("named", ["flag", "variable"])
    def test_else_the_data_folder_has_it(self, named: str) -> None:
        flags = {"data": "kept"} if named == "flag" else {}
        assert load(flags, environment={"HUB_DATA": "kept"} if not flags else {}).hub.port == 3

    def test_else_the_working_folder_has_it(self) -> None:
        assert load(environment={}).hub.port == 4

    def test_else_it_is_the_shipped_one(self) -> None:
        Path("config/hub.toml").unlink()
        assert load(environment={}).origin == shipped("config", "hub.toml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[hub]\nprot = 1", '[hub] has no setting "prot"; did you mean "port"?'),
        ("[hub]\nzzz = 1", '[hub] has no setting "zzz"; known are host, port'),
        ("[limit]\n", 'there is no section [limit]; did you mean "limits"?'),
        ("origin = 1", "there is no section [origin]; known are hub, password_hash"),
        ("hub = 3", "[hub]: must be a"),
        ("channels = 3", "[channels]: must be a"),
        ('[hub]\nport = "x"', '[hub] port = "x": must be a valid integer'),
        ('[hub]\npublic_url = "hub.example.com"', "must be a web address as https://hub.example.com"),
        ('[hub]\nregion = "Czechia"', "must be two capital letters"),
        ('[log]\nlevel = "loud"', "[log] level = \"loud\": must be 'debug', 'info', 'warning' or 'error'"),
        ("[hub", "is no valid TOML"),
        ("[channels.main]\nmode = 'live'", '[channels.main] needs "adapter"'),
        ("[channels.main]\nadapter = 'channels.sms'", "must be a module and its class as channels.sms:TwilioSms"),
        ("[channels.main]\nadapter = 'a:B'\nmode = 'liv'", "must be 'sandbox' or 'live'"),
        ("[channels.Main]\nadapter = 'a:B'", "'Main' is no name for a channel"),
        (
            "[channels.a]\nadapter = 'a:B'\nsends_with = 'bb'\n[channels.b]\nadapter = 'a:B'",
            "'bb', which is no channel",
        ),
        ("[channels]\na = 3", "a is no section: write [channels.a]"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_key_and_file(toml: Path, text: str, sentence: str) -> None:
    toml.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(file=toml, environment={})
    assert sentence in caught.value.message
    assert caught.value.message.startswith(str(toml))
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("flags", "environment", "start"),
    [
        ({}, {"HUB_PORT": "tcp://10.0.0.1:80"}, "HUB_PORT=tcp://10.0.0.1:80: must be"),
        ({}, {"HUB_LOG_FORMAT": "xml"}, "HUB_LOG_FORMAT=xml: must be"),
        ({"session_hours": 0}, {}, "--session-hours 0: must be"),
    ],
    ids=["environment", "environment, other section", "flag"],
)
def test_a_wrong_value_is_blamed_on_where_it_was_set(
    toml: Path, flags: dict[str, object], environment: dict[str, str], start: str
) -> None:
    toml.touch()
    with pytest.raises(ConfigurationError) as caught:
        load(flags, file=toml, environment=environment)
    assert caught.value.message.startswith(start)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml cannot be read: No such file"):
        load(file=tmp_path / "nowhere.toml", environment={})


def test_a_channel_keeps_what_is_its_adapters_own(toml: Path) -> None:
    toml.write_text('[channels.main]\nadapter = "channels.sms:TwilioSms"\nfrom_number = "+14155550100"\ntries = [1, 2]')
    channel = load(file=toml, environment={}).channels["main"]
    assert (channel.name, channel.adapter, channel.mode, channel.sends_with) == (
        "main",
        "channels.sms:TwilioSms",
        "sandbox",
        "",
    )
    assert channel.settings == {"from_number": "+14155550100", "tries": [1, 2]}


def test_settings_cannot_be_changed_and_travel_to_other_processes(toml: Path) -> None:
    toml.write_text("[channels.a]\nadapter = 'a:B'")
    settings = load(file=toml, environment={})
    with pytest.raises(ValidationError):
        settings.hub.port = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize(
    ("text", "database", "public"),
    [
        ("", "sqlite:///data/hub.sqlite3", "http://127.0.0.1:8080"),
        ('[hub]\ndata = "/srv/hub"\nport = 9', "sqlite:////srv/hub/hub.sqlite3", "http://127.0.0.1:9"),
        (
            '[hub]\ndatabase_url = "postgresql+asyncpg://x/y"\npublic_url = "https://hub.example.com/"',
            "postgresql+asyncpg://x/y",
            "https://hub.example.com",
        ),
    ],
    ids=["default", "from data and port", "as set"],
)
def test_addresses_are_derived_where_they_are_empty(toml: Path, text: str, database: str, public: str) -> None:
    toml.write_text(text)
    settings = load(file=toml, environment={})
    assert (settings.database_url, settings.public_url) == (database, public)


class TestShippedFile:
    text = shipped("config", "hub.toml").read_text("utf-8")

    def test_it_says_every_setting_with_its_default(self) -> None:
        written = tomllib.loads(self.text)
        defaults = Settings.model_construct().model_dump(mode="json")
        assert {name: section for name, section in written.items() if name != "channels"} == {
            name: section for name, section in defaults.items() if name != "channels"
        }

    def test_each_setting_has_its_meaning_beside_it(self) -> None:
        head = self.text.partition("# Channels:")[0]
        assert [line for line in head.splitlines() if re.match(r"\w+ =", line) and "#" not in line] == []

    def test_no_channel_is_live(self) -> None:
        channels = load(file=shipped("config", "hub.toml"), environment={}).channels
        assert {channel.mode for channel in channels.values()} == {"sandbox"}
        assert channels["support_mail"].sends_with == "outgoing_mail"

    def test_every_secret_it_names_is_in_the_example(self) -> None:
        example = shipped("config", "secrets.env.example").read_text("utf-8")
        named = set(re.findall(r'"secret:(\w+)"', self.text)) - {"NAME"}
        assert set(re.findall(r"^(\w+)=$", example, re.M)) == named


def test_environment_names() -> None:
    assert variable("hub", "database_url") == "HUB_DATABASE_URL"
    assert variable("password_hash", "time_cost") == "HUB_PASSWORD_HASH_TIME_COST"
