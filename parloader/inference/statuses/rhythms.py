"""When the rows of a table are created: at which hours, on which days and in which months, by the words of its name."""

from dataclasses import dataclass

from parloader.inference.column_names import split_identifier
from parloader.plans.generators.times import HOURS, MONTHS, WEEKDAYS


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Weights of a Timeline; no weights: evenly."""

    hours: tuple[int, ...]
    weekdays: tuple[int, ...]
    months: tuple[int, ...] = ()
    growth: float = 2.0


OFFICE = Rhythm(hours=HOURS["office"], weekdays=WEEKDAYS["office"])

ONLINE = Rhythm(hours=HOURS["online"], weekdays=(16, 16, 15, 15, 13, 10, 12))

SHOP = Rhythm(hours=HOURS["online"], weekdays=(16, 15, 14, 14, 12, 11, 17), months=MONTHS["retail"])

EVENING = Rhythm(hours=HOURS["evening"], weekdays=WEEKDAYS["weekend"])

# Rhythm → words of the names of tables
TABLES: tuple[tuple[Rhythm, str], ...] = (
    (
        SHOP,
        "order orders cart carts basket baskets item items line lines payment payments transaction transactions coupon coupons purchase"
        " purchases sale sales checkout refund refunds return returns wishlist wishlists",
    ),
    (
        OFFICE,
        "invoice invoices appointment appointments patient patients visit visits treatment treatments prescription prescriptions diagnosis"
        " ticket tickets issue issues task tasks project projects contract contracts employee employees department departments lead leads deal"
        " deals meeting meetings leg legs shipment shipments carrier carriers vehicle vehicles driver drivers depot depots claim claims"
        " policy policies application applications approval approvals document documents supplier suppliers product products category"
        " categories sku skus inventory stock warehouse warehouses tenant tenants company companies audit student students course courses"
        " enrollment enrollments exam exams grade grades",
    ),
    (EVENING, "movie movies game games match matches stream streams video videos play plays rental rentals film films"),
)

BY_WORD = {word: rhythm for rhythm, words in TABLES for word in words.split()}


def rhythm(table: str) -> Rhythm:
    """The rhythm of the table: that of the last word of its name that is known, otherwise that of people who are online."""
    return next((BY_WORD[word] for word in reversed(split_identifier(table)) if word in BY_WORD), ONLINE)
