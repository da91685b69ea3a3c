"""`hub channel`: channels added while the hub runs: listed, a mailbox or number added, tried, disconnected, removed."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import channel_twilio
from hub.cli.frame import PROBLEMS_FOUND, emit, note, say, wants_json
from hub.cli.running_hub import running_hub
from hub.cli.setting import Config, Data

if TYPE_CHECKING:
    from hub.cli.hub_api import HubApi

Name = Annotated[str, typer.Argument(help="The channel's name.")]
Address = Annotated[str, typer.Argument(help="The mailbox, as support@example.com.")]
_SIDES = {"reading": "Reading", "sending": "Sending"}


def register(app: typer.Typer) -> None:
    """Adds `channel` with its commands."""
    channel = typer.Typer(help="Channels that are added while the hub runs.", no_args_is_help=True)
    add = typer.Typer(help="Add a channel.", no_args_is_help=True)
    channel.command("list")(list_)
    channel.command("try")(try_)
    channel.command("disconnect")(disconnect)
    channel.command("connect")(connect)
    channel.command("remove")(remove)
    channel.command("register")(register_provider)
    channel.command("webhooks")(channel_twilio.webhooks)
    channel.command("token")(channel_twilio.token)
    channel.command("number")(channel_twilio.number)
    add.command("mail")(add_mail)
    add.command("twilio")(channel_twilio.add_twilio)
    channel.add_typer(add, name="add")
    app.add_typer(channel, name="channel")


def list_(config: Config = None, data: Data = None) -> None:
    """List the channels that were added; those of the settings file stand there."""
    found = running_hub(config, data).ask("GET", "/connections")["items"]
    for each in found:
        if wants_json():
            emit(each)
        else:
            say(_line(each))
    if not found and not wants_json():
        say("No channel was added. Add a mailbox with: hub channel add mail ADDRESS")


def _line(each: Mapping[str, Any]) -> str:
    ended = each["consent"] and each["consent"]["ended_at"]
    state = (
        "hidden by the settings file"
        if each["hidden"]
        else "disconnected"
        if each["disconnected_at"]
        else f"disconnected: {each['consent']['ended_why']} Connect it again on its page."
        if ended
        else "connected"
    )
    return f"{each['name']}  {each['kind']}  {each['account'] or '-'}  {state}"


def add_mail(
    address: Address,
    username: Annotated[str, typer.Option(help="The user name, where it is not the address.")] = "",
    imap: Annotated[str, typer.Option(help="Where to read: HOST[:PORT][/tls|/starttls].")] = "",
    smtp: Annotated[str, typer.Option(help="Where to send: HOST[:PORT][/tls|/starttls], or none.")] = "",
    ca_file: Annotated[str, typer.Option(help="The certificate of an authority of your own (PEM).")] = "",
    folder: Annotated[
        list[str] | None, typer.Option(help="A folder to read, repeated for several; else INBOX.")
    ] = None,
    sent_folder: Annotated[str | None, typer.Option(help="The folder of sent mail; else it is recognised.")] = None,
    name: Annotated[str, typer.Option(help="The channel's name; else it is made of the address.")] = "",
    password_file: Annotated[Path | None, typer.Option(help="A file with the password; - for standard input.")] = None,
    consent: Annotated[
        bool, typer.Option("--consent", help="Sign in by consent (Microsoft), not by password.")
    ] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Keep it in the sandbox; switch it live later.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Keep it although the login does not work.")] = False,
    send_test: Annotated[
        bool, typer.Option("--send-test", help="Send it a mail by itself first, and look for it.")
    ] = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Find a mailbox's servers, try the login, show its newest subjects, and keep it as a channel."""
    api = running_hub(config, data)
    servers = _servers(api, address, imap, smtp)
    asked: dict[str, Any] = {"address": address, "incoming": servers["incoming"], "outgoing": servers["outgoing"]}
    asked |= {"username": username or servers["username"], "ca_file": ca_file, "live": not sandbox, "anyway": anyway}
    asked |= {"name": name, **({"folders": folder} if folder else {})}
    if sent_folder is not None:
        asked["sent_folder"] = sent_folder
    if consent:
        asked["consent"] = _consent(api, address, servers["consent"] or "microsoft")
    else:
        if servers["app_page"]:
            note(f"{servers['provider']} wants an app password here: {servers['app_page']}")
        asked["password"] = _password(password_file)
    if send_test:
        _round_trip(api, asked, anyway=anyway)
    told = api.ask("POST", "/connections/mail", asked)
    _tell(told)
    raise typer.Exit(0 if told["names"] and not told["reading"] and not told["sending"] else PROBLEMS_FOUND)


def _round_trip(api: HubApi, asked: Mapping[str, Any], *, anyway: bool) -> None:
    """Sends the mailbox a mail by itself; where that fails nothing is kept. Exits with 6 then."""
    known = ("address", "incoming", "outgoing", "username", "password", "consent", "ca_file")
    trip = api.ask("POST", "/connections/mail/round-trip", {name: asked[name] for name in known if name in asked})
    if trip["arrived"]:
        note(f"The test mail arrived: {trip['subject']}")
    elif not trip["problems"]:
        note(f"The test mail {trip['code']} was sent and has not arrived yet; it may lie among spam.")
    elif not anyway:
        _tell({"reading": [], "sending": trip["problems"], "subjects": [], "names": []})
        raise typer.Exit(PROBLEMS_FOUND)


