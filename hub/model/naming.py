"""Names for files and the API, proposed from the titles that people write."""

from __future__ import annotations

import re
from collections.abc import Container

from hub.model.fold import fold

_LONGEST = 50
# As passports and road signs write it (ICAO 9303), without marks; fold has made й и and ё е.
_CYRILLIC = str.maketrans(
    {
        **dict(zip("абвгдезиклмнопрстуфыэіґѓќ", "abvgdeziklmnoprstufyeiggk", strict=True)),
        **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "iu", "я": "ia"},
        **{"є": "ie", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ѕ": "dz"},
    }
)


def name_of(title: str, kind: str, taken: Container[str] = ()) -> str:
    """Returns a name that begins with a small letter: of "Зимняя скидка, 10%" zimniaia_skidka_10.

    `kind` stands where a title has no Latin or Cyrillic letters (segment, segment_2); names in `taken` get a number.
    """
    words = "_".join(re.findall(r"[a-z0-9]+", fold(title).translate(_CYRILLIC)))[:_LONGEST].strip("_")
    name = words if words[:1].isalpha() else f"{kind}_{words}".strip("_")
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
