"""Whether the author of a mail is who From says: only our own server's word counts (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from channels.email_message.mail import Mail

_COMMENT = re.compile(r"\([^()]{0,500}\)")
_RESULT = re.compile(r"([a-z0-9-]{1,20})\s{0,5}=\s{0,5}([a-z]{1,20})")
_PROPERTY = re.compile(r"(?:header|smtp)\.([a-z]{1,20})\s{0,5}=\s{0,5}\"?([^\s\";]{1,320})")


def is_verified(mail: Mail, authserv_ids: Sequence[str]) -> bool:
    """Says whether our own server found the From address genuine: DMARC passed, or an aligned DKIM or SPF pass.

    The topmost result of a method counts: a server adds its own above what a stranger wrote into the mail. A mail
    with several From fields is never verified (RFC 7489 6.6.1). No `authserv_ids`: nothing is ever verified.
    """
    if len(mail.from_) != 1 or "duplicate_from" in mail.defects:
        return False
    domain = _domain(mail.from_[0].addr_spec)
    verdicts = _verdicts(mail.authentication_results, frozenset(name.lower() for name in authserv_ids))
    if not domain or "dmarc" in verdicts:
        result, properties = verdicts.get("dmarc", ("", {}))
        return bool(domain) and result == "pass" and _domain(properties.get("from", domain)) == domain
    for method, names in (("dkim", ("d", "i")), ("spf", ("mailfrom",))):
        result, properties = verdicts.get(method, ("", {}))
        if result == "pass" and any(_aligned(_domain(properties.get(name, "")), domain) for name in names):
            return True
    return False


def _verdicts(values: Iterable[str], authserv_ids: frozenset[str]) -> dict[str, tuple[str, dict[str, str]]]:
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for value in values:
        server, _, results = _COMMENT.sub(" ", value).lower().partition(";")
        if server.split()[:1] == [] or server.split()[0] not in authserv_ids:
            continue
        own: dict[str, tuple[str, dict[str, str]]] = {}
        for piece in results.split(";"):
            result = _RESULT.match(piece.strip())
            if result and (
                result[1] not in own or result[2] == "pass"
            ):  # several signatures: one that passes is enough
                own[result[1]] = (result[2], dict(_PROPERTY.findall(piece)))
        for method, verdict in own.items():
            found.setdefault(method, verdict)
    return found


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower().strip("<>. ")


def _aligned(signer: str, author: str) -> bool:
    """Relaxed alignment without a list of public suffixes: the same domain, or one above the author's own."""
    return bool(signer) and "." in signer and (signer == author or author.endswith(f".{signer}"))
