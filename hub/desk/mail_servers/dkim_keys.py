"""DKIM keys as they are published: whether receivers take a signature by them (RFC 6376, RFC 8301, RFC 8463)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import partial

from hub.desk.mail_servers.findings import Line, State
from hub.desk.mail_servers.outside import Outside
from hub.desk.mail_servers.tags import first_tag, tags
from hub.model.problem_codes.entry import N_

# Names under which providers publish the keys that they sign with, asked for where nobody says which.
USUAL_SELECTORS = ("google", "selector1", "selector2", "default", "dkim", "mail", "k1", "s1", "hub")
# RFC 8301 section 3.2: shorter ones are not believed, and new ones should have this length.
_SHORTEST, _LONG_ENOUGH = 1024, 2048
_ED25519_BYTES = 32
_GOOD = N_("A key is published; that mails are signed with it, only a mail that arrived can show.")
_REVOKED = N_("The key was withdrawn (p= is empty): whatever is signed with it looks forged.")


async def published(domain: str, selectors: Sequence[str], outside: Outside) -> list[Line]:
    """Returns how the keys of a domain stand, those by these names or by the usual ones."""
    names = [f"{selector}._domainkey.{domain}" for selector in selectors or USUAL_SELECTORS]
    told = await asyncio.gather(*map(outside.texts, names))
    found = {name: keys for name, texts in zip(names, told, strict=True) if (keys := _keys(texts))}
    lines = [_of(name, keys) for name, keys in found.items()]
    missing = [name for name in names if name not in found] if selectors else []
    lines += [_missing(name) for name in missing]
    good = [line for line in lines if line.state is State.GOOD]
    # A key that was withdrawn is nothing to mend where others are in use, unless somebody asks for it.
    faults = [
        line for line in lines if line.state is not State.GOOD and (selectors or not good or line.why != _REVOKED)
    ]
    if good:
        shown = [f"{line.where}: {text}" for line in good for text in line.found]
        return [Line(name="DKIM", state=State.GOOD, why=_GOOD, found=shown), *faults]
    if faults:
        return faults
    why = N_("No key is published under the names that providers usually take.")
    return [Line(name="DKIM", state=State.ADVICE, why=why, mend=_SWITCH_ON)]


async def own(keys: Mapping[str, str], outside: Outside) -> list[Line]:
    """Returns how the keys stand that the hub signs with; `keys`: the record of each by its name."""
    return [_own(name, record, _keys(await outside.texts(name))) for name, record in keys.items()]


def _own(name: str, record: str, said: Sequence[str]) -> Line:
    mine = tags(record).get("p", "")
    line = partial(Line, name="DKIM", where=name, found=said, expected=record)
    if len(said) > 1:
        return line(state=State.BAD, why=_SEVERAL, mend=N_("Leave only the record that is expected."))
    if not said:
        why = N_("The key that the hub signs with is not published: its signatures cannot be checked.")
        return line(state=State.BAD, why=why, mend=N_("Publish it as a TXT record."))
    if tags(said[0])["p"] != mine:
        why = N_("Another key is published than the one the hub signs with: its mails look forged.")
        return line(state=State.BAD, why=why, mend=N_("Publish the record that is expected."))
    state, why, mend = _limits(tags(said[0]))
    return line(state=state, why=why or N_("The key that the hub signs with is published."), mend=mend)


def _keys(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if "p" in tags(text)]


def _missing(name: str) -> Line:
    why = N_("No key is published under this name.")
    return Line(name="DKIM", state=State.BAD, why=why, where=name, mend=_SWITCH_ON)


def _of(name: str, keys: Sequence[str]) -> Line:
    if len(keys) > 1:
        return Line(name="DKIM", state=State.BAD, why=_SEVERAL, where=name, found=keys, mend=N_("Leave one of them."))
    given = tags(keys[0])
    state, why, mend = (State.BAD, _REVOKED, _SWITCH_ON) if not given["p"] else _strength(given)
    if state is State.GOOD:
        state, why, mend = _limits(given)
    if (first_tag(keys[0])[0] != "v" and "v" in given) or given.get("v", "DKIM1") != "DKIM1":
        state, why, mend = State.BAD, N_("It does not begin with v=DKIM1, so nobody reads it."), N_("Correct it.")
    return Line(name="DKIM", state=state, why=why, where=name, found=keys, mend=mend)


def _strength(given: Mapping[str, str]) -> tuple[State, str, str]:
    kind = given.get("k", "rsa").lower()
    bits = _bits(kind, given["p"])
    if bits is None:
        return State.BAD, N_("The key cannot be read: part of it is missing."), N_("Publish it once more, whole.")
    if kind == "rsa" and bits < _SHORTEST:
        return State.BAD, N_("The key is so short that nobody believes it."), N_("Make one of 2048 bits.")
    if kind == "rsa" and bits < _LONG_ENOUGH:
        return State.ADVICE, N_("The key has fewer than 2048 bits; some receivers trust it less."), _LONGER
    return State.GOOD, "", ""


def _limits(given: Mapping[str, str]) -> tuple[State, str, str]:
    """Returns what the record says of how the key may be used (RFC 6376 section 3.6.1)."""
    if "h" in given and "sha256" not in given["h"].lower().split(":"):
        return State.BAD, N_("It allows only signatures that nobody believes any more (h=)."), N_("Take h= out of it.")
    if "s" in given and not {"*", "email"} & set(given["s"].lower().split(":")):
        return State.BAD, N_("It is not for mail (s=)."), N_("Take s= out of it.")
    if "y" in given.get("t", "").lower().split(":"):
        why = N_("The key is published as being tried out only (t=y), so it counts for nothing.")
        return State.ADVICE, why, N_("Take t=y out of the record.")
    return State.GOOD, "", ""


def _bits(kind: str, key: str) -> int | None:
    """Returns the length of a public key; None where it is none of that kind."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        content = base64.b64decode(key, validate=True)
        if kind == "ed25519":
            return 8 * _ED25519_BYTES if len(content) == _ED25519_BYTES else None
        loaded = load_der_public_key(content) if kind == "rsa" else None
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return loaded.key_size if isinstance(loaded, RSAPublicKey) else None


_SEVERAL = N_("Several keys are published under one name, and receivers take any of them.")
_LONGER = N_("Make one of 2048 bits and sign with it.")
_SWITCH_ON = N_(
    "Switch signing on at your mail provider and publish what it names; or let the hub sign by a key of its own."
)
