"""Locales: names of people, places and texts of a country and its language, frozen by scripts/pools in locale_data/."""

import json
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "pt_BR", "it_IT", "pl_PL", "nl_NL", "ja_JP", "zh_CN", "vi_VN")

# Letters that Unicode does not decompose into one of a to z
ALONE = str.maketrans({"ß": "ss", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe"})

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

# What a locale without a list of its own does not take from en_US
OF_PEOPLE = ("female", "male", "last", "last_female", "places", "street")


def shown(name: str) -> str:
    """The name of a list, without its spelling: "佐藤=sato" gives "佐藤"."""
    return name.partition("=")[0]


def plain(name: str) -> str:
    """The name in lower-case letters a to z, without accents: equal for names that some collation may treat as equal."""
    decomposed = unicodedata.normalize("NFKD", name.rpartition("=")[2].casefold().translate(ALONE))
    return "".join(c for c in decomposed if "a" <= c <= "z")


def spelling(name: str) -> str:
    """The name as in an e-mail address, in the letters a to z: "Müller" gives "mueller"."""
    return plain(name.rpartition("=")[2].lower().translate(UMLAUTS))


@cache
def locale_data(locale: str) -> dict[str, Any]:
    """The locale's file; lists that it lacks are those of en_US."""
    own: dict[str, Any] = json.loads(files("parloader.plans").joinpath(f"locale_data/{locale}.json").read_text(encoding="utf-8"))
    if locale == LOCALES[0]:
        return own
    return {**{key: value for key, value in locale_data(LOCALES[0]).items() if key not in OF_PEOPLE}, **own}
