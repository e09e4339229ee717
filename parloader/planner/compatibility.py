"""The live schema: whether it fits a plan, its keys and counters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from parloader.errors import SchemaMismatch
from parloader.plans.generators import Generator, Pick, Scalar, When
from parloader.plans.model import Plan, Table
from parloader.schema.model import MAX_KEY, ColumnSchema, ColumnType, Schema, TableSchema

# TIMESTAMP holds 1970-01-01 00:00:01 to 2038-01-19 03:14:07 UTC (MySQL manual "The DATE, DATETIME, and TIMESTAMP Types"; MariaDB 11.5 goes to 2106)
TIMESTAMP_RANGE = (datetime(1970, 1, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 7))


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """Where the live schema is not as the plan needs it. `column` is None where it is about the whole table."""

    table: str
    column: str | None
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}{'.' + self.column if self.column else ''}: expected {self.expected}, found {self.found}"


def adapt(plan: Plan, live: Schema) -> Plan:
    """The plan without the optional columns that are not there, and with the names that its tables' integer keys have."""
    keys = {table.name: _live_key(table, live.get(table.name)) for table in plan.tables}

    def column(generator: Generator) -> Generator:
        if isinstance(generator, Pick) and generator.column == plan.table(generator.parent).key:
            return replace(generator, column=keys[generator.parent] or generator.column)
        if isinstance(generator, When):
            return replace(generator, then=column(generator.then), otherwise=column(generator.otherwise))
        return generator

    def adapted(table: Table) -> Table:
        there = live[table.name].column_names if table.name in live else table.columns
        # the key is AUTO_INCREMENT or ours to choose: a column of the plan that is the key gives way to it
        kept = {n: column(g) for n, g in table.columns.items() if (n in there or n not in table.optional) and n != keys[table.name]}
        return replace(table, key=keys[table.name], columns=kept, optional=table.optional & kept.keys(), later=table.later & kept.keys())

    return replace(plan, tables=tuple(map(adapted, plan.tables)))


def _live_key(table: Table, there: TableSchema | None) -> str | None:
    if table.key is None or there is None:
        return table.key
    columns = _key_columns(there)
    return columns[0].name if len(columns) == 1 else table.key


def _key_columns(there: TableSchema) -> tuple[ColumnSchema, ...]:
    """Those of the primary key, or of the key that InnoDB uses instead."""
    key = there.primary_key or there.row_key
    return tuple(map(there.column, key.columns)) if key else ()


def find_misfits(plan: Plan, live: Schema, samples: Mapping[str, pl.DataFrame], used: Collection[str] = ()) -> tuple[Misfit, ...]:
    """Where the live schema is not as the adapted plan needs it. `samples` has, for each table of the plan, some of its rows; in those that
    are `used` none is made."""
    missing = tuple(Misfit(table=t.name, column=None, expected="a table", found="none") for t in plan.tables if t.name not in live)
    found = missing + tuple(
        m for table in plan.tables if table.name in live for m in _table_misfits(table, live[table.name], is_made=table.name not in used)
    )
    return found or tuple(m for table in plan.tables for m in _column_misfits(plan, table, live[table.name], samples[table.name]))


def stand_ins(plan: Plan, live: Schema) -> dict[str, dict[str, Scalar]]:
    """Of tables that are only used, a value for each column that is picked: what is there is read when a run begins (see assign)."""

    def stand_in(column: ColumnSchema) -> Scalar:
        match column.kind:
            case ColumnType.INTEGER | ColumnType.YEAR | ColumnType.BIT | ColumnType.REAL:
                return 1
            case ColumnType.BYTES | ColumnType.GEOMETRY | ColumnType.VECTOR:
                return b"1"
            case _:
                return "1"

    found: dict[str, dict[str, Scalar]] = {}
    for table in plan.tables:
        unmade = [column for column in plan.referenced_columns(table.name) if column not in (table.key, *table.columns)]
        if unmade and table.name in live:
            there = live[table.name]
            found[table.name] = {name: stand_in(there.column(name)) for name in unmade if name in there.column_names}
    return found


def require_fit(plan: Plan, live: Schema, samples: Mapping[str, pl.DataFrame], used: Collection[str] = (), *, next_step: str) -> None:
    """SchemaMismatch names every column that is not as expected."""
    _refuse(plan, find_misfits(plan, live, samples, used), next_step)


def require_tables(plan: Plan, live: Schema, *, next_step: str) -> None:
    """SchemaMismatch names every table that is not there, or is of no use whatever its columns."""
    missing = [Misfit(table=t.name, column=None, expected="a table", found="none") for t in plan.tables if t.name not in live]
    unfit = [
        m for table in plan.tables if table.name in live for m in _table_misfits(table, live[table.name], is_made=True) if m.column is None
    ]
    _refuse(plan, (*missing, *unfit), next_step)


def _refuse(plan: Plan, found: Sequence[Misfit], next_step: str) -> None:
    if found:
        raise SchemaMismatch(
            f"the schema does not fit the plan {plan.name}: " + "; ".join(map(str, found)),
            next_step,
        )


