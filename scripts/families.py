"""CPU and memory of generating the tables of a plan file in batches, in one process, without a server."""

import resource
import time
from dataclasses import replace
from pathlib import Path

import click

from parloader.generation.frames import RowGenerator, with_child_starts
from parloader.plans.documents import toml_file
from parloader.plans.model import Table, all_new, is_helper
from parloader.plans.row_ranges import IndexRange, batches

PLAN = Path(__file__).resolve().parent.parent / "docs" / "examples" / "orders.toml"


@click.command()
@click.option("--plan", "file", type=click.Path(path_type=Path), default=PLAN, show_default=True, help="The plan file.")
@click.option("--batch", "batch_rows", type=click.IntRange(min=1), default=10_000, show_default=True, help="Rows in a batch.")
@click.option("--part", type=click.IntRange(min=1), default=1, show_default=True, help="Generate only the first 1/PART of each table.")
def main(file: Path, batch_rows: int, part: int) -> None:
    """Prints the CPU time per row of each table with children or parents in the plan, and the largest memory of the process."""
    plan = toml_file.read(file)
    plan = replace(plan, tables=tuple(map(_as_on_server, plan.tables)))
    begun = time.process_time()
    of = with_child_starts(plan, {table.name: all_new(table) for table in plan.tables})
    click.echo(f"starts of children: {time.process_time() - begun:.2f} s of CPU")
    seconds = rows = 0.0
    for table in plan.partitioned:
        taken, generated = _generate(table, RowGenerator(plan, table, of), batch_rows, part)
        seconds, rows = seconds + taken, rows + generated
        click.echo(f"{table.name}: {generated:,} rows, {taken / generated * 1e6:.2f} µs of CPU per row")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"all: {seconds / rows * 1e6:.2f} µs of CPU per row, at most {memory:,.0f} MiB of memory")


def _as_on_server(table: Table) -> Table:
    """The table as it would be completed for a server: with a key, and without the helpers."""
    helpers = frozenset(filter(is_helper, table.columns))
    return replace(table, key=None if table.identity else "id", helpers=helpers)


def _generate(table: Table, generator: RowGenerator, batch_rows: int, part: int) -> tuple[float, int]:
    """(CPU seconds, rows)"""
    rows = IndexRange(0, table.rows // part)
    generator.frame(IndexRange(0, min(batch_rows, rows.rows)))
    begun = time.process_time()
    for batch in batches(rows, lambda: batch_rows):
        generator.frame(batch)
    return time.process_time() - begun, rows.rows


if __name__ == "__main__":
    main()
