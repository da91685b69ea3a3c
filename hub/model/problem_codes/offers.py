"""Offers: pools of codes that run out."""

from __future__ import annotations

from hub.model.problem_codes.entry import ERROR, N_, WARNING, Act, Known

_ADD = Act(N_("Add codes"), "/offers/{id}")

KNOWN = (
    Known(
        "codes_running_out",
        WARNING,
        N_("The codes of the offer {place} run out: {count} left."),
        N_("Each customer gets a code of their own, and the pool has fewer than you wanted to be told of."),
        N_("Add codes to the pool, or let the hub make them."),
        _ADD,
    ),
    Known(
        "codes_gone",
        ERROR,
        N_("The offer {place} has no code left."),
        N_("Every code of its pool was given to somebody. Who is written to now gets no message with this offer."),
        N_("Add codes to the pool, or let the hub make them."),
        _ADD,
    ),
)
