"""Two commands at once, through different nodes: one of them works, and the other is told which."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.cluster import through
from support.loads import CLEAN, Plan, cleaned, found, launched, proven, started
from support.servers import Database

SMALL = Plan(rows=4_000, batch=500, max_rate=1_000)


def one_of_two_seeds_wins(database: Database) -> None:
    loads = [launched(through(database, number), SMALL) for number in (1, 2)]
    ended = [load.end() for load in loads]
    assert sorted(end.code for end in ended) == [0, 3], ended
    (refused,) = (end for end in ended if end.code)
    assert "another parloader command is running in this database: seed by " in refused.stderr
    assert not refused.unclear


def test_one_of_two_first_seeds_of_an_empty_database_wins(on_two_nodes: Database) -> None:
    """Both would create the ledger and the tables. The short case of the default suite."""
    database = on_two_nodes
    one_of_two_seeds_wins(database)
    rows = found(database, SMALL)
    assert (rows.lost(SMALL), rows.doubled, rows.half_batches) == (0, 0, 0)
    through(database, 2).parloader("verify", "--procs", "1")
    cleaned(through(database, 1))


@pytest.mark.cluster
def test_one_of_two_seeds_wins_every_time(database: Database) -> None:
    for _ in range(5):
        one_of_two_seeds_wins(database)
        cleaned(through(database, 3))
    one_of_two_seeds_wins(database)
    with ThreadPoolExecutor() as threads:  # the rows exist
        again = list(threads.map(lambda n: through(database, n).parloader(*SMALL.command, check=None).exit_code, (1, 2)))
    assert set(again) <= {0, 3}
    assert 0 in again
    cleaned(database)


@pytest.mark.cluster
def test_clean_during_a_seed_is_refused(database: Database) -> None:
    load = started(through(database, 1), Plan(rows=20_000, batch=250, max_rate=1_500))
    refused = launched(through(database, 2), command=CLEAN).ends(3, "another parloader command is running in this database: seed by ")
    assert "last sign of life" in refused.stderr
    status = through(database, 3).parloader("status")
    assert "seed by" in status.output
    load.ends(0)
    proven(load)
