"""Throttling options: --max-rate, --max-load, --max-lag, --replica-url and --chunk-time. Imports nothing large."""

import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from parloader.cli.option_groups import THROTTLING, WORKERS, collect, option_group
from parloader.cli.options.number_types import RowCount, Seconds
from parloader.cli.options.plan_options import parsed_by
from parloader.defaults import DEFAULT_CHUNK
from parloader.errors import UsageError
from parloader.limits import MAX_RETRY_SECONDS, MAX_ROWS
from parloader.workers.batching import parse_chunk_time

if TYPE_CHECKING:  # throttle.py imports the driver, which takes longer than to print a --help
    from parloader.workers.throttle import Limits

chunk_option = WORKERS.option(
    "--chunk-time",
    "chunk",
    metavar="TIME",
    callback=parsed_by(parse_chunk_time),
    default=DEFAULT_CHUNK.text,
    show_default=True,
    envvar="PARLOADER_CHUNK_TIME",
    help="Target duration of each delete transaction.",
)


def _max_load(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    max_load = {}
    for text in ",".join(texts).split(",") if texts else ():
        match = re.fullmatch(r"\s*(\w+)\s*=\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*", text, re.ASCII)
        if not match:
            raise click.BadParameter(f"{text!r} is not VARIABLE=NUMBER, for example Threads_running=50")
        max_load[match[1]] = float(match[2])
    return max_load


_limit_options = option_group(
    THROTTLING.option(
        "--max-rate",
        type=RowCount(1, MAX_ROWS),
        metavar="ROWS",
        envvar="PARLOADER_MAX_RATE",
        help="Rows per second, at most, of all workers together. Batches are shrunk so that none takes a worker more than a second.",
    ),
    THROTTLING.option(
        "--max-load",
        metavar="VARIABLE=NUMBER,…",
        multiple=True,
        callback=_max_load,
        envvar="PARLOADER_MAX_LOAD",
        help="Wait while a variable of SHOW GLOBAL STATUS is above this, for example Threads_running=50; resume at 80 % of it. Repeatable.",
    ),
    THROTTLING.option(
        "--max-lag",
        type=Seconds(MAX_RETRY_SECONDS),
        metavar="SECONDS",
        envvar="PARLOADER_MAX_LAG",
        help="Wait while a replica is further behind, is stopped or does not answer; resume at 80 % of it.",
    ),
    THROTTLING.option(
        "--replica-url",
        "replica_urls",
        metavar="URL",
        multiple=True,
        envvar="PARLOADER_REPLICA_URL",
        help="The replica that --max-lag checks, as for --url. Repeatable.  [default: the target itself]",
    ),
)


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """The values of the options, as given."""

    max_rate: int | None
    max_load: dict[str, float]
    max_lag: float | None
    replica_urls: tuple[str, ...]

    def __repr__(self) -> str:
        return "LimitOptions(…)"  # a URL can hold a password

    def limits(self) -> "Limits":
        """UsageError if the URL of a replica is not valid, or has no --max-lag to be checked against."""
        from parloader.database.target import parse_url
        from parloader.workers.throttle import Limits

        if self.replica_urls and self.max_lag is None:
            raise UsageError("--replica-url without --max-lag has no effect", "Add how far it may be behind, for example --max-lag 5")
        replicas = tuple(map(parse_url, self.replica_urls))
        if any(replica.others for replica in replicas):
            raise UsageError(
                "--replica-url names several hosts; each replica is checked by itself", "Repeat --replica-url for each of them"
            )
        return Limits(
            max_rows_per_second=self.max_rate or math.inf,
            max_load=self.max_load,
            max_lag_seconds=self.max_lag,
            replicas=replicas,
        )


def with_limits(function: Callable[..., None]) -> Callable[..., None]:
    """The throttling options of seed and clean, passed on as one Limits, `limits`."""

    @_limit_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        limits = collect(LimitOptions, options).limits()
        function(limits=limits, **options)

    return wrapper
