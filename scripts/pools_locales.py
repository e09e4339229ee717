"""Generates parloader/plans/locale_data/*.json, the values of the providers with a locale: chosen once, from scripts/locales and Faker.

The spellings (a-z) of first names differ within a locale, those of last names in all locales together: so no two people of different names
have the same e-mail address, whatever locales are combined.
"""

import importlib
import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from faker import Faker
from pools import mysql_order

from parloader.plans.locales import LOCALES, plain, spelling

SOURCE = Path(__file__).parent / "locales"

TARGET = Path(__file__).parent.parent / "parloader" / "plans" / "locale_data"

MAX_BYTES = 70_000  # of a file

FIRST_NAMES, LAST_NAMES = 200, 400

MAX_NAME = 11  # characters of a spelling: addresses stay short

# Names that several locales share belong to the first of these
OWNERS = ("de_DE", "es_ES", "pt_BR", "it_IT", "fr_FR", "nl_NL", "pl_PL", "vi_VN", "ja_JP", "zh_CN", "en_US", "en_GB")

AMERICAN = 300  # last names of en_US that are its own, before en_GB has any


def lines(name: str) -> Iterator[list[str]]:
    for line in (SOURCE / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("|")


def lists(name: str) -> dict[str, dict[str, list[str]]]:
    """locale → list → values."""
    found: dict[str, dict[str, list[str]]] = {locale: {} for locale in LOCALES}
    for locale, key, values in lines(name):
        found[locale][key] = list(dict.fromkeys(values.split(";")))
    return found


def by_frequency(values: Mapping[str, float] | tuple[str, ...], locale: str) -> list[str]:
    """The most frequent ones first, as far as Faker knows."""
    if isinstance(values, Mapping):
        return sorted(values, key=lambda value: -values[value])
    shuffled = list(dict.fromkeys(values))
    random.Random(locale).shuffle(shuffled)
    return shuffled


def fitting(names: list[str], taken: set[str], count: int) -> list[str]:
    """Up to `count` names whose spellings differ from each other, and from the taken ones, to which they are added."""
    chosen: list[str] = []
    for name in names:
        spelled = {spelling(name), plain(name)}  # a collation may have ü as u
        if 2 <= len(spelling(name)) <= MAX_NAME and not spelled & taken and len(chosen) < count:
            taken |= spelled
            chosen.append(name)
    return chosen


def people() -> dict[str, dict[str, list[str]]]:
    own, taken, found = lists("names.txt"), set[str](), dict[str, dict[str, list[str]]]()
    for locale in OWNERS:
        faker = importlib.import_module(f"faker.providers.person.{locale}").Provider
        first: set[str] = set()
        found[locale] = {
            key: fitting(own[locale].get(key) or by_frequency(getattr(faker, f"first_names_{key}"), locale), first, FIRST_NAMES)
            for key in ("female", "male")
        }
        last = own[locale].get("last") or by_frequency(faker.last_names, locale)
        found[locale]["last"] = fitting(last, taken, AMERICAN if locale == "en_US" else LAST_NAMES)
    found["pl_PL"]["last_female"] = [f"{name[:-1]}a" if name.endswith(("ski", "cki", "dzki")) else name for name in found["pl_PL"]["last"]]
    return found


def words(locale: str) -> dict[str, list[str]]:
    """Random words and sentences in the locale's language; en_US has better ones."""
    fake = Faker(locale)
    fake.seed_instance(5)
    jobs = list(dict.fromkeys(fake.job() for _ in range(300)))[:80]
    if locale in ("en_US", "en_GB"):
        return {}
    word = list(dict.fromkeys(fake.word() for _ in range(400)))[:120]
    sentences = list(dict.fromkeys(fake.sentence(random.Random(n).randrange(4, 10)) for n in range(120)))
    return {"word": word, "words": list(dict.fromkeys(" ".join(fake.words(2)) for _ in range(80))), "sentence": sentences, "job": jobs}


LANGUAGES, THEMES, UNITS = ("en", "de", "fr", "es"), ("light", "dark", "system"), ("cm", "in")


def documents() -> dict[str, list[str]]:
    """JSON as MySQL prints it (pools.mysql_order)."""
    chance, texts = random.Random(5), lists("texts.txt")["en_US"]
    cities = [place for locale, *place in lines("places.txt") if locale == "en_US"]
    streets = next(values.split(";") for locale, values in lines("streets.txt") if locale == "en_US")

    def some(values: list[str], most: int) -> list[str]:
        return sorted(chance.sample(values, chance.randrange(1, most + 1)))

    def address() -> Any:
        place = chance.choice(cities)
        street = f"{chance.randrange(1, 200)} {chance.choice(streets)}"
        return {"street": street, "city": place[0], "state": place[1], "zip": place[2].replace("%", "4"), "country": "US"}

    makers: dict[str, Callable[[], Any]] = {
        "json_settings": lambda: {
            "theme": chance.choice(THEMES),
            "language": chance.choice(LANGUAGES),
            "notifications": {"email": chance.random() < 0.7, "sms": chance.random() < 0.2},
            "items_per_page": chance.choice((10, 25, 50, 100)),
        },
        "json_preferences": lambda: {
            "newsletter": chance.random() < 0.4,
            "language": chance.choice(LANGUAGES),
            "contact": chance.choice(("email", "phone", "none")),
            "time_format": chance.choice(("12h", "24h")),
        },
        "json_address": address,
        "json_tags": lambda: some(texts["tag"], 4),
        "json_permissions": lambda: some(texts["permission"], 6),
        "json_attributes": lambda: {
            "color": chance.choice(texts["color"]),
            "weight_g": chance.randrange(5, 500) * 10,
            "size": chance.choice(("XS", "S", "M", "L", "XL")),
            "unit": chance.choice(UNITS),
        },
        "json_payload": lambda: {
            "source": chance.choice(("web", "mobile", "api", "import", "job")),
            "ip": f"192.0.2.{chance.randrange(1, 255)}",
            "changed": some(["status", "name", "email", "price", "quantity", "address", "note"], 3),
            "attempt": chance.choice((1, 1, 1, 2, 3)),
        },
        "json_metadata": lambda: {
            "source": chance.choice(("web", "mobile", "api", "import", "partner")),
            "version": chance.randrange(1, 6),
            "verified": chance.random() < 0.6,
            "reference": f"R{chance.randrange(10**5, 10**6)}",
        },
    }
    return {
        name: list(dict.fromkeys(json.dumps(mysql_order(make()), ensure_ascii=False) for _ in range(40))) for name, make in makers.items()
    }


def main() -> None:
    names, texts = people(), lists("texts.txt")
    streets = {locale: values.split(";") for locale, values in lines("streets.txt")}
    places: dict[str, list[list[str]]] = {locale: [] for locale in LOCALES}
    for locale, *place in lines("places.txt"):
        places[locale].append(place)
    TARGET.mkdir(exist_ok=True)
    for locale, name, *facts in lines("countries.txt"):
        keys = (
            "country",
            "country_local",
            "country_code",
            "country_code3",
            "currency_code",
            "currency_symbol",
            "language",
            "language_code",
        )
        document: dict[str, Any] = {"name": name, **dict(zip((*keys, "telephone_code", "street_form"), facts, strict=True))}
        document |= {"street": streets[locale], "places": places[locale], **names[locale], **words(locale), **texts[locale]}
        if locale == "en_US":
            document |= documents()
        text = ",\n".join(
            f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}" for key, value in document.items()
        )
        path = TARGET / f"{locale}.json"
        path.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SystemExit(f"{path}: {size} bytes; at most {MAX_BYTES} are wanted")
        people_count = (len(document["female"]) + len(document["male"])) * len(document["last"])
        print(f"{path.name}: {size:,} bytes, {people_count:,} people")


if __name__ == "__main__":
    main()
