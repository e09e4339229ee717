"""What parloader makes of known schemas and plan files is what tests/golden records, and a ledger of version 0.1.0 is still accepted.

`scripts/golden` compares every record; here the default run compares those of a few schemas, `pytest -m slow` the others.
"""

import contextlib

import pytest
from golden import PLANS, RECORD, differences, names, recorded, taken
from schemas_sources import statements
from support.servers import Database, TestServer

# A schema of every kind of inference: unique keys of several columns, CHECKs, cycles; and each way to write a plan
QUICK = {"mariadb": {"built-in", "plan-files", "junctions"}, "mysql": {"plan-files"}}
# One file a server: 1,000 rows of the built-in plan and 600 rows of uniques.toml, both loads killed (kill -9) before half was done
LEDGERS = RECORD / "ledgers"
RECORDS = [
    pytest.param(kind, name, marks=() if name in QUICK[kind] else pytest.mark.slow) for kind in ("mariadb", "mysql") for name in names(kind)
]


@pytest.mark.parametrize(("server", "name"), RECORDS, indirect=["server"])
def test_plans_rows_and_ledgers_are_as_recorded(server: TestServer, name: str) -> None:
    now = taken(server.admin, server.kind, name)
    assert differences(recorded(RECORD, server.kind, name), now) == []


def test_a_ledger_of_version_0_1_0_is_resumed_verified_and_cleaned(database: Database) -> None:
    file = LEDGERS / f"3236df8.{database.server.kind}.sql"
    with database.connection() as connection, connection.cursor() as cursor:
        for statement in statements(file.read_text(encoding="utf-8")):
            cursor.execute(statement)
    half_done = int(str(database.value("SELECT COUNT(*) FROM script_execution")))
    assert 0 < half_done < 1000
    database.parloader("verify", check=1)  # rows are not loaded yet, and those that exist are right
    with contextlib.chdir(PLANS):
        database.parloader("seed", "--rows", "1000", "--procs", "2")
        database.parloader("seed", "--plan", "uniques.toml", "--rows", "600", "--procs", "2")
    assert database.rows("SELECT (SELECT COUNT(*) FROM script_execution), (SELECT COUNT(*) FROM uniques)") == ((1000, 600),)
    database.parloader("verify")
    database.parloader("clean", "--yes")
    left = {str(table): database.value(f"SELECT COUNT(*) FROM {table}") for (table,) in database.rows("SHOW TABLES")}
    assert left == {"uniques": 0}  # the other tables were created by seed
