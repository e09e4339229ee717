"""bench measures on scratch tables, and leaves nothing behind. (How fast anything is stands in no test.)"""

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.servers import Database, slow_on_mysql, until

from parloader.ledger.source_table import PREFIX
from parloader.ledger.store import SCRATCH_MARK

pytestmark = pytest.mark.processes

SMALL = ("bench", "--rows", "300", "--rounds", "1", "--procs", "1", "--batch", "100")

# What a user's database may have that a copy has to take along, or leave alone
USERS = (
    "ALTER TABLE script_execution ADD UNIQUE KEY (created_at, id), ADD COLUMN note VARCHAR(20) NULL DEFAULT 'mine'",
    "CREATE TABLE owner (id INT PRIMARY KEY)",
    "ALTER TABLE script_execution ADD COLUMN owner_id INT NULL, ADD FOREIGN KEY (owner_id) REFERENCES owner (id)",
)


def tables(database: Database) -> set[object]:
    return {name for (name,) in database.rows("SHOW TABLES")}


def definitions(database: Database, *names: str) -> list[object]:
    return [database.rows(f"SHOW CREATE TABLE {name}") for name in names]


@pytest.mark.slow
def test_an_empty_database_stays_empty(database: Database) -> None:
    result = json.loads(database.parloader(*SMALL, "--rounds", "2", "--procs", "1,2", "--batch", "auto", "--json").stdout)
    assert tables(database) == set()
    assert len(result["points"]) == 4
    assert {(p["procs"], p["batch"], p["writer"]) for p in result["points"]} == {
        (p, b, w) for p in (1, 2) for b in ("auto",) for w in ("insert", "load-data")
    }
    assert {(f["procs"], f["writer"]) for f in result["floor"]} == {(p, w) for p in (1, 2) for w in ("insert-select", "ready-files")}
    assert sum(p["best"] for p in result["points"]) == 1
    for measured in (*result["points"], *result["floor"], result["checks_on"], result["checks_off"]):
        assert len(measured["rows_per_second_by_round"]) == 2
        assert all(rate > 0 for rate in measured["rows_per_second_by_round"])
        assert 0 < measured["server_wait"] <= 1.05
        assert measured["peak_rss_bytes"] > 2**20


def test_the_users_tables_are_not_touched(database: Database) -> None:
    database.parloader("seed", "--rows", "500", "--procs", "1")
    database.execute(
        *USERS,
        f"CREATE TABLE {PREFIX}9 (id INT)",
        f"CREATE TABLE {PREFIX}results (id INT)",
        "UPDATE script_execution SET note = 'changed' WHERE id = 7",
    )
    names = ("script_execution", "event_trigger", "owner", "parloader_batch", "parloader_run")
    before = (tables(database), definitions(database, *names), database.rows(f"CHECKSUM TABLE {', '.join(names)}"))
    said = database.parloader(*SMALL, "--writer", "insert").stdout
    assert (tables(database), definitions(database, *names), database.rows(f"CHECKSUM TABLE {', '.join(names)}")) == before
    lines = said.splitlines()
    assert sum(line.startswith("*") for line in lines) == 2  # in the table, and what it means
    assert max(map(len, lines)) <= 90
    assert lines[-1].startswith("use: parloader seed --procs ")


