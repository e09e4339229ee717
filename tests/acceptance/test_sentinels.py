"""Tables whose highest values are taken, by values that stand for "none" or "for ever": free ones below them are used, and all else stays."""

from schemas_sources import load, own_schema
from schemas_trial import state
from support.servers import Database

TABLES = ("fact", "picks_wide_number", "counter_of_uuids", "picks_validity", "picks_per_day", "picks_time", "day_tree", "wide_tree")

ROWS = 300


def test_free_values_below_the_highest_ones_are_used(database: Database) -> None:
    """Of keys, UNIQUE columns and the tables that they reference; for zero dates, negative keys and keys above the signed 64 bits as well."""
    load(own_schema("sentinels", database.server.kind), database.target)
    before = state(database.target)
    database.parloader("seed", "--rows", str(ROWS), "--procs", "2", *(f"--table={name}" for name in TABLES))
    database.parloader("verify", "--procs", "2")
    after = state(database.target)
    assert {name: after[name][1] - before[name][1] for name in TABLES} == dict.fromkeys(TABLES, ROWS)
    assert database.rows("SELECT MIN(id), MAX(id) FROM fact WHERE id BETWEEN 1 AND 32766") == ((1, ROWS),)
    reused = database.rows("SELECT COUNT(DISTINCT number) FROM picks_wide_number WHERE number IN (7, 18446744073709551615)")
    assert reused == ((2,),)
    database.execute(f"INSERT INTO fact VALUES ({ROWS + 1}, 1, NULL)")
    assert "1 extra" in database.parloader("verify", check=1).stderr  # though rows with higher keys existed before
    database.execute(f"DELETE FROM fact WHERE id = {ROWS + 1}")
    database.parloader("seed", "--rows", "7", "--procs", "1", "--table=wide_number")
    assert database.rows("SELECT COUNT(*) FROM wide_number WHERE id BETWEEN 4 AND 10") == ((7,),)
    database.parloader("verify", "--procs", "2")
    database.parloader("clean", "--yes", "--procs", "2")
    assert state(database.target) == before


def test_the_largest_free_range_of_keys_is_the_limit(database: Database) -> None:
    database.execute("CREATE TABLE t (id TINYINT NOT NULL PRIMARY KEY)", "INSERT INTO t VALUES (5), (60), (127)")
    refused = database.parloader("seed", "--table", "t", "--rows", "67", check=3).stderr
    assert "67 rows of t are too many: id holds keys up to 127, of which no more than 66 consecutive ones are free" in refused
    assert "At most --rows 66 fit" in refused
    database.parloader("seed", "--table", "t", "--rows", "66")
    assert database.rows("SELECT COUNT(*) FROM t WHERE id BETWEEN 61 AND 126") == ((66,),)
    database.parloader("clean", "--yes")
    database.execute(f"INSERT INTO t VALUES {', '.join(f'({n})' for n in range(1, 127) if n not in (5, 60))}")
    full = database.parloader("seed", "--table", "t", "--rows", "1", check=3).stderr
    assert "t.id holds only 127 values above 0, of which 127 are used already. Not even one row fits" in full
