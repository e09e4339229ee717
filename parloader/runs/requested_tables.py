"""Checks that the tables a plan asks for exist, and names those that do."""

from collections.abc import Collection
from shlex import quote

from parloader.builtin.plan import NAME
from parloader.config import Selection
from parloader.database import privileges
from parloader.database.driver import Connection
from parloader.database.introspection import ListedTable, list_tables
from parloader.errors import Refused, SchemaMismatch
from parloader.ledger import store
from parloader.planner.request import Note, listed
from parloader.plans.documents.codecs import suggestion
from parloader.plans.model import Plan
from parloader.quantities import counted
from parloader.schema.declared_models import Models
from parloader.schema.model import TableType
from parloader.schema.table_names import database_of

# Names in a message; the rest are counted
NAMED_TABLES = 5

# Tables in which migration tools keep their state
OF_MIGRATIONS = (
    "__drizzle_migrations __efmigrationshistory _prisma_migrations alembic_version ar_internal_metadata atlas_schema_revisions databasechangelog"
    " databasechangeloglock django_migrations doctrine_migration_versions flyway_schema_history goose_db_version gorp_migrations knex_migrations"
    " knex_migrations_lock migration_versions migrations mikro_orm_migrations phinxlog schema_info schema_migrations schema_version sequelizemeta"
)


def requested_tables_of(listing: ListedTable, config: Selection) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """The tables that --all or --models fills, in alphabetical order, and notes on the others; without parloader's own.

    Refused: there is no table to fill. SchemaMismatch: a table of the models does not exist.
    """
    names = sorted(store.table_names(listing)) if config.models is None else _tables_of_models(listing, config.models)
    tables, notes = [], []
    for name in names:
        if name not in listing.tables:
            notes.append(
                Note(table=name, column=None, text="left out: it is in another database; only rows that others need are created there")
            )
        elif listing.tables[name].table_type not in (TableType.TABLE, TableType.SYSTEM_VERSIONED):
            notes.append(Note(table=name, column=None, text=f"left out: it is a {listing.tables[name].table_type.lower()}"))
        elif config.models is None and name.lower() in OF_MIGRATIONS.split() and name not in config.parents:
            text = f"left out: migration tools keep their state in such a table; to fill it, add --rows {quote(name)}=N"
            notes.append(Note(table=name, column=None, text=text))
        else:
            tables.append(name)
    if not tables:
        where = (
            f"the database {listing.database} has no tables"
            if config.models is None
            else f"none of the models is a table of {listing.database}"
        )
        raise Refused(f"{where} to fill" if config.models is None else where, "Create them first, or connect to another database")
    return tuple(tables), tuple(notes)


def _tables_of_models(listing: ListedTable, models: Models) -> list[str]:
    """The names of the models' tables, in alphabetical order; those of other databases need not exist. SchemaMismatch: another one does not."""
    names, missing = [], []
    for table in models.tables:
        name = listing.name(table.database or listing.database, table.name)
        spelled = listing.spelled(name)
        if spelled is None and database_of(name) in (None, listing.database):
            missing.append(str(table))
        names.append(spelled or name)
    if missing:
        shown = listed(missing[:NAMED_TABLES]) + (f" and {len(missing) - NAMED_TABLES:,} more" if len(missing) > NAMED_TABLES else "")
        raise SchemaMismatch(
            f"{counted(len(missing), 'table')} of the models {'does' if len(missing) == 1 else 'do'} not exist in {listing.database}: {shown}",
            "Run your migrations, or have parloader create the tables: --create (in Python, create=True)",
        )
    return sorted(dict.fromkeys(names))


def require_requested_tables(connection: Connection, plan: Plan, listing: ListedTable, *, is_builtin: bool) -> None:
    """SchemaMismatch names the requested tables that do not exist, and some of those that do.

    PrivilegeMissing: a table is not listed, and the account may not read it, so perhaps it exists.
    """
    _require_own_target(plan, listing)
    elsewhere = dict.fromkeys(database for table in plan.tables if (database := database_of(table.name)) not in (None, listing.database))
    others: dict[str | None, ListedTable] = {database: list_tables(connection, database) for database in elsewhere}
    missing = [table.name for table in plan.tables if others.get(database_of(table.name), listing).spelled(table.name) is None]
    privileges.require_select(connection, missing)
    existing = sorted(
        name for name in store.table_names(listing) if listing.tables[name].table_type in (TableType.TABLE, TableType.SYSTEM_VERSIONED)
    )
    if is_builtin and listing.spelled(plan.target.name) is None:
        example = f"parloader seed --table {quote(existing[0]) if existing else 'NAME'}"
        raise SchemaMismatch(
            f"there is no table {NAME}, which the built-in example fills; {_contents(listing, existing)}",
            f"Name the table to fill, for example: {example}. Or use an empty database, in which parloader creates the example's tables",
        )
    if missing and not is_builtin:
        names = f"table {missing[0]}" if len(missing) == 1 else f"tables {listed(missing)}"
        meant = "".join(suggestion(name, {*existing, *(known for other in others.values() for known in other.tables)}) for name in missing)
        if len(missing) == 1 and {*(several := missing[0].split(","))} <= {*existing}:
            raise SchemaMismatch(
                f"there is no table {missing[0]}", "Repeat the option: " + " ".join(f"--table {quote(name)}" for name in several)
            )
        raise SchemaMismatch(
            f"there {'is' if len(missing) == 1 else 'are'} no {names}; {_contents(listing, existing)}", f"{meant}Correct the name"
        )


def _require_own_target(plan: Plan, listing: ListedTable) -> None:
    """Refused: the target table is in another database."""
    database = database_of(plan.target.name)
    if database not in (None, listing.database):
        raise Refused(
            f"{plan.target.name} is in another database than the one connected to, in which parloader would keep its ledger",
            f"Name the database {database} in --url, and the table without its database",
        )


def _contents(listing: ListedTable, existing: Collection[str]) -> str:
    if not existing:
        return f"the database {listing.database} has no tables"
    more = f" and {len(existing) - NAMED_TABLES:,} more" if len(existing) > NAMED_TABLES else ""
    return f"the database {listing.database} has {counted(len(existing), 'table')}: {listed(list(existing)[:NAMED_TABLES])}{more}"
