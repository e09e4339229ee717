"""One round of scripts/soak: a table is seeded, verified and cleaned under faults, and everything is checked."""

import contextlib
import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import soak_application
from soak_application import Application
from soak_checks import Checks
from soak_faults import inject, kinds
from soak_report import Round
from soak_scene import Command, Pending, Place, Scene, settle
from support.faults import ordinary_account
from support.loads import LAUNCHED, MARK, USUAL, Load
from support.proxy import AnyProxy, Proxy, running
from support.servers import Database, TestServer

from parloader.database import sql
from parloader.database.private_server.server import PrivateServer

# The tables that are filled: their parents (with how many rows of them), and the column that tells the application's rows
TARGETS = {
    "purchase": ("customer", 40, "reference"),
    "voucher": ("customer", 30, "code"),
    "member": ("team", 20, "email"),
}

BATCHES = (20, 40, 80)

PROCS = (2, 3)

# As long as the faults strike, so that no command ends because it has retried for too long
RETRY_SECONDS = 600

WORKER_RESTARTS = 1_000_000

# The mean time between two faults while workers work; and while a command prepares its work, or has ended early before
GAP_SECONDS = 0.04

PREPARING_GAP_SECONDS = 0.8

# A command that is repeated gets fewer faults each time, so that it ends one day
GAP_GROWTH = 1.3

# Faulty runs of verify in each round; each is short
VERIFIES = 4

# After so many repetitions the command runs without faults
MAX_REPETITIONS = 25

# No command takes nearly as long
MAX_SECONDS = 900.0

# The documented exit codes that a fault may lead to, and the signals that are sent to the command. 3: the lock of a killed command, whose
# connection the server has not yet ended
EXIT_CODES = {0, 1, 3, 4, 130, -9, -15}

