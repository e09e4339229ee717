"""How a worker prepares its batches. (That it writes them: tests/acceptance.)"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import ClassVar

import polars as pl
import pytest
from support.servers import SERVER_INFO, until

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.errors import WriteFailed
from parloader.plans.generators import Expr
from parloader.plans.model import Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import Rendered
from parloader.workers.batching import FixedBatch, Sizer
from parloader.workers.tasks.load import LoadTask, PreparedBatch

PARTITIONS = (IndexRange(0, 25), IndexRange(40, 65))

BATCH = FixedBatch(10)

TABLE = Table(name="t", rows=65, columns={"n": Expr(sql="i")}, partitioned=True)


class NotingWriter:
    """Notes the first key of each batch after rendering it; first waits until `let` is set."""

    local_infile: ClassVar[bool] = False

    def __init__(self) -> None:
        self.rendered: list[int] = []
        self.let = Event()
        self.let.set()
        self.fails_at = -1

    def render(self, frame: pl.DataFrame) -> Rendered:
        assert self.let.wait(60)
        first = int(frame["id"][0])
        if first == self.fails_at:
            raise WriteFailed("no")
        self.rendered.append(first)
        return Rendered((str(frame["id"].to_list()).encode(),), frame.height)

    def write(self, connection: Connection, batch: Rendered) -> None:
        raise AssertionError("not here")


@contextmanager
def prepared_by(writer: NotingWriter) -> Iterator[tuple[Iterator[PreparedBatch], Sizer]]:
    """The batches of a worker, as it gets them; at the end of the block every batch that was begun is rendered."""
    task = LoadTask(
        worker=0,
        target=Target(user="nobody", database="none"),
        server=SERVER_INFO,
        run_id=1,
        plan=Plan(name="p", parameters={}, tables=(TABLE,)),
        name="t",
        rows={"t": all_new(TABLE)},
        number_columns=frozenset(),
        partitions=PARTITIONS,
        batch=BATCH,
        writer=WriterName.INSERT,
        retry_seconds=0,
    )
    sizer = BATCH.sizer(SERVER_INFO.max_allowed_packet_bytes)
    ahead = task._one_ahead(PARTITIONS, writer, lambda: sizer.rows)
    try:
        yield ahead, sizer
    finally:
        ahead.close()  # type: ignore[attr-defined]


def test_every_batch_comes_once_and_in_order() -> None:
    with prepared_by(NotingWriter()) as (ahead, _):
        batches = list(ahead)
    assert [p.batch for p in batches] == [
        *(IndexRange(0, 10), IndexRange(10, 20), IndexRange(20, 25)),
        *(IndexRange(40, 50), IndexRange(50, 60), IndexRange(60, 65)),
    ]
    for p in batches:
        assert p.rendered == Rendered((str([i + 1 for i in range(p.batch.start, p.batch.stop)]).encode(),), p.batch.rows)


@pytest.mark.parametrize("taken", [1, 2, 4])
def test_while_one_is_written_the_next_is_rendered_and_no_more(taken: int) -> None:
    """Law 7."""
    writer = NotingWriter()
    with prepared_by(writer) as (ahead, _):
        for _ in range(taken):
            next(ahead)
        until(lambda: len(writer.rendered) > taken, "the next is rendered without being asked for")
    assert writer.rendered == [1, 11, 21, 41, 51, 61][: taken + 1]


def test_none_is_held_back_for_the_next() -> None:
    """A batch is handed out though the next is not ready yet."""
    writer = NotingWriter()
    with prepared_by(writer) as (ahead, _):
        next(ahead)
        until(lambda: len(writer.rendered) == 2, "the second is rendered")
        writer.let.clear()
        assert next(ahead).batch == IndexRange(10, 20)
        assert len(writer.rendered) == 2
        writer.let.set()
        assert next(ahead).batch == IndexRange(20, 25)


def test_nothing_is_rendered_before_it_is_asked_for() -> None:
    writer = NotingWriter()
    with prepared_by(writer):
        pass
    assert writer.rendered == []


def test_a_batch_is_cut_as_large_as_the_sizer_says_when_its_rendering_begins() -> None:
    with prepared_by(NotingWriter()) as (ahead, sizer):
        assert next(ahead).batch == IndexRange(0, 10)
        sizer.rows = 3
        assert [next(ahead).batch for _ in range(3)] == [IndexRange(10, 20), IndexRange(20, 23), IndexRange(23, 25)]
        sizer.rows = 100
        assert [p.batch for p in ahead] == [IndexRange(40, 43), IndexRange(43, 65)]


def test_what_goes_wrong_ahead_is_raised_when_its_turn_comes() -> None:
    writer = NotingWriter()
    writer.fails_at = 11
    with prepared_by(writer) as (ahead, _):
        assert next(ahead).batch == IndexRange(0, 10)
        with pytest.raises(WriteFailed, match="no"):
            next(ahead)
    assert writer.rendered == [1]


def test_a_worker_imports_nothing_large_that_it_does_not_need() -> None:
    """Each process pays for its imports: SQLAlchemy alone takes as long as everything else."""
    names = "sorted({name.partition('.')[0] for name in sys.modules} & {'sqlalchemy', 'sqlglot', 'tomlkit', 'click', 'tqdm', 'psutil', 'cryptography'})"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, parloader.workers.tasks.load; print({names})"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
