"""Compatibility of a plan with the live schema: adapts the plan where that is safe, and reports the rest as misfits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import polars as pl

from parloader.generation.column_graph import computed_with, read_columns
from parloader.planner.given.picked_origins import misdirected
from parloader.planner.request import ENGINE, listed
from parloader.plans.documents.codecs import suggestion
from parloader.plans.documents.mistakes import InvalidPlan, Mistake, PlanMismatch
from parloader.plans.generators import Aggregate, Generator, Pick, Scalar
from parloader.plans.model import Plan, Table, is_helper
from parloader.schema.model import MAX_KEY, ColumnSchema, ColumnType, ForeignKey, Schema, TableSchema

# TIMESTAMP holds 1970-01-01 00:00:01 to 2038-01-19 03:14:07 UTC (MySQL manual "The DATE, DATETIME, and TIMESTAMP Types"; MariaDB 11.5 extends it to 2106)
TIMESTAMP_RANGE = (datetime(1970, 1, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 7))

SOME_TIMESTAMP = datetime(2000, 1, 1)

# The years that DATE, DATETIME and Python have (both servers also have a year 0)
MIN_YEAR, MAX_YEAR = 1, 9999


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """A difference between the live schema and what the plan needs."""

    table: str
    column: str | None  # None: it concerns the entire table
    problem: str  # a sentence that names the table and column
    next_step: str  # how to solve this problem in the plan or in the table
    is_missing_table: bool = False

    def __str__(self) -> str:
        return self.problem

    @property
    def mistake(self) -> Mistake:
        """The same as a mistake of the plan."""
        column = () if self.column is None else ("column", self.column)
        return Mistake(what=self.problem, next_step=self.next_step, path=("table", self.table, *column))


def adapt(plan: Plan, live: Schema) -> Plan:
    """The plan without optional columns that the live tables lack, and with the live names of the integer keys."""
    keys = {table.name: _live_key(table, live.get(table.name)) for table in plan.tables}
    planned_keys = {table.name: table.key for table in plan.tables}

    def column(generator: Generator) -> Generator:
        other = generator.parent if isinstance(generator, Pick) else generator.child if isinstance(generator, Aggregate) else None
        if isinstance(generator, Pick | Aggregate) and generator.column == planned_keys.get(other or ""):  # the plan may lack the parent
            return replace(generator, column=keys[other or ""] or generator.column)
        return generator

    def adapted(table: Table) -> Table:
        names = live[table.name].column_names if table.name in live else table.columns
        # the server or the run numbers the key, so a generator that the plan has for it is left out
        helpers = table.helpers | {name for name in table.columns if is_helper(name) and name not in names}
        kept = {n: g.map(column) for n, g in table.columns.items() if (n in names or n not in table.optional) and n != keys[table.name]}
        optional, later = table.optional & kept.keys(), table.later & kept.keys()
        return replace(table, key=keys[table.name], columns=kept, optional=optional, later=later, helpers=helpers)

    return replace(plan, tables=tuple(map(adapted, plan.tables)))


def _live_key(table: Table, live: TableSchema | None) -> str | None:
    if table.key is None or live is None:
        return table.key
    columns = _key_columns(live)
    return columns[0].name if len(columns) == 1 else table.key


def _key_columns(live: TableSchema) -> tuple[ColumnSchema, ...]:
    """The columns of the primary key, or of the unique key that InnoDB uses instead."""
    key = live.primary_key or live.row_key
    return tuple(map(live.column, key.columns)) if key else ()


def find_misfits(plan: Plan, live: Schema, samples: Mapping[str, pl.DataFrame], reused: Collection[str] = ()) -> tuple[Misfit, ...]:
    """What in the live schema does not fit the adapted plan.

    `samples`: for each table of the plan, some of its rows. `reused`: the tables of which no row is generated.
    """
    found = _missing_tables(plan, live) + tuple(
        m
        for table in plan.tables
        if table.name in live
        for m in (
            *_table_misfits(table, live[table.name], is_generated=table.name not in reused),
            *(_misdirected_pick(table.name, *each) for each in misdirected(plan, live, table)),
        )
    )
    return found or tuple(m for table in plan.tables for m in _column_misfits(plan, table, live[table.name], samples[table.name]))


def stand_ins(plan: Plan, live: Schema) -> dict[str, dict[str, Scalar]]:
    """A value for each picked column that the plan does not generate. The existing values are read when a run begins (rows/allocation.py)."""

    def stand_in(column: ColumnSchema, *, is_typed: bool) -> Scalar:
        match column.kind:
            case ColumnType.DECIMAL if is_typed:
                return Decimal(1).scaleb(-column.scale)
            case ColumnType.DATE if is_typed:
                return SOME_TIMESTAMP.date()
            case ColumnType.DATETIME | ColumnType.TIMESTAMP if is_typed:
                return SOME_TIMESTAMP
            case ColumnType.INTEGER | ColumnType.YEAR | ColumnType.BIT | ColumnType.REAL:
                return 1
            case ColumnType.BYTES | ColumnType.GEOMETRY | ColumnType.VECTOR:
                return b"1"
            case _:
                return "1"

    values: dict[str, dict[str, Scalar]] = {}
    for table in plan.tables:
        picked = [column for column in read_columns(plan, table.name) if column not in (table.key, *table.columns)]
        if picked and table.name in live:
            table_schema = live[table.name]
            typed = computed_with(plan, table.name)
            values[table.name] = {
                name: stand_in(table_schema.column(name), is_typed=name in typed) for name in picked if name in table_schema.column_names
            }
    return values


def missing_names(plan: Plan, live: Schema) -> tuple[Misfit, ...]:
    """The tables and columns of the plan that do not exist."""
    columns = (
        _missing_column(table, live[table.name], name)
        for table in plan.tables
        if table.name in live
        for name in dict.fromkeys((*table.columns, *(each.column for conditions in table.reuse_if for each in conditions)))
        if name not in live[table.name].column_names and name not in table.optional and not is_helper(name)
    )
    return (*_missing_tables(plan, live), *columns)


def require_fit(
    plan: Plan,
    live: Schema,
    samples: Mapping[str, pl.DataFrame],
    reused: Collection[str] = (),
    *,
    next_step: str = "",
    mistakes: Sequence[Mistake] = (),
) -> None:
    """PlanMismatch names every misfit. `next_step` replaces their own advice, for a plan that the user cannot change.

    `mistakes`: of columns that cannot be computed. InvalidPlan, if there is nothing else.
    """
    misfits = find_misfits(plan, live, samples, reused)
    if mistakes and not misfits:
        raise InvalidPlan.of(mistakes)
    _refuse(plan, misfits, next_step, mistakes)


def require_tables(plan: Plan, live: Schema, *, next_step: str = "") -> None:
    """SchemaMismatch names every table that is missing, or that cannot be loaded whatever its columns are. `next_step`: as in require_fit."""
    unfit = [
        m
        for table in plan.tables
        if table.name in live
        for m in _table_misfits(table, live[table.name], is_generated=True)
        if m.column is None
    ]
    _refuse(plan, (*_missing_tables(plan, live), *unfit), next_step)


def problems(misfits: Sequence[Misfit]) -> str:
    """The problems in one sentence, missing tables together."""
    missing = [misfit.table for misfit in misfits if misfit.is_missing_table]
    if len(missing) < 2:
        return "; ".join(map(str, misfits))
    others = (str(misfit) for misfit in misfits if not misfit.is_missing_table)
    return "; ".join((f"there are no tables {listed(missing)}", *others))


def _refuse(plan: Plan, misfits: Sequence[Misfit], next_step: str, mistakes: Sequence[Mistake] = ()) -> None:
    """Raises PlanMismatch if anything is wrong. `next_step`: one advice for all; empty: each has its own."""
    if misfits:
        one_advice = [Mistake(what=problems(misfits), next_step=next_step)]
        found = one_advice if next_step else [*mistakes, *(misfit.mistake for misfit in misfits)]
        raise PlanMismatch.of(found, f"the schema does not fit the plan {plan.name}: ")


def _missing_tables(plan: Plan, live: Schema) -> tuple[Misfit, ...]:
    return tuple(
        Misfit(
            table=t.name,
            column=None,
            problem=f"there is no table {t.name}",
            next_step=f"{suggestion(t.name, live)}Create it, or correct its name in the plan",
            is_missing_table=True,
        )
        for t in plan.tables
        if t.name not in live
    )


def _table_misfits(table: Table, live: TableSchema, *, is_generated: bool) -> list[Misfit]:
    misfits = [
        *_storage_misfits(table, live),
        *(_missing_column(table, live, name) for name in table.written if name not in live.column_names),
    ]
    for column in live.columns:
        if is_generated and column.name not in (table.key, *table.columns) and column.requires_value:
            problem = f"{table.name}.{column.name} is {_type(column)} without a default, and the plan has no values for it"
            misfits.append(_misfit(table.name, column.name, problem, "Give it a generator in the plan, or a default in the table"))
    for name in sorted(table.later & set(live.column_names)):
        if not live.column(name).nullable:
            problem = f"{table.name}.{name} is NOT NULL, but the plan sets it only in the second pass"
            misfits.append(_misfit(table.name, name, problem, f"Let {name} accept NULL, or take it out of `later`"))
    if is_generated and table.later and table.key is None and not live.is_unique(table.identity):
        problem = f"{table.name} has no key by which the second pass could find a row"
        misfits.append(_misfit(table.name, None, problem, f"Give it a PRIMARY KEY, or take {listed(sorted(table.later))} out of `later`"))
    return misfits


def _misfit(table: str, column: str | None, problem: str, next_step: str) -> Misfit:
    return Misfit(table=table, column=column, problem=problem, next_step=next_step)


def _storage_misfits(table: Table, live: TableSchema) -> list[Misfit]:
    """The table's engine and key, if parloader cannot work with them."""
    misfits = []
    if live.engine.lower() != ENGINE.lower():
        problem = f"{table.name} has ENGINE={live.engine or 'none'}, but batches need the transactions of {ENGINE}"
        misfits.append(_misfit(table.name, None, problem, f"ALTER TABLE … ENGINE={ENGINE}"))
    key = _key_columns(live)
    if table.key is not None and (len(key) != 1 or key[0].kind is not ColumnType.INTEGER):
        found = f"the key {listed(f'{c.name} {c.type_text}' for c in key)}" if key else "no primary key"
        problem = f"{table.name} has {found}, but the plan needs a primary key of one integer column"
        misfits.append(_misfit(table.name, None, problem, "Give the table such a key"))
    elif table.key is not None and key[0].name != table.key:
        problem = f"{table.name} has the key {key[0].name}, but the plan needs the key {table.key}"
        misfits.append(_misfit(table.name, None, problem, f"Rename it to {table.key}"))
    return misfits


