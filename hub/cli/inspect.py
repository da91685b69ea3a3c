"""`hub inspect`: how an input would be read. One JSON object a line, in the order of the arguments; no database."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.frame import FAILED, emit
from hub.model.errors import HubError, Refused

_STDIN = "-"
_Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Files to read; - is standard input.")]
# A text, number or signature may begin with a dash: what is no option of the command is an argument.
# Without -h, which would be found in "-hello".
_ANY_ARGUMENT = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Show how a mail, text, number, survey or signature would be read. Uses no database.")
    group.command("email")(inspect_email)
    group.command("reply")(inspect_reply)
    group.command("survey")(inspect_survey)
    group.command("sms", context_settings=_ANY_ARGUMENT)(inspect_sms)
    group.command("phone", context_settings=_ANY_ARGUMENT)(inspect_phone)
    group.command("signature", context_settings=_ANY_ARGUMENT)(inspect_signature)
    app.add_typer(group, name="inspect")


def inspect_email(files: _Files) -> None:
    """Mails as they travel (.eml): kind, addresses, new text, quoted text, attachments, bounces, defects."""
    from channels.email_message.describe import describe_mail

    _each("path", files, lambda path: describe_mail(_content(path)))


def inspect_reply(files: _Files) -> None:
    """Plain-text bodies of mails: what is new, what is quoted, the signature, what is forwarded."""
    from channels.email_message.charset import decode
    from channels.email_message.reply import split_reply

    def describe(path: str) -> dict[str, Any]:
        reply = split_reply(decode(_content(path))[0])
        return {
            "visible_text": reply.visible_text,
            "quoted_text": reply.quoted_text,
            "signature": reply.signature,
            "forwarded_text": reply.forwarded_text,
        }

    _each("path", files, describe)


def inspect_survey(files: _Files) -> None:
    """Exports of survey tools (CSV, TSV, XLSX): where from, encoding, header rows, columns, what maps to what."""
    from channels.survey_upload.shape import describe_survey

    def describe(path: str) -> dict[str, Any]:
        if path != _STDIN:
            return describe_survey(_file(path))
        with tempfile.NamedTemporaryFile(prefix="hub-survey-") as copy:
            copy.write(_content(path))
            copy.flush()
            return describe_survey(Path(copy.name))

    _each("path", files, describe)


def inspect_sms(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Texts as they would be sent.")],
) -> None:
    """Texts: encoding, parts, what the sender asks for (stop, start, help), and a cheaper spelling if there is one."""
    from hub.model.opt_words import recognise
    from hub.model.sms_parts import count_parts, plain_lookalikes

    def describe(text: str) -> dict[str, Any]:
        counted, opt = count_parts(text), recognise(text)
        described: dict[str, Any] = {
            "encoding": counted.encoding,
            "parts": counted.parts,
            "characters": counted.characters,
            "message_bits": counted.message_bits,
            "total_bits": counted.total_bits,
            "opt": opt.kind.value if opt.kind else None,
            "language": opt.language or None,
        }
        plain = plain_lookalikes(text)
        if count_parts(plain).parts < counted.parts:
            described["plain"] = {"text": plain, "parts": count_parts(plain).parts}
        return described

    _each("text", texts, describe)


def inspect_phone(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="Phone numbers as people write them.")],
    region: Annotated[str, typer.Option(metavar="XX", help="Country of numbers written without one, e.g. US.")] = "",
) -> None:
    """Phone numbers: E.164, country, time zones, and whether they can exist."""
    from hub.model.phone import describe_phone

    _each("input", numbers, lambda number: describe_phone(number, region or None))


def inspect_signature(
    signature: Annotated[str, typer.Argument(help="The X-Twilio-Signature header.")],
    token: Annotated[list[str], typer.Option(help="Auth token; twice while it is being changed.")],
    url: Annotated[str, typer.Option(help="The address that Twilio called, with its query.")],
    form: Annotated[str, typer.Option(metavar="FILE", help="The request's body, a urlencoded form.")] = "",
    body: Annotated[str, typer.Option(metavar="FILE", help="The request's body of any other kind, e.g. JSON.")] = "",
) -> None:
    """Why Twilio's signature is accepted or refused."""
    from channels.twilio_wire import check_signature

    if form and body:
        raise typer.BadParameter("give --form or --body, not both: a request has one body")
    try:
        content = _content(form or body) if form or body else b""
    except (HubError, OSError) as error:
        emit({"valid": False, "reason": _why(error), "error": _why(error)})
        raise typer.Exit(FAILED) from error
    fields = _form_fields(content) if form else None
    reason = check_signature(tokens=token, url=url, form=fields, body=content, signature=signature)
    emit({"valid": not reason, "reason": reason})
    if reason:
        raise typer.Exit(FAILED)


def _form_fields(body: bytes) -> list[tuple[str, str]]:
    """Reads application/x-www-form-urlencoded (URL standard, 5.1): + is a space; blank and repeated fields stay."""
    from urllib.parse import parse_qsl

    # An editor's newline at the end of the file is not part of the last field: there it would be %0A.
    text = body.rstrip(b"\r\n").decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace")


def _content(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == _STDIN else _file(path).read_bytes()


def _file(path: str) -> Path:
    file = Path(path)
    if not file.exists():
        raise Refused("there is no such file")
    if file.is_dir():
        raise Refused("this is a folder; name the files in it")
    return file


def _each(name: str, inputs: Iterable[str], describe: Callable[[str], dict[str, Any]]) -> None:
    """Describes every input, whatever becomes of the one before; exits 1 if any could not be read."""
    failed = False
    for given in inputs:
        try:
            described = {"ok": True} | describe(given)
        except Exception as error:  # noqa: BLE001 - one input never stops the next; its error is in its line
            described = {"ok": False, "error": _why(error)}
        failed = failed or not described["ok"]
        emit({name: given} | described)
    if failed:
        raise typer.Exit(FAILED)


def _why(error: Exception) -> str:
    if isinstance(error, HubError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"
