"""What one core of a client feeds: generates, renders and sends rows to a process that only reads, so that no server limits it."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from scale_table import markdown

from parloader.generation.frames import RowGenerator
from parloader.plans.model import Plan, all_new
from parloader.plans.row_ranges import IndexRange, batches
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import InsertWriter, LoadDataWriter, Writer

MAX_ALLOWED_PACKET_BYTES = 64 * 2**20

HEADINGS = ("table", "writer", "bytes per row", "generate", "render", "send", "CPU µs per row", "rows/s of one core", "Mbit/s of one core")


@dataclass(frozen=True, kw_only=True)
class CoreCost:
    """CPU seconds of one process, per row, and the bytes of a row in the statements or the file that it sends."""

    generate_seconds: float
    render_seconds: float
    send_seconds: float
    row_bytes: float

    @property
    def seconds(self) -> float:
        return self.generate_seconds + self.render_seconds + self.send_seconds

    @property
    def rows_per_second(self) -> float:
        return 1 / self.seconds


def measure(plan: Plan, rows: int, batch_rows: int, rounds: int) -> dict[WriterName, CoreCost]:
    """The median cost of each writer for the plan's target table, in interleaved rounds after one that fills the caches."""
    generator = RowGenerator(plan, plan.target, {table.name: all_new(table) for table in plan.tables})
    found: dict[WriterName, list[CoreCost]] = {name: [] for name in WriterName}
    with reader() as connection:
        for number in range(rounds + 1):
            for name in WriterName:
                cost = _load(generator, _writer(name, plan.target.name), connection, IndexRange(0, rows), batch_rows)
                if number:
                    found[name].append(cost)
    return {name: _median(costs) for name, costs in found.items()}


def _writer(name: WriterName, table: str) -> Writer:
    if name is WriterName.LOAD_DATA:
        return LoadDataWriter(table=table)
    return InsertWriter(table=table, max_allowed_packet_bytes=MAX_ALLOWED_PACKET_BYTES, backslash_escapes=True)


def _load(generator: RowGenerator, writer: Writer, connection: socket.socket, rows: IndexRange, batch_rows: int) -> CoreCost:
    generate = render = send = 0.0
    sent_bytes = 0
    for batch in batches(rows, lambda: batch_rows):
        begun = time.process_time()
        frame = generator.frame(batch)
        generated = time.process_time()
        rendered = writer.render(frame)
        ready = time.process_time()
        for text in rendered.texts:
            connection.sendall(text)
        send += time.process_time() - ready
        render += ready - generated
        generate += generated - begun
        sent_bytes += rendered.size_bytes
    return CoreCost(
        generate_seconds=generate / rows.rows,
        render_seconds=render / rows.rows,
        send_seconds=send / rows.rows,
        row_bytes=sent_bytes / rows.rows,
    )


def _median(costs: Sequence[CoreCost]) -> CoreCost:
    def of(value: Callable[[CoreCost], float]) -> float:
        return median(map(value, costs))

    return CoreCost(
        generate_seconds=of(lambda cost: cost.generate_seconds),
        render_seconds=of(lambda cost: cost.render_seconds),
        send_seconds=of(lambda cost: cost.send_seconds),
        row_bytes=of(lambda cost: cost.row_bytes),
    )


@contextmanager
def reader() -> Iterator[socket.socket]:
    """A TCP connection on loopback to another process, which reads everything and keeps nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as connection:
        accepted, _ = listening.accept()
        with accepted:
            process = subprocess.Popen(["cat"], stdin=accepted.fileno(), stdout=subprocess.DEVNULL)
        try:
            yield connection
        finally:
            connection.shutdown(socket.SHUT_WR)
            process.wait()


def table(costs: dict[str, dict[WriterName, CoreCost]]) -> str:
    """A Markdown table with a line for each table of the plans and each writer."""
    return markdown(HEADINGS, [_line(name, writer, cost) for name, by_writer in costs.items() for writer, cost in by_writer.items()])


def _line(name: str, writer: WriterName, cost: CoreCost) -> tuple[str, ...]:
    microseconds = (cost.generate_seconds, cost.render_seconds, cost.send_seconds, cost.seconds)
    return (
        name,
        writer,
        f"{cost.row_bytes:.0f}",
        *(f"{1e6 * seconds:.2f}" for seconds in microseconds),
        f"{cost.rows_per_second:,.0f}",
        f"{8e-6 * cost.row_bytes * cost.rows_per_second:,.0f}",
    )
