"""The scratch tables of bench: empty copies of a plan's tables in the same database, with all indexes and CHECKs; the target's with its foreign keys.

Their comment marks them, so that the next bench, or clean, drops what a killed bench left behind, and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from parloader.builtin.tables import children_first, create_tables
from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.ledger import recorded_batches, source_table, store
from parloader.ledger.source_table import PREFIX
from parloader.plans.model import Plan, renamed
from parloader.schema.model import ForeignKey, Schema

SCRATCH_BATCHES = PREFIX + "batch"

COPY = re.compile(rf"`?({PREFIX}\d+)(?!\d)`?")
"""The name of a copy in a message."""


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """The scratch tables of a plan."""

    plan: Plan
    """with the names of the copies"""
    names: Mapping[str, str]
    """the tables that were copied, in the order of the plan → their copies"""

    @property
    def target(self) -> str:
        return self.plan.target.name

    def naming_originals(self, text: str) -> str:
        """The message, which names the tables that were copied instead of the copies."""
        originals = {copy: original for original, copy in self.names.items()}
        return COPY.sub(lambda found: originals.get(found[1], found[0]), text)

    def empty(self, connection: Connection) -> None:
        """Empties the target table and its ledger of batches."""
        for table in (self.target, SCRATCH_BATCHES):
            sql.execute(connection, f"TRUNCATE TABLE {sql.quote_table(table)}")

    def empty_parent(self, connection: Connection, name: str) -> None:
        """Empties another copy: the target's foreign keys may reference it, so it cannot be truncated."""
        sql.execute(connection, f"DELETE FROM {sql.quote_table(name)}")

    def count_rows(self, connection: Connection) -> int:
        """Counts the rows of the target table."""
        return int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote_table(self.target)}"))

    def keep_source(self, connection: Connection) -> None:
        """Copies the target's rows, for the INSERT … SELECT baseline."""
        source_table.create(connection, self.plan.target, store.SCRATCH_MARK)

    def turn_checks_off(self, connection: Connection) -> tuple[str, ...]:
        """Returns the statements that turn off a session's checks. MySQL has none for CHECKs, so the target's are no longer enforced."""
        if connection.dialect.has_not_enforced:
            self._enforce(connection, "NOT ENFORCED")
        return connection.dialect.checks_off

    def turn_checks_on(self, connection: Connection) -> None:
        """Enforces the target's CHECKs again."""
        if connection.dialect.has_not_enforced:
            self._enforce(connection, "ENFORCED")

    def _enforce(self, connection: Connection, how: str) -> None:
        statement = "SELECT constraint_name FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = %s AND constraint_type = 'CHECK'"
        for (name,) in sql.rows(connection, statement, self.target):
            sql.execute(connection, f"ALTER TABLE {sql.quote_table(self.target)} ALTER CHECK {sql.quote(name)} {how}")


def create_scratch_tables(connection: Connection, plan: Plan, live: Schema) -> Scratch:
    """Creates empty copies of the plan's tables and a ledger of batches for them. If it fails, none is left.

    `live`: the plan's tables. If it is empty, the database is empty: the built-in plan's tables are created, copied and dropped.
    """
    drop_scratch_tables(connection)
    try:
        if live:
            copies = _copy(connection, plan, live)
        else:
            created = create_tables(connection)
            try:
                copies = _copy(connection, plan, introspection.read_tables(connection, created))
            finally:
                sql.execute(connection, f"DROP TABLE {', '.join(map(sql.quote, children_first()))}")
        sql.execute(connection, recorded_batches.batches_ddl(SCRATCH_BATCHES, store.SCRATCH_MARK))
    except BaseException:
        drop_scratch_tables(connection)
        raise
    return Scratch(plan=renamed(plan, copies), names=copies)


def drop_scratch_tables(connection: Connection) -> tuple[str, ...]:
    """Drops all scratch tables; returns their names. A comment alone is no proof either: CREATE TABLE … LIKE copies it."""
    marked = introspection.list_tables(connection).with_comment(store.SCRATCH_MARK)
    names = tuple(name for name in marked if name.startswith(PREFIX))
    if names:
        sql.execute(connection, "SET SESSION foreign_key_checks = 0")  # they reference each other, and no other table references them
        try:
            sql.execute(connection, f"DROP TABLE {', '.join(map(sql.quote, names))}")
        finally:
            sql.execute(connection, "SET SESSION foreign_key_checks = 1")
    return names


def _copy(connection: Connection, plan: Plan, live: Schema) -> dict[str, str]:
    """Copies each table; returns the names of the copies.

    The target has its foreign keys, which reference copies. The others need none: they are filled once, before anything is measured.
    """
    copies = {table.name: f"{PREFIX}{n}" for n, table in enumerate(plan.tables)}
    for table in plan.tables:
        _create_like(connection, copies[table.name], table.name)
    target = plan.target.name
    for key in live[target].foreign_keys:
        sql.execute(connection, f"ALTER TABLE {copies[target]} ADD {_foreign_key(key, copies)}")
    return copies


def _create_like(connection: Connection, copy: str, table: str) -> None:
    sql.execute(connection, f"CREATE TABLE {copy} LIKE {sql.quote_table(table)}")
    try:
        sql.execute(connection, f"ALTER TABLE {copy} COMMENT = '{store.SCRATCH_MARK}'")
    except BaseException:
        sql.execute(connection, f"DROP TABLE {copy}")
        raise


def _foreign_key(key: ForeignKey, copies: dict[str, str]) -> str:
    parent = sql.quote_table(copies.get(key.parent, key.parent))
    columns, referenced = (", ".join(map(sql.quote, names)) for names in (key.columns, key.referenced))
    return f"FOREIGN KEY ({columns}) REFERENCES {parent} ({referenced})"
