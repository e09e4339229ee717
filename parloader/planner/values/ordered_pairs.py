"""Columns of which one is never less than the other: created_at and updated_at, min_price and max_price."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parloader.planner.values.column_names import split_identifier
from parloader.planner.values.default_generators import DEFAULT_TIME_SPAN, TimeSpan, generator, plausible_range
from parloader.planner.values.unique_columns import NO_LIMITS
from parloader.planner.values.value_ranges import DATED, allowed_range, server_literal
from parloader.plans.generators import After, Generator
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType

# Between names that differ in one word: the earlier one has the first, the later one any of the others
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

# Between dates and moments whose names have these words anywhere
MADE = frozenset(("created", "creation", "inserted", "registered", "issued"))

CHANGED = frozenset(("updated", "update", "modified", "changed", "deleted", "expires", "expiry", "due"))

DAYS, SECONDS, UNITS = 30, 7 * 86_400, 1_000  # how much later at most


@dataclass(frozen=True, kw_only=True)
class Pair:
    """`earlier` leaves room for `later`, which is an After of it."""

    earlier: Generator
    later: After


def pairs(columns: Sequence[ColumnSchema]) -> tuple[tuple[str, str], ...]:
    """(earlier, later) of the columns that go together by name and kind. No column is the later one twice, none is both."""
    found: dict[str, str] = {}
    for close in (True, False):  # names that differ in one word first
        for later in columns:
            earlier = next((c for c in columns if _go_together(c, later, close=close)), None)
            if earlier and later.name not in found and later.name not in found.values() and earlier.name not in found:
                found[later.name] = earlier.name
    return tuple((found[column.name], column.name) for column in columns if column.name in found)


def _go_together(earlier: ColumnSchema, later: ColumnSchema, *, close: bool) -> bool:
    if earlier.name == later.name or earlier.generated or later.generated or not comparable(earlier, later):
        return False
    first, second = split_identifier(earlier.name), split_identifier(later.name)
    if not close:
        return earlier.kind in DATED and bool(MADE.intersection(first)) and bool(CHANGED.intersection(second))
    different = [(a, b) for a, b in zip(first, second, strict=False) if a != b]
    if len(first) != len(second) or len(different) != 1 or first[-1] == "id":
        return False
    return different[0][1] in WORDS.get(different[0][0], ())


def comparable(earlier: ColumnSchema, later: ColumnSchema) -> bool:
    """Whether the later one's values can be the earlier one's and some more."""
    moments = {ColumnType.DATETIME, ColumnType.TIMESTAMP}
    if {earlier.kind, later.kind} <= moments:
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
    moments: TimeSpan = DEFAULT_TIME_SPAN,
) -> Pair | None:
    """Generators of both columns: the later one is never less than the earlier one (`strict`: always more). `domain` is the later one's.

    None: their kinds cannot be compared, or the domains leave no room.
    """
    listed = domain.values is not None or earlier_domain.values is not None
    if listed or domain.unsure or earlier_domain.unsure or domain.null or earlier_domain.null or not comparable(earlier, later):
        return None
    before = plausible_range(earlier, earlier_domain)
    after = before and allowed_range(later, domain, unit=before.unit)
    if not before or not after:
        return None
    before, after = before.unbroken(), after.unbroken()
    least = 1 if strict else 0
    preferred = DAYS if earlier.kind is ColumnType.DATE else SECONDS if earlier.kind in DATED else UNITS
    room = after.high - max(before.low, after.low - least)
    most = max(least, min(preferred, room // 2))
    narrow = before.within(after.low - least, after.high - most)
    if narrow is None:
        return None
    if later.fraction_digits < earlier.fraction_digits:
        earlier = replace(earlier, fraction_digits=0)  # the later one would be rounded
    ends = (server_literal(earlier, end, narrow.unit) for end in (narrow.low, narrow.high))
    low, high = (end if isinstance(end, int) else str(end) for end in ends)
    limited = replace(earlier_domain, low=low, high=high, low_open=False, high_open=False, excluded=())
    made = generator(earlier, limited, moments)
    return Pair(earlier=made, later=After(column=earlier.name, least=least, most=most)) if made else None
