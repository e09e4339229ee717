"""Injects faults into loads, verifies and cleans, several a second, on private servers, and checks after each round that nothing is lost.

A round seeds a table, verifies and cleans it, while faults strike and an application works in the same tables. After each step: every row
is there exactly once, no row of the application has changed, and no process, session or table is left behind. The random seed decides the
rounds and their faults, but not the exact timing. Exit code 1: a guarantee was broken; the servers' data and the log are kept.
"""

import contextlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import click
from report_section import write_section
from soak_checks import Finding
from soak_report import HEADINGS, Round, kind_rows, markdown
from soak_round import SoakedTable, Work, place
from support.loads import end_all
from support.proxy import Proxy
from support.servers import DURABLE_OPTIONS, KINDS, TEST_REDO_LOG_BYTES, TestServer, until_gone

from parloader.cli.terminal.text_tables import aligned
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected, server_info
from parloader.errors import ServerStartError

# A commit is written to the log file, so that it outlives a server that is killed, but not flushed to the disk, which this never switches off
OPTIONS = (*DURABLE_OPTIONS, "--innodb-flush-log-at-trx-commit=2")

ROWS = 100_000

MAX_RATE = 2500


def say(message: str) -> None:
    click.echo(message, err=True)


@contextlib.contextmanager
def private_server(home: Path, name: str) -> Iterator[PrivateServer]:
    """A private server that keeps what it has committed, until the end of the block."""
    server = PrivateServer(home=home, kinds=(KINDS[name],), redo_log_bytes=TEST_REDO_LOG_BYTES, options=OPTIONS)
    server.start(lambda _: None, port=0)
    try:
        yield server
    finally:
        server.stop()
        until_gone(home)


@dataclass(kw_only=True)
class Soak:
    """Rounds on one or two servers at once, until there have been enough faults."""

    seed: int
    hits: int
    minutes: float
    rows: int
    home: Path
    log_file: IO[str]
    first_round: int = 1
    rounds: list[Round] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, names: Sequence[str]) -> None:
        """Runs rounds on these servers, each in a thread."""
        self._begun = time.monotonic()
        with contextlib.ExitStack() as stack:
            stack.callback(end_all)
            servers = [(name, stack.enter_context(private_server(self.home / name, name))) for name in names]
            for _, server in servers:
                with connected(server.target) as connection:
                    self.versions.append(str(server_info(connection)))
            threads = [threading.Thread(target=self._rounds, args=(name, server), daemon=True) for name, server in servers]
            for thread in threads:
                thread.start()
            try:
                for thread in threads:
                    thread.join()
            except KeyboardInterrupt:
                self.failures.append("interrupted")
                raise

    @property
    def minutes_spent(self) -> float:
        return (time.monotonic() - self._begun) / 60

    @property
    def is_over(self) -> bool:
        return bool(self.failures) or sum(each.hits for each in self.rounds) >= self.hits or self.minutes_spent >= self.minutes

    def _rounds(self, name: str, server: PrivateServer) -> None:
        number = self.first_round
        try:
            while not self.is_over:
                self._round(name, server, number)
                number += 1
        except Exception as error:
            if not self.failures:  # otherwise the servers are being stopped
                self.failures.append(f"round {number} on {name}: {error!r}")
                if not isinstance(error, Finding):
                    raise

    def _round(self, name: str, server: PrivateServer, number: int) -> None:
        chance = random.Random(f"{self.seed} {name} {number}")
        work = Work.some(chance, self.rows, MAX_RATE)
        result = Round(server=name, seed=self.seed, what=f"round {number}: {work}", rows=work.rows, log_file=self.log_file)
        folder = self.home / f"{name}-{number}"
        folder.mkdir()
        begun = time.monotonic()
        try:
            with place(TestServer(name, server.target), f"soak_{number}", folder, server, Proxy) as where:
                SoakedTable(where, work, result, chance).run()
        finally:
            with self._lock:
                self.rounds.append(result)
                result.log_end()
        seconds = time.monotonic() - begun
        codes = ", ".join(f"{code} ({count})" for code, count in sorted(result.exit_codes.items()))
        hits = sum(each.hits for each in self.rounds)
        say(f"{name}, {result.what}: {result.hits} hits in {seconds:.0f} s; exit codes: {codes}; {hits:,} hits in all")
        shutil.rmtree(folder)


@click.command(help=__doc__)
@click.option("--hits", type=click.IntRange(min=1), default=10_000, show_default=True, help="Stop after this many faults that hit.")
@click.option("--minutes", type=click.FloatRange(min=0), default=120.0, show_default=True, help="Stop after this time at the latest.")
@click.option("--seed", type=int, default=lambda: random.SystemRandom().randrange(10**6), help="Random seed.  [default: a new one]")
@click.option("--server", type=click.Choice([*KINDS, "both"]), default="both", show_default=True)
@click.option("--rows", type=click.IntRange(min=100), default=ROWS, show_default=True, help="The most rows of a round.")
@click.option("--first-round", type=click.IntRange(min=1), default=1, help="Begin with this round: to repeat one that failed.")
@click.option("--log", "log_path", type=click.Path(path_type=Path), help="Write a JSON line for each fault to this file.")
@click.option("--report", type=click.Path(path_type=Path, exists=True), help="Write the table into its section of this document.")
def main(
    hits: int, minutes: float, seed: int, server: str, rows: int, first_round: int, log_path: Path | None, report: Path | None
) -> None:
    names = [*KINDS] if server == "both" else [server]
    command = f"scripts/soak --seed {seed} --hits {hits}" + ("" if server == "both" else f" --server {server}")
    say(command)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped
    home = Path(tempfile.mkdtemp(prefix="soak-"))
    with open(log_path or home / "faults.jsonl", "w") as log_file:
        soak = Soak(seed=seed, hits=hits, minutes=minutes, rows=rows, home=home, log_file=log_file, first_round=first_round)
        try:
            soak.run(names)
        except ServerStartError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            say("interrupted")
    click.echo("\n".join(aligned([HEADINGS, *kind_rows(soak.rounds)])))
    if soak.failures:
        for failure in soak.failures:
            say(f"FAILED, seed {seed}, {failure}")
        say(f"the servers' data and logs, what the commands said, and the log of the faults: {home}")
        sys.exit(1)
    if report:
        write_section(report, "scripts/soak", markdown(soak.rounds, command=command, servers=soak.versions, minutes=soak.minutes_spent))
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
