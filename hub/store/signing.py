"""Signing keys of channels that send mail (DKIM): made here, kept sealed, used once staff has switched them on."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from hub.model.errors import ConfigurationError, NotFound
from hub.store.installation import begin_epoch
from hub.store.keys import Keys, store_secret, stored_secret
from hub.store.tables import DkimKeyRow

_BITS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKey:
    """A key of a channel, without its secret."""

    channel: str
    selector: str
    domain: str
    record: str
    enabled: bool
    made_at: datetime
    made_by: str

    @property
    def name(self) -> str:
        """Returns where its record stands in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


def make(conn: Connection, keys: Keys, channel: str, domain: str, now: datetime, by: str) -> list[KeptKey]:
    """Makes two keys for a channel, of RSA and of Ed25519 (RFC 8463), in place of those it had; not yet used.

    Their names hold the month, so that an old key may stay published while mails signed with it are still read.
    """
    forget(conn, keys, channel, now)
    for suffix, make_one in (("r", _rsa), ("e", _ed25519)):
        private, record = make_one()
        selector = f"hub{now:%y%m%d%H%M}{suffix}"
        row = {
            "channel": channel,
            "selector": selector,
            "domain": domain,
            "record": record,
            "enabled": False,
            "made_at": now,
            "made_by": by,
        }
        conn.execute(insert(DkimKeyRow).values(**row))
        store_secret(conn, keys, _secret(channel, selector), private, now)
    return of_channel(conn, channel)


def switch(conn: Connection, channel: str, *, on: bool) -> None:
    """Lets the mails of a channel bear its signatures, or not; takes effect in every process. Raises NotFound."""
    if not conn.execute(update(DkimKeyRow).where(DkimKeyRow.channel == channel).values(enabled=on)).rowcount:
        raise NotFound("This channel has no signing key.")
    begin_epoch(conn)


def forget(conn: Connection, keys: Keys, channel: str, now: datetime) -> None:
    """Removes the keys of a channel with their secrets."""
    kept = of_channel(conn, channel)
    for key in kept:
        store_secret(conn, keys, _secret(channel, key.selector), "", now)
    if kept:
        conn.execute(delete(DkimKeyRow).where(DkimKeyRow.channel == channel))
        begin_epoch(conn)


def of_channel(conn: Connection, channel: str) -> list[KeptKey]:
    """Returns the keys of a channel, RSA first."""
    rows = conn.execute(
        select(DkimKeyRow.__table__).where(DkimKeyRow.channel == channel).order_by(DkimKeyRow.selector.desc())
    )
    return [KeptKey(**row._mapping) for row in rows]


def in_use(conn: Connection, keys: Keys) -> dict[str, Mapping[str, str]]:
    """Returns the settings by which each channel signs; a key that was sealed under another hub's key signs nothing."""
    found: dict[str, list[tuple[KeptKey, str]]] = {}
    rows = conn.execute(select(DkimKeyRow.__table__).where(DkimKeyRow.enabled).order_by(DkimKeyRow.selector.desc()))
    for row in rows:
        key = KeptKey(**row._mapping)
        try:
            secret = stored_secret(conn, keys, _secret(key.channel, key.selector))
        except ConfigurationError:
            continue  # the page of the channel asks for a new one
        if secret:
            found.setdefault(key.channel, []).append((key, secret))
    return {channel: _settings(several) for channel, several in found.items()}


def _settings(several: Sequence[tuple[KeptKey, str]]) -> dict[str, str]:
    return {
        "dkim_domain": several[0][0].domain,
        "dkim_selector": ",".join(key.selector for key, _ in several),
        "dkim_key": ",".join(secret for _, secret in several),
    }


def _secret(channel: str, selector: str) -> str:
    return f"dkim/{channel}/{selector}"


def _rsa() -> tuple[str, str]:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    made = rsa.generate_private_key(65537, _BITS)
    public = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(private).decode(), f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def _ed25519() -> tuple[str, str]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    made = Ed25519PrivateKey.generate()
    public = made.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    private = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(private).decode(), f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"
