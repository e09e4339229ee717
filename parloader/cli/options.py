"""The click options that say what to load and how, and how their texts become values. Imports nothing large, as cli.py."""

import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click
from click.core import ParameterSource

from parloader.errors import UsageError
from parloader.limits import MAX_PROCS, MAX_RETRY_SECONDS, MAX_ROWS, MAX_SEED
from parloader.rows.writers import WriterName
from parloader.workers.batching import Batch, parse_batch

WRITERS = [str(name) for name in WriterName]

Command: TypeAlias = Callable[..., Any]


def _default_procs() -> int:
    from parloader.config import usable_cores

    return usable_cores()


procs_option = click.option(
    "--procs",
    type=click.IntRange(1, MAX_PROCS),
    default=_default_procs,
    envvar="PARLOADER_PROCS",
    help="Worker processes.  [default: the usable cores]",
)


def number(_: click.Context, __: click.Parameter, value: float) -> float:
    """Nothing is outside a range of click's that is not a number."""
    if math.isnan(value):
        raise click.BadParameter("nan is not a number")
    return value


def _parameters(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """The plan parameters of --set, checked before anything is connected to."""
    from parloader.builtin.plan import script_execution

    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair} is not NAME=VALUE, for example start=2020-01-01")
        given[name.strip()] = value.strip()
    try:
        script_execution(given=given)
    except UsageError as error:
        raise click.BadParameter(str(error)) from error
    return given


plan_parameters = click.option(
    "--set",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parameters,
    help="A plan parameter: start, span or scheduled_share.",
)


def _parents(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, int]:
    given = {}
    for pair in pairs:
        name, _equals, rows = pair.rpartition("=")
        if not name or not rows.isdecimal() or not 1 <= int(rows[: len(str(MAX_ROWS)) + 1]) <= MAX_ROWS:
            raise click.BadParameter(f"{pair} is not TABLE=ROWS, for example customer=1000 (1 to {MAX_ROWS})")
        given[name.strip()] = int(rows)
    return given


def _procs(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(MAX_PROCS)) or not 1 <= int(text) <= MAX_PROCS:
        raise ValueError(f"{text!r} is not a number from 1 to {MAX_PROCS}")
    return int(text)


def _writer(text: str) -> WriterName:
    if text not in WRITERS:
        raise ValueError(f"{text!r} is no writer: {', '.join(WRITERS)}")
    return WriterName(text)


def _list_of(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], tuple[Any, ...]]:
    """The callback of an option that takes several values with commas between: each once, in the order given; none where it is not given."""

    def parsed(_: click.Context, __: click.Parameter, text: str | None) -> tuple[Any, ...]:
        try:
            return tuple(dict.fromkeys(parse(item.strip()) for item in text.split(","))) if text else ()
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return parsed


def _picture(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
    """Said before anything is measured: what could not be drawn afterwards."""
    if file is None:
        return None
    if file.suffix not in (".png", ".svg"):
        raise click.BadParameter(f"{file} ends neither in .png nor in .svg")
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {file.absolute().parent}")
    if importlib.util.find_spec("matplotlib") is None:
        raise click.BadParameter("drawing needs matplotlib: pip install 'parloader[plot]'")
    return file


def _batch(_: click.Context, __: click.Parameter, text: str) -> Batch:
    try:
        return parse_batch(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def plan_options(function: Command) -> Command:
    for option in (
        plan_parameters,
        click.option(
            "--writer",
            type=click.Choice(WRITERS),
            default=str(WriterName.INSERT),
            show_default=True,
            envvar="PARLOADER_WRITER",
            callback=lambda _, __, name: WriterName(name),
            help="How a batch reaches the server: multi-row INSERTs, or LOAD DATA LOCAL from memory.",
        ),
        click.option(
            "--batch",
            metavar="ROWS|auto|TIME",
            callback=_batch,
            default="10000",
            show_default=True,
            envvar="PARLOADER_BATCH",
            help="Rows a transaction; auto: as many as take half a second to write; a time such as 200ms: as many as take that.",
        ),
        procs_option,
        click.option(
            "--rows",
            type=click.IntRange(0, MAX_ROWS),
            envvar="PARLOADER_ROWS",
            help="Rows of the big table.  [default: 1000000, or what the plan file says]",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, MAX_SEED),
            envvar="PARLOADER_SEED",
            help="Another number, other values.  [default: 0, or what the plan file says]",
        ),
        click.option(
            "--parents",
            metavar="TABLE=ROWS",
            multiple=True,
            callback=_parents,
            help="How many rows of a parent table are used or made, where not the rule is to decide.",
        ),
        click.option(
            "--plan",
            "plan",
            metavar="FILE|MODULE:NAME",
            envvar="PARLOADER_PLAN",
            help="A plan file (parloader plan --write makes one), or a plan in Python.",
        ),
        click.option(
            "--table",
            metavar="NAME",
            envvar="PARLOADER_TABLE",
            help="Fill this table, and the parents that it needs, whatever the schema.  [default: the built-in plan script_execution]",
        ),
    ):
        function = option(function)
    return function


def of_the_plan(options: dict[str, Any]) -> dict[str, Any]:
    """The options without [set] of parloader.toml where another plan than the built-in one is asked for."""
    source = click.get_current_context().get_parameter_source("parameters")
    if (options["table"] or options["plan"]) and source is ParameterSource.DEFAULT_MAP:
        return {**options, "parameters": {}}
    return options


def fault_options(function: Command) -> Command:
    """What seed and clean do when something breaks."""
    for option in (
        click.option(
            "--worker-restarts",
            type=click.IntRange(min=0),
            default=1,
            show_default=True,
            help="How often what a dead worker left is taken up by a fresh one.",
        ),
        click.option(
            "--retry-seconds",
            type=click.FloatRange(0, MAX_RETRY_SECONDS),
            callback=number,
            default=60.0,
            show_default=True,
            help="How long a batch is tried again after a deadlock or a lost connection, and the server is waited for.",
        ),
    ):
        function = option(function)
    return function


def bench_options(function: Command) -> Command:
    for option in (
        click.option("--save", is_flag=True, help="Write the best combination to parloader.toml, which seed then uses."),
        click.option(
            "--plot",
            type=click.Path(dir_okay=False, path_type=Path),
            callback=_picture,
            metavar="FILE.png|.svg",
            help="Draw a heat map and the scaling with the processes.",
        ),
        plan_parameters,
        click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="How often each combination is measured."),
        click.option("--rows", type=click.IntRange(1, MAX_ROWS), default=100_000, show_default=True, help="Rows a load."),
        click.option(
            "--writer",
            "writers",
            metavar="WRITER,…",
            callback=_list_of(_writer),
            help="insert, load-data.  [default: all that the server takes]",
        ),
        click.option(
            "--batch",
            "batches",
            metavar="ROWS|auto|TIME,…",
            callback=_list_of(parse_batch),
            default="1000,10000,auto",
            show_default=True,
            help="As for seed.",
        ),
        click.option(
            "--procs",
            "procs",
            metavar="N,N,…",
            callback=_list_of(_procs),
            help="Worker processes.  [default: 1, 2, 4, … up to twice the cores]",
        ),
    ):
        function = option(function)
    return function
