"""A task that runs twice at the same time, as Dask may do it: only the newest execution writes, whatever the batches of both are."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from support.loads import row_lock_waits
from support.servers import Database, read_tables, slow_on_mysql, until

from parloader.config import CleanConfig, SeedConfig
from parloader.database.session import server_info
from parloader.errors import AnotherRun
from parloader.ledger import control, recorded_batches, store
from parloader.ledger.control import Holder, Overtaken
from parloader.ledger.run import pass_name
from parloader.operations.seed import _task_template
from parloader.plans.model import Pass
from parloader.plans.row_ranges import IndexRange
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import deferred_update
from parloader.runs.removal import prepare_removal
from parloader.workers.batching import AutoBatch, FixedBatch
from parloader.workers.events import BatchDone, Event
from parloader.workers.tasks.delete import DeleteTask
from parloader.workers.tasks.load import LoadTask

TABLES = {
    "with a key": "CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
    "without an integer key": "CREATE TABLE ticket (code VARCHAR(40) NOT NULL UNIQUE, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
}

CYCLE = (
    "CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, first_id INT UNSIGNED NULL) ENGINE=InnoDB",
    "CREATE TABLE answer (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, ticket_id INT UNSIGNED NOT NULL, "
    "FOREIGN KEY (ticket_id) REFERENCES ticket (id)) ENGINE=InnoDB",
    "ALTER TABLE ticket ADD FOREIGN KEY (first_id) REFERENCES answer (id)",
)

TOKEN = 5

ROWS = 300


@dataclass
class Channel:
    """Of an execution that may not be the only one. After its second batch it lets something else happen."""

    meanwhile: Callable[[], None] = lambda: None
    exclusive: bool = False
    share: float = 1.0
    stopping: bool = False
    batches: list[IndexRange] = field(default_factory=list)

    def send(self, event: Event) -> None:
        if isinstance(event, BatchDone):
            self.batches.append(event.batch)

    def wait_for_turn(self, rest_seconds: float = 0.0) -> bool:
        if len(self.batches) == 2:
            self.meanwhile()
        return True


def twice(task: LoadTask | DeleteTask, other: LoadTask | DeleteTask) -> list[IndexRange]:
    """Runs the task, and the other one, which has the same rows, after its second batch. Returns the batches of both, in order."""
    overtaking = Channel()
    overtaken = Channel(meanwhile=lambda: other.run(overtaking))
    with pytest.raises(Overtaken):
        task.run(overtaken)
    assert len(overtaken.batches) == 2
    return sorted((*overtaken.batches, *overtaking.batches))


def disjoint(batches: list[IndexRange]) -> bool:
    return all(one.stop == two.start for one, two in pairwise(batches))


def seeded(database: Database, *ddl: str) -> None:
    """Loads the table, then lets another command hold the lease, whose workers the tasks of these tests are."""
    database.execute(*ddl)
    database.parloader("seed", "--table", "ticket", "--rows", str(ROWS), "--batch", "100", "--procs", "1")
    with database.connection() as connection:
        Holder(doing="seed", token=TOKEN).write(connection, 1)


def load_task(database: Database, *, of: Pass = Pass.FIRST, writer: WriterName = WriterName.INSERT) -> LoadTask:
    with database.connection() as connection:
        (run,) = store.runs(connection)
        server = server_info(connection)
    config = SeedConfig(target=database.target, tables=("ticket",), rows=ROWS, batch=FixedBatch(40), writer=writer)
    table, schema = run.plan.table("ticket"), read_tables(database, "ticket")["ticket"]
    update = None if of is Pass.FIRST else deferred_update(table, schema)
    task = _task_template(config, run, server, table, schema)
    return replace(task, partitions=(IndexRange(0, ROWS),), token=TOKEN, update=update)


@pytest.mark.parametrize(("table", "writer"), list(zip(TABLES, WriterName, strict=True)))
def test_loads(database: Database, table: str, writer: WriterName) -> None:
    seeded(database, TABLES[table])
    database.execute("DELETE FROM ticket", "DELETE FROM parloader_batch")
    task = load_task(database, writer=writer)
    assert disjoint(twice(task, replace(task, batch=AutoBatch(0.5))))
    assert database.rows("SELECT COUNT(*) FROM ticket") == ((ROWS,),)
    database.parloader("verify", "--procs", "1")


@slow_on_mysql("server")
def test_second_passes(database: Database) -> None:
    seeded(database, *CYCLE)
    database.execute(
        "UPDATE ticket SET first_id = NULL", f"DELETE FROM parloader_batch WHERE table_name = '{pass_name('ticket', Pass.SECOND)}'"
    )
    task = load_task(database, of=Pass.SECOND)
    assert disjoint(twice(task, replace(task, batch=FixedBatch(70))))
    database.parloader("verify", "--procs", "1")


def test_deletes(database: Database) -> None:
    seeded(database, TABLES["with a key"])
    with database.connection() as connection:
        removal = prepare_removal(connection, CleanConfig(target=database.target))
    (run,) = removal.runs
    task = DeleteTask(
        worker=0,
        target=database.target,
        run_id=run.run_id,
        plan=run.plan,
        name="ticket",
        rows=run.rows,
        deletion=removal.deletion(run, "ticket"),
        partitions=(IndexRange(0, ROWS),),
        retry_seconds=30,
        token=TOKEN,
        chunk=AutoBatch(0.2),
        max_rows_per_second=40,  # so batches have 40 rows; the channel of these tests never waits
    )
    assert disjoint(twice(task, replace(task, max_rows_per_second=70)))
    assert database.rows("SELECT (SELECT COUNT(*) FROM ticket), (SELECT COUNT(*) FROM parloader_batch)") == ((0, 0),)


def test_an_overtaken_command_claims_nothing(database: Database) -> None:
    """Otherwise it would stop the tasks of the command that has overtaken it."""
    seeded(database, TABLES["with a key"])
    with pytest.raises(AnotherRun):
        replace(load_task(database), token=TOKEN + 1).run(Channel())
    assert database.rows("SELECT name FROM parloader_control WHERE name LIKE 'task%%'") == ()


def test_one_waits_for_the_batch_of_the_one_before(database: Database) -> None:
    """The earlier execution has written a batch, but not committed it: the next one begins behind that."""
    seeded(database, TABLES["with a key"])
    database.execute("DELETE FROM ticket", "DELETE FROM parloader_batch")
    first, second = load_task(database), Channel()
    with database.connection() as connection, database.server.connection() as admin:
        connection.begin()
        control.claim(connection, TOKEN, first.slot, 7)
        connection.commit()
        connection.begin()
        assert recorded_batches.record(connection, first.run_id, "ticket", IndexRange(0, ROWS), token=TOKEN, slot=first.slot, execution=7)
        with ThreadPoolExecutor() as thread:
            running = thread.submit(first.run, second)
            until(lambda: row_lock_waits(admin, current=True), "it waits")
            connection.commit()
            running.result()
    assert second.batches == []
