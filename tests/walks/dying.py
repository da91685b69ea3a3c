"""A number whose hub dies once between the commit of a text and its answer, as a power cut would have it."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

from channels.base import Captured, Reply, Request
from channels.sms import TwilioSms

WORD = "This kills it"


class DyingSms(TwilioSms):
    """Kills its process before it answers a new text of that word."""

    def reply(self, request: Request, captured: Sequence[Captured]) -> Reply:
        if any(not each.duplicate for each in captured) and ("Body", WORD) in request.form:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().reply(request, captured)
