"""Bodies and attachments: transfer encodings, charsets, which part is what, and file names."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from channels.email_message.charset import decode
from channels.email_message.headers import Defects
from channels.email_message.params import file_label, parameters
from channels.email_message.read import read_mail
from channels.email_message.transfer import undo, unflow

FIXTURES = Path(__file__).parents[2] / "fixtures" / "email"


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        pytest.param("“quoted” – €".encode("cp1252"), "iso-8859-1", "“quoted” – €", id="windows_1252_called_latin1"),
        pytest.param("“quoted” – €".encode("cp1252"), "us-ascii", "“quoted” – €", id="windows_1252_called_ascii"),
        pytest.param("grün".encode(), "iso-8859-1", "grün", id="utf8_called_latin1"),
        pytest.param("grün".encode(), "us-ascii", "grün", id="utf8_called_ascii"),
        pytest.param("Привет, это письмо".encode(), "koi8-r", "Привет, это письмо", id="utf8_called_koi8"),
        pytest.param("Привет, это письмо".encode("koi8-r"), "koi8-r", "Привет, это письмо", id="koi8"),
        pytest.param("①髙﨑".encode("cp932"), "Shift_JIS", "①髙﨑", id="cp932_called_shift_jis"),
        pytest.param("朱镕基".encode("gbk"), "gb2312", "朱镕基", id="gbk_called_gb2312"),
        pytest.param("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하", id="cp949_called_ksc5601"),
        pytest.param("日本語".encode("iso2022_jp"), "ISO-2022-JP", "日本語", id="iso_2022_jp"),
        pytest.param("日本語".encode("iso2022_jp"), "us-ascii", "日本語", id="iso_2022_jp_called_ascii"),
        pytest.param(b"Fr+APY-sche", "utf-7", "Frösche", id="utf7"),
        pytest.param("grün".encode("utf-16"), "utf-16", "grün", id="utf16_with_bom"),
        pytest.param("\ufeffgrün".encode(), "", "grün", id="utf8_bom"),
        pytest.param("grün".encode(), '"UTF8"', "grün", id="odd_spelling"),
        pytest.param("grün".encode(), "x-nobody-knows", "grün", id="unknown_name"),
        pytest.param(
            "Μια καλημέρα σε όλους".encode("cp1253"), "unknown-8bit", "Μια καλημέρα σε όλους", id="unlabelled_greek"
        ),
        pytest.param("Добрый день, пишу вам".encode("cp1251"), "", "Добрый день, пишу вам", id="unlabelled_cp1251"),
        pytest.param("grün".encode("latin-1"), "utf-8", "grün", id="latin1_called_utf8"),
        pytest.param(
            "größer und grün".encode()[:-1] + b"\xff", "utf-8", "größer und grü\ufffd", id="utf8_with_one_bad_byte"
        ),
        pytest.param("こんにちは".encode("euc_jp"), "eucJP-ms", "こんにちは", id="euc_jp_by_another_name"),
        pytest.param("こんにちは、世界".encode("cp932"), "iso-2022-jp", "こんにちは、世界", id="shift_jis_called_jis"),
        pytest.param(
            "こんにちは、世界".encode("euc_jp"), "shift_jis", "こんにちは、世界", id="euc_jp_called_shift_jis"
        ),
        pytest.param("こんにちは、世界".encode("euc_jp"), "", "こんにちは、世界", id="unlabelled_euc_jp"),
        pytest.param("안녕하세요".encode("iso2022_kr"), "ISO-2022-KR", "안녕하세요", id="iso_2022_kr"),
        pytest.param(
            ("Здравствуйте, это письмо от Ивана. " * 2).encode("koi8-r"),
            "iso-8859-1",
            "Здравствуйте, это письмо от Ивана. " * 2,
            id="koi8_called_latin1",
        ),
        pytest.param("Grüße, Äpfel, Öl".encode("latin-1"), "iso-8859-1", "Grüße, Äpfel, Öl", id="latin1_stays"),
        pytest.param(b"a\x00b\r\nc\rd", "utf-8", "ab\nc\nd", id="nul_and_line_ends"),
        pytest.param(b"abc", "rot13", "abc", id="a_transform_is_no_charset"),
        pytest.param("čau žluť".encode("mac_latin2"), "x-mac-ce", "čau žluť", id="the_macs_central_europe"),
        pytest.param("čau".encode("cp1250"), "cp-1250", "čau", id="code_page_with_a_hyphen"),
        pytest.param("привет".encode("cp1251"), "Windows1251", "привет", id="code_page_without_one"),
    ],
)
def test_text_is_decoded_whatever_its_label_says(data: bytes, label: str, text: str) -> None:
    assert decode(data, label)[0] == text


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Ça va être réglé à l'été, même à la fenêtre. ", "cp1252"),
        ("A informação não está disponível, não há condições. ", "cp1252"),
        ("Příliš velká žádost, děkuji za úpravu. ", "cp1250"),
        ("Příliš velká žádost, děkuji za úpravu. ", "iso-8859-2"),
        ("Zażółć gęślą jaźń, proszę o więcej świeżych leków. ", "cp1250"),
        ("Zażółć gęślą jaźń, proszę o więcej świeżych leków. ", "iso-8859-2"),
        ("Größere Mengen für Übergänge, schöne Grüße. ", "cp1252"),
        ("¿Cómo está el señor Núñez? Mañana más. ", "cp1252"),
        ("Добрый день, нужны лекарства. ", "iso-8859-5"),
        ("Yarın ışık açık, çok güzel, teşekkürler. ", "cp1254"),
    ],
    ids=lambda value: value[:9],
)
@pytest.mark.parametrize("label", ["", "us-ascii"])
@pytest.mark.parametrize("times", [1, 6], ids=["short", "long"])
def test_unlabelled_text_is_read_in_the_charset_of_one_languages_letters(
    text: str, charset: str, label: str, times: int
) -> None:
    assert decode((text * times).encode(charset), label)[0] == text * times


@pytest.mark.parametrize(
    ("data", "encoding", "plain"),
    [
        pytest.param(b"aGVsbG8=", "base64", b"hello", id="base64"),
        pytest.param(b"aGVsbG8", "BASE64", b"hello", id="padding_missing"),
        pytest.param(b"aGVs\r\nbG8=\r\n____\r\nlist footer, as text\r\n", "base64", b"hello", id="list_footer"),
        pytest.param(b"aGVsbG8=\r\naGVsbG8=\r\n", "base64", b"hellohello", id="two_runs"),
        pytest.param(b"aGV!!sbG8=", "base64", b"hello", id="rubbish_within"),
        pytest.param(b"aGVsbG8hI", "base64", b"hello!", id="one_letter_too_many"),
        pytest.param(b"gr=C3=BCn=  \r\ner", "quoted-printable", "grüner".encode(), id="soft_break_with_spaces"),
        pytest.param(b"100%=xy =", "Quoted-Printable", b"100%=xy ", id="bad_escape"),
        pytest.param(b"begin 644 a.txt\r\n%:&5L;&\\ \r\n`\r\nend\r\n", "x-uuencode", b"hello", id="uuencode"),
        pytest.param(b"=ybegin line=128", "x-yenc", b"=ybegin line=128", id="unknown_stays"),
    ],
)
def test_transfer_encodings_are_undone_however_damaged(data: bytes, encoding: str, plain: bytes) -> None:
    assert undo(data, encoding, Defects()) == plain


def test_flowed_text_is_unwrapped_per_quote_depth() -> None:
    flowed = "One line \nthat goes on.\n> quoted \n> on\n>> deeper \n> back\n From stuffed\n-- \nAda"
    expected = "One line that goes on.\n> quoted on\n>> deeper\n> back\nFrom stuffed\n-- \nAda"
    assert unflow(flowed, delete_space=False) == expected
    assert unflow("日本 \n語", delete_space=True) == "日本語"


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [
        pytest.param('text/plain; charset="utf-8"', "charset", "utf-8", id="quoted"),
        pytest.param("text/plain; CHARSET = utf-8 ; x=1", "charset", "utf-8", id="spaces"),
        pytest.param("a/b; name=two words.txt", "name", "two words.txt", id="spaces_unquoted"),
        pytest.param('a/b; name="a;b.txt"', "name", "a;b.txt", id="semicolon_in_quotes"),
        pytest.param("a/b; name*=utf-8''gr%C3%BCn.txt", "name", "grün.txt", id="rfc2231"),
        pytest.param("a/b; name*0*=utf-8''gr%C3; name*1*=%BCn; name*2=.txt", "name", "grün.txt", id="continued"),
        pytest.param("a/b; name*1=b; name*0=a", "name", "ab", id="out_of_order"),
        pytest.param("a/b; name=x; name*=utf-8''gr%C3%BCn.txt", "name", "grün.txt", id="extended_wins"),
        pytest.param('a/b; name="never closed', "name", "never closed", id="quote_not_closed"),
    ],
)
def test_parameters_are_read_as_meant(header: str, name: str, value: str) -> None:
    assert parameters(header)[1][name] == value


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        pytest.param("../../etc/passwd", "passwd", id="path"),
        pytest.param("C:\\TEMP\\scan.png", "scan.png", id="windows_path"),
        pytest.param(".htaccess", "htaccess", id="leading_dot"),
        pytest.param("\u200b.\u200bhtaccess", "htaccess", id="zero_width"),
        pytest.param("．．／x.txt", "x.txt", id="full_width_dots"),
        pytest.param("gpj\u202eexe.txt", "gpjexe.txt", id="direction_override"),
        pytest.param("a\x00b\r\n.txt", "a b .txt", id="control_characters"),
        pytest.param("=?utf-8?Q?gr=C3=BCn.txt?=", "grün.txt", id="encoded_word"),
        pytest.param("請求書(1).pdf", "請求書(1).pdf", id="other_scripts_stay"),
        pytest.param("..", "", id="only_dots"),
    ],
)
@pytest.mark.security_row(4)
def test_a_file_name_becomes_a_harmless_label(sent: str, label: str) -> None:
    assert file_label(sent, Defects()) == label


def test_a_long_file_name_keeps_its_extension() -> None:
    label = file_label("x" * 4096 + ".pdf", Defects())
    assert len(label) <= 150
    assert label.endswith("x.pdf")


def test_the_plain_alternative_is_read_and_both_are_kept() -> None:
    mail = read_mail((FIXTURES / "alternative_related_attached.eml").read_bytes())
    assert mail.plain == mail.text == "Hello, the boiler is out.\n"
    assert "<b>boiler</b>" in mail.html
    assert [(part.filename, part.content_type, part.inline, part.content_id) for part in mail.attachments] == [
        ("flame.png", "image/png", True, "flame@example.com"),
        ("Rechnung März.pdf", "application/pdf", False, ""),
        ("notes.txt", "text/plain", False, ""),
    ]
    assert mail.attachments[1].content == b"%PDF-1.4 small"


def test_an_attached_mail_is_kept_byte_for_byte_and_not_mixed_in() -> None:
    mail = read_mail((FIXTURES / "attached_mail.eml").read_bytes())
    assert mail.text.strip() == "See the attached mail."
    (attached,) = mail.attachments
    assert attached.content_type == "message/rfc822"
    assert attached.content.startswith(b"From: Bob <bob@example.com>")
    assert read_mail(attached.content).text.strip() == "The original words."


def test_a_calendar_invitation_is_an_attachment() -> None:
    mail = read_mail(
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nCome.\r\n"
        b"--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n"
    )
    assert (mail.text, [part.content_type for part in mail.attachments]) == ("Come.", ["text/calendar"])


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"Content-Type: multipart/mixed\r\n", id="missing"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=other\r\n", id="wrong"),
    ],
)
def test_parts_are_found_without_the_right_boundary(head: bytes) -> None:
    body = (
        b"--real\r\nContent-Type: text/plain\r\n\r\nhello\r\n--real\r\nContent-Type: image/png\r\n\r\nx\r\n--real--\r\n"
    )
    mail = read_mail(head + b"\r\n" + body)
    assert (mail.text, len(mail.attachments)) == ("hello", 1)
    assert "boundary_missing" in mail.defects


def test_a_part_that_never_ends_is_read() -> None:
    mail = read_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n")
    assert mail.text == "hello"
    assert "close_boundary_not_found" in mail.defects


def test_an_attachment_that_is_itself_multipart_loses_nothing() -> None:
    mail = read_mail(
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nhello\r\n"
        b"--a\r\nContent-Disposition: attachment\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\n1\r\n--b\r\n"
        b"Content-Type: image/gif\r\n\r\n2\r\n--b--\r\n--a--\r\n"
    )
    assert (mail.text, [part.content for part in mail.attachments]) == ("hello", [b"1", b"2"])


def test_winmail_dat_stays_an_attachment() -> None:
    body = base64.encodebytes(b"\x78\x9f\x3e\x22tnef")
    mail = read_mail(
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    )
    assert [(part.filename, part.content) for part in mail.attachments] == [("winmail.dat", b"\x78\x9f\x3e\x22tnef")]


def test_a_text_that_calls_itself_a_file_is_no_body() -> None:
    mail = read_mail(b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=log.txt\r\n\r\nline\r\n")
    assert (mail.text, mail.attachments[0].filename, mail.attachments[0].content) == ("", "log.txt", b"line\r\n")


def test_a_byte_heap_without_any_header_is_text() -> None:
    assert read_mail(b"just some words, no header").text == "just some words, no header"


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        pytest.param("charset=utf-8", "grün".encode("latin-1"), "grün", id="latin1_called_utf8"),
        pytest.param("charset=us-ascii", "grün".encode(), "grün", id="utf8_called_ascii"),
        pytest.param("charset=gb2312", "朱镕基".encode("gbk"), "朱镕基", id="gbk_called_gb2312"),
        pytest.param("charset=no-such", "grün".encode(), "grün", id="unknown_charset"),
    ],
)
def test_eight_bit_bodies_reach_the_charset_ladder_whole(head: str, body: bytes, text: str) -> None:
    assert read_mail(f"Content-Type: text/plain; {head}\r\n\r\n".encode() + body).text == text


def test_a_binary_attachment_is_kept_byte_for_byte() -> None:
    data = bytes(range(256)) * 3
    mail = read_mail(
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + data + b"\r\n--b--\r\n"
    )
    assert mail.attachments[0].content == data
