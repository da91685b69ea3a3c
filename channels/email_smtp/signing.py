"""DKIM signatures on what leaves (RFC 6376, RFC 8463): the receiver sees that the domain itself sent it, unchanged.

With two keys a mail has two signatures: one of RSA, which everybody checks, and one of Ed25519, which is short.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from channels.email_message.canonical import body_of, field_of, parted

# RFC 6376 5.4.1, and what mail programs act on: one click to leave must be the sender's own (RFC 8058 section 4).
SIGNED = (
    *("from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"),
    *("mime-version", "content-type", "content-transfer-encoding", "auto-submitted", "feedback-id"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
# Named once more than they stand there, so that nobody adds another (RFC 6376 section 8.15).
_ONLY_ONCE = ("from", "to", "subject", "date", "list-unsubscribe", "list-unsubscribe-post")
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
_SHORTEST_RSA = 1024
_LINE = 72


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of a domain, published under `selector._domainkey.domain`."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    @property
    def name(self) -> str:
        """Returns where its record stands in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """Returns what the domain publishes as TXT (RFC 6376 section 3.6.1)."""
        if isinstance(self.private, RSAPrivateKey):
            public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"


def read_keys(domain: str, selectors: str, keys: str) -> list[SigningKey]:
    """Returns the keys of a domain. Several selectors and keys stand with commas between them, in the same order.

    A key is PKCS #8 in base64 on one line, or as PEM. Raises ValueError saying what is wrong.
    """
    names = [name.strip().lower() for name in selectors.split(",") if name.strip()]
    written = [key for key in (_bare(each) for each in keys.split(",")) if key]
    if not names or len(names) != len(written):
        raise ValueError("names as many selectors as keys")
    if wrong := next((name for name in names if not _SELECTOR.match(name)), ""):
        raise ValueError(f"has a selector that is no name: {wrong!r}")
    return [SigningKey(domain, name, _private(key)) for name, key in zip(names, written, strict=True)]


def sign(content: bytes, keys: Sequence[SigningKey], now: int) -> bytes:
    """Returns a mail with a signature of each key before it. `now`: seconds since 1970."""
    fields, body = parted(content)
    there: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for name, value in fields:
        there.setdefault(name.lower(), []).append((name, value))
    named: list[str] = []
    pieces: list[bytes] = []
    for wanted in SIGNED:
        several = there.get(wanted.encode(), [])
        named += [wanted] * (len(several) + (wanted in _ONLY_ONCE))
        pieces += [field_of(*each, relaxed=True) + b"\r\n" for each in reversed(several)]
    digest = base64.b64encode(hashlib.sha256(body_of(body, relaxed=True)).digest()).decode()
    signed = b"".join(pieces)
    return b"".join([*(_signature(key, named, digest, signed, now) for key in keys), content])


def _signature(key: SigningKey, named: Sequence[str], digest: str, signed: bytes, now: int) -> bytes:
    unsigned = (
        f" v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector};\r\n"
        f" t={now}; h={_folded(':'.join(named), ':')};\r\n bh={digest};\r\n b="
    )
    over = signed + field_of(b"DKIM-Signature", unsigned.encode(), relaxed=True)
    if isinstance(key.private, RSAPrivateKey):
        made = key.private.sign(over, PKCS1v15(), SHA256())
    else:
        made = key.private.sign(hashlib.sha256(over).digest())  # RFC 8463 section 3
    encoded = base64.b64encode(made).decode()
    lines = [encoded[at : at + _LINE] for at in range(0, len(encoded), _LINE)]
    return b"DKIM-Signature:" + unsigned.encode() + "\r\n ".join(lines).encode() + b"\r\n"


def _folded(text: str, mark: str) -> str:
    lines, line = [], ""
    for piece in text.split(mark):
        if line and len(line) + len(piece) > _LINE - 8:
            lines.append(line)
            line = ""
        line += f"{piece}{mark}"
    return "\r\n  ".join([*lines, line]).removesuffix(mark)


def _bare(key: str) -> str:
    return "".join(re.sub(r"-----[A-Z ]+-----", "", key).split())


def _private(key: str) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        loaded = load_der_private_key(base64.b64decode(key, validate=True), None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no private key") from None
    if isinstance(loaded, RSAPrivateKey):
        if loaded.key_size < _SHORTEST_RSA:
            raise ValueError(f"has fewer than {_SHORTEST_RSA} bits, which nobody believes")
        return loaded
    if isinstance(loaded, Ed25519PrivateKey):
        return loaded
    raise ValueError("is neither an RSA nor an Ed25519 key")
