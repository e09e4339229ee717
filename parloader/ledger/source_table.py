"""The source of bench's INSERT … SELECT baseline: the rows of a scratch table in the order of its clustered index, numbered, with no other index."""

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.plans.model import Table
from parloader.plans.row_ranges import IndexRange

PREFIX = "parloader_bench_"
"""Of the names of all scratch tables."""

NAME = PREFIX + "source"

NUMBER = "parloader_row"
"""The column that numbers the rows from 1 on."""


def create(connection: Connection, table: Table, comment: str) -> None:
    """Copies the rows of the table."""
    sql.execute(connection, "SET SESSION auto_increment_increment = 1, auto_increment_offset = 1")  # a cluster has others
    sql.execute(
        connection,
        f"CREATE TABLE {NAME} ({NUMBER} BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB COMMENT='{comment}' "
        f"SELECT {_columns(table)} FROM {sql.quote_table(table.name)}",
    )


def copy_rows(connection: Connection, table: Table, batch: IndexRange) -> None:
    """Inserts these rows into the table, on the server."""
    columns = _columns(table)
    rows = f"SELECT {columns} FROM {NAME} WHERE {NUMBER} BETWEEN %s AND %s"
    sql.execute(connection, f"INSERT INTO {sql.quote_table(table.name)} ({columns}) {rows}", batch.start + 1, batch.stop)


def _columns(table: Table) -> str:
    """Those that a load writes."""
    return ", ".join(map(sql.quote, table.written if table.key is None else (table.key, *table.written)))
