import json

import pytest
from support.bench_results import measured, result

from parloader.builtin.tables import CreatedTables
from parloader.cli.texts import report
from parloader.operations.clean_result import CleanResult
from parloader.operations.seed_result import SeedResult, TableLoad
from parloader.operations.verify import RunVerdict, VerifyResult
from parloader.rows.differences import Difference
from parloader.rows.rule_counts import Counts
from parloader.workers.stats import WorkerStats


def test_clean_says_what_it_would_delete() -> None:
    result = CleanResult(dry_run=True, runs=(1,), tables=(("orders", 1_000), ("customer", 1)))
    assert report.clean(result).splitlines() == [
        "would delete 1,000 rows from orders",
        "would delete 1 row from customer",
        "run 1: would delete 1,001 rows in total, and parloader's own bookkeeping tables",
    ]


def test_clean_does_not_claim_to_have_counted_rows_that_it_did_not_compare() -> None:
    result = CleanResult(dry_run=False, runs=(1,), tables=(("orders", 5),), exact=False)
    assert report.clean(result).splitlines() == [
        "deleted up to 5 rows from orders",
        "run 1: deleted up to 5 rows in total, and parloader's own bookkeeping tables",
    ]


def test_clean_says_what_it_deleted() -> None:
    result = CleanResult(dry_run=False, runs=(1, 2), tables=(("orders", 1),), created=CreatedTables(dropped=("orders",)))
    assert report.clean(result).splitlines() == [
        "deleted 1 row from orders",
        "dropped the tables that parloader had created: orders",
        "runs 1, 2: deleted 1 row in total, and parloader's own bookkeeping tables",
    ]


COUNTS = Counts(total=5, figures={}, violations={})


def seeded(*loads: TableLoad) -> SeedResult:
    """The result of a run with these loads, each by one worker."""
    workers = tuple(WorkerStats(worker=n, table=load.name, rows=load.rows) for n, load in enumerate(loads))
    return SeedResult(
        run_id=3,
        rows=sum(load.rows for load in loads),
        seconds=2.0,
        check_seconds=0.0,
        first_batch_seconds=None,
        already_complete=False,
        workers=workers,
        counts=COUNTS,
        target="line",
        several_tables=len(loads) > 1,
        tables=loads,
    )


def test_a_run_of_one_table() -> None:
    lines = report.seed(seeded(TableLoad(name="line", rows=5, seconds=1.0))).splitlines()
    assert lines[0].startswith("worker  rows")
    assert lines[3:] == ["loaded 5 rows in 2.0 s: 2 rows/s", "run 3: 5 rows, 0 violations (counted in 0.0 s)"]


def test_a_run_of_several_tables_names_them() -> None:
    result = seeded(TableLoad(name="orders", rows=195_000, seconds=1.5), TableLoad(name="line", rows=5, seconds=0.5))
    lines = report.seed(result).splitlines()
    assert [line.split()[:3] for line in lines[:3]] == [["table", "worker", "rows"], ["orders", "0", "195,000"], ["line", "1", "5"]]
    assert lines[4:] == [
        "loaded 195,005 rows in 2.0 s: 97,502 rows/s",
        "  orders  195,000 rows  in 1.5 s  130,000 rows/s",
        "  line          5 rows  in 0.5 s       10 rows/s",
        "run 3: 5 rows of line, 0 violations (counted in 0.0 s)",
    ]
    assert report.seed(result, with_workers=False).splitlines() == lines[4:]


def test_clean_says_which_tables_it_keeps_and_why() -> None:
    kept = CreatedTables(kept=("orders", "customer"), why_kept="invoice references orders (order_id)")
    result = CleanResult(dry_run=False, runs=(), tables=(), created=kept)
    assert report.clean(result).splitlines() == [
        "kept the tables that parloader had created, because invoice references orders (order_id): orders, customer",
        "to drop them later, remove the cause and run parloader clean again",
    ]


def test_clean_of_one_run_says_which_it_keeps() -> None:
    result = CleanResult(dry_run=True, runs=(2,), tables=(("orders", 5),), kept_runs=(1, 3))
    assert report.clean(result).splitlines() == [
        "would delete 5 rows from orders",
        "run 2: would delete 5 rows in total",
        "would keep runs 1, 3",
    ]


def test_verify_counts_differences() -> None:
    result = VerifyResult(
        runs=(RunVerdict(run_id=1, checked=1, not_loaded=2, missing=1, violations={"sent after created": 1}),),
        extra=1,
        extra_counts=True,
        differences=(),
    )
    assert report.verify(result).splitlines() == [
        "run 1: 1 row compared, 1 missing, 0 different, 1 violation",
        "  1 violation of sent after created",
        "  2 rows not loaded yet (parloader status shows the command that resumes)",
        "1 extra row not created by parloader",
    ]


def test_verify_reports_success() -> None:
    result = VerifyResult(runs=(RunVerdict(run_id=1, checked=2),), extra=0, extra_counts=True, differences=())
    assert report.verify(result).splitlines()[-1] == "ok: every generated row is as the plan defines it"


def test_differences_and_the_best_are_coloured_and_json_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    difference = Difference(kind="missing", table="orders", key="7", columns=())
    verdict = VerifyResult(runs=(), extra=0, extra_counts=True, differences=(difference,))
    assert report.verify(verdict).startswith("missing: orders key 7")
    bench = result(measured(300, 200), measured(100, 50))
    plain = report.bench(bench)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert report.verify(verdict).startswith("\x1b[33mmissing:\x1b[0m orders key 7")
    coloured = report.bench(bench).splitlines()
    assert [line.startswith("\x1b[32m") for line in coloured] == [line.startswith(("*", "use:")) for line in plain.splitlines()]
    assert "\x1b" not in json.dumps(verdict.as_json()) + json.dumps(bench.as_json())
