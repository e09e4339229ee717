"""Samples: the first and last rows of each table of a plan, to compare with the live schema; and what is wrong with a plan without one."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import polars as pl

from parloader.errors import UsageError
from parloader.generation.column_graph import cycles, reads_of_parent
from parloader.generation.column_order import dependency_steps
from parloader.generation.expressions import needs
from parloader.generation.frames import RowGenerator, related_rows
from parloader.plans.documents.mistakes import Mistake, Mistakes, column_mistake
from parloader.plans.generators import Const, Generator, Pick, Provider, Random, Scalar, Unique
from parloader.plans.model import Plan, Table, all_new

SAMPLE_ROWS = 1000  # at each end of a table

# Random and unique texts are composed of pieces of a few characters: one of this length takes a minute
MAX_COMPOSED_LENGTH = 100_000

# VECTOR(16383) is the largest on both servers (their manuals, "VECTOR")
MAX_DIMENSIONS = 16_383


def samples(
    plan: Plan, used: Mapping[str, Mapping[str, Scalar]] = MappingProxyType({}), mistakes: Mistakes | None = None
) -> dict[str, pl.DataFrame]:
    """The first and last rows of each table of the plan, with keys from 1 on.

    `used`: for tables of which all rows exist already, a value for each picked column that has no generator.
    InvalidPlan: columns cannot be computed. With `mistakes` they are noted there instead, and the columns left out.
    """
    found = Mistakes() if mistakes is None else mistakes
    known = _without_conditions(plan, used)
    complete = replace(
        known, tables=tuple(_with_children(_with_constants(table, used.get(table.name, {})), used) for table in known.tables)
    )
    of = {table.name: all_new(table) for table in plan.tables}
    related = related_rows(complete, of, kept=True)  # shared: tables have the same ancestors

    def sample(table: Table) -> pl.DataFrame:
        generator = RowGenerator(complete, table, of, mistakes=found, related=related)
        return generator.computable(_ends(table.rows), found)

    frames = {table.name: sample(table) for table in known.tables}
    if mistakes is None:
        found.report()
    return frames


def _without_conditions(plan: Plan, used: Mapping[str, Mapping[str, Scalar]]) -> Plan:
    """The plan, in which picks have no condition on columns whose values are not known."""

    def known(table: Table, generator: Generator) -> Generator:
        if isinstance(generator, Pick) and used.get(generator.parent, {}).keys() & {*reads_of_parent(plan, table, generator)}:
            return replace(generator, where=None, among=None)
        return generator

    tables = (
        replace(table, columns={name: g.map(partial(known, table)) for name, g in table.columns.items()}) if used else table
        for table in plan.tables
    )
    return replace(plan, tables=tuple(tables))


def _with_constants(table: Table, values: Mapping[str, Scalar]) -> Table:
    return replace(table, columns={**table.columns, **{name: Const(value=value) for name, value in values.items()}})


def _with_children(table: Table, used: Mapping[str, Mapping[str, Scalar]]) -> Table:
    """The table with one child for each parent, if their number depends on the values of existing rows."""
    if table.child_of is None:
        return table
    column, child_of = table.child_of
    if not _needs(child_of.count) & used.get(child_of.parent, {}).keys():
        return table
    return replace(table, columns={**table.columns, column: replace(child_of, count=Const(value=1))})


def _ends(rows: int) -> pl.Series:
    first = pl.int_range(0, min(rows, SAMPLE_ROWS), dtype=pl.Int64, eager=True)
    last = pl.int_range(max(0, rows - SAMPLE_ROWS), rows, dtype=pl.Int64, eager=True)
    return pl.concat([first, last])


def mistakes_without_schema(plan: Plan) -> Iterator[Mistake]:
    """What of a plan file can be told before the schema is known: SQL that is not valid, columns that depend on each other, texts too long."""
    for table in plan.tables:
        found = Mistakes()
        list(dependency_steps(_with_unknown_columns(table), found))
        yield from found
        for name, generator in table.columns.items():
            for nested in generator.walk():
                if problem := _too_long(nested):
                    yield column_mistake(table.name, name, *problem)
    yield from cycles(plan, [(table.name, name) for table in plan.tables for name in table.columns])[0]


def _with_unknown_columns(table: Table) -> Table:
    """The table with a NULL for each column that the plan does not name: the schema may have it."""
    generators = table.columns.values()
    named = {name for generator in generators for name in _needs(generator)}
    return replace(table, columns={**table.columns, **dict.fromkeys(named - {table.key, *table.columns}, Const(value=None))})


def _needs(generator: Generator) -> frozenset[str]:
    try:
        return needs(generator)
    except UsageError:
        return frozenset()


def _too_long(generator: Generator) -> tuple[str, str] | None:
    """(what, next step), if a generator would have to compose texts or vectors that are too long."""
    match generator:
        case Random(length=length) | Unique(length=length) if length > MAX_COMPOSED_LENGTH:
            return f"`length` is {length}", f"Give a length of at most {MAX_COMPOSED_LENGTH}"
        case Provider(name="vector", length=length) if length > MAX_DIMENSIONS:
            return f"`length` is {length}", f"Give a vector at most {MAX_DIMENSIONS} dimensions"
    return None
