"""Tries every table of the schemas in tests/schemas and of real applications, on private servers.

Applications come from package registries and are installed, once, into a folder of their own in .applications. Prints a line for each table
to stderr; writes the results to --json, one per line, and as a page to --write. Exit code 1: a trial failed.
"""

import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import click
from schemas_applications import APPLICATIONS, created, installation, installed
from schemas_model import SERVERS, Application, NotToBeHad, Place
from schemas_report import Tried, page
from schemas_results import About, LeftOut, Results, Shard, add, read
from schemas_server import KINDS, Server, running
from schemas_sources import Schema, database, load, own_schemas
from schemas_trial import Outcome, Trial, before_trials, try_table

from parloader.database.target import Target
from parloader.errors import ServerStartError

DEFAULT_ROWS = 2000


def say(message: str) -> None:
    click.echo(message, err=True)


stopped: Event | threading.Event = threading.Event()
"""Set when no further table is to be tried."""


def _stop_with_parent(now: Event) -> None:
    """In a process of the pool: `stopped` is the event that its parent sets. The parent decides what a signal means."""
    global stopped
    stopped = now
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A schema to try on a server. `done`: tables whose outcome is already known."""

    source: Schema | Application
    server: Server
    rows: int
    file: Path
    shard: Shard
    done: frozenset[str]


def run(task: Task) -> None:
    """Tries the tables of this shard and appends each result to the file at once. After a trial that changed the database it is created again."""
    source, server = task.source, task.server
    try:
        schema = _schema(task)
    except NotToBeHad as why:
        add(task.file, LeftOut(schema=source.name, server=server.kind, why=str(why)))
        say(f"{server.kind} {source.name} is left out: {why}")
        return
    with ExitStack() as stack:
        left, total, check = None, 0, None
        while (left is None or left) and not stopped.is_set():
            with database(server.target, _database_name(source)) as target:
                tables = load(schema, target)
                if left is None:
                    left = [table for table in tables if table not in task.done and task.shard.has(source.name, table)]
                    total = len(left)
                if check is None and isinstance(source, Application):
                    check = stack.enter_context(source.checks(installation(source), _place(server, target)))
                before = before_trials(target)
                while left and not stopped.is_set():
                    trial = try_table(source.name, server.kind, target, left.pop(0), task.rows, before, check)
                    add(task.file, trial)
                    say(
                        f"[{total - len(left)}/{total}] {trial.server} {trial.schema}.{trial.table}: {trial.outcome} {trial.reason}".rstrip()
                    )
                    if trial.changed:
                        break


def _database_name(source: Schema | Application) -> str:
    return f"schema_{source.name.replace('-', '_')}"


def _place(server: Server, target: Target) -> Place:
    return Place(kind=server.kind, target=target, tcp=replace(server.tcp, database=target.database))


def _schema(task: Task) -> Schema:
    """What is to be loaded; an application creates its tables once, in a database of its own. Adds what the report says about it."""
    source, server = task.source, task.server
    about = About(schema=source.name, server=server.kind, version=server.version, rows=task.rows)
    if isinstance(source, Schema):
        add(task.file, replace(about, origin=source.origin, own=True, about=source.about))
        return source
    with database(server.target, _database_name(source)) as target:
        made = created(source, _place(server, target), server.version)
    add(task.file, replace(about, origin=made.origin, about=f"Tables created by {source.how}.", skipped=made.skipped))
    return Schema(name=source.name, kinds=source.kinds, origin=made.origin, statements=made.statements)


def wanted(only: Sequence[str]) -> list[Schema | Application]:
    """The schemas, applications first because they take longest. UsageError: there is no such schema."""
    known: dict[str, Schema | Application] = {**APPLICATIONS, **{schema.name: schema for schema in own_schemas()}}
    groups = {"applications": [*APPLICATIONS], "own": [name for name in known if name not in APPLICATIONS]}
    if unknown := sorted(set(only) - {*known, *groups}):
        raise click.UsageError(f"no schema {unknown[0]}; there are {', '.join(sorted(known))}; and applications, own")
    names = {name for each in only for name in groups.get(each, [each])}
    return [source for name, source in known.items() if not only or name in names]


def try_all(servers: Sequence[Server], sources: Sequence[Schema | Application], rows: int, file: Path, shard: Shard) -> None:
    """Tries two schemas at a time: each needs a process here and one in the server."""
    settled = {(t.schema, t.server, t.table) for t in read([file]).trials if t.outcome is not Outcome.FAILED}
    context = get_context("spawn")
    stop = context.Event()
    with ExitStack() as stack:
        pool = stack.enter_context(ProcessPoolExecutor(2, mp_context=context, initializer=_stop_with_parent, initargs=(stop,)))
        # when a signal ends this: the tables at work are cleaned, no further ones are tried, and the servers are stopped
        stack.callback(pool.shutdown, cancel_futures=True)
        stack.callback(stop.set)
        tasks = []
        for source in sources:
            if isinstance(source, Application):
                try:
                    say(f"{source.name}: {installed(source)}")
                except NotToBeHad as why:
                    for server in servers:
                        add(file, LeftOut(schema=source.name, server=server.kind, why=str(why)))
                    say(f"{source.name} is left out: {why}")
                    continue
            for server in servers:
                if server.kind in source.kinds:
                    done = frozenset(table for name, on, table in settled if (name, on) == (source.name, server.kind))
                    task = Task(source=source, server=server, rows=rows, file=file, shard=shard, done=done)
                    tasks.append(pool.submit(run, task))
        wait(tasks)
        for each in tasks:
            each.result()


@click.command(help=__doc__)
@click.option("--rows", type=click.IntRange(min=1), default=DEFAULT_ROWS, show_default=True, help="Rows per table.")
@click.option("--server", type=click.Choice([*KINDS, "both"]), default="both", show_default=True)
@click.option(
    "--only", multiple=True, metavar="NAME", help="Try only this schema, `applications` or `own`; may be repeated.  [default: all]"
)
@click.option("--shard", type=Shard.PARAMETER, default="1/1", show_default=True, help="Try only the K-th of N parts of the tables.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the results to this file.")
@click.option("--resume", is_flag=True, help="Try only tables that --json does not list or lists as failed.")
@click.option(
    "--merge",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Try nothing, report the results in this file; may be repeated.",
)
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file (docs/schemas.md).")
def main(
    rows: int,
    server: str,
    only: tuple[str, ...],
    shard: Shard,
    file: Path | None,
    resume: bool,
    merge: tuple[Path, ...],
    write: Path | None,
) -> None:
    if merge:
        results = read(merge)
    else:
        kinds = tuple(KINDS) if server == "both" else (server,)
        results = _tried(wanted(only), kinds, rows, file, shard, resume)
    if write:
        # a report of several runs shows what one complete run would
        said = [] if resume or merge else [*(f"--only {name}" for name in only), *([f"--server {server}"] if server != "both" else [])]
        command = " ".join(["scripts/schemas", *said])
        write.write_text(page(Tried(command=command, results=results)), encoding="utf-8")
    sys.exit(_told(results.trials))


def _tried(
    sources: Sequence[Schema | Application], kinds: Sequence[str], rows: int, file: Path | None, shard: Shard, resume: bool
) -> Results:
    with tempfile.TemporaryDirectory(prefix="parloader-schemas-") as folder:
        home = Path(folder)
        file = (file or home / "found.jsonl").absolute()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if not resume:
            file.unlink(missing_ok=True)
        try:
            with ExitStack() as stack:
                servers = [stack.enter_context(running(home / kind, kind)) for kind in kinds]
                try_all(servers, sources, rows, file, shard)
        except ServerStartError as error:
            raise click.ClickException(str(error)) from error
        return read([file])


def _told(trials: Sequence[Trial]) -> int:
    """Prints a summary; returns the exit code."""
    for outcome in Outcome:
        click.echo(f"{outcome:8} {sum(trial.outcome is outcome for trial in trials):6,}")
    if trials:
        click.echo(f"{sum(trial.cpu_seconds for trial in trials) / len(trials):.1f} seconds of CPU for a table, without the servers'")
    failed = [trial for trial in trials if trial.outcome is Outcome.FAILED]
    for trial in failed:
        click.echo(f"FAILED: {SERVERS[trial.server]} {trial.schema}.{trial.table}: {trial.reason}")
    return 1 if failed else 0
