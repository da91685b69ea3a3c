"""DKIM signatures checked here (RFC 6376, RFC 8463): which domains vouch for a mail, by the keys in their DNS.

Stricter than the RFC where it leaves a choice: a signature over a part of the body only (`l=`), with SHA-1 or a short
key, or of a domain that says it is only testing, vouches for nothing.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from channels.base import Raw, Txt
from channels.email_message.canonical import Fields, body_of, field_of, parted

log = logging.getLogger(__name__)

SECONDS = 15.0
_MOST = 5
_SHORTEST_RSA = 1024
_B_TAG = re.compile(rb"(\A|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]{0,250}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature that may vouch: its tags, and the field's value as it came."""

    tags: Mapping[str, str]
    value: bytes

    @property
    def domain(self) -> str:
        return self.tags["d"].lower()

    @property
    def key_name(self) -> str:
        """Where the key stands in DNS."""
        return f"{self.tags['s'].lower()}._domainkey.{self.domain}"


async def vouched(raws: Sequence[Raw], txt: Txt) -> list[Raw]:
    """Returns mails with the domains whose signature holds in their note (`dkim`); each key is asked for once."""
    found = {raw.key: signatures(raw.content, raw.received_at) for raw in raws if not raw.failure}
    names = sorted({each.key_name for several in found.values() for each in several})
    keys = dict(zip(names, await _records(names, txt), strict=True))
    return [
        replace(raw, note={**raw.note, "dkim": " ".join(domains)})
        if (several := found.get(raw.key))
        and (domains := await asyncio.to_thread(_holding, raw.content, several, keys))
        else raw
        for raw in raws
    ]


def signatures(raw: bytes, received_at: datetime) -> list[Signature]:
    """Returns the signatures of a mail that may vouch for its author; those that had run out are left out."""
    if b"dkim-signature" not in raw[: 256 * 1024].lower():
        return []
    fields, _ = parted(raw)
    values = [value for name, value in fields if name.lower() == b"dkim-signature"][:_MOST]
    found = (Signature(_tags(value.decode("ascii", "replace")), value) for value in values)
    return [each for each in found if _may_vouch(each.tags, received_at)]


async def _records(names: Sequence[str], txt: Txt) -> list[Sequence[str]]:
    async def ask(name: str) -> Sequence[str]:
        try:
            async with asyncio.timeout(SECONDS):
                return await txt(name)
        except (OSError, TimeoutError, ValueError) as error:
            log.debug("no key at %s: %s", name, error)
            return ()

    return await asyncio.gather(*map(ask, names))


def _holding(raw: bytes, several: Sequence[Signature], keys: Mapping[str, Sequence[str]]) -> list[str]:
    fields, body = parted(raw)
    return sorted({each.domain for each in several if _holds(each, fields, body, keys[each.key_name])})


def _tags(value: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in value.split(";") if "=" in piece)
    return {name.strip(): "".join(said.split()) for name, _, said in pairs}


def _may_vouch(tags: Mapping[str, str], received_at: datetime) -> bool:
    domain, selector = tags.get("d", "").lower(), tags.get("s", "").lower()
    named = _NAME.match(domain) and "." in domain and _NAME.match(selector)
    signed = [name.lower() for name in tags.get("h", "").split(":")]
    agent = tags.get("i", f"@{domain}").rpartition("@")[2].lower()
    expires = tags.get("x", "")
    return (
        tags.get("v") == "1"
        and bool(named)
        and "l" not in tags
        and "from" in signed
        and (agent == domain or agent.endswith(f".{domain}"))
        and not (expires.isdecimal() and len(expires) < 13 and int(expires) < received_at.timestamp())
    )


def _holds(signature: Signature, fields: Fields, body: bytes, records: Sequence[str]) -> bool:
    tags = signature.tags
    head_way, _, body_way = tags.get("c", "simple/simple").partition("/")
    if head_way not in _WAYS or (body_way or "simple") not in _WAYS:
        return False
    try:
        given, claimed = _decoded(tags.get("b", "")), _decoded(tags.get("bh", ""))
    except binascii.Error:
        return False
    if hashlib.sha256(body_of(body, relaxed=body_way == "relaxed")).digest() != claimed:
        return False
    signed = _signed(signature, fields, relaxed=head_way == "relaxed")
    return any(_proves(record, tags, signed, given) for record in records)


_WAYS = frozenset({"simple", "relaxed"})


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _signed(signature: Signature, fields: Fields, *, relaxed: bool) -> bytes:
    """Returns the fields that were signed, the lowest of a name first (RFC 6376 5.4.2), then its own without b=."""
    left: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for name, value in fields:
        left.setdefault(name.lower(), []).append((name, value))
    pieces = []
    for wanted in signature.tags["h"].split(":"):
        several = left.get(wanted.lower().encode("ascii", "replace"))
        if several:
            pieces.append(field_of(*several.pop(), relaxed=relaxed) + b"\r\n")
    unsigned = _B_TAG.sub(rb"\1\2", signature.value)
    own = next(name for name, value in fields if value is signature.value or value == signature.value)
    return b"".join(pieces) + field_of(own, unsigned, relaxed=relaxed)


def _proves(record: str, tags: Mapping[str, str], signed: bytes, given: bytes) -> bool:
    key = _tags(record)
    flags = key.get("t", "").split(":")
    kind = key.get("k", "rsa")
    agent = tags.get("i", f"@{tags['d']}").rpartition("@")[2].lower()
    if (
        key.get("v", "DKIM1") != "DKIM1"
        or "y" in flags
        or ("s" in flags and agent != tags["d"].lower())
        or "sha256" not in key.get("h", "sha256").split(":")
        or not {"*", "email"} & set(key.get("s", "*").split(":"))
        or tags.get("a") != f"{kind}-sha256"
    ):
        return False
    try:
        public = _decoded(key.get("p", ""))
        if kind == "ed25519":
            Ed25519PublicKey.from_public_bytes(public).verify(given, hashlib.sha256(signed).digest())
            return True
        from cryptography.hazmat.primitives.serialization import load_der_public_key  # brings SSH keys, too

        loaded = load_der_public_key(public)
        if not isinstance(loaded, RSAPublicKey) or loaded.key_size < _SHORTEST_RSA:
            return False
        loaded.verify(given, signed, PKCS1v15(), SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):  # binascii.Error is a ValueError
        return False
    return True
