"""What the names of a text column and of its table say about its values: an attribute of a person or a place, a name, a code, a list.

Rules as tables, in the order in which docs/inference.md explains them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parloader.generation import pools
from parloader.inference.column_names import split_identifier, words
from parloader.inference.table_names import parts
from parloader.plans.locales import LOCALES, locale_data

# Provider → the ends of a column's name. What precedes them is whose attribute it is: billing_city, contact_email
ATTRIBUTES: Mapping[str, str] = {
    "first_name": "first_name fname given_name forename firstname",
    "last_name": "last_name lname surname family_name lastname",
    "name": "full_name real_name person_name contact_name contact_person",
    "username": "username user_name login login_name nick nickname screen_name handle",
    "email": "email e_mail mail email_address mail_address email_addr",
    "gender": "gender sex",
    "phone": "phone phone_number phone_no telephone telephone_number tel mobile mobile_number mobile_phone cell_phone cell",
    "street": "street street_address street_name address address_1 address_line address_line_1 address_line1 address1 street1 street_1 addr addr1"
    " line1 line_1",
    "address": "full_address postal_address formatted_address",
    "city": "city town city_name municipality",
    "state": "state province region state_name county state_province",
    "postcode": "postcode post_code postal_code zip zip_code zipcode plz postal",
    "country": "country country_name nation",
    "country_code": "country_code country_iso country_iso2 iso2 country_cd",
    "latitude": "latitude lat",
    "longitude": "longitude lng lon long",
    "time_zone": "time_zone timezone tz",
    "locale": "locale locale_code",
    "language": "language language_name",
    "language_code": "language_code lang lang_code preferred_language",
    "currency_code": "currency currency_code",
}

PERSON = words("first_name last_name name username email gender")

PLACE = words(
    "phone street address city state postcode country country_code latitude longitude time_zone locale language language_code currency_code"
)

COUNTRY = words("country country_code language language_code locale time_zone currency_code")
"""Attributes that say in which country the row is."""

# Words before an attribute that mean the row itself
ITSELF = words(
    "user customer client employee member patient person student teacher staff contact primary main home work personal login guest driver doctor"
    " passenger subscriber author agent company business office official public preferred default my own"
)

# Last word of a table's name → the provider of its `name` or `title`. Tables of people are those of table_names.PEOPLE and these
NAMES_OF_TABLES: Mapping[str, str] = {
    word: provider
    for provider, listed in (
        (
            "name",
            "user person people customer employee member patient doctor physician nurse student teacher author contact staff driver agent"
            " subscriber guest player actor passenger applicant candidate profile lead instructor trainer therapist dentist technician"
            " address participant attendee visitor tenant_user recipient owner resident worker artist director reviewer speaker parent child",
        ),
        (
            "company",
            "company organization organisation org tenant supplier vendor manufacturer publisher merchant partner client shop store clinic hospital"
            " agency account workspace firm insurer carrier shipper consignee customer_company bank practice pharmacy laboratory lab airline"
            " contractor sponsor dealer distributor",
        ),
        ("product", "product item article sku good goods variant merchandise asset equipment device"),
        (
            "title",
            "post thread topic blog book article_post discussion question course lesson story page event movie film song album video podcast"
            " newsletter document report webinar conference paper chapter episode news announcement idea",
        ),
        ("city", "city town municipality location"),
        ("category", "category genre section forum board collection catalog subcategory productcategory"),
        ("department", "department division faculty"),
        ("role", "role usergroup group team_role"),
        ("permission", "permission privilege right capability"),
        ("plan", "plan tier package subscription_plan membership_plan pricing"),
        ("tag", "tag label keyword hashtag"),
        ("skill", "skill competence qualification interest hobby"),
        ("job", "job position profession occupation vacancy"),
        ("warehouse", "warehouse depot hub terminal yard distribution_center facility"),
        ("payment_method", "paymentmethod payment_method paymenttype"),
        ("shipping_method", "shippingmethod shipping_method deliverymethod"),
        ("brand", "brand make"),
        ("color", "color colour"),
        ("words", "project campaign task ticket channel list board_column milestone sprint room meeting"),
    )
    for word in listed.split()
}

# Column → provider, if the table says nothing else
ALONE: Mapping[str, str] = {
    name: provider
    for provider, listed in (
        (
            "company",
            "company company_name organization organisation employer business_name supplier_name vendor_name manufacturer merchant shop_name",
        ),
        ("job", "job job_title occupation profession position_title designation"),
        ("department", "department department_name"),
        ("product", "product product_name item_name article_name product_title item_title"),
        ("brand", "brand brand_name"),
        ("color", "color colour color_name"),
        ("category", "category category_name"),
        ("warehouse", "warehouse warehouse_name"),
        ("payment_method", "payment_method payment_type"),
        ("shipping_method", "shipping_method delivery_method"),
        ("carrier", "carrier carrier_name"),
        ("title", "title headline book_title page_title"),
        ("words", "subject topic label caption heading"),
        ("comment", "comment comments reply answer"),
        ("review", "review review_text feedback testimonial"),
        ("sentence", "note notes remark remarks message memo reason summary internal_note excerpt"),
        ("description", "description short_description product_description details"),
        ("biography", "bio biography about about_me"),
        ("text", "body content text message_body post_text article"),
        (
            "name",
            "created_by_name author author_name manager assignee_name recipient_name recipient owner_name customer_name patient_name driver_name",
        ),
        ("username", "created_by updated_by modified_by deleted_by approved_by assigned_to"),
        ("plan", "plan plan_name subscription_plan membership_plan"),
        ("role", "role role_name"),
        ("tag", "tag"),
        ("skill", "skill"),
    )
    for name in listed.split()
}

REVIEWS = words("review rating testimonial feedback")

# Last word of a table's name → the provider of its `body`, `content`, `text` or `message`
BODIES: Mapping[str, str] = {
    **dict.fromkeys(["review", "rating", "testimonial", "feedback"], "review"),
    **dict.fromkeys(["comment", "reply", "answer", "vote", "reaction", "message", "post", "chat"], "comment"),
    **dict.fromkeys(["product", "item", "article", "sku", "variant"], "description"),
    **dict.fromkeys(["note", "log", "activity", "history", "notification", "alert", "audit"], "sentence"),
}

BODY = words("body content text message comment review description details")

# End of a column's name → a code: a name of plans/codes.py, or a pattern
CODES: Mapping[str, str] = {
    name: code
    for code, listed in (
        ("ean13", "ean ean13 barcode bar_code gtin gtin13 ean_code"),
        ("ean8", "ean8"),
        ("upc", "upc upc_code"),
        ("isbn13", "isbn isbn13"),
        ("isbn10", "isbn10"),
        ("iban", "iban iban_number bank_account"),
        ("credit_card", "credit_card card_number credit_card_number cc_number"),
        ("imei", "imei"),
        ("vin", "vin chassis_number"),
        ("container", "container_number container_no container"),
        ("tracking", "tracking_number tracking_no tracking_code tracking"),
        ("%###", "last4 card_last4 last_four"),
        ("DE%########", "vat_id vat_number vat_no ust_id tax_id tax_number"),
        ("???-%###", "license_plate licence_plate plate plate_number registration_number license_number"),
        ("Apt. %#", "line2 line_2 address2 address_2 address_line2 address_line_2 street2 street_2 addr2"),
        ("????%%", "coupon_code promo_code voucher_code discount_code coupon voucher promo"),
        ("SN-&&&&&&&&", "serial_number serial_no serial"),
        ("???-%####", "sku sku_code product_code item_code article_number article_no part_number part_no item_number"),
    )
    for name in listed.split()
}

# Word of a column's or table's name → the letters before a running number: order_number, or number in orders
NUMBERED: Mapping[str, str] = {
    "order": "ORD",
    "invoice": "INV",
    "payment": "PAY",
    "ticket": "TKT",
    "customer": "C",
    "shipment": "SHP",
    "booking": "BKG",
    "reservation": "RSV",
    "claim": "CLM",
    "case": "CASE",
    "contract": "CTR",
    "policy": "POL",
    "patient": "P",
    "employee": "E",
    "quote": "QUO",
    "offer": "OFR",
    "return": "RMA",
    "refund": "REF",
    "purchase": "PO",
    "transaction": "TXN",
    "account": "ACC",
    "member": "M",
    "delivery": "DLV",
    "appointment": "APT",
    "project": "PRJ",
    "asset": "AST",
    "receipt": "RCP",
    "waybill": "AWB",
    "load": "LD",
    "trip": "TRP",
    "student": "S",
    "prescription": "RX",
    "consignment": "CON",
    "credit": "CN",
    "vehicle": "V",
    "lot": "LOT",
    "batch": "BAT",
}

NUMBER = words("number no num nr code ref reference")

# End of a JSON column's name → the list of its documents
DOCUMENTS: Mapping[str, str] = {
    name: document
    for document, listed in (
        ("json_settings", "settings config configuration options setting"),
        ("json_preferences", "preferences prefs preference notification_settings"),
        ("json_address", "address addresses location shipping_address billing_address"),
        ("json_tags", "tags labels keywords categories topics skills interests"),
        ("json_permissions", "permissions roles scopes capabilities abilities grants"),
        ("json_attributes", "attributes properties specs specifications features dimensions variant options_json traits"),
        ("json_payload", "payload data event body changes diff old_values new_values before after details context request response"),
        ("json_metadata", "metadata meta extra custom custom_fields info meta_data additional"),
    )
    for name in listed.split()
}


@dataclass(frozen=True)
class Attribute:
    """An attribute of a person or a place."""

    provider: str
    of: str  # whose, such as "billing"; empty: of the row itself


_BY_PHRASE = {phrase.replace("_", ""): provider for provider, phrases in ATTRIBUTES.items() for phrase in phrases.split()}


def attribute(table: str, column: str) -> Attribute | None:
    """The attribute that the column holds, by the longest end of its name. None: it holds none."""
    found = split_identifier(column)
    for start in range(len(found)):
        provider = _BY_PHRASE.get("".join(found[start:]))
        if provider is not None:
            of = [word for word in found[:start] if word not in ITSELF and word not in parts(table)]
            return Attribute(provider, "_".join(of))
    return None


def provider_of_name(table: str) -> str | None:
    """The provider of the column `name` or `title` of the table."""
    found = parts(table)
    ends = ("_".join(found[start:]) for start in range(len(found)))
    return next((NAMES_OF_TABLES[end] for end in ends if end in NAMES_OF_TABLES), None)


def provider(table: str, column: str) -> str | None:
    """The provider of a text that is no attribute. None: the names say nothing."""
    found, of_table = "_".join(split_identifier(column)), parts(table)
    if of_table[-1:] == ("address",) and found in ("label", "type", "kind", "address_type"):
        return "address_label"
    if of_table and of_table[-1] in REVIEWS and found in ("title", "headline", "subject"):
        return "review_title"
    if found in ("name", "title", "display_name", *("_".join((*of_table[-1:], end)) for end in ("name", "title"))):
        named = provider_of_name(table)
        if named == "words" and found == "title":
            return "title"
        return named or ("title" if found == "title" else None)
    if found in BODY and of_table and of_table[-1] in BODIES:
        return BODIES[of_table[-1]]
    return next((ALONE[end] for end in _ends(column) if end in ALONE), None)


def code(column: str) -> str | None:
    """The code or pattern that the column holds, by the end of its name."""
    return next((CODES[end] for end in _ends(column) if end in CODES), None)


def running_number(table: str, column: str) -> str | None:
    """The letters before a running number, such as ORD in order_number. None: the column holds none."""
    found = split_identifier(column)
    if not found or found[-1] not in NUMBER:
        return None
    for word in (*reversed(found[:-1]), *reversed(parts(table)[-1:])):
        if word in NUMBERED:
            return NUMBERED[word]
    return None


def document(column: str) -> str:
    """The list of JSON documents for the column."""
    return next((DOCUMENTS[end] for end in _ends(column) if end in DOCUMENTS), "json_metadata")


def _ends(column: str) -> Iterator[str]:
    found = split_identifier(column)
    for start in range(len(found)):
        yield "_".join(found[start:])


REFERENCES: Mapping[str, tuple[str, str]] = {
    "country": ("country", "country_code"),
    "currency": ("currency_name", "currency_code_of"),
    "language": ("language", "language_code"),
}
"""Last word of a table's name → the lists of its names and codes, in the same order."""

CODE_LENGTHS = {"country": 2, "currency": 3, "language": 2}


def reference(table: str, column: str, length: int) -> tuple[str, ...]:
    """The values of the column in a table of countries, currencies or languages; empty: it is none."""
    found = split_identifier(column)
    of_table = parts(table)[-1:]
    if not found or not of_table or of_table[0] not in REFERENCES:
        return ()
    names, codes = REFERENCES[of_table[0]]
    last = "_".join(word for word in found if word != of_table[0])
    if last in ("code", "iso", "iso2", "iso_code", "alpha2", "iso3", "id") and (not length or length >= CODE_LENGTHS[of_table[0]]):
        return _list(codes)
    return _list(names) if last in ("name", "english_name", "title", "") else ()


def _list(name: str) -> tuple[str, ...]:
    values = locale_data(LOCALES[0]).get(name)
    return tuple(values) if isinstance(values, list) else tuple(pools.pool(name).to_list())
