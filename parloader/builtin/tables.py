"""Creates and drops the tables of the built-in plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parloader.builtin.plan import CREATED_COMMENT
from parloader.database import error_codes, introspection, sql, visibility
from parloader.database.driver import Connection, DriverError
from parloader.database.introspection import ListedTable
from parloader.schema.model import Schema

# Parents first
TABLES = ("outgoing_event", "robot_account", "script_reference", "event_trigger", "script_version", "task_schedule", "script_execution")

CLOSED = "parloader_closed"
"""The name of a CHECK that no row satisfies."""


def create_tables(connection: Connection) -> tuple[str, ...]:
    """Creates the missing tables of the built-in plan, if `can_create_tables`; returns the names of all, parents first."""
    from parloader.builtin import ddl  # SQLAlchemy takes long to load

    existing = introspection.list_tables(connection).tables
    for name, statements in ddl.statements().items():
        for statement in statements if name not in existing else ():
            sql.execute(connection, statement)
    return TABLES


def declared_tables() -> Schema:
    """The schema of the tables that `create_tables` creates, for planning before they exist."""
    from parloader.builtin import ddl  # SQLAlchemy takes long to load

    return ddl.declared()


def can_create_tables(listed: ListedTable, names: frozenset[str]) -> bool:
    """Whether the database is empty or contains only some of these tables, after a crash while creating them."""
    return names < set(TABLES) and names <= set(listed.with_comment(CREATED_COMMENT))


def children_first() -> tuple[str, ...]:
    """The names of the tables, in an order in which they can be dropped."""
    return tuple(reversed(TABLES))


@dataclass(frozen=True, kw_only=True)
class CreatedTables:
    """What became of the tables that parloader created. Those that are kept have a comment, by which a later call finds them."""

    dropped: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    why_kept: str = ""


def foresee_created_tables(connection: Connection, has_other_rows: Callable[[str], bool]) -> CreatedTables:
    """What `drop_created_tables` would do once the generated rows are gone. `has_other_rows`: whether a table has rows besides those."""
    created = created_tables(connection)
    why_kept = _why_referenced(connection, created) or next((_why_not_empty(name) for name in created if has_other_rows(name)), "")
    return CreatedTables(kept=created, why_kept=why_kept) if why_kept else CreatedTables(dropped=created)


def created_tables(connection: Connection) -> tuple[str, ...]:
    """The existing tables that parloader created, children first."""
    commented = introspection.list_tables(connection).with_comment(CREATED_COMMENT)
    return tuple(name for name in children_first() if name in commented)


def _why_referenced(connection: Connection, created: Sequence[str]) -> str:
    """Names a foreign key of another table to one of the created ones. Empty: there is none."""
    for key in visibility.foreign_keys_to(connection, created) if created else ():
        if key.child not in created:
            return f"{key.child} references {key.parent} ({', '.join(key.columns)})"
    return ""


def _why_not_empty(name: str) -> str:
    return f"{name} has rows that parloader did not create"


def drop_created_tables(connection: Connection) -> CreatedTables:
    """Drops the tables that parloader created, if all are empty and no other table references them.

    No row can be inserted between the check and the drop, so none is lost.
    """
    created = created_tables(connection)
    if not created:
        return CreatedTables()
    if why_kept := _why_referenced(connection, created):
        return CreatedTables(kept=created, why_kept=why_kept)
    if connection.in_cluster:
        if drop_empty_in_cluster(connection, created):
            return CreatedTables(dropped=created)
        return CreatedTables(kept=created, why_kept="they have rows that parloader did not create")
    sql.execute(connection, "LOCK TABLES " + ", ".join(f"{sql.quote(name)} WRITE" for name in created))
    try:
        for name in created:
            if sql.exists(connection, f"FROM {sql.quote(name)}"):
                return CreatedTables(kept=created, why_kept=_why_not_empty(name))
        sql.execute(connection, "DROP TABLE " + ", ".join(map(sql.quote, created)))
    except DriverError as error:
        if not error_codes.is_referenced(error):  # by a table that the account cannot see
            raise
        sql.execute(connection, "UNLOCK TABLES")
        left = introspection.list_tables(connection).tables
        return CreatedTables(
            dropped=tuple(name for name in created if name not in left),
            kept=tuple(name for name in created if name in left),
            why_kept=error_codes.server_message(error),
        )
    finally:
        sql.execute(connection, "UNLOCK TABLES")
    return CreatedTables(dropped=created)


def drop_empty_in_cluster(connection: Connection, tables: Sequence[str]) -> bool:
    """Drops the tables if all are empty; False: a row was found, and none is dropped.

    On a Galera cluster, LOCK TABLES keeps only clients of this node out. But DDL has the same place among the transactions of every node: a
    CHECK that no row satisfies can be added to an empty table only, and from then on keeps it empty.
    """
    closed: list[str] = []
    try:
        for name in tables:
            sql.execute(connection, f"ALTER TABLE {sql.quote(name)} ADD CONSTRAINT IF NOT EXISTS {CLOSED} CHECK (FALSE)")
            closed.append(name)
    except DriverError as error:
        for name in closed:
            sql.execute(connection, f"ALTER TABLE {sql.quote(name)} DROP CONSTRAINT {CLOSED}")
        if error_codes.is_row_rejected(error):
            return False
        raise
    sql.execute(connection, "DROP TABLE " + ", ".join(map(sql.quote, tables)))
    return True
