"""`hub simulate`: plays the customer through the stand-ins of a running hub: a mail, a text, a call, a form."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.frame import emit, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from hub.app.playing import Playing
    from hub.config import Settings

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
    to: Annotated[str, typer.Option(help="Which mailbox: its address; otherwise the first.", show_default=False)] = "",
    in_reply_to: Annotated[str, typer.Option(help="The Message-ID that this answers.")] = "",
    attach: Annotated[list[Path] | None, typer.Option(help="A file to attach; may be given several times.")] = None,
    eml: Annotated[Path | None, typer.Option(help="A whole mail as a file, sent as it is.")] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Send a mail to the hub."""
    from email.utils import parseaddr

    from hub.web.sandbox_door import File, Letter

    played = _played(settings_of(config, data=data))
    mailbox = _mailbox(played, to)
    if eml:
        asyncio.run(played.drop(mailbox, eml.read_bytes()))
    else:
        name, address = parseaddr(sender)
        files = tuple(File(path.name, "", path.read_bytes()) for path in attach or [])
        letter = Letter(
            name=name,
            address=address,
            mailbox=mailbox,
            subject=subject,
            text=body,
            in_reply_to=in_reply_to,
            files=files,
        )
        asyncio.run(played.write(letter))
    _tell({"sent": "mail", "mailbox": mailbox}, f"A mail is in the mailbox of {mailbox}")


def text(
    body: Annotated[str, typer.Argument(help="What the customer texts.")] = "Hello",
    sender: Sender = "+14155550123",
    to: Annotated[str, typer.Option(help="Which of the hub's numbers; otherwise the first.", show_default=False)] = "",
    media: Annotated[
        list[str] | None, typer.Option(help="A picture as a data: URL; may be given several times.")
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Text the hub and show its answer."""
    played = _played(settings_of(config, data=data))
    wanted = {"from": sender, "to": to or _first(played.texts), "body": body, "media_urls": media or []}
    answer = asyncio.run(played.control("/sandbox/texts", wanted))
    _tell(answer, _plainly(answer))


def call(
    says: Annotated[str, typer.Argument(help="What the customer says after the tone.")] = "Please call me back.",
    sender: Sender = "+14155550123",
    to: Annotated[str, typer.Option(help="Which of the hub's numbers; otherwise the first.", show_default=False)] = "",
    seconds: Annotated[int, typer.Option(help="How long the voicemail is; 0 hangs up at the greeting.")] = 5,
    digits: Annotated[str, typer.Option(help="Keys pressed when asked.")] = "",
    config: Config = None,
    data: Data = None,
) -> None:
    """Call the hub and leave a voicemail."""
    played = _played(settings_of(config, data=data))
    number = to or _first(played.calls)
    wanted = {"from": sender, "to": number, "say": says, "seconds": seconds, "digits": list(digits)}
    answer = asyncio.run(played.control("/sandbox/calls", wanted))
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


def _running(data: Path) -> Any:
    from hub.app.data import running
    from hub.model.errors import Unavailable

    found = running(data)
    if found is None:
        raise Unavailable(f"No hub runs on {data}.", next_step="Start one with: hub serve")
    return found


def _played(settings: Settings) -> Playing:
    """Returns who plays the customer of the hub that runs on these settings. Raises Unavailable."""
    from hub.app.playing import Playing
    from hub.app.stand_ins import StandIns
    from hub.cli.hub_api import HubApi

    found = _running(settings.hub.data)
    modes = {channel["name"]: channel["mode"] for channel in HubApi(found).ask("GET", "/channels")["items"]}
    channels = {
        name: section.model_copy(update={"mode": modes.get(name, section.mode)})
        for name, section in settings.channels.items()
    }
    as_it_runs = settings.model_copy(update={"channels": channels})
    return Playing(as_it_runs, StandIns.beside(settings.hub.data, channels), found.twilio)


def _mailbox(played: Playing, address: str) -> str:
    from hub.model.errors import Refused

    fitting = [name for name, own in played.mailboxes.items() if address.lower() in ("", own.lower())]
    if not fitting:
        known = ", ".join(played.mailboxes.values()) or "none"
        raise Refused(f"No mailbox {address} is in the sandbox.".replace("  ", " "), next_step=f"Known are: {known}.")
    return fitting[0]


def _first(numbers: Sequence[str]) -> str:
    from hub.model.errors import Refused

    if not numbers:
        raise Refused("No number of the hub is in the sandbox.", next_step="Switch a channel to the sandbox first.")
    return numbers[0]


def _plainly(answer: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in answer.items() if value not in ("", None, []))


def _tell(record: dict[str, Any], line: str) -> None:
    if wants_json():
        emit(record)
    else:
        say(line)
