"""How often values occur: true and false, the members of an ENUM, NULL, and a column's DEFAULT."""

import zlib
from collections.abc import Sequence

from parloader.inference.column_names import split_identifier, words
from parloader.inference.default_values import default_value
from parloader.plans.generators import Scalar
from parloader.schema.model import ColumnSchema

# Word of a flag's name → in how many rows of a hundred it is true
TRUE: dict[str, int] = {
    word: share
    for listed, share in (
        ("active enabled valid available visible public current usable", 92),
        ("verified published approved confirmed accepted subscribed delivered sent processed synced completed taxable shippable", 85),
        ("read seen opened", 65),
        ("required mandatory", 40),
        ("newsletter marketing consent optin opt notify notifications", 35),
        ("primary remote recurring returning insured", 25),
        ("premium paid private featured promoted anonymous gift fragile express urgent", 12),
        ("default internal manual hidden archived read_only readonly disabled sticky pinned hazardous", 6),
        ("admin superuser staff moderator test demo dummy deleted removed locked blocked banned spam flagged fraud deprecated", 4),
        ("system root error failed expired suspended cancelled canceled refunded bot vip", 4),
    )
    for word in listed.split()
}

OTHER_FLAG = 30  # of a hundred, if the name says nothing

DEFAULT_FLAG = 88  # of a hundred have the default, if the name says nothing else

AGAINST_DEFAULT = 65  # of a hundred have the default, if the name says that the other value is more frequent


def share_of_true(column: ColumnSchema) -> int:
    """In how many rows of a hundred the flag is true: as its name says, and more often its default than not."""
    by_name = next((TRUE[word] for word in reversed(split_identifier(column.name)) if word in TRUE), None)
    if by_name is None:
        by_name = next((TRUE[word] for word in reversed(split_identifier(column.comment)) if word in TRUE), None)
    default = default_value(column)
    if default not in (0, 1):
        return OTHER_FLAG if by_name is None else by_name
    if by_name is not None and (by_name > 50) == bool(default):
        return by_name
    share = DEFAULT_FLAG if by_name is None else AGAINST_DEFAULT
    return share if default else 100 - share


# Members of ENUMs and value lists that are more frequent than others, and those that are rare
USUAL = words("normal medium standard regular default info web online card credit_card home private customer user member en de")

RARE = words("other unknown none n_a na urgent critical blocker emergency fatal root superadmin admin owner system diverse x debug trace")

EVEN = words("gender sex weekday day month quarter season color colour shift suit direction side grade zodiac")

FALLING = 64  # each further member is that many hundredths as frequent as the one before it

WEIGHT = 1_000  # of the first member


def member_weights(column: ColumnSchema, values: Sequence[Scalar]) -> tuple[int, ...]:
    """A weight for each value that a column lists: the default and usual words are more frequent, and earlier values than later ones."""
    if EVEN.intersection(split_identifier(column.name)):
        return tuple(20 if str(value).lower() in RARE else WEIGHT for value in values)
    default, weights = default_value(column), []
    for number, value in enumerate(values):
        weight = max(20, WEIGHT * FALLING**number // 100**number)
        word = str(value).lower()
        weights.append(WEIGHT * 3 // 2 if word in USUAL else 20 if word in RARE else weight)
    if default in values and len(values) > 1:
        others = sum(weights) - weights[list(values).index(default)]
        weights[list(values).index(default)] = max(weights[list(values).index(default)], others * 2)
    return tuple(weights)


# Phrase at the end of a nullable column's name → share of the rows that are NULL
NULLS: dict[str, float] = {
    phrase: share
    for listed, share in (
        (
            "deleted_at deleted_on deleted_by delete_time removed_at archived_at banned_at blocked_at suspended_at locked_at locked_until",
            0.94,
        ),
        (
            "cancelled_at canceled_at cancelled_by cancel_reason cancellation_reason refunded_at refund_reason rejected_at reject_reason",
            0.92,
        ),
        ("last_error error error_message error_code failure_reason failed_at exception stack_trace", 0.9),
        (
            "middle_name suffix prefix nickname maiden_name title_prefix salutation fax fax_number phone_2 phone2 second_phone mobile_2",
            0.58,
        ),
        ("address_2 address2 address_line_2 address_line2 line2 line_2 street_2 street2 apartment state_code", 0.55),
        ("left_on left_at terminated_at termination_date resigned_on retired_on retired_at end_date", 0.58),
        ("notes note comment comments remark remarks internal_notes memo annotation", 0.55),
        ("bio about signature website homepage twitter facebook linkedin avatar avatar_url image image_url photo_url", 0.4),
        (
            "discount sale_price special_price promo_price compare_at_price coupon_code coupon voucher_code end_date ended_at valid_until valid_to",
            0.45,
        ),
        ("expires_at expiry_date expires last_login last_login_at last_seen_at phone mobile birth_date birthday dob gender company", 0.2),
        ("description summary subtitle short_description reason result", 0.22),
        ("metadata meta extra options settings payload", 0.3),
        ("ip ip_address user_agent referrer referer", 0.08),
    )
    for phrase in listed.split()
}

OTHER_NULLS = (0.03, 0.05, 0.08, 0.12, 0.18, 0.25)


def null_share(column: ColumnSchema) -> float:
    """The share of rows in which a nullable column is NULL."""
    parts = split_identifier(column.name)
    phrases = ("_".join(parts[start:]) for start in range(len(parts)))
    named = next((NULLS[phrase] for phrase in phrases if phrase in NULLS), None)
    return OTHER_NULLS[zlib.crc32(column.name.lower().encode()) % len(OTHER_NULLS)] if named is None else named


# Words of columns whose DEFAULT only fills a gap: a price of 0, a rating of 0
FILLED = words(
    "price amount total subtotal net gross salary wage quantity qty stock balance rating score weight width height length depth distance"
    " duration size capacity budget revenue income year age latitude longitude lat lng number code cost fee sum value"
)

DEFAULT_SHARE = 75  # of a hundred rows have the default


def keeps_default(column: ColumnSchema) -> bool:
    """Whether most rows have the column's DEFAULT."""
    value = default_value(column)
    if value is None or value == "":
        return False
    zero = value == 0 or (isinstance(value, str) and not value.strip("0."))
    return not (zero and FILLED.intersection(split_identifier(column.name)))
