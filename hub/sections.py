"""The sections of hub.toml, each with its keys, their bounds and defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _listed(value: object) -> object:
    """Reads "10.0.0.1, 10.0.0.2", as the environment writes a list."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class HubSettings(Section):
    """`[hub]`: where the hub listens, where it keeps its data, and what it is to the world."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    data: Path = Path("data")
    database_url: str = ""
    public_url: str = Field(
        "", pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$", description="a web address as https://hub.example.com"
    )
    twilio_url: str = Field("", pattern=r"^(https?://[^\s/?#@]+)?$", description="an address as http://127.0.0.1:8100")
    region: str = Field("US", pattern=r"^[A-Z]{2}$", description="two capital letters (ISO 3166) as US")
    language: str = "en"
    time_zone: str = "UTC"
    business_name: str = "Example Ltd"
    business_address: str = ""
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    undo_seconds: int = Field(10, ge=0, le=60)
    stop_everywhere: bool = False
    campaigns_need_approval: bool = False
    storage_country: str = Field("", pattern=r"^([A-Z]{2})?$", description="two capital letters (ISO 3166) as US")
    session_idle_minutes: int = Field(30, ge=1)
    session_hours: int = Field(12, ge=1)


class CallSettings(Section):
    """`[calls]`: how many days recordings of calls are kept, here and at the provider; 0: for ever."""

    keep_recordings_days: int = Field(0, ge=0)


class PasswordHash(Section):
    """`[password_hash]`: what argon2id costs (RFC 9106), and how many may be computed at once."""

    memory_kib: int = Field(65_536, ge=8)
    time_cost: int = Field(3, ge=1)
    parallelism: int = Field(4, ge=1)
    at_once: int = Field(2, ge=1)


class Limits(Section):
    """`[limits]`: the largest inputs, in megabytes (10^6 bytes) and rows; the longest wait, in seconds."""

    request_mb: float = Field(2, gt=0)
    upload_mb: float = Field(25, gt=0)
    media_mb: float = Field(50, gt=0)
    survey_rows: int = Field(1_000_000, ge=1)
    patience_seconds: float = Field(2, gt=0)


class Rates(Section):
    """`[rates]`: of how much coming back, or being complained of, a run is paused; in percent, 0: never."""

    bounce_percent: float = Field(5, ge=0, le=100)
    complaint_percent: float = Field(0.3, ge=0, le=100)
    fewest: int = Field(100, ge=1)


class BackupSettings(Section):
    """`[backup]`: where backups are kept, how often the hub makes one by itself, and how many of those stay."""

    folder: str = ""
    every_hours: float = Field(0, ge=0)
    keep: int = Field(7, ge=1)
    passphrase: str = ""
    upload_mb: float = Field(20_000, gt=0)


class Log(Section):
    """`[log]`: how much is logged, and for whom: `console` for people, `json` for machines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class FrequencyCap(Section):
    """How often one address may be written to: a local day, week and month. Not set: no cap; 0: not at all."""

    day: int | None = Field(None, ge=0)
    week: int | None = Field(None, ge=0)
    month: int | None = Field(None, ge=0)


# By purpose, then by channel; `any` for those that have none of their own.
FrequencyCaps = dict[Literal["promotional", "reminder"], dict[str, FrequencyCap]]


class ChannelSettings(Section):
    """`[channels.NAME]`: one way in or out; whatever the hub does not know itself is the adapter's own setting."""

    name: str
    adapter: str = Field(pattern=r"^[\w.]+:\w+$", description="a module and its class as channels.sms:TwilioSms")
    mode: Literal["sandbox", "live"] = "sandbox"
    sends_with: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    kept: bool = False  # in the database: added on a page or by the command line
