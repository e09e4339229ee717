"""The live schema: whether it fits a plan, its keys and counters."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from parloader.database import ledger, marker, sql
from parloader.database.shape import Listed
from parloader.database.sql import Connection
from parloader.database.view import View
from parloader.errors import SchemaMismatch
from parloader.plans.generators import Generator, Pick, Scalar, When
from parloader.plans.model import Plan, Table
from parloader.plans.refusals import identity
from parloader.plans.script_execution import NAME
from parloader.plans.shape import Column, Kind, Shapes
from parloader.plans.shape import Table as Shape

# TIMESTAMP holds 1970-01-01 00:00:01 to 2038-01-19 03:14:07 UTC (MySQL manual "The DATE, DATETIME, and TIMESTAMP Types"; MariaDB 11.5 goes to 2106)
TIMESTAMP_RANGE = (datetime(1970, 1, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 7))
# Keys are computed in signed 64 bits
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """Where the live schema is not as the plan needs it. `column` is None where it is about the whole table."""

    table: str
    column: str | None
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}{'.' + self.column if self.column else ''}: expected {self.expected}, found {self.found}"


def table_names(found: Listed) -> frozenset[str]:
    """The tables and views of the database, parloader's own not counted."""
    return frozenset(found.tables) - {marker.NAME, *ledger.TABLES, *found.with_comment(ledger.SCRATCH_MARK)}


def adapt(plan: Plan, live: Shapes) -> Plan:
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


def _live_key(table: Table, there: Shape | None) -> str | None:
    if table.key is None or there is None:
        return table.key
    columns = _key_columns(there)
    return columns[0].name if len(columns) == 1 else table.key


def _key_columns(there: Shape) -> tuple[Column, ...]:
    """Those of the primary key, or of the key that InnoDB uses instead."""
    key = there.primary_key or identity(there)
    return tuple(map(there.column, key.columns)) if key else ()


def misfits(plan: Plan, live: Shapes, samples: Mapping[str, pl.DataFrame], used: Collection[str] = ()) -> tuple[Misfit, ...]:
    """Where the live schema is not as the adapted plan needs it. `samples` has, for each table of the plan, some of its rows; in those that
    are `used` none is made."""
    missing = tuple(Misfit(table=t.name, column=None, expected="a table", found="none") for t in plan.tables if t.name not in live)
    found = missing + tuple(
        m for table in plan.tables if table.name in live for m in _table_misfits(table, live[table.name], is_made=table.name not in used)
    )
    return found or tuple(m for table in plan.tables for m in _column_misfits(plan, table, live[table.name], samples[table.name]))


def stand_ins(plan: Plan, live: Shapes) -> dict[str, dict[str, Scalar]]:
    """Of tables that are only used, a value for each column that is picked: what is there is read when a run begins (see assign)."""

    def stand_in(column: Column) -> Scalar:
        match column.kind:
            case Kind.INTEGER | Kind.YEAR | Kind.BIT | Kind.REAL:
                return 1
            case Kind.BYTES | Kind.GEOMETRY | Kind.VECTOR:
                return b"1"
            case _:
                return "1"

    found: dict[str, dict[str, Scalar]] = {}
    for table in plan.tables:
        unmade = [column for column in plan.picked(table.name) if column not in (table.key, *table.columns)]
        if unmade and table.name in live:
            there = live[table.name]
            found[table.name] = {name: stand_in(there.column(name)) for name in unmade if name in there.column_names}
    return found


def require_fit(plan: Plan, live: Shapes, samples: Mapping[str, pl.DataFrame], used: Collection[str] = ()) -> None:
    """SchemaMismatch names every column that is not as expected."""
    _refuse(plan, misfits(plan, live, samples, used))


def require_tables(plan: Plan, live: Shapes) -> None:
    """SchemaMismatch names every table that is not there, or is of no use whatever its columns."""
    missing = [Misfit(table=t.name, column=None, expected="a table", found="none") for t in plan.tables if t.name not in live]
    unfit = [
        m for table in plan.tables if table.name in live for m in _table_misfits(table, live[table.name], is_made=True) if m.column is None
    ]
    _refuse(plan, (*missing, *unfit))


def _refuse(plan: Plan, found: Sequence[Misfit]) -> None:
    if found:
        raise SchemaMismatch(
            f"the schema does not fit the plan {plan.name}: " + "; ".join(map(str, found)),
            "Migrate the database to the schema that the plan is for, or use an empty database: parloader makes the tables there"
            if plan.name == NAME
            else "Migrate the database to it, or give these columns other values in a plan file",
        )


def _table_misfits(table: Table, there: Shape, *, is_made: bool) -> list[Misfit]:
    misfits: list[Misfit] = []
    if there.engine.lower() != "innodb":
        found = f"ENGINE={there.engine or 'none'}"
        misfits.append(Misfit(table=table.name, column=None, expected="ENGINE=InnoDB (batches are transactions)", found=found))
    key = _key_columns(there)
    if table.key is not None and (len(key) != 1 or key[0].kind is not Kind.INTEGER):
        found = ", ".join(f"{c.name} {c.type_text}" for c in key) or "no primary key"
        misfits.append(Misfit(table=table.name, column=None, expected="a primary key of one integer column", found=found))
    for name in table.columns:
        if name not in there.column_names:
            misfits.append(Misfit(table=table.name, column=name, expected="a column", found="none"))
    for column in there.columns:
        if is_made and column.name not in (table.key, *table.columns) and column.demands_value:
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


