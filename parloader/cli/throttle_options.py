"""The options by which seed and clean leave something to others. Imports nothing large, as cli.py."""

import functools
import math
import re
from collections.abc import Callable
from typing import Any

import click

from parloader.cli.options import number
from parloader.errors import UsageError
from parloader.limits import MAX_RETRY_SECONDS, MAX_ROWS
from parloader.workers.batching import AutoBatch, parse_chunk_time


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
        match = re.fullmatch(r"\s*(\w+)\s*=\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*", text, re.ASCII)
        if not match:
            raise click.BadParameter(f"{text!r} is not VARIABLE=NUMBER, for example Threads_running=50")
        limits[match[1]] = float(match[2])
    return limits


def with_limits(function: Callable[..., Any]) -> Callable[..., Any]:
    """What seed and clean leave to others, handed on as one `limits`."""

    @click.option(
        "--max-rate",
        type=click.IntRange(1, MAX_ROWS),
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
        type=click.FloatRange(0, MAX_RETRY_SECONDS),
        metavar="SECONDS",
        callback=lambda context, option, seconds: seconds and number(context, option, seconds),
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
        from parloader.database.target import parse_url
        from parloader.workers.throttle import Limits

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
