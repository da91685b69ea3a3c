"""`hub channel add twilio` and `hub channel webhooks|token`: a number of a Twilio account, and what it calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.frame import FAILED, PROBLEMS_FOUND, USAGE, emit, note, report, say, wants_json
from hub.cli.running_hub import running_hub
from hub.cli.setting import Config, Data

_HOOKS = {"text": "a text in", "call": "a call in", "call_status": "the end of a call"}
Name = Annotated[str, typer.Argument(help="The channel's name.")]
TokenFile = Annotated[Path | None, typer.Option(help="A file with the auth token; - for standard input.")]


def add_twilio(
    account_sid: Annotated[str, typer.Argument(help="The account's SID (AC...), from the Twilio console.")],
    number: Annotated[str, typer.Option(help="The number to add, as +14155550100; else the account's are shown.")] = "",
    texts: Annotated[bool, typer.Option(help="Take its texts.")] = True,
    calls: Annotated[bool, typer.Option(help="Take its calls.")] = True,
    service: Annotated[str, typer.Option(help="Send by this Messaging Service (MG...).")] = "",
    name: Annotated[str, typer.Option(help="The channel's name; else it is made of the number.")] = "",
    receive: Annotated[
        str, typer.Option(help="webhooks, poll, or auto: webhooks where the hub's public address is proven.")
    ] = "auto",
    token_file: TokenFile = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Keep it in the sandbox; switch it live later.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the webhooks are written.")] = False,
    base_url: Annotated[str, typer.Option(help="Another address than Twilio's, of a stand-in.")] = "",
    config: Config = None,
    data: Data = None,
) -> None:
    """Look at a Twilio account, show what its number calls now and will call, write that, and read it back."""
    if receive not in ("auto", "webhooks", "poll"):
        report("usage", f"There is no way {receive} to receive.", "Say auto, webhooks or poll.")
        raise typer.Exit(USAGE)
    api = running_hub(config, data)
    login = {"account_sid": account_sid, "auth_token": _token(token_file), "base_url": base_url}
    account = api.ask("POST", "/connections/twilio/look", login)
    chosen = _chosen(account, number)
    if chosen is None:
        raise typer.Exit(0)
    if receive != "poll" and not sandbox and not _agreed(chosen, yes):
        raise typer.Exit(FAILED)
    asked = {"number": chosen["number"], "texts": texts, "calls": calls, "pool": service, "name": name}
    added = api.ask("POST", "/connections/twilio", {**login, **asked, "receive": receive, "live": not sandbox})
    _tell(added)
    raise typer.Exit(PROBLEMS_FOUND if added["trouble"] else 0)


def webhooks(
    name: Name,
    to: Annotated[str, typer.Option(help="hub: let the number call the hub; before: what it called before.")] = "",
    config: Config = None,
    data: Data = None,
) -> None:
    """Show what the number of a channel calls; with --to, write it and read it back."""
    if to not in ("", "hub", "before"):
        report("usage", f"There is nothing called {to} to point to.", "Say --to hub or --to before.")
        raise typer.Exit(USAGE)
    api, path = running_hub(config, data), f"/connections/{name}/webhooks"
    found = api.ask("POST", path, {"to": to}) if to else api.ask("GET", path)
    if wants_json():
        emit(found)
    else:
        _show(found)


def token(name: Name, token_file: TokenFile = None, config: Config = None, data: Data = None) -> None:
    """Keep a new auth token beside the present one, so that webhooks signed by either are taken."""
    running_hub(config, data).ask("POST", f"/connections/{name}/token", {"auth_token": _token(token_file)})
    if wants_json():
        emit({"name": name, "state": "kept"})
    else:
        say(f"{name} signs in with the new token; webhooks signed by the one before are taken too.")


def number(
    name: Name,
    country: Annotated[
        list[str] | None, typer.Option(help="Texts go only there, as US; repeated for several; '' for any.")
    ] = None,
    price_per_part: Annotated[str | None, typer.Option(help="What one part of a text costs, as 0.0079.")] = None,
    price_currency: Annotated[str | None, typer.Option(help="In this currency, as USD.")] = None,
    daily_spend: Annotated[str | None, typer.Option(help="What reminders and promotions may cost a day.")] = None,
    whatsapp_number: Annotated[str | None, typer.Option(help="Its WhatsApp number, as +14155550100.")] = None,
    answering_machine: Annotated[
        str | None, typer.Option(help="Of calls: hang_up, message (after its tone) or speak.")
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Show what a number is told besides how it signs in; with an option, change it ('' takes it away)."""
    api, path = running_hub(config, data), f"/connections/{name}/number"
    asked = {
        "countries": [each for each in country if each] if country is not None else None,
        "price_per_part": price_per_part,
        "price_currency": price_currency,
        "daily_spend": daily_spend,
        "whatsapp_number": whatsapp_number,
        "answering_machine": answering_machine,
    }
    if given := {key: value for key, value in asked.items() if value is not None}:
        api.ask("PUT", path, given)
    found = api.ask("GET", path)["settings"]
    if wants_json():
        emit(found)
        return
    for key, value in found.items():
        say(f"{key.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value or '-'}")


