"""Lending the token of a consent: fresh ahead of its end, fetched by one process at a time, its end noted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.desk.signing_in.asking import renew
from hub.desk.signing_in.token_endpoint import SECONDS, ConsentEnded
from hub.model.errors import ConfigurationError, HubError, NotFound, Unavailable
from hub.store import consents_given
from hub.store.consents_given import Application, ConsentGiven, Tokens
from hub.store.keys import Keys
from hub.store.session import Database

log = logging.getLogger(__name__)

# A login that begins now must not end with a token that ends meanwhile.
AHEAD = timedelta(minutes=5)
# Longer than the provider may take to answer, so that nobody asks with the same refresh token meanwhile: one that
# rotates (RFC 9700 section 4.14.2) counts as stolen when it comes twice.
_CLAIM = timedelta(seconds=3 * SECONDS)
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class _Standing:
    given: ConsentGiven
    access: str
    refresh: str
    application: Application | None


@dataclass(frozen=True, slots=True)
class Lender:
    """Lends one consent's token. `lend` is what adapters are given."""

    database: Database
    keys: Keys
    clock: Callable[[], datetime]
    consent: str

    async def lend(self, refused: str = "") -> str:
        """Returns a token that is good for some minutes; `refused`: one that the server did not take.

        Raises ConsentEnded, ConfigurationError and Unavailable.
        """
        waited = 0.0
        while True:
            now = self.clock()
            standing = await self.database.read(self._look, None)
            given = standing.given
            if given.ended_at is not None:
                raise ConsentEnded(given.ended_why, next_step="Connect the channel again, on the channels page.")
            usable = bool(standing.access) and standing.access != refused and given.expires_at > now
            if usable and given.expires_at - now > AHEAD:
                return standing.access
            claim = (given.version, now, now + _CLAIM)
            if await self.database.write(self._claim, claim):
                fresh = await self._fresh(standing, usable=usable)
                if fresh:
                    return fresh
            elif usable:
                return standing.access
            elif waited > _CLAIM.total_seconds():
                raise Unavailable("The token of this channel is being fetched.", next_step="The hub tries again.")
            else:
                await asyncio.sleep(_LOOK_SECONDS)
                waited += _LOOK_SECONDS

    async def _fresh(self, standing: _Standing, *, usable: bool) -> str:
        """Fetches the next token, which is claimed; empty where another process was faster after all."""
        version = standing.given.version
        try:
            if standing.application is None or not standing.refresh:
                raise ConsentEnded(
                    "The registration with the sign-in provider, or the consent, is no longer kept here.",
                    next_step="Connect the channel again, on the channels page.",
                )
            tokens = await renew(standing.application, standing.refresh, self.clock())
        except ConsentEnded as error:
            await self.database.write(self._end, (version, error.message))
            log.warning("The consent of %s has ended", self.consent)
            return ""  # looked at once more: whoever gave it anew meanwhile is not undone
        except asyncio.CancelledError:
            await asyncio.shield(self.database.write(self._release, version))
            raise
        except HubError as error:
            await self.database.write(self._release, version)
            if usable and isinstance(error, Unavailable):
                return standing.access
            raise
        kept = await self.database.write(self._keep, (version, tokens))
        return tokens.access if kept else ""

    def _look(self, conn: Connection, _: None) -> _Standing:
        given = consents_given.find(conn, self.consent)
        if given is None:
            raise ConfigurationError(
                "The consent by which this channel signs in is not kept here.",
                next_step="Connect the channel again, on the channels page.",
            )
        try:
            registered = consents_given.application(conn, self.keys, given.provider)
        except NotFound:
            registered = None
        access = consents_given.access_token(conn, self.keys, self.consent)
        return _Standing(given, access, consents_given.refresh_token(conn, self.keys, self.consent), registered)

    def _claim(self, conn: Connection, claim: tuple[int, datetime, datetime]) -> bool:
        version, now, until = claim
        return consents_given.claim(conn, self.consent, version, now, until)

    def _release(self, conn: Connection, version: int) -> None:
        consents_given.release(conn, self.consent, version)

    def _end(self, conn: Connection, ended: tuple[int, str]) -> None:
        version, why = ended
        consents_given.end(conn, self.consent, version, why, self.clock())

    def _keep(self, conn: Connection, fresh: tuple[int, Tokens]) -> bool:
        version, tokens = fresh
        return consents_given.refreshed(conn, self.keys, self.consent, version, tokens, self.clock())