def _column_misfits(plan: Plan, table: Table, there: Shape, sample: pl.DataFrame) -> list[Misfit]:
    misfits = []
    used = {t.name: {*plan.picked(t.name)} - {t.key, *t.columns} for t in plan.tables}
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
ANYTHING = frozenset({Kind.BIT, Kind.UUID, Kind.INET4, Kind.INET6, Kind.GEOMETRY, Kind.VECTOR, Kind.OTHER})
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.REAL}) | ANYTHING
DATES = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP})
TEXTS = frozenset({Kind.TEXT, Kind.ENUM, Kind.SET, Kind.JSON, Kind.DATE, Kind.TIME}) | ANYTHING


def _family(dtype: pl.DataType) -> tuple[str, frozenset[Kind]]:
    """What a column of a plan's values must be, in words and as kinds."""
    if dtype.is_integer():
        return "an integer column", NUMBERS | {Kind.YEAR}
    if dtype.is_numeric():
        return "a number column", NUMBERS
    if dtype == pl.Datetime:
        return "a DATETIME or TIMESTAMP column", DATES
    if dtype == pl.Date:
        return "a DATE column", DATES
    if dtype == pl.Binary:
        return "a column of bytes", ANYTHING | {Kind.BYTES}
    if dtype == pl.Null:
        return "any column", frozenset(Kind)
    return "a text column", TEXTS


def _beyond(values: pl.Series, column: Column) -> str:
    """What would hold the values, if the column does not; empty if it does."""
    lowest, highest = values.min(), values.max()
    if column.kind is Kind.TIMESTAMP and isinstance(lowest, datetime) and isinstance(highest, datetime):
        if lowest < TIMESTAMP_RANGE[0] or highest > TIMESTAMP_RANGE[1]:
            return f"a type that holds {lowest:%Y-%m-%d} to {highest:%Y-%m-%d}"
    elif column.kind is Kind.INTEGER and isinstance(lowest, int) and isinstance(highest, int):
        if lowest < 0 and largest(column) != LARGEST_KEY and column.unsigned:
            return f"a signed type (values from {lowest})"
        if highest > largest(column):
            return f"a type that holds {highest:,}"
    elif column.kind is Kind.ENUM:
        missing = sorted(set(values.drop_nulls().to_list()) - set(column.values))
        return f"the value {missing[0]!r} among its values" if missing else ""
    elif column.type_name in ("char", "varchar") and values.dtype == pl.String:
        longest = int(values.str.len_chars().max() or 0)  # type: ignore[arg-type]
        return f"at least {longest} characters" if longest > column.length > 0 else ""
    return ""


def largest(column: Column) -> int:
    """The largest value of an integer column, at most what keys are computed in (signed 64 bits)."""
    return min(column.high, LARGEST_KEY)


def key_counter(connection: Connection, table: str) -> int | None:
    """The table's AUTO_INCREMENT counter: the key that the next row without one gets. None where no column has it."""
    statement = """SELECT t.auto_increment FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name)
        WHERE t.table_schema = DATABASE() AND t.table_name = %s AND c.extra LIKE '%%auto_increment%%'"""
    found = sql.rows(connection, statement, table)
    return int(found[0][0] or 1) if found else None


def set_key_counter(connection: Connection, table: str, counter: int) -> None:
    """Moves the counter (InnoDB keeps it above the highest key there is). Waits until no other transaction uses the table."""
    sql.execute(connection, f"ALTER TABLE {sql.quote(table)} AUTO_INCREMENT = %s", counter)


def highest_key(connection: Connection, table: str, key: str) -> int:
    """0 where there is none."""
    return max(0, int(sql.value(connection, f"SELECT MAX({sql.quote(key)}) FROM {sql.quote(table)}") or 0))


def reserve_keys(connection: Connection, table: str, key: str, rows: int) -> int:
    """Reserves `rows` keys after the highest one; returns the first of them.

    ALTER TABLE waits for the transactions that use the table, and every later row without a key gets one after the range. So when no
    higher key has come in between, nobody else has one in the range or will get one.
    """
    counter_before = key_counter(connection, table)
    while True:
        highest = highest_key(connection, table, key)
        if counter_before is None:
            return highest + 1
        set_key_counter(connection, table, max(highest + 1 + rows, counter_before))
        if highest_key(connection, table, key) == highest:
            return highest + 1


def view(live: Shape, columns: Iterable[str], key: str | None, identity: tuple[str, ...] = ()) -> View:
    """How the server writes these columns of its rows as text; the rows are found by `key`, or by `identity` where that is None."""
    return View(table=live.name, columns=tuple(_as_written(live.column(name)) for name in columns), key=key, identity=identity)


def _as_written(column: Column) -> Column:
    """MariaDB keeps a JSON value as the text that it was written as."""
    return replace(column, kind=Kind.TEXT) if column.kind is Kind.JSON and column.type_name == "longtext" else column
