"""Phrases of what stands under a person's own text: devices, mailing lists, closings; data only, lower case."""

from __future__ import annotations

from collections.abc import Mapping

DEVICES: tuple[str, ...] = (
    "iphone", "iphon", "ipad", "ipod", "ios", "android", "blackberry", "galaxy", "samsung", "huawei", "xiaomi", "redmi",
    "nokia", "lumia", "htc", "motorola", "oneplus", "pixel", "xperia", "alcatel", "oppo", "realme", "windows phone",
    "windows", "mobile", "mobil", "mobilgerät", "mobiltelefon", "mobiele", "móvil", "movil", "celular", "telemóvel",
    "handy", "smartphone", "phone", "cell", "cellphone", "tablet", "palm", "treo", "mac", "macbook", "pc", "handheld",
    "wireless", "outlook", "gmail", "yahoo", "airmail", "mailbox", "sparrow", "thunderbird", "protonmail", "proton",
    "k-9", "aquamail", "bluemail", "typeapp", "mailspring", "spark", "acompli", "postbox", "zoho", "mail app", "mail",
    "hotmail", "gmx", "web.de", "fairemail", "nine", "newton", "superhuman", "polymail", "téléphone", "telefon",
    "telefono", "telefone", "teléfono", "telefoon", "puhelin", "puhelimesta", "телефон", "телефона", "смартфон",
    "айфон", "мобильного", "мобільного", "mobilní", "mobilního", "手机", "手機", "スマートフォン", "휴대폰", "gerät",
    "correo", "poczta", "почта", "почты", "пошти", "posta", "boxer", "workspace", "smartphonu", "telefonu", "mobilu",
)  # fmt: skip

# What stands before the device's name, or after it.
SENT_FROM: Mapping[str, tuple[str, ...]] = {
    "en": (
        "sent from", "sent via", "sent with", "sent by", "sent using", "from my", "posted from", "typed on",
        "composed on",
    ),
    "fr": (
        "envoyé de", "envoyé depuis", "envoyé à partir", "envoyé avec", "envoyé par", "expédié de", "envoyé via",
        "télécharger",
    ),
    "de": (
        "gesendet", "von meinem", "von unterwegs", "diese nachricht wurde", "versendet", "geschickt",
        "mit freundlichen grüßen von",
    ),
    "es": ("enviado desde", "enviado con", "enviado por", "enviado de"),
    "pt": (
        "enviado do", "enviado de", "enviado a partir", "enviado via", "enviado com", "enviado pelo", "enviado por",
        "enviada do",
    ),
    "it": ("inviato da", "inviato dal", "inviato con", "inviato tramite", "inviata da"),
    "nl": ("verzonden", "verstuurd", "gestuurd vanaf"),
    "pl": ("wysłane z", "wysłano z", "wysłane za", "wysłane przez", "wysłano za"),
    "cs": ("odesláno", "posláno z", "odeslané z"),
    "sk": ("odoslané", "poslané z"),
    "ru": ("отправлено", "послано с"),
    "uk": ("надіслано", "відправлено"),
    "bg": ("изпратено от",),
    "sv": ("skickat från", "skickat via", "skickat med", "skickat av", "skickades från"),
    "da, no": ("sendt fra", "sendt via", "sendt med", "sendt av"),
    "fi": ("lähetetty", "lähetin"),
    "et": ("saadetud",),
    "tr": ("gönderildi", "gönderilmiştir"),
    "ja": ("から送信", "より送信"),
    "zh": ("发自", "發自", "从我的", "從我的", "来自我的", "來自我的", "发送自", "寄自", "傳送自"),
    "ko": ("에서 보냄", "에서 전송", "보낸 메일"),
    "hu": ("elküldve", "küldve"),
    "ro": ("trimis de", "trimis din", "trimis cu"),
    "el": ("στάλθηκε", "εστάλη"),
    "he": ("נשלח מ",),
    "ar": ("أرسلت من", "تم الإرسال من", "أُرسلت من"),
    "vi": ("được gửi từ", "đã gửi từ", "gửi từ"),
    "ca": ("enviat des", "enviat de"),
    "hr": ("poslano s", "poslano sa"),
    "id": ("dikirim dari",),
}  # fmt: skip

