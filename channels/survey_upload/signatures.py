"""The column names by which an export tells the tool that wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.survey_upload.words import several

LIMESURVEY_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\[[A-Za-z0-9_]+\]){0,2}\.\s")


@dataclass(frozen=True, slots=True)
class Signature:
    """Column names of one tool, squashed to letters and digits: one of `strong` is needed, `weak` ones add to it."""

    strong: frozenset[str]
    weak: frozenset[str]


def _names(text: str) -> frozenset[str]:
    return frozenset(several(text))


# The names are those of the tools' own export documentation, in the languages in which they translate them.
SIGNATURES = {
    "qualtrics": Signature(
        _names(
            "responseset externaldatareference externalreference recipientlastname recipientfirstname recipientemail "
            "distributionchannel userlanguage recordeddate durationinseconds"
        ),
        _names("responseid startdate enddate status ipaddress progress finished locationlatitude locationlongitude"),
    ),
    "surveymonkey": Signature(
        _names("respondentid collectorid"),
        _names(
            "datecreated datemodified startdate enddate ipaddress emailaddress firstname lastname "
            "customdata customdata1 "
            "customvalue"
        ),
    ),
    "microsoft_forms": Signature(
        _names(
            "completiontime fertigstellungszeit heuredefin horadefinalización horadeconclusão oradicompletamento "
            "časdokončení godzinaukończenia voltooiingstijd времявыполнения времязавершения 完了時刻 完成时间"
        ),
        _names(
            "id starttime startzeit heurededébut horadeinicio horadeinício oradiinizio časzahájení godzinarozpoczęcia "
            "begintijd времяначала 開始時刻 开始时间 email name lastmodifiedtime language"
        ),
    ),
    "typeform": Signature(
        _names("submitdateutc startdateutc networkid stagedateutc"), _names("# responsetype tags ending token")
    ),
    "limesurvey": Signature(
        _names(
            "submitdate lastpage startlanguage datesubmitted startlanguage letzteseite startsprache datumabgeschickt "
            "dernièrepage languededépart datedesoumission últimapágina idiomainicial lenguajeinicial fechadeenvío"
        ),
        _names(
            "id responseid antwortid seed token startdate datestarted datestamp datelastaction ipaddr ipaddress refurl"
        ),
    ),
    "kobo": Signature(  # with ODK, whose server and formats it shares
        _names(
            "_uuid _submission_time _validation_status _submitted_by __version__ submissiondate "
            "metainstanceid instanceid"
        ),
        _names("_id _index _notes _status _tags key submitterid submittername deviceid formversion start end today"),
    ),
    "google_forms": Signature(
        _names(
            "timestamp zeitstempel horodateur marcatemporal carimbodedatahora informazionicronologiche tijdstempel "
            "časovéarazítko časovérazítko časováznačka časovápečiatka sygnaturaczasowa отметкавремени позначкачасу "
            "tidstempel tidsstämpel tidstämpel aikaleima zamandamgası időbélyeg "
            " "
            "タイムスタンプ 타임스탬프 时间戳记 時間戳記"
        ),
        _names("emailaddress username score"),
    ),
}
# The second header row of SurveyMonkey in the languages of its interface.
RESPONSE_WORDS = frozenset(
    several(
        "response|open-ended response|resposta|resposta aberta|respuesta|respuesta abierta|réponse|"
        "réponse ouverte|antwort|offene antwort|risposta|risposta aperta|antwoord|open antwoord|ответ|svar",
        "|",
    )
)


def squash(header: str) -> str:
    """Reduces a header to what tools keep when they rename it: lower-case letters and digits (`_x` stays Kobo's)."""
    header = header.strip().casefold()
    if header in {"#"} or header.startswith("_"):
        return header
    return re.sub(r"[\W_]+", "", header)


def without_code(header: str) -> str:
    """Drops LimeSurvey's question code: `id. Response ID` is `Response ID`."""
    return LIMESURVEY_CODE.sub("", header, count=1) if LIMESURVEY_CODE.match(header) else header
