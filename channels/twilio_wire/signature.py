"""Is a web request signed by Twilio? (https://www.twilio.com/docs/usage/security#validating-requests)"""

from __future__ import annotations

import hashlib
import hmac
from binascii import b2a_base64
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

Form = Sequence[tuple[str, str]]

NO_SIGNATURE = "no signature"
NO_TOKEN = "no auth token is configured"  # noqa: S105 - a sentence, no secret
ODD_URL = "the address cannot be read"
BODY_NOT_COVERED = "the body is not covered by the signature (no bodySHA256)"
BODY_CHANGED = "the body does not match its bodySHA256"
DOES_NOT_MATCH = "does not match"

_BLOCK = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_DEFAULT_PORTS = {"http": "80", "https": "443"}
# What the URL standard leaves as it is in a path and in a query (https://url.spec.whatwg.org/#percent-encoded-bytes).
_PATH_SAFE = "/%:@!$&'()*+,;=~[]|\\^"
_QUERY_SAFE = "/%:@!$&()*+,;=~[]|\\^?{}`"


def signature(token: str, url: str, form: Form) -> str:
    """Returns the base64 HMAC-SHA1 of the URL followed by name and value of every form field, by name.

    A field given more than once counts with each of its different values, sorted, as Twilio's own validators do.
    """
    return _expected(token, url, _signed(form)).decode("ascii")


def _signed(form: Form) -> bytes:
    return _bytes("".join([name + value for name, value in sorted(set(form))]))


def _expected(token: str, url: str, signed: bytes) -> bytes:
    # HMAC from the states that hold its key (RFC 2104, section 4): 2 us and the interpreter kept, where hmac.digest
    # takes 4 and lets go of it, so that the loop waits for a thread that writes; the library's RequestValidator: 28.
    inner, outer = _keyed(token)
    inner, outer = inner.copy(), outer.copy()
    inner.update(_bytes(url) + signed)
    outer.update(inner.digest())
    return b2a_base64(outer.digest(), newline=False)


@lru_cache(maxsize=16)
def _keyed(token: str) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Returns SHA-1 after the inner and after the outer key block."""
    key = _bytes(token)
    block = (hashlib.sha1(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")  # noqa: S324  # theirs
    return hashlib.sha1(block.translate(_INNER)), hashlib.sha1(block.translate(_OUTER))  # noqa: S324  # as above


def check_signature(
    *, tokens: Sequence[str], url: str, form: Form | None, body: bytes = b"", signature: str | None
) -> str:
    """Returns '' when one of the tokens signed this request, else the reason. Never raises; compares in constant time.

    `form`: the posted fields, or None or empty where the body is no form; a body without fields (JSON) counts only
    when the URL's `bodySHA256` is its SHA-256 in hex. The URL is tried with and without its port and in the spellings
    Twilio's validators use for a query, because Twilio itself signs now one, now the other.
    """
    if not signature:
        return NO_SIGNATURE
    if not any(tokens):
        return NO_TOKEN
    try:
        urls = _spellings(url)
        body_hashes = parse_qs(urlsplit(url).query).get("bodySHA256", []) if "bodySHA256" in url else []
    except ValueError:
        return ODD_URL
    if body and not form:
        if not body_hashes:
            return BODY_NOT_COVERED
        if not _same(body_hashes[0].lower(), hashlib.sha256(body).hexdigest()):
            return BODY_CHANGED
    # Every candidate is computed and compared, so that the time taken does not tell which one matched.
    given, signed = _bytes(signature), _signed(form or ())
    matches = [hmac.compare_digest(given, _expected(token, each, signed)) for token in tokens if token for each in urls]
    return "" if any(matches) else DOES_NOT_MATCH


@lru_cache(maxsize=256)
def _spellings(url: str) -> tuple[str, ...]:
    """Raises ValueError when the URL cannot be taken apart."""
    parts = urlsplit(url)
    port = parts.port
    scheme, colon, tail = url.partition("://")
    if not colon or scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(url)
    end_of_authority = min((at for at in map(tail.find, "/?#") if at >= 0), default=len(tail))
    authority, rest = tail[:end_of_authority], tail[end_of_authority:]
    bare = authority if port is None else authority.rpartition(":")[0]
    numbered = authority if port is not None else f"{bare.rstrip(':')}:{_DEFAULT_PORTS[scheme.lower()]}"
    return tuple(
        f"{scheme}://{netloc}{spelled}"
        for netloc in dict.fromkeys((authority, bare, numbered))
        for spelled in _rest_spellings(rest)
    )


def _rest_spellings(rest: str) -> dict[str, None]:
    """Path and query verbatim, as the URL standard writes them (`'` is %27 in a query), and with the query rebuilt."""
    path, question, query = rest.partition("?")
    encoded_path = quote(path, safe=_PATH_SAFE, errors="replace")
    standard = encoded_path + question + quote(query, safe=_QUERY_SAFE, errors="replace")
    pairs = parse_qsl(query, keep_blank_values=True)
    rebuilt = encoded_path + question + urlencode(pairs, quote_via=quote, safe="!'()*~", errors="replace")
    return dict.fromkeys((rest, standard, rebuilt))


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(_bytes(left), _bytes(right))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
