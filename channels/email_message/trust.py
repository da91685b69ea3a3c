"""Whether the author of a mail is who From says: only our own server's word counts, or a signature checked here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from channels.email_message.mail import Mail

UNNAMED = "unnamed"
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[();]|[^"\\();]+|.', re.DOTALL)
_IN_QUOTES = re.compile(r"[\s=;]")
# What follows a result is a space or the end: `dmarc=pass@evil.example` is a piece of somebody's odd address.
_RESULT = re.compile(r"([a-z0-9-]{1,20})(?:/\d{1,3})?\s{0,5}=\s{0,5}([a-z]{1,20})(?=\s|\Z)")
_PROPERTY = re.compile(r"(?:\A|\s)(?:header|smtp|policy)\.([a-z-]{1,20})\s{0,5}=\s{0,5}(\S{1,320})")
_FIELD = re.compile(rb"^(arc-seal|arc-authentication-results):((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_INSTANCE = re.compile(r"\bi\s{0,5}=\s{0,5}(\d{1,3})\s{0,5}(?:;|\Z)")
_SEALER = re.compile(r"(?:\A|;)\s{0,20}d\s{0,5}=\s{0,5}([^\s;]{1,253})")
_LONGEST_HEADER = 256 * 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of the author. `failed`: our server says that From is forged; `said`: who says what, in short.

    `stamped_by`: whose results stand on top of the mail, where it is none of ours: perhaps it should be.
    """

    verified: bool = False
    failed: bool = False
    said: str = ""
    stamped_by: str = ""


@dataclass(slots=True)
class _Results:
    """One Authentication-Results field: who wrote it, and each method's results with their properties."""

    server: str
    found: dict[str, list[tuple[str, dict[str, str]]]] = field(default_factory=dict)


def judge(
    mail: Mail,
    authserv_ids: Sequence[str],
    *,
    signed_by: Collection[str] = (),
    arc_sealers: Sequence[str] = (),
    raw: bytes = b"",
) -> Verdict:
    """Judges whether From is genuine: DMARC passed, or an aligned DKIM, SPF or login (RFC 8601, RFC 7489 3.1).

    `authserv_ids`: names under which our own server writes its results; UNNAMED for one that writes none (Microsoft
    365). Only the topmost field of such a name counts: a server adds its own above what a stranger wrote, and those
    below may be forged. `signed_by`: domains whose DKIM signature was checked here. `arc_sealers`: forwarders whose
    ARC results (RFC 8617) count where our server found the chain whole; none unless named. A mail with several From
    fields is never verified (RFC 7489 6.6.1).
    """
    every = [_read(value) for value in mail.authentication_results]
    trusted = frozenset(name.lower() for name in authserv_ids)
    ours = next((results for results in every if results.server in trusted), None)
    stamped_by = every[0].server if every and ours is None else ""
    domain = _domain(mail.from_[0].addr_spec) if len(mail.from_) == 1 and "duplicate_from" not in mail.defects else ""
    if not domain:
        return Verdict(stamped_by=stamped_by)
    if ours is not None:
        passed = _passed(ours, mail.from_[0].addr_spec.lower(), domain)
        if passed:
            return Verdict(True, said=f"{ours.server}: {passed}")
        if arc_sealers and _is(ours, "arc", "pass") and (sealed := _sealed(raw, arc_sealers)):
            passed = _passed(sealed, "", domain)
            if passed:
                return Verdict(True, said=f"{sealed.server} (ARC, {ours.server}): {passed}")
        if _is(ours, "dmarc", "fail"):
            return Verdict(failed=True, said=f"{ours.server}: dmarc=fail")
    signer = next((each for each in sorted(signed_by) if _aligned(each.lower(), domain)), "")
    if signer:
        return Verdict(True, said=f"dkim=pass ({signer})", stamped_by=stamped_by)
    return Verdict(said=_told(ours), stamped_by=stamped_by)


