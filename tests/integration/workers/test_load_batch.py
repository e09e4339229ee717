"""A batch and its ledger row are sent in one round trip: rows of a batch that may not be written are rolled back."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import polars as pl
import pytest
from support.servers import SERVER_INFO, Database

from parloader.database import sql
from parloader.database.compression import Compress
from parloader.database.driver import Connection, DriverError
from parloader.database.session import connect
from parloader.errors import AnotherRun, WriteFailed
from parloader.ledger import store
from parloader.ledger.control import Holder
from parloader.plans.generators import Expr
from parloader.plans.model import Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import writer_for
from parloader.workers.batching import FixedBatch
from parloader.workers.tasks.load import LoadTask, PreparedBatch

ROWS = 1200

BATCH = IndexRange(0, ROWS)

TABLE = Table(name="t", rows=ROWS, columns={"n": Expr(sql="i")}, partitioned=True)


@dataclass
class Worker:
    """Writes a batch of a table without a key, in which nothing but the ledger keeps rows from being written twice."""

    connection: Connection
    task: LoadTask

    def writes(self, *, bad: bool = False) -> int:
        """Writes the batch and commits it; returns how many rows there are then. `bad`: the last row cannot be written."""
        writer = writer_for("t", SERVER_INFO, self.task.writer)
        rendered = writer.render(
            pl.DataFrame({"n": [*range(ROWS - bad), *(["no number"] if bad else [])]}, strict=False, schema={"n": pl.String})
        )
        if self.connection.compressed:
            rendered = writer.packed(rendered)
        self.task._write(writer, PreparedBatch(BATCH, BATCH, rendered, 0.0), self.connection)
        self.connection.commit()
        return int(sql.value(self.connection, "SELECT COUNT(*) FROM t"))


@pytest.fixture(
    params=[(writer, compress) for writer in WriterName for compress in (Compress.OFF, Compress.ON)], ids=lambda p: f"{p[0]}-{p[1]}"
)
def worker(request: pytest.FixtureRequest, database: Database) -> Iterator[Worker]:
    writer, compress = request.param
    holder = Holder(doing="seed")
    with database.connection() as connection:
        sql.execute(connection, "CREATE TABLE t (n INT NOT NULL) ENGINE=InnoDB")
        store.create(connection)
        holder.write(connection, 1)
    task = LoadTask(
        worker=0,
        target=replace(database.target, compress=compress),
        server=SERVER_INFO,
        run_id=1,
        plan=Plan(name="p", parameters={}, tables=(TABLE,)),
        name="t",
        rows={"t": all_new(TABLE)},
        number_columns=frozenset(),
        partitions=(BATCH,),
        batch=FixedBatch(ROWS),
        writer=writer,
        retry_seconds=0,
        token=holder.token,
    )
    with closing(connect(task.target, autocommit=False, local_infile=True)) as connection:
        yield Worker(connection, task)


def test_a_batch_that_was_committed_before_is_not_written_again(worker: Worker) -> None:
    assert worker.writes() == ROWS
    assert worker.writes() == ROWS
    with worker.connection.cursor() as cursor:
        assert cursor.execute("SELECT * FROM parloader_batch") == 1


def test_a_worker_whose_command_was_overtaken_writes_nothing(worker: Worker, database: Database) -> None:
    with database.connection() as connection:
        Holder(doing="clean").write(connection, 2)
    with pytest.raises(AnotherRun):
        worker.writes()
    worker.connection.rollback()
    assert database.rows("SELECT * FROM t") == database.rows("SELECT * FROM parloader_batch") == ()


def test_a_row_that_cannot_be_written_leaves_neither_rows_nor_a_ledger_row(worker: Worker, database: Database) -> None:
    with pytest.raises((DriverError, WriteFailed)):
        worker.writes(bad=True)
    worker.connection.rollback()
    assert database.rows("SELECT * FROM t") == database.rows("SELECT * FROM parloader_batch") == ()
    assert worker.writes() == ROWS


def test_a_ledger_that_is_gone_is_an_error(worker: Worker, database: Database) -> None:
    database.execute("DROP TABLE parloader_batch")
    with pytest.raises(DriverError, match="parloader_batch"):
        worker.writes()
    worker.connection.rollback()
    assert database.rows("SELECT * FROM t") == ()
    assert sql.value(worker.connection, "SELECT 'still here'") == "still here"
