"""A load that runs in a process of its own, and the proof that a fault has cost it nothing."""

import contextlib
import json
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import psutil
from support.servers import PATIENCE_SECONDS, Database, until, worker_processes

from parloader.database import error_codes, sql
from parloader.database.driver import Connection

TABLE = "script_execution"

PARENT = "script_reference"
"""A table whose rows every worker needs in every batch."""

MARK = "PARLOADER_TEST_LOAD"
"""An environment variable that marks all processes of a load, so that they are found even if their parent is gone."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is loaded, and how."""

    rows: int = 10_000
    procs: int = 2
    batch: int = 100
    writer: str = "insert"
    retry_seconds: float = 30
    # so that a load lasts long enough to be interrupted, on a fast machine too
    max_rate: int | None = 15_000
    more: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        options = {
            "rows": self.rows,
            "procs": self.procs,
            "batch": self.batch,
            "writer": self.writer,
            "retry-seconds": self.retry_seconds,
            "max-rate": self.max_rate,
        }
        given = (word for name, value in options.items() if value is not None for word in (f"--{name}", str(value)))
        return ("seed", *given, *self.more)


USUAL = Plan()

LAUNCHED: "list[Load]" = []
"""The loads that have not been cleaned up yet."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The rows of a plan in the database and in the ledger. Keys are index + 1, because the table was empty before."""

    rows: int
    in_ledger: int
    in_plan: int
    broken_batches: int

    def lost(self, plan: Plan) -> int:
        return plan.rows - self.in_plan

    @property
    def doubled(self) -> int:
        return self.rows - self.in_plan

    @property
    def half_batches(self) -> int:
        """Batches of the ledger with missing rows; rows in no batch count as one more."""
        return self.broken_batches + (self.rows != self.in_ledger)


def committed(connection: Connection) -> int:
    """The number of rows in the ledger."""
    if not sql.rows(connection, "SHOW TABLES LIKE 'parloader_batch'"):
        return 0
    return int(sql.value(connection, f"SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE table_name = '{TABLE}'"))


