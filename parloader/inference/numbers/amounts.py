"""Amounts and quantities of one row that belong together, as their names say: total = subtotal + tax + shipping - discount.

docs/inference.md lists the rules. They are written like relations of a CHECK, and solved in the same way.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from parloader.inference.column_names import words
from parloader.inference.ordered_pairs import pairs
from parloader.inference.statuses.events import folded
from parloader.schema.checks.formulas import Linear, Rounded, column, parts, product
from parloader.schema.checks.predicates import Relation
from parloader.schema.model import ColumnSchema, ColumnType

NUMBERS = frozenset((ColumnType.INTEGER, ColumnType.DECIMAL))

TIMES = frozenset((ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP))

QUANTITY = "quantity qty units pieces pcs item_quantity ordered_quantity quantity_ordered hours"

UNIT_PRICE = "unit_price price price_each unit_cost item_price price_per_unit unit_amount rate hourly_rate"

LINE = "line_total line_amount line_price row_total extended_price extended_amount item_total total_price line_subtotal subtotal net amount total"

PERCENT_OFF = "discount_percent discount_pct discount_percentage"

DISCOUNT = "discount discount_amount discount_total total_discount"

SUBTOTAL = "subtotal sub_total subtotal_amount net net_amount net_total total_net amount_net items_total goods_total"

TAX = "tax tax_amount tax_total total_tax vat vat_amount vat_total gst gst_amount sales_tax"

TAX_RATE = "tax_rate vat_rate gst_rate tax_percent tax_pct tax_percentage vat_percent vat_pct"

ADDED = (
    "shipping shipping_cost shipping_fee shipping_amount shipping_total shipping_price delivery_fee delivery_cost freight freight_cost fee fees"
    " service_fee handling_fee tip surcharge"
)

TOTAL = "grand_total total total_amount order_total invoice_total amount_total gross gross_amount gross_total total_gross"

PAID = "paid paid_amount amount_paid total_paid paid_total"

REMAINING = "remaining remaining_amount amount_due balance_due due_amount outstanding outstanding_amount open_amount amount_outstanding"

AVAILABLE = "available quantity_available available_quantity qty_available available_stock free free_seats available_seats seats_available"

ON_HAND = "on_hand quantity_on_hand qty_on_hand stock stock_quantity stock_level quantity qty capacity total_seats seats"

RESERVED = (
    "reserved quantity_reserved reserved_quantity qty_reserved allocated quantity_allocated used occupied booked booked_seats seats_booked"
)

# What is used, and what it is part of: credit_used of credit_limit, reserved_kg of capacity_kg; what is left of a loan
LIMITS = tuple(
    (used, limit)
    for used in ["used", "reserved", "spent", "sold", "booked", "occupied", "consumed", "redeemed", "allocated", "filled", "uses", "usage"]
    for limit in ["limit", "capacity", "quota", "budget", "max", "maximum", "total", "allowance", "available"]
) + tuple((rest, whole) for rest in ["outstanding", "remaining"] for whole in ["principal", "loan", "borrowed"])

SECONDS: Mapping[str, int] = {
    "duration_seconds": 1,
    "duration_minutes": 60,
    "duration_min": 60,
    "duration_mins": 60,
    "minutes": 60,
    "duration_hours": 3_600,
    "duration_days": 86_400,
    "nights": 86_400,
    "days": 86_400,
}

TAX_SHARE = Fraction(1, 5)  # of the net amount, if no column says so

MOST_DIGITS = 2  # of a percentage; shares of 1 have more

HIGHEST_RATE = 25  # percent

MOST_DISCOUNT = Fraction(1, 2)


def relations(columns: Sequence[ColumnSchema]) -> Iterator[Relation]:
    """The relations that the names of a table's columns suggest, the most important first. Each may be left out."""
    found = _Named(columns)
    line = None
    quantity, price = found.first(QUANTITY), found.first(UNIT_PRICE)
    if quantity is not None and price is not None:
        line = found.first(" ".join(name for name in LINE.split() if name not in (folded(quantity), folded(price))))
    subtotal, total = found.first(SUBTOTAL), found.first(TOTAL)
    tax, discount = found.first(TAX), found.first(DISCOUNT)
    if quantity is not None and price is not None and line is not None:
        yield from _line(found, quantity, price, line)
        subtotal = subtotal or (line if line != total else None)
    if subtotal is not None:
        yield from _parts(found, subtotal, tax, discount if line is None else None)
    if total is not None and subtotal is not None and total != subtotal:
        added = [column(name) for name in (subtotal, tax, *found.all(ADDED)) if name is not None]
        value = sum_of(added)
        if discount is not None and line is None:
            value = value.plus(column(discount), -1)
        yield _equation(total, value)
    whole = total or line or subtotal
    paid, remaining = found.first(PAID), found.first(REMAINING)
    if whole is not None and paid is not None:
        if remaining is not None:
            yield _equation(remaining, column(whole).plus(column(paid), -1))
        yield _at_most(column(paid), column(whole))
    yield from _stock(found)
    yield from _durations(columns, found)


