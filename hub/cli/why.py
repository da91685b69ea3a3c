"""`hub why`: the story of a message or of a customer: what was planned, sent and withheld, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hub.cli.frame import emit, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.config import Settings
    from hub.outreach.campaigning.telling import RunWhy
    from hub.outreach.why import CustomerStory, Story

R = TypeVar("R")


def register(app: typer.Typer) -> None:
    """Adds `why`."""
    app.command()(why)


def why(
    subject: Annotated[
        str, typer.Argument(help="A message's number; with --customer: a number, an address or an identity.")
    ],
    customer: Annotated[
        bool, typer.Option("--customer", "-c", help="Tell of a customer; addresses and identities mean it anyway.")
    ] = False,
    campaign: Annotated[
        str, typer.Option("--campaign", help="Why this customer got a campaign's message, or did not: its name.")
    ] = "",
    run: Annotated[
        int, typer.Option("--run", min=0, help="The same of one run of a campaign: its number.", show_default=False)
    ] = 0,
    config: Config = None,
    data: Data = None,
) -> None:
    """Tell why a message was sent or not, or what a customer got and did not get. Reads beside a running hub."""
    from hub.outreach import why as asked

    settings = settings_of(config, data=data)
    if campaign or run:
        from hub.app.hub import utc_now
        from hub.outreach.campaigning import telling

        def of_campaign(conn: Connection) -> list[RunWhy]:
            customer_id = asked.find_customer(conn, subject, settings.hub.region)
            if run:
                return [telling.of_run(conn, run, customer_id, utc_now())]
            return telling.of_campaign(conn, campaign, customer_id, utc_now())

        _tell_runs(campaign, _read(settings, of_campaign))
        return
    if subject.isdecimal() and not customer and len(subject) < 19:
        number = int(subject)
        _tell_message(_read(settings, lambda conn: asked.story(conn, number)))
        return

    def of_customer(conn: Connection) -> CustomerStory:
        return asked.of_customer(conn, asked.find_customer(conn, subject, settings.hub.region))

    _tell_customer(_read(settings, of_customer))


def _read(settings: Settings, work: Callable[[Connection], R]) -> R:
    """Runs a question over the database. Raises ConfigurationError and Unavailable."""
    from hub.app.data import database_url

    url = database_url(settings)
    if url.startswith("sqlite"):
        return _read_sqlite(settings, url, work)
    return asyncio.run(_read_postgres(url, work))


def _read_sqlite(settings: Settings, url: str, work: Callable[[Connection], R]) -> R:
    from sqlalchemy.exc import OperationalError

    from hub.model.errors import ConfigurationError
    from hub.store.sqlite_engine import sqlite_engine
    from hub.store.waiting import unavailable

    if not (settings.hub.data / "hub.sqlite3").exists():
        raise ConfigurationError(f"There is no database in {settings.hub.data}.", next_step="Run: hub init")
    engine = sqlite_engine(url, begin="BEGIN", read_only=True)
    try:
        with engine.connect() as conn:
            return work(conn)
    except OperationalError as error:
        raise unavailable(error) from error
    finally:
        engine.dispose()


async def _read_postgres(url: str, work: Callable[[Connection], R]) -> R:
    from hub.store.session import open_database

    database = open_database(url)
    try:
        await database.open()
        return await database.read(lambda conn, _: work(conn), None)
    finally:
        await database.close()


def _tell_message(story: Story) -> None:
    if wants_json():
        emit(_plain(story.as_json()))
        return
    say(_headline(story))
    say(f"  {story.words}")
    if story.when:
        say(f"  {story.when}")
    if story.rule:
        say(f"  Reminder: {story.rule} ({story.about} {story.about_id})")
    if story.campaign:
        say(f"  Campaign: {story.campaign} (run {story.run})")
    say(f"  Planned {_at(story.planned_at)}, due {_at(story.due_at)}, too late from {_at(story.expires_at)}")
    for step in story.steps:
        say(f"  {_at(step.at)}  {step.words}")
        for name, value in step.seen.items():
            say(f"      {name}: {value}")
    for news in story.news:
        say(f"  {_at(news.at)}  The provider says: {' '.join(p for p in (news.status, news.code, news.reason) if p)}")


def _tell_customer(told: CustomerStory) -> None:
    if wants_json():
        emit(_plain(told.as_json()))
        return
    say(f"Customer {told.customer}: {told.name or 'without a name'}")
    for story in told.messages:
        say(f"  {_headline(story)}")
        say(f"      due {_at(story.due_at)}. {story.words}")
    for skip in told.skipped:
        say(f"  {_at(skip.at)}  {skip.rule} ({skip.about} {skip.about_id})")
        say(f"      {skip.words}")
    for mail in told.unacknowledged:
        say(f"  {_at(mail.at)}  Mail {mail.interaction} to {mail.channel}")
        say(f"      {mail.words}")
    for over in told.passed_over:
        say(f"  {_at(over.at)}  Campaign {over.title} (run {over.run})")
        say(f"      {over.words}")
    for way in told.ways:
        say(f"  {_at(way.entered_at)}  Sequence {way.title}")
        say(f"      {way.words}")
    if not told.messages and not told.skipped and not told.passed_over and not told.ways:
        say("  Nothing was planned for this customer.")


def _tell_runs(campaign: str, told: list[RunWhy]) -> None:
    if wants_json():
        emit(_plain({"campaign": campaign, "runs": [run.as_json() for run in told]}))
        return
    if not told:
        say("This campaign has not run yet.")
    for run in told:
        say(f"{run.title}, run {run.run} of {_at(run.starts_at)}: {run.state}")
        say(f"  {run.words}")
        if run.story is not None:
            say(f"  {_headline(run.story)}")
            for step in run.story.steps:
                say(f"  {_at(step.at)}  {step.words}")
        say(f"  Now {'in' if run.in_segment_now else 'not in'} its segment:")
        for words, holds in run.conditions:
            say(f"      {'yes' if holds else 'no '}  {words}")


def _headline(story: Story) -> str:
    arrived = f", {story.delivery}" if story.delivery else ""
    return f"Message {story.message}: {story.purpose} to {story.to} by {story.channel}: {story.state}{arrived}"


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _plain(value: Any) -> Any:
    """Returns times as ISO 8601, which JSON has no word for."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
