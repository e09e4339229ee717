"""Creates and drops the tables of the built-in plan."""

from dataclasses import dataclass

from parloader.builtin.plan import CREATED_COMMENT
from parloader.database import error_codes, introspection, sql, visibility
from parloader.database.driver import Connection, DriverError
from parloader.database.introspection import ListedTable
from parloader.schema.model import Schema

# Parents first
TABLES = ("outgoing_event", "robot_account", "script_reference", "event_trigger", "script_version", "task_schedule", "script_execution")


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


def drop_created_tables(connection: Connection) -> CreatedTables:
    """Drops the tables that parloader created, if all are empty and no other table references them.

    The tables are locked from the check to the drop, so that no row is lost.
    """
    listed = introspection.list_tables(connection)
    commented = listed.with_comment(CREATED_COMMENT)
    created = tuple(name for name in children_first() if name in commented)
    if not created:
        return CreatedTables()
    for key in visibility.foreign_keys_to(connection, created):
        if key.child not in created or not key.same_database:
            child = key.child if key.same_database else f"{key.database}.{key.child}"
            return CreatedTables(kept=created, why_kept=f"{child} references {key.parent} ({', '.join(key.columns)})")
    sql.execute(connection, "LOCK TABLES " + ", ".join(f"{sql.quote(name)} WRITE" for name in created))
    try:
        for name in created:
            if sql.rows(connection, f"SELECT 1 FROM {sql.quote(name)} LIMIT 1"):
                return CreatedTables(kept=created, why_kept=f"{name} has rows that parloader did not create")
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
