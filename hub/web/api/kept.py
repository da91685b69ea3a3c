"""What is kept in versions, as callers see it: call flows, sequences, segments, how forms' mails are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.web.api.values import Data, Given, Id, Moment, Told


class Version(Told):
    id: Id
    name: str
    version: int
    title: str
    active: bool
    created_at: Moment
    created_by: str


class DefinitionVersion(Version):
    definition: Data


class NextVersion(Given):
    """A new version. `based_on`: the version that was seen (0: there is none yet), so that nothing is undone unseen."""

    based_on: Annotated[int, Field(ge=0)] | None = None