def _missing_column(table: Table, live: TableSchema, name: str) -> Misfit:
    next_step = f"{suggestion(name, live.column_names)}Correct the name in the plan, or add the column to the table"
    return _misfit(table.name, name, f"{table.name} has no column {name}", next_step)


def _misdirected_pick(table: str, name: str, pick: Pick, key: ForeignKey) -> Misfit:
    problem = f"{table}.{name} references {key.parent}, but it picks {pick.parent}.{pick.column}, which does not come from {key.parent}"
    return _misfit(table, name, problem, f"Pick from {key.parent} in the plan, or a column that references it")


def _column_misfits(plan: Plan, table: Table, live: TableSchema, sample: pl.DataFrame) -> list[Misfit]:
    misfits = []
    existing = {t.name: {*read_columns(plan, t.name)} - {t.key, *t.columns} for t in plan.tables}
    for name, generator in table.columns.items():
        if name not in sample.columns:
            continue  # it cannot be computed, or it is a helper
        if any(pick.column in existing[pick.parent] for pick in table.picks.get(name, ())):
            continue  # its values are read from existing rows, so the sample has stand-ins
        column, values = live.column(name), sample[name]
        given = []
        if values.null_count() and not column.nullable:
            among = next((pick for pick in table.picks.get(name, ()) if pick.among), None)
            if among:
                problem = f"{table.name}.{name} is NOT NULL, but some rows have no row of {among.parent} with the same {among.among}"
                misfits.append(_misfit(table.name, name, problem, f"Give {among.parent} such rows, or let {name} accept NULL"))
                continue
            given.append("NULL")
        words, kinds = _family(values.dtype)
        if column.kind not in kinds:
            given.append(words)
        elif not isinstance(generator, Pick) and values.len() and (excess := _beyond(values, column)):
            given.append(excess)
        for each in given:
            problem = f"{table.name}.{name} is {_type(column)}, but the plan gives it {each}"
            misfits.append(_misfit(table.name, name, problem, f"Give {name} other values in the plan, or change its type"))
    return misfits


