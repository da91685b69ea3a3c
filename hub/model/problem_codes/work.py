"""The hub's work: jobs that do not run, messages that wait or are in doubt, what could not be read."""

from __future__ import annotations

from hub.model.problem_codes.entry import CHANNEL, ERROR, N_, NOTICE, WARNING, Act, Known

_JOBS = Act(N_("See the jobs"), "/needs-you#jobs")
_UNREAD = Act(N_("See them"), "/unread?channel={place}")
_SENDS_AGAIN = Act(N_("Send again"), "/channels/{place}/resume", posts=True)

JOBS = (
    Known(
        "job_late",
        WARNING,
        N_("The job {place} is late by {minutes} min."),
        N_("No process of the hub does it: the one with that role is not running, or it is stuck."),
        N_("Start the hub (or the process with the role web, poll or send). If it runs, start it again."),
        _JOBS,
    ),
    Known(
        "job_stopped",
        ERROR,
        N_("The job {place} has not run for {minutes} min."),
        N_("No process of the hub does it: the one with that role is not running, or it is stuck."),
        N_("Start the hub (or the process with the role web, poll or send). If it runs, start it again."),
        _JOBS,
    ),
    Known(
        "job_failed",
        WARNING,
        N_("The job {place} failed when it last ran."),
        N_("What was seen says why."),
        N_("It is tried again by itself. If it stays, the log has the whole of it."),
        _JOBS,
    ),
    Known(
        "work_given_up",
        WARNING,
        N_("Work that was given up ({place}): {count}."),
        N_("It was tried many times, or can never succeed: a file that the provider no longer has, for example."),
        N_("What was seen says why. Recordings and pictures may still be found in the provider's console."),
        _JOBS,
    ),
    Known(
        "work_waits",
        WARNING,
        N_("Work waits ({place}): {count}, the oldest for {minutes} min."),
        N_("It fails again and again, or the process that does it is not running."),
        N_("What was seen says why; see whether every process of the hub runs."),
        _JOBS,
    ),
    Known(
        "upload_failed",
        NOTICE,
        N_("An upload could not be read to its end: {name}."),
        N_("What was seen says why."),
        N_("Correct the file and upload it again; rows that are already in are not stored twice."),
        Act(N_("See the upload"), "/uploads/{id}"),
    ),
)

OUT = (
    Known(
        "sending_stopped",
        WARNING,
        N_("Sending is stopped for the whole hub."),
        N_("Somebody stopped it."),
        N_("Start it again when it is safe; everything waits meanwhile."),
        Act(N_("Let messages go out again"), "/sending/start", posts=True),
    ),
    Known(
        "channel_paused",
        NOTICE,
        N_("{place} sends nothing: it was paused."),
        N_("Somebody paused it."),
        N_("Let it send again when it is safe; everything waits meanwhile."),
        _SENDS_AGAIN,
    ),
    Known(
        "run_paused_bounces",
        WARNING,
        N_("The campaign {place} was paused: of {sent} messages {count} came back ({percent}%)."),
        N_("Many addresses of its segment do not exist any more, or a mail provider refuses what this hub sends."),
        N_("Look at who did not get it. Clean the segment, or see what the refusals say; then go on or cancel it."),
        Act(N_("See the run"), "/runs/{id}"),
    ),
    Known(
        "run_paused_complaints",
        WARNING,
        N_("The campaign {place} was paused: of {sent} messages {count} were reported as spam ({percent}%)."),
        N_("Its readers did not expect it, and mail providers put aside what such a sender writes."),
        N_("Write only to those who asked for it, and less often; then go on or cancel it."),
        Act(N_("See the run"), "/runs/{id}"),
    ),
    Known(
        "outbox_late",
        WARNING,
        N_("Messages of {place} wait that should have gone out: {count}, the oldest for {minutes} min."),
        N_("The process that sends is not running, or the provider takes messages more slowly than they are made."),
        N_("See whether the hub's process with the role send runs, and what else is told of this channel."),
        CHANNEL,
    ),
    Known(
        "unknown_sends",
        WARNING,
        N_("Of messages of {place} nobody knows whether they arrived: {count}."),
        N_("The connection broke after the message was handed over; the hub looks them up by itself."),
        N_("Nothing to do at first. If it stays, ask the customers in question."),
        CHANNEL,
    ),
    Known(
        "abandoned_sends",
        NOTICE,
        N_("Messages of {place} may or may not have arrived: {count} in the last 7 days."),
        N_("The provider did not answer, and nothing about them was found afterwards. They are not sent twice."),
        N_("Look at them and ask where it matters; put this off when you have."),
        CHANNEL,
    ),
    Known(
        "spool_aside",
        ERROR,
        N_("News of sent messages could not be stored: {count} files."),
        N_("They lie in the folder spool of the data folder, set aside because they could not be read."),
        N_("Keep them and report it: they say which messages went out."),
    ),
)

IN = (
    Known(
        "authserv_asked",
        NOTICE,
        N_("Is {server} the mail server of {place}? It checks the senders of its mails."),
        N_(
            "It stands on top of {count} of the last {mails} mails with its findings (SPF, DKIM, DMARC), and nobody has"
            " said that it is yours: so every sender is shown as unverified, staff's own mails too."
        ),
        N_("If it is yours, say so: its word counts from then on. If not, say that on the page of who vouches."),
        Act(N_("Yes, its word counts"), "/channels/{place}/senders?trust={server}", posts=True),
    ),
    Known(
        "could_not_be_read",
        WARNING,
        N_("{place}: {count} could not be read."),
        N_("They are kept as they came; the reason stands beside each."),
        N_("Look at them; try them again after an update."),
        _UNREAD,
    ),
    Known(
        "channel_silent",
        WARNING,
        N_("{place} has not been read for {minutes} min."),
        N_("The process that reads mailboxes and providers is not running, or it is stuck."),
        N_("Start the hub (or its process with the role poll). If it runs, start it again."),
        CHANNEL,
    ),
    Known(
        "mail_missing",
        WARNING,
        N_("{place}: mails of the server are missing here: {count}."),
        N_("The daily comparison found them there and could not fetch them."),
        N_(
            "Nothing to do at first: the hub tries again every day. If it stays, see what else is told of this channel."
        ),
        CHANNEL,
    ),
    Known(
        "hooks_refused",
        ERROR,
        N_("Requests that say they come from the provider of {place} are refused: their signature does not fit."),
        N_("The auth token was changed, or the address they call differs from the hub's public address (a proxy)."),
        N_("Compare auth_tokens and public_url with the provider's console. If you expect none, somebody is probing."),
        CHANNEL,
    ),
    Known(
        "hooks_forged",
        WARNING,
        N_("Somebody sends forged requests to {place}: {count} in the last {minutes} min."),
        N_("Their signatures do not fit, so nothing of them is stored; only their number is known."),
        N_("If they trouble the machine, let your proxy take only the provider's addresses for /hooks/."),
        CHANNEL,
    ),
)
