"""scripts/soak: its faults hit, it writes its log and its table, and it finds what is lost, doubled, changed or left behind."""

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import soak_application
import soak_round
from soak_application import Application
from soak_checks import Checks, Finding
from soak_report import Kind, Outcome, Round
from soak_round import SoakedTable, Work, place
from support.proxy import Proxy
from support.servers import Database, TestServer, until

ROOT = Path(__file__).parents[2]

SMALL = Work(table="purchase", rows=2000, procs=2, batch=20, writer="insert", max_rate=2000, chunk_ms=5)


@pytest.mark.parametrize(
    ("server", "work"),
    [
        ("mariadb", SMALL),
        pytest.param("mysql", SMALL, marks=pytest.mark.slow),
        pytest.param("mysql", replace(SMALL, table="voucher", writer="load-data"), marks=pytest.mark.slow),
        pytest.param("mariadb", replace(SMALL, table="member"), marks=pytest.mark.slow),
    ],
    indirect=["server"],
)
def test_a_round(server: TestServer, work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_round, "VERIFIES", 0)
    result = Round(server=server.kind, seed=4, what="a round", rows=work.rows)
    with place(server, "soaked", tmp_path, None, Proxy) as where:
        SoakedTable(where, work, result, random.Random(4)).run()
    assert result.hits > 0
    assert {fault.outcome for fault in result.faults if fault.hit} & {Outcome.RETRIED, Outcome.REPEATED}
    assert None not in {fault.outcome for fault in result.faults if fault.hit}
    assert {fault.kind for fault in result.faults} <= {*Kind} - {Kind.SERVER_KILLED, Kind.SERVER_RESTARTED}
    assert (result.lost, result.doubled, result.touched, result.orphans, result.problems) == (0, 0, 0, 0, [])
    assert result.exit_codes["seed 0"] == result.exit_codes["clean 0"] == result.exit_codes["verify 0"] == 1


@pytest.mark.slow
def test_the_command(server_kind: str, short_folder: Path) -> None:
    report, log = short_folder / "report.md", short_folder / "log.jsonl"
    report.write_text("before\n<!-- scripts/soak writes this section -->\n<!-- end of scripts/soak's section -->\nafter\n")
    options = ("--hits", "5", "--minutes", "1", "--seed", "4", "--server", server_kind, "--rows", "3000", "--report", report, "--log", log)
    done = subprocess.run(
        [sys.executable, "scripts/soak.py", *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))), "TMPDIR": str(short_folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"scripts/soak --seed 4 --hits 5 --server {server_kind}\n{server_kind}, round 1: parloader seed --table ")
    *faults, round_ = (json.loads(line) for line in log.read_text().splitlines())
    assert all(
        fault["seed"] == 4 and fault["server"] == server_kind and fault["command"] in ("seed", "verify", "clean") for fault in faults
    )
    assert round_["hits"] == sum(fault["hit"] for fault in faults)
    assert f"`scripts/soak --seed 4 --hits 5 --server {server_kind}`" in report.read_text()
    assert "**0 rows lost; 0 rows doubled; 0 rows of others changed" in report.read_text()
    assert sorted(path.name for path in short_folder.iterdir()) == ["log.jsonl", "report.md"]


def test_what_is_lost_doubled_changed_or_left_behind_is_found(database: Database) -> None:
    result = Round(server=database.server.kind, seed=4, what="a round", rows=300)
    checks = Checks(database.server, database.target.database, "nobody", "purchase", result)
    with database.connection() as connection:
        soak_application.create(connection)
    application = Application(database.server, database.target.database, 4)
    application.start()
    database.parloader(*replace(SMALL, rows=300).seed)
    until(lambda: application.writes > 60, "the application works")
    application.stop()
    checks.require_rows()
    checks.require_untouched(application)

    def finds(statement: str, check: "object", undo: str) -> None:
        database.execute(statement)
        assert callable(check)
        with pytest.raises(Finding):
            check()
        database.execute(undo)

    insert = "INSERT INTO purchase (customer_id, reference, amount, visits, created_at) SELECT MIN(id), 'again', 1, 0, '2020-01-01' FROM customer"
    last = "ORDER BY id DESC LIMIT 1"
    generated = "reference NOT LIKE 'app %%'"
    finds(insert, checks.require_rows, "DELETE FROM purchase WHERE reference = 'again'")
    assert (result.lost, result.doubled) == (0, 1)
    database.execute(f"CREATE TABLE kept AS SELECT * FROM purchase WHERE {generated} {last}")
    finds(f"DELETE FROM purchase WHERE {generated} {last}", checks.require_rows, "INSERT INTO purchase SELECT * FROM kept")
    assert (result.lost, result.doubled) == (1, 1)
    finds(
        "UPDATE complaint SET text = 'none' LIMIT 1",
        lambda: checks.require_untouched(application),
        "UPDATE complaint SET text = 'complaint 0' LIMIT 1",
    )
    finds(
        "UPDATE customer SET visits = visits + 1 LIMIT 1",
        lambda: checks.require_untouched(application),
        "UPDATE customer SET visits = visits - 1 LIMIT 1",
    )
    assert result.touched == 2
    finds("CREATE TABLE left_behind (id INT)", checks.require_no_rows, "DROP TABLE left_behind")
    assert result.orphans == 300
    database.parloader("clean", "--yes", "--procs", "1")
    finds("CREATE TABLE left_behind (id INT)", checks.require_no_rows, "DROP TABLE left_behind, kept")
    assert result.orphans == 302
    checks.require_no_rows()
