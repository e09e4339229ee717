"""Tables that point to each other in a cycle: rows are inserted, and what closes the cycle is set in a second pass, each row once."""

import json
import signal
from collections.abc import Iterator

import pytest
from schemas_sources import load, own_schema
from schemas_trial import state
from support.loads import CLEAN, Load, end_all, launched, nothing_half_done
from support.servers import Database, until

from parloader.database import sql
from parloader.ledger.run import pass_name
from parloader.plans.model import Pass

ROWS = 800

SEED = ("seed", "--table", "department", "--rows", str(ROWS), "--procs", "1", "--batch", "50")

TWO = ("--procs", "2")

SLOW = pytest.mark.slow

HEADS = "SELECT COUNT(*) FROM department JOIN worker ON worker.id = department.head_id"

LEFT_NULL = "SELECT COUNT(*) FROM department WHERE head_id IS NULL"


@pytest.fixture(autouse=True)
def no_load_is_left() -> Iterator[None]:
    yield
    end_all()


def made(database: Database) -> dict[str, tuple[str, int]]:
    """Makes the tables; returns their definitions and row counts."""
    load(own_schema("cycles", database.server.kind), database.target)
    return state(database.target)


def cleaned(database: Database, before: dict[str, tuple[str, int]]) -> None:
    database.parloader("clean", "--yes", "--procs", "1")
    assert state(database.target) == before


def verified(database: Database) -> None:
    database.parloader("verify", "--procs", "1")


def written(database: Database, of: Pass) -> int:
    """How many rows of department the ledger has of the pass."""
    if not database.rows("SHOW TABLES LIKE 'parloader_batch'"):
        return 0
    name = pass_name("department", of)
    return int(str(database.value(f"SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE table_name = '{name}'")))


@pytest.mark.parametrize(
    ("table", "rows", "pointing"),
    [
        ("department", ROWS, HEADS),
        pytest.param(
            "worker", 500, "SELECT 500 FROM department JOIN worker ON worker.id = department.head_id HAVING COUNT(*) = 5", marks=SLOW
        ),
        pytest.param("badge", 300, "SELECT 300 FROM department WHERE head_id IS NOT NULL HAVING COUNT(*) > 0", marks=SLOW),
        pytest.param("gamma", 300, "SELECT COUNT(*) FROM gamma JOIN alpha ON alpha.id = gamma.alpha_id", marks=SLOW),
        pytest.param("author", 300, "SELECT COUNT(*) FROM author a JOIN book ON book.id = a.best_book_id", marks=SLOW),
        ("unit", 300, "SELECT COUNT(*) FROM unit JOIN staff ON staff.id = unit.chief_id"),
        ("club", 300, "SELECT COUNT(*) FROM club JOIN player ON player.code = club.captain"),
    ],
)
def test_what_closes_a_cycle_is_set(database: Database, table: str, rows: int, pointing: str) -> None:
    before = made(database)
    database.parloader("seed", "--table", table, "--rows", str(rows), *TWO, "--batch", "100")
    assert (database.value(f"SELECT COUNT(*) FROM {table}"), database.value(pointing)) == (rows, rows)
    verified(database)
    cleaned(database, before)


