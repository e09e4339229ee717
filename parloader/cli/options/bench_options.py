"""The click options of bench: what to try, and what becomes of the result. Imports nothing large."""

import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from parloader.cli.completion import candidates
from parloader.cli.file_types import OutputFile
from parloader.cli.option_groups import WHAT_TO_FILL, collect, option_group
from parloader.cli.options.inference_options import inference_options
from parloader.cli.options.number_types import RowCount, WholeNumber
from parloader.cli.options.plan_options import WRITERS, Value, parameters_option, parsed_by, plan_name
from parloader.cli.options.table_options import TableName
from parloader.defaults import DEFAULT_BENCH_BATCHES, DEFAULT_BENCH_ROUNDS, DEFAULT_BENCH_ROWS, default_bench_procs
from parloader.limits import MAX_PROCS, MAX_ROWS
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import Batch, parse_batch

if TYPE_CHECKING:  # config.py imports the driver, which takes longer than to print a --help
    from parloader.config import BenchConfig
    from parloader.database.target import Target
    from parloader.plans.column_rules import ColumnRule


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
    if importlib.util.find_spec("matplotlib") is None:
        raise click.BadParameter("a chart needs matplotlib: pip install 'parloader[plot]'")
    return file


_bench_options = option_group(
    WHAT_TO_FILL.option(
        "--table",
        type=TableName(),
        metavar="NAME",
        help="Measure a copy of this table, with copies of the parent tables it needs.  [default: the built-in example]",
    ),
    WHAT_TO_FILL.option(
        "--plan",
        metavar="FILE|MODULE:NAME",
        callback=plan_name,
        shell_complete=candidates.plan_files,
        help="Measure a copy of the target table of this plan: a plan file, or a plan in Python.",
    ),
    inference_options,
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
        type=OutputFile(".png", ".svg"),
        callback=_picture,
        metavar="FILE.png|.svg",
        help="Draw a chart: rows/s of each combination, and how the rate grows with the number of processes.",
    ),
    click.option("--save", is_flag=True, help="Write the best combination to parloader.toml, for seed to use."),
)


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """The values of bench_options: what to measure."""

    table: str | None
    plan: str | None
    column_rules: "tuple[ColumnRule, ...]"
    procs: tuple[int, ...]
    batches: tuple[Batch, ...]
    writers: tuple[WriterName, ...]
    rows: int
    rounds: int
    parameters: dict[str, str]

    @property
    def most_procs(self) -> int:
        """The most worker processes of a load."""
        return max(self.procs or default_bench_procs())

    def config(self, target: "Target", capacity: int | None, allow_remote: tuple[str, ...]) -> "BenchConfig":
        """`capacity`: of the executor."""
        from parloader.config import BenchConfig

        return BenchConfig(
            target=target,
            table=self.table,
            plan=self.plan,
            column_rules=self.column_rules,
            procs=self.procs or default_bench_procs(capacity),
            batches=self.batches,
            writers=self.writers,
            rows=self.rows,
            rounds=self.rounds,
            parameters=self._applicable_parameters(),
            allow_remote=allow_remote,
        )

    def _applicable_parameters(self) -> dict[str, str]:
        """The parameters; if this is not the built-in plan, without those of [set] in parloader.toml, which are for the built-in one."""
        source = click.get_current_context().get_parameter_source("parameters")
        return {} if (self.table or self.plan) and source is ParameterSource.DEFAULT_MAP else self.parameters


def bench_options(function: Callable[..., None]) -> Callable[..., None]:
    """--table, --procs, --batch …, passed on as one BenchOptions, `what`; --plot and --save as `plot` and `save`."""

    @_bench_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        function(what=collect(BenchOptions, options), **options)

    return wrapper
