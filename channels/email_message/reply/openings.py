"""Phrases of the lines that part a person's own text from an older mail below it; data only, lower case."""

from __future__ import annotations

from collections.abc import Mapping

ORIGINAL: Mapping[str, tuple[str, ...]] = {
    "en": (
        "original message", "reply message", "original appointment", "original email", "replied message",
        "previous message",
    ),
    "pt": ("mensagem original", "mensagem anterior"),
    "es": ("mensaje original", "mensaje anterior"),
    "fr": ("message d'origine", "message d’origine", "message original", "message initial", "message precedent"),
    "de": (
        "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "original nachricht",
        "antwort nachricht", "ursprüngliche mail", "urspruengliche nachricht", "originalmail", "urspr. nachricht",
    ),
    "it": ("messaggio originale", "messaggio originario"),
    "nl": ("oorspronkelijk bericht", "origineel bericht", "originele bericht", "oorspronkelijke bericht"),
    "pl": ("wiadomość oryginalna", "oryginalna wiadomość", "treść oryginalnej wiadomości", "wiadomość pierwotna"),
    "cs": ("původní zpráva", "původní e-mail", "původní email"),
    "sk": ("pôvodná správa",),
    "ru": ("исходное сообщение", "исходное письмо", "оригинальное сообщение", "первоначальное сообщение"),
    "uk": ("вихідне повідомлення", "початкове повідомлення", "оригінальне повідомлення", "початковий лист"),
    "bg": ("оригинално съобщение", "първоначално съобщение"),
    "sv": ("ursprungligt meddelande", "originalmeddelande"),
    "da": ("oprindelig meddelelse", "original meddelelse", "oprindelig besked"),
    "no": ("opprinnelig melding", "original melding", "opprinnelig e-post"),
    "fi": ("alkuperäinen viesti",),
    "et": ("algne kiri", "algsõnum"),
    "tr": ("orijinal ileti", "özgün ileti", "orijinal mesaj", "asıl ileti"),
    "ja": ("元のメッセージ", "元のメール", "original message"),
    "zh": ("原始邮件", "原始郵件", "原邮件", "邮件原件", "原始訊息", "原信", "回复的原邮件", "回复的邮件"),
    "ko": ("원본 메시지", "원본 메일", "원래 메시지"),
    "hu": ("eredeti üzenet", "eredeti levél"),
    "ro": ("mesaj original", "mesajul original", "mesajul inițial"),
    "el": ("αρχικό μήνυμα",),
    "he": ("הודעה מקורית", "ההודעה המקורית"),
    "ar": ("الرسالة الأصلية", "رسالة أصلية"),
    "vi": ("thư gốc", "tin nhắn gốc", "thư ban đầu"),
    "ca": ("missatge original",),
    "hr": ("izvorna poruka", "originalna poruka"),
    "sl": ("izvirno sporočilo",),
    "id": ("pesan asli",),
}  # fmt: skip

FORWARDED: Mapping[str, tuple[str, ...]] = {
    "en": (
        "forwarded message", "forwarded email", "forwarded mail", "forwarded by", "forwarded message from", "fwd",
        "forwarded",
    ),
    "pt": ("mensagem encaminhada", "mensagem reencaminhada", "forwarded message"),
    "es": ("mensaje reenviado", "mensaje remitido"),
    "fr": ("message transféré", "message transmis", "courriel transféré", "message réexpédié"),
    "de": ("weitergeleitete nachricht", "weitergeleitete e-mail", "weitergeleitete mail", "weitergeleitet von"),
    "it": ("messaggio inoltrato", "messaggio inoltrato da"),
    "nl": ("doorgestuurd bericht", "doorgezonden bericht", "doorgestuurde e-mail"),
    "pl": (
        "wiadomość przekazana dalej", "przekazana wiadomość", "treść przekazanej wiadomości", "wiadomość przekazana",
        "przesłana wiadomość", "forwarded message",
    ),
    "cs": ("přeposlaná zpráva", "přeposlaný e-mail", "přeposlaná zpráva od"),
    "sk": ("preposlaná správa", "preposlaná správa od"),
    "ru": (
        "пересылаемое сообщение", "пересланное сообщение", "перенаправленное сообщение", "переадресованное сообщение",
        "пересылаемое письмо", "начало переадресованного сообщения",
    ),
    "uk": ("переслане повідомлення", "пересланий лист", "переслане повідомлення від"),
    "bg": ("препратено съобщение",),
    "sv": ("vidarebefordrat meddelande", "vidarebefordrat brev"),
    "da": ("videresendt meddelelse", "videresendt besked", "videresendt e-mail"),
    "no": ("videresendt melding", "videresendt e-post"),
    "fi": ("välitetty viesti", "edelleenlähetetty viesti"),
    "tr": ("iletilmiş mesaj", "yönlendirilmiş ileti", "iletilen mesaj", "iletilen ileti"),
    "ja": ("転送されたメッセージ", "転送メッセージ", "転送メール"),
    "zh": (
        "转发的邮件", "转发邮件信息", "轉寄的郵件", "轉寄郵件", "转发邮件", "已转发邮件", "转发的消息", "轉寄訊息",
    ),
    "ko": ("전달된 메시지", "전달된 메일", "전달 메시지"),
    "hu": ("továbbított üzenet", "továbbított levél"),
    "ro": ("mesaj redirecționat", "mesaj transmis mai departe", "mesaj forwardat"),
    "el": ("προωθημένο μήνυμα",),
    "he": ("הודעה שהועברה",),
    "ar": ("رسالة تمت إعادة توجيهها", "رسالة معاد توجيهها", "الرسالة المعاد توجيهها"),
    "vi": ("thư đã chuyển tiếp", "tin nhắn được chuyển tiếp", "forwarded message"),
    "ca": ("missatge reenviat",),
    "hr": ("proslijeđena poruka", "prosljeđena poruka"),
    "sl": ("posredovano sporočilo",),
    "id": ("pesan terusan", "pesan diteruskan"),
}  # fmt: skip

