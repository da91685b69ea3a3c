"""Texts through Twilio, both ways: SMS, MMS and WhatsApp (https://www.twilio.com/docs/messaging)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.base import Captured, Context, Cursor, Raw, Reply, Request, Settings
from channels.twilio_wire import alerts, answers, checks, delivery, hook, messages, text
from channels.twilio_wire import settings as setting
from channels.twilio_wire.line import Line
from channels.twilio_wire.wire import before
from hub.model.errors import ConfigurationError, Rejected, Unreadable
from hub.model.event import ChannelEvent
from hub.model.outbound import Evidence, Outgoing, Receipt
from hub.model.problem import Problem

TEXT, STATUS = "text", "text_status"
# Twilio takes 1 to 36000 s (https://www.twilio.com/docs/messaging/api/message-resource, ValidityPeriod).
LONGEST_VALIDITY = 36_000
MOST_MEDIA = 10
_FIND_WITHIN = timedelta(days=1)


class TwilioSms:
    """Receives and sends texts of one Twilio number or Messaging Service.

    Settings: `account_sid`; `auth_tokens` (one, or two while they are changed); `from_number` or
    `messaging_service_sid`; optional `whatsapp_number`, `base_url`, `media_base`, `answer_opt_out` (default true: we
    confirm STOP, START and HELP ourselves; false where Twilio does), `answers` (own wording per word and language),
    `business_name`, `receive` (auto, poll or webhooks: see twilio_wire.settings.only_recalls).
    """

    hooks: Sequence[str] = (TEXT, STATUS)
    provider = "Twilio"

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._context = context
        self._line = Line(setting.Account.read(name, settings))
        self._from = setting.sender(name, settings)
        self._service = setting.service(name, settings)
        self._whatsapp = setting.phone_number(name, settings, "whatsapp_number")
        if not (self._from or self._service or self._whatsapp):
            raise ConfigurationError(
                f"Channel {name}: set from_number or messaging_service_sid, or nothing can be sent."
            )
        plain = ("tel", "sms") if self._from or self._service else ()
        self.schemes: Sequence[str] = (*plain, "whatsapp") if self._whatsapp else plain
        self._answers_opt_out = setting.switch(name, settings, "answer_opt_out", default=True)
        self._own_answers = setting.wordings(name, settings, "answers")
        self._business = setting.text(name, settings, "business_name")
        self._polls = setting.only_recalls(
            name, settings, context.public_url, sandbox=context.sandbox, proven=context.proven
        )

    async def open(self) -> None:
        """Does nothing: the way to Twilio opens with its first use."""

    async def close(self) -> None:
        await self._line.close()

    async def check(self) -> Sequence[Problem]:
        hooks = {} if self._polls else {"sms_url": hook.hook_url(self._context.public_url, self.name, TEXT)}
        client = await self._line.client()
        found = await checks.problems(client, self.name, self._line.account, number=self._from, hooks=hooks)
        ours = "" if self._context.sandbox else hook.hook_url(self._context.public_url, self.name, "")
        return [*found, *(await alerts.problems(client, self.name, ours) if ours and not found else ())]

    @property
    def only_recalls(self) -> bool:
        return self._polls

    @property
    def clock_offset(self) -> timedelta | None:
        return self._line.clock_offset

    def verify(self, request: Request) -> None:
        hook.verify(request, self._line.account.auth_tokens)

    def key(self, request: Request) -> str:
        sid = hook.field(request, text.SIDS)
        if not sid:
            return hook.fallback_key(request)
        return delivery.status_key(sid, delivery.word(hook.fields(request))) if request.hook == STATUS else sid

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        """Reads a webhook, or an entry of the message list from `recall`. Raises Unreadable."""
        if isinstance(source, Raw):
            return (self._parse_listed(source),)
        fields = hook.fields(source)
        if source.hook == TEXT:
            contact = text.inbound_text(
                channel=self.name, region=self._context.region, fields=fields, received_at=source.received_at
            )
            return (contact,)
        sid = text.message_sid(fields)
        if not sid:
            raise Unreadable("This delivery status names no message; it is kept as it came.")
        update = self._status(
            sid,
            delivery.word(fields),
            fields.get("To", ""),
            fields,
            hook.query(source).get("m", ""),
            source.received_at,
        )
        return (update,)

    def reply(self, request: Request, captured: Sequence[Captured]) -> Reply:
        """Answers a text with TwiML: the confirmation owed for STOP, START or HELP, else nothing to say."""
        if request.hook != TEXT:
            return Reply(204)
        asked = next((each for each in captured if each.opt), None)
        # Where the list is the way in, what it brought first is confirmed by a message.
        if asked is None or (self._polls and asked.duplicate):
            return hook.twiml()
        words = self.confirmation(asked)
        return hook.twiml([hook.verb("Message", words)] if words else [])

    def confirmation(self, captured: Captured) -> str:
        """Returns the answer to STOP, START or HELP, '' where Twilio gives it or none is owed."""
        if not self._answers_opt_out:
            return ""
        return answers.answer(
            captured.opt, captured.language, home=self._context.language, business=self._business, own=self._own_answers
        )

    async def send(self, message: Outgoing, deadline: datetime) -> Receipt:
        """Creates the message at Twilio once. Raises Temporary, Rejected, ChannelBroken or Unknown."""
        fields = self._create_fields(message)
        with before(deadline):
            made = await self._line.create("Messages", fields)
        said = str(made.get("num_segments"))
        parts = int(said) if said.isdecimal() else 1
        return Receipt(reference=str(made["sid"]), code=str(made.get("status") or ""), parts=max(1, parts))

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        async for chunk in self._line.media.read(url):
            yield chunk

    async def recall(self, after: Cursor | None) -> AsyncIterator[Raw]:
        scope = messages.Scope(self.name, frozenset(self._numbers()) if not self._service else frozenset())
        async for raw in messages.since(await self._line.client(), scope, after, self._line.account.media_base):
            yield raw

    async def find(self, message: Outgoing, body_hash: str) -> Evidence | None:
        since = datetime.now(UTC) - _FIND_WITHIN
        client, to = await self._line.client(), self._address(message)
        return await messages.look_up(client, to=to, text=message.text, body_hash=body_hash, since=since)

    def _numbers(self) -> list[str]:
        whatsapp = [f"whatsapp:{self._whatsapp}"] if self._whatsapp else []
        return [self._from, *whatsapp] if self._from else whatsapp

    def _address(self, message: Outgoing) -> str:
        return f"whatsapp:{message.to.value}" if message.to.scheme == "whatsapp" else message.to.value

    def _create_fields(self, message: Outgoing) -> dict[str, Any]:
        if message.to.scheme not in self.schemes:
            raise Rejected(f"Channel {self.name} cannot send to {message.to.scheme}: addresses.", phase="check")
        media = [each.url for each in message.attachments]
        if not all(media):
            raise Rejected("Twilio fetches files from a web address; give every file one.", phase="check")
        if len(media) > MOST_MEDIA or not (message.text or media):
            raise Rejected("A text needs words or files, of these at most 10.", phase="check")
        fields: dict[str, Any] = {"To": self._address(message)}
        if message.approved:
            # The approved wording is the body (https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder).
            fields |= {"ContentSid": message.approved, "ContentVariables": json.dumps(message.variables)}
        elif message.text:
            fields["Body"] = message.text
        if message.to.scheme == "whatsapp":
            fields["From"] = f"whatsapp:{self._whatsapp}"
        elif self._service:
            fields["MessagingServiceSid"] = self._service
        if message.to.scheme != "whatsapp" and (sender := self._from or message.sender):
            fields["From"] = sender
        if media:
            fields["MediaUrl"] = media
        if message.status_url:
            fields["StatusCallback"] = message.status_url
        if message.valid_for is not None:
            fields["ValidityPeriod"] = min(max(1, message.valid_for), LONGEST_VALIDITY)
        return fields

    def _parse_listed(self, raw: Raw) -> ChannelEvent:
        try:
            listed = json.loads(raw.content)
            entry, media = listed["message"], listed["media"]
            if listed.get("sent"):
                return text.sent_text(
                    channel=self.name,
                    region=self._context.region,
                    entry=entry,
                    media=media,
                    received_at=raw.received_at,
                )
            if entry["direction"] != "inbound":
                at = text.listed_time(entry) or raw.received_at
                return self._status(entry["sid"], entry["status"], entry["to"] or "", entry, "", at)
            return text.listed_text(
                channel=self.name, region=self._context.region, entry=entry, media=media, received_at=raw.received_at
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unreadable("This entry of Twilio's message list cannot be read; it is kept as it came.") from error

    def _status(
        self, sid: str, word: str, to: str, fields: Mapping[str, Any], message: str, at: datetime
    ) -> ChannelEvent:
        return delivery.status_update(
            channel=self.name,
            region=self._context.region,
            sid=sid,
            word=word,
            to=to,
            code=delivery.error_code(fields),
            said=str(fields.get("ErrorMessage") or fields.get("error_message") or ""),
            message=message,
            at=at,
        )
