"""Texts: from pools, of random characters, or from other columns."""

from dataclasses import dataclass

from parloader.plans.generators.base import Generator


@dataclass(frozen=True, kw_only=True)
class Provider(Generator):
    """A random value from a pool (generation/pools.json): "first_name", "city", "sentence", …"""

    name: str  # one of PROVIDERS
    length: int = 0  # maximum number of characters (0: any); dimensions of a vector
    srid: int = 0  # of geometries
    group: str | None = None  # columns with the same group get values that belong together, such as a country and its code
    locale: str | None = None  # such as "de_DE"; None: the pools of earlier versions


PROVIDERS = tuple(
    """
    category, city, color, company, country, country_code, cron, currency_code, department, domain, email, extension, file_name,
    first_name, gender, geometry, geometrycollection, hash, hex_color, host, ip, job, json, language, language_code, last_name, level,
    linestring, locale, mac, mime_type, multilinestring, multipoint, multipolygon, name, paragraph, path, phone, point, polygon,
    postcode, priority, product, sentence, slug, state, status, street, tag, text, time_zone, title, token, unit, url, user_agent,
    username, vector, version, word, words
    """.replace(",", " ").split()
)
"""Provider.name: the pools of generation/pools.py."""


@dataclass(frozen=True, kw_only=True)
class Random(Generator):
    """Random characters, bytes, addresses, times or bits."""

    form: str  # one of RANDOM_FORMS
    length: int = 0  # number of characters, bytes or bits
    least: int | None = None  # minimum length; None: it is `length`


RANDOM_FORMS = ("letters", "digits", "hex", "bytes", "uuid", "inet4", "inet6", "time", "bits")
"""Random.form: a-z, 0-9, 0-9a-f and bytes have a length; "time" is a time of day; "bits" is a number of `length` bits."""


@dataclass(frozen=True, kw_only=True)
class Template(Generator):
    """Text with {i}, {i:06} (zero-padded) and {column} (another column of the row). NULL if one of these columns is NULL."""

    text: str
