"""Proving an address: the hub fetches a nonce of its own through it, and says in plain words why it could not."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import ssl
from collections.abc import Mapping

import aiohttp
from aiohttp import web

from hub.store.keys import Keys
from hub.web.auth.access import public
from hub.web.i18n import N_, _
from hub.web.services import SERVICES

_PATH = "/.well-known/interaction-hub/"
_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
_NONCE_BYTES = 16
_LARGEST_ANSWER = 200
# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE: Mapping[int, str] = {
    9: N_("its certificate is not valid yet; is this machine's clock right?"),
    10: N_("its certificate has expired; renew it."),
    18: N_("its certificate is self-signed; customers' browsers and Twilio will refuse it."),
    19: N_("its certificate is signed by an authority that this machine does not know."),
    20: N_("its certificate chain is incomplete: configure the proxy with the full chain, not the certificate alone."),
    21: N_("its certificate chain is incomplete: configure the proxy with the full chain, not the certificate alone."),
    62: N_("its certificate is for another name."),
    64: N_("its certificate is for another address."),
}


@public
async def answer(request: web.Request) -> web.Response:
    """Answers a nonce with what only a hub that has our key can say."""
    said = _answer(request.app[SERVICES].keys, request.match_info["nonce"])
    return web.Response(text=said, content_type="text/plain")


async def prove(url: str, keys: Keys) -> str:
    """Returns why the hub does not reach itself under an address, in words; empty: it does.

    Private addresses are allowed, since an administrator chose it; redirects are not followed, and of an answer only so
    much is read as ours has.
    """
    nonce = secrets.token_hex(_NONCE_BYTES)
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as session,
            session.get(f"{url}{_PATH}{nonce}", allow_redirects=False) as response,
        ):
            said = await response.content.read(_LARGEST_ANSWER)
            return _judged(response, said, _answer(keys, nonce))
    except aiohttp.ClientConnectorCertificateError as error:
        return _certificate(error.certificate_error)
    except aiohttp.ClientConnectorDNSError:
        return _("The name of this address is not known: it has no DNS record yet, or is misspelt.")
    except aiohttp.ClientSSLError:
        return _("Something answers there, but not in HTTPS. Does the proxy really speak TLS on this port?")
    except aiohttp.ClientConnectorError as error:
        why = error.os_error.strerror or error
        return _("Nobody answers there: %s. Is the proxy running, and the port open?") % why
    except TimeoutError:
        return _(
            "Nobody answered within 10 seconds. Many routers do not let a machine reach itself by its outer address; "
            "then try it from outside, and use it all the same."
        )
    except (aiohttp.ClientError, ValueError, OSError) as error:
        return _("The answer could not be read: %s.") % (str(error) or type(error).__name__)


def _judged(response: aiohttp.ClientResponse, said: bytes, expected: str) -> str:
    if 300 <= response.status < 400:
        there = response.headers.get("Location", "")[:200]
        return _("It sends on to another address (%s). Use that one, without the path at its end.") % there
    status = response.status
    if status in (502, 504):
        return _("A proxy answers there, but does not reach the hub (%s). Which port does it pass on to?") % status
    if status != 200 or not hmac.compare_digest(said, expected.encode()):
        return _("Something else answers there (%s), not this hub. Does the proxy pass on every path?") % status
    return ""


def _certificate(error: Exception) -> str:
    known = _CERTIFICATE.get(error.verify_code, "") if isinstance(error, ssl.SSLCertVerificationError) else ""
    why = _(known) if known else str(error)
    return _("The address answers, but %s") % why


def _answer(keys: Keys, nonce: str) -> str:
    return hmac.new(keys.links, f"public address/{nonce}".encode(), hashlib.sha256).hexdigest()


def routes() -> list[web.RouteDef]:
    return [web.get(_PATH + "{nonce:[0-9a-f]{32}}", answer)]
