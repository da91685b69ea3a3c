"""The kinds of things that travel as files, put together from the rooms that know them."""

from __future__ import annotations

from collections.abc import Mapping

from hub.desk.configuration.acknowledging import Acknowledgements
from hub.desk.configuration.call_flows import CallFlows
from hub.desk.configuration.call_sounds import CallSounds
from hub.desk.configuration.campaigns import Campaigns
from hub.desk.configuration.canned import CannedTexts
from hub.desk.configuration.connections import Connections
from hub.desk.configuration.forms import Forms
from hub.desk.configuration.kind import Kind
from hub.desk.configuration.mail_forms import MailForms
from hub.desk.configuration.offers import Offers
from hub.desk.configuration.reminders import Reminders
from hub.desk.configuration.rosters import Rosters
from hub.desk.configuration.segments import Segments
from hub.desk.configuration.sensitive import SensitiveMarks
from hub.desk.configuration.sequences import Sequences
from hub.desk.configuration.snippets import Snippets
from hub.desk.configuration.templates import Templates
from hub.model.wording import spelled
from hub.outreach.phrases import try_phrase
from hub.outreach.rendering import FACES, render
from hub.outreach.templates import check_snippet, check_words, sample_values
from hub.store.blobs import Blobs

_MEDIA = {"email": "subject", "sms": "sms", "call": "voice"}


def kinds(language: str, *, shipped: bool = False, admin: bool = False, blobs: Blobs | None = None) -> tuple[Kind, ...]:
    """Returns every kind; what others refer to comes before those who do. `language`: the hub's own.

    `shipped`: for the files that come with the hub, whose templates its tests have checked and a start need not.
    `admin`: for an administrator, who alone sees connections and changes acknowledgements. `blobs`: where sounds are.
    """
    templates = Templates(FACES, _accept if shipped else _check)
    return (
        Connections(language, may=admin),
        Snippets(check_snippet),
        templates,
        Forms(language),
        Reminders(),
        Segments(language),
        Offers(language),
        Campaigns(language),
        Sequences(language),
        Rosters(language),
        CallSounds(language, blobs),
        CallFlows(language),
        MailForms(language),
        Acknowledgements(language, may=admin),
        CannedTexts(try_phrase),
        SensitiveMarks(may=admin),
    )


def _check(faces: Mapping[str, str], purpose: str, language: str) -> None:
    """Checks a template as saving it does. What passes the list of what is allowed is safe to render right here."""
    check_words(faces, purpose)
    made = spelled(faces)
    filled = sample_values(language)
    for medium, face in _MEDIA.items():
        if face in made:
            render(made, medium, filled)


def _accept(faces: Mapping[str, str], purpose: str, language: str) -> None:
    pass
