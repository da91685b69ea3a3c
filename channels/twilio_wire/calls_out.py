"""What a channel asks the provider of calls to do: ring somebody, say a message, end or lead on a call under way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from channels.base import Context, Settings
from channels.twilio_wire import hook, queueing, spoken, voicemail
from channels.twilio_wire import settings as setting
from channels.twilio_wire.addresses import CUSTOMER, PLACED, STEP, with_fields
from channels.twilio_wire.line import Line
from channels.twilio_wire.spoken import Machines
from channels.twilio_wire.voice_hooks import BRIDGE, LEFT, RECORDING, SERVE, SPOKEN, STATUS
from channels.twilio_wire.wire import before
from hub.model.errors import Rejected, Unknown
from hub.model.outbound import Evidence, Outgoing, Receipt

_STAFF_SECONDS = 30
_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")


class CallsOut:
    """The calls that go out from one number. Raises ConfigurationError for settings that make no sense."""

    # Nothing is written to by a call; a phone number is called.
    schemes: Sequence[str] = ()
    spoken_schemes: Sequence[str] = ("tel",)

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._context = context
        self._line = Line(setting.Account.read(name, settings))
        self._number = setting.phone_number(name, settings, "from_number")
        self._language = setting.text(name, settings, "language") or context.language
        self._machines = setting.choice(name, settings, "answering_machine", Machines)
        self.transcribed_by = setting.text(name, settings, "transcribe_with")
        self._settings: Mapping[str, Any] = settings
        self._polls = setting.only_recalls(
            name, settings, context.public_url, sandbox=context.sandbox, proven=context.proven
        )

    async def open(self) -> None:
        """Does nothing: the way to Twilio opens with its first use."""

    async def close(self) -> None:
        await self._line.close()

    async def bridge(self, staff: str, customer: str, placed: str) -> str:
        """Rings staff's phone and, once they press 1 there, the customer's. Raises SendError."""
        here = {CUSTOMER: customer, PLACED: placed}
        client = await self._line.client()
        made = await client.calls.create_async(
            to=staff,
            from_=self._number,
            url=with_fields(self._url(BRIDGE), here),
            status_callback=with_fields(self._url(STATUS), here),
            status_callback_event=["completed"],
            timeout=_STAFF_SECONDS,
        )
        return str(made.sid)

    async def find_bridge(self, staff: str, asked_at: datetime) -> str:
        """Looks a call to staff's phone up in the provider's list, by when it was asked for. Raises Unavailable."""
        return await spoken.listed(await self._line.client(), self._number, staff, asked_at)

    async def send(self, message: Outgoing, deadline: datetime) -> Receipt:
        """Asks for a call that says the message, once. Raises Temporary, Rejected, ChannelBroken or Unknown."""
        if message.to.scheme not in self.spoken_schemes or not self._number:
            raise Rejected(f"Channel {self.name} cannot call {message.to.scheme}: addresses.", phase="check")
        where = {"document": self._url(SPOKEN), "status": self._url(STATUS)}
        fields = spoken.create_fields(message, self._number, self._machines, **where)
        if self._polls:
            fields = spoken.unasked(fields, self._speech(message.language), message.text)
        client = await self._line.client()
        with before(deadline):
            try:
                made = await client.calls.create_async(**fields)
            except (ValueError, TypeError, AttributeError) as error:
                # The official client only gets here after a 2xx whose body it cannot read.
                raise Unknown("Twilio's answer could not be read.", phase="answer") from error
        if not made.sid:
            raise Unknown("Twilio's answer named no call.", phase="answer")
        return Receipt(reference=str(made.sid), code=str(made.status or ""))

    async def find(self, message: Outgoing, body_hash: str) -> Evidence | None:
        return await spoken.look_up(await self._line.client(), self._number, message)

    async def ring_for_queue(self, staff: str, step: str, ring: str, seconds: int) -> str:
        """Rings staff's phone for whoever waits first at a step of the call flow. Raises SendError."""
        where = {"serve_at": self._url(SERVE), "status": self._url(STATUS)}
        client = await self._line.client()
        fields = queueing.ring_fields(staff, self._number, step, ring, seconds, **where)
        return str((await client.calls.create_async(**fields)).sid)

    async def stop_ringing(self, call: str) -> None:
        """Hangs up on a phone that rings, or is too late to. Raises SendError."""
        with suppress(Rejected):
            await (await self._line.client()).calls(call).update_async(status="completed")

    async def lead_out(self, call: str, step: str) -> None:
        """Leads a waiting caller out of the queue, or is too late to. Raises SendError."""
        with suppress(Rejected):
            on = with_fields(self._url(LEFT), {STEP: step})
            await (await self._line.client()).calls(call).update_async(url=on, method="POST")

    async def begin_recording(self, call: str) -> None:
        """Has a call under way recorded from now on, each side by itself. Raises SendError."""
        # https://www.twilio.com/docs/voice/api/recording#create-a-recording-resource
        calls = (await self._line.client()).calls(call)
        await calls.recordings.create_async(
            recording_channels="dual",
            recording_status_callback=self._url(RECORDING),
            recording_status_callback_event=["completed", "absent"],
        )

    async def pause_recording(self, call: str) -> None:
        """Stops recording a call under way; what is left out leaves no silence. Raises SendError."""
        await self._change_recording(call, {"status": "paused", "pause_behavior": "skip"})

    async def resume_recording(self, call: str) -> None:
        """Goes on recording a call under way. Raises SendError."""
        await self._change_recording(call, {"status": "in-progress"})

    async def _change_recording(self, call: str, values: Mapping[str, str]) -> None:
        # https://www.twilio.com/docs/voice/api/recording#update-a-recording: Twilio.CURRENT is the one under way.
        current = (await self._line.client()).calls(call).recordings("Twilio.CURRENT")
        await current.update_async(**values)

    async def remove_recording(self, url: str) -> None:
        """Removes a recording at Twilio; one that is gone already is no error. Raises SendError."""
        found = _RECORDING.search(url)
        if found is None:
            raise Rejected("This is no address of a recording.", phase="check")
        try:
            await (await self._line.client()).recordings(found[0]).delete_async()
        except Rejected as error:
            if error.provider_code != "20404":
                raise

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        async for chunk in self._line.media.read(url):
            yield chunk

    def _speech(self, language: str) -> voicemail.Flow:
        return voicemail.Flow.read(self._settings, language or self._language, self._context.region)

    def _url(self, hook_name: str) -> str:
        return hook.hook_url(self._context.public_url, self.name, hook_name)
