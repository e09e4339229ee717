"""Measures one large run: rows/s and memory over time of seed, verify and clean of the built-in table, on a private server of its own.

Each command prints its progress every five seconds; with each line, the memory of the command, of its workers and of the server is sampled.
The samples go to growth.csv, the picture drawn from them to growth.svg (both in --write), a Markdown table to stdout.
The server's data lie in a new folder in TMPDIR, which is removed at the end. With --home they stay, so that the commands can be run
one by one: --home FOLDER --only seed, later --home FOLDER --only verify. --draw only draws the samples of an earlier run again.
"""

import contextlib
import csv
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import psutil
from compare_server import say
from growth_report import Sample, draw, table

from parloader.database.dialects import ServerKind
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected, server_info
from parloader.errors import ServerStartError

ROOT = Path(__file__).resolve().parents[1]

# Measured with 10 million rows: table, indexes, ledger, and the undo log of the clean that follows
DISK_BYTES_PER_ROW = 150

# MariaDB and MySQL keep a redo log of 1 GiB; the rest is for system tables and temporary files
DISK_BYTES_BESIDES = 2 * 2**30

# The progress lines come every five seconds or a little later; without them (counting, comparing keys) memory is sampled as often
SAMPLE_EVERY_SECONDS = 7.5

PROGRESS = re.compile(r"^(?P<step>.+): (?P<rows>[\d,]+) of [\d,]+ rows")

COMMANDS = {"seed": ("seed",), "verify": ("verify",), "clean": ("clean", "--yes")}

MIB, GIB = 2**20, 2**30


@contextlib.contextmanager
def server_in(home: Path | None, kind: ServerKind, buffer_pool: str | None) -> Iterator[PrivateServer]:
    """A running server of this kind, with a buffer pool of this size; its folder is removed at the end unless it is given. ServerStartError: this machine has no such server."""
    folder = home or Path(tempfile.mkdtemp(prefix="parloader-growth-"))
    options = (f"--innodb-buffer-pool-size={buffer_pool}",) if buffer_pool else ()
    server = PrivateServer(home=folder.absolute(), kinds=(kind,), options=options)
    try:
        with server.in_use(say):
            try:
                yield server
            finally:
                server.stop()
    finally:
        if home is None:
            shutil.rmtree(folder, ignore_errors=True)


def require_disk(folder: Path, rows: int) -> None:
    """ClickException: the rows do not fit on the folder's disk."""
    needed, free = rows * DISK_BYTES_PER_ROW + DISK_BYTES_BESIDES, shutil.disk_usage(folder).free
    say(f"{rows:,} rows need about {needed / GIB:.0f} GiB; {free / GIB:.0f} GiB are free in {folder}")
    if needed > free:
        fitting = max(free - DISK_BYTES_BESIDES, 0) // DISK_BYTES_PER_ROW // 1_000_000 * 1_000_000
        raise click.ClickException(
            f"{rows:,} rows do not fit on the disk of {folder}. Set TMPDIR to a folder on a larger one, or load fewer: --rows {fitting}"
        )


def sampled(name: str, arguments: Sequence[str], server: PrivateServer) -> list[Sample]:
    """Runs the command; returns its samples, of which the last one is taken at its end. ClickException: it failed."""
    environment = {**os.environ, "PARLOADER_URL": server.url}
    command = [sys.executable, "-m", "parloader", *arguments]
    say(f"parloader {' '.join(arguments)}")
    begun = time.monotonic()
    samples = []
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines = []
        while True:
            ready, _, _ = select.select([process.stderr], [], [], SAMPLE_EVERY_SECONDS)
            line = process.stderr.readline() if ready else ""
            if ready and not line:
                break
            lines.append(line)
            progress = PROGRESS.match(line)
            if progress or not ready:
                samples.append(_sample(name, time.monotonic() - begun, progress, process.pid, server.home))
                say(samples[-1].text)
    samples.append(_sample(name, time.monotonic() - begun, None, None, server.home))
    if process.returncode:
        raise click.ClickException(f"parloader {' '.join(arguments)} failed:\n{''.join(lines[-20:])}")
    return samples


