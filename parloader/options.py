"""The click options that say what to load and how, and how their texts become values. Imports nothing large, as cli.py."""

import functools
import importlib.util
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from parloader.errors import UsageError
from parloader.loading.batching import AutoBatch, Batch, WriterName, parse_batch, parse_chunk_time

WRITERS = [str(name) for name in WriterName]
Command: TypeAlias = Callable[..., Any]


def _default_procs() -> int:
    from parloader.config import usable_cores

    return usable_cores()


procs_option = click.option(
    "--procs",
    type=click.IntRange(min=1),
    default=_default_procs,
    envvar="PARLOADER_PROCS",
    help="Worker processes.  [default: the usable cores]",
)


def _parameters(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """The plan parameters of --set, checked before anything is connected to."""
    from parloader.plans.script_execution import parameters

    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair} is not NAME=VALUE, for example start=2020-01-01")
        given[name.strip()] = value.strip()
    try:
        parameters(given)
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


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{text!r} is not a number from 1 on")
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
            type=click.IntRange(min=0),
            default=1_000_000,
            show_default=True,
            envvar="PARLOADER_ROWS",
            help="Rows of the big table.",
        ),
    ):
        function = option(function)
    return function


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
            type=click.FloatRange(min=0),
            default=60.0,
            show_default=True,
            help="How long a batch is tried again after a deadlock or a lost connection, and the server is waited for.",
        ),
    ):
        function = option(function)
    return function


def _chunk_time(_: click.Context, __: click.Parameter, text: str) -> AutoBatch:
    try:
        return parse_chunk_time(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


chunk_option = click.option(
    "--chunk-time",
    "chunk",
    metavar="TIME",
    callback=_chunk_time,
    default="200ms",
    show_default=True,
    envvar="PARLOADER_CHUNK_TIME",
    help="As many rows are deleted in a transaction as take that long.",
)


def _max_load(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    limits = {}
    for text in ",".join(texts).split(",") if texts else ():
        match = re.fullmatch(r"\s*(\w+)\s*=\s*([0-9]+(?:\.[0-9]+)?)\s*", text, re.ASCII)
        if not match:
            raise click.BadParameter(f"{text!r} is not VARIABLE=NUMBER, for example Threads_running=50")
        limits[match[1]] = float(match[2])
    return limits


def limit_options(function: Command) -> Command:
    """What seed and clean leave to others, handed on as one `limits`."""

    @click.option(
        "--max-rate",
        type=click.IntRange(min=1),
        metavar="ROWS",
        envvar="PARLOADER_MAX_RATE",
        help="At most so many rows a second, all workers together; batches that would take a worker more than a second then are smaller.",
    )
    @click.option(
        "--max-load",
        metavar="VARIABLE=NUMBER,…",
        multiple=True,
        callback=_max_load,
        envvar="PARLOADER_MAX_LOAD",
        help="Wait while a variable of SHOW GLOBAL STATUS is above, for example Threads_running=50; go on when it is down to 80 % of it.",
    )
    @click.option(
        "--max-lag",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        envvar="PARLOADER_MAX_LAG",
        help="Wait while a replica is further behind, or does not answer or replicate; go on when it is down to 80 % of it.",
    )
    @click.option(
        "--replica-url",
        "replica_urls",
        metavar="URL",
        multiple=True,
        envvar="PARLOADER_REPLICA_URL",
        help="The replica that --max-lag is about, written as --url; more than one may be named.  [default: the target itself]",
    )
    @functools.wraps(function)
    def wrapper(
        *, max_rate: int | None, max_load: dict[str, float], max_lag: float | None, replica_urls: tuple[str, ...], **options: Any
    ) -> None:
        from parloader.config import Limits
        from parloader.database.connect import parse_url

        if replica_urls and max_lag is None:
            raise UsageError("--replica-url without --max-lag says nothing", "Say how far it may be behind, for example --max-lag 5")
        limits = Limits(
            max_rows_per_second=max_rate or math.inf,
            max_load=max_load,
            max_lag_seconds=max_lag,
            replicas=tuple(map(parse_url, replica_urls)),
        )
        function(limits=limits, **options)

    return wrapper


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
        click.option("--rows", type=click.IntRange(min=1), default=100_000, show_default=True, help="Rows a load."),
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
            callback=_list_of(_positive),
            help="Worker processes.  [default: 1, 2, 4, … up to twice the cores]",
        ),
    ):
        function = option(function)
    return function