def is_percentage(rate: ColumnSchema) -> bool:
    """Whether a tax rate is 19.00, not 0.19."""
    return rate.kind is ColumnType.INTEGER or (rate.scale <= MOST_DIGITS and rate.precision - rate.scale > 1)


def _line(found: "_Named", quantity: str, price: str, line: str) -> Iterator[Relation]:
    value = product(column(quantity), column(price))
    percent, discount = found.first(PERCENT_OFF), found.first(DISCOUNT)
    if percent is not None:
        value = product(value, Linear(constant=Fraction(1)).plus(column(percent), Fraction(-1, 100)))
    yield _equation(line, found.rounded(value, line).plus(column(discount), -1) if discount is not None else found.rounded(value, line))
    if discount is not None:
        yield _at_most(column(discount), value.times(MOST_DISCOUNT))


def _parts(found: "_Named", subtotal: str, tax: str | None, discount: str | None) -> Iterator[Relation]:
    rate = found.first(TAX_RATE)
    if tax is not None and rate is not None:
        share = column(rate).times(Fraction(1, 100)) if is_percentage(found.columns[rate]) else column(rate)
        yield _equation(tax, found.rounded(product(column(subtotal), share), tax))
    elif tax is not None:
        yield _equation(tax, found.rounded(column(subtotal).times(TAX_SHARE), tax))
    if discount is not None:
        yield _at_most(column(discount), column(subtotal).times(MOST_DISCOUNT))


def _stock(found: "_Named") -> Iterator[Relation]:
    on_hand, reserved, available = found.first(ON_HAND), found.first(RESERVED), found.first(AVAILABLE)
    if on_hand is not None and reserved is not None:
        if available is not None:
            yield _equation(available, column(on_hand).plus(column(reserved), -1))
        yield _at_most(column(reserved), column(on_hand))
    by_name = {folded(name): name for name in found.columns}
    for used, limit in LIMITS:
        for name, own in by_name.items():
            other = "_".join(limit if word == used else word for word in name.split("_"))
            if other != name and other in by_name and (own, by_name[other]) != (reserved, on_hand):
                yield _at_most(column(own), column(by_name[other]))


def _durations(columns: Sequence[ColumnSchema], found: "_Named") -> Iterator[Relation]:
    times = [one for one in columns if one.kind in TIMES and not one.nullable]
    lengths = [name for name in found.columns if folded(name) in SECONDS]
    for first, second in pairs(times):
        kinds = {one.kind for one in times if one.name in (first, second)}
        fitting = [name for name in lengths if SECONDS[folded(name)] % 86_400 == 0 or kinds != {ColumnType.DATE}]
        if fitting:
            seconds = Fraction(SECONDS[folded(fitting[0])])
            left = column(second).plus(column(first), -1).times(1 / seconds).plus(column(fitting[0]), -1)
            yield Relation(left=left, operator="=", bound=Fraction(0), lone=fitting[0], times=frozenset((first, second)))
            return


class _Named:
    """The columns of numbers, by name."""

    def __init__(self, columns: Sequence[ColumnSchema]) -> None:
        self.columns = {one.name: one for one in columns if one.kind in NUMBERS}
        self._by_word = {_without_unit(name): name for name in reversed(self.columns)}

    def first(self, names: str) -> str | None:
        """The first of these names that is a column's."""
        return next((self._by_word[name] for name in names.split() if name in self._by_word), None)

    def all(self, names: str) -> list[str]:
        """The columns that have one of these names."""
        return [name for name in self.columns if _without_unit(name) in words(names)]

    def rounded(self, value: Linear, target: str) -> Linear:
        """The value with as many digits as the target has, rounded half up where it has more."""
        schema = self.columns[target]
        digits = schema.scale if schema.kind is ColumnType.DECIMAL else 0
        own = sum(self.columns[name].scale for name in value.columns if self.columns[name].kind is ColumnType.DECIMAL)
        return value if _is_whole(value) and own <= digits else Linear(terms=((Rounded(of=value, digits=digits), Fraction(1)),))


def _is_whole(value: Linear) -> bool:
    """Whether no coefficient in the sum or its products is a fraction."""
    return all(c.denominator == 1 and all(map(_is_whole, parts(atom))) for atom, c in value.terms)


def _without_unit(name: str) -> str:
    return folded(name).removesuffix("_cents").removesuffix("_cent")


def sum_of(sums: Sequence[Linear]) -> Linear:
    """The sum of the sums."""
    found = Linear()
    for one in sums:
        found = found.plus(one)
    return found


def _equation(target: str, value: Linear) -> Relation:
    left = column(target).plus(value, -1)
    return Relation(left=left.without_constant(), operator="=", bound=-left.constant, lone=target)


def _at_most(small: Linear, large: Linear) -> Relation:
    left = small.plus(large, -1)
    return Relation(left=left.without_constant(), operator="<=", bound=-left.constant)