def found(database: Database, plan: Plan) -> Found:
    with database.server.connection(database.target.database) as connection:
        in_ledger = committed(connection)
        if not sql.rows(connection, f"SHOW TABLES LIKE '{TABLE}'"):
            return Found(rows=0, in_ledger=in_ledger, in_plan=0, broken_batches=0)
        broken = 0
        if in_ledger:
            whole = f"row_count = (SELECT COUNT(*) FROM {TABLE} WHERE id BETWEEN first_index + 1 AND first_index + row_count)"
            broken = sql.value(connection, f"SELECT COUNT(*) FROM parloader_batch WHERE table_name = '{TABLE}' AND NOT {whole}")
        rows, in_plan = sql.row(connection, f"SELECT COUNT(*), COUNT(DISTINCT IF(id BETWEEN 1 AND {plan.rows}, id, NULL)) FROM {TABLE}")
        return Found(rows=rows, in_ledger=in_ledger, in_plan=in_plan, broken_batches=broken)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a load ended: its exit code (negative: the signal that killed it), and its output."""

    code: int
    stdout: str
    stderr: str

    @property
    def workers(self) -> list[dict[str, Any]]:
        """The statistics of the workers of a completed load."""
        found: list[dict[str, Any]] = json.loads(self.stdout)["workers"]
        return found

    @property
    def retries(self) -> int:
        """How many times a batch was retried."""
        return sum(worker["retries"] for worker in self.workers)

    @property
    def unclear(self) -> str:
        """Why a user could not tell from the output what happened; empty: they could."""
        errors = [line for line in self.stderr.splitlines() if line.startswith("error: ")]
        if "Traceback" in self.stderr:
            return "a traceback"
        if self.code == 0 and errors:
            return "an error and exit code 0"
        if self.code > 0 and len(errors) != 1:
            return f"{len(errors)} lines of error"
        return ""


@dataclass(frozen=True, kw_only=True)
class Load:
    database: Database
    plan: Plan
    process: "subprocess.Popen[str]"
    mark: str

    def family(self) -> list[psutil.Process]:
        """The processes of this load that are alive, its parent first."""
        parent = [psutil.Process(self.process.pid)] if self.process.poll() is None else []
        return parent + [process for process in psutil.process_iter() if process not in parent and self._is_marked(process)]

    def _is_marked(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
        return False

    def workers(self) -> list[psutil.Process]:
        return worker_processes(self.family())

    def end(self) -> Ended:
        """Waits for its end."""
        stdout, stderr = self.process.communicate(timeout=2 * PATIENCE_SECONDS)
        return Ended(code=self.process.returncode, stdout=stdout, stderr=stderr)

    def ends(self, code: int | Collection[int], *says: str) -> Ended:
        """Waits for its end; asserts its exit code, and that its output is clear and matches these patterns."""
        ended = self.end()
        assert ended.code in ({code} if isinstance(code, int) else code), ended
        assert not ended.unclear, f"{ended.unclear}: {ended.stderr}"
        for pattern in says:
            assert re.search(pattern, ended.stderr), f"no {pattern!r} in: {ended.stderr}"
        return ended

    def orphans(self) -> list[psutil.Process]:
        """Its processes that are still alive after its end and the time to finish the current batch."""
        assert self.process.poll() is not None
        return psutil.wait_procs(self.family(), timeout=PATIENCE_SECONDS)[1]


def has_committed(load: Load, rows: int) -> bool:
    """Waits until the load has committed `rows` rows, or ended; returns whether it is still running."""
    with load.database.server.connection(load.database.target.database) as watcher:
        until(lambda: load.process.poll() is not None or committed(watcher) >= rows, f"{rows:,} rows are committed")
    return load.process.poll() is None


def started(database: Database, plan: Plan = USUAL, *, environment: dict[str, str] | None = None) -> Load:
    """A load that has committed some batches, but not all."""
    load = launched(database, plan, environment=environment)
    assert has_committed(load, plan.batch), load.end()
    return load


def row_lock_waits(connection: Connection, *, current: bool = False) -> int:
    """How many times a transaction has waited for a row on this server; `current`: how many wait now.

    information_schema.innodb_trx would tell, too, but it is a cache that is not refreshed if it is read more than ten times a second.
    """
    name = "Innodb_row_lock_current_waits" if current else "Innodb_row_lock_waits"
    return int(sql.row(connection, "SHOW GLOBAL STATUS LIKE %s", name)[1])


CLEAN = ("clean", "--yes", "--procs", "2")


def launched(database: Database, plan: Plan = USUAL, *, command: tuple[str, ...] = (), environment: dict[str, str] | None = None) -> Load:
    """A load that has just begun; or another command (CLEAN) on the rows of the plan."""
    mark = uuid4().hex
    process = database.process(*(command or plan.command), "--json", environment={**(environment or {}), MARK: mark})
    load = Load(database=database, plan=plan, process=process, mark=mark)
    LAUNCHED.append(load)
    return load


def end_all() -> None:
    """Kills the processes of every load: those of a failed test would disturb the next."""
    while LAUNCHED:
        load = LAUNCHED.pop()
        for process in load.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if load.process.returncode is None:
            load.process.communicate()


@dataclass(frozen=True, kw_only=True)
class Halt:
    """A load whose workers wait for a locked row."""

    sessions: list[int]  # the server connections of the waiting workers
    others: list[int]  # the other server connections of the load: the parent's
    holder: Connection  # has locked the row

    def release(self) -> None:
        """Lets the workers continue, before the end of the block."""
        error_codes.rollback(self.holder)


@contextmanager
def row_held(database: Database, table: str, before: Iterable[str] = ()) -> Iterator[Connection]:
    """The last row of a table, locked by another session until the end of the block. Yields its connection.

    The session runs the statements `before` first. One row only: with more, it could wait for workers while they wait for it.
    """
    with database.server.connection(database.target.database) as holder:
        holder.begin()
        for statement in before:
            sql.execute(holder, statement)
        sql.rows(holder, f"SELECT id FROM {table} ORDER BY id DESC LIMIT 1 FOR UPDATE")
        yield holder
        error_codes.rollback(holder)


@contextmanager
def halted(load: Load, before: Iterable[str] = ()) -> Iterator[Halt]:
    """Stops every worker in the middle of a batch until the end of the block: each waits for the last row of a parent table, and has locked its other rows."""
    database = load.database
    with database.server.connection(database.target.database) as watcher, row_held(database, PARENT, before) as holder:
        until(
            lambda: load.process.poll() is not None or row_lock_waits(watcher, current=True) >= load.plan.procs,
            "all workers wait for the locked row",
        )
        assert load.process.poll() is None, load.end()
        assert committed(watcher) < load.plan.rows
        waiting = writing(watcher, database)
        others = set(sessions(watcher, database)) - {holder.thread_id(), *waiting}
        yield Halt(sessions=waiting, others=sorted(others), holder=holder)


def nothing_half_done(load: Load) -> None:
    """Asserts that no process, no session and no part of a batch is left."""
    database = load.database
    assert not load.orphans()
    with database.server.connection() as admin:
        until(lambda: not sessions(admin, database), "no session is left")
    assert found(database, load.plan).half_batches == 0


def sessions(admin: Connection, database: Database) -> list[int]:
    statement = "SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()"
    return [int(number) for (number,) in sql.rows(admin, statement, database.target.database)]


def writing(admin: Connection, database: Database) -> list[int]:
    """The server connections of the workers that are writing rows."""
    statement = "SELECT id FROM information_schema.processlist WHERE db = %s AND (info LIKE 'INSERT INTO `%%' OR info LIKE 'LOAD DATA%%')"
    return [int(number) for (number,) in sql.rows(admin, statement, database.target.database)]


def proven(load: Load, *, again: Plan | None = None) -> None:
    """Asserts after a load that nothing is half done, that the same command adds the missing rows, each once and correct, and that clean removes everything."""
    nothing_half_done(load)
    load.database.parloader(*(again or replace(load.plan, max_rate=None)).command)
    rows = found(load.database, load.plan)
    assert (rows.lost(load.plan), rows.doubled, rows.half_batches) == (0, 0, 0)
    load.database.parloader("verify", "--procs", "1")
    cleaned(load.database)


def cleaned(database: Database, *options: str) -> None:
    database.parloader("clean", "--yes", "--procs", "1", *options)
    assert database.rows("SHOW TABLES") == ()
