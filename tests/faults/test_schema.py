"""Tables are altered or dropped during a load."""

import pytest
from support.faults import meanwhile
from support.loads import Plan, cleaned, halted, nothing_half_done, proven, started
from support.servers import Database, slow_on_mysql

# The rows of each worker's last month
CHECK = "ALTER TABLE script_execution ADD CONSTRAINT not_then CHECK (MONTH(created_at) NOT IN (6, 12))"


@slow_on_mysql("server")
def test_a_new_column_that_asks_for_a_value(database: Database) -> None:
    load = started(database)
    with halted(load) as halt:
        meanwhile(load, "ALTER TABLE script_execution ADD COLUMN wanted INT NOT NULL", halt.release)
    load.ends({1, 3}, "error: writing script_execution, rows .*wanted")
    assert "wanted" in database.parloader(*load.plan.command, check=3).stderr
    database.execute("ALTER TABLE script_execution DROP COLUMN wanted")
    proven(load)


@pytest.mark.parametrize("writer", ["load-data", pytest.param("insert", marks=pytest.mark.slow)])
def test_a_new_check(database: Database, writer: str) -> None:
    load = started(database, Plan(writer=writer))
    with halted(load) as halt:
        meanwhile(load, CHECK, halt.release)
    load.ends(1, "error: writing script_execution, rows .*not_then", "constraint")
    database.execute("ALTER TABLE script_execution DROP CONSTRAINT not_then")
    proven(load)


@pytest.mark.slow
def test_a_column_is_dropped(database: Database) -> None:
    """Its values are lost: verify reports them when the column is back, and a new load is correct."""
    load = started(database)
    with halted(load) as halt:
        meanwhile(load, "ALTER TABLE script_execution DROP COLUMN planned", halt.release)
    load.ends(3, "error: writing script_execution, rows .*planned", "schema")
    nothing_half_done(load)
    assert "planned" in database.parloader(*load.plan.command, check=3).stderr
    database.execute("ALTER TABLE script_execution ADD COLUMN planned DATETIME NULL")
    database.parloader(*load.plan.command, check=None)
    assert "different" in database.parloader("verify", check=1).stderr
    assert "rows of run 1 were edited since parloader generated them: " in database.parloader("clean", "--yes", check=3).stderr
    cleaned(database, "--edited-too")
    proven(load)


@slow_on_mysql("server")
def test_the_table_is_dropped(database: Database) -> None:
    """Its rows are gone; clean --edited-too removes the rest without comparing them."""
    load = started(database)
    with halted(load) as halt:
        meanwhile(load, "DROP TABLE script_execution", halt.release)
    load.ends(3, "error: writing script_execution, rows .*script_execution", "schema")
    for command in (load.plan.command, ("clean", "--yes")):
        assert "script_execution" in database.parloader(*command, check=3).stderr
    cleaned(database, "--edited-too")
    proven(load)


@pytest.mark.parametrize("table", ["parloader_batch", "parloader_run", "parloader_table"])
def test_a_table_of_the_ledger_is_dropped(database: Database, table: str) -> None:
    """It is unknown then which rows were generated: nothing is added, nothing deleted."""
    load = started(database)
    with halted(load) as halt:
        meanwhile(load, f"DROP TABLE {table}", halt.release)
    load.ends(3 if table == "parloader_batch" else {0, 3})
    before = database.rows("SELECT COUNT(*), SUM(id) FROM script_execution")
    for command in (load.plan.command, ("clean", "--yes"), ("verify",), ("status",)):
        assert f"the ledger is damaged: {table} is missing" in database.parloader(*command, check=3).stderr
    assert database.rows("SELECT COUNT(*), SUM(id) FROM script_execution") == before


@slow_on_mysql("server")
def test_the_table_of_the_ledger_that_knows_no_rows_is_dropped(database: Database) -> None:
    load = started(database)
    with halted(load) as halt:
        meanwhile(load, "DROP TABLE parloader_control", halt.release)
    load.ends(3, "error: .*parloader_control")
    proven(load)
