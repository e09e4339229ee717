"""What one target takes: the rate of whole commands on a private server of this machine, and the size of the rows on its disk."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click
from compare_client import TABLE
from compare_loaders import PARLOADER_COMMAND, url_of
from compare_server import Place, say, throwaway
from scale_table import markdown

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info
from parloader.rows.writer_names import WriterName

HEADINGS = ("server", "writer", "seed, rows/s", "verify ÷ seed", "clean ÷ seed", "disk, bytes per row")


@dataclass(frozen=True, kw_only=True)
class TargetCost:
    """Seconds of whole commands in one round, and the size of the table's file after seed."""

    rows: int
    seed_seconds: float
    verify_seconds: float
    clean_seconds: float
    table_bytes: int


@dataclass(frozen=True, kw_only=True)
class ParloaderRun:
    """Runs commands of this checkout on a place's database, without the user's settings."""

    place: Place

    def seconds(self, *arguments: str) -> float:
        """The duration of the command. ClickException with its output if it fails."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLOADER_")}
        environment = {**kept, "PARLOADER_URL": url_of(self.place.target)}
        begun = time.monotonic()
        done = subprocess.run(
            [*PARLOADER_COMMAND, *arguments], env=environment, cwd=self.place.home, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise click.ClickException(f"parloader {' '.join(arguments)} failed: {done.stderr[-2000:]}")
        return time.monotonic() - begun


def measure(kind: ServerKind, rows: int, procs: int, rounds: int) -> tuple[str, dict[WriterName, list[TargetCost]]]:
    """The server's name and version, and the cost of each writer in each round. ServerStartError: this machine has no such server."""
    found: dict[WriterName, list[TargetCost]] = {name: [] for name in WriterName}
    with throwaway(kind, tcp=False) as place:
        with connected(place.target) as connection:
            version = str(server_info(connection))
            folder = Path(str(sql.value(connection, "SELECT @@datadir"))) / place.target.database
        run = ParloaderRun(place=place)
        for number in range(1, rounds + 1):
            for writer in WriterName:
                found[writer].append(_round(run, folder, rows, procs, writer))
            say(f"{kind}: round {number} of {rounds}")
    return version, found


def _round(run: ParloaderRun, folder: Path, rows: int, procs: int, writer: WriterName) -> TargetCost:
    workers = f"--procs={procs}"
    seed_seconds = run.seconds("seed", f"--rows={rows}", workers, f"--writer={writer}", "--quiet")
    table_bytes = (folder / f"{TABLE}.ibd").stat().st_size
    return TargetCost(
        rows=rows,
        seed_seconds=seed_seconds,
        table_bytes=table_bytes,
        verify_seconds=run.seconds("verify", workers, "--quiet"),
        clean_seconds=run.seconds("clean", "--yes", workers, "--quiet"),
    )


def table(costs: dict[str, dict[WriterName, list[TargetCost]]]) -> str:
    """A Markdown table with a line for each server and writer: medians of the rounds."""
    return markdown(
        HEADINGS, [_line(server, writer, rounds) for server, by_writer in costs.items() for writer, rounds in by_writer.items()]
    )


def _line(server: str, writer: WriterName, rounds: Sequence[TargetCost]) -> tuple[str, ...]:
    return (
        server,
        writer,
        f"{median(cost.rows / cost.seed_seconds for cost in rounds):,.0f}",
        f"{median(cost.verify_seconds / cost.seed_seconds for cost in rounds):.2f}",
        f"{median(cost.clean_seconds / cost.seed_seconds for cost in rounds):.2f}",
        f"{median(cost.table_bytes / cost.rows for cost in rounds):.0f}",
    )
