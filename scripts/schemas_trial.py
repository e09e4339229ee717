"""Tries one table: seeds, counts, verifies and cleans it, or gets a refusal; then checks that the database is unchanged."""

import os
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import FrameType
from urllib.parse import quote

from click.testing import CliRunner
from schemas_model import Check

from parloader.cli.commands import cli
from parloader.database import sql
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.ledger import control

# A refusal that names the largest possible number of rows
LARGEST = re.compile(r"[Aa]t most --rows ([\d,]+)")

# One that names a number which the existing rows may leave no room for
WORTH_A_TRY = re.compile(r"Try --rows ([\d,]+)")

REFUSED_EXIT_CODE = 3

READ = "read"

# A command takes a second or two; after this long it is considered stuck
PATIENCE_SECONDS = 180


class Outcome(StrEnum):
    SEEDED = "seeded"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The outcome for one table. `rows`: how many were seeded. `reason`: the refusal, or what is wrong, or why fewer rows were seeded than
    requested."""

    schema: str
    server: str
    table: str
    outcome: Outcome
    rows: int
    reason: str
    checked: str = ""  # READ, or the error of the application when it read the rows; empty: it did not try
    cpu_seconds: float = 0.0  # of parloader's processes, not of the server
    changed: bool = False  # whether the database is not as it was before the trial: create it again before the next one


@dataclass(frozen=True, kw_only=True)
class Before:
    """The state of a database before a trial. `checksums`: of the tables that have rows, and so hold what parloader must not change."""

    tables: Mapping[str, tuple[str, int]]
    checksums: Mapping[str, int]


class Wrong(Exception):
    """parloader broke one of its guarantees."""


class TriggersLeft(Wrong):
    """clean removed the generated rows, but not those that a trigger of the schema wrote, as docs/guarantees.md describes."""


def url(target: Target) -> str:
    """The URL has an empty password, so that none is read from ~/.my.cnf."""
    return f"mysql://{target.user}:@localhost/{quote(target.database, safe='')}?unix_socket={quote(target.unix_socket or '')}"


def try_table(schema: str, server: str, target: Target, table: str, rows: int, before: Before, check: Check | None) -> Trial:
    """Seeds the table with `rows` rows, or as many as fit. `before`: the state of the database, which is unchanged at the end, unless the
    result says otherwise."""
    reason, checked, start, changed = "", "", _cpu_seconds(), False
    try:
        refusal, checked = _seeded_and_cleaned(target, table, rows, before, check)
        if attempt := WORTH_A_TRY.search(refusal):
            reason, rows = refusal, int(attempt[1].replace(",", ""))
            refusal, checked = _seeded_and_cleaned(target, table, rows, before, check)
        fitting = LARGEST.search(refusal)
        if fitting and 0 < (largest := int(fitting[1].replace(",", ""))) < rows:
            reason, rows = refusal, largest
            refusal, checked = _seeded_and_cleaned(target, table, rows, before, check)
            if refusal:
                raise Wrong(f"seed said: {reason}. With that number it says: {refusal}")
        outcome, rows, reason = (Outcome.REFUSED, 0, refusal) if refusal else (Outcome.SEEDED, rows, reason)
    except TriggersLeft as left:
        outcome, reason, changed = Outcome.SEEDED, str(left), True
    except Wrong as wrong:
        outcome, reason, changed = Outcome.FAILED, str(wrong), True
    used = round(_cpu_seconds() - start, 2)
    return Trial(
        schema=schema,
        server=server,
        table=table,
        outcome=outcome,
        rows=rows,
        reason=reason,
        checked=checked,
        cpu_seconds=used,
        changed=changed,
    )


def _cpu_seconds() -> float:
    """CPU time of this process and of the ended ones that it started."""
    return sum(os.times()[:4])


def _seeded_and_cleaned(target: Target, table: str, rows: int, before: Before, check: Check | None) -> tuple[str, str]:
    """Returns the refusal, or an empty text, and what the application's check found. Wrong: parloader broke a guarantee."""
    allowed = ("--allow-database", f"{target.database}_other")  # the second database of the schemas that have one
    code, error = _command(target, "seed", "--table", table, "--rows", str(rows), "--procs", "1", *allowed)
    if code == REFUSED_EXIT_CODE:
        if not error:
            raise Wrong("seed is refused without a reason")
        _require_as_before(target, before, "after the refusal")
        return error, ""
    if code:
        raise Wrong(f"seed: exit code {code}: {error}")
    with connected(target) as connection:
        count = int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote(table)}")) - before.tables[table][1]
    if count != rows:
        raise Wrong(f"the table has {count} new rows instead of {rows}")
    checked = _checked(table, check)
    for command in (("verify", "--procs", "1"), ("clean", "--procs", "1", "--yes")):
        code, error = _command(target, *command)
        if code:
            raise Wrong(f"{command[0]}: exit code {code}: {error}")
    _require_as_before(target, before, "after clean")
    return "", checked


