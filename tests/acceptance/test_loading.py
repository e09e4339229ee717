"""The main job: what is loaded is what DESIGN's formulas say, however it was loaded."""

import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from support.servers import Database, slow_on_mysql

from parloader.builtin.tables import children_first
from parloader.config import SeedConfig
from parloader.ledger import store
from parloader.operations.seed import seed
from parloader.rows import rule_counts
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import AUTO, AutoBatch, Batch, FixedBatch

pytestmark = pytest.mark.processes

ALL_COLUMNS = "id, script_reference_id, script_version_id, schedule_id, planned, triggering_event_id, created_at"

ROWS = 12_000


def formulas(rows: int) -> list[tuple[object, ...]]:
    """The rows of the plan as DESIGN gives them, written down once more without any of parloader's code. Parents have the keys 1, 2, 3, …"""
    start, span_ms = datetime(2024, 1, 1), 365 * 86_400_000
    result: list[tuple[object, ...]] = []
    for i in range(rows):
        moment = (start + timedelta(milliseconds=i * span_ms // rows)).replace(microsecond=0)
        reference = i % 10 + 1
        scheduled = (i // 2 % 100 + 1, moment, None, moment + timedelta(seconds=1))
        triggered = (None, None, i // 2 % 100 + 1, moment)
        result.append((i + 1, reference, reference, *(triggered if i % 2 else scheduled)))
    return result


def test_the_rows_are_those_of_the_formulas(database: Database) -> None:
    database.parloader("seed", "--rows", "3001", "--procs", "2", "--batch", "500")
    assert list(database.rows(f"SELECT {ALL_COLUMNS} FROM script_execution ORDER BY id")) == formulas(3001)


@pytest.mark.parametrize("batches", [(FixedBatch(997), FixedBatch(10_000)), (AUTO, AutoBatch(0.01))], ids=["fixed", "auto"])
def test_the_rows_do_not_depend_on_workers_batches_and_writer(database: Database, batches: tuple[Batch, Batch]) -> None:
    small, large = batches
    ways = [(1, small, WriterName.INSERT), (2, large, WriterName.INSERT), (7, small, WriterName.INSERT)]
    ways += [(1, large, WriterName.LOAD_DATA), (2, small, WriterName.LOAD_DATA), (4, large, WriterName.LOAD_DATA)]
    checksums = {}
    for procs, batch, writer in ways:
        seed(SeedConfig(target=database.target, rows=ROWS, procs=procs, batch=batch, writer=writer))
        assert database.value("SELECT COUNT(*) FROM script_execution") == ROWS
        checksums[procs, batch, writer] = database.rows("CHECKSUM TABLE script_execution")
        database.execute(f"DROP TABLE {', '.join((*store.TABLES, *children_first()))}")
    assert len(set(checksums.values())) == 1, checksums


@pytest.mark.parametrize(("batch", "workers"), [("10000", 1), ("1000", 3), ("auto", 3), ("500", 4)])
@slow_on_mysql("server")
def test_there_are_never_more_workers_than_batches(database: Database, batch: str, workers: int) -> None:
    load = ("--rows", "2500", "--procs", "4", "--batch", batch, "--json")
    assert len(json.loads(database.parloader("plan", *load).stdout)["partitions"]) == workers
    assert len(json.loads(database.parloader("seed", *load).stdout)["workers"]) == workers
    assert list(database.rows(f"SELECT {ALL_COLUMNS} FROM script_execution ORDER BY id")) == formulas(2500)
    database.parloader("verify", "--procs", "4")


def test_the_parents_are_as_designed(database: Database) -> None:
    database.parloader("seed", "--rows", "10", "--procs", "1")
    assert database.rows("SELECT name FROM script_reference ORDER BY id") == tuple((f"seed-script-{n}",) for n in range(1, 11))
    assert database.rows("SELECT script_reference_id, version FROM script_version ORDER BY id") == tuple((n, 1) for n in range(1, 11))
    assert json.loads(str(database.value("SELECT json FROM script_version LIMIT 1"))) == {"steps": []}
    schedules = database.rows("SELECT schedule_id, robot_id, cron, next_fire_time, status FROM task_schedule ORDER BY id")
    assert [s[0] for s in schedules] == list(range(1, 101))
    assert {s[1:3] + s[4:] for s in schedules} == {(1, "0 9 * * *", "ACTIVE")}
    assert all(later[3] - earlier[3] == timedelta(hours=1) for earlier, later in pairwise(schedules))  # type: ignore[operator]
    triggers = database.rows("SELECT script_reference_id FROM event_trigger ORDER BY id")
    assert [t[0] for t in triggers] == [(2 * k + 1) % 10 + 1 for k in range(100)]


def test_json_on_stdout_is_one_object(database: Database) -> None:
    done = database.parloader("seed", "--rows", "5000", "--procs", "2", "--batch", "1000", "--json")
    result = json.loads(done.stdout)
    assert (result["rows"], result["counts"]["total"], result["counts"]["scheduled"], result["counts"]["triggered"]) == (
        5000,
        5000,
        2500,
        2500,
    )
    assert result["counts"]["violations"] == 0
    assert [w["worker"] for w in result["workers"]] == [0, 1]
    assert sum(w["rows"] for w in result["workers"]) == 5000
    assert sum(w["batches"] for w in result["workers"]) == 6
    assert set(result["workers"][0]) == {
        *("worker", "table", "rows", "seconds", "rows_per_second", "batches", "retries", "batch_ms"),
        *("generate_seconds", "write_seconds", "cpu_seconds", "startup_cpu_seconds", "peak_rss_bytes", "compressed", "host"),
    }
    assert set(result["workers"][0]["batch_ms"]) == {"p50", "p95", "max"}
    assert 20 * 2**20 < result["workers"][0]["peak_rss_bytes"] < 2**30


@pytest.mark.parametrize(("share", "scheduled"), [("0", 0), ("1", 1000), ("0.25", 250), ("0.333333", 334)], ids=lambda value: str(value))
@slow_on_mysql("server")
def test_other_mixes_and_times(database: Database, share: str, scheduled: int) -> None:
    database.parloader(
        "seed", "--rows", "1000", "--procs", "2", "--set", f"scheduled_share={share}", "--set", "start=1000-01-01", "--set", "span=2h"
    )
    assert database.value("SELECT COUNT(schedule_id) FROM script_execution") == scheduled
    first, last = database.rows("SELECT MIN(created_at), MAX(created_at) FROM script_execution")[0]
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    assert datetime(1000, 1, 1) <= first <= last <= datetime(1000, 1, 1, 2, 0, 1)
    database.parloader("verify")


@pytest.mark.parametrize("rows", [1, 3])
@slow_on_mysql("server")
def test_fewer_rows_than_processes(database: Database, rows: int) -> None:
    done = database.parloader("seed", "--rows", str(rows), "--procs", "4", "--json")
    assert json.loads(done.stdout)["counts"]["total"] == rows
    database.parloader("verify")
    database.parloader("clean", "--yes")


def test_a_row_that_somebody_deletes_during_the_load_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Just before the rows are counted, and the load says what it has loaded."""

    def delete_a_row(*_: object) -> None:
        database.execute("DELETE FROM script_execution WHERE id = 7")

    monkeypatch.setattr(rule_counts, "update_statistics", delete_a_row)
    done = database.parloader("seed", "--rows", "20", "--procs", "1", check=1)
    assert "run 1 is loaded, but script_execution has 19 of its 20 rows and 0 violations" in done.stderr
    assert "missing: script_execution key 7" in database.parloader("verify", check=1).stdout
    database.parloader("clean", "--yes", "--procs", "1")


def test_a_small_packet_splits_the_batch(database: Database) -> None:
    with database.server.connection() as admin, admin.cursor() as cursor:
        cursor.execute("SELECT @@GLOBAL.max_allowed_packet")
        (before,) = cursor.fetchone() or (0,)
        cursor.execute("SET GLOBAL max_allowed_packet = 16384")
        try:
            database.parloader("seed", "--rows", "3000", "--procs", "2", "--batch", "1500")
            database.parloader("verify")
        finally:
            cursor.execute("SET GLOBAL max_allowed_packet = %s", (before,))
    assert database.value("SELECT COUNT(*) FROM script_execution") == 3000
    assert database.value("SELECT COUNT(*) FROM parloader_batch WHERE table_name = 'script_execution'") == 2


@slow_on_mysql("server")
def test_output_to_a_file_has_log_lines_and_the_worker_table(database: Database) -> None:
    done = database.parloader("seed", "--rows", "2000", "--procs", "2")
    assert "2,000 rows, 1,000 scheduled, 1,000 triggered, 0 violations" in done.stdout
    assert done.stdout.splitlines()[0].startswith("worker")
    assert "\r" not in done.stderr
    assert "the database was empty: created the tables" in done.stderr
    assert database.parloader("seed", "--rows", "2000", "-q").stderr == ""


@slow_on_mysql("server")
def test_few_rows_start_no_worker_process(database: Database) -> None:
    says = "no worker process is started for"
    assert f"seed: {says} 10 rows" in database.parloader("seed", "--rows", "10", "-v").stderr
    assert f"verify: {says} " in database.parloader("verify", "-v").stderr
    cleaned = database.parloader("clean", "--yes", "-v").stderr
    assert f"looking for edited rows: {says} " in cleaned
    assert f"clean: {says} 10 rows" in cleaned
