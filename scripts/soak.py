"""Runs loads under random faults, on private servers, and checks that every row exists exactly once and that clean leaves nothing behind.

The random seed, printed first, decides the loads and their faults, but not the exact timing. The summary goes to stdout, a line for each
load to stderr. Exit code 1: rows were lost or duplicated, a batch was half written, something was left behind, or an error was unclear.
"""

import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
from soak_faults import Place, Scene, done, some_fault
from support.faults import ordinary_account
from support.loads import Ended, Load, Plan, end_all, found, has_committed, launched
from support.proxy import proxy
from support.servers import DURABLE_OPTIONS, TEST_REDO_LOG_BYTES, Database, TestServer, until_gone

from parloader.database.dialects import ServerKind
from parloader.database.private_server.server import PrivateServer
from parloader.errors import ServerStartError

KINDS = {"mariadb": ServerKind.MARIADB, "mysql": ServerKind.MYSQL}

ROWS = (0, 1, 997, 10_007, 20_000, 20_000, 40_000, 40_000)

BATCHES = (1, 100, 500, 500, 500, 3000, 50_000)

# Every batch is a transaction; more of them would only make the load slow
MAX_BATCHES = 400

RETRY_SECONDS = (0.5, 10.0)

# One fault in four strikes while the load starts, the others after some share of the rows; each lasts for a random time
BEGINNING_SECONDS = 1.5

LONGEST_FAULT_SECONDS = 7.0

# How many repetitions of the command may be needed after the fault is over
MAX_RERUNS = 1

# The documented exit codes, and the signals that are sent to the parent
EXIT_CODES = {0, 1, 3, 4, 130, -9, -15}


def say(message: str) -> None:
    click.echo(message, err=True)


@dataclass
class Tally:
    """The counts that are printed at the end."""

    loads: int = 0
    reruns: int = 0
    lost: int = 0
    doubled: int = 0
    orphans: int = 0
    half_batches: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    exit_codes: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        counts = {
            "loads": self.loads,
            "re-runs needed": self.reruns,
            "rows lost": self.lost,
            "rows doubled": self.doubled,
            "orphans": self.orphans,
            "half batches": self.half_batches,
            **{f"exit code {code}": count for code, count in sorted(self.exit_codes.items())},
            **{f"fault: {name}": count for name, count in sorted(self.faults.items())},
        }
        width = max(map(len, counts))
        return (f"{name:{width}} {count:7,}" for name, count in counts.items())


