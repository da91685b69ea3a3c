"""`hub check mail DOMAIN`: how a domain stands with those who take its mail; exit 6 when something needs mending."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from hub.cli.frame import PROBLEMS_FOUND, emit, say, wants_json
from hub.cli.setting import Config, Data, settings_of

_MARKS = {"good": "good   ", "advice": "better ", "bad": "BAD    ", "unknown": "unknown"}


def mail(
    domain: Annotated[str, typer.Argument(help="The domain, as example.com; of an address, what follows the @.")],
    selector: Annotated[
        list[str] | None, typer.Option(help="The name of a DKIM key to look for, repeated for several.")
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Say how a domain stands: MX, SPF, DKIM, DMARC, names and encryption, with what to publish. Exit 6 for faults.

    With a running hub its own signing keys are compared with what is published.
    """
    from hub.app.data import running

    settings = settings_of(config, data=data)
    there = running(settings.hub.data)
    told = _by_the_hub(there, domain, selector or []) if there else asyncio.run(_by_itself(domain, selector or []))
    for line in told:
        if wants_json():
            emit(line)
        else:
            say(_lines(line))
    raise typer.Exit(PROBLEMS_FOUND if any(line["state"] == "bad" for line in told) else 0)


def _by_the_hub(there: Any, domain: str, selectors: list[str]) -> list[Mapping[str, Any]]:
    from urllib.parse import urlencode

    from hub.cli.hub_api import HubApi

    query = urlencode({"domain": domain, "selector": ",".join(selectors)})
    found: list[Mapping[str, Any]] = HubApi(there).ask("GET", f"/mail-standing?{query}")["items"]
    return found


async def _by_itself(domain: str, selectors: list[str]) -> list[Mapping[str, Any]]:
    from hub.desk.mail_servers import Outside
    from hub.desk.mail_servers.standing import Sending, standing

    return [line.as_json() for line in await standing(domain, Sending(selectors=selectors), Outside())]


def _lines(line: Mapping[str, Any]) -> str:
    told = [f"{_MARKS[line['state']]}  {line['name']}: {line['why']}"]
    details = {"At": line["where"], "Do": line["mend"]}
    if line["state"] != "good":
        details["Expected"] = line["expected"]
    told += [f"           {name}: {detail}" for name, detail in details.items() if detail]
    told += [f"           Published: {each}" for each in line["found"]]
    return "\n".join(told)
