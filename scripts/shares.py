"""Measures how long complete verify and clean commands take, as shares of the time of the seed before them.

With --against, an earlier commit of this repository is measured as well, in its own database on the same private server; the runs are
interleaved. A table for each server goes to stdout, a line for each command to stderr.
"""

import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click
from compare_server import Place, say, throwaway
from measuring import (
    Version,
    against_option,
    checkouts,
    new_database,
    on_each_server,
    procs_option,
    rounds_option,
    rows_option,
    server_option,
)

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info
from parloader.quantities import counted

COMMANDS = ("seed", "verify", "clean")

# How long InnoDB may take to remove the deleted rows for good and to write its dirty pages
SETTLE_SECONDS = 120.0

# The server itself dirties a page now and then, and leaves the newest transactions in its history, so neither number has to reach zero
FEW_PAGES, FEW_TRANSACTIONS = 20, 20

HISTORY = "SELECT count FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'"

HEADINGS = ("", "command", "seconds", "share of seed", "client CPU s", "server CPU s")

LEGEND = (
    "Medians over all rounds. Share: the median of the rounds' ratios. CPU: while the command ran. "
    "Purge: what InnoDB does after clean has ended, to remove the deleted rows for good and to write its pages."
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one command, or of what the server does after it."""

    seconds: float
    client_seconds: float
    server_seconds: float


Round = Mapping[str, Cost]
"""Command → its cost."""


def run_round(place: Place, version: Version, rows: int, procs: int) -> Round:
    """Seeds, verifies and cleans the table; then waits until the server is idle."""
    arguments = {"seed": ("--rows", str(rows)), "verify": (), "clean": ("--yes",)}
    costs = {}
    for command in COMMANDS:
        before = place.cpu_seconds()
        cost = version.run((command, *arguments[command], "--procs", str(procs), "--quiet"), place.home)
        costs[command] = Cost(seconds=cost.seconds, client_seconds=cost.cpu_seconds, server_seconds=place.cpu_seconds() - before)
        cpu = f"CPU {cost.cpu_seconds:.2f} s, the server's {costs[command].server_seconds:.2f} s"
        say(f"{place.kind}: {version.checkout.name}: {command} took {cost.seconds:.2f} s ({cpu})")
    before, begun = place.cpu_seconds(), time.monotonic()
    settle(place)
    costs["purge"] = Cost(seconds=time.monotonic() - begun, client_seconds=0.0, server_seconds=place.cpu_seconds() - before)
    return costs


def settle(place: Place) -> None:
    """Waits until InnoDB has purged the deleted rows and written the dirty pages, which would slow down the next command."""
    with connected(place.target) as connection:
        dirty = sql.value(connection, "SELECT @@GLOBAL.innodb_max_dirty_pages_pct")
        sql.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = 0")
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            pages = int(sql.row(connection, "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")[1])
            if pages <= FEW_PAGES and sql.value(connection, HISTORY) <= FEW_TRANSACTIONS:
                break
            time.sleep(0.02)
        else:
            say(f"{place.kind}: the server is still busy after {SETTLE_SECONDS:.0f} s; continuing")
        sql.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = %s", dirty)


def measure(kind: ServerKind, checkouts: Mapping[str, Path], *, rows: int, procs: int, rounds: int) -> tuple[str, dict[str, list[Round]]]:
    """The server's name and version, and the rounds of each checkout. ServerStartError: this machine has no such server."""
    measured: dict[str, list[Round]] = {name: [] for name in checkouts}
    with throwaway(kind, tcp=False) as place:
        with connected(place.target) as connection:
            sql.execute(connection, "SET GLOBAL innodb_monitor_enable = 'trx_rseg_history_len'")
        versions = {name: Version(checkout=checkout, url=new_database(place, name)) for name, checkout in checkouts.items()}
        for version in versions.values():  # compiles modules
            run_round(place, version, 1000, procs)
        for _ in range(rounds):
            for name in random.sample(list(versions), len(versions)):
                measured[name].append(run_round(place, versions[name], rows, procs))
        with connected(place.target) as connection:
            return str(server_info(connection)), measured


def table(measured: Mapping[str, Sequence[Round]]) -> str:
    """A Markdown table with a line for each checkout and command."""
    lines = [" | ".join(HEADINGS), " | ".join(["---"] * 2 + ["---:"] * (len(HEADINGS) - 2))]
    for name, rounds in measured.items():
        for command in rounds[0]:
            costs = [of[command] for of in rounds]
            cells = (
                name,
                command,
                f"{median(cost.seconds for cost in costs):.2f}",
                f"{median(of[command].seconds / of['seed'].seconds for of in rounds):.2f}",
                f"{median(cost.client_seconds for cost in costs):.2f}",
                f"{median(cost.server_seconds for cost in costs):.2f}",
            )
            lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@rows_option
@procs_option
@rounds_option
@server_option
@against_option
def main(*, rows: int, procs: int, rounds: int, kinds: tuple[str, ...], against: str | None) -> None:
    """Measure verify and clean, as shares of seed, on a private server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # cleans up, as Ctrl-C does
    with checkouts(against) as found:
        for name, measured in on_each_server(kinds, lambda kind: measure(kind, found, rows=rows, procs=procs, rounds=rounds)):
            click.echo(f"{name}; {rows:,} rows, {procs} processes, {counted(rounds, 'round')}\n\n{table(measured)}\n")
    click.echo(LEGEND)


if __name__ == "__main__":
    main()
