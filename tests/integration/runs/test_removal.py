"""InnoDB purges deleted rows after a clean, if their tables are dropped then."""

from collections.abc import Callable, Sequence

import pytest
from support.servers import Database, until

from parloader.config import CleanConfig
from parloader.operations.clean import clean
from parloader.runs import removal
from parloader.runs.removal import Removal, prepare_removal
from parloader.workers.events import Event
from parloader.workers.executor import Supervisor, Task
from parloader.workers.processes import LocalExecutor
from parloader.workers.stop_signal import StopSignal
from parloader.workers.tasks.delete import DeleteTask

ROWS = 100

OPEN = """SELECT COUNT(*) FROM information_schema.innodb_trx
    WHERE trx_mysql_thread_id IN (SELECT id FROM information_schema.processlist WHERE db = DATABASE()) AND trx_mysql_thread_id <> CONNECTION_ID()"""


class Watching(LocalExecutor):
    """Waits until a transaction of another connection is open, before the first row is deleted."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.seen = False

    def run(
        self,
        tasks: Sequence[Task],
        on_event: Callable[[Event], None],
        stop: StopSignal,
        watch: Supervisor,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        if any(isinstance(task, DeleteTask) for task in tasks):
            until(lambda: self.database.value(OPEN) == 1, "a transaction that postpones the purge")
            self.seen = True
        super().run(tasks, on_event, stop, watch, on_tick)


def test_the_purge_is_postponed_while_rows_are_deleted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "MIN_POSTPONED_ROWS", ROWS)
    database.parloader("seed", "--rows", str(ROWS), "--procs", "1")
    executor = Watching(database)
    clean(CleanConfig(target=database.target, procs=1), executor=executor)
    assert executor.seen
    assert database.rows("SHOW TABLES") == ()


def test_only_for_rows_whose_tables_are_dropped_then(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepared(*runs: int) -> Removal:
        with database.connection() as connection:
            return prepare_removal(connection, CleanConfig(target=database.target, runs=runs))

    for _ in range(2):
        database.parloader("seed", "--rows", str(ROWS), "--procs", "1", "--new-run")
    first = prepared()
    assert not first.postpones_purge  # too few rows
    rows = sum(rows for _, rows in first.rows_by_table)
    monkeypatch.setattr(removal, "MIN_POSTPONED_ROWS", rows)
    assert prepared().postpones_purge
    monkeypatch.setattr(removal, "MAX_POSTPONED_ROWS", rows - 1)
    assert not prepared().postpones_purge  # too many rows
    monkeypatch.setattr(removal, "MAX_POSTPONED_ROWS", rows)
    database.execute("ALTER TABLE script_execution COMMENT 'ours'")
    assert not prepared().postpones_purge  # clean keeps this table
    database.execute("ALTER TABLE script_execution COMMENT 'made by parloader'")
    monkeypatch.setattr(removal, "MIN_POSTPONED_ROWS", ROWS)
    assert prepared().postpones_purge
    assert not prepared(2).postpones_purge  # all tables stay, for the other run
