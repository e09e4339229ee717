"""Measures how long it takes to save and restore a snapshot of a private server with a seeded database.

Each round saves a snapshot, and restores it three ways: as a complete command with the server stopped; the same
until the server accepts connections again; and with a server that `server start` keeps running.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import click
import psutil
from compare_server import say
from measuring import on_each_server, rounds_option, rows_option, server_option

from parloader.database.dialects import ServerKind
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer
from parloader.operations import snapshot

COLUMNS = ("save", "restore", "restore and start", "restore, server running")


@contextmanager
def seeded(kind: ServerKind, rows: int) -> Iterator[PrivateServer]:
    """A private server in a new folder, not running, with so many rows of the built-in example."""
    home = Path(tempfile.mkdtemp(prefix="parloader-snapshots-"))
    server = PrivateServer(home=home, kinds=(kind,))
    try:
        with server.in_use(_quiet):
            subprocess.run(
                [sys.executable, "-m", "parloader", "seed", "--rows", str(rows), "--quiet", "--url", server.url],
                check=True,
                stdout=subprocess.PIPE,
            )
        yield server
        server.stop()
    finally:
        _until_ended(server)
        shutil.rmtree(home)


def _quiet(_: str) -> None:
    pass


def _until_ended(server: PrivateServer) -> None:
    """Waits for the end of a server that nobody uses."""
    while process := server.process():
        psutil.wait_procs([process])


def measure(kind: ServerKind, rows: int, rounds: int) -> tuple[str, int, bool, dict[str, float]]:
    """The server, the bytes of the snapshot, whether its blocks are shared, and the medians in seconds. ServerStartError: there is no such server."""
    found: dict[str, list[float]] = {name: [] for name in COLUMNS}
    with seeded(kind, rows) as server:
        for number in range(rounds):
            _until_ended(server)
            found["save"].append(snapshot.save(server, "measured", replace=True).seconds)
            begun = time.monotonic()
            restored = snapshot.restore(server, "measured")
            found["restore"].append(time.monotonic() - begun)
            server.start(_quiet, 0)
            found["restore and start"].append(time.monotonic() - begun)
            found["restore, server running"].append(snapshot.restore(server, "measured").seconds)
            server.stop()
            say(f"{kind}: round {number + 1} of {rounds}: {', '.join(f'{name} {times[-1]:.2f} s' for name, times in found.items())}")
        (saved,) = snapshot.list_snapshots(server)
    return str(find_binary((kind,))), saved.stored_bytes, restored.shares_blocks, {name: median(times) for name, times in found.items()}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@rows_option
@rounds_option
@server_option
def main(*, rows: int, rounds: int, kinds: tuple[str, ...]) -> None:
    """Measure parloader snapshot save and restore on a server with the built-in example."""
    click.echo(f"| server | {rows:,} rows | blocks | {' | '.join(COLUMNS)} |")
    click.echo("|---|---:|---|---:|---:|---:|---:|")
    for name, size, shared, times in on_each_server(kinds, lambda kind: measure(kind, rows, rounds)):
        shown = " | ".join(f"{times[column]:.2f} s" for column in COLUMNS)
        click.echo(f"| {name} | {size / 2**20:,.0f} MiB | {'shared' if shared else 'copied'} | {shown} |")


if __name__ == "__main__":
    main()
