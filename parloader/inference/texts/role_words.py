"""The words by which text_roles.py knows what a text column holds: the rules as tables, which docs/inference.md explains."""

from collections.abc import Mapping

from parloader.inference.column_names import words

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
            "company organization organisation org tenant supplier vendor manufacturer publisher merchant partner client"
            " agency account workspace firm insurer carrier shipper consignee customer_company bank laboratory lab airline"
            " contractor sponsor dealer distributor",
        ),
        ("product", "product item article sku good goods variant merchandise asset equipment device"),
        (
            "title",
            "post thread topic blog book article_post discussion question course lesson story page event movie film song album video podcast"
            " newsletter document report webinar conference paper chapter episode news announcement idea",
        ),
        ("clinic", "clinic hospital practice pharmacy"),
        ("school", "school university college academy institute"),
        ("shop", "shop store branch outlet site"),
        ("city", "city town municipality"),
        ("specialty", "specialty speciality specialization"),
        ("treatment", "treatment procedure"),
        ("diagnosis", "diagnosis condition disease"),
        ("medication", "medication drug medicine"),
        ("service", "service offering"),
        ("category", "category genre section forum board collection catalog subcategory productcategory"),
        ("department", "department division faculty"),
        ("role", "role usergroup group team_role"),
        ("permission", "permission privilege right capability"),
        ("plan", "plan tier package subscription_plan membership_plan pricing"),
        ("tag", "tag label keyword hashtag"),
        ("skill", "skill competence qualification interest hobby"),
        ("job", "job position profession occupation vacancy"),
        ("warehouse", "warehouse depot hub terminal yard distribution_center facility location"),
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
        ("diagnosis", "diagnosis"),
        ("allergy", "allergies allergy"),
        ("medication", "medication drug medicine prescription"),
        ("treatment", "treatment procedure"),
        ("specialty", "specialty speciality specialization"),
        ("cancel_reason", "cancel_reason cancellation_reason cancelled_reason refund_reason return_reason"),
        ("summary", "description short_description long_description details desc abstract"),
        ("sentence", "note notes remark remarks message memo reason summary internal_note excerpt"),
        ("description", "product_description item_description"),
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

SHIPPING = words("tracking shipment delivery parcel package leg container freight")

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

NO_NUMBERS = words(
    "house street room version page line area dial iso iso2 iso3 currency country language lang hex color zip postal status http response reset"
    " verification activation otp pin source qr phone mobile fax tel error exit security cvv tax vat routing bank sort swift bic region state"
)
"""Words of codes and numbers that do not count rows."""

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

REFERENCES: Mapping[str, tuple[str, str]] = {
    "country": ("country", "country_code"),
    "currency": ("currency_name", "currency_code_of"),
    "language": ("language", "language_code"),
}
"""Last word of a table's name → the lists of its names and codes, in the same order."""

CODE_LENGTHS = {"country": 2, "currency": 3, "language": 2}
