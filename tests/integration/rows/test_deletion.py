"""The rows that clean is about to delete are locked: from the comparison on, nobody edits or references them."""

import pytest
from support.servers import Database

from parloader.config import CleanConfig
from parloader.database import error_codes, sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection, DriverError
from parloader.plans.row_ranges import IndexRange
from parloader.runs.removal import prepare_removal

LOCKED = (1205, 3572)  # MariaDB: as after a wait; MySQL: ER_LOCK_NOWAIT


def is_locked(connection: Connection, row: object) -> bool:
    """Whether the row is locked, even for those who only reference it."""
    shared = "LOCK IN SHARE MODE" if connection.dialect.kind is ServerKind.MARIADB else "FOR SHARE"
    try:
        sql.rows(connection, f"SELECT id FROM shelf WHERE id = %s {shared} NOWAIT", row)
    except DriverError as error:
        if error_codes.error_number(error) in LOCKED:
            return True
        raise
    return False


@pytest.mark.parametrize(
    ("key", "edited_too"),
    [
        ("INT UNSIGNED NOT NULL AUTO_INCREMENT", False),
        ("CHAR(20) NOT NULL", False),
        ("INT UNSIGNED NOT NULL AUTO_INCREMENT", True),
        ("CHAR(20) NOT NULL", True),
    ],
    ids=["by key", "by values", "by key, edited too", "by values, edited too"],
)
def test_the_rows_to_delete_are_locked(database: Database, key: str, edited_too: bool) -> None:
    database.execute(
        f"CREATE TABLE shelf (id {key} PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
        f"CREATE TABLE book (number INT PRIMARY KEY, shelf_id {key.partition(' NOT')[0]}, FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "shelf", "--rows", "30", "--procs", "1")
    rows = [row for (row,) in database.rows("SELECT id FROM shelf ORDER BY id")]
    with database.connection() as connection, database.connection() as other:
        removal = prepare_removal(connection, CleanConfig(target=database.target, edited_too=edited_too))
        (run,) = removal.runs
        part = removal.deletion(run, "shelf").of(IndexRange(10, 20))
        with sql.transaction(connection):
            part.lock(connection)
            assert all(is_locked(other, row) for row in rows[10:20])
            part.require_unreferenced(connection)
            part.delete(connection)
        assert [row for (row,) in sql.rows(other, "SELECT id FROM shelf ORDER BY id")] == [*rows[:10], *rows[20:]]
