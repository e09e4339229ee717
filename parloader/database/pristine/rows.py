"""Compares the rows of a table with those of its copy, and brings them back.

Rows are compared by their key, and as what is stored: texts byte by byte, so that a letter that changes its case counts, NULL as a value.
Rows that differ are deleted and inserted again. foreign_key_checks must be off: what a row references may still be missing, and a delete must
not cascade. The state that results was stored with all checks on.
"""

from dataclasses import dataclass

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.pristine.mark import Mark, PristineColumn, PristineTable
from parloader.schema.model import ColumnType

# More rows than these are deleted and inserted by a statement that compares the tables again
LISTED_ROWS = 2000

EXACT = {
    ColumnType.INTEGER,
    ColumnType.DECIMAL,
    ColumnType.BIT,
    ColumnType.YEAR,
    ColumnType.DATE,
    ColumnType.DATETIME,
    ColumnType.TIMESTAMP,
    ColumnType.TIME,
    ColumnType.BYTES,
    ColumnType.UUID,
    ColumnType.INET4,
    ColumnType.INET6,
}


@dataclass(frozen=True, kw_only=True)
class Differences:
    """How the rows of a table differ from its copy."""

    keys: tuple[int, ...] | None  # of the rows to delete, if there are few and their key is one integer
    deleted: int  # rows to delete: added or changed ones. Without a key: all
    changed: tuple[int, ...]  # those of `keys` that the copy has, with other values
    missing: int  # rows to insert when the others are deleted

    def __bool__(self) -> bool:
        return bool(self.deleted or self.missing)


def differences(connection: Connection, mark: Mark, table: PristineTable) -> Differences:
    """Compares the rows. Raises the driver's errors."""
    existing = int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote_table(table.name)}"))
    if not table.key:
        if existing == table.rows and not _differ(connection, mark, table):
            return Differences(keys=None, deleted=0, changed=(), missing=0)
        return Differences(keys=None, deleted=existing, changed=(), missing=table.rows)
    shown = f"here.{sql.quote(table.key[0])}" if table.integer_key else "0"
    different = sql.rows(connection, f"SELECT {shown}, there.{sql.quote(table.key[0])} IS NOT NULL FROM {_differing(mark, table)}")
    listed = table.integer_key and len(different) <= LISTED_ROWS
    return Differences(
        keys=tuple(number for number, _ in different) if listed else None,
        deleted=len(different),
        changed=tuple(number for number, exists in different if exists) if listed else (),
        missing=table.rows - (existing - len(different)),
    )


def restore(connection: Connection, mark: Mark, table: PristineTable, found: Differences) -> bool:
    """Takes the differences back; False: the result is not what it should be, because the table was changed meanwhile (roll back).

    Raises the driver's errors.
    """
    here = sql.quote_table(table.name)
    if not table.key:
        return sql.execute(connection, f"DELETE FROM {here}") == found.deleted and fill(connection, mark, table) == table.rows
    key = sql.quote(table.key[0])
    if found.keys:
        deleted = sql.execute(connection, f"DELETE FROM {here} WHERE {key} IN %s", found.keys)
    else:
        deleted = sql.execute(connection, f"DELETE here FROM {_differing(mark, table)}") if found.deleted else 0
    return deleted == found.deleted and _insert_missing(connection, mark, table, found) == found.missing


def _insert_missing(connection: Connection, mark: Mark, table: PristineTable, found: Differences) -> int:
    """Inserts the rows of the copy that the table lacks; returns how many."""
    if not found.missing:
        return 0
    here, there, joined = sql.quote_table(table.name), _copy(mark, table), _joined(table)
    names, key = ", ".join(sql.quote(column.name) for column in table.columns), sql.quote(table.key[0])
    insert = f"INSERT INTO {here} ({names}) SELECT {names} FROM {there} there WHERE"
    absent: tuple[int, ...] | None = None
    if found.keys is not None and found.missing == len(found.changed):
        absent = found.changed
    elif table.integer_key and found.missing <= LISTED_ROWS:  # found without locking rows
        lacking = f"SELECT there.{key} FROM {there} there LEFT JOIN {here} here ON {joined} WHERE here.{key} IS NULL"
        absent = tuple(number for (number,) in sql.rows(connection, lacking))
    if absent is not None:
        return sql.execute(connection, f"{insert} {key} IN %s", absent) if absent else 0
    return sql.execute(connection, f"{insert} NOT EXISTS (SELECT 1 FROM {here} here WHERE {joined})")


def fill(connection: Connection, mark: Mark, table: PristineTable) -> int:
    """Inserts all rows of the copy into the table, which is empty; returns how many."""
    names = ", ".join(sql.quote(column.name) for column in table.columns)
    return sql.execute(connection, f"INSERT INTO {sql.quote_table(table.name)} ({names}) SELECT {names} FROM {_copy(mark, table)}")


def _differ(connection: Connection, mark: Mark, table: PristineTable) -> bool:
    """Whether a table without a key, with as many rows as its copy, has others. Rows count as often as they occur."""
    forms = [form for column in table.columns for form in _forms(column, "one")]
    named = ", ".join(f"{form} AS f{number}" for number, form in enumerate(forms))
    names = ", ".join(f"f{number}" for number in range(len(forms)))
    both = " UNION ALL ".join(
        f"SELECT {side:d} AS side, {named} FROM {of} one" for side, of in ((1, sql.quote_table(table.name)), (-1, _copy(mark, table)))
    )
    unequal = f"SELECT 1 FROM ({both}) AS rows_of_both GROUP BY {names} HAVING SUM(side) <> 0 LIMIT 1"
    return bool(sql.value(connection, f"SELECT COUNT(*) FROM ({unequal}) AS unequal"))


def _differing(mark: Mark, table: PristineTable) -> str:
    """FROM …: rows of the table, `here`, that the copy lacks or has with other values; `there` is the row of the copy, if it has one."""
    same = " AND ".join(
        f"{one} <=> {other}" for column in table.columns for one, other in zip(_forms(column, "here"), _forms(column, "there"), strict=True)
    )
    here, there = sql.quote_table(table.name), _copy(mark, table)
    return f"{here} here LEFT JOIN {there} there ON {_joined(table)} WHERE there.{sql.quote(table.key[0])} IS NULL OR NOT ({same})"


def _joined(table: PristineTable) -> str:
    return " AND ".join(f"here.{sql.quote(name)} = there.{sql.quote(name)}" for name in table.key)


def _copy(mark: Mark, table: PristineTable) -> str:
    return f"{sql.quote(mark.database)}.{table.copy}"


def _forms(column: PristineColumn, alias: str) -> tuple[str, ...]:
    """Expressions that are equal for two values of the column only if what is stored is."""
    value = f"{alias}.{sql.quote(column.name)}"
    if column.kind in EXACT:
        return (value,)
    if column.kind is ColumnType.REAL:  # -0 equals 0, but prints a sign
        return (value, f"CAST(CONCAT({value}) AS BINARY)")
    if column.kind in (ColumnType.ENUM, ColumnType.SET):  # the member's number: '' may be a member, or stand for an invalid value
        return (f"CAST({value} AS UNSIGNED)",)
    if column.kind is ColumnType.TEXT:
        return (f"CAST({value} AS BINARY)",)
    if column.kind is ColumnType.JSON:  # 1 equals 1.0 in MySQL
        return (f"CAST(CAST({value} AS CHAR) AS BINARY)",)
    return (f"HEX({value})",)