@SLOW
def test_both_ways_are_filled_where_both_may_be_null(database: Database) -> None:
    before = made(database)
    database.parloader("seed", "--table", "book", "--rows", "300", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM book JOIN author ON author.id = book.author_id") == 300
    assert database.value("SELECT COUNT(*) FROM author LEFT JOIN book ON book.id = author.best_book_id WHERE book.id IS NULL") == 0
    verified(database)
    cleaned(database, before)


def test_a_unique_column_is_left_null(database: Database) -> None:
    made(database)
    planned = json.loads(database.parloader("plan", "--table", "crown", "--rows", "50", "--json").stdout)
    (note,) = (note["text"] for note in planned["notes"] if note["column"] == "ruler_id")
    assert note.startswith("left NULL: the tables reference each other in a cycle: ")


@SLOW
def test_the_writer_of_rows_does_not_matter(database: Database) -> None:
    before = made(database)
    database.parloader(*SEED, "--writer", "load-data")
    assert database.value(HEADS) == ROWS
    verified(database)
    cleaned(database, before)


def killed(load: Load) -> None:
    load.process.kill()
    load.ends(-signal.SIGKILL)
    nothing_half_done(load)


def killed_in_second_pass(database: Database) -> None:
    """A load that is killed when it has set some rows and not all."""
    load = launched(database, command=(*SEED, *TWO, "--max-rate", "400"))
    until(lambda: load.process.poll() is not None or written(database, Pass.SECOND) > 0, "a batch of the second pass is committed")
    killed(load)
    assert 0 < written(database, Pass.SECOND) < ROWS


def test_a_load_that_is_killed_in_the_second_pass_goes_on_there(database: Database) -> None:
    before = made(database)
    killed_in_second_pass(database)
    set_already = written(database, Pass.SECOND)
    assert database.value(LEFT_NULL) == ROWS - set_already

    found = json.loads(database.parloader("verify", "--json", "--procs", "1", check=1).stdout)["runs"][0]
    assert (found["missing"], found["different"], found["not_loaded"]) == (0, 0, ROWS - set_already)
    (run,) = json.loads(database.parloader("status", "--json").stdout)["runs"]
    assert (run["complete"], run["rows"] - run["done"]) == (False, ROWS - set_already)
    assert "missing: department, second pass, rows " in database.parloader("status").stdout
    database.parloader("clean", "--dry-run", "--procs", "1")

    ended = json.loads(database.parloader(*SEED, "--json").stdout)
    assert (ended["rows"], ended["updated"]) == (0, ROWS - set_already)
    assert (database.value(HEADS), written(database, Pass.SECOND)) == (ROWS, ROWS)
    verified(database)
    assert json.loads(database.parloader(*SEED, "--json").stdout)["already_complete"]
    cleaned(database, before)


@SLOW
def test_a_load_that_was_killed_in_the_second_pass_is_cleaned(database: Database) -> None:
    before = made(database)
    killed_in_second_pass(database)
    cleaned(database, before)


@pytest.mark.parametrize(
    ("of", "then"), [(Pass.SECOND, "seed"), pytest.param(Pass.FIRST, "seed", marks=SLOW), pytest.param(Pass.SECOND, "clean", marks=SLOW)]
)
def test_a_clean_that_is_killed(database: Database, of: Pass, then: str) -> None:
    """While it undoes the second pass, and while it deletes."""
    before = made(database)
    database.parloader(*SEED)
    load = launched(database, command=(*CLEAN, "--max-rate", "400"))
    until(lambda: load.process.poll() is not None or written(database, of) < ROWS, "something is taken back")
    killed(load)
    assert 0 < written(database, of) < ROWS
    assert written(database, Pass.SECOND) == database.value(HEADS)
    assert written(database, Pass.FIRST) == database.value("SELECT COUNT(*) FROM department")
    if then == "seed":
        database.parloader(*SEED)
        assert database.value(HEADS) == ROWS
        verified(database)
    cleaned(database, before)


def test_an_edit_of_what_the_second_pass_sets_is_seen(database: Database) -> None:
    made(database)
    database.parloader(*SEED)
    database.execute("UPDATE department SET head_id = 1 + head_id MOD 8 WHERE id = 5")
    said = database.parloader("verify", "--procs", "1", check=1)
    assert "different: department key 5; head_id: expected" in said.stdout
    said = database.parloader("clean", "--yes", "--procs", "1", check=3)
    assert "were edited since parloader made them: 1 of department (id 5)" in said.stderr
    database.parloader("clean", "--yes", "--edited-too", "--procs", "1")


@SLOW
def test_several_runs_that_use_rows_of_each_other(database: Database) -> None:
    before = made(database)
    database.parloader(*SEED)
    database.parloader(*SEED, "--new-run")  # its departments have heads among the workers of the first run
    database.parloader("seed", "--table", "worker", "--rows", "50", "--procs", "1")
    assert database.value(HEADS) == 2 * ROWS
    verified(database)
    cleaned(database, before)


def test_somebodys_row_that_points_back_is_named(database: Database) -> None:
    made(database)
    database.execute("INSERT INTO department (id, title) VALUES (9000, 'mine')")
    database.parloader(*SEED)
    database.execute("UPDATE department SET head_id = 3 WHERE id = 9000")
    said = database.parloader("clean", "--yes", "--procs", "1", check=3)
    assert "rows of department reference rows of worker that parloader created: id 9000" in said.stderr
    database.execute("UPDATE department SET head_id = NULL WHERE id = 9000")
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.rows("SELECT id, head_id FROM department") == ((9000, None),)


def test_what_cannot_be_set_is_refused_before_the_first_row(database: Database) -> None:
    before = made(database)
    database.execute(
        "CREATE TRIGGER no_heads BEFORE UPDATE ON department FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no heads here'"
    )
    said = database.parloader(*SEED, check=3)
    assert "a sample of department does not go in" in said.stderr
    assert "no heads here" in said.stderr
    assert {table: rows for table, (_, rows) in state(database.target).items()} == {table: rows for table, (_, rows) in before.items()}


def test_a_plan_file_says_which_columns_are_set_later(database: Database) -> None:
    before = made(database)
    file = database.folder / "plan.toml"
    database.parloader("plan", "--table", "department", "--rows", "200", "--write", str(file))
    text = file.read_text(encoding="utf-8")
    assert 'later = ["head_id"]' in text
    assert 'target = "department"' in text
    database.parloader("seed", "--plan", str(file), "--procs", "1")
    assert database.value(HEADS) == 200
    verified(database)
    cleaned(database, before)


@SLOW
def test_the_ledger_takes_a_table_of_any_name(database: Database) -> None:
    long = "ü" * 64
    database.execute(
        f"CREATE TABLE `{long}` (id INT PRIMARY KEY, mate_id INT NULL)",
        f"CREATE TABLE mate (id INT PRIMARY KEY, long_id INT NOT NULL, CONSTRAINT fk_long FOREIGN KEY (long_id) REFERENCES `{long}` (id))",
        f"ALTER TABLE `{long}` ADD CONSTRAINT fk_mate FOREIGN KEY (mate_id) REFERENCES mate (id)",
    )
    before = state(database.target)
    database.parloader("seed", "--table", long, "--rows", "120", "--procs", "1")
    verified(database)
    with database.connection() as connection:
        names = {name for (name,) in sql.rows(connection, "SELECT table_name FROM parloader_batch")}
    assert names == {long, "mate", pass_name(long, Pass.SECOND)}
    cleaned(database, before)


@SLOW
def test_a_later_run_that_points_at_a_big_table_of_an_earlier_one(database: Database) -> None:
    """Its small parents go before the rows that they point at."""
    load(own_schema("deep_chain", database.server.kind), database.target)
    before = state(database.target)
    database.parloader("seed", "--table", "street", "--rows", "200", "--procs", "1")
    database.parloader("seed", "--table", "flat", "--rows", "300", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM house JOIN street ON street.id = house.street_id") == 3
    cleaned(database, before)
