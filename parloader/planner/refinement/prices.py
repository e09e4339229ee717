"""Prices that end as prices do, and what goes with them: cost below the price, a sale price below it, an earlier price above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from parloader.generation.expressions import needs
from parloader.inference.numbers.number_rules import shape_of
from parloader.inference.numbers.number_shapes import Bounds, Prices
from parloader.inference.statuses.event_times import quoted
from parloader.inference.statuses.events import folded
from parloader.inference.value_ranges import allowed_range
from parloader.planner.refinement.frequencies import own_columns
from parloader.planner.refinement.numbers import bounds_of, digits
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import After, Choice, Const, Expr, Generator, Lognormal, Uniform, When
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType

# The last two digits of prices, and how many in a hundred end with them
ENDINGS: Mapping[int, int] = {99: 44, 95: 14, 90: 9, 50: 9, 49: 8, 0: 16}

# Columns that depend on the price → their percentages of it, and the weights of these
DEPENDENT: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    name: shares
    for names, shares in (
        (
            "cost cost_price unit_cost purchase_price wholesale_price buy_price buying_price net_cost",
            ((35, 42, 48, 55, 60, 65, 72), (1, 2, 3, 4, 3, 2, 1)),
        ),
        (
            "sale_price special_price discount_price discounted_price promo_price offer_price",
            ((50, 70, 75, 80, 85, 90), (1, 3, 2, 4, 1, 3)),
        ),
        (
            "compare_at_price compare_price msrp rrp original_price old_price regular_price was_price",
            ((110, 115, 120, 125, 135, 150), (2, 2, 4, 3, 2, 1)),
        ),
    )
    for name in names.split()
}

# Which column is the price, if a table has several
FIRST = ("price", "unit_price", "base_price", "selling_price", "sell_price", "retail_price", "list_price")

LARGEST = 2  # times the price: what depends on it is no greater


def end_prices(refinement: Refinement) -> None:
    """The step: each table's prices."""
    for table, column in own_columns(refinement):
        shape, factor = shape_of(column.name, table)
        name = _without_unit(column)
        if isinstance(shape, Prices) and name not in DEPENDENT and column.kind in (ColumnType.INTEGER, ColumnType.DECIMAL):
            dependent = _dependent(refinement, table, column) if name == _first(refinement, table) else []
            if _is_price_free(refinement, table, column, dependent):
                _set_price(refinement, table, column, shape, factor, dependent)


def _without_unit(column: ColumnSchema) -> str:
    return folded(column.name).removesuffix("_cents").removesuffix("_cent")


def _first(refinement: Refinement, table: str) -> str | None:
    names = {_without_unit(column) for column in refinement.drafts[table].schema.columns}
    return next((name for name in FIRST if name in names), None)


def _dependent(refinement: Refinement, table: str, price: ColumnSchema) -> list[ColumnSchema]:
    """The columns that are to be computed from the price."""
    alike = (c for c in refinement.drafts[table].schema.columns if c.kind is price.kind and c.scale == price.scale and c != price)
    named = (c for c in alike if _without_unit(c) in DEPENDENT and refinement.is_own(table, c.name))
    return [
        c
        for c in named
        if refinement.can_have_value(table, c.name) and not refinement.is_settled(table, c.name) and _is_wide(refinement, table, c)
    ]


def _is_wide(refinement: Refinement, table: str, column: ColumnSchema) -> bool:
    """Whether the CHECKs allow any usual price in the column."""
    return all(_allows_prices(case.domain(column.name)) for case in refinement.drafts[table].cases)


def _allows_prices(domain: Domain, *, limited: bool = False) -> bool:
    """Whether the domain allows any usual price; `limited`: below its upper limit."""
    plain = domain.values is None and not domain.excluded and not domain.unsure and domain.matches is None
    return plain and (domain.high is None or limited) and (domain.low is None or str(domain.low) in ("0", "0.0", "0.00"))


