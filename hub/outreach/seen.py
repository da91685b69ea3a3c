"""What the gates look at: one message and all that is known when it is asked whether it may go out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hub.model.bases import Basis
from hub.model.matter import Matter
from hub.model.never_said import Bar
from hub.model.outbound import Purpose
from hub.model.value import value
from hub.outreach.counted_kinds import Counts
from hub.outreach.do_not_call import OnList
from hub.outreach.existing_customers import Existing
from hub.outreach.frequency import Period
from hub.outreach.quiet_hours import Window
from hub.outreach.seen_values import Consent, Event, Suppression
from hub.outreach.text_limits import Spending
from hub.outreach.warming import Warming
from hub.store import reminders, slots
from hub.store.limits import Held

OF_A_DAY = frozenset({*reminders.OF_A_DAY, slots.ABOUT})


@value(kw_only=True)
class Seen:
    """Everything the gates look at, loaded in the transaction that decides.

    `windows`: open hours, of what keeps to them. For promotions: `matters`: what is open with the customer, `periods`:
    what caps count. `called`: it is said in a call; `call_consent_asked_in`: where `consent` to that is needed.
    `run_state`: that of the message's run, empty without one; `approved`: WhatsApp has approved its wording.
    `kind`: what it is by the rulebook, `counted`: the row by which that is a promotion where its recipient may be.
    `limits`: what must not be done with the customer, `child_in`: where they are a child by their birthday.
    `existing`: the row by which existing customers need not agree, of a promotion that rests on that; `says_existing`:
    it tells so. `on_list`: what do-not-call lists say of the number, None where they are not asked.
    `barred`: why its words are never said.
    """

    now: datetime
    purpose: str
    channel: str
    expires_at: datetime
    address: str
    address_closed_at: datetime | None = None
    address_confirmed: bool = False
    kill_switch: str = ""
    paused_why: str | None = None
    heard_by: frozenset[str] = frozenset()
    suppressions: tuple[Suppression, ...] = ()
    consent: Consent | None = None
    about: str = ""
    about_revision: int | None = None
    about_starts_at: datetime | None = None
    event: Event | None = None
    country: str = ""
    premium_rate: bool = False
    countries: frozenset[str] = frozenset()
    windows: tuple[Window, ...] = ()
    run_state: str = ""
    promotions_held: str = ""
    matters: tuple[Matter, ...] = ()
    periods: tuple[Period, ...] = ()
    heard_at: datetime | None = None
    approved: bool = False
    called: bool = False
    call_consent_asked_in: str = ""
    spending: Spending | None = None
    warming: Warming | None = None
    resting_until: datetime | None = None
    kind: str = ""
    counted: Counts | None = None
    limits: tuple[Held, ...] = ()
    child_in: str = ""
    existing: Existing | None = None
    says_existing: bool = True
    on_list: OnList | None = None
    barred: Bar | None = None

    @property
    def keeps_hours(self) -> bool:
        """Whether it waits for open hours: an appointment is at its own hour, a day has none; a call rings."""
        return self.called or self.purpose == Purpose.PROMOTIONAL or self.about in OF_A_DAY

    def worded(self, *, approved: bool = False, barred: Bar | None = None) -> Seen:
        """Returns it for a message whose wording WhatsApp has approved, or has not; or which is never said."""
        return replace(self, approved=approved, barred=barred) if approved or barred else self

    def told(self, kind: str, *, existing: bool) -> Seen:
        """Returns it for a message of this kind, where it is none of its own, that says why its reader gets it."""
        return replace(self, kind=self.kind or kind, says_existing=existing) if self.existing_customer else self

    @property
    def existing_customer(self) -> bool:
        """Whether it is a promotion that rests on the customer's having bought, not on consent."""
        agreed = self.consent
        return self.purpose == Purpose.PROMOTIONAL and agreed is not None and agreed.basis == Basis.EXISTING_CUSTOMER

    def after(self, many: int) -> Seen:
        """Returns it as it is when so many more were let through to the same address by the same channel."""
        return replace(self, periods=tuple(each.one_more(many) for each in self.periods)) if many else self

    def beside(self, many: int) -> Seen:
        """Returns it as it is when so many more promotions were let through by the same channel."""
        warm = self.warming
        return replace(self, warming=replace(warm, sent=warm.sent + many)) if warm is not None and many else self
