"""The letters beyond ASCII that languages in Latin script write, one row a language: they tell charsets apart."""

from __future__ import annotations

# German, French, Spanish, Portuguese, Italian, Nordic, Icelandic, Dutch.
WESTERN = ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "áâãàçéêíóôõúü", "àèéìíòóùú", "åäöæøéü", "áðéíóúýþæö", "éëïóöüè")
# Czech, Slovak, Polish, Hungarian, Romanian, Croatian and Slovene.
CENTRAL = ("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîşţ", "čćđšž")
TURKISH = ("çğıöşüâî",)
# Lithuanian, Latvian.
BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž")
