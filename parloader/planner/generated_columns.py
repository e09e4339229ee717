"""CHECKs on generated columns that are computed by arithmetic, as CHECKs on the columns that they are made of."""

import re
from collections.abc import Iterator, Mapping

from parloader.inference.value_ranges import decimal_text, limits, unit_of
from parloader.plans.generators import Generator
from parloader.schema.model import Check, ColumnSchema, ColumnType, TableSchema

NAME = re.compile(r"`((?:[^`]|``)+)`")

# Comparisons, texts and conditions are no arithmetic
OTHER = re.compile(r"[<>='\"%]|\b(?:case|if|is|and|or|xor|not|like|in|between|cast|json\w*|concat\w*)\b", re.IGNORECASE)

MAX_DEPTH = 5  # generated columns of generated columns


def written(check: Check, table: TableSchema) -> Check:
    """The CHECK with the expressions of generated columns in place of their names."""
    computed = {column.name.lower(): column for column in table.columns if _is_arithmetic(column)}
    clause = check.clause
    for _ in range(MAX_DEPTH if computed else 0):
        clause = NAME.sub(lambda name: _expression(computed.get(name[1].lower()), table) or name[0], clause)
    return Check(name=check.name, clause=clause)


def limits_of_types(table: TableSchema, given: Mapping[str, Generator]) -> Iterator[Check]:
    """CHECKs that keep the values of generated columns within their types."""
    for column in table.columns:
        if _is_arithmetic(column) and not table.columns_in(column.expression) <= given.keys():
            unit = unit_of(column)
            low, high = (decimal_text(end, unit) if column.kind is ColumnType.DECIMAL else str(end) for end in limits(column, unit))
            clause = f"({_expression(column, table)} between {low} and {high})"
            yield written(Check(name=column.name, clause=clause), table)


def _is_arithmetic(column: ColumnSchema) -> bool:
    kinds = (ColumnType.INTEGER, ColumnType.DECIMAL)
    return column.generated and bool(column.expression) and column.kind in kinds and not OTHER.search(column.expression)


def _expression(column: ColumnSchema | None, table: TableSchema) -> str | None:
    """The expression, rounded as the column stores it."""
    if column is None:
        return None
    sources = [table.column(name) for name in table.columns_in(column.expression)]
    digits = sum(source.scale for source in sources if source.kind is ColumnType.DECIMAL)
    exact = digits <= column.scale and "/" not in column.expression and "." not in column.expression
    return f"({column.expression})" if exact else f"round({column.expression},{column.scale})"
