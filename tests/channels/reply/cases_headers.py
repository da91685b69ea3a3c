"""Header blocks over an older mail as Outlook and others write them, by language and program: (id, header block)."""

from __future__ import annotations

HEADERS: list[tuple[str, str]] = [
    ("en-outlook", "From: Ada Byron <ada@example.com>\n"
     "Sent: Friday, March 6, 2026 10:19 AM\nTo: Bob\nSubject: Your visit"),
    ("en-outlook-mobile", "From: Ada Byron\nDate: Friday, 6 March 2026 at 10:19\n"
     "To: Bob <bob@example.com>\nSubject: Your visit"),
    ("en-outlook-bold", "*From:* Ada Byron\n*Sent:* Friday, March 6, 2026 10:19 AM\n*To:* Bob\n*Subject:* Your visit"),
    ("en-strong", "**From:** Ada Byron <ada@example.com>\n**Sent:** 6 March 2026\n"
     "**To:** Bob\n**Subject:** Your visit"),
    ("en-hotmail", "Date: Fri, 6 Mar 2026 10:19:00 +0100\nSubject: Your visit\n"
     "From: ada@example.com\nTo: bob@example.com"),
    ("en-spaced", "From: Ada Byron <ada@example.com>\n\n"
     "Sent: Friday, March 6, 2026 10:19 AM\n\nTo: Bob\n\nSubject: Your visit"),
    ("en-folded", "From: Ada Byron [mailto:\nada@example.com]\nSent: 6 March 2026\n"
     "To: Bob\nCc: Eve\nSubject: Your visit"),
    ("en-short", "From: ada@example.com\nDate: 6 March 2026"),
    ("en-blackberry", "Original Message\nFrom: Ada Byron\nSent: Friday, March 6, 2026\nTo: Bob\nSubject: Your visit"),
    ("pt-outlook", "De: Ada Byron <ada@example.com>\n"
     "Enviado: sexta-feira, 6 de março de 2026 10:19\nPara: Bob\nAssunto: Visita"),
    ("pt-outlook-br", "De: Ada Byron\nEnviada em: sexta-feira, 6 de março de 2026 10:19\nPara: Bob\nAssunto: Visita"),
    ("es-outlook", "De: Ada Byron\nEnviado el: viernes, 6 de marzo de 2026 10:19\nPara: Bob\nAsunto: Visita"),
    ("fr-outlook", "De : Ada Byron <ada@example.com>\nEnvoyé : vendredi 6 mars 2026 10:19\nÀ : Bob\nObjet : Visite"),
    ("de-outlook", "Von: Ada Byron <ada@example.com>\nGesendet: Freitag, 6. März 2026 10:19\nAn: Bob\nBetreff: Termin"),
    ("de-gmx", 'Gesendet: Freitag, 06. März 2026 um 10:19 Uhr\n'
     'Von: "Ada Byron" <ada@example.com>\nAn: Bob\nBetreff: Termin'),
    ("de-samsung", "Von: Ada Byron <ada@example.com>\nDatum: 06.03.26 10:19 (GMT+01:00)\nAn: Bob\nBetreff: Termin"),
    ("it-outlook", "Da: Ada Byron <ada@example.com>\nInviato: venerdì 6 marzo 2026 10:19\nA: Bob\nOggetto: Visita"),
    ("nl-outlook", "Van: Ada Byron <ada@example.com>\n"
     "Verzonden: vrijdag 6 maart 2026 10:19\nAan: Bob\nOnderwerp: Bezoek"),
    ("pl-outlook", "Od: Ada Byron <ada@example.com>\nWysłano: piątek, 6 marca 2026 10:19\nDo: Bob\nTemat: Wizyta"),
    ("cs-outlook", "Od: Ada Byron <ada@example.com>\n"
     "Odesláno: pátek 6. března 2026 10:19\nKomu: Bob\nPředmět: Návštěva"),
    ("sk-outlook", "Od: Ada Byron <ada@example.com>\n"
     "Odoslané: piatok 6. marca 2026 10:19\nKomu: Bob\nPredmet: Návšteva"),
    ("ru-outlook", "От: Ada Byron <ada@example.com>\nОтправлено: 6 марта 2026 г. 10:19\nКому: Bob\nТема: Визит"),
    ("uk-outlook", "Від: Ada Byron <ada@example.com>\nНадіслано: 6 березня 2026 р. 10:19\nКому: Bob\nТема: Візит"),
    ("sv-outlook", "Från: Ada Byron <ada@example.com>\nSkickat: den 6 mars 2026 10:19\nTill: Bob\nÄmne: Besök"),
    ("da-outlook", "Fra: Ada Byron <ada@example.com>\nSendt: 6. marts 2026 10:19\nTil: Bob\nEmne: Besøg"),
    ("no-outlook", "Fra: Ada Byron <ada@example.com>\nSendt: fredag 6. mars 2026 10:19\nTil: Bob\nEmne: Besøk"),
    ("fi-outlook", "Lähettäjä: Ada Byron <ada@example.com>\n"
     "Lähetetty: perjantai 6. maaliskuuta 2026 10.19\nVastaanottaja: Bob\nAihe: Käynti"),
    ("tr-outlook", "Kimden: Ada Byron <ada@example.com>\nGönderildi: 6 Mart 2026 Cuma 10:19\nKime: Bob\nKonu: Ziyaret"),
    ("ja-outlook", "差出人: Ada Byron <ada@example.com>\n送信日時: 2026年3月6日 10:19\n宛先: Bob\n件名: 訪問"),
    ("zh-outlook", "发件人: Ada Byron <ada@example.com>\n发送时间: 2026年3月6日 10:19\n收件人: Bob\n主题: 来访"),
    ("zh-fullwidth", "发件人：Ada Byron <ada@example.com>\n日期：2026年3月6日\n收件人：Bob\n主题：来访"),
    ("zh-tw-outlook", "寄件者: Ada Byron <ada@example.com>\n寄件日期: 2026年3月6日\n收件者: Bob\n主旨: 來訪"),
    ("ko-outlook", "보낸 사람: Ada Byron <ada@example.com>\n보낸 날짜: 2026년 3월 6일\n받는 사람: Bob\n제목: 방문"),
    ("hu-outlook", "Feladó: Ada Byron <ada@example.com>\n"
     "Elküldve: 2026. március 6. 10:19\nCímzett: Bob\nTárgy: Látogatás"),
    ("ro-outlook", "De la: Ada Byron <ada@example.com>\n"
     "Trimis: vineri, 6 martie 2026 10:19\nCătre: Bob\nSubiect: Vizită"),
    ("el-outlook", "Από: Ada Byron <ada@example.com>\nΣτάλθηκε: 6 Μαρτίου 2026\nΠρος: Bob\nΘέμα: Επίσκεψη"),
    ("he-outlook", "מאת: Ada Byron <ada@example.com>\nנשלח: 6 במרץ 2026\nאל: Bob\nנושא: ביקור"),
    ("ar-outlook", "من: Ada Byron <ada@example.com>\nتم الإرسال: 6 مارس 2026\nإلى: Bob\nالموضوع: زيارة"),
    ("en-netease-table", "| From | Ada Byron<ada@example.com> |\n| Date | 03/06/2026 10:19 |\n"
     "| To | bob@example.com |\n| Subject | Your visit |"),
    ("zh-aliyun-spaced", "发件人：Ada Byron <ada@example.com>\n发送时间：2026年3月6日\n收件人：Bob\n主　题：来访"),
    ("pl-interia", "Temat: Wizyta\nData: 2026-03-06 10:19\nNadawca: Ada Byron\nAdresat: bob@example.com"),
    ("is-outlook", "Frá: Ada Byron <ada@example.com>\nSent: 6 mars 2026 10:19\nTil: Bob\nEfni: Heimsókn"),
    ("lt-outlook", "Siuntėjas: Ada Byron\nData: 2026-03-06\nGavėjas: Bob\nTema: Vizitas"),
    ("lv-outlook", "Sūtītājs: Ada Byron\nDatums: 2026-03-06\nSaņēmējs: Bob\nTemats: Vizīte"),
    ("th-outlook", "จาก: Ada Byron <ada@example.com>\nส่งเมื่อ: 6 มีนาคม 2026\nถึง: Bob\nหัวเรื่อง: เยี่ยม"),
    ("fa-outlook", "از: Ada Byron <ada@example.com>\nتاریخ: 6 مارس 2026\nبه: Bob\nموضوع: دیدار"),
    ("vi-outlook", "Từ: Ada Byron <ada@example.com>\nĐã gửi: 6 tháng 3, 2026\nĐến: Bob\nChủ đề: Thăm"),
]  # fmt: skip