# What a command may say with exit code 1 or 3 after a fault; anything else is a finding
REASONS = {1: ("was killed by SIG", "(error 1317)"), 3: ("another parloader command",)}


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a round loads, and how."""

    table: str
    rows: int
    procs: int
    batch: int
    writer: str
    max_rate: int
    chunk_ms: int

    @classmethod
    def some(cls, chance: random.Random, rows: int, max_rate: int) -> "Work":
        return cls(
            table=chance.choice([*TARGETS]),
            rows=chance.randint(rows // 2, rows),
            procs=chance.choice(PROCS),
            batch=chance.choice(BATCHES),
            writer=chance.choice(("insert", "load-data")),
            max_rate=max_rate,
            chunk_ms=chance.choice((10, 30, 100)),
        )

    @property
    def seed(self) -> tuple[str, ...]:
        parent, parents, _ = TARGETS[self.table]
        how = ("--batch", str(self.batch), "--writer", self.writer, "--max-rate", str(self.max_rate))
        return ("seed", "--table", self.table, "--parents", f"{parent}={parents}", "--rows", str(self.rows), *how, *self._patience)

    @property
    def verify(self) -> tuple[str, ...]:
        return ("verify", "--ignore-extra", "--procs", str(self.procs))

    @property
    def clean(self) -> tuple[str, ...]:
        return ("clean", "--yes", "--chunk-time", f"{self.chunk_ms}ms", "--max-rate", str(self.max_rate), *self._patience)

    @property
    def _patience(self) -> tuple[str, ...]:
        return ("--procs", str(self.procs), "--retry-seconds", str(RETRY_SECONDS), "--worker-restarts", str(WORKER_RESTARTS))

    def locks(self, verb: str) -> tuple[str, str]:
        """The statement that locks a row which the command needs, and the one that locks others of them; "": none."""
        parent, parents, _ = TARGETS[self.table]
        if verb == "seed":
            first = f"SELECT MIN(id) FROM {parent}"
            return (
                f"SELECT id FROM {parent} ORDER BY id LIMIT 1 FOR UPDATE",
                f"SELECT id FROM {parent} WHERE id > ({first}) ORDER BY id LIMIT {parents} FOR UPDATE",
            )
        if verb == "clean":
            key, random_key = ("code", "''") if self.table == "voucher" else ("id", f"RAND() * (SELECT MAX(id) FROM {self.table})")
            return f"SELECT {key} FROM {self.table} WHERE {key} >= {random_key} ORDER BY {key} LIMIT 1 FOR UPDATE", ""
        return "", ""

    def __str__(self) -> str:
        return f"parloader {' '.join(self.seed)}"


@contextmanager
def place(
    admin: TestServer, name: str, folder: Path, server: PrivateServer | None, between: Callable[[tuple[str, int]], AnyProxy]
) -> Iterator[Place[AnyProxy]]:
    """A new database on the server, with the application's tables, behind a proxy. It is kept if the block fails."""
    with admin.connection() as connection:
        sql.execute(connection, f"DROP DATABASE IF EXISTS {name}")
        sql.execute(connection, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    everything = Database(admin, replace(admin.admin, database=name), folder)
    with ordinary_account(everything) as owned, running(between((owned.target.host, owned.target.port))) as proxy:
        with admin.connection(name) as connection:
            soak_application.create(connection)
        database = replace(owned, target=replace(owned.target, port=proxy.port))
        yield Place(admin=admin, database=database, between=proxy, server=server)
    with admin.connection() as connection:
        sql.execute(connection, f"DROP DATABASE {name}")


class SoakedTable:
    """Seeds, verifies and cleans a table under faults, and collects what happens in `result`."""

    def __init__(self, where: Place[Proxy], work: Work, result: Round, chance: random.Random) -> None:
        self._place = where
        self._work = work
        self._chance = chance
        target = where.database.target
        self._checks = Checks(where.admin, target.database, target.user, work.table, result)
        self._require = self._checks.require
        self.result = result

    def run(self) -> None:
        """The round. Finding: parloader broke a guarantee; then `result` says which."""
        application = Application(self._place.admin, self._place.database.target.database, self.result.seed)
        application.start()
        try:
            self._until_done("seed", self._work.seed)
            self._checks.require_rows()
            for _ in range(VERIFIES):
                self._once("verify", self._work.verify, GAP_SECONDS)
            self._calm("verify", self._work.verify)
            self._until_done("clean", self._work.clean)
            self._checks.require_no_rows()
        finally:
            application.stop()
        self._checks.require_untouched(application)

    def _until_done(self, verb: str, words: tuple[str, ...]) -> None:
        """Repeats the command until it is done, as a user would."""
        gap_seconds = GAP_SECONDS
        for _ in range(MAX_REPETITIONS):
            if self._once(verb, words, gap_seconds) == 0:
                return
            gap_seconds *= GAP_GROWTH
            if self._chance.random() < 1 / 2:
                self._checks.require_no_half_batch()
        self._calm(verb, words)

    def _once(self, verb: str, words: tuple[str, ...], gap_seconds: float) -> int:
        """Runs the command under faults; returns its exit code."""
        command, load = self._start(verb, words)
        lock, others = self._work.locks(verb)
        writer = self._work.writer if verb == "seed" else ""
        scene = Scene(place=self._place, command=command, chance=self._chance, lock=lock, lock_others=others, writer=writer)
        pending: list[Pending] = []
        weights = kinds(self._place)
        begun = time.monotonic()
        while command.is_alive:
            injected = inject(self._chance.choices([*weights], [*weights.values()])[0], scene)
            self.result.faults += [each.fault for each in injected]
            pending += injected
            mean_seconds = gap_seconds if scene.workers else max(gap_seconds, PREPARING_GAP_SECONDS)
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.process.wait(self._chance.uniform(0, 2 * mean_seconds))
            pending = self._unsettled(pending, scene, None)
            self._require(time.monotonic() - begun < MAX_SECONDS, f"{verb} does not end")
        code = command.process.returncode
        self._unsettled(pending, scene, code)
        self._require_documented(verb, command, code)
        return self._ended(verb, command, load)

    def _unsettled(self, pending: list[Pending], scene: Scene, exit_code: int | None) -> list[Pending]:
        """The faults of which it is not known yet what parloader does about them; writes the others to the log. None after its end."""
        unsettled = []
        for each in pending:
            if settle(each, scene, exit_code) or exit_code is not None:
                self.result.log(each.fault)
            else:
                unsettled.append(each)
        return unsettled

    def _calm(self, verb: str, words: tuple[str, ...]) -> None:
        """Runs the command without faults: it has to succeed."""
        command, load = self._start(verb, words)
        command.process.wait(MAX_SECONDS)
        code = self._ended(verb, command, load)
        self._require(code == 0, f"{verb} without faults ends with {code}: {command.said[-2000:]} {command.stdout.read_text()[-2000:]}")

    def _start(self, verb: str, words: tuple[str, ...]) -> tuple[Command, Load]:
        database, mark = self._place.database, uuid4().hex
        files = [database.folder / f"{verb}.{stream}" for stream in ("stdout", "stderr")]
        with open(files[0], "wb") as stdout, open(files[1], "wb") as stderr:
            environment = {**os.environ, MARK: mark}
            line = database.command(*words, "--json", "--verbose")
            process = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=database.folder)
        load = Load(database=database, plan=USUAL, process=process, mark=mark)  # type: ignore[arg-type]  # its output is not read from here
        LAUNCHED.append(load)
        return Command(verb=verb, process=process, stdout=files[0], stderr=files[1]), load

    def _ended(self, verb: str, command: Command, load: Load) -> int:
        """Counts the exit code and looks for processes that are left."""
        code = command.process.returncode
        self.result.exit_codes[f"{verb} {code}"] += 1
        left = load.orphans()
        self.result.orphans += len(left)
        self._require(not left, f"{verb} leaves processes: {left}")
        LAUNCHED.remove(load)
        return code

    def _require_documented(self, verb: str, command: Command, code: int) -> None:
        said = command.said
        errors = [line for line in said.splitlines() if line.startswith("error: ")]
        self._require(code in EXIT_CODES, f"{verb} ends with {code}: {said[-3000:]}")
        self._require(code <= 0 or len(errors) == 1, f"{verb} ends with {code} and {len(errors)} lines of error: {said[-3000:]}")
        reasons = REASONS.get(code, ("",))
        self._require(code <= 0 or any(reason in errors[0] for reason in reasons), f"{verb} ends with {code}: {said[-3000:]}")
        self.result.errors += [f"{verb}, {code}: {error}" for error in errors]
        if verb == "verify" and command.stdout.stat().st_size:
            text = command.stdout.read_text()
            self._require(bool(json.loads(text).get("ok", code != 0)), f"verify finds differences: {text[:3000]}")
