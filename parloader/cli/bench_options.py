"""The click options of bench: what to try, and what becomes of the result. Imports nothing large."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import click

from parloader.cli.number_types import RowCount, WholeNumber
from parloader.cli.option_groups import option_group
from parloader.cli.options import WRITERS, Value, parameters_option, parsed_by
from parloader.defaults import DEFAULT_BENCH_BATCHES, DEFAULT_BENCH_ROUNDS, DEFAULT_BENCH_ROWS
from parloader.limits import MAX_PROCS, MAX_ROWS
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import parse_batch


def _procs(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(MAX_PROCS)) or not 1 <= int(text) <= MAX_PROCS:
        raise ValueError(f"{text!r} is not a number from 1 to {MAX_PROCS}")
    return int(text)


def _writer(text: str) -> WriterName:
    if text not in WRITERS:
        raise ValueError(f"{text!r} is not a writer; valid are {', '.join(WRITERS)}")
    return WriterName(text)


def _list_of(parse: Callable[[str], Value]) -> Callable[[click.Context, click.Parameter, str | None], tuple[Value, ...]]:
    """The callback of an option that takes comma-separated values. Keeps their order, drops repeated ones; empty if the option is not given."""
    parse_all = parsed_by(lambda text: tuple(dict.fromkeys(parse(item.strip()) for item in text.split(","))))
    return lambda context, option, text: () if text is None else parse_all(context, option, text)


def _picture(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
    """Checks, before anything is measured, that the chart can be drawn afterwards."""
    if file is None:
        return None
    if file.suffix not in (".png", ".svg"):
        raise click.BadParameter(f"{file} does not end in .png or .svg")
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {file.absolute().parent}")
    if importlib.util.find_spec("matplotlib") is None:
        raise click.BadParameter("a chart needs matplotlib: pip install 'parloader[plot]'")
    return file


bench_options = option_group(
    click.option(
        "--procs",
        "procs",
        metavar="N,N,…",
        callback=_list_of(_procs),
        help="Numbers of worker processes to try.  [default: 1, 2, 4, … up to twice the usable cores]",
    ),
    click.option(
        "--batch",
        "batches",
        metavar="ROWS|auto|TIME,…",
        callback=_list_of(parse_batch),
        default=",".join(batch.text for batch in DEFAULT_BENCH_BATCHES),
        show_default=True,
        help="Batch sizes to try, each as for seed.",
    ),
    click.option(
        "--writer",
        "writers",
        metavar="WRITER,…",
        callback=_list_of(_writer),
        help="Writers to try: insert, load-data.  [default: all that the server accepts]",
    ),
    click.option("--rows", type=RowCount(1, MAX_ROWS), default=DEFAULT_BENCH_ROWS, show_default=True, help="Rows in each load."),
    click.option(
        "--rounds",
        type=WholeNumber(1),
        default=DEFAULT_BENCH_ROUNDS,
        show_default=True,
        help="How many times to measure each combination.",
    ),
    parameters_option,
    click.option(
        "--plot",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=_picture,
        metavar="FILE.png|.svg",
        help="Draw a chart: rows/s of each combination, and how the rate grows with the number of processes.",
    ),
    click.option("--save", is_flag=True, help="Write the best combination to parloader.toml, for seed to use."),
)
