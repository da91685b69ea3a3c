"""Tally: what came to pass in a run of promotions, at the servers and in the ledger, as lines and as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.ledger import Held, Message
from tests.faults.reaper import Reaper
from tests.faults.shop import Arrangement, Shop

# Each message ends in one of these; an unknown one is listed as such with what is known of it.
_FINAL = ("accepted", "failed", "suppressed", "cancelled", "expired", "abandoned", "unknown")
# So many mails may be on their way when the process that carries them dies (hub.outreach.lane_settings.AT_ONCE).
_WITH_A_COURIER = 30


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts, and the messages that break a promise. `slowest_known`: seconds until a doubtful text was known."""

    name: str
    processes: int
    seconds: float
    kills: int
    states: Counter[str]
    forgotten: int
    in_flight: int
    with_couriers: int
    ever_unknown: int
    twice: Sequence[str]
    lost: Sequence[str]
    nowhere: Sequence[Message]
    without_phase: Sequence[Message]
    unresolved: Sequence[Message]
    absent: int
    slowest_known: float
    audiences: Sequence[int]
    phases: dict[str, int]
    orphans_lived: float


async def told(arrangement: Arrangement, shop: Shop, reaper: Reaper, seconds: float) -> Tally:
    """Compares the servers with the ledger."""
    messages = await shop.ledger.messages()
    doubts = {each.message: each.seconds for each in await shop.ledger.doubts()}
    mails, texts = shop.smtp.mails, shop.twilio.counted()
    phones = Counter({to: 0 for to, _ in texts})
    for (to, _), many in texts.items():
        phones[to] += many
    got = {each.id: mails[each.name] if each.channel == "outgoing_mail" else phones[each.name] for each in messages}
    open_texts = [each for each in messages if each.channel == "main_number" and each.state in ("unknown", "abandoned")]
    held = [each for kill in reaper.kills for each in kill.held]
    submitting = [each for each in held if each.state == "submitting"]
    known = [doubts[each.id] for each in messages if each.channel == "main_number" and doubts.get(each.id) is not None]
    return Tally(
        name=arrangement.name,
        processes=len(arrangement.dying),
        seconds=seconds,
        kills=len(reaper.kills),
        states=Counter(each.state for each in messages),
        forgotten=shop.smtp.forgotten + shop.twilio.forgotten,
        in_flight=len(submitting),
        with_couriers=reaper.courier_kills * _WITH_A_COURIER,
        ever_unknown=len(doubts),
        twice=[*(name for name, many in mails.items() if many > 1), *(to for to, many in phones.items() if many > 1)],
        lost=[each.name for each in messages if each.state == "accepted" and not got[each.id]],
        nowhere=[each for each in messages if each.state not in _FINAL],
        without_phase=[each for each in messages if each.state in ("unknown", "abandoned") and not each.phase],
        unresolved=[each for each in open_texts if got[each.id]],
        absent=sum(not got[each.id] for each in open_texts),
        slowest_known=max((seconds for seconds in known if seconds is not None), default=0.0),
        audiences=sorted((await shop.ledger.audiences()).values()),
        phases=_phases(reaper, submitting, got),
        orphans_lived=reaper.orphans_lived,
    )


def _phases(reaper: Reaper, submitting: Sequence[Held], got: dict[int, int]) -> dict[str, int]:
    """Returns how many kills met each phase of the way out, and how many messages each crash point."""
    kills = reaper.kills
    return {
        "kills while it began": sum(kill.at_start for kill in kills),
        "kills while a run was planned": sum(kill.planning for kill in kills),
        "kills with messages claimed": sum(any(each.state == "claimed" for each in kill.held) for kill in kills),
        "kills with messages submitting": sum(any(each.state == "submitting" for each in kill.held) for kill in kills),
        "kills with a courier": reaper.couriers_seen,
        "kills of a courier itself": reaper.courier_kills,
        "messages claimed": sum(each.state == "claimed" for kill in kills for each in kill.held),
        "messages submitting, no server has them": sum(not got[each.message] for each in submitting),
        "messages submitting, a server has them": sum(got[each.message] > 0 for each in submitting),
    }


_COLUMNS = (
    "processes", "kills", "messages", "accepted", "failed", "abandoned", "unknown", "ever unknown", "forgotten",
    "in flight", "twice", "lost", "seconds",
)  # fmt: skip
_shown: list[Tally] = []


def tell(tally: Tally) -> None:
    """Prints what one arrangement came to, and the table of all so far."""
    _shown.append(tally)
    print(f"\n{tally.name}: {dict(tally.states)}")
    for phase, many in tally.phases.items():
        print(f"  {phase:44}{many:8,}")
    print(f"  {'texts that the provider never had':44}{tally.absent:8,}")
    print(f"  {'slowest doubtful text known after':44}{tally.slowest_known:8.0f} s")
    print(f"  {'a courier outlived its hub by at most':44}{tally.orphans_lived:8.3f} s\n")
    print(f"{'':30}{''.join(f'{name:>13}' for name in _COLUMNS)}")
    for each in _shown:
        cells = (
            each.processes, each.kills, sum(each.states.values()), each.states["accepted"], each.states["failed"],
            each.states["abandoned"], each.states["unknown"], each.ever_unknown, each.forgotten, each.in_flight,
            len(each.twice), len(each.lost) + len(each.nowhere), round(each.seconds),
        )  # fmt: skip
        print(f"{each.name:30}{''.join(f'{cell:13,}' for cell in cells)}", flush=True)
