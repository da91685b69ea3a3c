"""Reading a request into its models; whatever does not fit is refused with the field and the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_origin

import orjson
from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from hub.model.errors import NotFound, Refused
from hub.web.errors import NotAcceptable

M = TypeVar("M", bound=BaseModel)


def read_path(model: type[M], values: Mapping[str, str]) -> M:
    """Returns the names in an address. Raises NotFound: an address that cannot be is the address of nothing."""
    try:
        return model.model_validate(dict(values))
    except ValidationError:
        raise NotFound("There is nothing at this address.", next_step="Check the id.") from None


def read_query(model: type[M], values: MultiMapping[str]) -> M:
    """Returns the parameters of an address; an empty one counts as absent. Raises Refused."""
    given: dict[str, Any] = {}
    for name in dict.fromkeys(values):
        found = [value for value in values.getall(name) if value != ""]
        if name in model.model_fields and get_origin(model.model_fields[name].annotation) in (list, tuple):
            given[name] = found
        elif len(found) > 1:
            raise Refused(f"{name[:40]} is given more than once.", field=name[:40])
        elif found or name not in model.model_fields:
            given[name] = "".join(found)
    return _validated(model, given)


async def read_body(model: type[M] | None, request: web.Request) -> M | None:
    """Returns the JSON body of a request. Raises NotAcceptable (400) when it is no JSON, and Refused."""
    content = await request.read() if request.body_exists else b""
    if model is None and not content:
        return None
    try:
        given = orjson.loads(content or b"{}")
    except orjson.JSONDecodeError as error:
        raise NotAcceptable(f"The body is no JSON: {error}.", next_step="Send one JSON object, in UTF-8.") from None
    if model is None:
        if given not in ({}, None):
            raise Refused("This call takes no body.", next_step="Send it without one.")
        return None
    return _validated(model, given)


def _validated(model: type[M], given: object) -> M:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _plainly(error, model) from None


def _plainly(error: ValidationError, model: type[BaseModel]) -> Refused:
    """Says the first thing that does not fit; a field that is not known before one that is missing."""
    every = error.errors(include_url=False, include_context=False)
    first = next((each for each in every if each["type"] == "extra_forbidden"), every[0])
    field = ".".join(str(part) for part in first["loc"])[:200]
    if first["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields)
        named = f"It takes {known}." if known else "It takes none."
        return Refused(f"This call has no field {field}.", field=field, next_step=f"Leave it out. {named}")
    if first["type"] == "missing":
        return Refused(f"{field} is missing.", field=field, next_step=f"Send {field}.")
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    said = f"{field}: {reason}." if field else f"The body does not fit: {reason}."
    return Refused(said, field=field, next_step="See /api/v1/openapi.json for what this call takes.")
