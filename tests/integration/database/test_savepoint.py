"""A savepoint undoes its block and nothing else of the transaction."""

import pytest
from support.servers import Database

from parloader.database import sql
from parloader.database.driver import Connection, DriverError


@pytest.mark.parametrize("fails", [False, True])
def test_only_the_block_is_undone(database: Database, fails: bool) -> None:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    with database.connection() as connection, sql.transaction(connection):
        sql.execute(connection, "INSERT INTO t VALUES (1)")
        try:
            with sql.savepoint(connection, "trial"):
                sql.execute(connection, "INSERT INTO t VALUES (2)")
                if fails:
                    sql.execute(connection, "INSERT INTO t VALUES (1)")
        except DriverError:
            assert fails
        sql.execute(connection, "INSERT INTO t VALUES (3)")
    assert database.rows("SELECT id FROM t ORDER BY id") == ((1,), (3,))


def lose_the_transaction(connection: Connection) -> None:
    with sql.savepoint(connection, "trial"):
        connection.rollback()
        raise ValueError("reason")


def test_the_error_of_the_block_is_raised(database: Database) -> None:
    """Also if the server has already rolled back the transaction, so that the savepoint no longer exists."""
    with database.connection() as connection, sql.transaction(connection), pytest.raises(ValueError, match="reason"):
        lose_the_transaction(connection)
