"""Measures how long complete parloader commands take on a running server, compared with an earlier commit of this repository.

The same interpreter runs both versions, each in its own database on the same private server. Their runs are interleaved, so that noise
affects both alike. A table for each server goes to stdout, a line for each round to stderr.
"""

import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click
from compare_server import Place, say, throwaway
from startup_report import LEGEND, Cost, Pair, table

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info
from parloader.errors import ServerStartError

HERE = Path(__file__).resolve().parent.parent

SEED = ("seed", "--rows", "1000")

# In this order, so that every round starts from the same state: clean removes what the other commands have left
MEASURED = (
    (*SEED, "--new-run", "--procs", "1"),
    (*SEED, "--new-run", "--procs", "4"),
    ("verify",),
    ("status",),
    ("plan", "--rows", "1000"),
    ("clean", "--yes"),
)

# An installed package has its bytecode, so neither version compiles its modules each time, whatever the caller's environment says
NO_BYTECODE = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")

KINDS = (ServerKind.MARIADB, ServerKind.MYSQL)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A checkout of parloader and the database that it uses."""

    checkout: Path
    url: str

    def run(self, command: tuple[str, ...], folder: Path) -> Cost:
        """Runs the command in a new process. ClickException with its output if it fails."""
        kept = {name: value for name, value in os.environ.items() if name not in NO_BYTECODE}
        environment = {**kept, "PYTHONPATH": str(self.checkout), "PARLOADER_URL": self.url}
        with tempfile.TemporaryFile() as printed:
            begun = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", "parloader", *command], stdout=printed, stderr=printed, cwd=folder, env=environment
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                printed.seek(0)
                raise click.ClickException(f"{' '.join(command)} in {self.checkout} failed:\n{printed.read().decode(errors='replace')}")
        return Cost(seconds=seconds, cpu_seconds=usage.ru_utime + usage.ru_stime)


@contextlib.contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """A checkout of the commit in a temporary folder, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="parloader-startup-") as folder:
        path = Path(folder) / "checkout"
        done = subprocess.run(["git", "worktree", "add", "--detach", path, commit], cwd=HERE, capture_output=True, text=True)
        if done.returncode:
            raise click.ClickException(f"git cannot check out {commit}: {done.stderr.strip()}")
        try:
            yield path
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", path], cwd=HERE, check=True, capture_output=True)


def measure(kind: ServerKind, before: Path, rounds: int) -> tuple[str, dict[str, list[Pair]]]:
    """The server's name and version, and the cost of each command in each round. ServerStartError: this machine has no such server."""
    pairs: dict[str, list[Pair]] = {" ".join(command): [] for command in MEASURED}
    with throwaway(kind, tcp=False) as place:
        versions = [Version(checkout=checkout, url=_database(place, name)) for checkout, name in ((HERE, "now"), (before, "before"))]
        for number in range(rounds + 1):  # the first one compiles modules and fills caches
            for version in versions:
                version.run(SEED, place.home)
            for command in MEASURED:
                order = random.sample(versions, 2)
                costs = {version.checkout: version.run(command, place.home) for version in order}
                if number:
                    pairs[" ".join(command)].append(Pair(now=costs[HERE], before=costs[before]))
            say(f"{kind}: round {number} of {rounds}")
        with connected(place.target) as connection:
            return str(server_info(connection)), pairs


def _database(place: Place, name: str) -> str:
    """Creates the database; returns its URL."""
    with connected(place.target) as connection:
        sql.execute(connection, f"CREATE DATABASE {sql.quote(name)}")
    return f"mysql://root:@localhost/{name}?unix_socket={quote(str(place.target.unix_socket))}"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--against", metavar="COMMIT", default="3236df8", show_default=True, help="The commit to compare with.")
@click.option("--rounds", type=click.IntRange(min=1), default=10, show_default=True, help="How often each command is measured.")
@click.option(
    "--server",
    "kinds",
    type=click.Choice(KINDS, case_sensitive=False),
    multiple=True,
    default=KINDS,
    help="The server to use.  [default: both]",
)
def main(*, against: str, rounds: int, kinds: tuple[str, ...]) -> None:
    """Measure complete commands on a running private server, in this checkout and in an earlier commit."""
    with worktree(against) as before:
        for kind in map(ServerKind, kinds):
            try:
                name, pairs = measure(kind, before, rounds)
            except ServerStartError as error:
                say(f"left out: {error.message}")
            else:
                click.echo(f"{name}; before: {against}\n\n{table(pairs)}\n")
    click.echo(LEGEND)


if __name__ == "__main__":
    main()