ORIGINAL_MARKERS: list[tuple[str, str]] = [
    ("en", "-----Original Message-----"),
    ("en-spaced", "----- Original Message -----"),
    ("en-thunderbird", "-------- Original Message --------"),
    ("en-proton", "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐"),
    ("en-reply", "-----Reply Message-----"),
    ("pt", "-----Mensagem original-----"),
    ("es", "-----Mensaje original-----"),
    ("fr", "-----Message d'origine-----"),
    ("de", "-----Ursprüngliche Nachricht-----"),
    ("de-other", "-------- Original-Nachricht --------"),
    ("it", "-----Messaggio originale-----"),
    ("nl", "-----Oorspronkelijk bericht-----"),
    ("pl", "-----Wiadomość oryginalna-----"),
    ("cs", "-----Původní zpráva-----"),
    ("sk", "-----Pôvodná správa-----"),
    ("ru", "-----Исходное сообщение-----"),
    ("uk", "-----Вихідне повідомлення-----"),
    ("sv", "-----Ursprungligt meddelande-----"),
    ("da", "-----Oprindelig meddelelse-----"),
    ("no", "-----Opprinnelig melding-----"),
    ("fi", "-----Alkuperäinen viesti-----"),
    ("tr", "-----Özgün İleti-----"),
    ("ja", "-----元のメッセージ-----"),
    ("zh", "------------------ 原始邮件 ------------------"),
    ("ko", "-----원본 메시지-----"),
    ("hu", "-----Eredeti üzenet-----"),
    ("fr-mail", "----- Mail original -----"),
    ("zh-other", "-------- 原始信息 --------"),
    ("ko-other", "-------- 원본 이메일 --------"),
    ("bg", "-------- Оригинално писмо --------"),
    ("th", "-------- ข้อความต้นฉบับ --------"),
]