def _type(column: ColumnSchema) -> str:
    return f"{column.type_text}{'' if column.nullable else ' NOT NULL'}"


# Types for which the plan decides how values are written
ANYTHING = frozenset(
    {ColumnType.BIT, ColumnType.UUID, ColumnType.INET4, ColumnType.INET6, ColumnType.GEOMETRY, ColumnType.VECTOR, ColumnType.OTHER}
)

NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.REAL}) | ANYTHING

DATES = frozenset({ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP})

TEXTS = frozenset({ColumnType.TEXT, ColumnType.ENUM, ColumnType.SET, ColumnType.JSON, ColumnType.DATE, ColumnType.TIME}) | ANYTHING


def _family(dtype: pl.DataType) -> tuple[str, frozenset[ColumnType]]:
    """What values of this type are called, and the column types that hold them."""
    if dtype.is_integer():
        return "integers", NUMBERS | {ColumnType.YEAR}
    if dtype.is_numeric():
        return "numbers", NUMBERS
    if dtype == pl.Datetime:
        return "timestamps", DATES
    if dtype == pl.Date:
        return "dates", DATES
    if dtype == pl.Binary:
        return "bytes", ANYTHING | {ColumnType.BYTES}
    if dtype == pl.Null:
        return "NULL", frozenset(ColumnType)
    if dtype == pl.Boolean:
        return "true and false", NUMBERS | TEXTS
    if dtype == pl.String:
        return "text", TEXTS
    return f"values of the type {dtype}, which no column holds", frozenset()


