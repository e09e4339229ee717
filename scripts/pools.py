"""Generates parloader/generation/pools.json, the values of the providers: chosen once with Faker, ASCII, at most 300 kB.

People (first_name … email), countries and languages are parallel lists: the values at the same index belong together.
"""

import base64
import hashlib
import json
import random
import unicodedata
from collections.abc import Callable
from pathlib import Path

from faker import Faker
from pools_lists import CHOSEN, COUNTRIES, LANGUAGES

TARGET = Path(__file__).parent.parent / "parloader" / "generation" / "pools.json"

MAX_BYTES = 300_000

PEOPLE = 400

# Reserved for examples by RFC 2606: mail to these domains reaches nobody
DOMAINS = ("example.com", "example.org", "example.net")

# Reserved for documentation by RFC 5737
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")

fake = Faker("en_US")
fake.seed_instance(5)

chance = random.Random(5)


def ascii_text(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def distinct(make: Callable[[], str], count: int) -> list[str]:
    """Up to `count` distinct values; fewer if `make` produces no more."""
    found: dict[str, None] = {}
    for _ in range(count * 20):
        found.setdefault(ascii_text(make()))
        if len(found) == count:
            break
    return list(found)


def slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def people() -> dict[str, list[str]]:
    pairs: dict[tuple[str, str], None] = {}
    while len(pairs) < PEOPLE:
        pairs.setdefault((fake.first_name(), fake.last_name()))
    pools: dict[str, list[str]] = {name: [] for name in ("first_name", "last_name", "name", "username", "email")}
    for number, (first, last) in enumerate(pairs):
        user = (slug(first)[0] + slug(last).replace("-", ""))[:16]
        user = user if user not in pools["username"] else f"{user}{number}"
        row = (first, last, f"{first} {last}", user, f"{slug(first)}.{slug(last)}@{DOMAINS[number % len(DOMAINS)]}")
        for name, value in zip(pools, row, strict=True):
            pools[name].append(value)
    return pools


def places() -> dict[str, list[str]]:
    return {
        # In every area code of the North American plan, 555-0100 … 555-0199 are reserved for fiction
        "phone": distinct(lambda: f"+1{chance.randrange(201, 990)}55501{chance.randrange(100):02}", 400),
        "street": distinct(fake.street_address, 400),
        "city": distinct(fake.city, 400),
        "state": distinct(fake.state, 50),
        "postcode": distinct(fake.postcode, 400),
        "country": [name for name, _, _ in COUNTRIES],
        "country_code": [code for _, code, _ in COUNTRIES],
        "currency_code": [code for _, _, code in COUNTRIES],
        "language": [name for name, _ in LANGUAGES],
        "language_code": [code for _, code in LANGUAGES],
    }


def business() -> dict[str, list[str]]:
    return {
        "company": distinct(fake.company, 300),
        "job": distinct(fake.job, 300),
        "product": distinct(
            lambda: f"{chance.choice(CHOSEN['quality'])} {chance.choice(CHOSEN['material'])} {chance.choice(CHOSEN['thing'])}", 300
        ),
        "color": distinct(fake.color_name, 100),
        "hex_color": distinct(lambda: f"#{chance.randrange(2**24):06x}", 200),
    }


def texts() -> dict[str, list[str]]:
    def words(count: int) -> str:
        return " ".join(fake.words(count))

    return {
        "word": distinct(fake.word, 500),
        "words": distinct(lambda: words(chance.randrange(2, 5)), 400),
        "title": distinct(lambda: words(chance.randrange(2, 6)).title(), 300),
        "sentence": distinct(lambda: fake.sentence(chance.randrange(4, 12)), 300),
        "paragraph": distinct(lambda: fake.paragraph(4), 150),
        "text": distinct(lambda: fake.text(600).replace("\n", " "), 80),
        "slug": distinct(lambda: slug(words(chance.randrange(2, 5))), 300),
    }


def network() -> dict[str, list[str]]:
    def file_name() -> str:
        return f"{fake.word()}.{chance.choice(CHOSEN['extension'])}"

    domains = distinct(lambda: f"{fake.word()}.{chance.choice(DOMAINS)}", 200)
    return {
        "url": distinct(lambda: f"https://{chance.choice(DOMAINS)}/{slug(' '.join(fake.words(2)))}", 300),
        "domain": domains,
        "host": distinct(lambda: f"{chance.choice(CHOSEN['server'])}{chance.randrange(1, 40):02}.{chance.choice(DOMAINS)}", 200),
        "ip": distinct(lambda: f"{chance.choice(NETWORKS)}.{chance.randrange(1, 255)}", 300),
        # RFC 7042 reserves 00-00-5E-00-53-xx for documentation
        "mac": [f"00:00:5e:00:53:{number:02x}" for number in range(256)],
        "user_agent": distinct(fake.user_agent, 100),
        "file_name": distinct(file_name, 300),
        "path": distinct(lambda: f"/{fake.word()}/{fake.word()}/{file_name()}", 300),
        "version": distinct(lambda: f"{chance.randrange(6)}.{chance.randrange(12)}.{chance.randrange(10)}", 200),
        "cron": distinct(cron, 100),
        "token": [base64.urlsafe_b64encode(hashlib.sha256(f"token {n}".encode()).digest()[:24]).decode() for n in range(200)],
        "hash": [hashlib.sha256(f"hash {n}".encode()).hexdigest() for n in range(200)],
        "json": distinct(json_object, 200),
    }


def cron() -> str:
    minute, hour = chance.choice((0, 5, 10, 15, 30, 45)), chance.randrange(24)
    return chance.choice(
        (f"{minute} {hour} * * *", f"{minute} {hour} * * {chance.randrange(1, 6)}", f"{minute} {hour} 1 * *", f"*/{minute or 20} * * * *")
    )


def json_object() -> str:
    """JSON as MySQL prints it: keys sorted by length, then by bytes; a space after comma and colon."""
    values = {
        "id": chance.randrange(1, 1000),
        "name": fake.word(),
        "tags": fake.words(chance.randrange(0, 3)),
        "active": chance.random() < 0.5,
        "level": chance.choice(CHOSEN["level"]),
        "count": chance.randrange(100),
        "color": fake.color_name(),
        "size": {"width": chance.randrange(1, 99), "height": chance.randrange(1, 99)},
        "note": None,
    }
    keys = chance.sample(sorted(values), chance.randrange(1, 5))
    return json.dumps(mysql_order({key: values[key] for key in keys}), ensure_ascii=True)


def mysql_order(value: object) -> object:
    if isinstance(value, dict):
        return {key: mysql_order(value[key]) for key in sorted(value, key=lambda key: (len(key), key))}
    return value


def main() -> None:
    pools = (
        people() | places() | business() | texts() | network() | {name: values for name, values in CHOSEN.items() if name not in HELPERS}
    )
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(values, separators=(',', ':'))}" for name, values in sorted(pools.items()))
    text = f"{{\n{lines}\n}}\n"
    if not text.isascii() or len(text) > MAX_BYTES:
        raise SystemExit(f"{len(text)} bytes; ASCII and at most {MAX_BYTES} are wanted")
    TARGET.write_text(text)
    print(f"{TARGET}: {len(pools)} pools, {len(text):,} bytes")


HELPERS = ("quality", "material", "thing", "server")

if __name__ == "__main__":
    main()