def _is_price_free(refinement: Refinement, table: str, price: ColumnSchema, dependent: list[ColumnSchema]) -> bool:
    """Whether the price may have any value within its bounds: it is compared only with what is computed from it, as that is."""
    below = {c.name for c in dependent if DEPENDENT[_without_unit(c)][0][-1] < 100}
    above = {c.name for c in dependent} - below
    group = {price.name} | below | above
    allowed = {(name, price.name) for name in below} | {(price.name, name) for name in above} | {(a, b) for a in below for b in above}
    compared = [c for case in refinement.drafts[table].alternatives for c in case.compared if {c.left, c.right} & group]
    if any(c.operator not in ("<", "<=") or (c.left, c.right) not in allowed for c in compared):
        return False
    readers = {name for name, generator in refinement.tables[table].columns.items() if price.name in needs(generator)}
    parts = refinement.tables[table].columns[price.name].walk()
    replaced = all(isinstance(part, Uniform | Lognormal | After | When) or part == Const(value=None) for part in parts)
    wide = all(_allows_prices(case.domain(price.name), limited=True) for case in refinement.drafts[table].cases)
    return replaced and readers <= group and wide


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """In which unit a price is computed: hundredths of the currency, or the smallest unit of its column."""

    per_unit: int  # of the currency
    factor: str  # from hundredths to the column's values, as an expression

    def value(self, hundredths: str) -> str:
        return f"({hundredths}){self.factor}"


def _set_price(
    refinement: Refinement, table: str, price: ColumnSchema, shape: Prices, factor: Fraction, dependent: list[ColumnSchema]
) -> None:
    cents = price.kind is ColumnType.INTEGER and factor % 100 == 0 and folded(price.name).endswith(("cents", "cent"))
    if price.kind is ColumnType.DECIMAL and price.scale >= 2:
        step = f"0.01{'0' * (price.scale - 2)}"
        scale = _Scale(per_unit=1, factor=f" * CAST('{step}' AS DECIMAL(20, {price.scale}))")
    elif cents:
        scale = _Scale(per_unit=100, factor="")
    else:
        return
    whole = _whole_units(
        refinement,
        table,
        price,
        shape,
        factor / scale.per_unit,
        scale,
        has_more=any(DEPENDENT[_without_unit(c)][0][-1] > 100 for c in dependent),
    )
    if whole is None:
        return
    units = refinement.add_helper(table, price.name, whole)
    ending = refinement.add_helper(table, f"{price.name}_ending", Choice(values=tuple(ENDINGS), weights=tuple(ENDINGS.values())))
    hundredths = f"{quoted(units)} * 100 + {quoted(ending)}"
    refinement.set(table, price.name, Expr(sql=scale.value(hundredths)))
    for column in dependent:
        percentages, weights = DEPENDENT[_without_unit(column)]
        percent = refinement.add_helper(table, f"{column.name}_percent", Choice(values=percentages, weights=weights))
        refinement.set(table, column.name, Expr(sql=scale.value(f"({hundredths}) * {quoted(percent)} // 100")))


def _whole_units(
    refinement: Refinement, table: str, price: ColumnSchema, shape: Prices, factor: Fraction, scale: _Scale, *, has_more: bool
) -> Generator | None:
    """The prices without their endings. None: they hardly fit into the column."""
    domain = refinement.drafts[table].cases[0].domain(price.name)
    allowed = allowed_range(price, domain, unit=Fraction(1, 10 ** digits(price)))
    if allowed is None:
        return None
    high = allowed.high * allowed.unit / scale.per_unit / (LARGEST if has_more else 1) - 1
    bounds = bounds_of(refinement, table, price, (Fraction(0), Fraction(int(high))))
    made = shape.generator(Bounds(low=bounds.low, high=bounds.high, scale=0, rows=bounds.rows, exact=int), factor)
    return made or (Uniform(low=1, high=int(high)) if high >= 1 else None)
