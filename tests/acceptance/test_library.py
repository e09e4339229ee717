"""The functions of `import parloader` in a caller's process: what they start, what they leave behind, and how they end."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import psutil
import pymysql
import pytest
import sqlalchemy as sa
from support.library_shop import counts, create_shop
from support.servers import Database, slow_on_mysql, until

import parloader
from parloader.database.application_settings import driver_arguments

PLAN = """
from parloader import Choice, Plan, Table

SHOP = Plan(name="shop", tables=(Table(name="orders", rows=300, columns={"status": Choice(values=("paid",))}),))
"""


@pytest.fixture
def shop(database: Database) -> Database:
    create_shop(database)
    return database


def global_state() -> dict[str, object]:
    """What a library must not change."""
    return {
        "handlers": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "collector": (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()),
        "warnings": list(warnings.filters),
        "hooks": (sys.excepthook, sys.unraisablehook, threading.excepthook),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "path": list(sys.path),
        "polars": pl.Config.state(),
        "threads": {thread.name for thread in threading.enumerate()},
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
    }


@pytest.mark.processes
@slow_on_mysql("server")
def test_a_life_of_a_load_changes_nothing_global_and_prints_nothing(shop: Database, capfd: pytest.CaptureFixture[str]) -> None:
    parloader.status(shop.url)  # imports everything
    before = global_state()
    forecast = parloader.plan(shop.url, table="orders", rows=20_000, sample=2)
    assert {table.name: table.made for table in forecast.tables} == {"customers": 5000, "orders": 20_000}
    assert forecast.target.sample.height == 2
    result = parloader.seed(shop.url, table="orders", rows=20_000, procs=2)
    assert (result.rows, result.run_id, len(result.workers)) == (20_000, 1, 2)
    assert parloader.seed(shop.url, table="orders", rows=20_000, procs=2).already_complete
    assert parloader.verify(shop.url, procs=2).ok
    (run,) = parloader.status(shop.url).runs
    assert (run.target, run.complete) == ("orders", True)
    with pytest.raises(parloader.AnotherRun):
        parloader.seed(shop.url, table="orders", rows=30)
    assert dict(parloader.clean(shop.url, dry_run=True, procs=2).tables) == {"orders": 20_000, "customers": 5000}
    assert dict(parloader.clean(shop.url, run=1, procs=2).tables) == {"orders": 20_000, "customers": 5000}
    assert counts(shop) == (0, 0)
    assert global_state() == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.processes
@slow_on_mysql("server")
def test_with_one_process_the_calling_one_does_all(shop: Database) -> None:
    children = set(psutil.Process().children())
    seen: list[parloader.ProgressUpdate] = []

    def progress(update: parloader.ProgressUpdate) -> None:
        seen.append(update)
        assert set(psutil.Process().children()) == children

    parloader.seed(shop.url, table="orders", rows=20_000, batch=1000, procs=1, progress=progress)
    assert parloader.verify(shop.url, procs=1, progress=progress).ok
    parloader.clean(shop.url, procs=1, progress=progress)
    steps = dict.fromkeys(update.what for update in seen)
    assert [*steps][:3] == ["seed", "verify", "looking for edited rows"]
    assert max(update.done_rows for update in seen if update.what == "seed") == 20_000
    assert all(0 <= update.share <= 1 for update in seen)


@slow_on_mysql("server")
def test_an_exception_of_the_progress_function_ends_a_load_that_can_be_resumed(shop: Database) -> None:
    def progress(update: parloader.ProgressUpdate) -> None:
        if update.done_rows:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        parloader.seed(shop.url, table="orders", rows=20_000, batch=500, procs=1, progress=progress)
    parloader.seed(shop.url, table="orders", rows=20_000, batch=500, procs=1)
    assert counts(shop)[0] == 20_000
    assert parloader.verify(shop.url).ok


def test_rows_of_a_block(shop: Database) -> None:
    with parloader.seeded(shop.url, table="orders", rows={"orders": 40, "customers": 5}) as result:
        assert (result.rows, counts(shop)) == (40, (40, 5))
        shop.execute("UPDATE orders SET total_cents = 7 WHERE id < 5", "DELETE FROM orders WHERE id = 9")
    assert counts(shop) == (0, 0)
    with pytest.raises(LookupError), parloader.seeded(shop.url, table="orders", rows=40):
        raise LookupError
    assert counts(shop) == (0, 0)
    assert parloader.status(shop.url).runs == ()


def test_rows_that_a_block_adds_stop_the_clean_and_its_own_exception_comes_first(shop: Database) -> None:
    add = "INSERT INTO orders (customer_id, status, total_cents, created_at) SELECT MIN(id), 'paid', 1, NOW() FROM customers"
    with pytest.raises(parloader.ForeignRows), parloader.seeded(shop.url, table="orders", rows=40):
        shop.execute(add)
    with pytest.raises(LookupError) as caught, parloader.seeded(shop.url, table="orders", rows=40):
        raise LookupError
    (note,) = caught.value.__notes__
    assert note.startswith("parloader did not clean run 1: ")


def test_rows_of_an_earlier_call_that_were_edited_are_kept(shop: Database) -> None:
    parloader.seed(shop.url, table="orders", rows=40)
    shop.execute("UPDATE orders SET total_cents = total_cents + 1 WHERE id = 3")
    with pytest.raises(parloader.EditedRows), parloader.seeded(shop.url, table="orders", rows=40):
        pass
    assert counts(shop)[0] == 40
    shop.execute("DELETE FROM orders WHERE id = 3")
    with pytest.raises(parloader.ParloaderError, match=r"has 39 of its 40 rows .* deleted or changed during the load or since"):
        parloader.seed(shop.url, table="orders", rows=40)


def test_a_plan_is_recognized_wherever_it_comes_from(shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "of_library_test.py").write_text(PLAN)
    monkeypatch.syspath_prepend(tmp_path)
    scope: dict[str, parloader.Plan] = {}
    exec(PLAN, scope)
    plan = scope["SHOP"]
    assert parloader.seed(shop.url, plan=plan).rows == 300
    assert parloader.seed(shop.url, plan=plan).already_complete
    assert parloader.seed(shop.url, plan="of_library_test:SHOP").already_complete
    with pytest.raises(
        parloader.AnotherRun, match=r"rows of run 1 \(300 rows\), and the plan <Plan shop> has changed since that run began"
    ):
        parloader.seed(shop.url, plan=parloader.Plan(name="shop", tables=(parloader.Table(name="orders", rows=300, columns={}),)))
    assert shop.rows("SELECT DISTINCT status FROM orders") == (("paid",),)
    status = parloader.status(shop.url)
    assert status.runs[0].parameters["file"] == "<Plan shop>"
    wrong = parloader.Plan(
        name="shop", tables=(parloader.Table(name="orders", rows=3, columns={"nothing": parloader.Choice(values=(1,))}),)
    )
    with pytest.raises(parloader.ParloaderError, match=r"<Plan shop>.*nothing"):
        parloader.plan(shop.url, plan=wrong, new_run=True)


@pytest.fixture
def two_shops(shop: Database) -> Iterator[tuple[Database, Database]]:
    from dataclasses import replace

    other = Database(shop.server, replace(shop.target, database=f"{shop.target.database}_2"), shop.folder)
    shop.execute(f"CREATE DATABASE {other.target.database}")
    create_shop(other)
    yield shop, other
    shop.execute(f"DROP DATABASE {other.target.database}")


@pytest.mark.slow
@pytest.mark.processes
@slow_on_mysql("server")
def test_two_loads_at_once_in_two_threads(two_shops: tuple[Database, Database]) -> None:
    before = global_state()
    barrier = threading.Barrier(2)

    def load(database: Database) -> int:
        barrier.wait()
        return parloader.seed(database.url, table="orders", rows=20_000, batch=1000, procs=2).rows

    with ThreadPoolExecutor() as threads:
        assert list(threads.map(load, two_shops)) == [20_000, 20_000]
        assert all(result.ok for result in threads.map(lambda database: parloader.verify(database.url, procs=2), two_shops))
    assert global_state() == before


def test_in_a_running_loop(shop: Database) -> None:
    async def main() -> tuple[int, bool]:
        result = await asyncio.to_thread(parloader.seed, shop.url, table="orders", rows=500)
        return result.rows, parloader.verify(shop.url).ok

    assert asyncio.run(main()) == (500, True)


SCRIPT = """
import parloader
from parloader.database.application_settings import driver_arguments
result = parloader.seed({url!r}, table="orders", rows=20_000, batch=1000, procs=2)
print("seeded")
"""


@slow_on_mysql("server")
@pytest.mark.parametrize(
    "way", ["script", pytest.param("stdin", marks=pytest.mark.slow), pytest.param("interactive", marks=pytest.mark.slow)]
)
def test_a_script_without_a_main_guard(shop: Database, way: str) -> None:
    script = shop.folder / "script.py"
    script.write_text(SCRIPT.format(url=shop.url))
    command = {"script": [str(script)], "stdin": ["-"], "interactive": ["-i", "-q"]}[way]
    done = subprocess.run(
        [sys.executable, *command], input="" if way == "script" else script.read_text(), capture_output=True, text=True, cwd=shop.folder
    )
    assert (done.returncode, done.stdout) == (0, "seeded\n"), done.stderr
    assert counts(shop)[0] == 20_000


INTERRUPTED = """
import signal
import parloader
from parloader.database.application_settings import driver_arguments
before = signal.getsignal(signal.SIGINT)
try:
    rows = {{"orders": 200_000, "customers": 5}}
    parloader.seed({url!r}, table="orders", rows=rows, batch=100, procs={procs}, max_rows_per_second=5000)
