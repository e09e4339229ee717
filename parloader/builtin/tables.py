"""The tables of the built-in plan: making them in an empty database, and the step to migration V97."""

from parloader.builtin.plan import CREATED_COMMENT
from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.database.introspection import ListedTable
from parloader.schema.model import Schema

# Parents first
TABLES = ("outgoing_event", "robot_account", "script_reference", "event_trigger", "script_version", "task_schedule", "script_execution")


def create_tables(connection: Connection) -> tuple[str, ...]:
    """Creates those tables of the built-in plan that do not exist, in an `unfinished` database; returns their names, parents first."""
    from parloader.builtin import ddl  # SQLAlchemy takes long to load

    existing = introspection.list_tables(connection).tables
    for name, statements in ddl.statements().items():
        for statement in statements if name not in existing else ():
            sql.execute(connection, statement)
    return TABLES


def declared_tables() -> Schema:
    """What `create_tables` creates, as the schema that will be read then."""
    from parloader.builtin import ddl  # SQLAlchemy takes long to load

    return ddl.declared()


def can_create_tables(found: ListedTable, names: frozenset[str]) -> bool:
    """Whether the database is empty, or has nothing but some of these tables, because who was about to make them was killed."""
    return names < set(children_first()) and names <= set(found.with_comment(CREATED_COMMENT))


def children_first() -> tuple[str, ...]:
    """The names of these tables in the order in which they can be dropped."""
    return tuple(reversed(TABLES))


def drop_created_tables(connection: Connection) -> tuple[str, ...]:
    """Drops the tables that parloader had made, where all of them are empty; returns their names. Locked, so that no row is lost."""
    found = introspection.list_tables(connection)
    commented = found.with_comment(CREATED_COMMENT)
    made = tuple(name for name in children_first() if name in commented)
    if not made or any(key.child not in made or found.elsewhere(key.database) for key in introspection.foreign_keys_to(connection, made)):
        return ()
    sql.execute(connection, "LOCK TABLES " + ", ".join(f"{sql.quote(name)} WRITE" for name in made))
    try:
        if any(sql.rows(connection, f"SELECT 1 FROM {sql.quote(name)} LIMIT 1") for name in made):
            return ()
        sql.execute(connection, "DROP TABLE " + ", ".join(map(sql.quote, made)))
    finally:
        sql.execute(connection, "UNLOCK TABLES")
    return made
