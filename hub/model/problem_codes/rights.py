"""What the law sets a date for: do-not-call lists, requests of persons, breaches; and where data are kept."""

from __future__ import annotations

from hub.model.problem_codes.entry import ERROR, N_, WARNING, Act, Known

_LISTS = Act(N_("Load it anew"), "/do-not-call")
_REQUESTS = Act(N_("See the requests"), "/rights")
_BREACHES = Act(N_("See the breaches"), "/rights/breaches")

KNOWN = (
    Known(
        "do_not_call_ends",
        WARNING,
        N_("The do-not-call list {place} holds for {days} more days."),
        N_("A list may be asked for some weeks only; then calls by machine wait until it was loaded anew."),
        N_("Get the list anew and load it under the same name."),
        _LISTS,
    ),
    Known(
        "do_not_call_old",
        ERROR,
        N_("The do-not-call list {place} is too old."),
        N_("Calls by machine wait, since nobody can tell any more whom they may reach."),
        N_("Get the list anew and load it under the same name, or take it back."),
        _LISTS,
    ),
    Known(
        "request_due",
        WARNING,
        N_("{count} requests of persons are due within a week."),
        N_("The law sets a date by which each is to be answered."),
        N_("Answer them, or make the deadline longer and tell the person why."),
        _REQUESTS,
    ),
    Known(
        "request_late",
        ERROR,
        N_("{count} requests of persons are late."),
        N_("The date by which the law wants them answered is over."),
        N_("Answer them now, and say why it took so long."),
        _REQUESTS,
    ),
    Known(
        "breach_untold",
        ERROR,
        N_("A breach has not been told to the authority: until {due}."),
        N_("The law gives some hours from when it was noticed, unless nobody is at risk."),
        N_("Tell the authority and note when, or note why it need not be told."),
        _BREACHES,
    ),
    Known(
        "storage_country",
        WARNING,
        N_("Customers in {place} want their data kept there."),
        N_("{count} customers are in that country, whose law asks for storage within it; this hub stores in {stored}."),
        N_("Ask a lawyer; set storage_country in the settings where the hub does store there."),
        Act(N_("See what the law sets dates for"), "/rights"),
    ),
)
