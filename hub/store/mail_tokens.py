"""Mail tokens: what every Message-ID of ours proves by itself, and the address an answer comes back to.

A Message-ID is `NONCE.PROOF@domain`; `PROOF` is an HMAC over the nonce, so nobody else makes one. The same local part
stands behind the `+` of Reply-To where the host delivers `name+anything@`: a reader makes the Message-ID of it again.
Knowing one gives no rights: it counts only for people who take part in its conversation (hub.capture.threads).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

# Local parts are compared without case, and with `name+` before them have at most 64 octets (RFC 5321 4.5.3.1.1).
_BYTES = 10


def message_id(key: bytes, domain: str, seed: str = "") -> str:
    """Returns a Message-ID without angle brackets; the same `seed` gives the same one. `key`: Keys.mail_tokens."""
    nonce = hashlib.sha256(seed.encode()).digest()[:_BYTES] if seed else secrets.token_bytes(_BYTES)
    written = _text(nonce)
    return f"{written}.{_proof(key, written)}@{domain}"


def is_ours(key: bytes, reference: str) -> bool:
    """Says whether a Message-ID was made under this key, also where its message is not known (any more)."""
    nonce, dot, proof = reference.partition("@")[0].lower().partition(".")
    return bool(dot) and hmac.compare_digest(proof.encode("utf-8", "replace"), _proof(key, nonce).encode())


def answer_address(address: str, reference: str) -> str:
    """Returns the address for Reply-To that names our mail: `support+TOKEN@example.com`; itself where that is too long.

    It leads back only to a Message-ID of the same domain.
    """
    local, _, domain = address.rpartition("@")
    token, _, its_domain = reference.rpartition("@")
    tagged = f"{local}+{token}"
    fits = token and domain.lower() == its_domain.lower() and len(tagged) <= 64
    return f"{tagged}@{domain}" if fits else address


def _proof(key: bytes, nonce: str) -> str:
    return _text(hmac.new(key, b"message-id/" + nonce.encode("utf-8", "replace"), hashlib.sha256).digest()[:_BYTES])


def _text(value: bytes) -> str:
    return base64.b32encode(value).decode("ascii").lower().rstrip("=")
