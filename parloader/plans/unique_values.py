"""Generators whose values are another one for each row, by the type of the column and what a CHECK case says of it."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import islice

from parloader.plans import texts
from parloader.plans.domains import Domain
from parloader.plans.generators import Form, Scalar, Unique
from parloader.plans.ordered import DATED, ORDERED, Range, allowed, canonical, listed, seconds_of, unit_of
from parloader.plans.plausible import is_boolean
from parloader.plans.shape import Column, Kind
from parloader.plans.unique_texts import MOST_VALUES, unique_text

NO_LIMITS = Domain()
FIRST_MOMENT = seconds_of("2000-01-01T00:00:00Z")
MOST_BYTES = 16
FEW_LISTED = 1_000  # a range with gaps is listed up to here, and cut at the gaps above
PLENTY = 1_000_000
WHOLE_DIGITS = 9  # a decimal with so many digits before the point needs none after it to be another one for each row


def unique(column: Column, domain: Domain = NO_LIMITS, prefix: int | None = None, name: str = "") -> Unique | None:
    """Values that differ within the first `prefix` characters (bytes), whatever the collation. None: the type or the domain has none.

    `name`: what the values are called, where it is not the column's name.
    """
    if domain.null is True or domain.unsure or domain.impossible:
        return None
    if column.kind in ORDERED:
        return _listed(listed(column, domain)) if domain.values is not None else _ordered(column, domain)
    match column.kind:
        case Kind.TEXT:
            values = texts.listed(column, domain)
            return _listed(texts.apart(column, values, prefix)) if domain.values is not None else unique_text(column, domain, prefix, name)
        case Kind.ENUM | Kind.SET:
            return _listed(texts.apart(column, texts.members(column, domain), prefix))
        case Kind.BYTES:
            return _bytes(column, domain, prefix)
        case Kind.UUID | Kind.INET4 | Kind.INET6 if texts.is_free(domain):
            return Unique(form=Form(column.kind.value))
        case _:
            return None


def _listed(values: Iterable[Scalar]) -> Unique | None:
    """In the order of their values, as MAX() has it."""
    some = tuple(islice(values, MOST_VALUES))
    ordered = sorted(some, key=lambda v: texts.folded(v) if isinstance(v, str) else "") if any(isinstance(v, str) for v in some) else some
    return Unique(form=Form.VALUES, values=tuple(ordered)) if some else None


def _ordered(column: Column, domain: Domain) -> Unique | None:
    numbers = _numbers(column, domain)
    if numbers is None:
        return None
    numbers = _preferred(column, numbers)
    fractions_of_real = column.kind is Kind.REAL and numbers.unit != 1
    if fractions_of_real or (numbers.excluded and numbers.count <= FEW_LISTED):
        return Unique(form=Form.VALUES, values=tuple(islice((canonical(column, n, numbers.unit) for n in numbers), MOST_VALUES)))
    numbers = numbers.unbroken()
    if column.kind is Kind.DECIMAL:
        digits = len(str(numbers.unit.denominator)) - 1
        return Unique(form=Form.DECIMAL, low=numbers.low, high=numbers.high, scale=digits)
    form = {Kind.DATE: Form.DATE, Kind.DATETIME: Form.DATETIME, Kind.TIMESTAMP: Form.DATETIME, Kind.TIME: Form.TIME}
    return Unique(form=form.get(column.kind, Form.INTEGER), low=numbers.low, high=numbers.high)


def _numbers(column: Column, domain: Domain) -> Range | None:
    """Whole ones where there are enough of them."""
    if column.kind is Kind.REAL or (column.kind is Kind.DECIMAL and column.precision - column.scale >= WHOLE_DIGITS):
        whole = allowed(column, domain, unit=Fraction(1))
        if whole and whole.count >= FEW_LISTED:
            return whole
        finer = allowed(column, domain) if column.kind is Kind.REAL else allowed(column, domain, unit=unit_of(column))
        return max((r for r in (whole, finer) if r), key=lambda r: r.count, default=None)
    return allowed(column, domain)


def _preferred(column: Column, numbers: Range) -> Range:
    """From 1 on (0 is "generate one" in an AUTO_INCREMENT column), dates from 1970 on, moments from 2000 on, unless that leaves too few."""
    first = 1
    if column.kind in (Kind.BIT, Kind.DATE, Kind.TIME) or is_boolean(column):
        first = 0
    elif column.kind in DATED:
        first = FIRST_MOMENT
    found = numbers.within(first, numbers.high)
    return found if found and (found.count >= PLENTY or 4 * found.count >= numbers.count) else numbers


def _bytes(column: Column, domain: Domain, prefix: int | None) -> Unique | None:
    if domain.values is not None:
        return _listed(value.encode() for value in texts.apart(column, texts.listed(column, domain), prefix))
    size = texts.lengths(column, domain)
    others = domain.matches or domain.json or domain.low is not None or domain.high is not None
    if size is None or size.most < 1 or others or any(value != "" for value in domain.excluded):
        return None
    length = column.length if column.fixed else min(size.most, max(MOST_BYTES, size.least))
    if prefix is not None and prefix < length:
        if column.fixed or prefix < size.least:  # a shorter one would be read back with zeros behind it
            return None
        length = prefix
    return Unique(form=Form.BYTES, length=length) if length <= size.most else None