def _passed(results: _Results, author: str, domain: str) -> str:
    """Returns what proves the author, in short, or nothing. DMARC decides where it says pass or fail."""
    dmarc = results.found.get("dmarc", [])
    if any(result == "fail" for result, _ in dmarc):
        return ""
    if dmarc and all(
        result == "pass" and _domain(properties.get("from", domain)) == domain for result, properties in dmarc
    ):
        return "dmarc=pass"
    for method, names in (("dkim", ("d", "i")), ("spf", ("mailfrom",))):
        for result, properties in results.found.get(method, ()):
            signers = [_domain(properties.get(name, "")) for name in names]
            if result == "pass" and any(_aligned(signer, domain) for signer in signers):
                return f"{method}=pass"
    for result, properties in results.found.get("auth", ()):
        # Sent by one of our server's own accounts, which logged in under this address (RFC 8601 2.7.4).
        if result == "pass" and author and author in (properties.get("auth"), properties.get("mailfrom")):
            return "auth=pass"
    return ""


def _is(results: _Results, method: str, result: str) -> bool:
    return any(each == result for each, _ in results.found.get(method, ()))


def _told(results: _Results | None) -> str:
    if results is None:
        return ""
    said = ", ".join(
        f"{method}={results.found[method][0][0]}" for method in ("dmarc", "dkim", "spf") if method in results.found
    )
    return f"{results.server}: {said or 'none'}"


def _read(value: str) -> _Results:
    pieces = [piece.strip() for piece in _pieces(value.lower())]
    # Microsoft 365 writes no name: its field begins with a result.
    named = not _RESULT.match(pieces[0])
    results = _Results((pieces[0].split() or [UNNAMED])[0] if named else UNNAMED)
    for piece in pieces[1:] if named else pieces:
        if found := _RESULT.match(piece):
            results.found.setdefault(found[1], []).append((found[2], _properties(piece)))
    return results


def _properties(piece: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _PROPERTY.findall(piece):
        found.setdefault(name, value)
    return found


def _pieces(value: str) -> Iterator[str]:
    """Parts a field at its semicolons, without comments; nothing inside quotes parts it or looks like a result."""
    depth, piece = 0, ""
    for part in _PART.findall(value):
        if part in ("(", ")"):
            depth = max(0, depth + (1 if part == "(" else -1))
            piece += " "
        elif depth:
            continue
        elif part == ";":
            yield piece
            piece = ""
        else:
            quoted = len(part) > 1 and part.startswith('"')
            piece += _IN_QUOTES.sub("_", part[1:-1]) if quoted else part
    yield piece


def _sealed(raw: bytes, sealers: Iterable[str]) -> _Results | None:
    """Returns the results that the last forwarder of an ARC chain recorded, where it is one we trust."""
    end = min((at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0), default=len(raw))
    seals: dict[int, str] = {}
    recorded: dict[int, str] = {}
    for name, value in _FIELD.findall(raw[: min(end, _LONGEST_HEADER)]):
        text = " ".join(value.decode("utf-8", "replace").split())
        if instance := _INSTANCE.search(text):
            (seals if name.lower() == b"arc-seal" else recorded)[int(instance[1])] = text
    last = max(seals, default=0)
    sealer = _SEALER.search(seals.get(last, ""))
    if sealer is None or last not in recorded or sealer[1].lower() not in {name.lower() for name in sealers}:
        return None
    return _read(_INSTANCE.sub("", recorded[last], count=1))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower().strip("<>. \"'")


def _aligned(signer: str, author: str) -> bool:
    """Relaxed alignment without a list of public suffixes: the same domain, or one above or below the other."""
    if "." not in signer or "." not in author:
        return False
    return signer == author or author.endswith(f".{signer}") or signer.endswith(f".{author}")


def domains_of(note: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the domains whose signature was checked when a mail was fetched, as its note tells."""
    return tuple(note.get("dkim", "").split())
