"""Providers whose mail is opened by consent (OAuth 2.0, RFC 6749): their addresses, and what is asked of them.

https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInProvider:
    """Who gives consents. `more`: what its authorisation address wants beyond RFC 6749; `device`: empty where its
    device flow (RFC 8628) does not reach mail.
    """

    code: str
    name: str
    authorize: str
    token: str
    device: str = ""
    scope: str
    more: Mapping[str, str] = field(default_factory=dict)

    def at(self, tenant: str, endpoints: Mapping[str, str]) -> Endpoints:
        """Returns where to ask: for an organisation, or where the registration says otherwise (national clouds)."""
        where = {"authorize": self.authorize, "token": self.token, "device": self.device}
        filled = {name: url.replace("{tenant}", tenant or "organizations") for name, url in where.items()}
        return Endpoints(**{**filled, **{name: url for name, url in endpoints.items() if name in filled and url}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses of one registration."""

    authorize: str
    token: str
    device: str = ""


GOOGLE = SignInProvider(
    code="google",
    name="Google",
    authorize="https://accounts.google.com/o/oauth2/v2/auth",
    token="https://oauth2.googleapis.com/token",  # noqa: S106  # an address, no secret
    scope="https://mail.google.com/ openid email",
    # Only so Google gives a refresh token, also the second time.
    more={"access_type": "offline", "prompt": "consent"},
)
MICROSOFT = SignInProvider(
    code="microsoft",
    name="Microsoft",
    authorize="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106  # an address, no secret
    device="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
    scope="https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"
    " offline_access openid email",
    more={"prompt": "select_account"},
)
PROVIDERS: Mapping[str, SignInProvider] = {each.code: each for each in (GOOGLE, MICROSOFT)}


def challenge(verifier: str) -> str:
    """Returns the S256 code challenge of a verifier (RFC 7636 section 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).decode("ascii").rstrip("=")