def _checked(table: str, check: Check | None) -> str:
    """READ if the application read the rows, its error if it could not, an empty text if it has no way to read this table."""
    with _patience(f"the application's check of {table}"):
        error = check(table) if check else None
    return "" if error is None else error or READ


def _command(target: Target, *arguments: str) -> tuple[int, str]:
    """Runs parloader in this process (its workers are separate processes); returns the exit code and the error message."""
    with _patience(f"parloader {' '.join(arguments)}"):
        done = CliRunner().invoke(cli, [*arguments, "--url", url(target)], prog_name="parloader")
    if done.exception and not isinstance(done.exception, SystemExit):
        return 1, f"{type(done.exception).__name__}: {done.exception}"
    errors = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
    last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
    return done.exit_code, " / ".join(errors or last)


@contextmanager
def _patience(what: str) -> Iterator[None]:
    """Raises Wrong after PATIENCE_SECONDS."""

    def over(_: int, __: FrameType | None) -> None:
        raise Wrong(f"{what} does not end")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def before_trials(target: Target) -> Before:
    tables = state(target)
    return Before(tables=tables, checksums=_checksums(target, [table for table, (_, rows) in tables.items() if rows]))


def _checksums(target: Target, tables: Sequence[str]) -> dict[str, int]:
    """A checksum of all rows of each of these tables."""
    if not tables:
        return {}
    with connected(target) as connection:
        found = sql.rows(connection, f"CHECKSUM TABLE {', '.join(map(sql.quote, tables))}")
    return {str(name).removeprefix(f"{target.database}."): int(checksum) for name, checksum in found}


def state(target: Target) -> dict[str, tuple[str, int]]:
    """The definition (with the AUTO_INCREMENT counter) and the row count of each table of this database and of the second one."""
    found = {}
    statement = """SELECT table_schema, table_name, table_type FROM information_schema.tables
        WHERE table_schema IN (DATABASE(), CONCAT(DATABASE(), '_other')) AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"""
    with connected(target) as connection:
        for database, table, kind in sql.rows(connection, statement):
            if table == control.CONTROL:
                continue
            name = f"{sql.quote(database)}.{sql.quote(table)}"
            history = " FOR SYSTEM_TIME ALL" if kind == "SYSTEM VERSIONED" else ""
            found[table if database == target.database else f"{database}.{table}"] = (
                str(sql.row(connection, f"SHOW CREATE TABLE {name}")[1]),
                int(sql.value(connection, f"SELECT COUNT(*) FROM {name}{history}")),
            )
    return found


def _require_as_before(target: Target, before: Before, when: str) -> None:
    now = state(target)
    more = sorted(now.keys() - before.tables.keys())
    if more:
        raise Wrong(f"{when} there are new tables: {', '.join(more)}")
    gone = sorted(before.tables.keys() - now.keys())
    if gone:
        raise Wrong(f"{when} the tables {', '.join(gone)} are gone")
    for table, (definition, rows) in before.tables.items():
        if now[table][1] != rows:
            what = f"{when} {table} has {now[table][1]} rows instead of {rows}"
            raise TriggersLeft(f"{what}: a trigger wrote them") if table in _written_by_triggers(target) else Wrong(what)
        if now[table][0] != definition:
            raise Wrong(f"{when} {table} is defined otherwise: {_first_difference(definition, now[table][0])}")
    for table, checksum in _checksums(target, list(before.checksums)).items():
        if checksum != before.checksums[table]:
            raise Wrong(f"{when} {table} has as many rows as before, but others")


def _written_by_triggers(target: Target) -> set[str]:
    """The tables that an INSERT in the body of a trigger, or of a procedure that it may call, names. Empty if there is no trigger."""
    with connected(target) as connection:
        bodies = sql.rows(connection, "SELECT action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()")
        if bodies:
            bodies += sql.rows(connection, "SELECT routine_definition FROM information_schema.routines WHERE routine_schema = DATABASE()")
    return {name for (body,) in bodies for name in re.findall(r"(?i)(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO\s+`?(\w+)", body or "")}


def _first_difference(before: str, after: str) -> str:
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    return next((f"{now.strip()} instead of {was.strip()}" for was, now in pairs if was != now), "it has another length")