def _beyond(values: pl.Series, column: ColumnSchema) -> str:
    """The values that exceed the column's range; empty if all fit."""
    if values.dtype in (pl.Date, pl.Datetime):
        years = values.dt.year().drop_nulls().to_list()
        if years and not MIN_YEAR <= min(years) <= max(years) <= MAX_YEAR:
            return f"years from {min(years)} to {max(years)}"
    lowest, highest = values.min(), values.max()
    if column.kind is ColumnType.TIMESTAMP and isinstance(lowest, datetime) and isinstance(highest, datetime):
        if lowest < TIMESTAMP_RANGE[0] or highest > TIMESTAMP_RANGE[1]:
            return f"timestamps from {lowest:%Y-%m-%d} to {highest:%Y-%m-%d}"
    elif column.kind is ColumnType.INTEGER and isinstance(lowest, int) and isinstance(highest, int):
        if lowest < 0 and column.max_key != MAX_KEY and column.unsigned:
            return f"negative numbers, from {lowest:,}"
        if highest > column.max_key:
            return f"numbers up to {highest:,}"
    elif column.kind is ColumnType.INTEGER and values.dtype.is_numeric():
        fractions = [value for value in values.drop_nulls().to_list() if value % 1]  # also infinity and NaN
        return f"numbers such as {fractions[0]}, which are not integers" if fractions else ""
    elif column.kind is ColumnType.ENUM:
        missing = sorted(set(values.drop_nulls().to_list()) - set(column.values))
        return f"the value {missing[0]!r}" if missing else ""
    elif column.type_name in ("char", "varchar") and values.dtype == pl.String:
        longest = int(values.str.len_chars().max() or 0)  # type: ignore[arg-type]
        return f"texts of {longest} characters" if longest > column.length > 0 else ""
    return ""