def _table_misfits(table: Table, there: TableSchema, *, is_made: bool) -> list[Misfit]:
    misfits: list[Misfit] = []
    if there.engine.lower() != "innodb":
        found = f"ENGINE={there.engine or 'none'}"
        misfits.append(Misfit(table=table.name, column=None, expected="ENGINE=InnoDB (batches are transactions)", found=found))
    key = _key_columns(there)
    if table.key is not None and (len(key) != 1 or key[0].kind is not ColumnType.INTEGER):
        found = ", ".join(f"{c.name} {c.type_text}" for c in key) or "no primary key"
        misfits.append(Misfit(table=table.name, column=None, expected="a primary key of one integer column", found=found))
    for name in table.columns:
        if name not in there.column_names:
            misfits.append(Misfit(table=table.name, column=name, expected="a column", found="none"))
    for column in there.columns:
        if is_made and column.name not in (table.key, *table.columns) and column.requires_value:
            misfits.append(
                Misfit(
                    table=table.name,
                    column=column.name,
                    expected="a default or NULL allowed (the plan has no value for it)",
                    found=f"{column.type_text} NOT NULL",
                )
            )
    for name in sorted(table.later & set(there.column_names)):
        if not there.column(name).nullable:
            misfits.append(Misfit(table=table.name, column=name, expected="NULL allowed (it is set later)", found="NOT NULL"))
    for foreign in there.foreign_keys:
        for name in foreign.columns:
            wanted = table.references.get(name)
            if wanted and not any(name in other.columns and other.to == wanted.parent for other in there.foreign_keys):
                misfits.append(
                    Misfit(table=table.name, column=name, expected=f"a foreign key to {wanted.parent}", found=f"one to {foreign.to}")
                )
    return misfits


def _column_misfits(plan: Plan, table: Table, there: TableSchema, sample: pl.DataFrame) -> list[Misfit]:
    misfits = []
    used = {t.name: {*plan.referenced_columns(t.name)} - {t.key, *t.columns} for t in plan.tables}
    for name, generator in table.columns.items():
        if any(pick.column in used[pick.parent] for pick in table.picks.get(name, ())):
            continue  # it holds what another column holds, of which the sample knows nothing
        column, values = there.column(name), sample[name]
        found = f"{column.type_text}{'' if column.nullable else ' NOT NULL'}"
        if values.null_count() and not column.nullable:
            misfits.append(Misfit(table=table.name, column=name, expected="NULL allowed", found=found))
        wanted, holds = _family(values.dtype)
        if column.kind not in holds:
            misfits.append(Misfit(table=table.name, column=name, expected=wanted, found=found))
        elif not isinstance(generator, Pick) and values.len() and (limit := _beyond(values, column)):
            misfits.append(Misfit(table=table.name, column=name, expected=limit, found=found))
    return misfits


# Columns that may hold anything: how their values are written is the plan's matter
ANYTHING = frozenset(
    {ColumnType.BIT, ColumnType.UUID, ColumnType.INET4, ColumnType.INET6, ColumnType.GEOMETRY, ColumnType.VECTOR, ColumnType.OTHER}
)

NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.REAL}) | ANYTHING

DATES = frozenset({ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP})

TEXTS = frozenset({ColumnType.TEXT, ColumnType.ENUM, ColumnType.SET, ColumnType.JSON, ColumnType.DATE, ColumnType.TIME}) | ANYTHING


def _family(dtype: pl.DataType) -> tuple[str, frozenset[ColumnType]]:
    """What a column of a plan's values must be, in words and as kinds."""
    if dtype.is_integer():
        return "an integer column", NUMBERS | {ColumnType.YEAR}
    if dtype.is_numeric():
        return "a number column", NUMBERS
    if dtype == pl.Datetime:
        return "a DATETIME or TIMESTAMP column", DATES
    if dtype == pl.Date:
        return "a DATE column", DATES
    if dtype == pl.Binary:
        return "a column of bytes", ANYTHING | {ColumnType.BYTES}
    if dtype == pl.Null:
        return "any column", frozenset(ColumnType)
    return "a text column", TEXTS


def _beyond(values: pl.Series, column: ColumnSchema) -> str:
    """What would hold the values, if the column does not; empty if it does."""
    lowest, highest = values.min(), values.max()
    if column.kind is ColumnType.TIMESTAMP and isinstance(lowest, datetime) and isinstance(highest, datetime):
        if lowest < TIMESTAMP_RANGE[0] or highest > TIMESTAMP_RANGE[1]:
            return f"a type that holds {lowest:%Y-%m-%d} to {highest:%Y-%m-%d}"
    elif column.kind is ColumnType.INTEGER and isinstance(lowest, int) and isinstance(highest, int):
        if lowest < 0 and column.max_key != MAX_KEY and column.unsigned:
            return f"a signed type (values from {lowest})"
        if highest > column.max_key:
            return f"a type that holds {highest:,}"
    elif column.kind is ColumnType.ENUM:
        missing = sorted(set(values.drop_nulls().to_list()) - set(column.values))
        return f"the value {missing[0]!r} among its values" if missing else ""
    elif column.type_name in ("char", "varchar") and values.dtype == pl.String:
        longest = int(values.str.len_chars().max() or 0)  # type: ignore[arg-type]
        return f"at least {longest} characters" if longest > column.length > 0 else ""
    return ""
