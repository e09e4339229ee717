"""Deletes rows that reference themselves. InnoDB refuses to while foreign_key_checks is on, unless the foreign key has ON DELETE CASCADE."""

from dataclasses import dataclass

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.grants import account_literal
from parloader.database.privileges import grant_to_see_triggers
from parloader.database.session import foreign_key_checks_off
from parloader.database.visibility import Reference, all_references
from parloader.errors import WriteFailed
from parloader.quantities import plural
from parloader.rows.server_text import FOR_SHARE, FOR_UPDATE
from parloader.schema.table_names import split


@dataclass(frozen=True, kw_only=True)
class SelfReferences:
    """The foreign keys of a table to itself, and what may be done with a row that references itself before it is deleted."""

    table: str
    references: tuple[Reference, ...]
    movable: frozenset[str]
    """the columns that may be changed: rows are not found by them, and no trigger fires on UPDATE"""
    nullable: frozenset[str]
    """the columns that accept NULL"""
    searched: tuple[Reference, ...]
    """the foreign keys to the table by which rows that reference the deleted ones are searched"""
    all_seen: bool
    """whether the account sees every foreign key that references the table, and the rows behind each"""

    def delete(self, connection: Connection, condition: str, order: str = "") -> int:
        """Deletes the rows for which the condition is true, in this order, those that reference themselves last; returns how many.

        The caller's transaction has locked the rows, and has seen that no other row references them (rows/outside_references.py).
        WriteFailed: the last ones cannot be deleted. Raises the driver's errors.
        """
        if not self._count(connection, condition):
            return sql.delete(connection, self.table, condition, order=order)
        others = sql.delete(connection, self.table, f"({condition}) AND ({self._itself}) IS NOT TRUE", order=order)
        return others + self._delete_last(connection, condition)

    @property
    def _itself(self) -> str:
        """A condition: the row references itself."""
        return " OR ".join(f"({reference.itself})" for reference in self.references)

    def _count(self, connection: Connection, condition: str) -> int:
        """How many of the rows reference themselves."""
        if not self.references:
            return 0
        where = f"({condition}) AND ({self._itself})"
        return int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote_table(self.table)} WHERE {where}{FOR_UPDATE}"))

    def _delete_last(self, connection: Connection, condition: str) -> int:
        """Deletes the rows of the condition, which reference themselves, and possibly each other."""
        deleted = self._try_to_delete(connection, condition)
        if deleted is not None:
            return deleted
        for reference in self.references:
            self._redirect(connection, reference, condition)
        left = self._count(connection, condition)
        return self._delete_without_checks(connection, condition) if left else sql.delete(connection, self.table, condition)

    def _try_to_delete(self, connection: Connection, condition: str) -> int | None:
        """None: the server refuses to, because the rows reference themselves."""
        try:
            return sql.delete(connection, self.table, condition)
        except DriverError as error:
            if not error_codes.is_referenced(error):
                raise
            return None

    def _redirect(self, connection: Connection, reference: Reference, condition: str) -> None:
        """Lets the rows reference nothing, or else another row, if the table and its constraints allow it."""
        moved = [(column, name) for column, name in zip(reference.columns, reference.referenced, strict=True) if column != name]
        if not {column for column, _ in moved} <= self.movable:
            return
        where = f"({condition}) AND {reference.itself}"
        null = next((column for column, _ in moved if column in self.nullable), None)
        if null is not None:
            self._update(connection, f"{sql.quote(null)} = NULL", where)
            return
        table, kept = sql.quote_table(self.table), [column for column in reference.columns if column not in dict(moved)]
        agreeing = "".join(f" AND {sql.quote(column)} = %s" for column in kept)
        distinct = f"SELECT DISTINCT {', '.join(['1', *map(sql.quote, kept)])} FROM {table} WHERE {where}{FOR_UPDATE}"
        for _, *values in sql.rows(connection, distinct):
            given = " AND ".join(f"{sql.quote(name)} IS NOT NULL" for _, name in moved)
            found = sql.rows(
                connection,
                f"SELECT {', '.join(sql.quote(name) for _, name in moved)} FROM {table} WHERE NOT ({condition}) AND {given}{agreeing} LIMIT 1{FOR_SHARE}",
                *values,
            )
            assignments = ", ".join(f"{sql.quote(column)} = %s" for column, _ in moved)
            for other in found:
                self._update(connection, assignments, f"{where}{agreeing}", *other, *values)

    def _update(self, connection: Connection, assignments: str, where: str, *values: object) -> None:
        """The rows stay as they are if a constraint does not allow the new values."""
        try:
            sql.execute(connection, f"UPDATE {sql.quote_table(self.table)} SET {assignments} WHERE {where}", *values)
        except DriverError as error:
            if error_codes.classify(error) is not Action.GIVE_UP:
                raise

    def _delete_without_checks(self, connection: Connection, condition: str) -> int:
        """The one statement that parloader runs with foreign_key_checks off (docs/guarantees.md): no check could find a row that references these.

        WriteFailed, before the DELETE: see _require_checked.
        """
        self._require_checked(connection)
        where = f"FROM {sql.quote_table(self.table)} WHERE {condition}"
        expected = int(sql.value(connection, f"SELECT COUNT(*) {where}{FOR_UPDATE}"))
        with foreign_key_checks_off(connection):
            deleted = sql.execute(connection, f"DELETE {where}")
        if deleted != expected:
            raise WriteFailed(
                f"{deleted:,} instead of {expected:,} rows of {self.table} were deleted", "Nothing was deleted. Repeat the command"
            )
        return deleted

    def _require_checked(self, connection: Connection) -> None:
        """WriteFailed: the DELETE could leave another row without its parent, because not every foreign key was searched, or a trigger deletes as well.

        The transaction has locked the rows, so a foreign key that is created from now on does not accept a row that references them.
        """
        only = f"rows of {self.table} reference themselves, so they can only be deleted with foreign_key_checks off"
        if not self.all_seen:
            raise WriteFailed(
                f"{only}, and this account does not see every foreign key, so rows that it does not see may reference them",
                f"An administrator can let it see them: GRANT PROCESS, SELECT ON *.* TO {account_literal(connection.account)}",
            )
        searched = {(reference.child, reference.columns) for reference in self.searched}
        now = all_references(connection, {self.table})
        new = [reference.child for reference in now.readable if (reference.child, reference.columns) not in searched]
        if new or now.hidden:
            raise WriteFailed(
                f"{only}, and {', '.join([*new, *(hidden.child for hidden in now.hidden)])} began to reference {self.table} while clean ran",
                "Repeat parloader clean, which looks at its rows as well",
            )
        if lacking := grant_to_see_triggers(connection, (self.table,)):
            raise WriteFailed(
                f"{only}, and this account does not see whether a trigger deletes other rows then",
                f"An administrator can let it see triggers: {lacking}",
            )
        schema, of = sql.schema_of(self.table)
        triggers = sql.rows(
            connection,
            f"""SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = {schema}
                AND CAST(event_object_table AS BINARY) = %s AND event_manipulation = 'DELETE' ORDER BY 1""",
            *of,
            split(self.table)[1],
        )
        if triggers:
            names = ", ".join(name for (name,) in triggers)
            raise WriteFailed(
                f"{only}, and what its {plural('trigger', len(triggers))} {names} would do to other rows would not be checked either",
                f"Drop the {plural('trigger', len(triggers))}, repeat parloader clean, and create {'it' if len(triggers) == 1 else 'them'} again",
            )
