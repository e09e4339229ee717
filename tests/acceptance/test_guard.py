"""The marker: a database that holds it is written to by nobody."""

import json

import pytest
from support.servers import Database, everything

from parloader.config import BenchConfig, CleanConfig, SeedConfig, UpgradeConfig
from parloader.errors import Forbidden
from parloader.operations import bench, clean, schema, seed

WRITING: tuple[tuple[str, ...], ...] = (
    ("seed", "--rows", "50"),
    ("seed", "--rows", "50", "--new-run"),
    ("clean", "--yes"),
    ("clean", "--dry-run"),
    ("clean", "--yes", "--edited-too", "--allow-remote", "localhost"),
    ("bench", "--rows", "10", "--rounds", "1", "--procs", "1", "--batch", "10"),
    ("schema", "upgrade"),
)

READING: tuple[tuple[str, ...], ...] = (("plan", "--rows", "30"), ("status",), ("verify",), ("schema", "check"))


def test_a_forbidden_database_is_written_to_by_nobody(database: Database) -> None:
    database.parloader("seed", "--rows", "30")
    assert json.loads(database.parloader("guard", "--json").stdout) == {"forbidden": False, "by": None, "at": None, "changed": False}
    state = json.loads(database.parloader("guard", "--forbid", "--json").stdout)
    assert (state["forbidden"], state["changed"], state["by"].split("@")[0]) == (True, True, database.target.user)
    before = everything(database)
    for command in WRITING:
        done = database.parloader(*command, check=3)
        (line,) = done.stderr.splitlines()[-1:]
        assert line.startswith("error: the table parloader_forbidden in "), done.stderr
        assert f"(set by {state['by']} at {state['at']}). To allow it again: parloader guard --allow" in line
    assert everything(database) == before
    for command in READING:
        database.parloader(*command)
    assert "seed would be refused: the table parloader_forbidden" in database.parloader("plan", "--rows", "30").stdout
    assert f"set by {state['by']}" in database.parloader("guard").stdout
    assert not json.loads(database.parloader("guard", "--forbid", "--json").stdout)["changed"]
    database.parloader("guard", "--allow", check=2)
    assert everything(database) == before
    assert database.parloader("guard", "--allow", "--yes").stdout.startswith("writing is now allowed")
    database.parloader("clean", "--yes")
    assert database.rows("SHOW TABLES") == ()


def test_who_imports_parloader_is_refused_too(database: Database) -> None:
    database.parloader("guard", "--forbid")
    for refused in (
        lambda: seed.seed(SeedConfig(target=database.target, rows=5)),
        lambda: clean.clean(CleanConfig(target=database.target)),
        lambda: bench.bench(BenchConfig(target=database.target, rows=5)),
        lambda: schema.upgrade_schema(UpgradeConfig(target=database.target)),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert database.rows("SHOW TABLES") == (("parloader_forbidden",),)


def test_an_empty_database_with_the_marker_is_still_an_empty_one(database: Database) -> None:
    database.parloader("guard", "--forbid")
    assert "the database is empty: seed would create these tables" in database.parloader("plan").stdout
    database.parloader("guard", "--allow", "--yes")
    database.parloader("seed", "--rows", "20")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE parloader_forbidden (why TEXT, who VARCHAR(9)) COMMENT 'ours, keep off'",
        "CREATE VIEW parloader_forbidden AS SELECT 1 AS one",
    ],
)
def test_a_table_or_view_of_that_name_forbids_whoever_made_it(database: Database, statement: str) -> None:
    database.parloader("seed", "--rows", "30")
    database.execute(statement)
    before = everything(database)
    for command in WRITING:
        assert "a table or view that parloader did not create" in database.parloader(*command, check=3).stderr
    assert json.loads(database.parloader("guard", "--json").stdout)["forbidden"]
    assert "does not drop it" in database.parloader("guard", "--allow", "--yes", check=3).stderr
    assert not json.loads(database.parloader("guard", "--forbid", "--json").stdout)["changed"]
    assert everything(database) == before
