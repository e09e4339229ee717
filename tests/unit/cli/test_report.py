from parloader.cli import report
from parloader.operations.clean import CleanResult
from parloader.operations.verify import RunVerdict, VerifyResult


def test_clean_says_what_it_would_delete() -> None:
    result = CleanResult(dry_run=True, runs=(1,), tables=(("orders", 1_000), ("customer", 1)))
    assert report.clean(result).splitlines() == [
        "would delete 1,000 rows from orders",
        "would delete 1 row from customer",
        "run 1: would delete 1,001 rows in total, and parloader's own bookkeeping tables",
    ]


def test_clean_says_what_it_deleted() -> None:
    result = CleanResult(dry_run=False, runs=(1, 2), tables=(("orders", 1),), dropped=("orders",))
    assert report.clean(result).splitlines() == [
        "deleted 1 row from orders",
        "dropped the tables that parloader had created: orders",
        "runs 1, 2: deleted 1 row in total, and parloader's own bookkeeping tables",
    ]


def test_verify_counts_differences() -> None:
    result = VerifyResult(runs=[RunVerdict(run_id=1, checked=1, not_loaded=2, missing=1, violations={"sent after created": 1})], extra=1)
    assert report.verify(result).splitlines() == [
        "run 1: 1 row compared, 1 missing, 0 different, 1 violation",
        "  1 violation of sent after created",
        "  2 rows not loaded yet (parloader status shows the command that resumes)",
        "1 extra row not created by parloader",
    ]


def test_verify_reports_success() -> None:
    result = VerifyResult(runs=[RunVerdict(run_id=1, checked=2)])
    assert report.verify(result).splitlines()[-1] == "ok: every generated row is as the plan defines it"
