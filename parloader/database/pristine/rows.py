"""Compares the rows of a table with those of its copy, and brings them back.

Rows are compared by their key, and as what is stored: texts byte by byte, so that a letter that changes its case counts, NULL as a value.
Rows that differ are deleted and inserted again. foreign_key_checks must be off: what a row references may still be missing, and a delete must
not cascade. The state that results was stored with all checks on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.pristine.mark import Mark, PristineColumn, PristineTable
from parloader.schema.model import ColumnType

# Tables with fewer rows are compared in one part
SPLIT_ROWS = 4000

Part: TypeAlias = "tuple[int, int] | None"
"""The first and the last key of a range; None: all keys."""

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
    """How the rows of a table differ from its copy. A changed row is deleted and inserted. Without a key, all rows are."""

    deleted: int  # rows to delete: changed and added ones
    inserted: int  # rows to insert: changed and deleted ones
    delete: tuple[int, ...] | None = None  # the keys of the former, if the key is one integer and they are few
    insert: tuple[int, ...] | None = None  # the keys of the latter, likewise

    def __bool__(self) -> bool:
        return bool(self.deleted or self.inserted)


NONE = Differences(deleted=0, inserted=0)


def parts(table: PristineTable) -> tuple[Part, ...]:
    """Ranges of keys that together are all rows of the copy, to be compared at the same time."""
    if table.lowest is None or table.highest is None or table.rows < SPLIT_ROWS:
        return (None,)
    middle = (table.lowest + table.highest) // 2
    return ((table.lowest, middle), (middle + 1, table.highest))


def compare(connection: Connection, mark: Mark, table: PristineTable, part: Part) -> tuple[tuple[int, int], ...]:
    """If the key is one integer: the keys of the copy's rows that the table lacks (1) or has with other values (0). Raises the driver's errors."""
    if not table.integer_key:
        return ()
    key = sql.quote(table.key[0])
    within = "TRUE" if part is None else f"there.{key} BETWEEN {part[0]:d} AND {part[1]:d}"
    return sql.rows(
        connection,
        f"SELECT there.{key}, here.{key} IS NULL FROM {_copy(mark, table)} there LEFT JOIN {sql.quote_table(table.name)} here "
        f"ON here.{key} = there.{key} WHERE {within} AND (here.{key} IS NULL OR NOT ({_same(table)}))",
    )


def differences(connection: Connection, mark: Mark, table: PristineTable, compared: Sequence[tuple[int, int]]) -> Differences:
    """Compares the rows. `compared`: what `compare` has returned for all parts. Raises the driver's errors."""
    existing = int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote_table(table.name)}"))
    if table.integer_key:
        return _integer_differences(connection, mark, table, existing, compared)
    if not table.key:
        same = existing == table.rows and not _differ(connection, mark, table)
        return NONE if same else Differences(deleted=existing, inserted=table.rows)
    there = f"there.{sql.quote(table.key[0])}"
    (deleted,) = sql.row(connection, f"SELECT COUNT(*) FROM {_joined(mark, table)} WHERE {there} IS NULL OR NOT ({_same(table)})")
    return Differences(deleted=int(deleted), inserted=table.rows - (existing - int(deleted)))


def _integer_differences(
    connection: Connection, mark: Mark, table: PristineTable, existing: int, compared: Sequence[tuple[int, int]]
) -> Differences:
    """What the table has besides the rows of the copy is looked up in it only if it is not behind its last row."""
    key, here = sql.quote(table.key[0]), sql.quote_table(table.name)
    keys = [number for number, is_missing in compared if not is_missing]
    changed = len(keys)
    added = existing - (table.rows - (len(compared) - changed))
    if added:
        behind = "TRUE" if table.highest is None else f"{key} > {table.highest:d}"
        last = sql.rows(connection, f"SELECT {key} FROM {here} WHERE {behind} LIMIT {LISTED_ROWS + 1:d}")
        if len(last) != min(added, LISTED_ROWS + 1):
            last = sql.rows(connection, f"SELECT here.{key} FROM {_joined(mark, table)} WHERE there.{key} IS NULL")
        keys += [number for (number,) in last]
    return Differences(
        deleted=changed + added,
        inserted=len(compared),
        delete=tuple(keys) if len(keys) <= LISTED_ROWS else None,
        insert=tuple(number for number, _ in compared) if len(compared) <= LISTED_ROWS else None,
    )


def restore(connection: Connection, mark: Mark, table: PristineTable, found: Differences) -> bool:
    """Takes the differences back; False: the result is not what it should be, because the table was changed meanwhile (roll back).

    Raises the driver's errors.
    """
    here = sql.quote_table(table.name)
    if not table.key:
        return sql.execute(connection, f"DELETE FROM {here}") == found.deleted and fill(connection, mark, table) == table.rows
    return _delete(connection, mark, table, found) == found.deleted and _insert(connection, mark, table, found) == found.inserted


def _delete(connection: Connection, mark: Mark, table: PristineTable, found: Differences) -> int:
    """Deletes the rows that the copy lacks, or has with other values; returns how many."""
    if not found.deleted:
        return 0
    key = sql.quote(table.key[0])
    if found.delete is not None:
        return sql.execute(connection, f"DELETE FROM {sql.quote_table(table.name)} WHERE {key} IN %s", found.delete)
    return sql.execute(connection, f"DELETE here FROM {_joined(mark, table)} WHERE there.{key} IS NULL OR NOT ({_same(table)})")


def _insert(connection: Connection, mark: Mark, table: PristineTable, found: Differences) -> int:
    """Inserts the rows of the copy that the table lacks; returns how many."""
    if not found.inserted:
        return 0
    here, names = sql.quote_table(table.name), ", ".join(sql.quote(column.name) for column in table.columns)
    insert = f"INSERT INTO {here} ({names}) SELECT {names} FROM {_copy(mark, table)} there WHERE"
    if found.insert is not None:
        return sql.execute(connection, f"{insert} {sql.quote(table.key[0])} IN %s", found.insert)
    return sql.execute(connection, f"{insert} NOT EXISTS (SELECT 1 FROM {here} here WHERE {_on(table)})")


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


def _same(table: PristineTable) -> str:
    """A condition: the rows `here` and `there` have the same values."""
    return " AND ".join(
        f"{one} <=> {other}" for column in table.columns for one, other in zip(_forms(column, "here"), _forms(column, "there"), strict=True)
    )


def _joined(mark: Mark, table: PristineTable) -> str:
    """FROM …: the rows of the table, `here`, each with the row of the copy, `there`, that has its key."""
    return f"{sql.quote_table(table.name)} here LEFT JOIN {_copy(mark, table)} there ON {_on(table)}"


def _on(table: PristineTable) -> str:
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