def _servers(api: HubApi, address: str, imap: str, smtp: str) -> dict[str, Any]:
    from hub.model.errors import Unavailable

    found = {} if imap and smtp else api.ask("POST", "/connections/mail/servers", {"address": address})
    told = {"username": "", "consent": "", "provider": "", "app_page": "", "incoming": None, "outgoing": None, **found}
    if imap:
        told["incoming"] = _server(imap, {"tls": 993, "starttls": 143, "none": 143})
    if smtp:
        told["outgoing"] = None if smtp == "none" else _server(smtp, {"tls": 465, "starttls": 587, "none": 25})
    if told["incoming"] is None:
        raise Unavailable(
            f"Nobody says where the mail of {address} is.",
            next_step="Name the servers with --imap and --smtp; the provider's help has them.",
        )
    for side, label in (("incoming", "Reads"), ("outgoing", "Sends")):
        if where := told[side]:
            note(f"{label} at {where['host']}:{where['port']} ({where['tls']})")
    return told


def _server(written: str, ports: Mapping[str, int]) -> dict[str, Any]:
    where, _, tls = written.partition("/")
    host, colon, port = where.rpartition(":") if ":" in where else (where, "", "")
    kind = tls or next((each for each, number in ports.items() if port == str(number)), "tls")
    if kind not in ports or (colon and not port.isdecimal()):
        raise typer.BadParameter(f"{written} is no server; write HOST, HOST:PORT or HOST:PORT/starttls")
    return {"host": host, "port": int(port or ports[kind]), "tls": kind}


def _password(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Password", hide_input=True, err=True))
    text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    return text.rstrip("\r\n")


def _consent(api: HubApi, address: str, provider: str) -> str:
    """Asks for a consent by a code and waits until it was given. Raises Unavailable when the time is over."""
    from hub.model.errors import Unavailable

    asked = api.ask("POST", "/consents", {"provider": provider, "address": address})
    note(f"Open {asked['url']} and type {asked['code']}; sign in as {address}.")
    interval, until = asked["interval"], time.monotonic() + asked["lasts_seconds"]
    while time.monotonic() < until:
        time.sleep(interval)
        told = api.ask("POST", f"/consents/{asked['id']}")
        if told["consent"]:
            return str(told["consent"])
        interval += 5 * told["slower"]  # RFC 8628 section 3.5
    raise Unavailable("The consent was not given in time.", next_step="Run the command again.")


def _tell(told: Mapping[str, Any]) -> None:
    if wants_json():
        emit(told)
        return
    for side, label in _SIDES.items():
        for wrong in told[side]:
            say(f"{label}: {wrong['message']} {wrong['cause']}")
            say(f"    Do: {wrong['mend']}")
            say(f"    Said: {wrong['answer']}")
    if told["subjects"]:
        say("The newest subjects; nothing of it is stored:")
        for subject in told["subjects"]:
            say(f"    {subject}")
    say(f"Connected: {', '.join(told['names'])}" if told["names"] else "Nothing was kept.")


def try_(name: Name, config: Config = None, data: Data = None) -> None:
    """Try a channel as it would be live."""
    problems = running_hub(config, data).ask("POST", f"/connections/{name}/try")["items"]
    for wrong in problems:
        if wants_json():
            emit(wrong)
        else:
            say(f"{wrong['message']} {wrong['cause']}\n    Do: {wrong['mend']}\n    Said: {wrong['answer']}")
    if not problems and not wants_json():
        say("All is well.")
    raise typer.Exit(PROBLEMS_FOUND if problems else 0)


def disconnect(name: Name, config: Config = None, data: Data = None) -> None:
    """Close a channel until it is connected again; its history is kept, what is to be sent waits."""
    running_hub(config, data).ask("POST", f"/connections/{name}/disconnect")
    _done(name, "disconnected")


def connect(name: Name, config: Config = None, data: Data = None) -> None:
    """Open a disconnected channel again."""
    running_hub(config, data).ask("POST", f"/connections/{name}/connect")
    _done(name, "connected")


def remove(name: Name, config: Config = None, data: Data = None) -> None:
    """Forget a channel and its login; its history is kept."""
    running_hub(config, data).ask("DELETE", f"/connections/{name}")
    _done(name, "removed")


def register_provider(
    provider: Annotated[str, typer.Argument(help="google or microsoft.")],
    client_id: Annotated[str, typer.Option(help="The client ID of the registration.")],
    secret_file: Annotated[
        Path | None, typer.Option(help="A file with the client secret; - for standard input.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="The directory ID at Microsoft; else any organisation.")] = "",
    config: Config = None,
    data: Data = None,
) -> None:
    """Keep the hub's registration with a sign-in provider; its page says how to get one."""
    secret = _password(secret_file) if secret_file else ""
    asked = {"client_id": client_id, "secret": secret, "tenant": tenant}
    for each in running_hub(config, data).ask("PUT", f"/registrations/{provider}", asked)["items"]:
        if wants_json():
            emit(each)
        elif each["provider"] == provider:
            say(f"Registered with {provider}. Its return address: {each['return_address']}")


def _done(name: str, state: str) -> None:
    if wants_json():
        emit({"name": name, "state": state})
    else:
        say(f"{name} is {state}.")
