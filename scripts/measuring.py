"""What the scripts that measure commands share: their options, each server in turn, and this checkout beside an earlier commit."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import click
from compare_server import Place, say

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.session import connected
from parloader.errors import ServerStartError

T = TypeVar("T")

HERE = Path(__file__).resolve().parent.parent

KINDS = (ServerKind.MARIADB, ServerKind.MYSQL)

# An installed package has its bytecode, so no version compiles its modules each time, whatever the caller's environment says
NO_BYTECODE = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")

rows_option = click.option("--rows", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Rows in each load.")

procs_option = click.option("--procs", type=click.IntRange(min=1), default=2, show_default=True, help="Worker processes.")

rounds_option = click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Interleaved rounds.")

against_option = click.option("--against", metavar="COMMIT", help="An earlier commit to measure as well.")

server_option = click.option(
    "--server",
    "kinds",
    type=click.Choice(KINDS, case_sensitive=False),
    multiple=True,
    default=KINDS,
    help="The server to use.  [default: both]",
)


def on_each_server(kinds: Sequence[str], measure: Callable[[ServerKind], T]) -> Iterator[T]:
    """What is measured on each server. A server that this machine does not have is left out."""
    for kind in map(ServerKind, kinds):
        try:
            found = measure(kind)
        except ServerStartError as error:
            say(f"left out: {error.message}")
        else:
            yield found


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one run of a command. `cpu_seconds`: of the command and its workers."""

    seconds: float
    cpu_seconds: float


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


def new_database(place: Place, name: str) -> str:
    """Creates the database; returns its URL."""
    with connected(place.target) as connection:
        sql.execute(connection, f"CREATE DATABASE {sql.quote(name)}")
    return f"mysql://root:@localhost/{name}?unix_socket={quote(str(place.target.unix_socket))}"


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


@contextlib.contextmanager
def checkouts(against: str | None) -> Iterator[dict[str, Path]]:
    """This checkout, "now", and that of the commit to compare with, "before"."""
    with contextlib.ExitStack() as stack:
        found = {"now": HERE}
        if against is not None:
            found["before"] = stack.enter_context(worktree(against))
        yield found
