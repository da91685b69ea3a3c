"""The hub's key in a backup: sealed under a passphrase when one is given, else only its check value.

The rows of a backup hold no secret in the clear either (`hub.store.keys.seal`), so a stolen backup without passphrase
opens no mailbox; it does hold customers' data.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

import orjson
from argon2.low_level import Type, hash_secret_raw
from cryptography.fernet import Fernet, InvalidToken

from hub.model.errors import Refused

SHORTEST_PASSPHRASE = 10
# RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes.
_COST = {"memory_kib": 65_536, "time_cost": 3, "parallelism": 4}
_MOST = {"memory_kib": 1_048_576, "time_cost": 10, "parallelism": 16}


def key_check(master: bytes) -> str:
    """Returns what tells one key from another and gives away nothing of it (HMAC of a fixed text)."""
    return hmac.new(master, b"interaction-hub/key-check\x01", hashlib.sha256).hexdigest()[:16]


def seal_files(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Returns files encrypted under a passphrase (argon2id, Fernet). Raises Refused for a short one."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise Refused(
            f"The passphrase is too short: it needs {SHORTEST_PASSPHRASE} characters.",
            field="passphrase",
            next_step="Use several words.",
        )
    salt = secrets.token_bytes(16)
    box = Fernet(_key(passphrase, salt, _COST))
    inner = orjson.dumps({name: base64.b64encode(content).decode() for name, content in files.items()})
    return orjson.dumps({"salt": salt.hex(), "cost": _COST, "sealed": box.encrypt(inner).decode()})


def unseal_files(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    """Returns the files. Raises Refused when the passphrase is another one."""
    try:
        told = orjson.loads(sealed)
        cost = {name: min(int(told["cost"][name]), most) for name, most in _MOST.items()}
        inner = Fernet(_key(passphrase, bytes.fromhex(told["salt"]), cost)).decrypt(told["sealed"].encode())
        return {name: base64.b64decode(content) for name, content in orjson.loads(inner).items()}
    except (InvalidToken, KeyError, ValueError, TypeError, AttributeError):
        raise Refused(
            "The passphrase does not open the key in this backup.", field="passphrase", next_step="Try another one."
        ) from None


def _key(passphrase: str, salt: bytes, cost: Mapping[str, int]) -> bytes:
    raw = hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=cost["time_cost"],
        memory_cost=cost["memory_kib"],
        parallelism=cost["parallelism"],
        hash_len=32,
        type=Type.ID,
    )
    return base64.urlsafe_b64encode(raw)
