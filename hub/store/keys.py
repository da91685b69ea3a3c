"""Keys made from the installation's one key, and secrets sealed under it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, delete, select

from hub.model.errors import ConfigurationError
from hub.store.tables import SecretRow
from hub.store.upsert import upsert


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """One key a purpose, each derived from the installation's (HMAC-SHA256 as the expand step of RFC 5869)."""

    consent: bytes
    audit: bytes
    erasure: bytes
    links: bytes
    mail_tokens: bytes
    secrets: bytes
    webhooks: bytes

    @classmethod
    def of(cls, master: bytes) -> Keys:
        """Returns the keys of an installation."""
        return cls(**{name: _derive(master, name) for name in cls.__slots__})


def _derive(master: bytes, purpose: str) -> bytes:
    return hmac.new(master, b"interaction-hub/" + purpose.encode() + b"\x01", hashlib.sha256).digest()


def seal(keys: Keys, secret: str) -> bytes:
    """Returns a secret encrypted and authenticated (Fernet)."""
    return _box(keys).encrypt(secret.encode())


def unseal(keys: Keys, sealed: bytes) -> str:
    """Returns the secret. Raises ConfigurationError when it was sealed under another key."""
    try:
        return _box(keys).decrypt(sealed).decode()
    except InvalidToken:
        raise ConfigurationError(
            "The stored secrets were sealed under another key than the one in use.",
            next_step="Start the hub with the key it was set up with (HUB_KEY, or hub.key in the data folder).",
        ) from None


def _box(keys: Keys) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keys.secrets))


def store_secret(conn: Connection, keys: Keys, name: str, secret: str, now: datetime) -> None:
    """Keeps a secret under a name, sealed; an empty one forgets it."""
    if secret:
        upsert(conn, SecretRow, ("name",), [{"name": name, "sealed": seal(keys, secret), "changed_at": now}])
    else:
        conn.execute(delete(SecretRow).where(SecretRow.name == name))


def stored_secret(conn: Connection, keys: Keys, name: str) -> str | None:
    """Returns a secret by its name, or None when there is none. Raises ConfigurationError."""
    sealed = conn.scalar(select(SecretRow.sealed).where(SecretRow.name == name))
    return unseal(keys, sealed) if sealed is not None else None
