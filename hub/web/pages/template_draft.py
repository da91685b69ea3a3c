"""A template while staff writes it: its faces as fields of a page, and how they look for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from sqlalchemy import Connection, select

from hub.insight.people import CustomerLine, find_customers
from hub.model.errors import HubError, Refused
from hub.model.outbound import Purpose
from hub.model.sms_parts import plain_lookalikes
from hub.outreach import previewing
from hub.outreach.previewing import Preview
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.rendering import FACES
from hub.outreach.rendering.allowed import NAMES
from hub.outreach.templates import FREE, VARIABLES, sample_values, with_samples
from hub.outreach.used_fields import value_at
from hub.store import snippets
from hub.store import templates as store
from hub.store.tables import CustomerRow
from hub.web.house import house_of
from hub.web.pages.fields import Form, id_of, read, text_of
from hub.web.pages.text_price import TextPrice, price_of
from hub.web.services import SERVICES

_OFFERED = 6
# What a click puts into a mail written in blocks.
BLOCKS = (
    "# Heading",
    "**bold**",
    "[words](https://example.com)",
    "[Book now](https://example.com){button}",
    "- item",
    "---",
    "::: columns\nleft\n::: next\nright\n::: end",
    "::: footer\n{{ business.name }}\n[Why did I get this, and how to stop]({{ unsubscribe_url }})\n::: end",
    "{% if customer.facts.size %}\n…\n{% endif %}",
)
_MEDIUM = {"sms": "sms", "voice": "call"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the editor holds. `based_on`: the version it began with, 0 for a new template; `files`: what goes with a
    mail.
    """

    name: str = ""
    language: str = ""
    purpose: str = Purpose.PROMOTIONAL.value
    kind: str = ""
    faces: Mapping[str, str] = field(default_factory=dict)
    based_on: int = 0
    files: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A draft as one person would get it. `who`: what was typed to find them; `others`: who else it may mean."""

    preview: Preview
    customer: CustomerLine | None
    who: str
    others: tuple[CustomerLine, ...]
    language: str
    fields: Mapping[str, Sequence[tuple[str, str]]]
    made_up: bool = False
    snippets: Sequence[str] = ()
    price: TextPrice | None = None
    blocks: Sequence[str] = BLOCKS


def draft_of(row: Mapping[str, Any], based_on: int) -> Draft:
    """Returns a stored version as a draft."""
    return Draft(
        name=row["name"],
        language=row["language"],
        purpose=row["purpose"],
        kind=row["kind"],
        faces=store.written(row),
        based_on=based_on,
        files=row["files"],
    )


def posted(form: Form, *, name: str = "", language: str = "") -> Draft:
    """Returns the draft that a page sent; lines end as ours do, or every browser would make a new version."""
    faces = {face: text_of(form, f"face.{face}").replace("\r\n", "\n") for face in FACES}
    if text_of(form, "act") == "plain":
        faces["sms"] = plain_lookalikes(faces["sms"])
    return Draft(
        name=name or text_of(form, "name").strip(),
        language=language or text_of(form, "language").strip(),
        purpose=text_of(form, "purpose"),
        kind=text_of(form, "kind"),
        faces={face: source for face, source in faces.items() if source.strip()},
        based_on=id_of(form, "based_on") or 0,
    )


async def with_files(request: web.Request, draft: Draft, form: Form) -> Draft:
    """Returns the draft with the files of its template, which its form does not carry; a new language has another's."""

    def ask(conn: Connection, _arg: None) -> list[Mapping[str, Any]]:
        spoken = store.active(conn, draft.name)
        row = spoken.get(draft.language) or spoken.get(text_of(form, "from")) or {}
        return list(row.get("files", ()))

    return replace(draft, files=await read(request, ask, None)) if draft.name else draft


