"""Pairs of columns whose names imply an order: created_at <= updated_at, min_price <= max_price."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parloader.inference.column_names import split_identifier
from parloader.inference.default_generators import generator, plausible_range
from parloader.inference.unique_columns import NO_LIMITS
from parloader.inference.value_ranges import DATED, allowed_range, server_literal
from parloader.plans.generators import After, Generator
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType

# For names that differ in one word: the word of the earlier column → the words of the later one
WORDS: dict[str, frozenset[str]] = {
    first: frozenset(others.split())
    for first, others in (
        ("created", "updated modified changed deleted closed finished completed published"),
        ("create", "update modify change delete"),
        ("creation", "modification update deletion"),
        ("inserted", "updated modified deleted"),
        ("start", "end finish stop"),
        ("starts", "ends"),
        ("started", "ended finished stopped completed"),
        ("begin", "end"),
        ("begins", "ends"),
        ("from", "to until till"),
        ("min", "max"),
        ("minimum", "maximum"),
        ("low", "high"),
        ("lower", "upper"),
        ("lowest", "highest"),
        ("least", "most"),
        ("first", "last"),
        ("departure", "arrival"),
        ("open", "close closed"),
        ("opened", "closed"),
        ("opens", "closes"),
        ("issue", "expiry expiration due"),
        ("issued", "expires expired due"),
        ("ordered", "shipped delivered"),
        ("order", "shipping delivery"),
        ("rental", "return"),
    )
}

# For dates and timestamps: words anywhere in the name of the earlier column, and of the later one
CREATED = frozenset(("created", "creation", "inserted", "registered", "issued"))

CHANGED = frozenset(("updated", "update", "modified", "changed", "deleted", "expires", "expiry", "due"))

DAYS, SECONDS, UNITS = 30, 7 * 86_400, 1_000  # maximum differences of dates, timestamps and numbers


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The generators of two ordered columns."""

    earlier: Generator  # leaves space below the upper limit for `later`
    later: After  # refers to the column of `earlier`


def pairs(columns: Sequence[ColumnSchema]) -> tuple[tuple[str, str], ...]:
    """The names (earlier, later) of columns that are ordered by name and type. A column is later in at most one pair, and never both."""
    earlier_of: dict[str, str] = {}
    for close in (True, False):  # prefer names that differ in one word
        for later in columns:
            earlier = next((c for c in columns if _are_ordered(c, later, close=close)), None)
            if earlier and later.name not in earlier_of and later.name not in earlier_of.values() and earlier.name not in earlier_of:
                earlier_of[later.name] = earlier.name
    return tuple((earlier_of[column.name], column.name) for column in columns if column.name in earlier_of)


def _are_ordered(earlier: ColumnSchema, later: ColumnSchema, *, close: bool) -> bool:
    if earlier.name == later.name or earlier.generated or later.generated or not comparable(earlier, later):
        return False
    first, second = split_identifier(earlier.name), split_identifier(later.name)
    if not close:
        return earlier.kind in DATED and bool(CREATED.intersection(first)) and bool(CHANGED.intersection(second))
    return differ_in_order(earlier.name, later.name)


def differ_in_order(earlier: str, later: str) -> bool:
    """Whether two names differ in one word, which puts the first one before the second: start_time, end_time."""
    first, second = split_identifier(earlier), split_identifier(later)
    different = [(a, b) for a, b in zip(first, second, strict=False) if a != b]
    if len(first) != len(second) or len(different) != 1 or first[-1] == "id":
        return False
    return different[0][1] in WORDS.get(different[0][0], ())


def comparable(earlier: ColumnSchema, later: ColumnSchema) -> bool:
    """Whether a value of `later` can be computed by adding to a value of `earlier`."""
    if {earlier.kind, later.kind} <= {ColumnType.DATETIME, ColumnType.TIMESTAMP}:
        return True
    if earlier.kind is not later.kind:
        return False
    return earlier.kind in (ColumnType.INTEGER, ColumnType.YEAR, ColumnType.DATE) or (
        earlier.kind is ColumnType.DECIMAL and earlier.scale <= later.scale
    )


def later(
    earlier: ColumnSchema,
    later: ColumnSchema,
    domain: Domain = NO_LIMITS,
    earlier_domain: Domain = NO_LIMITS,
    *,
    strict: bool = False,
) -> Pair | None:
    """Generators of both columns: `later` is at least `earlier` (`strict`: greater). `domain` belongs to `later`.

    None: the types cannot be compared, or the domains allow no such values.
    """
    listed = domain.values is not None or earlier_domain.values is not None
    if listed or domain.unsure or earlier_domain.unsure or domain.null or earlier_domain.null or not comparable(earlier, later):
        return None
    before = plausible_range(earlier, earlier_domain)
    after = before and allowed_range(later, domain, unit=before.unit)
    if not before or not after:
        return None
    before, after = before.unbroken(), after.unbroken()
    min_difference = 1 if strict else 0
    preferred = DAYS if earlier.kind is ColumnType.DATE else SECONDS if earlier.kind in DATED else UNITS
    available = after.high - max(before.low, after.low - min_difference)
    max_difference = max(min_difference, min(preferred, available // 2))
    narrow = before.within(after.low - min_difference, after.high - max_difference)
    if narrow is None:
        return None
    if later.fraction_digits < earlier.fraction_digits:
        earlier = replace(earlier, fraction_digits=0)  # otherwise `later` would be rounded
    ends = (server_literal(earlier, end, narrow.unit) for end in (narrow.low, narrow.high))
    low, high = (end if isinstance(end, int) else str(end) for end in ends)
    limited = replace(earlier_domain, low=low, high=high, low_open=False, high_open=False, excluded=())
    first = generator(earlier, limited)
    if first is None:
        return None
    return Pair(earlier=first, later=After(column=earlier.name, least=min_difference, most=max_difference))