BEGIN_FORWARDED: tuple[str, ...] = (
    "begin forwarded message", "start of forwarded message", "inizio messaggio inoltrato",
    "début du message réexpédié", "début du message transféré", "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail", "inicio del mensaje reenviado", "início da mensagem encaminhada",
    "início da mensagem reencaminhada", "begin doorgestuurd bericht", "begin doorgezonden bericht",
    "vidarebefordrat brev", "vidarebefordrat mejl", "videresendt besked", "start på videresendt besked",
    "videresendt melding", "start på videresendt melding", "välitetty viesti alkaa", "alkaa välitetty viesti",
    "początek przekazywanej wiadomości", "początek wiadomości przekazanej dalej", "začátek přeposlané zprávy",
    "začiatok preposlanej správy", "начало переадресованного сообщения", "начало пересылаемого сообщения",
    "початок листа, що пересилається", "початок переадресованого повідомлення", "başlangıç iletilen ileti",
    "iletilmiş mesajın başlangıcı", "転送されたメッセージ", "下記は転送されたメッセージです", "以下是转发的邮件",
    "以下是轉寄的郵件", "下面是被转发的邮件", "开始转发的邮件", "전달된 메시지 시작", "továbbított levél kezdete",
    "începutul mesajului redirecționat", "αρχή προωθημένου μηνύματος", "inici del missatge reenviat",
)  # fmt: skip

FORWARDED_SUBJECT: tuple[str, ...] = (
    "fw:", "fwd:", "wg:", "tr:", "rv:", "enc:", "i:", "inoltro:", "doorst:", "vb:", "vs:", "vl:", "pd:", "fyi:",
    "转发", "轉寄", "転送", "пересл:", "ilt:", "trs:", "rif:", "yön:", "továbbítás:", "전달", "πρθ:", "předané:",
    "přep:",
)  # fmt: skip

REPLY_ABOVE: tuple[str, ...] = (
    "reply above this line", "reply above the line", "your reply above", "write above this line",
    "type above this line", "respond above this line", "response above this line", "reply above here",
    "reply above to", "add your comment above", "reply between these lines", "do not write below this line",
    "do not reply below this line", "only text above this line", "above this line to reply", "above this line to add",
    "antwort oberhalb dieser", "antworten sie oberhalb", "antwort über dieser", "über dieser zeile antworten",
    "oberhalb dieser linie", "oberhalb dieser zeile", "répondez au-dessus", "réponse au-dessus", "répondre au-dessus",
    "au-dessus de cette ligne", "ci-dessus de cette ligne", "por encima de esta línea", "encima de esta línea",
    "arriba de esta línea", "sobre esta línea", "acima desta linha", "por cima desta linha", "sopra questa riga",
    "sopra questa linea", "boven deze regel", "boven deze lijn", "powyżej tej linii", "nad tą linią",
    "nad tímto řádkem", "nad tuto čáru", "nad tento řádek", "nad týmto riadkom", "выше этой строки",
    "выше этой линии", "над этой строкой", "над этой чертой", "вище цього рядка", "вище цієї лінії",
    "ovanför denna rad", "ovanför den här raden", "over denne linje", "over denne linjen", "tämän rivin yläpuolelle",
    "bu satırın üstüne", "bu satırın üzerine", "この行より上", "この行の上", "在此行上方", "在此线以上", "在這行以上",
    "이 줄 위에", "peste această linie", "deasupra acestei linii", "e vonal fölé", "e sor fölé",
    "πάνω από αυτή τη γραμμή",
)  # fmt: skip