@slow_on_mysql("server")
def test_the_copies_have_the_same_indexes_and_constraints(database: Database) -> None:
    """Seen from outside while it measures: what an INSERT into a copy has to pass."""
    database.parloader("seed", "--rows", "10", "--procs", "1")
    database.execute(*USERS)
    process = database.process("bench", "--rows", "200000", "--rounds", "9", "--procs", "1", "--batch", "1000", "--writer", "insert")
    copy = f"{PREFIX}6"
    until(
        lambda: process.poll() is not None or (copy in tables(database) and database.rows(f"SELECT 1 FROM {copy} LIMIT 1")),
        "rows in a copy",
    )

    def constraints(table: str) -> list[object]:
        kinds = "SELECT constraint_type, COUNT(*) FROM information_schema.table_constraints WHERE table_schema = DATABASE()"
        indexes = (
            "SELECT index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics WHERE table_schema = DATABASE()"
        )
        columns = "SELECT column_name, column_type, is_nullable, column_default, extra FROM information_schema.columns WHERE table_schema = DATABASE()"
        return [
            database.rows(f"{kinds} AND table_name = '{table}' GROUP BY 1 ORDER BY 1"),
            database.rows(f"{indexes} AND table_name = '{table}' ORDER BY 1, 2"),
            database.rows(f"{columns} AND table_name = '{table}' ORDER BY ordinal_position"),
        ]

    try:
        assert constraints(copy) == constraints("script_execution")
        parents = f"SELECT COUNT(*) FROM information_schema.key_column_usage WHERE table_name = '{copy}' AND referenced_table_name LIKE '{PREFIX}%%'"
        assert database.value(f"{parents} AND table_schema = DATABASE()") == 4
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert not any(str(name).startswith(PREFIX) for name in tables(database))
    assert "interrupted: the scratch tables are dropped" in said[1]


@pytest.mark.slow
def test_what_a_killed_bench_left_goes_with_the_next_or_with_clean(database: Database) -> None:
    left = (
        f"CREATE TABLE {PREFIX}0 (id INT PRIMARY KEY) COMMENT '{SCRATCH_MARK}'",
        f"CREATE TABLE {PREFIX}6 (id INT, FOREIGN KEY (id) REFERENCES {PREFIX}0 (id)) COMMENT '{SCRATCH_MARK}'",
    )
    database.execute(*left)
    database.parloader(*SMALL, "--writer", "insert")
    assert tables(database) == set()
    database.execute(*left)
    database.parloader("clean", "--yes")
    assert tables(database) == set()
    database.execute(*left)
    database.parloader("seed", "--rows", "100", "--procs", "1")  # they make no database other than empty
    database.parloader("clean", "--yes")
    assert tables(database) == set()


@slow_on_mysql("server")
def test_the_best_is_saved_drawn_and_used(database: Database) -> None:
    file = database.folder / "parloader.toml"
    file.write_text("# mine\nrows = 700\nbatch = 3  # small\n\n[set]\nspan = '30d'\n", encoding="utf-8")
    command = database.command(*SMALL, "--batch", "50", "--procs", "2", "--writer", "load-data", "--save", "--plot", "bench.png")
    done = subprocess.run(command, cwd=database.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    limit = f"server_limit = {tomllib.loads(file.read_text(encoding='utf-8'))['server_limit']}\n"
    assert file.read_text(encoding="utf-8") == (
        f"# mine\nrows = 700\nbatch = 50  # small\nprocs = 2\nwriter = \"load-data\"\n{limit}\n[set]\nspan = '30d'\n"
    )
    assert (database.folder / "bench.png").read_bytes().startswith(b"\x89PNG")
    done = subprocess.run(database.command("plan", "--json"), cwd=database.folder, capture_output=True, text=True, check=True)
    planned = json.loads(done.stdout)
    assert (planned["batch"], planned["writer"], len(planned["partitions"])) == ("50", "load-data", 2)


@pytest.mark.slow
def test_svg(database: Database, tmp_path: Path) -> None:
    picture = tmp_path / "b.svg"
    database.parloader(*SMALL, "--writer", "insert", "--plot", str(picture))
    assert "<svg" in picture.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--procs", "1,0"), "'0' is not a number from 1 to 1024"),
        (("--procs", "two"), "'two' is not a number from 1 to 1024"),
        (("--batch", "10,x"), "'x' is not valid: a number of rows"),
        (("--writer", "copy"), "'copy' is not a writer; valid are insert, load-data"),
        (("--rounds", "0"), "--rounds"),
        (("--rows", "0"), "--rows"),
        (("--plot", "b.pdf"), "b.pdf does not end in .png or .svg"),
        (("--plot", "/no/such/folder/b.png"), "there is no folder /no/such/folder"),
    ],
)
def test_usage(arguments: tuple[str, ...], said: str) -> None:
    command = [sys.executable, "-m", "parloader", "bench", *arguments, "--url", "mysql://nobody@localhost/none"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr
