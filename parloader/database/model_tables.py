"""The tables of an application's SQLAlchemy models: created where they are missing, and dropped again.

SQLAlchemy itself writes the CREATE TABLE statements, on a connection as an application opens it, without parloader's session settings.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from parloader.database import sql
from parloader.database.application_settings import open_plain
from parloader.database.driver import DriverError
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import ParloaderError, Refused, UsageError

DOING = "creating the models' tables"


def create_missing(metadata: sa.MetaData, target: Target, allow_databases: Collection[str] = ()) -> tuple[sa.Table, ...]:
    """Creates the tables that do not exist; returns them. If one fails, the others are dropped again.

    Refused: a table is in another database that is not allowed. UsageError: a model cannot be a table of MySQL or MariaDB.
    """
    engine = sa.create_engine("mysql+pymysql://", creator=lambda: open_plain(target), poolclass=NullPool)
    with _reasons_explained(target):
        inspector = sa.inspect(engine)
        missing = tuple(table for table in metadata.tables.values() if not inspector.has_table(table.name, schema=table.schema))
        for table in missing:
            if table.schema not in (None, target.database, *allow_databases):
                raise Refused(
                    f"the models' table {table.schema}.{table.name} is in another database",
                    f"Create it yourself, or allow that database: --allow-database {table.schema} (in Python, allow_databases)",
                )
        try:
            metadata.create_all(engine, tables=missing, checkfirst=False)
        except BaseException:
            drop(missing, target)
            raise
    return missing


def drop(tables: Sequence[sa.Table], target: Target) -> None:
    """Drops those of the tables that exist: first their foreign keys, which may form cycles. ParloaderError: the server refuses."""
    keys = """SELECT table_name, constraint_name FROM information_schema.table_constraints
        WHERE constraint_type = 'FOREIGN KEY' AND table_schema = %s AND table_name = %s"""
    with connected(target) as connection, target.translate_errors("dropping the models' tables"):
        for table in tables:
            for _, key in sql.rows(connection, keys, table.schema or target.database, table.name):
                sql.execute(connection, f"ALTER TABLE {_quoted(table)} DROP FOREIGN KEY {sql.quote(key)}")
        for table in tables:
            sql.execute(connection, f"DROP TABLE IF EXISTS {_quoted(table)}")


def _quoted(table: sa.Table) -> str:
    name = sql.quote(str(table.name))
    return name if table.schema is None else f"{sql.quote(str(table.schema))}.{name}"


@contextmanager
def _reasons_explained(target: Target) -> Iterator[None]:
    """Turns errors of SQLAlchemy into one line."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, DriverError):
            raise target.translate(error.orig, DOING) from error
        raise ParloaderError(f"{DOING}: {error.orig}") from error
    except SQLAlchemyError as error:
        text = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(f"{DOING}: {text}", "Correct the models") from error
