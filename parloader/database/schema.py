"""The live schema: whether it fits a plan, its keys and counters."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from parloader.database import ledger, marker, sql
from parloader.database.reflection import Live, OtherType, column_shape, foreign_keys
from parloader.database.sql import Connection
from parloader.database.view import View
from parloader.errors import SchemaMismatch
from parloader.plans.generators import Generator, Pick, Scalar, When
from parloader.plans.model import Plan, Table
from parloader.plans.script_execution import NAME
from parloader.plans.shape import Kind

INTEGER_BYTES: dict[type[Any], int] = {mysql.TINYINT: 1, mysql.SMALLINT: 2, mysql.MEDIUMINT: 3, mysql.INTEGER: 4, mysql.BIGINT: 8}
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


def table_names(connection: Connection) -> frozenset[str]:
    """The tables and views of the database, parloader's own not counted."""
    found = sql.rows(connection, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
    return frozenset(name for (name,) in found) - {marker.NAME, *ledger.TABLES, *tables_with_comment(connection, ledger.SCRATCH_MARK)}


def adapt(plan: Plan, live: Live) -> Plan:
    """The plan without the optional columns that are not there, and with the names that its tables' integer keys have."""
    keys = {table.name: _live_key(table, live.get(table.name)) for table in plan.tables}

    def column(generator: Generator) -> Generator:
        if isinstance(generator, Pick) and generator.column == plan.table(generator.parent).key:
            return replace(generator, column=keys[generator.parent] or generator.column)
        if isinstance(generator, When):
            return replace(generator, then=column(generator.then), otherwise=column(generator.otherwise))
        return generator

    def adapted(table: Table) -> Table:
        there = live[table.name].columns if table.name in live else table.columns
        # the key is AUTO_INCREMENT or ours to choose: a column of the plan that is the key gives way to it
        kept = {n: column(g) for n, g in table.columns.items() if (n in there or n not in table.optional) and n != keys[table.name]}
        return replace(table, key=keys[table.name], columns=kept, optional=table.optional & kept.keys(), later=table.later & kept.keys())

    return replace(plan, tables=tuple(map(adapted, plan.tables)))


def _live_key(table: Table, there: sa.Table | None) -> str | None:
    if table.key is None or there is None:
        return table.key
    columns = there.primary_key.columns.keys()
    return columns[0] if len(columns) == 1 else table.key


def misfits(plan: Plan, live: Live, samples: Mapping[str, pl.DataFrame], used: Collection[str] = ()) -> tuple[Misfit, ...]:
    """Where the live schema is not as the adapted plan needs it. `samples` has, for each table of the plan, some of its rows; in those that
    are `used` none is made."""
    missing = tuple(Misfit(table=t.name, column=None, expected="a table", found="none") for t in plan.tables if t.name not in live)
    found = missing + tuple(
        m for table in plan.tables if table.name in live for m in _table_misfits(table, live[table.name], is_made=table.name not in used)
    )
    return found or tuple(m for table in plan.tables for m in _column_misfits(plan, table, live[table.name], samples[table.name]))


def stand_ins(plan: Plan, live: Live) -> dict[str, dict[str, Scalar]]:
    """Of tables that are only used, a value for each column that is picked: what is there is read when a run begins (see assign)."""

    def stand_in(column: "sa.Column[Any]") -> Scalar:
        match column_shape(column).kind:
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
            columns = live[table.name].columns
            found[table.name] = {column: stand_in(columns[column]) for column in unmade if column in columns}
    return found


def require_fit(plan: Plan, live: Live, samples: Mapping[str, pl.DataFrame], used: Collection[str] = ()) -> None:
    """SchemaMismatch names every column that is not as expected."""
    _refuse(plan, misfits(plan, live, samples, used))


def require_tables(plan: Plan, live: Live) -> None:
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


def _table_misfits(table: Table, there: sa.Table, *, is_made: bool) -> list[Misfit]:
    misfits: list[Misfit] = []
    engine = there.dialect_options["mysql"]["engine"]
    if engine.lower() != "innodb":
        misfits.append(Misfit(table=table.name, column=None, expected="ENGINE=InnoDB (batches are transactions)", found=f"ENGINE={engine}"))
    key = there.primary_key.columns.values()
    if table.key is not None and (len(key) != 1 or not isinstance(key[0].type, sa.Integer)):
        found = ", ".join(f"{c.name} {type_text(c)}" for c in key) or "no primary key"
        misfits.append(Misfit(table=table.name, column=None, expected="a primary key of one integer column", found=found))
    for name in table.columns:
        if name not in there.columns:
            misfits.append(Misfit(table=table.name, column=name, expected="a column", found="none"))
    for column in there.columns:
        if is_made and column.name not in (table.key, *table.columns) and _demands_value(column):
            misfits.append(
                Misfit(
                    table=table.name,
                    column=column.name,
                    expected="a default or NULL allowed (the plan has no value for it)",
                    found=f"{type_text(column)} NOT NULL",
                )
            )
    for name in sorted(table.later & set(there.columns.keys())):
        if not there.columns[name].nullable:
            misfits.append(Misfit(table=table.name, column=name, expected="NULL allowed (it is set later)", found="NOT NULL"))
    for foreign in foreign_keys(there):
        for name in foreign.columns:
            wanted = table.references.get(name)
            if wanted and not any(name in other.columns and other.to == wanted.parent for other in foreign_keys(there)):
                misfits.append(
                    Misfit(table=table.name, column=name, expected=f"a foreign key to {wanted.parent}", found=f"one to {foreign.to}")
                )
    return misfits


def _demands_value(column: "sa.Column[Any]") -> bool:
    return not (column.nullable or column.server_default is not None or column.computed is not None or column.autoincrement is True)


def _column_misfits(plan: Plan, table: Table, there: sa.Table, sample: pl.DataFrame) -> list[Misfit]:
    misfits = []
    used = {t.name: {*plan.picked(t.name)} - {t.key, *t.columns} for t in plan.tables}
    for name, generator in table.columns.items():
        if any(pick.column in used[pick.parent] for pick in table.picks.get(name, ())):
            continue  # it holds what another column holds, of which the sample knows nothing
        column, values = there.columns[name], sample[name]
        found = f"{type_text(column)}{'' if column.nullable else ' NOT NULL'}"
        if values.null_count() and not column.nullable:
            misfits.append(Misfit(table=table.name, column=name, expected="NULL allowed", found=found))
        wanted, holds = _family(values.dtype)
        if not isinstance(column.type, holds):
            misfits.append(Misfit(table=table.name, column=name, expected=wanted, found=found))
        elif not isinstance(generator, Pick) and values.len() and (limit := _beyond(values, column)):
            misfits.append(Misfit(table=table.name, column=name, expected=limit, found=found))
    return misfits


def _family(dtype: pl.DataType) -> tuple[str, tuple[type[Any], ...]]:
    """What a column of a plan's values must be: in words, and as SQLAlchemy types. Types that nobody here knows may hold anything."""
    if dtype.is_integer():
        return "an integer column", (sa.Integer, sa.Numeric, sa.Float, mysql.YEAR, mysql.BIT, OtherType)
    if dtype.is_numeric():
        return "a number column", (sa.Integer, sa.Numeric, sa.Float, OtherType)
    if dtype == pl.Datetime:
        return "a DATETIME or TIMESTAMP column", (sa.DateTime, sa.Date)
    if dtype == pl.Date:
        return "a DATE column", (sa.DateTime, sa.Date)
    if dtype == pl.Binary:
        return "a column of bytes", (sa.LargeBinary, mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB, sa.BINARY, sa.VARBINARY, OtherType)
    if dtype == pl.Null:
        return "any column", (object,)
    return "a text column", (sa.String, sa.JSON, sa.Time, sa.Date, mysql.SET, OtherType)


def _beyond(values: pl.Series, column: "sa.Column[Any]") -> str:
    """What would hold the values, where the column does not; empty where it does."""
    lowest, highest = values.min(), values.max()
    if isinstance(column.type, mysql.TIMESTAMP) and isinstance(lowest, datetime) and isinstance(highest, datetime):
        if lowest < TIMESTAMP_RANGE[0] or highest > TIMESTAMP_RANGE[1]:
            return f"a type that holds {lowest:%Y-%m-%d} to {highest:%Y-%m-%d}"
    elif type(column.type) in INTEGER_BYTES and isinstance(lowest, int) and isinstance(highest, int):
        if lowest < 0 and largest(column) != LARGEST_KEY and column.type.unsigned:  # type: ignore[attr-defined]
            return f"a signed type (values from {lowest})"
        if highest > largest(column):
            return f"a type that holds {highest:,}"
    elif isinstance(column.type, mysql.SET):
        pass  # its text is as long as all that it may hold
    elif isinstance(column.type, sa.Enum):
        missing = sorted(set(values.drop_nulls().to_list()) - set(column.type.enums))
        return f"the value {missing[0]!r} among its values" if missing else ""
    elif isinstance(column.type, sa.String) and column.type.length and values.dtype == pl.String:
        longest = int(values.str.len_chars().max() or 0)  # type: ignore[arg-type]
        return f"at least {longest} characters" if longest > column.type.length else ""
    return ""


def largest(column: "sa.Column[Any]") -> int:
    """The largest value of an integer column, at most what keys are computed in (signed 64 bits)."""
    bits = 8 * INTEGER_BYTES[type(column.type)]
    return min((1 << (bits if getattr(column.type, "unsigned", False) else bits - 1)) - 1, LARGEST_KEY)


def type_text(column: "sa.Column[Any]") -> str:
    return column.type.compile(dialect=mysql.dialect())


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


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """`columns` of the table `child` in `database` point at the columns `referenced` of `parent` in the current database, in this order."""

    database: str
    child: str
    columns: tuple[str, ...]
    parent: str
    referenced: tuple[str, ...]


def foreign_keys_to(connection: Connection, table: str) -> tuple[ForeignKey, ...]:
    """Those that point at the table, from any database that the account sees.

    The name is compared here: MySQL's views of these look-ups fail with a syntax error for one that has a quote in it, under NO_BACKSLASH_ESCAPES.
    """
    statement = """SELECT referenced_table_name, @@lower_case_table_names, table_schema, table_name, constraint_name, column_name,
        referenced_column_name FROM information_schema.key_column_usage WHERE referenced_table_schema = DATABASE()
        ORDER BY table_schema, table_name, constraint_name, ordinal_position"""
    pairs: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for parent, any_case, database, child, name, column, referenced in sql.rows(connection, statement):
        if parent == table or (any_case and parent.lower() == table.lower()):
            pairs.setdefault((database, child, name), []).append((column, referenced))
    return tuple(
        ForeignKey(database=database, child=child, columns=tuple(c for c, _ in found), parent=table, referenced=tuple(r for _, r in found))
        for (database, child, _), found in pairs.items()
    )


def triggers_on(connection: Connection, table: str) -> tuple[str, ...]:
    statement = "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = DATABASE() AND event_object_table = %s"
    return tuple(name for (name,) in sql.rows(connection, statement, table))


def view(live: sa.Table, columns: Iterable[str], key: str | None, identity: tuple[str, ...] = ()) -> View:
    """How the server writes these columns of its rows as text; the rows are found by `key`, or by `identity` where that is None."""
    return View(table=live.name, columns=tuple(column_shape(live.columns[name]) for name in columns), key=key, identity=identity)


def primary_key(connection: Connection, database: str, table: str) -> tuple[str, ...]:
    """The names of its columns; none where the table has no primary key."""
    statement = """SELECT column_name FROM information_schema.key_column_usage
        WHERE table_schema = %s AND table_name = %s AND constraint_name = 'PRIMARY' ORDER BY ordinal_position"""
    return tuple(name for (name,) in sql.rows(connection, statement, database, table))


def tables_with_comment(connection: Connection, comment: str) -> tuple[str, ...]:
    statement = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_comment = %s"
    return tuple(name for (name,) in sql.rows(connection, statement, comment))