async def look(
    request: web.Request,
    draft: Draft,
    asked: Form,
    *,
    campaign: Mapping[str, Any] | None = None,
    accepted: bool = False,
) -> Seen:
    """Renders a draft for the customer that the fields `who` (words) and `customer` (a number) name, or for nobody.

    `accepted`: it stands in the database like this.
    """
    services, house = request.app[SERVICES], house_of(request)
    language = draft.language or house.language
    who = text_of(asked, "who")[:200].strip()

    def ask(conn: Connection, _arg: None) -> tuple[tuple[CustomerLine, ...], dict[str, Any] | None, bool, _Made]:
        found, made = _meant(conn, asked, services.settings.hub.region), _made(conn, draft, language)
        if not found:
            return found, None, False, made
        return found, *previewing.values_of(conn, found[0].id, language, house, services.clock(), campaign), made

    found, filled, made_up, made = await read(request, ask, None)
    free = FREE if filled is None else (VARIABLES,)
    if filled is None:
        filled = {**sample_values(language, house), "campaign": campaign or previewing.SAMPLE_CAMPAIGN}
    if campaign is None:
        filled = with_samples(filled, made.faces, free=free)
    preview = await previewing.look(
        made.faces, draft.purpose, filled, house, rulebook_of(services.settings), accepted=accepted
    )
    return Seen(
        preview=replace(preview, refused={**preview.refused, **made.refused}) if made.refused else preview,
        customer=found[0] if found else None,
        who=who,
        others=found[1:],
        language=language,
        fields=fields_to_insert(filled),
        made_up=made_up or not found,
        snippets=made.snippets,
        price=await price_of(request, preview, found[0].id if found else None),
    )


async def look_at(request: web.Request, name: str, asked: Form, *, campaign: Mapping[str, Any]) -> Seen | None:
    """Renders a stored template as a campaign would send it, in the language of the customer that is asked for."""
    house = house_of(request)

    def ask(conn: Connection, _arg: None) -> Mapping[str, Any] | None:
        found = _meant(conn, asked, house.region)
        own = conn.scalar(select(CustomerRow.language).where(CustomerRow.id == found[0].id)) if found else ""
        return store.in_language(store.active(conn, name), own or "", house.language)

    row = await read(request, ask, None)
    return None if row is None else await look(request, draft_of(row, 0), asked, campaign=campaign, accepted=True)


@dataclass(frozen=True, slots=True)
class _Made:
    """The faces to render from; `refused`: what cannot be made of a draft, by medium; `snippets`: all there are."""

    faces: Mapping[str, str]
    snippets: Sequence[str]
    refused: Mapping[str, HubError] = field(default_factory=dict)


def _made(conn: Connection, draft: Draft, language: str) -> _Made:
    known = sorted({str(row["name"]) for row in snippets.listed(conn)})
    try:
        return _Made(store.spelled(conn, draft.faces, language, draft.files)[0], known)
    except Refused as error:
        # What can be shown is shown all the same.
        left = {face: source for face, source in draft.faces.items() if face != error.field}
        medium = _MEDIUM.get(error.field, "email")
        if medium == "email":
            left = {face: source for face, source in left.items() if face not in ("subject", "blocks", "html", "text")}
        return _Made(left, known, {medium: error})


def _meant(conn: Connection, asked: Form, region: str) -> tuple[CustomerLine, ...]:
    """Returns the customers that the words may mean, the chosen one first."""
    who, chosen = text_of(asked, "who")[:200].strip(), id_of(asked, "customer")
    found = find_customers(conn, who, region=region, limit=_OFFERED).items if who else ()
    return tuple(sorted(found, key=lambda line: line.id != chosen))


def fields_to_insert(values: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Returns the fields that a template may write out, with their values here, by the noun they belong to.

    `customer.facts` stands for each fact that this customer has.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for name, parts in NAMES.items():
        for path in [f"{name}.{part}" for part in parts] if parts else [name]:
            value = value_at(values, path)
            inside = [f"{path}.{key}" for key in value if str(key).isidentifier()] if isinstance(value, Mapping) else []
            found.setdefault(name if parts else "", []).extend(
                (each, _shown(value_at(values, each))) for each in inside or [path]
            )
    return found


def _shown(value: Any) -> str:
    return "" if value is None or isinstance(value, Mapping) else str(value)[:80]