def _sample(name: str, seconds: float, progress: re.Match[str] | None, pid: int | None, home: Path) -> Sample:
    """`pid`: the command; None: it has ended."""
    workers = [0]
    with contextlib.suppress(psutil.NoSuchProcess):
        if pid:
            for child in psutil.Process(pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    workers.append(child.memory_info().rss)
    command = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        command = psutil.Process(pid).memory_info().rss if pid else 0
    return Sample(
        command=name,
        step=progress["step"] if progress else "",
        seconds=round(seconds, 1),
        rows=int(progress["rows"].replace(",", "")) if progress else None,
        command_mib=round(command / MIB, 1),
        largest_worker_mib=round(max(workers) / MIB, 1),
        server_mib=round(psutil.Process(int((home / "pid").read_text())).memory_info().rss / MIB),
        disk_gib=round(_disk_bytes(home) / GIB, 2),
    )


def _disk_bytes(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(FileNotFoundError):  # a temporary file of the server
                total += (Path(parent) / file).lstat().st_blocks * 512
    return total


def written(samples: Sequence[Sample], file: Path) -> None:
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(Sample.FIELDS)
        writer.writerows(sample.values for sample in samples)


def read(file: Path) -> list[Sample]:
    with open(file, newline="", encoding="utf-8") as lines:
        return [Sample.parsed(line) for line in csv.DictReader(lines)]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rows", type=click.IntRange(min=1), default=100_000_000, show_default=True, help="Rows of script_execution.")
@click.option(
    "--server",
    "kind",
    type=click.Choice(ServerKind, case_sensitive=False),
    default=ServerKind.MARIADB,
    show_default=True,
    help="The server to use.",
)
@click.option("--procs", type=click.IntRange(min=1), default=2, show_default=True, help="Worker processes.")
@click.option("--writer", default="insert", show_default=True, help="The writer of seed.")
@click.option("--buffer-pool", metavar="SIZE", help="The server's innodb_buffer_pool_size.  [default: 2G, or a quarter of the memory]")
@click.option("--only", type=click.Choice(list(COMMANDS)), multiple=True, help="Run only this command. Repeatable; needs --home.")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Keep the server's data in this folder.")
@click.option(
    "--write", type=click.Path(file_okay=False, exists=True, path_type=Path), default=ROOT / "docs/images",
    help="Write growth.csv and growth.svg to this folder.  [default: docs/images]",
)  # fmt: skip
@click.option("--draw", "only_draw", is_flag=True, help="Run nothing; draw the samples in growth.csv again.")
def main(
    *,
    rows: int,
    kind: ServerKind,
    procs: int,
    writer: str,
    buffer_pool: str | None,
    only: tuple[str, ...],
    home: Path | None,
    write: Path,
    only_draw: bool,
) -> None:
    """Measure a large run of seed, verify and clean on a private server: rows/s and memory over time."""
    if only and home is None:
        raise click.UsageError("--only needs --home, because the data of the other commands have to stay")
    samples_file, picture = write / "growth.csv", write / "growth.svg"
    if only_draw:
        samples = read(samples_file)
    else:
        samples = [sample for sample in read(samples_file) if sample.command not in only] if only and samples_file.exists() else []
        if "seed" in (only or COMMANDS):
            require_disk(home or Path(tempfile.gettempdir()), rows)
        try:
            with server_in(home, kind, buffer_pool) as server:
                with connected(server.target) as connection:
                    say(str(server_info(connection)))
                for name in only or COMMANDS:
                    arguments = [*COMMANDS[name], "--procs", str(procs)]
                    if name == "seed":
                        arguments += ["--rows", str(rows), "--writer", writer]
                    samples += sampled(name, arguments, server)
                    written(samples, samples_file)
        except ServerStartError as error:
            raise click.ClickException(error.message) from error
    draw(samples, picture)
    say(f"wrote {samples_file} and {picture}")
    click.echo(table(samples))


if __name__ == "__main__":
    main()
