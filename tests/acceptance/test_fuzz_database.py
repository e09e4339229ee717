"""Random runs on real servers: seed, verify and clean of any size leave the database as before; a refusal leaves it as it was, too."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.servers import DROP_LEDGER, Database, create_example, everything

from parloader.builtin.plan import PARAMETERS
from parloader.database import sql

# One database for all examples of a test: what each of them leaves behind is what is tested
on_servers = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.generate])

TABLES = ("script_execution", "event_trigger", "task_schedule", "script_version", "script_reference", "outgoing_event", "robot_account")

KEY_ROOM = 127  # of a TINYINT key


def bare_tables(database: Database) -> None:
    """The plan's tables, as of somebody who never heard of parloader."""
    create_example(database)
    database.execute(
        DROP_LEDGER,
        *(f"DELETE FROM {table}" for table in TABLES),
        *(f"ALTER TABLE {table} COMMENT = '', AUTO_INCREMENT = 1" for table in TABLES),
    )


parameters = st.fixed_dictionaries(
    {},
    optional={
        "start": st.sampled_from(["1000-01-01", "1969-12-31T23:59:59", "2020-02-29", "9998-12-30"]),
        "span": st.sampled_from(["0s", "1s", "97m", "200d"]),
        "scheduled_share": st.sampled_from(["0", "1", "0.333333", "0.5"]),
    },
)

sizes = st.sampled_from([0, 1, 2, 7, 97, 499])

batches = st.sampled_from(["1", "7", "97", "1000", "auto", "1ms"])


@settings(on_servers, max_examples=4)
@given(
    rows=sizes,
    more_rows=st.none() | sizes,
    procs=st.sampled_from([1, 2, 3]),
    batch=batches,
    writer=st.sampled_from(["insert", "load-data"]),
    given_parameters=parameters,
    empty=st.booleans(),
)
def test_seed_verify_and_clean_leave_the_database_as_before(
    database: Database, rows: int, more_rows: int | None, procs: int, batch: str, writer: str, given_parameters: dict[str, str], empty: bool
) -> None:
    if not empty:
        bare_tables(database)
    before = everything(database)
    if not database.value("SELECT @@GLOBAL.local_infile"):
        writer = "insert"
    how = ("--procs", str(procs), "--batch", batch, "--writer", writer, *(f"--set={n}={v}" for n, v in given_parameters.items()))
    result = json.loads(database.parloader("seed", "--rows", str(rows), *how, "--json").stdout)
    assert (result["counts"]["total"], result["counts"]["violations"]) == (rows, 0)
    assert result["counts"]["scheduled"] + result["counts"]["triggered"] == rows
    if more_rows is not None:
        database.parloader("seed", "--rows", str(more_rows), *how, "--new-run")
    assert database.value("SELECT COUNT(*) FROM script_execution") == rows + (more_rows or 0)
    database.parloader("verify", "--procs", str(procs))
    database.parloader("clean", "--yes", "--procs", str(procs))
    assert everything(database) == before
    if not empty:
        database.execute(f"DROP TABLE {', '.join(TABLES)}")
        assert everything(database) == {}


refused_parameters = st.dictionaries(
    st.sampled_from(list(PARAMETERS)), st.text(st.characters(exclude_characters="\0"), max_size=8), max_size=2
)


@settings(on_servers, max_examples=4)
@given(
    rows=st.integers(KEY_ROOM + 1, 2**63 - 1) | st.sampled_from([KEY_ROOM + 1, KEY_ROOM, 0]),
    given_parameters=refused_parameters,
    new_run=st.booleans(),
)
@pytest.mark.parametrize("small", ["script_execution", "outgoing_event"])
def test_a_refusal_changes_nothing(
    narrow: Callable[[str], Database], small: str, rows: int, given_parameters: dict[str, str], new_run: bool
) -> None:
    """More rows than the key column holds, of the big table or of a parent, or parameters that are none."""
    database = narrow(small)
    before = everything(database)
    options = ("--rows", str(rows), *(f"--set={n}={v}" for n, v in given_parameters.items()), *(["--new-run"] if new_run else []))
    for command in (("seed", *options), ("plan", *options[: len(options) - new_run])):
        done = database.parloader(*command, "--procs", "1", check=None)
        assert done.exit_code in (0, 2, 3), done.output
        if done.exit_code:
            said = [line for line in done.stderr.splitlines() if not line.startswith("connected to ")]
            assert len(said) == 1
            assert said[0].startswith("error: "), done.stderr
        elif command[0] == "seed":
            database.parloader("clean", "--yes")
        assert everything(database) == before


@pytest.fixture
def narrow(database: Database) -> Callable[[str], Database]:
    """The tables, one of them with a key that holds little, and a row that uses some of it."""
    made: set[str] = set()

    def make(small: str) -> Database:
        if small not in made:
            bare_tables(database)
            keys = ", ".join(f"DROP FOREIGN KEY {name}" for name in referring(database, small, "constraint_name"))
            if small == "outgoing_event":
                database.execute(f"ALTER TABLE event_trigger {keys}", "ALTER TABLE event_trigger MODIFY outgoing_event_id TINYINT NOT NULL")
            database.execute(f"ALTER TABLE {small} MODIFY id TINYINT NOT NULL AUTO_INCREMENT")
            if small == "outgoing_event":
                database.execute(
                    "ALTER TABLE event_trigger ADD FOREIGN KEY (outgoing_event_id) REFERENCES outgoing_event (id)",
                    "INSERT INTO outgoing_event (id, name) VALUES (90, 'mine')",
                )
            made.add(small)
        return database

    return make


def referring(database: Database, parent: str, column: str) -> list[object]:
    found = database.rows(
        f"SELECT {column} FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name = '{parent}'"
    )
    return [value for (value,) in found]


@pytest.mark.parametrize(("creates", "denied"), [(True, "INSERT"), (False, "INSERT"), (False, "CREATE"), (True, "REFERENCES")])
def test_a_seed_that_cannot_begin_leaves_nothing(database: Database, creates: bool, denied: str) -> None:
    """Tables, keys and ledger are made before the first row; where that is refused they go again."""
    if denied == "REFERENCES" and database.server.kind == "mariadb":
        pytest.skip("MariaDB asks for no REFERENCES")
    if not creates:
        bare_tables(database)
    before = everything(database)
    name = database.target.database
    wanted = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "LOCK TABLES"} - {denied}
    with database.server.connection() as admin:
        sql.execute(admin, "DROP USER IF EXISTS 'beginner'@'%%'")
        sql.execute(admin, "CREATE USER 'beginner'@'%%' IDENTIFIED BY 'pass'")
        sql.execute(admin, f"GRANT {', '.join(sorted(wanted))} ON {name}.* TO 'beginner'@'%%'")
    limited = Database(database.server, replace(database.target, user="beginner", password="pass"), database.folder)
    assert f"beginner@% lacks {denied} on " in limited.parloader("seed", "--rows", "50", check=3).stderr
    assert everything(database) == before
