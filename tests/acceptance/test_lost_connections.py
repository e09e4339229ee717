"""No command needs a connection that was idle while its workers compared rows; one that is lost in the middle of a statement is replaced."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from support.faults import kill_sessions
from support.servers import Database, everything

from parloader.config import BenchConfig, CleanConfig, VerifyConfig
from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.errors import ConnectError
from parloader.ledger import control
from parloader.operations.bench import _Bench, bench
from parloader.operations.clean import clean, preview_clean
from parloader.operations.pause import Pause, pause, resume
from parloader.operations.verify import verify
from parloader.rows.writer_names import WriterName
from parloader.runs.preflight import PreflightResult, preflight
from parloader.workers.batching import FixedBatch
from parloader.workers.executor import Task
from parloader.workers.progress import Progress, ProgressBar
from parloader.workers.retry_policy import run_on_connection
from parloader.workers.stats import Stats

ROWS = 200


class EndsIdleConnections(Progress):
    """As a server with a short wait_timeout does, it ends every connection to the database when all rows are compared."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.looks = 0

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        yield ProgressBar()
        if what in ("verify", "looking for edited rows"):
            self.looks += 1
            end_connections(self._database)


def end_connections(database: Database) -> None:
    with database.server.connection() as admin:
        statement = "SELECT id FROM information_schema.processlist WHERE db = %s"
        kill_sessions(admin, [number for (number,) in sql.rows(admin, statement, database.target.database)])


@pytest.fixture
def seeded(database: Database) -> Database:
    database.execute("CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB")
    for _ in range(2):
        database.parloader("seed", "--table", "ticket", "--rows", str(ROWS), "--procs", "1", "--new-run")
    return database


def test_no_connection_waits_for_the_comparison(seeded: Database) -> None:
    target = seeded.target
    ending = EndsIdleConnections(seeded)
    assert verify(VerifyConfig(target=target, procs=1), ending).ok
    assert preview_clean(CleanConfig(target=target, procs=1), ending).rows == 2 * ROWS
    assert clean(CleanConfig(target=target, procs=1), ending).rows == 2 * ROWS
    assert ending.looks == 6
    assert seeded.rows("SHOW TABLES") == (("ticket",),)


def test_a_lost_connection_is_replaced(database: Database) -> None:
    """Each command that needs a single connection runs its statements by this function."""
    attempts = 0

    def work(connection: Connection) -> str:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            with database.server.connection() as admin:
                kill_sessions(admin, [connection.thread_id()])
        return str(sql.value(connection, "SELECT 'done'"))

    assert run_on_connection(database.target, "reading", work, retry_seconds=30) == "done"
    assert attempts == 2
    attempts = 0
    with pytest.raises(ConnectError, match="reading: "):
        run_on_connection(database.target, "reading", work, retry_seconds=0)


@pytest.mark.slow
def test_bench_needs_no_connection_that_waits_for_a_load(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _Bench._run
    loads = 0

    def run_and_end_connections(self: _Bench, tasks: Sequence[Task]) -> Stats:
        nonlocal loads
        loads += 1
        stats = run(self, tasks)
        end_connections(database)
        return stats

    monkeypatch.setattr(_Bench, "_run", run_and_end_connections)
    config = BenchConfig(target=database.target, procs=(1,), batches=(FixedBatch(100),), writers=(WriterName.INSERT,), rows=200, rounds=1)
    assert bench(config).best.samples
    assert loads > 3
    assert database.rows("SHOW TABLES") == ()


@pytest.mark.parametrize("change", [pause, resume])
def test_what_was_changed_before_the_connection_was_lost_is_reported(
    seeded: Database, change: Callable[[Target], Pause], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, lost = control.at_work, False
    if change is resume:
        pause(seeded.target)

    def lose_once(connection: Connection) -> control.ActivityMark | None:
        nonlocal lost
        if not lost:
            lost = True
            with seeded.server.connection() as admin:
                kill_sessions(admin, [connection.thread_id()])
        return at_work(connection)

    monkeypatch.setattr(control, "at_work", lose_once)
    assert change(seeded.target).changed
    assert lost


def test_clean_resets_the_counters_even_if_the_load_began_twice(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt to begin has taken keys of both tables when its connection is lost, which undoes all but that."""
    database.execute(
        "CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40))",
        "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT NOT NULL, FOREIGN KEY (parent_id) REFERENCES parent (id))",
    )
    before, attempts = everything(database), list[Connection]()

    def lost_at_first(connection: Connection, *others: Any) -> PreflightResult:
        attempts.append(connection)
        if len(attempts) == 1:
            database.execute(f"KILL {connection.thread_id()}")
        return preflight(connection, *others)

    monkeypatch.setattr("parloader.runs.begin.preflight", lost_at_first)
    database.parloader("seed", "--table", "child", "--rows", "60", "--parents", "parent=20", "--procs", "1")
    assert len(attempts) == 2
    database.parloader("clean", "--yes", "--procs", "1")
    assert everything(database) == before
