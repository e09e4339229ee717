"""Where the faults of scripts/soak strike: a command that runs against a server behind a proxy; and what the command does about a fault."""

import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from soak_report import Fault, Outcome
from support.proxy import AnyProxy, Proxy
from support.servers import Database, TestServer

from parloader.database.private_server.server import PrivateServer

# How long a fault waits for a target
PATIENCE_SECONDS = 1.0

POLL_SECONDS = 0.002

READ_POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Place(Generic[AnyProxy]):
    """A server and a database on it, as a load sees it: through the proxy, with an ordinary account."""

    admin: TestServer
    database: Database
    between: AnyProxy
    server: PrivateServer | None = None  # None: it serves others, too, so it is never killed


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command that runs. What it says goes to files, so that it never waits for a reader."""

    verb: str
    process: "subprocess.Popen[bytes]"
    stdout: Path
    stderr: Path

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def said(self) -> str:
        return self.stderr.read_text(errors="replace")

    def count(self, words: str, *, errors: bool = False) -> int:
        """How many lines say so; `errors`: also the one of its failure."""
        return sum(words in line and (errors or not line.startswith("error: ")) for line in self.said.splitlines())


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where a fault is to strike. `locks`: a statement that locks rows that the command needs; "": there is none."""

    place: Place[Proxy]
    command: Command
    chance: random.Random
    lock: str = ""
    lock_others: str = ""  # rows of the same transactions, for a deadlock
    writer: str = ""

    @property
    def workers(self) -> list[int]:
        """The worker processes that have a connection."""
        return sorted(set(self.place.between.live.copy().values()) - {self.command.process.pid})

    @property
    def processes(self) -> list[int]:
        """The processes of the command that have a connection."""
        return sorted(set(self.place.between.live.copy().values()))


@dataclass(kw_only=True)
class Pending:
    """A fault, and what was known when it struck: what parloader does about it shows later."""

    fault: Fault
    logins: int = 0  # how many connections its process had opened before
    words: str = ""  # what the command says if it retries
    said: int = 0  # how often it had said so before
    waits: bool = False  # nothing has to fail


def settle(pending: Pending, scene: Scene, exit_code: int | None) -> bool:
    """Notes what parloader did, if that can be told by now. `exit_code`: of the command; None: it still runs."""
    fault = pending.fault
    if not fault.hit or fault.outcome:
        return True
    if pending.waits:
        fault.outcome = Outcome.WAITED
    elif (
        scene.command.count(pending.words) > pending.said
        if pending.words
        else scene.place.between.logins[fault.process_id] > pending.logins
    ):
        fault.outcome = Outcome.RETRIED
    elif exit_code is not None:
        fault.outcome = Outcome.REPEATED if exit_code else Outcome.NOT_NEEDED
    return fault.outcome is not None


class Said:
    """How often the command has said some words, from now on."""

    def __init__(self, scene: Scene, words: str) -> None:
        self._command = scene.command
        self.words = words
        self.before = self._command.count(words)
        self._before_with_errors = self._command.count(words, errors=True)

    def again(self, patience_seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether it says so again, after some time at most."""
        until(lambda: self._now() or not self._command.is_alive, READ_POLL_SECONDS, patience_seconds)
        return self._now()

    def _now(self) -> bool:
        return self._command.count(self.words, errors=True) > self._before_with_errors


def until(condition: Callable[[], object], poll_seconds: float = POLL_SECONDS, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for a condition, but not for long."""
    end = time.monotonic() + patience_seconds
    while not condition() and time.monotonic() < end:
        time.sleep(poll_seconds)