MY_DEVICE: tuple[str, ...] = (
    "sent from my", "envoyé de mon", "envoyé depuis mon", "enviado desde mi", "enviado do meu", "enviado de meu",
    "enviado de mi", "enviado a partir do meu", "inviato dal mio", "verzonden vanaf mijn", "verstuurd vanaf mijn",
    "skickat från min", "sendt fra min", "wysłane z mojego", "odesláno z mého", "отправлено с моего",
    "надіслано з мого", "gesendet von meinem", "trimis de pe",
)  # fmt: skip

# What may stand after the device's name instead.
SENT_LAST: tuple[str, ...] = (
    "gesendet", "versendet", "geschickt", "gönderildi", "gönderilmiştir", "から送信", "より送信", "에서 보냄",
    "에서 전송", "보낸 메일", "elküldve", "küldve", "傳送", "发送", "發送", "verzonden", "verstuurd", "lähetetty",
)  # fmt: skip

LIST_FOOTERS: tuple[str, ...] = (
    "mailing list", "mailman/listinfo", "you received this message because", "you are receiving this because",
    "to unsubscribe", "google groups", "subscribed to", "view it on github", "reply to this email directly",
    "listinfo", "list archive", "manage your subscription", "unsubscribe", "mailinglist", "liste de diffusion",
    "lista de correo", "lista de discussão", "e-mailadres afmelden", "abmelden", "se désabonner", "darse de baja",
    "cancelar inscrição",
)  # fmt: skip

CLOSINGS: tuple[str, ...] = (
    "regards", "best regards", "kind regards", "warm regards", "many regards", "with regards", "with kind regards",
    "with best regards", "best wishes", "all the best", "best", "cheers", "sincerely", "yours sincerely",
    "sincerely yours", "yours faithfully", "yours truly", "thanks", "many thanks", "thank you", "thanks and regards",
    "thanks & regards", "rgds", "br", "kr", "atenciosamente", "cumprimentos", "com os melhores cumprimentos",
    "melhores cumprimentos", "abraço", "abraços", "obrigado", "obrigada", "saludos", "un saludo", "saludos cordiales",
    "atentamente", "cordialmente", "gracias", "cordialement", "bien cordialement", "bien à vous", "salutations",
    "merci", "mit freundlichen grüßen", "mit freundlichem gruß", "viele grüße", "mit freundlichen gruessen",
    "beste grüße", "liebe grüße", "freundliche grüße", "mfg", "vg", "lg", "gruß", "grüße", "danke", "cordiali saluti",
    "distinti saluti", "saluti", "un saluto", "grazie", "met vriendelijke groet", "met vriendelijke groeten",
    "vriendelijke groet", "groeten", "groet", "mvg", "z poważaniem", "z powazaniem", "pozdrawiam", "pozdrowienia",
    "serdecznie pozdrawiam", "s pozdravem", "s přátelským pozdravem", "hezký den", "děkuji", "s pozdravom",
    "с уважением", "с наилучшими пожеланиями", "спасибо", "з повагою", "с уважение", "med vänlig hälsning",
    "med vänliga hälsningar", "vänliga hälsningar", "hälsningar", "mvh", "vänligen", "med venlig hilsen",
    "venlig hilsen", "de bedste hilsner", "bedste hilsner", "hilsen", "kh", "med vennlig hilsen", "vennlig hilsen",
    "beste hilsen", "mange hilsner", "ystävällisin terveisin", "terveisin", "parhain terveisin", "saygılarımla",
    "iyi günler", "teşekkürler", "よろしくお願いします", "よろしくお願いいたします", "此致", "敬礼", "祝好",
    "üdvözlettel", "cu stimă", "cu respect", "με εκτίμηση", "בברכה", "مع أطيب التحيات", "trân trọng", "salutacions",
    "srdačan pozdrav", "lep pozdrav", "감사합니다",
)  # fmt: skip
