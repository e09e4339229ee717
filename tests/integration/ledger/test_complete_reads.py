"""A ledger that is read in part, or of which a part is gone, is noticed by every reader."""

import pytest
from support.servers import Database

from parloader.database import sql
from parloader.errors import LedgerDamaged
from parloader.ledger import store

TICKET = "CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB"


@pytest.fixture
def ledger(database: Database) -> Database:
    database.execute(TICKET)
    database.parloader("seed", "--table", "ticket", "--rows", "210", "--batch", "2", "--procs", "1")
    database.parloader("seed", "--table", "ticket", "--rows", "10", "--new-run", "--procs", "1")
    return database


@pytest.mark.parametrize(
    ("limit", "seen"), [(0, "did not list "), (1, "did not list "), (40, "returned 40 of the 53 rows of parloader_batch")]
)
def test_a_limit_of_the_rows_that_a_select_returns(ledger: Database, limit: int, seen: str) -> None:
    ledger.execute("DELETE FROM parloader_batch WHERE run_id = 1 AND first_index % 4 = 0".replace("%", "%%"))
    with ledger.connection() as connection:
        assert len(store.runs(connection)) == 2
        sql.execute(connection, f"SET SESSION sql_select_limit = {limit:d}")
        with pytest.raises(LedgerDamaged, match=seen):
            store.runs(connection)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM parloader_run WHERE run_id = 2", "parloader_run lacks run 2, to which 10 rows in parloader_batch belong"),
        ("DELETE FROM parloader_table WHERE run_id = 1", "parloader_table lacks ticket of run 1"),
    ],
)
def test_a_part_that_is_gone(ledger: Database, statement: str, said: str) -> None:
    ledger.execute(statement)
    for command in (("clean", "--yes"), ("clean", "--dry-run"), ("verify",), ("status",), ("seed", "--table", "ticket", "--rows", "210")):
        assert said in ledger.parloader(*command, check=3).stderr
    assert ledger.value("SELECT COUNT(*) FROM ticket") == 220
