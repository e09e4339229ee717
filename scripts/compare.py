"""Compares parloader with other ways to fill the same table, on a temporary private server.

Every load starts from the same state (an empty table, no dirty pages) and must end with the same rows; if a loader ends with other
rows, the comparison fails. Loads are interleaved, in an order that changes with each round, so that a noisy period affects all loaders
alike. The tables go to stdout, a line for each load to stderr.
"""

import contextlib
import json
import random
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import compare_report
from compare_client import Job
from compare_loaders import Load, Loader, Run, make_files, parloader, parloader_verify, run_clients
from compare_proxy import proxy
from compare_report import Measurement, ServerResult
from compare_rivals import ALL_LOADERS, make_dumps
from compare_server import Contents, Place, contents, file_system, say, throwaway

from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info
from parloader.errors import ServerStartError

SERVERS = {"mariadb": ServerKind.MARIADB, "mysql": ServerKind.MYSQL}

NAMES = tuple(loader.name for loader in ALL_LOADERS)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What to measure. `delay_ms`: the latency added between clients and server, each way; 0: the Unix socket is used."""

    rows: int
    rounds: int
    procs: tuple[int, ...]
    batch_rows: int
    loaders: tuple[Loader, ...]
    delay_ms: float

    def job(self, procs: int) -> Job:
        return Job(rows=self.rows, procs=procs, batch_rows=self.batch_rows)

    def turns(self) -> Iterator[tuple[int, int, Loader]]:
        """Round (from 1), number of processes and loader; shuffled in each round, but the same in every comparison."""
        for number in range(1, self.rounds + 1):
            for procs in self.procs:
                order = list(self.loaders)
                random.Random(f"{number}/{procs}").shuffle(order)
                yield from ((number, procs, loader) for loader in order)


def compare_on(kind: ServerKind, comparison: Comparison) -> ServerResult:
    """Runs all loads on one kind of server. ServerStartError: this machine has no such server."""
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(throwaway(kind, tcp=comparison.delay_ms > 0))
        target = place.target
        if place.by_tcp:
            target = replace(place.by_tcp, port=stack.enter_context(proxy(place.by_tcp.port, comparison.delay_ms)).port)
        result = ServerResult(
            version=_version(place),
            file_system=file_system(place.home),
            rows=comparison.rows,
            batch_rows=comparison.batch_rows,
            delay_ms=comparison.delay_ms,
        )
        expected = _reference(place, comparison.job(1))
        for procs in comparison.procs:
            result.files_seconds[procs] = make_files(_files(place, procs), comparison.job(procs))
            make_dumps(place.target, _files(place, procs), comparison.job(procs))
        for number, procs, loader in comparison.turns():
            run = Run(place=place, target=target, job=comparison.job(procs), files=_files(place, procs))
            measured = Measurement(round=number, procs=procs, loader=loader.name, load=_load(run, loader, expected))
            result.measurements.append(measured)
            say(f"{kind}, round {number} of {comparison.rounds}, --procs {procs}: {loader.name} {measured.load.seconds:.2f} s")
        return result


def _version(place: Place) -> str:
    with connected(place.target) as connection:
        return str(server_info(connection))


def _files(place: Place, procs: int) -> Path:
    return place.home / "files" / str(procs)


def _reference(place: Place, job: Job) -> Contents:
    """Creates the tables with the contents that every load must produce: those of parloader, checked by `parloader verify`."""
    run = Run(place=place, target=place.target, job=job, files=_files(place, job.procs))
    run_clients("parloader seed", [parloader(run)], place.home)
    run_clients("parloader verify", [parloader_verify(run)], place.home)
    with connected(place.target) as connection:
        place.keep_as_source(connection)
        return contents(connection)


def _load(run: Run, loader: Loader, expected: Contents) -> Load:
    with connected(run.place.target) as connection:
        run.place.empty(connection)
    load = loader.load(run)
    with connected(run.place.target) as connection:
        found = contents(connection)
    if found != expected:
        raise click.ClickException(f"{loader.name} loaded {found}, but parloader {expected}")
    return load


def _names(valid: Sequence[str]) -> Callable[..., tuple[str, ...]]:
    """A click callback: parses a comma-separated list of these names."""

    def parse(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
        for name in names:
            if name not in valid:
                raise click.BadParameter(f"{name!r} is none of: {', '.join(valid)}")
        return names

    return parse


def _numbers(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[int, ...]:
    numbers = [number for text in texts for number in text.split(",")]
    if not all(number.strip().isdecimal() and int(number) for number in numbers):
        raise click.BadParameter("not numbers of processes, such as 1,2,4")
    return tuple(dict.fromkeys(map(int, numbers)))


def _comparable(names: Sequence[str], delay_ms: float) -> tuple[Loader, ...]:
    """The loaders of these names that can run here; reports why the others cannot."""
    found = []
    for loader in ALL_LOADERS:
        why = loader.missing or (None if loader.over_network or not delay_ms else f"{loader.name}: not measured over a delayed network")
        if loader.name in names and why:
            say(f"left out: {why}")
        elif loader.name in names:
            found.append(loader)
    return tuple(found)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--rows", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Rows of the table.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="How often each is measured.")
@click.option("--procs", multiple=True, default=("1,2,4",), show_default=True, callback=_numbers, help="Processes or connections.")
@click.option("--batch", type=click.IntRange(min=1), default=10_000, show_default=True, help="Rows per transaction.")
@click.option(
    "--servers",
    default=",".join(SERVERS),
    show_default=True,
    callback=_names(tuple(SERVERS)),
    help="Servers to compare on; those not installed are skipped.",
)
@click.option("--loaders", default=",".join(NAMES), callback=_names(NAMES), help=f"Some of: {', '.join(NAMES)}.  [default: all]")
@click.option(
    "--delay-ms",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Latency to add between clients and server, each way. Only loaders that generate rows are compared then.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every measurement, as one JSON object.")
def main(
    *,
    rows: int,
    rounds: int,
    procs: tuple[int, ...],
    batch: int,
    servers: tuple[str, ...],
    loaders: tuple[str, ...],
    delay_ms: float,
    as_json: bool,
) -> None:
    """Compare parloader with other ways to fill the same table, on private servers in TMPDIR that are removed afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # cleans up, as Ctrl-C does
    comparison = Comparison(
        rows=rows, rounds=rounds, procs=procs, batch_rows=batch, loaders=_comparable(loaders, delay_ms), delay_ms=delay_ms
    )
    results = []
    for name in servers:
        try:
            results.append(compare_on(SERVERS[name], comparison))
        except ServerStartError as error:
            say(f"left out: {error.message}")
    if not (results and comparison.loaders):
        raise click.ClickException("nothing to compare: no server or no loader is available")
    command = shlex.join(["scripts/compare", *sys.argv[1:]])
    click.echo(json.dumps(compare_report.as_json(results, command)) if as_json else compare_report.text(results, command))


if __name__ == "__main__":
    main()
