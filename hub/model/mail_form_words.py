"""Words of form mails, in the languages in which websites ask: labels by what they give, and how footers begin.

Folded when compared. en, es, pt, fr, de, it, nl, pl, cs, sk, ru, uk, sv, da, no, fi, tr, hu, ro, el, ja, zh, ko, he,
ar.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.model.mail_form import Gives

LABELS: Mapping[Gives, str] = {
    Gives.FIRST_NAME: (
        "first name|given name|firstname|forename|vorname|prenom|nombre de pila|primeiro nome|"
        "primer nombre|nome proprio|voornaam|imie|jmeno krestni|krestni jmeno|fornamn|fornavn|etunimi|"
        "keresztnev|imya"
    ),
    Gives.LAST_NAME: (
        "last name|surname|family name|lastname|nachname|familienname|nom de famille|apellido|apellidos|"
        "sobrenome|apelido|ultimo nome|cognome|achternaam|nazwisko|prijmeni|efternamn|efternavn|etternavn|"
        "sukunimi|vezeteknev|soyad|soyadi|фамилия|прізвище"
    ),
    Gives.NAME: (
        "name|your name|full name|contact name|customer name|complete name|name and surname|nome|seu nome|"
        "nome completo|o seu nome|nombre|su nombre|tu nombre|nombre completo|nombre y apellidos|nom|"
        "votre nom|nom complet|nom et prenom|nom prenom|ihr name|dein name|vor- und nachname|"
        "vollstandiger name|il tuo nome|nome e cognome|naam|uw naam|je naam|volledige naam|"
        "imie i nazwisko|twoje imie|jmeno|vase jmeno|jmeno a prijmeni|cele jmeno|meno|meno a priezvisko|"
        "имя|ваше имя|фио|как вас зовут|имя и фамилия|ім'я|ваше ім'я|namn|ditt namn|navn|dit navn|"
        "ditt navn|nimi|nimesi|ad soyad|adiniz|adiniz soyadiniz|isim|nev|az on neve|teljes nev|nume|"
        "numele dumneavoastra|ονομα|ονοματεπωνυμο|お名前|名前|氏名|姓名|名字|您的姓名|이름|성함|שם|שם מלא|"
        "الاسم|what is your name|what's your name|what is your full name|qual e o seu nome|como te llamas|"
        "cual es tu nombre|comment vous appelez-vous|wie heissen sie|jak se jmenujete"
    ),
    Gives.EMAIL: (
        "email|e-mail|e mail|your email|your e-mail|email address|e-mail address|mail|mail address|"
        "seu e-mail|seu email|endereco de e-mail|endereco de email|correo|correo electronico|su correo|"
        "su correo electronico|tu correo|tu correo electronico|email de contacto|courriel|adresse e-mail|"
        "adresse email|votre e-mail|votre email|adresse mail|ihre e-mail|ihre e-mail-adresse|"
        "e-mail-adresse|e-mail adresse|emailadresse|posta elettronica|indirizzo email|indirizzo e-mail|"
        "la tua email|e-mailadres|uw e-mailadres|emailadres|adres e-mail|adres email|twoj e-mail|"
        "vas e-mail|vas email|emailova adresa|e-mailova adresa|эл. почта|почта|электронная почта|"
        "ваш e-mail|ваш email|адрес электронной почты|електронна пошта|e-post|epost|e-postadress|"
        "din e-post|din e-mail|sahkoposti|sahkopostiosoite|e-posta|e-posta adresi|e-posta adresiniz|"
        "e-mail cim|email cim|adresa de email|ηλ. ταχυδρομειο|メールアドレス|メール|電子メール|邮箱|"
        '电子邮件|電子郵件|您的邮箱|이메일|דוא"ל|אימייל|البريد الإلكتروني|what is your email|'
        "what is your email address|what's your email|what's your email address|qual e o seu e-mail|"
        "cual es tu correo"
    ),
    Gives.PHONE: (
        "phone|phone number|telephone|telephone number|your phone|tel|tel.|mobile|mobile number|"
        "mobile phone|cell|cell phone|contact number|telefone|seu telefone|telemovel|celular|whatsapp|"
        "telefono|su telefono|tu telefono|movil|numero de telefono|telephone portable|votre telephone|"
        "numero de telephone|portable|telefon|ihre telefonnummer|telefonnummer|handy|handynummer|mobil|"
        "rufnummer|numero di telefono|cellulare|telefoon|telefoonnummer|numer telefonu|telefonni cislo|"
        "telefonne cislo|vas telefon|телефон|ваш телефон|номер телефона|мобильный|mobilnummer|puhelin|"
        "puhelinnumero|telefon numarasi|telefonszam|numar de telefon|τηλεφωνο|電話番号|電話|电话|手机|"
        "联系电话|전화번호|연락처|טלפון|الهاتف|رقم الهاتف|what is your phone number|"
        "what's your phone number"
    ),
    Gives.SUBJECT: (
        "subject|your subject|topic|assunto|asunto|objet|sujet|betreff|thema|oggetto|onderwerp|temat|"
        "predmet|тема|amne|emne|aihe|konu|targy|subiect|θεμα|件名|题目|主题|主題|제목|נושא|الموضوع"
    ),
    Gives.MESSAGE: (
        "message|your message|message body|message details|comment|comments|comment or message|question|"
        "your question|enquiry|inquiry|how can we help|how can we help you|details|description|mensagem|"
        "sua mensagem|a sua mensagem|comentario|comentarios|mensaje|su mensaje|tu mensaje|consulta|"
        "votre message|commentaire|demande|nachricht|ihre nachricht|deine nachricht|mitteilung|anfrage|"
        "kommentar|messaggio|il tuo messaggio|richiesta|bericht|uw bericht|je bericht|opmerking|vraag|"
        "wiadomosc|twoja wiadomosc|tresc|tresc wiadomosci|zprava|vase zprava|dotaz|text zpravy|sprava|"
        "сообщение|ваше сообщение|вопрос|ваш вопрос|комментарий|повідомлення|meddelande|ditt meddelande|"
        "besked|melding|viesti|viestisi|mesaj|mesajiniz|uzenet|az on uzenete|mesajul|μηνυμα|"
        "お問い合わせ内容|メッセージ|本文|内容|留言|信息|您的留言|메시지|문의 내용|문의내용|הודעה|ההודעה|"
        "الرسالة|رسالتك"
    ),
    Gives.PERSON: ("from|von|de|od|van|от|absender|odesilatel|remitente"),
    # What machines add, and nobody answered.
    Gives.NOTHING: (
        "date|time|page url|page title|url|referer|referrer|user agent|browser|remote ip|ip|ip address|"
        "powered by|site|form|form name|form id|entry id|entry|submission id|submission date|submitted on|"
        "submitted at|created|token|datum|uhrzeit|fecha|hora|data|date de soumission|adresse ip|"
        "ip-adresse|ip adresa|время|дата|страница|seiten-url"
    ),
}
# How the last lines of well-known forms' mails begin: WordPress plugins, site builders, form services.
FOOTERS = (
    "this e-mail was sent from",
    "this email was sent from",
    "this is a notification that",
    "this mail is sent via",
    "sent from ",
    "sent via ",
    "powered by",
    "to edit your",
    "to manage",
    "manage your",
    "you can edit this",
    "you are receiving",
    "you received this",
    "view your",
    "view this",
    "view submission",
    "reply directly",
    "unsubscribe",
    "log in to view",
    "see all",
    "does this submission look like spam",
    "submitted from",
    "mark as spam",
    "report spam",
    "esta mensagem foi enviada",
    "este correo",
    "este mensaje",
    "cet e-mail",
    "diese e-mail wurde",
    "questa e-mail",
    "tento e-mail",
    "это сообщение",
    "это письмо",
    "view all",
    "submitted ",
)
