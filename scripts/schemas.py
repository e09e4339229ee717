"""Tries every table of the schemas in tests/schemas and of applications in Debian packages, on private servers.

Prints a line for each table to stderr; writes the results to --json, one per line, and as a page to --write. Exit code 1: a trial failed.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from schemas_report import SERVERS, About, Tried, page
from schemas_sources import PACKAGES, Loaded, NotToBeHad, Schema, database, load, own_schemas, package_schema
from schemas_trial import Outcome, Trial, try_table
from support.servers import TEST_OPTIONS, TEST_REDO_LOG_BYTES, until_gone

from parloader.database.dialects import ServerKind
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected, server_info
from parloader.database.target import Target
from parloader.errors import ServerStartError

DEFAULT_ROWS = 2000

KINDS = {"mariadb": ServerKind.MARIADB, "mysql": ServerKind.MYSQL}


def say(message: str) -> None:
    click.echo(message, err=True)


@contextmanager
def running(home: Path, kind: str) -> Iterator[Target]:
    """A running server of this kind in this folder; yields its root account. ServerStartError: this machine has no such server."""
    server = PrivateServer(home=home, kinds=(KINDS[kind],), redo_log_bytes=TEST_REDO_LOG_BYTES, options=TEST_OPTIONS)
    server.start(say)
    try:
        yield server.target
    finally:
        server.stop()
        until_gone(home)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A schema to try on a server. `done`: tables whose outcome is already known."""

    schema: Schema
    server: str
    admin: Target
    rows: int
    file: Path
    done: frozenset[str]


def run(task: Task) -> None:
    """Tries every table and appends each result to the file at once. After a failure it creates the database again."""
    name, left = f"schema_{task.schema.name.replace('-', '_')}", None
    while left is None or left:
        with database(task.admin, name) as target:
            loaded = load(task.schema, target)
            if left is None:
                left = [table for table in loaded.tables if table not in task.done]
                _add(task.file, _about(task, loaded))
            while left:
                trial = try_table(task.schema.name, task.server, target, left.pop(0), task.rows)
                _add(task.file, trial)
                say(f"{trial.server} {trial.schema}.{trial.table}: {trial.outcome} {trial.reason}".rstrip())
                if trial.outcome is Outcome.FAILED:
                    break


def _about(task: Task, loaded: Loaded) -> About:
    schema = task.schema
    return About(schema=schema.name, server=task.server, origin=schema.origin, own=schema.own, about=schema.about, skipped=loaded.skipped)


def _add(file: Path, found: About | Trial) -> None:
    with open(file, "a", encoding="utf-8") as lines:
        lines.write(json.dumps({"what": type(found).__name__, **asdict(found)}) + "\n")


def known(file: Path) -> tuple[list[About], list[Trial]]:
    """The contents of the file; the last entry of each schema and of each table counts."""
    abouts, trials = {}, {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        found: dict[str, Any] = json.loads(line)
        if found.pop("what") == "About":
            about = About(**{**found, "skipped": tuple((what, count) for what, count in found["skipped"])})
            abouts[about.schema, about.server] = about
        else:
            trial = Trial(**{**found, "outcome": Outcome(found["outcome"])})
            trials[trial.schema, trial.server, trial.table] = trial
    return list(abouts.values()), list(trials.values())


def wanted(only: tuple[str, ...], folder: Path) -> tuple[list[Schema], dict[str, str]]:
    """The schemas, packages first because they take longest; and why a package is unavailable. UsageError: there is no such schema."""
    own = own_schemas()
    unknown = set(only) - {schema.name for schema in own} - PACKAGES.keys()
    if unknown:
        names = sorted({schema.name for schema in own} | PACKAGES.keys())
        raise click.UsageError(f"no schema {sorted(unknown)[0]}; there are {', '.join(names)}")
    schemas, missing = [], {}
    for name in PACKAGES:
        if not only or name in only:
            try:
                schemas.append(package_schema(name, folder))
            except NotToBeHad as error:
                missing[name] = str(error)
                say(f"{name} is left out: {error}")
    return [*schemas, *(schema for schema in own if not only or schema.name in only)], missing


def try_all(admins: Mapping[str, Target], schemas: list[Schema], rows: int, file: Path) -> None:
    """Tries two schemas at a time: each needs a process here and one in the server."""
    settled = {(t.schema, t.server, t.table) for t in known(file)[1] if t.outcome is not Outcome.FAILED}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        tasks = [
            Task(
                schema=schema,
                server=server,
                admin=admin,
                rows=rows,
                file=file,
                done=frozenset(table for name, on, table in settled if (name, on) == (schema.name, server)),
            )
            for schema in schemas
            for server, admin in admins.items()
            if server in schema.kinds
        ]
        for _ in pool.map(run, tasks):
            pass


@click.command(help=__doc__)
@click.option("--rows", type=click.IntRange(min=1), default=DEFAULT_ROWS, show_default=True, help="Rows per table.")
@click.option("--server", type=click.Choice([*KINDS, "both"]), default="both", show_default=True)
@click.option("--only", multiple=True, metavar="NAME", help="Try only this schema; may be repeated.  [default: all]")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the results to this file.")
@click.option("--resume", is_flag=True, help="Try only tables that --json does not list or lists as failed.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file (docs/schemas.md).")
def main(rows: int, server: str, only: tuple[str, ...], file: Path | None, resume: bool, write: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="parloader-schemas-") as folder:
        home = Path(folder)
        schemas, missing = wanted(only, home / "packages")
        file = (file or home / "found.jsonl").absolute()
        if not resume:
            file.unlink(missing_ok=True)
        try:
            with ExitStack() as stack:
                admins = {kind: stack.enter_context(running(home / kind, kind)) for kind in (KINDS if server == "both" else (server,))}
                versions = [_version(admin) for admin in admins.values()]
                try_all(admins, schemas, rows, file)
        except ServerStartError as error:
            raise click.ClickException(str(error)) from error
        abouts, trials = known(file)
    if write:
        # a report of several runs shows what one complete run would
        said = [] if resume else [*(f"--only {name}" for name in only), *([f"--server {server}"] if server != "both" else [])]
        command = " ".join(["scripts/schemas", *said, *([f"--rows {rows}"] if rows != DEFAULT_ROWS else [])])
        tried = Tried(command=command, rows=rows, versions=versions, abouts=abouts, trials=trials, missing=missing)
        write.write_text(page(tried), encoding="utf-8")
    sys.exit(_told(trials))


def _told(trials: list[Trial]) -> int:
    """Prints a summary; returns the exit code."""
    for outcome in Outcome:
        click.echo(f"{outcome:8} {sum(trial.outcome is outcome for trial in trials):6,}")
    failed = [trial for trial in trials if trial.outcome is Outcome.FAILED]
    for trial in failed:
        click.echo(f"FAILED: {SERVERS[trial.server]} {trial.schema}.{trial.table}: {trial.reason}")
    return 1 if failed else 0


def _version(admin: Target) -> str:
    with connected(admin) as connection:
        return str(server_info(connection))
