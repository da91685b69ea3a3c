"""Words for whoever receives mail, for what is wrong with them, and for whoever sends, in many languages.

Stems without accents, as text.folded leaves them. Two of them near each other say in any order what the phrase tables
cannot list: "Empfänger ist uns nicht bekannt", "gebruiker bestaat niet", "пользователь не зарегистрирован".
"""

RECEIVERS = (
    "benutzer", "empfanger", "empfaenger", "mailadresse", "adresse", "postfach", "konto", "utilisateur", "destinataire",
    "compte", "boite", "usuario", "destinatario", "direccion", "buzon", "cuenta", "endereco", "caixa", "conta ",
    "utente", "indirizzo", "casella", "gebruiker", "ontvanger", "adres", "postvak", "uzytkownik", "odbiorc", "skrzynk",
    "uzivatel", "prijemc", "adresat", "pouzivatel", "schrank",
    "пользовател", "получател", "адрес", "ящик", "абонент", "користувач",
    "одержувач", "скриньк", "потребител", "получател", "корисник", "anvandare", "mottagare", "brevlada", "bruger",
    "modtager", "bruker", "mottaker", "kayttaja", "vastaanottaja", "osoite", "kullanici", "kullanıcı", "alıcı", "alici",
    "felhasznalo", "cimzett", "utilizator", "destinatar", "korisnik", "primatelj", "primaoc", "uporabnik", "prejemnik",
    "kasutaja", "saaja", "vartotoj", "gavej", "lietotaj", "sanemej", "notandi", "ユーザ", "宛先", "アドレス", "受信者",
    "用户", "用戶", "收件人", "邮箱", "郵箱", "帐号", "账号", "帳號", "信箱", "使用者", "사용자", "수신자", "주소",
    "계정", "χρηστης", "παραληπτης", "διευθυνση", "משתמש", "נמען", "כתובת", "مستخدم", "مستلم", "عنوان", "pengguna",
    "penerima", "alamat", "nguoi nhan", "nguoi dung", "ผู้รับ", "ผู้ใช้", "ที่อยู่",
)  # fmt: skip
MISSING = (
    "kein ", "nicht registriert", "geloscht", "geloescht", "n'est pas enregistr", "supprim", "no esta registrad",
    "eliminad", "nao esta registrad", "non e registrat", "cancellat", "niet geregistreerd", "verwijderd", "usuniet",
    "zrusen", "удален", "видален", "slettet", "borttag", "poistettu", "silin", "unbekannt", "ungultig", "ungueltig",
    "nicht bekannt", "nicht gefunden", "existiert nicht", "nicht vorhanden",
    "gibt es nicht", "inconnu", "inexistant", "n'existe pas", "introuvable", "invalide", "pas valide", "aucun",
    "desconocid", "inexistente", "no existe", "no es valid", "no encontrad", "no hay", "desconhecid", "nao existe",
    "nao encontrad", "invalid", "sconosciut", "inesistente", "non esiste", "non valid", "non trovat", "onbekend",
    "bestaat niet", "ongeldig", "niet gevonden", "nieznan", "nie istnieje", "nieprawidlow", "nie znalezion", "neznam",
    "neni znam", "nepodarilo najit", "nepodarilo se najit", "nelze najit", "no se ha encontrado", "nie ma takiego",
    "neexistuj", "neplatn", "nenalezen", "nenajden", "не существует", "не найден", "не зарегистрирован", "неизвестн",
    "неверн", "недействител", "не знайден", "не існу", "не исну", "невідом", "невидом", "не съществува", "не постои",
    "не постоји", "finns inte", "inte finns", "okand", "hittades inte", "ogiltig", "findes ikke", "ukendt", "ugyldig",
    "finnes ikke",
    "ukjent", "ingen ", "ei ole", "ei loyd", "tuntematon", "virheellinen", "bulunamad", "bilinmi", "gecersiz", "yoktur",
    "nem letez", "ismeretlen", "ervenytelen", "nem talal", "necunoscut", "nu exista", "ne postoji", "nepoznat",
    "nije pronad", "ne obstaja", "neznan", "ei leitud", "tundmatu", "neegzistuoja", "nezinom", "neeksiste", "nezinam",
    "finnst ekki", "見つかり", "存在し", "不明", "無効", "不存在", "未找到", "未注册", "无效", "無效", "无此", "없",
    "존재하지", "잘못", "αγνωστ", "δεν υπαρχ", "δεν βρεθ", "לא קיים", "לא נמצא", "غير موجود", "غير معروف", "غير صالح",
    "tidak ditemukan", "tidak dikenal", "tidak ada", "khong ton tai", "ไม่พบ", "ไม่มี",
)  # fmt: skip
FULL = (
    " voll", "uberfullt", "ueberfuellt", "erschopft", "pleine", "est plein", "satur", "lleno", "llena", "cheio",
    "cheia", "pieno", "piena", "esaurit", " pełna", " pełny", "przepełnion", " plna", "preplnen", "переполнен",
    "заполнен",
)  # fmt: skip
# What a mailbox may hold, and that there is more.
QUOTAS = ("quota", "kvot", "cuota", "cota ", "speicher", "espace", "espacio", "espaco", "spazio", "квот")
EXCEEDED = (
    "uberschritten", "ueberschritten", "depass", "superad", "superat", "excedid", "esaurit", "prekrocen", "vycerpan",
    "przekrocz", "wyczerpan", "превыше", "исчерпан",
)  # fmt: skip
SENDERS = (
    "absender", "expediteur", "remitente", "remetente", "mittente", "afzender", "nadawc", "odesilatel", "odosielatel",
    "отправител", "відправник", "видправник", "подател", "avsandare", "afsender", "avsender", "lahettaja", "gonderen",
    "felado", "expeditor", "posiljatelj", "posiljalac", "posiljatel", "差出人", "送信者", "送信元", "发件人", "寄件",
    "보낸 사람", "보낸사람", "발신", "αποστολ", "שולח", "مرسل", "pengirim",
)  # fmt: skip
