"""Writing for a flight plan: whether each message of an audience can be written, how long it is, and what it says
besides. Where messages differ by a few words only, the words of each are looked at and the rest once for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.model.identity import Identity
from hub.model.never_said import Bar
from hub.model.sms_parts import count_parts
from hub.model.value import value
from hub.outreach.barred import NOTHING
from hub.outreach.following import counts_clicks
from hub.outreach.house import House
from hub.outreach.materials import Materials
from hub.outreach.prepare import likeness_of, prepare
from hub.outreach.promotion_words import notices_for
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering.skeleton import Skeleton
from hub.outreach.rendering.values import own_values
from hub.outreach.required_words import Notices
from hub.outreach.used_fields import value_at


@value(kw_only=True)
class Written:
    """What a flight plan counts of a message; `failure`: why it cannot be written. `kind`: what it is by the rulebook;
    `empty`: fields that leave a hole in it, `approved`: WhatsApp has approved its wording.
    """

    failure: str = ""
    parts: int = 1
    kind: str = ""
    label: str = ""
    existing: bool = False
    approved: bool = False
    barred: Bar | None = None
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for the messages of one page; what is the same of several is one object. `holes`: fields that stand bare,
    by template version and channel.
    """

    materials: Materials
    house: House
    rulebook: Rulebook
    holes: Mapping[tuple[int, str], Sequence[str]]
    _alike: dict[tuple[Any, ...], Written] = field(default_factory=dict)
    _same: dict[Written, Written] = field(default_factory=dict)

    def written(self, row: Mapping[str, Any]) -> Written:
        """Returns what is to be counted of a message as it would be planned."""
        materials = self.materials
        identity = materials.identities[row["identity_id"]]
        to = Identity(identity["scheme"], identity["value"])
        template = materials.pinned.get(row["template_id"])
        if template is None or materials.barred is not NOTHING or self._has_links_of_its_own(row, to):
            return self._whole(row)
        customer = materials.customers[row["customer_id"]]
        notices = notices_for(row, to, customer, materials.existing, self.house, self.rulebook)
        likeness = likeness_of(row, template, to, notices)
        skeleton = materials.skeletons.get(likeness)
        if skeleton is None:
            return self._whole(row)
        records = {**materials.samples, **materials.records.get(row["id"], {})}
        url = self.house.unsubscribe_url(row["id"], to)
        own = own_values(customer, self.house, template["language"], records, url)
        words = skeleton.words({**skeleton.values, **own})
        if words is None:
            return self._whole(row)
        parts = 1 if to.scheme == "mailto" else count_parts(skeleton.text_with(words)).parts
        known = self._alike.get((likeness, parts))
        if known is None:
            known = self._alike[likeness, parts] = self._of_all(row, skeleton, own, template, notices, parts)
        return known

    def _has_links_of_its_own(self, row: Mapping[str, Any], to: Identity) -> bool:
        """A link that leads by way of the hub makes a text longer; a mail costs nothing by its length."""
        return to.scheme != "mailto" and counts_clicks(row, self.materials.counting, self.house)

    def _of_all(
        self,
        row: Mapping[str, Any],
        skeleton: Skeleton,
        own: Mapping[str, Any],
        template: Mapping[str, Any],
        notices: Notices,
        parts: int,
    ) -> Written:
        """What fills a gap is not empty, so that what is empty is so for all."""
        return Written(
            parts=parts,
            kind=template.get("kind") or "",
            label=notices.label,
            existing=notices.existing,
            empty=self._empty(row, {**skeleton.values, **own}),
        )

    def _whole(self, row: Mapping[str, Any]) -> Written:
        prepared = prepare(row, self.materials, self.house, self.rulebook)
        found = Written(
            failure=prepared.failure,
            parts=prepared.parts,
            kind=prepared.kind,
            label=prepared.notices.label,
            existing=prepared.notices.existing,
            approved=bool(prepared.rendered.approved),
            barred=prepared.barred,
            empty=() if prepared.failure else self._empty(row, prepared.filled),
        )
        return self._same.setdefault(found, found)

    def _empty(self, row: Mapping[str, Any], filled: Mapping[str, Any]) -> tuple[str, ...]:
        bare = self.holes.get((row["template_id"] or 0, row["channel"]), ())
        return tuple(path for path in bare if value_at(filled, path) in (None, ""))
