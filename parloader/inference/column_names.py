"""What a column's name suggests about its values: a provider of texts, a range of numbers, a time."""

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from parloader.schema.model import ColumnSchema, ColumnType

# Provider → names. A column matches if its name is, or ends with, one of them; the longest match wins. Underscores do not matter.
PHRASES: dict[str, str] = {
    "email": "email e_mail mail mail_address email_address email_addr user_email login_email contact_email to_address from_address reply_to",
    "first_name": "first_name fname given_name forename firstname middle_name first",
    "last_name": "last_name lname surname family_name lastname maiden_name",
    "name": "full_name person_name real_name contact_name customer_name owner_name author_name display_name billing_name shipping_name recipient"
    " recipient_name author contact contact_person manager employee_name patient_name student_name teacher director actor artist",
    "username": "username user_name user login login_name nick nickname screen_name account_name handle created_by updated_by modified_by deleted_by"
    " changed_by approved_by assigned_to assignee reporter owner creator editor uploader",
    "phone": "phone phone_number phone_no telephone telephone_number tel mobile mobile_number mobile_phone cell cell_phone fax fax_number msisdn sms"
    " contact_number",
    "street": "street street_address street_name address addr address_1 address_2 address_line address_line_1 address_line_2 address1 address2"
    " street1 street2 addr1 addr2 line1 line2 billing_address shipping_address postal_address home_address",
    "city": "city town city_name municipality district locality location place birthplace",
    "state": "state_name province region county us_state state_province",
    "postcode": "postcode post_code postal_code zip zip_code zipcode plz postal",
    "country": "country country_name nationality nation",
    "country_code": "country_code country_iso country_iso2 iso2 country_cd cc",
    "language": "language language_name lang_name",
    "language_code": "language_code lang lang_code language_cd language_tag",
    "locale": "locale locale_code culture",
    "currency_code": "currency currency_code currency_iso ccy iso_currency",
    "time_zone": "time_zone timezone tz time_zone_name tzname",
    "company": "company company_name organization organisation organization_name organisation_name employer business_name supplier supplier_name"
    " vendor vendor_name manufacturer brand brand_name publisher shop_name store_name firm merchant institution school university",
    "job": "job job_title occupation profession position role_title designation",
    "department": "department department_name dept dept_name division team team_name faculty",
    "product": "product product_name item item_name article_name sku_name goods product_title",
    "color": "color colour color_name colour_name",
    "hex_color": "hex_color hex_colour color_hex color_code colour_code rgb background_color text_color",
    "word": "word keyword term",
    "words": "name label short_name nickname_text heading topic theme keywords caption alias",
    "title": "title subject headline film_title book_title page_title display_title",
    "sentence": "comment comments remark remarks message msg note notes summary reason short_description tagline excerpt hint question answer feedback"
    " error error_message message_text meta_description subtitle slogan motto",
    "paragraph": "description desc details detail about bio biography abstract info information instructions long_description explanation review"
    " special_features",
    "text": "text body content contents article html markdown fulltext full_text message_body page_content post story transcript",
    "slug": "slug permalink url_key seo_name post_slug",
    "url": "url uri link href website web_site web_url homepage home_page site_url image_url avatar_url callback_url redirect_url webhook referer"
    " referrer",
    "domain": "domain domain_name",
    "host": "host hostname host_name server server_name fqdn machine node",
    "ip": "ip ip_address ip_addr ipaddress remote_addr remote_ip client_ip last_ip login_ip host_ip ipv4 registration_ip",
    "mac": "mac mac_address mac_addr",
    "user_agent": "user_agent useragent browser agent",
    "mime_type": "mime_type mime mimetype content_type media_type",
    "file_name": "file_name filename file attachment image photo picture avatar logo icon thumbnail image_name original_name document",
    "path": "path file_path filepath folder directory dir pathname",
    "extension": "extension file_extension ext file_ext",
    "status": "status state status_name order_status payment_status workflow_state stage phase condition",
    "level": "level severity log_level",
    "priority": "priority prio importance urgency",
    "category": "category category_name type kind genre class group group_name section type_name product_type category_title",
    "tag": "tag tag_name tags labels",
    "gender": "gender sex",
    "unit": "unit unit_name units uom unit_of_measure",
    "cron": "cron cron_expression crontab schedule",
    "version": "version version_number release app_version software_version revision_name firmware",
    "json": "json payload meta metadata meta_data attributes properties settings config options preferences extra data data_json json_schema params"
    " parameters args kwargs arguments filters rules conditions capabilities traits stats actions option_value blob",
    "token": "token api_key apikey access_token refresh_token auth_token session_id session_token session secret secret_key nonce csrf_token salt"
    " reset_token remember_token activation_key auth_key access_key",
    "hash": "hash password passwd pwd password_hash passhash checksum digest sha256 sha1 md5 fingerprint signature etag hashed_password user_password",
}

