"""Headers as mail programs really write them: encoded words, raw bytes, addresses, dates, ids."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.email_message.addresses import mailboxes
from channels.email_message.dates import read_date
from channels.email_message.headers import Defects, decode_header
from channels.email_message.mail import Mailbox
from channels.email_message.read import read_mail
from hub.model.errors import Unreadable


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param("=?utf-8?q?L=C3=A4uft?=", "Läuft", id="quoted"),
        pytest.param("=?UTF-8?B?TMOkdWZ0?= nicht", "Läuft nicht", id="base64"),
        pytest.param("=?utf-8?b?TMM=?= =?utf-8?b?pHVmdA==?=", "Läuft", id="character_split_between_words"),
        pytest.param("=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab", id="folded_between_words"),
        pytest.param("=?utf-8?q?a_?= =?koi8-r?q?=D2?=", "a р", id="two_charsets"),
        pytest.param("Re: =?utf-8?q?a?= b =?utf-8?q?c?=", "Re: a b c", id="text_between_words_keeps_spaces"),
        pytest.param("=?utf-8?Q?two words?=", "two words", id="raw_space_in_word"),
        pytest.param("=?utf-8*de?Q?gr=C3=BCn?=", "grün", id="language_tag"),
        pytest.param("=?x-nobody-knows?Q?gr=C3=BCn?=", "grün", id="unknown_charset_that_is_utf8"),
        pytest.param("=?iso-8859-1?Q?=93quoted=94?=", "“quoted”", id="windows_1252_called_latin1"),
        pytest.param("=?gb2312?B?1tDOxA==?=", "中文", id="gb2312"),
        pytest.param("=?shift_jis?B?h0A=?=", "①", id="cp932_called_shift_jis"),
        pytest.param("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本", id="iso_2022_jp"),
        pytest.param("=?utf-8?B?Z3LD?= =?utf-8?B?tsOfZXI=?=", "größer", id="character_split_between_whole_words"),
        pytest.param("=?utf-8?B?Z3LDt?= =?utf-8?B?sOfZXI=?=", "größer", id="base64_cut_into_words_anywhere"),
        pytest.param("=?utf-8?Q?a=?=", "a=", id="equals_sign_at_the_end"),
        pytest.param("=?utf-8?B?TMOkdWZ0", "=?utf-8?B?TMOkdWZ0", id="never_closed"),
        pytest.param("=?utf-8?B?TMOkdWZ?=", "Läuf", id="base64_cut_off"),
    ],
)
def test_encoded_words_are_read_as_meant(sent: str, read: str) -> None:
    assert decode_header(sent, Defects()) == read


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        pytest.param("Grün".encode(), "Grün", id="raw_utf8"),
        pytest.param("Grün und schön".encode("latin-1"), "Grün und schön", id="raw_latin1"),
        pytest.param("Добрый день, пишу вам снова".encode("koi8-r"), "Добрый день, пишу вам снова", id="raw_koi8"),
        pytest.param("こんにちは、世界".encode("euc_jp"), "こんにちは、世界", id="raw_euc_jp"),
        pytest.param("こんにちは、世界".encode("iso2022_jp"), "こんにちは、世界", id="raw_iso_2022_jp"),
        pytest.param(b"a\x00b", "a b", id="nul"),
    ],
)
def test_raw_bytes_in_a_subject_are_decoded(value: bytes, subject: str) -> None:
    assert read_mail(b"Subject: " + value + b"\r\n\r\nhello\r\n").subject == subject


@pytest.mark.parametrize(
    ("sent", "hostile"),
    [
        pytest.param("=?utf-8?q?Hi=0D=0ABcc:_eve@example.com?=", True, id="crlf_then_header"),
        pytest.param("=?utf-8?b?SGkKQmNjOiBldmVAZXhhbXBsZS5jb20=?=", True, id="lf_in_base64"),
        pytest.param("=?utf-8?q?Hi=0D?= =?utf-8?q?=0ABcc:_eve?=", True, id="split_between_words"),
        pytest.param("=?utf-8?q?Hello=0D=0A?=", False, id="line_end_at_the_end_is_sloppiness"),
        pytest.param("=?utf-8?q?Hello=0D=0A_again?=", False, id="folded_inside_the_word"),
    ],
)
@pytest.mark.security_row(13)
def test_line_ends_smuggled_into_a_header_are_taken_out_and_told(sent: str, hostile: bool) -> None:
    mail = read_mail(f"From: {sent} <a@example.com>\r\nSubject: {sent}\r\n\r\nhello\r\n".encode())
    assert mail.hostile_headers is hostile
    assert ("header_injection" in mail.defects) is hostile
    assert not {"\r", "\n"} & set(mail.subject + mail.from_[0].display_name)


@pytest.mark.parametrize("sent", ["Byron, Ada <ada@example.com>", '"Byron", Ada <ada@example.com>'])
def test_an_authors_name_may_lack_the_quotes_around_its_comma(sent: str) -> None:
    (author,) = read_mail(f"From: {sent}\r\n\r\nhello\r\n".encode()).from_
    assert author == Mailbox("Byron, Ada", "ada@example.com")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param("Ada <ada@example.com>", [("Ada", "ada@example.com")], id="plain"),
        pytest.param('"Lovelace, Ada" <ada@example.com>', [("Lovelace, Ada", "ada@example.com")], id="quoted_comma"),
        pytest.param(
            "=?utf-8?Q?Lovelace,_Ada?= <ada@example.com>", [("Lovelace, Ada", "ada@example.com")], id="encoded_comma"
        ),
        pytest.param(
            '"=?utf-8?Q?J=C3=B6rg?=" <j@example.com>', [("Jörg", "j@example.com")], id="encoded_word_in_quotes"
        ),
        pytest.param("ada@example.com (Ada L.)", [("Ada L.", "ada@example.com")], id="name_as_comment"),
        pytest.param("Ada (of (London)) <ada@example.com>", [("Ada", "ada@example.com")], id="nested_comment"),
        pytest.param("ada@example.com (Ada (L.))", [("Ada (L.)", "ada@example.com")], id="nested_name_as_comment"),
        pytest.param("ada@example.com", [("", "ada@example.com")], id="bare"),
        pytest.param("Ada ada@example.com", [("Ada", "ada@example.com")], id="no_brackets"),
        pytest.param("Ada <ada@example.com", [("Ada", "ada@example.com")], id="bracket_not_closed"),
        pytest.param(
            "Ada <ada@example.com, Bob <bob@example.com>",
            [("Ada", "ada@example.com"), ("Bob", "bob@example.com")],
            id="bracket_not_closed_before_next",
        ),
        pytest.param(
            "a@example.com; b@example.com", [("", "a@example.com"), ("", "b@example.com")], id="outlook_semicolons"
        ),
        pytest.param("undisclosed-recipients:;", [], id="empty_group"),
        pytest.param(
            "Team: a@example.com, B <b@example.com>;", [("", "a@example.com"), ("B", "b@example.com")], id="group"
        ),
        pytest.param("<@x.example,@y.example:ada@example.com>", [("", "ada@example.com")], id="source_route"),
        pytest.param('"ada lovelace"@example.com', [("", '"ada lovelace"@example.com')], id="quoted_local_part"),
        pytest.param("ada @ example.com", [("", "ada@example.com")], id="spaces_around_at"),
        pytest.param("<mailto:ada@example.com>", [("", "ada@example.com")], id="mailto"),
        pytest.param("<<ada@example.com>>", [("", "ada@example.com")], id="doubled_brackets"),
        pytest.param(
            "=?utf-8?Q?Ada_=3Cada=40example.com=3E?=", [("Ada", "ada@example.com")], id="whole_mailbox_in_one_word"
        ),
        pytest.param("Moderator", [("Moderator", "")], id="name_alone"),
        pytest.param("", [], id="empty"),
        pytest.param("<>", [], id="null_path"),
        pytest.param(',, "" <>, ada@example.com,', [("", "ada@example.com")], id="empty_members"),
        pytest.param(
            'Ada "the first" L <ada@example.com>', [("Ada the first L", "ada@example.com")], id="quotes_in_the_middle"
        ),
        pytest.param("ada @ example . com", [("", "ada@example.com")], id="spaces_around_at_and_dots"),
        pytest.param("Ada <ada(home)@example.com(work)>", [("Ada", "ada@example.com")], id="comments_in_brackets"),
        pytest.param("[ada@example.com]", [("", "ada@example.com")], id="square_brackets"),
        pytest.param("A &amp; B <ada@example.com>", [("A &amp; B", "ada@example.com")], id="semicolon_in_a_name"),
        pytest.param("a@example.com; b@example.com", [("", "a@example.com"), ("", "b@example.com")], id="semicolons"),
        pytest.param("(x)(y)Nobody  :(none(at all))  ;", [], id="empty_group_with_comments"),
    ],
)
def test_addresses_are_read_as_meant(sent: str, read: list[tuple[str, str]]) -> None:
    assert mailboxes([sent], Defects()) == tuple(Mailbox(name, address) for name, address in read)


@pytest.mark.parametrize("sent", ["(" * 5000 + " a@example.com", "((" * 2000 + "))" * 2000 + "a@example.com"])
@pytest.mark.security_row(14)
def test_comments_nested_beyond_reason_are_refused(sent: str) -> None:
    with pytest.raises(Unreadable, match="comments"):
        mailboxes([sent], Defects())


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param("Fri, 19 May 2000 00:31:00 -0400", datetime(2000, 5, 19, 4, 31, tzinfo=UTC), id="rfc"),
        pytest.param("19 May 00 00:31 GMT", datetime(2000, 5, 19, 0, 31, tzinfo=UTC), id="two_digit_year"),
        pytest.param("Fri May 19 00:31:00 2000", datetime(2000, 5, 19, 0, 31, tzinfo=UTC), id="asctime"),
        pytest.param(
            "Fri, 19 May 2000 00:31:60 +0000 (UTC)", datetime(2000, 5, 19, 0, 31, 59, tzinfo=UTC), id="leap_second"
        ),
        pytest.param("2000-05-19T00:31:00Z", datetime(2000, 5, 19, 0, 31, tzinfo=UTC), id="iso"),
        pytest.param("2000-05-19 00:31:00 +0200", datetime(2000, 5, 18, 22, 31, tzinfo=UTC), id="iso_with_spaces"),
        pytest.param("Fr, 19 Mai 2000 00:31:00 +0200", datetime(2000, 5, 18, 22, 31, tzinfo=UTC), id="german"),
        pytest.param("19 мая 2000 00:31:00 +0000", datetime(2000, 5, 19, 0, 31, tzinfo=UTC), id="russian"),
        pytest.param("Fri, 19 May 2000 00:31:00 +9959", datetime(2000, 5, 19, 0, 31, tzinfo=UTC), id="impossible_zone"),
        pytest.param("Mon, 99 Foo 2000 99:99:99", None, id="nonsense"),
        pytest.param("", None, id="empty"),
        pytest.param("Thu, 01 Jan 0000 00:00:00 +0000", datetime(2000, 1, 1, tzinfo=UTC), id="year_zero"),
        pytest.param("21 Nov 105 09:55:06 GMT", datetime(2005, 11, 21, 9, 55, 6, tzinfo=UTC), id="year_of_3_digits"),
        pytest.param(
            "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
            datetime(1997, 11, 21, 15, 55, 6, tzinfo=UTC),
            id="comment_within_the_time",
        ),
        pytest.param(
            "Fri, 21 Nov 1997 09:55:06 +01:00", datetime(1997, 11, 21, 8, 55, 6, tzinfo=UTC), id="colon_in_zone"
        ),
        pytest.param(
            "Fri, 21 Nov 1997 09:55:06 GMT+0100", datetime(1997, 11, 21, 8, 55, 6, tzinfo=UTC), id="gmt_and_offset"
        ),
        pytest.param("Fri, 21 Nov 1997 09:55:06 CEST", datetime(1997, 11, 21, 7, 55, 6, tzinfo=UTC), id="named_zone"),
        pytest.param("Fri, 21 Nov 1997 9:55:06 PM +0000", datetime(1997, 11, 21, 21, 55, 6, tzinfo=UTC), id="half_day"),
        pytest.param("11/21/1997 9:55:06 AM", datetime(1997, 11, 21, 9, 55, 6, tzinfo=UTC), id="american"),
        pytest.param(
            "Fri, 21 Nov 1997 09:55:06.123 +0000", datetime(1997, 11, 21, 9, 55, 6, tzinfo=UTC), id="fraction"
        ),
    ],
)
def test_dates_are_read_or_left_out(sent: str, read: datetime | None) -> None:
    assert read_date(sent) == read


def test_ids_stand_without_angle_brackets() -> None:
    mail = read_mail(
        b"Message-ID: <c@example.com>\r\nIn-Reply-To: Your note of Monday (Ada <ada@example.com>) <b@example.com>\r\n"
        b"References: <a@example.com>\r\n <b@example.com> <a@example.com>\r\n\r\nhello\r\n"
    )
    assert (mail.message_id, mail.in_reply_to) == ("c@example.com", "b@example.com")
    assert mail.references == ("a@example.com", "b@example.com")


def test_a_header_that_broke_out_of_its_fold_does_not_end_the_header() -> None:
    mail = read_mail(
        b"From : Ada <ada@example.com>\r\nSubject: a long\r\nsubject\r\nTo: b@example.com\r\n\r\nhello\r\n"
    )
    assert mail.subject == "a long subject"
    assert (mail.from_[0].addr_spec, mail.to[0].addr_spec, mail.text) == ("ada@example.com", "b@example.com", "hello\n")


@pytest.mark.parametrize(
    "first", [b"From ada@example.com Fri May 19 00:31:00 2000\r\n", b">From x\n", b"\xef\xbb\xbf", b"\r\n"]
)
def test_what_stands_before_the_first_header_is_skipped(first: bytes) -> None:
    assert read_mail(first + b"Subject: here\r\n\r\nhello\r\n").subject == "here"


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\r\n"], ids=["crlf", "lf", "cr", "crcrlf"])
def test_every_kind_of_line_end_is_read(end: bytes) -> None:
    mail = read_mail(b"Subject: here%eTo: a@example.com%e%ehello%ethere%e".replace(b"%e", end))
    assert (mail.subject, mail.text) == ("here", "hello\nthere\n")
