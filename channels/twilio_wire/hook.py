"""What every web request of Twilio has in common: where it comes in, its signature, its fields, its answer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

from channels.base import Reply, Request
from channels.twilio_wire.signature import check_signature
from hub.model.clean import clean_text
from hub.model.errors import NotAuthentic
from hub.model.identity import Identity, phone_identity, text_sender_identity

_log = logging.getLogger(__name__)
_SIGNATURE = "X-Twilio-Signature"


def hook_url(public_url: str, channel: str, hook: str) -> str:
    """Returns where Twilio calls us: `{public_url}/hooks/{channel}/{hook}`, the same rule for every channel."""
    return f"{public_url.rstrip('/')}/hooks/{channel}/{hook}"


def verify(request: Request, tokens: Sequence[str]) -> None:
    """Raises NotAuthentic unless one of the tokens signed this request, over the configured public address."""
    given = request.headers.get(_SIGNATURE) or next(
        (value for name, value in request.headers.items() if name.lower() == _SIGNATURE.lower()), None
    )
    reason = check_signature(tokens=tokens, url=request.url, form=request.form, body=request.body, signature=given)
    if reason:
        raise NotAuthentic(
            f"This request was refused: its Twilio signature is missing or wrong ({reason}).",
            next_step="Compare the channel's auth token and the hub's public_url with the Twilio console.",
        )


def fields(request: Request) -> dict[str, str]:
    """Returns the fields, cleaned; a hook called by GET has them in its query. The first of repeated ones counts."""
    pairs = tuple(request.form or parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
    values = "".join([value for _name, value in pairs])
    if clean_text(values) == values:  # one look at all of them spares most requests a look at each
        return dict(reversed(pairs))
    return {name: clean_text(value) for name, value in reversed(pairs)}


def field(request: Request, names: Iterable[str]) -> str:
    """Returns the first of these fields that is there and says something, as `fields` would, '' where none does."""
    if not request.form:
        return next(filter(None, map(fields(request).get, names)), "")
    given = dict(reversed(request.form))
    return next(filter(None, (clean_text(given.get(name, "")) for name in names)), "")


def query(request: Request) -> dict[str, str]:
    """Returns the fields of our own in the hook's address, which the signature covers."""
    return dict(parse_qsl(urlsplit(request.url).query))


def fallback_key(request: Request) -> str:
    """Names a payload without a SID by its content, so that its second delivery is known."""
    content = request.body or urlencode(list(request.form)).encode()
    return f"{request.hook}:{hashlib.sha256(content or request.url.encode()).hexdigest()}"


@lru_cache(maxsize=4_096)
def party_identity(value: str, region: str) -> Identity:
    """Returns who a number, short code, sender name or other Twilio address (`client:`, `sip:`, `messenger:`) is."""
    value = value.strip()
    prefix, colon, rest = value.partition(":")
    if colon and prefix.lower() in {"client", "sip"}:
        return Identity("ext", f"{prefix.lower()}/{rest}")
    if colon and prefix.lower() != "whatsapp":
        return Identity("sms", value)  # e.g. messenger:1234, whose digits are no phone number
    return text_sender_identity(value, region) or phone_identity(value, region) or Identity("sms", value)


def twiml(verbs: Iterable[str] = ()) -> Reply:
    """Returns TwiML, the answer that Twilio carries out."""
    said = "".join(verbs)
    return _response(said) if said else _NOTHING_TO_SAY


def _response(said: str) -> Reply:
    document = f'<?xml version="1.0" encoding="UTF-8"?><Response>{said}</Response>'
    return Reply(200, "text/xml", document.encode("utf-8", "replace"))


_NOTHING_TO_SAY = _response("")


def verb(name: str, content: str = "", attributes: Mapping[str, object] | None = None) -> str:
    """Returns one TwiML verb, its text and attributes escaped."""
    given = "".join(f" {key}={quoteattr(str(value))}" for key, value in (attributes or {}).items())
    return f"<{name}{given}>{escape(content)}</{name}>" if content else f"<{name}{given}/>"


def around(name: str, verbs: Iterable[str], attributes: Mapping[str, object]) -> str:
    """Returns a TwiML verb that holds others, its attributes escaped."""
    given = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{name}{given}>{''.join(verbs)}</{name}>"


@lru_cache(maxsize=256)
def warn_unknown_word(kind: str, word: str) -> None:
    """Logs a word of the wire that no table knows, once."""
    _log.warning("Twilio sent an unknown %s: %r; kept as unknown", kind, word[:40])