class Wrong(Exception):
    """parloader broke one of its guarantees."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Wrong(what)


@contextmanager
def place(home: Path, kind: ServerKind) -> Iterator[Place]:
    """A private server of this kind in this folder. ServerStartError: this machine has no such server."""
    server = PrivateServer(home=home, kinds=(kind,), redo_log_bytes=TEST_REDO_LOG_BYTES, options=DURABLE_OPTIONS)
    server.start(lambda _: None, port=0)
    try:
        everything = Database(TestServer(str(kind), server.target), server.target, home)
        with ordinary_account(everything) as owned, proxy((owned.target.host, owned.target.port)) as between:
            yield Place(server=server, database=replace(owned, target=replace(owned.target, port=between.port)), between=between)
    finally:
        server.stop()
        until_gone(home)


def some_plan(chance: random.Random) -> Plan:
    rows = chance.choice(ROWS)
    return Plan(
        rows=rows,
        procs=chance.randint(1, 4),
        batch=chance.choice([batch for batch in BATCHES if rows <= batch * MAX_BATCHES]),
        writer=chance.choice(("insert", "load-data")),
        retry_seconds=chance.choice(RETRY_SECONDS),
        max_rate=chance.choice((None, 20_000)),
    )


def end(load: Load) -> Ended:
    try:
        ended = load.end()
    except subprocess.TimeoutExpired as error:
        raise Wrong(f"it does not end: {error}") from error
    require(
        ended.code in EXIT_CODES and not ended.unclear,
        f"exit code {ended.code}, {ended.unclear or 'which is not documented'}: {ended.stderr}",
    )
    return ended


def after(database: Database, *arguments: str) -> None:
    process = database.process(*arguments)
    stdout, stderr = process.communicate()
    require(process.returncode == 0, f"{arguments}: exit code {process.returncode}\n{stdout}{stderr}")


def one_load(where: Place, chance: random.Random, tally: Tally) -> str:
    """Runs a load with a fault and checks the result; returns a description. Wrong: parloader broke a guarantee."""
    plan, beginning = some_plan(chance), chance.random() < 1 / 4
    name, fault = some_fault(chance, plan.writer)
    when, lasts_seconds = chance.random(), chance.uniform(0, LONGEST_FAULT_SECONDS)
    start = f"{when * BEGINNING_SECONDS:.2f} s" if beginning else f"{int(when * plan.rows):,} rows"
    what = f"{where.server.kinds[0]}, {name} after {start} for {lasts_seconds:.2f} s, parloader {' '.join(plan.command)}"
    tally.loads += 1
    try:
        load = launched(where.database, plan)
        if beginning:
            time.sleep(when * BEGINNING_SECONDS)
        else:
            has_committed(load, int(when * plan.rows))
        with done(fault, Scene(place=where, load=load, chance=chance)) as hit:
            tally.faults[name if hit else "none (too early or too late)"] += 1
            if hit:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    load.process.wait(lasts_seconds)
        code = proven(load, where.database, plan, tally)
        return f"{what}: exit code {code}"
    except Wrong as wrong:
        raise Wrong(f"{what}: {wrong}") from wrong


def proven(load: Load, database: Database, plan: Plan, tally: Tally) -> int:
    first = ended = end(load)
    tally.exit_codes[ended.code] += 1
    for _ in range(MAX_RERUNS + 1):
        left, there = load.orphans(), found(database, plan)
        tally.orphans += len(left)
        tally.half_batches += there.half_batches
        require(not left, f"left running: {left}")
        require(not there.half_batches, f"{there.half_batches} half batches: {there}")
        if ended.code == 0:
            break
        tally.reruns += 1
        load = launched(database, plan)
        ended = end(load)
    require(ended.code == 0, f"a plain re-run ends with {ended.code}: {ended.stderr}")
    tally.lost += there.lost(plan)
    tally.doubled += there.doubled
    require(not there.lost(plan) and not there.doubled, f"{there.lost(plan)} rows lost, {there.doubled} doubled")
    after(database, "verify")
    after(database, "clean", "--yes")
    left_over = database.rows("SHOW TABLES")
    require(not left_over, f"clean leaves {left_over}")
    return first.code


def soak(seed: int, minutes: float, kinds: tuple[ServerKind, ...], home: Path) -> Tally:
    """Runs loads until the time is over or one fails."""
    tally, chance = Tally(), random.Random(seed)
    over = time.monotonic() + 60 * minutes
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(place(home / str(kind), kind)) for kind in kinds]
        stack.callback(end_all)
        while not tally.loads or time.monotonic() < over:
            where = places[tally.loads % len(places)]
            try:
                say(f"{tally.loads + 1}: {one_load(where, chance, tally)}")
            except Wrong as wrong:
                tally.failures.append(f"load {tally.loads} of seed {seed}: {wrong}")
                return tally
    return tally


@click.command(help=__doc__)
@click.option("--minutes", type=click.FloatRange(min=0), default=10.0, show_default=True, help="How long to run (at least one load).")
@click.option("--seed", type=int, default=lambda: random.SystemRandom().randrange(10**6), help="Random seed.  [default: a new one]")
@click.option("--server", type=click.Choice([*KINDS, "both"]), default="both", show_default=True)
def main(minutes: float, seed: int, server: str) -> None:
    kinds = tuple(KINDS.values()) if server == "both" else (KINDS[server],)
    say(f"seed {seed}: scripts/soak --minutes {minutes:g} --seed {seed} --server {server}")
    home = Path(tempfile.mkdtemp(prefix="parloader-soak-"))
    try:
        tally = soak(seed, minutes, kinds, home)
    except ServerStartError as error:
        raise click.ClickException(str(error)) from error
    for line in tally.lines():
        click.echo(line)
    if tally.failures:
        (home / "failures.txt").write_text("\n".join(tally.failures))
        for failure in tally.failures:
            say(f"FAILED: {failure}")
        say(f"the servers' data and logs, and what failed: {home}")
        sys.exit(1)
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
