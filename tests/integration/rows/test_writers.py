"""A batch fails if the server writes another number of rows than it has."""

import polars as pl
import pytest
from support.servers import Database, create_table

from parloader.errors import WriteFailed
from parloader.rows.writers import DeferredUpdate, UpdateWriter

ROWS = pl.DataFrame({"id": [1, 2, 3], "leader_id": [7, 8, 9]})


def test_rows_that_the_second_pass_does_not_find_fail_the_batch(database: Database) -> None:
    live = create_table(database, "CREATE TABLE t (id INT PRIMARY KEY, leader_id INT NULL) ENGINE=InnoDB")
    update = DeferredUpdate(table="t", columns=("leader_id",), preserved_columns=(), key="id", identity=(live.column("id"),))
    writer = UpdateWriter(update=update, backslash_escapes=True)
    database.execute("INSERT INTO t (id) VALUES (1), (2)")
    with database.connection() as connection:
        writer.write(connection, writer.render(ROWS.head(2)))
        with pytest.raises(WriteFailed, match="t: the server set leader_id in 1 of 3 rows"):
            writer.write(connection, writer.render(ROWS.with_columns(pl.col("leader_id") + pl.col("id").clip(1, 2) - 1)))