except KeyboardInterrupt as error:
    assert signal.getsignal(signal.SIGINT) is before
    print("interrupted:", error)
"""


@pytest.mark.parametrize("procs", [1, pytest.param(2, marks=pytest.mark.slow)])
@slow_on_mysql("server")
def test_ctrl_c_leaves_a_run_that_can_be_resumed(shop: Database, procs: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED.format(url=shop.url, procs=procs)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: shop.rows("SHOW TABLES LIKE 'parloader_batch'") and counts(shop)[0], "rows are loaded")
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    last = said.splitlines()[-1]
    assert last.startswith("interrupted: interrupted: run 1 has "), last
    assert "each committed once. The same call resumes it" in last
    (run,) = parloader.status(shop.url).runs
    assert 0 < run.done_rows < run.total_rows
    parloader.clean(shop.url)
    assert counts(shop) == (0, 0)


@pytest.mark.slow
@slow_on_mysql("server")
def test_sigterm_ends_a_program_as_ever(shop: Database) -> None:
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED.format(url=shop.url, procs=1)], stdout=subprocess.PIPE, text=True)
    until(lambda: shop.rows("SHOW TABLES LIKE 'parloader_batch'") and counts(shop)[0], "rows are loaded")
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM
    until(lambda: parloader.status(shop.url).at_work is None, "the lease is free")
    parloader.clean(shop.url)
    assert counts(shop) == (0, 0)


def test_a_bar(shop: Database, capfd: pytest.CaptureFixture[str]) -> None:
    parloader.seed(shop.url, table="orders", rows=300, progress=True)
    assert "seed: 100%" in capfd.readouterr().err


def test_files(shop: Database, tmp_path: Path) -> None:
    result = parloader.export(shop.url, table="orders", rows=300, to=tmp_path / "files")
    assert {table.name: table.rows for table in result.tables} == {"customers": 75, "orders": 300}
    exported = pl.read_parquet(tmp_path / "files" / "orders.*.parquet")
    parloader.seed(shop.url, table="orders", rows=300)
    assert exported["total_cents"].to_list() == [cents for (cents,) in shop.rows("SELECT total_cents FROM orders ORDER BY id")]
    assert counts(shop) == (300, 75)


def test_engines_that_connect_in_their_own_way(shop: Database) -> None:
    """Each loads into the same database, whatever the URL of the engine lacks."""
    arguments = driver_arguments(shop.target)
    database = arguments.pop("database")
    engines = [
        sa.create_engine("mysql+pymysql://", creator=lambda: pymysql.connect(database=database, **arguments)),
        sa.create_engine(f"mysql+pymysql:///{database}", connect_args=arguments, pool_size=1),
    ]
    for number, engine in enumerate(engines):
        with engine.connect():  # its only connection is in use
            assert parloader.seed(engine, table="orders", rows=20, new_run=number > 0).rows == 20
        engine.dispose()
    assert counts(shop)[0] == 40

    class Other:
        """A connection of a driver that tells nothing."""

        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    with pytest.raises(parloader.UsageError, match="created with `creator`"):
        parloader.seed(sa.create_engine("mysql+pymysql://", creator=lambda: Other(), _initialize=False), table="orders")
