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
    locale: str | tuple[str, ...] | None = None  # such as "de_DE", or several that take turns; None: the pools of earlier versions
    count: Generator | None = None  # how many words, sentences or paragraphs the text has


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

OF_LOCALES = tuple(
    """
    address, address_label, allergy, biography, brand, cancel_reason, carrier, category, city, clinic, color, comment, company,
    country, country_code, currency_code, department, description, diagnosis, email, first_name, gender, job, json_address,
    json_attributes, json_metadata, json_payload, json_permissions, json_preferences, json_settings, json_tags, language,
    language_code, last_name, latitude, locale, longitude, medication, name, paragraph, payment_method, permission, phone, plan,
    postcode, product, review, review_bad, review_good, review_title, review_title_bad, review_title_mixed, role, school,
    sentence, service, shipping_method, shop, skill, specialty, state, street, summary, tag, text, time_zone, title,
    tracking_message, treatment, username, warehouse, word, words
    """.replace(",", " ").split()
)
"""Provider.name with a locale: the values of plans/locale_data. Those that no pool has are of the first locale, if none is given."""

COUNTED = ("biography", "comment", "description", "paragraph", "review", "review_bad", "review_good", "sentence", "text", "word", "words")
"""Provider.name with a `count`."""


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


@dataclass(frozen=True, kw_only=True)
class Code(Generator):
    """A random code of a pattern, such as "???-#####", or with a check digit, such as "ean13" (plans/codes.py)."""

    pattern: str
    group: str | None = None  # columns with the same group and pattern have the same code


@dataclass(frozen=True, kw_only=True)
class Slug(Generator):
    """Another column in lower case, with hyphens between its words: "Étude No. 3" gives "etude-no-3"."""

    column: str
    length: int = 0  # maximum number of characters (0: any)
