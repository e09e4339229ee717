"""Measures complete parloader commands over simulated slow links, with and without compression; also of an earlier commit, if asked to.

Each measurement seeds, verifies and cleans a new database on the same private server, through a proxy that delays data, limits the
bandwidth and counts bytes. All variants of a round follow each other in random order, so that noise affects them alike. A table for each
server goes to stdout, a line for each measurement to stderr.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from compare_proxy import Network, Traffic, proxy
from compare_server import Place, say, throwaway
from measuring import HERE, against_option, on_each_server, procs_option, rounds_option, server_option, worktree
from slow_links_report import LEGEND, SOCKET, Link, Measured, Results, Variant, table

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info
from parloader.database.target import Target
from parloader.quantities import counted

DATABASE = "slow"

DEFAULT_LINKS = ("socket", "0", "10:100", "50:20")

WRITERS = ("insert", "load-data")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What each measurement loads."""

    rows: int
    procs: int

    def commands(self, writer: str) -> Iterator[tuple[str, ...]]:
        """seed by this writer, and with the first one also verify and clean, which have no writer."""
        procs = ("--procs", str(self.procs))
        yield ("seed", "--rows", str(self.rows), "--writer", writer, *procs)
        if writer == WRITERS[0]:
            yield ("verify", *procs)
            yield ("clean", "--yes", *procs)


def parsed_links(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Link, ...]:
    try:
        return tuple(map(Link.parse, texts))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def measure(kind: ServerKind, load: Load, links: Sequence[Link], variants: Sequence[Variant], rounds: int) -> tuple[str, Results]:
    """The server's name and version, and what each command took. ServerStartError: this machine has no such server."""
    results: Results = {}
    with throwaway(kind, tcp=True) as place:
        with connected(place.target) as connection:
            sql.execute(connection, "SET GLOBAL local_infile = 1")
            name = str(server_info(connection))
        for number in range(rounds + 1):  # the first one compiles modules and fills caches, over the socket only
            for link in links if number else (SOCKET,):
                for variant in random.sample(variants, len(variants)):
                    for writer in WRITERS:
                        for command, measured in _measured(place, link, variant, load, writer):
                            if number:
                                results.setdefault((link, command, variant.name), []).append(measured)
                                say(f"{kind}, round {number} of {rounds}: {link}: {command}, {variant.name}: {measured}")
    return name, results


def _measured(place: Place, link: Link, variant: Variant, load: Load, writer: str) -> Iterator[tuple[str, Measured]]:
    """Runs the commands on a new database; yields what each took, by its name."""
    with connected(place.target) as connection:
        sql.execute(connection, f"DROP DATABASE IF EXISTS {DATABASE}")
        sql.execute(connection, f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    with _network(place, link) as network:
        for command in load.commands(writer):
            target = place.target if network is None else replace(_by_tcp(place), port=network.port)
            before = network.traffic() if network else Traffic(0, 0)
            begun = time.monotonic()
            printed = _run(variant, command, target, place.home)
            seconds = time.monotonic() - begun
            traffic = (network.traffic() if network else Traffic(0, 0)) - before
            name = f"seed, {writer}" if command[0] == "seed" else command[0]
            yield name, Measured(seconds=seconds, traffic=traffic, rows_per_second=float(printed.get("rows_per_second", 0)))


@contextlib.contextmanager
def _network(place: Place, link: Link) -> Iterator[Network | None]:
    """The simulated network to the server; None: the Unix socket is used."""
    if link.socket:
        yield None
        return
    with proxy(_by_tcp(place).port, link.round_trip_ms / 2, link.mbit_per_second) as network:
        yield network


def _by_tcp(place: Place) -> Target:
    assert place.by_tcp, "the server listens on a TCP port"
    return place.by_tcp


def _run(variant: Variant, command: tuple[str, ...], target: Target, folder: Path) -> dict[str, Any]:
    """Runs the command in a new process; returns what it printed. ClickException with its output if it fails."""
    where = (
        f"localhost/{DATABASE}?unix_socket={quote(target.unix_socket)}" if target.unix_socket else f"{target.host}:{target.port}/{DATABASE}"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(variant.checkout),
        "PARLOADER_URL": f"mysql://{quote(target.user)}:{quote(target.password)}@{where}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "parloader", *command, *variant.options, "--json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)} in {variant.checkout} failed:\n{done.stdout}{done.stderr}")
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rows", type=click.IntRange(min=1), default=100_000, show_default=True, help="Rows of each load.")
@procs_option
@rounds_option
@click.option(
    "--link",
    "links",
    metavar="socket|MS[:MBIT]",
    multiple=True,
    default=DEFAULT_LINKS,
    show_default=True,
    callback=parsed_links,
    help="A link: the Unix socket, or the milliseconds of a round trip and the Mbit/s each way.",
)
@against_option
@server_option
def main(*, rows: int, procs: int, rounds: int, links: tuple[Link, ...], against: str | None, kinds: tuple[str, ...]) -> None:
    """Measure complete commands over slow links, with --compress off and auto."""
    with contextlib.ExitStack() as stack:
        variants = [Variant(name=name, checkout=HERE, options=("--compress", name)) for name in ("off", "auto")]
        if against:
            variants.insert(0, Variant(name=against, checkout=stack.enter_context(worktree(against)), options=()))
        load = Load(rows=rows, procs=procs)
        for name, results in on_each_server(kinds, lambda kind: measure(kind, load, links, variants, rounds)):
            names = [variant.name for variant in variants]
            click.echo(f"{name}; {rows:,} rows, {procs} processes, {counted(rounds, 'round')}\n\n{table(results, names)}\n")
    click.echo(LEGEND)


if __name__ == "__main__":
    main()
