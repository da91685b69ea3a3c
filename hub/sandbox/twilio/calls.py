"""Plays a call: fetches the hub's TwiML and carries it out step by step, without waiting for sounds to end."""

from __future__ import annotations

from hub.sandbox.twilio.call_desk import CallDesk
from hub.sandbox.twilio.call_run import Played, Run
from hub.sandbox.twilio.caller import Caller, HungUp
from hub.sandbox.twilio.state import Call, rfc2822


class Calls(CallDesk):
    """Plays calls from their first document to the end."""

    async def receive(self, from_: str, to: str, caller: Caller) -> Played:
        """Lets a phone call one of our numbers."""
        call, url = self.ring(from_, to)
        return await self.play(call, caller, url=url)

    async def play(self, call: Call, caller: Caller, *, url: str = "", twiml: str = "") -> Played:
        """Carries the flow out from its first document to the end and tells the hub how the call ended."""
        run = Run(self, call, caller, Played(call.sid))
        try:
            await run.document(url, twiml)
        except HungUp:
            caller.heard.append(("Hangup", ""))
        call.ended_at = self._clock()
        if call.status not in {"busy", "no-answer", "failed", "canceled"}:
            call.status = "completed"
        run.played.status = call.status
        self.note(call, caller)
        await run.post(
            call.callback, [("CallDuration", str(call.seconds)), ("Timestamp", rfc2822(call.ended_at) or "")]
        )
        return run.played