FORWARD_MARKERS: list[tuple[str, str]] = [
    ("en-gmail", "---------- Forwarded message ---------"),
    ("en-thunderbird", "-------- Forwarded Message --------"),
    ("en-apple", "Begin forwarded message:"),
    ("en-lotus", "---------------------- Forwarded by Ada Byron on 06/03/2026 10:19 ---------------------------"),
    ("pt-gmail", "---------- Forwarded message ---------"),
    ("pt", "---------- Mensagem encaminhada ----------"),
    ("es", "---------- Mensaje reenviado ----------"),
    ("fr", "---------- Message transféré ----------"),
    ("fr-apple", "Début du message réexpédié :"),
    ("de", "-------- Weitergeleitete Nachricht --------"),
    ("de-apple", "Anfang der weitergeleiteten Nachricht:"),
    ("it-apple", "Inizio messaggio inoltrato:"),
    ("nl", "---------- Doorgestuurd bericht ----------"),
    ("pl", "---------- Wiadomość przekazana dalej ----------"),
    ("cs", "---------- Přeposlaná zpráva ----------"),
    ("ru", "-------- Пересылаемое сообщение --------"),
    ("uk", "---------- Переслане повідомлення ----------"),
    ("sv", "---------- Vidarebefordrat meddelande ----------"),
    ("da", "---------- Videresendt meddelelse ----------"),
    ("no", "---------- Videresendt melding ----------"),
    ("fi", "---------- Välitetty viesti ----------"),
    ("tr", "---------- İletilen mesaj ----------"),
    ("ja", "---------- 転送されたメッセージ ----------"),
    ("zh", "---------- 转发的邮件 ----------"),
    ("ru-apple", "Начало переадресованного письма:"),
    ("hu-apple", "A továbbított levél kezdete:"),
    ("he-apple", "תחילת ההודעה שהועברה:"),
    ("ar-apple", "بداية الرسالة المعاد توجيهها:"),
    ("zh-tw-apple", "開始轉寄郵件："),
    ("fr-lotus", "----- Réacheminé par Ada Byron/Paris le 06/03/2026 10:19 -----"),
]
