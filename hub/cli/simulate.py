"""`hub simulate`: plays the customer through the stand-ins of a running hub: a mail, a text, a call, a form."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.frame import emit, say, wants_json
from hub.cli.setting import Config, Data, settings_of

Sender = Annotated[str, typer.Option("--from", help="Who writes or calls.")]


def register(app: typer.Typer) -> None:
    """Adds `simulate mail|text|call|form`."""
    group = typer.Typer(help="Play the customer, through the stand-ins of a running hub.", no_args_is_help=True)
    for command in (mail, text, call, form):
        group.command()(command)
    app.add_typer(group, name="simulate")


def mail(
    body: Annotated[str, typer.Argument(help="What the customer writes.")] = "Hello, I have a question.",
    sender: Sender = "Ada Lovelace <ada@example.com>",
    subject: Annotated[str, typer.Option(help="The subject.")] = "A question",
    to: Annotated[str, typer.Option(help="Which mailbox.")] = "support@example.com",
    in_reply_to: Annotated[str, typer.Option(help="The Message-ID that this answers.")] = "",
    attach: Annotated[list[Path] | None, typer.Option(help="A file to attach; may be given several times.")] = None,
    eml: Annotated[Path | None, typer.Option(help="A whole mail as a file, sent as it is.")] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Send a mail to the hub."""
    from hub.sandbox.mailbox import SandboxMailbox

    settings = settings_of(config, data=data)
    _running(settings.hub.data)
    raw = eml.read_bytes() if eml else _compose(sender, to, subject, body, in_reply_to, attach or [])
    mailbox = SandboxMailbox(settings.hub.data / "sandbox" / "mail")
    path = mailbox.deliver(raw)
    _tell({"sent": "mail", "file": str(path)}, f"A mail is in {path}")


def text(
    body: Annotated[str, typer.Argument(help="What the customer texts.")] = "Hello",
    sender: Sender = "+14155550123",
    to: Annotated[str, typer.Option(help="Which of the hub's numbers.")] = "+14155550100",
    media: Annotated[list[str] | None, typer.Option(help="The URL of a picture; may be given several times.")] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Text the hub and show its answer."""
    settings = settings_of(config, data=data)
    wanted = {"from": sender, "to": to, "body": body, "media_urls": media or []}
    answer = _post(_twilio(settings.hub.data), "/sandbox/texts", wanted)
    _tell(answer, _plainly(answer))


def call(
    says: Annotated[str, typer.Argument(help="What the customer says after the tone.")] = "Please call me back.",
    sender: Sender = "+14155550123",
    to: Annotated[str, typer.Option(help="Which of the hub's numbers.")] = "+14155550100",
    seconds: Annotated[int, typer.Option(help="How long the voicemail is; 0 hangs up at the greeting.")] = 5,
    digits: Annotated[str, typer.Option(help="Keys pressed when asked.")] = "",
    config: Config = None,
    data: Data = None,
) -> None:
    """Call the hub and leave a voicemail."""
    settings = settings_of(config, data=data)
    wanted = {"from": sender, "to": to, "say": says, "seconds": seconds, "digits": list(digits)}
    answer = _post(_twilio(settings.hub.data), "/sandbox/calls", wanted)
    _tell(answer, _plainly(answer))


def form(
    message: Annotated[str, typer.Argument(help="What the customer writes.")] = "Please send me your price list.",
    sender: Sender = "ada@example.com",
    name: Annotated[str, typer.Option(help="The customer's name.")] = "Ada Lovelace",
    slug: Annotated[str, typer.Option(help="Which form.")] = "contact",
    config: Config = None,
    data: Data = None,
) -> None:
    """Fill in a form as a visitor's browser does."""
    from hub.cli.visitor import fill_in

    settings = settings_of(config, data=data)
    running = _running(settings.hub.data)
    thanks = fill_in(f"{running.url}/f/{slug}", {"name": name, "email": sender, "message": message})
    _tell({"sent": "form", "thanks": thanks}, f"The form was accepted: {thanks}")


def _compose(sender: str, to: str, subject: str, body: str, in_reply_to: str, attached: list[Path]) -> bytes:
    import mimetypes
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime, localtime, make_msgid

    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain="customer.example")
    if in_reply_to:
        message["In-Reply-To"] = message["References"] = f"<{in_reply_to.strip('<>')}>"
    message.set_content(body)
    for path in attached:
        kind, _, subkind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(path.read_bytes(), maintype=kind, subtype=subkind, filename=path.name)
    return message.as_bytes()


def _running(data: Path) -> Any:
    from hub.app.data import running
    from hub.model.errors import Unavailable

    found = running(data)
    if found is None:
        raise Unavailable(f"No hub runs on {data}.", next_step="Start one with: hub serve")
    return found


def _twilio(data: Path) -> str:
    from hub.model.errors import Unavailable

    twilio: str = _running(data).twilio
    if not twilio:
        raise Unavailable(
            "The running hub has no stand-in for Twilio.", next_step='Set mode = "sandbox" for its channel.'
        )
    return twilio


def _post(base: str, path: str, wanted: dict[str, Any]) -> dict[str, Any]:
    from hub.model.errors import Refused, Unavailable

    request = urllib.request.Request(  # noqa: S310  # the stand-in's own loopback address
        base + path, json.dumps(wanted).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  # as above
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        raise Refused(f"The stand-in refused: {error.read().decode(errors='replace')[:300]}") from error
    except OSError as error:
        raise Unavailable(f"The stand-in does not answer: {error}", next_step="Is the hub still running?") from error


def _plainly(answer: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in answer.items() if value not in ("", None, []))


def _tell(record: dict[str, Any], line: str) -> None:
    if wants_json():
        emit(record)
    else:
        say(line)
