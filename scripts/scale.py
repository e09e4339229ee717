"""The figures in docs/scale.md. `core`, `target` and `workers` measure; `sizes` calculates from measured figures."""

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # as in parloader's workers; before Polars is imported

import tomllib
from pathlib import Path

import click
import scale_core
import scale_sizes
import scale_target
import scale_workers
from measuring import on_each_server, procs_option, rounds_option, rows_option, server_option

from parloader.builtin.plan import script_execution
from parloader.plans.documents.plan_document import decode_plan
from parloader.plans.model import Plan


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The figures in docs/scale.md."""


@main.command()
@click.option(
    "--plan", "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True, help="A plan file. Repeatable."
)
@click.option("--rows", type=click.IntRange(min=1), default=200_000, show_default=True, help="Rows in each round.")
@click.option("--batch", "batch_rows", type=click.IntRange(min=1), default=10_000, show_default=True, help="Rows per batch.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Interleaved rounds.")
def core(*, files: tuple[Path, ...], rows: int, batch_rows: int, rounds: int) -> None:
    """Measure what one core of a client feeds: the built-in example, and the target table of each plan file.

    A plan file must describe every column, because no server is asked: `parloader plan --write` writes such a file.
    """
    plans = [script_execution(rows), *map(_plan, files)]
    click.echo(scale_core.table({plan.target.name: scale_core.measure(plan, rows, batch_rows, rounds) for plan in plans}))


def _plan(file: Path) -> Plan:
    return decode_plan(tomllib.loads(file.read_text(encoding="utf-8")))


@main.command()
@rows_option
@procs_option
@rounds_option
@server_option
def target(*, rows: int, procs: int, rounds: int, kinds: tuple[str, ...]) -> None:
    """Measure what a private server of this machine takes, and the size of its rows on disk."""
    click.echo(scale_target.table(dict(on_each_server(kinds, lambda kind: scale_target.measure(kind, rows, procs, rounds)))))


@main.command()
@rows_option
@click.option(
    "--count", "counts", type=click.IntRange(min=1), multiple=True, default=(1, 2, 4), show_default=True, help="Workers. Repeatable."
)
@rounds_option
@server_option
def workers(*, rows: int, counts: tuple[int, ...], rounds: int, kinds: tuple[str, ...]) -> None:
    """Measure what Dask costs beside local workers, on a private server of this machine."""
    click.echo(scale_workers.table(dict(on_each_server(kinds, lambda kind: scale_workers.measure(kind, rows, counts, rounds)))))


@main.command()
@click.option("--target-rows", type=float, required=True, help="Rows per second that one target takes.")
@click.option("--core-rows", type=float, required=True, help="Rows per second that one core of a client feeds.")
@click.option("--sent-bytes", type=float, required=True, help="Bytes of a row on the network.")
@click.option("--disk-bytes", type=float, required=True, help="Bytes of a row and its index entries on disk.")
@click.option("--verify-share", type=float, required=True, help="The time of verify, as a share of seed's.")
@click.option("--clean-share", type=float, required=True, help="The time of clean, as a share of seed's.")
@click.option("--machine-cores", type=click.IntRange(min=1), default=8, show_default=True, help="Cores of a client machine.")
@click.option("--machine-gbit", type=float, default=10.0, show_default=True, help="Bandwidth of a client machine, in Gbit/s.")
def sizes(
    *,
    target_rows: float,
    core_rows: float,
    sent_bytes: float,
    disk_bytes: float,
    verify_share: float,
    clean_share: float,
    machine_cores: int,
    machine_gbit: float,
) -> None:
    """Calculate what 1, 10 and 100 billion rows take on 1, 10 and 100 targets, from measured figures."""
    measured = scale_sizes.Measured(
        target_rows_per_second=target_rows,
        core_rows_per_second=core_rows,
        sent_row_bytes=sent_bytes,
        disk_row_bytes=disk_bytes,
        verify_share=verify_share,
        clean_share=clean_share,
        machine_cores=machine_cores,
        machine_bits_per_second=machine_gbit * 1e9,
    )
    click.echo(scale_sizes.table(measured))


if __name__ == "__main__":
    main()
