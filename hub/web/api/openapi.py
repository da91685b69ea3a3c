"""The OpenAPI 3.1 document, made from the operations' own types (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from hub import __version__
from hub.web.api.call import KEY_HEADER
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import BASE, JSON, Operation

_REF = "#/components/schemas/{model}"
_PROBLEMS = {
    "400": "The body is no JSON.",
    "401": "There is no valid token.",
    "403": "The token's role does not include this, or the body does not say that it is JSON.",
    "404": "There is no such thing.",
    "413": "The body is larger than the hub accepts.",
    "422": "Something sent breaks a rule; `field` names it.",
    "429": "The token calls too often; `Retry-After` says when to go on.",
    "503": "The database cannot be reached; try again.",
}
_ERROR = {
    "type": "object",
    "description": "What happened, why, and what to do next.",
    "required": ["code", "message", "next"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "string", "description": "A word for machines.", "examples": ["refused"]},
        "message": {"type": "string", "description": "What happened, in one sentence."},
        "next": {"type": "string", "description": "What to do; may be empty."},
        "field": {"type": "string", "description": "Which field is meant, where one is."},
    },
}
_KEY_PARAMETER = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "Repeat a call under the same key and it is done once; every repeat within two days gets the"
    " first answer.",
    "schema": {"type": "string", "maxLength": 255},
}


def document(operations: Sequence[Operation], public_url: str) -> dict[str, Any]:
    """Returns the document. `public_url`: the hub's address, without a slash at the end."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = []
    for each in operations:
        if "body" in each.inputs:
            wanted.append((each.inputs["body"], "validation"))
        wanted += [(answer, "serialization") for answer in (each.answer, each.promise) if answer]
    refs, schemas = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interaction Hub",
            "version": __version__,
            "description": "Everything the pages do. Ids are strings, times are ISO 8601 in UTC. A list answers"
            " `items` and `next`; send `next` as `before` (or `after`, where the list goes forward) for the next page.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": f"{public_url}{BASE}"}],
        "tags": [{"name": tag} for tag in sorted({each.tag for each in operations})],
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(each: Operation, refs: dict[Any, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "tags": [each.tag],
        "parameters": [*_parameters(each, "path"), *_parameters(each, "query")],
        "responses": {str(each.status): _answer(each, refs), **_promised(each, refs), **_problems(each)},
    }
    if each.creates:
        said["parameters"].append(_KEY_PARAMETER)
    if each.roles:
        said["description"] = f"For tokens of the roles {', '.join(each.roles)}."
    else:
        said["security"] = []
    if body := each.inputs.get("body"):
        content = {JSON: {"schema": refs[body, "validation"]}}
        said["requestBody"] = {"required": any(each.is_required() for each in body.model_fields.values())} | {
            "content": content
        }
    if isinstance(each, FileOperation):
        form = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
        said["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return said


def _answer(each: Operation, refs: dict[Any, Any]) -> dict[str, Any]:
    if each.answer is None:
        return {"description": "The file.", "content": {"application/octet-stream": {}}}
    return {"description": "Done.", "content": {JSON: {"schema": refs[each.answer, "serialization"]}}}


def _promised(each: Operation, refs: dict[Any, Any]) -> dict[str, Any]:
    if each.promise is None:
        return {}
    told = f"It takes longer: ask GET {BASE}{each.later} (Location) until it is there."
    location = {"Location": {"schema": {"type": "string"}}}
    content = {JSON: {"schema": refs[each.promise, "serialization"]}}
    return {"202": {"description": told, "headers": location, "content": content}}


def _parameters(each: Operation, place: str) -> list[dict[str, Any]]:
    model = each.inputs.get(place)
    if model is None:
        return []
    schema = model.model_json_schema()
    return [
        {
            "name": name,
            "in": place,
            "required": place == "path" or name in schema.get("required", ()),
            "schema": _sent(about, schema.get("$defs", {})),
            **({"description": about["description"]} if "description" in about else {}),
        }
        for name, about in schema.get("properties", {}).items()
    ]


def _sent(about: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a parameter: in an address there is no null, a parameter is there or not."""
    if "anyOf" in about:
        [about] = [option for option in about["anyOf"] if option != {"type": "null"}]
    if "$ref" in about:
        about = named[about["$ref"].rpartition("/")[2]]
    return {key: value for key, value in about.items() if key not in ("title", "description")}


def _problems(each: Operation) -> dict[str, Any]:
    """Returns the errors that this operation can answer."""
    told = {"422", "503"}
    if each.roles:
        told |= {"401", "403", "429"}
    if "path" in each.inputs:
        told.add("404")
    if "body" in each.inputs or isinstance(each, FileOperation):
        told |= {"400", "403", "413"}
    content = {JSON: {"schema": {"$ref": _REF.format(model="Error")}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in sorted(told)}
