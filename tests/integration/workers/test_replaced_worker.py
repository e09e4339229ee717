"""A worker that replaces another one, with batches of another size: it writes what is left, and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from support.servers import Database, read_tables

from parloader.config import SeedConfig
from parloader.database.session import server_info
from parloader.ledger import store
from parloader.operations.seed import _task_template, seed
from parloader.plans.row_ranges import IndexRange
from parloader.workers.batching import FixedBatch
from parloader.workers.events import BatchDone, Event
from parloader.workers.executor import Supervisor, Task
from parloader.workers.processes import LocalExecutor
from parloader.workers.stop_signal import StopSignal


class Channel:
    """A parent that only listens."""

    exclusive = True
    share = 1.0
    stopping = False

    def __init__(self) -> None:
        self.batches: list[IndexRange] = []

    def send(self, event: Event) -> None:
        if isinstance(event, BatchDone):
            self.batches.append(event.batch)

    def wait_for_turn(self, rest_seconds: float = 0.0) -> bool:
        return True


def test_it_reads_in_the_ledger_what_is_left(database: Database) -> None:
    database.execute("CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "ticket", "--rows", "300", "--batch", "100", "--procs", "1")
    # as if the first worker had been killed when only its first batch was committed
    database.execute("DELETE FROM ticket WHERE id > 100", "DELETE FROM parloader_batch WHERE first_index > 0")
    with database.connection() as connection:
        (run,) = store.runs(connection)
        server = server_info(connection)
    config = SeedConfig(target=database.target, tables=("ticket",), rows=300, batch=FixedBatch(70))
    task = _task_template(config, run, server, run.plan.table("ticket"), read_tables(database, "ticket")["ticket"])
    channel = Channel()
    replace(task, partitions=(IndexRange(0, 300),), is_retry=True).run(channel)
    assert channel.batches == [IndexRange(100, 170), IndexRange(170, 240), IndexRange(240, 300)]
    database.parloader("verify", "--procs", "1")


class Deaf(LocalExecutor):
    """Hears of no batch, as if each worker had died after a commit and before its report."""

    def run(
        self,
        tasks: Sequence[Task],
        on_event: Callable[[Event], None],
        stop: StopSignal,
        watch: Supervisor,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        def heard(event: Event) -> None:
            if not isinstance(event, BatchDone):
                on_event(event)

        super().run(tasks, heard, stop, watch, on_tick)


def test_rows_that_a_dead_worker_has_not_reported_are_in_the_result(database: Database) -> None:
    result = seed(SeedConfig(target=database.target, rows=300, procs=1), executor=Deaf())
    assert [(table.name, table.rows) for table in result.tables] == [("script_execution", 300)]
