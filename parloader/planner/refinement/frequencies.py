"""How often values occur: flags, the members of ENUMs, a column's DEFAULT, and NULL."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from parloader.generation.expressions import needs
from parloader.inference.column_names import is_boolean
from parloader.inference.default_values import default_value
from parloader.inference.numbers.shares import DEFAULT_SHARE, keeps_default, member_weights, null_share, share_of_true
from parloader.inference.statuses.event_times import quoted
from parloader.inference.statuses.events import CHANGED, created, folded
from parloader.inference.value_ranges import allowed_range, number
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Choice, Const, Generator, Scalar, Uniform, When
from parloader.schema.model import ColumnSchema, ColumnType

MAX_MEMBERS = 40  # values of a list that get weights

LISTED = frozenset((ColumnType.ENUM, ColumnType.TEXT, ColumnType.INTEGER))


def weigh_values(refinement: Refinement) -> None:
    """The step: flags and listed values are not equally frequent. The values stay the same, so all CHECKs hold that did before."""
    for table, column in own_columns(refinement):
        generator = refinement.tables[table].columns[column.name]
        changed = generator.map(lambda nested, column=column: _weighted(nested, column))  # type: ignore[misc]
        if changed != generator:
            refinement.set(table, column.name, changed)


def _weighted(generator: Generator, column: ColumnSchema) -> Generator:
    if is_boolean(column) and generator in (Uniform(low=0, high=1), Choice(values=(0, 1))):
        true = share_of_true(column)
        return Choice(values=(1, 0), weights=(true, 100 - true))
    if isinstance(generator, Choice) and not generator.weights and column.kind in LISTED and 1 < len(generator.values) <= MAX_MEMBERS:
        return replace(generator, weights=member_weights(column, generator.values))
    return generator


def keep_defaults(refinement: Refinement) -> None:
    """The step: most rows have a column's DEFAULT, if it is a value that the application would leave as it is."""
    for table, column in own_columns(refinement):
        value = default_value(column)
        generator = refinement.tables[table].columns[column.name]
        simple = refinement.is_free(table, column.name) and not isinstance(generator, Const) and not _lists(generator, value)
        if simple and keeps_default(column) and not is_boolean(column) and _is_allowed(refinement, table, column, value):
            helper = refinement.add_helper(
                table, f"{column.name}_default", Choice(values=(1, 0), weights=(DEFAULT_SHARE, 100 - DEFAULT_SHARE))
            )
            const = Const(value=Decimal(value) if column.kind is ColumnType.DECIMAL and isinstance(value, str) else value)
            refinement.set(table, column.name, When(condition=f"{quoted(helper)} = 1", then=const, otherwise=generator))


def _lists(generator: Generator, value: Scalar) -> bool:
    """Whether the generator is a list with the value, so that it has its weight already."""
    values = generator.values if isinstance(generator, Choice) else ()
    return any(each == value or (isinstance(each, Decimal) and isinstance(value, str) and each == Decimal(value)) for each in values)


def _is_allowed(refinement: Refinement, table: str, column: ColumnSchema, value: Scalar) -> bool:
    """Whether the CHECKs allow the value."""
    domain = refinement.domain(table, column.name)
    if domain is None or isinstance(value, bytes):
        return False
    if not refinement.is_limited(table, column.name):
        return True
    if domain.values is not None:
        return value in domain.values
    if column.kind is ColumnType.TEXT or isinstance(value, float) or domain.unsure or value is None:
        return False
    allowed = allowed_range(column, domain)
    if allowed is None:
        return False
    units = number(column, str(value)) / allowed.unit
    return units.denominator == 1 and allowed.low <= units <= allowed.high and int(units) not in allowed.excluded


def spread_nulls(refinement: Refinement) -> None:
    """The step: nullable columns are NULL in some rows."""
    needed = {table: _needed(refinement, table) for table in refinement.layouts}
    for table, column in _columns(refinement):
        draft, layout = refinement.drafts[table], refinement.layouts[table]
        fixed = column.name in layout.null_from or column.name in layout.period_ends or column.name in layout.period_ends.values()
        tested = column.name in draft.unanalysed | draft.schema.computed_from | draft.schema.partitioned_by
        key = draft.group_of(column.name) or draft.self_reference_of(column.name) or column.name in refinement.tables[table].identity
        if fixed or tested or key or not draft.may_be_null(column.name) or column.name in draft.null_columns:
            continue
        generator = refinement.tables[table].columns[column.name]
        nulls = generator.null_share or any(nested == Const(value=None) for nested in generator.walk())
        begins = folded(column.name) in CHANGED or column == created(draft.schema.columns)
        if not nulls and not begins and column.name not in needed[table]:
            latitude = _latitude(refinement, table, column)
            both = generator if latitude is None else When(condition=f"{quoted(latitude)} IS NOT NULL", then=generator)
            refinement.set(table, column.name, both if latitude else replace(generator, null_share=null_share(column)))


LONGITUDE = re.compile(r"(?i)(longitude|lng|lon|long)$")


def _latitude(refinement: Refinement, table: str, column: ColumnSchema) -> str | None:
    """The nullable latitude of a longitude: they are NULL in the same rows."""
    if not LONGITUDE.search(column.name):
        return None
    names = {LONGITUDE.sub(latitude, column.name).lower() for latitude in ("latitude", "lat")}
    found = (c for c in refinement.drafts[table].schema.columns if c.name.lower() in names and c.name in refinement.tables[table].columns)
    return next((c.name for c in found if c.nullable), None)


def _needed(refinement: Refinement, table: str) -> frozenset[str]:
    """The columns from which others that must have a value are computed, by the plan or by the server."""
    planned, draft = refinement.tables[table], refinement.drafts[table]
    reads = {name: needs(generator) for name, generator in planned.columns.items()}
    found = {name for name in reads if name not in planned.helpers and (not draft.may_be_null(name) or name in planned.identity)}
    while more := frozenset[str]().union(*(reads[name] for name in found if name in reads)) - found:
        found |= more
    for column in draft.schema.columns:
        if column.generated and not column.nullable:
            found |= draft.schema.columns_in(column.expression)
    return frozenset(found)


def _columns(refinement: Refinement, *, settled: bool = False) -> Iterator[tuple[str, ColumnSchema]]:
    """The generated columns about which no step has decided yet (`settled`: or one has), with their tables."""
    for table, draft in refinement.drafts.items():
        if table in refinement.layouts:
            for column in draft.schema.columns:
                if column.name in refinement.tables[table].columns and (settled or not refinement.is_settled(table, column.name)):
                    yield table, column


def own_columns(refinement: Refinement, *, settled: bool = False) -> Iterator[tuple[str, ColumnSchema]]:
    """Those whose values are their own (Refinement.is_own)."""
    for table, column in _columns(refinement, settled=settled):
        if refinement.is_own(table, column.name):
            yield table, column