def _chosen(account: Mapping[str, Any], wanted: str) -> Mapping[str, Any] | None:
    """Returns the number that is meant; without one, shows what there is."""
    from hub.model.errors import NotFound

    numbers: Sequence[Mapping[str, Any]] = account["numbers"]
    if wanted:
        found = next((each for each in numbers if each["number"] == wanted), None)
        if found is None:
            raise NotFound(f"The account has no number {wanted}.", next_step="Leave --number out to see what it has.")
        return found
    if wants_json():
        emit(account)
        return None
    say(f"{account['name']} ({account['sid']}){', a trial account' if account['trial'] else ''}")
    for each in numbers:
        can = [word for word in ("texts", "pictures", "calls") if each[word]]
        say(f"{each['number']}  {', '.join(can) or 'nothing'}")
        for hook, label in _HOOKS.items():
            say(f"    {label}: {each['hooks'].get(hook) or 'nobody is called'}")
        for other in each["elsewhere"]:
            say(f"    {other} comes before that")
    for pool in account["pools"]:
        say(f"{pool['sid']}  Messaging Service {pool['name']}: {', '.join(pool['numbers']) or 'no number'}")
    say("Add one with --number." if numbers else "The account has no number; buy one in the Twilio console.")
    return None


def _agreed(number: Mapping[str, Any], yes: bool) -> bool:
    """Shows what a number calls now and asks whether that may be changed."""
    now = {hook: url for hook, url in number["hooks"].items() if url}
    for hook, url in now.items():
        note(f"Now, for {_HOOKS[hook]}, {number['number']} calls {url}")
    for other in number["elsewhere"]:
        note(f"{other} takes what comes before the number's own webhooks: take the number out of it at Twilio.")
    if yes or not now:
        return True
    return typer.confirm("Let it call the hub instead? What it calls now is kept, to be put back", err=True)


def _tell(added: Mapping[str, Any]) -> None:
    if wants_json():
        emit(added)
        return
    if added["webhooks"]:
        _show(added["webhooks"])
    if added["trouble"]:
        say(f"The webhooks could not be written: {added['trouble']}")
        say(f"    Do: hub channel webhooks {added['names'][0]} --to hub. Until then the hub looks every 5 minutes.")
    elif not added["webhooks"]:
        say("No webhooks were written.")
    say(f"Added: {', '.join(added['names'])}")


def _show(found: Mapping[str, Any]) -> None:
    for hook, ours in found["ours"].items():
        now = found["now"].get(hook) or "nobody"
        was = (found["written"] or {"before": found["before"]})["before"].get(hook, "")
        if now == ours:
            say(f"For {_HOOKS[hook]}, {found['number']} calls the hub: {now}")
        else:
            say(f"For {_HOOKS[hook]}, {found['number']} calls {now}; the hub's is {ours}")
        if was and was != now:
            say(f"    before: {was}")
    for other in found["elsewhere"]:
        say(f"{other} takes what comes before that.")


def _token(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Auth token", hide_input=True, err=True)).strip()
    return (sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")).strip()