# (Longest column for which the provider's texts are too long, the provider to use instead), in characters
SHORTER = {
    "country": (3, "country_code"),
    "language": (3, "language_code"),
    "status": (3, "word"),
    "category": (3, "word"),
    "street": (9, "city"),
    "title": (9, "word"),
    "words": (9, "word"),
    "sentence": (39, "words"),
    "paragraph": (119, "sentence"),
    "text": (599, "paragraph"),
    "email": (14, "username"),
    "json": (39, "word"),
}


def _normal(phrase: str) -> str:
    return phrase.replace("_", "")


BY_PHRASE = {_normal(phrase): provider for provider, phrases in PHRASES.items() for phrase in phrases.split()}

# Matches only the entire name: a column `class` may hold a category, `parent_class` hardly does
EXACT_ONLY = frozenset({"first", "user", "line1", "line2", "cc", "place", "position", "class", "group", "contact", "owner", "file", "meta"})


@lru_cache(maxsize=10_000)
def split_identifier(name: str) -> tuple[str, ...]:
    """The words of a snake_case or camelCase name, in lower case; a number is a word of its own."""
    return tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name))


def provider_for_column(column_name: str, length: int) -> str | None:
    """The provider for a TEXT column of `length` characters (0: any), by the end of its name; None if the name suggests none."""
    parts = split_identifier(column_name)
    provider = _by_end(parts)
    if provider is None and len(parts) > 1 and parts[-1].isdigit():  # numbered columns: phone_2
        provider = _by_end(parts[:-1])
    return provider and _for_length(provider, length)


def _by_end(parts: Sequence[str]) -> str | None:
    phrases = ["".join(parts[start:]) for start in range(len(parts))]
    return next((BY_PHRASE[p] for start, p in enumerate(phrases) if p in BY_PHRASE and not (start and p in EXACT_ONLY)), None)


def _for_length(provider: str, length: int) -> str:
    while length and provider in SHORTER and length <= SHORTER[provider][0]:
        provider = SHORTER[provider][1]
    return provider


YEAR_SECONDS = 365 * 86_400


def words(text: str) -> frozenset[str]:
    """The words of a text, divided by blanks: how tables of words are written here."""
    return frozenset(text.split())


