"""A worker that replaces another one, with batches of another size: it writes what is left, and nothing else."""

from dataclasses import replace

from support.servers import Database, read_tables

from parloader.config import SeedConfig
from parloader.database.session import server_info
from parloader.ledger import store
from parloader.operations.seed import _task_template
from parloader.plans.row_ranges import IndexRange
from parloader.workers.batching import FixedBatch
from parloader.workers.events import BatchDone, Event


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