# Word of a name → the smallest and the largest plausible number
NUMBERS: dict[str, tuple[int, int]] = {}
for _names, _range in (
    ("quantity qty copies items pieces seats stock", (1, 100)),
    ("count total hits views visits downloads clicks num number likes", (0, 10_000)),
    ("age", (18, 90)),
    ("year", (1990, 2024)),
    ("month", (1, 12)),
    ("quarter", (1, 4)),
    ("week", (1, 52)),
    ("day dom", (1, 28)),
    ("weekday dow", (0, 6)),
    ("hour hours", (0, 23)),
    ("minute minutes second seconds", (0, 59)),
    ("port", (1024, 65_535)),
    ("percent percentage pct progress humidity", (0, 100)),
    ("rate ratio share probability confidence", (0, 1)),
    ("score", (0, 100)),
    ("rating stars", (1, 5)),
    ("priority severity level grade tier", (1, 5)),
    ("position sort order rank seq sequence ordering ordinal idx index depth", (1, 1_000)),
    ("size bytes filesize len length", (1, 10_000_000)),
    ("width height", (16, 4_096)),
    ("weight distance", (1, 1_000)),
    ("price amount cost fee subtotal cents salary payment charge revenue", (1, 9_999)),
    ("balance budget income", (0, 99_999)),
    ("tax discount vat interest commission", (0, 25)),
    ("latitude lat", (-90, 90)),
    ("longitude lng lon long", (-180, 180)),
    ("altitude elevation", (0, 3_000)),
    ("temperature temp", (-20, 40)),
    ("duration timeout interval ttl delay elapsed latency period", (1, 3_600)),
    ("version revision attempt attempts retries tries", (1, 20)),
    ("zip postcode postal", (10_000, 99_999)),
    ("floor floors room rooms", (1, 20)),
    ("status state type kind mode category gender", (0, 9)),
    ("id ref key", (1, 1_000_000)),
):
    NUMBERS |= dict.fromkeys(_names.split(), _range)

# Words of columns whose values need more decimals than prices do
FINE = words("latitude lat longitude lng lon rate ratio share probability confidence")

FLAG_PREFIXES = words("is has can was should may allow allows enable use show hide")

FLAG_SUFFIXES = words("flag enabled disabled active deleted visible hidden locked archived verified published default required public")

CLOCK = words("clock at on since until time timestamp ts date created updated modified changed expires expiry deleted seen login")


def number_range(name: str) -> tuple[int, int] | None:
    """The smallest and the largest plausible number; the last known word of the name decides. None: no word is known."""
    return next((NUMBERS[word] for word in reversed(split_identifier(name)) if word in NUMBERS), None)


def is_fine(name: str) -> bool:
    """Whether numbers of this name have many decimals: latitudes, rates."""
    return bool(FINE.intersection(split_identifier(name)))


def is_boolean(column: ColumnSchema) -> bool:
    """Whether an integer column holds 0 and 1: TINYINT(1), which is BOOLEAN, or a small integer with a name such as is_active."""
    if column.kind is not ColumnType.INTEGER or column.auto_increment or column.max_value > 255:
        return False
    parts = split_identifier(column.name) or ("",)
    return column.type_text.lower().startswith("tinyint(1)") or parts[0] in FLAG_PREFIXES or parts[-1] in FLAG_SUFFIXES


def is_clock(name: str) -> bool:
    """Whether an integer of this name is a timestamp in seconds since 1970."""
    parts = split_identifier(name)
    return bool(parts) and parts[-1] in CLOCK


class TimeBias(Enum):
    """When the timestamps of a column lie, relative to the time span of the plan."""

    INCREASING = "later rows have later timestamps"
    ANY = "within the time span"
    FUTURE = "after the time span"
    BIRTH = "1950 to 2005"


_FUTURE = words("expires expiry expiration expire expired until due deadline end ends ended ending finish to next planned renewal renews")

_BIRTH = words("birth birthday birthdate dob born")

_INCREASING = words(
    "created creation create inserted added logged occurred recorded registered received started start begin issued ordered "
    "joined posted published submitted sent paid clock timestamp ts"
)


def time_bias(name: str) -> TimeBias:
    """What the words of a name say about its timestamps: created_at increases, expires_at is in the future."""
    parts = frozenset(split_identifier(name))
    if parts & _BIRTH:
        return TimeBias.BIRTH
    if parts & _FUTURE:
        return TimeBias.FUTURE
    return TimeBias.INCREASING if parts & _INCREASING else TimeBias.ANY
