"""The faults of scripts/soak: each strikes once, says whether it hit, and later what parloader did about it."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pymysql
from soak_report import Fault, Kind
from soak_scene import Pending, Place, Said, Scene, until
from support import faults
from support.proxy import COMMIT_BYTES, HEAD_BYTES, OK_BYTES, Act, Harm, Moment, Proxy
from support.servers import quiet

from parloader.database import error_codes, sql
from parloader.database.driver import Connection
from parloader.database.session_settings import ROW_LOCK_TIMEOUT_SECONDS

# How long parloader may take to say that a statement was killed: if it says nothing, the statement had ended before
REACTION_SECONDS = 0.3

# information_schema.innodb_trx is a cache that is not refreshed if it is read more often
LOCK_POLL_SECONDS = 0.11

STALL_SECONDS = (0.02, 0.4)

PAUSE_SECONDS = (0.1, 0.6)

# One lock in six is held for longer than a session of parloader waits (session_settings.ROW_LOCK_TIMEOUT_SECONDS)
LOCK_SECONDS = (0.1, 0.2, 0.4, 0.6, 0.8, 5.5)

DOWN_SECONDS = (0.0, 1.0)

# Each weight is about the number of faults of this kind among 1000
WEIGHTS = {
    Kind.CUT: 470,
    Kind.CLOSE: 170,
    Kind.STALL: 100,
    Kind.KILL_CONNECTION: 90,
    Kind.KILL_QUERY: 80,
    Kind.PAUSE: 40,
    Kind.WORKER: 20,
    Kind.LOCK: 12,
    Kind.DEADLOCK: 10,
    Kind.PARENT: 6,
    Kind.SERVER_KILLED: 1,
    Kind.SERVER_RESTARTED: 1,
}

SERVER_KINDS = {Kind.SERVER_KILLED, Kind.SERVER_RESTARTED}

ACTS = {Kind.CUT: Act.CUT, Kind.CLOSE: Act.HALF_CLOSE, Kind.STALL: Act.STALL}

HEAD = tuple(range(HEAD_BYTES + 2))
"""Length and number of a packet, and the first byte of its content: the cut comes before, between and after them."""

BYTES = {
    Moment.BEFORE_COMMIT: tuple(range(COMMIT_BYTES + 1)),
    Moment.AFTER_COMMIT: tuple(range(OK_BYTES + 1)),
    Moment.COMMAND: HEAD,
    Moment.REPLY: HEAD,
    Moment.CONNECT: HEAD,
    Moment.INSERT: (*HEAD, None),
    Moment.FILE: (*HEAD, None),
}

MOMENTS = (*(Moment.BEFORE_COMMIT, Moment.AFTER_COMMIT) * 2, Moment.COMMAND, Moment.REPLY, Moment.CONNECT)

WRITERS = {"insert": (Moment.INSERT,), "load-data": (Moment.FILE,)}

# How many connections a fault of the network strikes, if as many come to the same point within the time after the first
TIMES = (1, 1, 2, 3)

BURST_SECONDS = 0.05

# For the table and the log: which packet it is
PACKETS = {
    Moment.BEFORE_COMMIT: "COMMIT",
    Moment.AFTER_COMMIT: "the answer to COMMIT",
    Moment.COMMAND: "a statement",
    Moment.REPLY: "an answer",
    Moment.CONNECT: "the server's greeting",
    Moment.INSERT: "an INSERT of a batch",
    Moment.FILE: "the file of LOAD DATA",
}


Injection = Callable[[Scene, Fault], list[Pending]]


def kinds(place: Place[Proxy]) -> dict[Kind, int]:
    """The kinds of faults that can strike there, and their weights."""
    return {kind: weight for kind, weight in WEIGHTS.items() if place.server or kind not in SERVER_KINDS}


def inject(kind: Kind, scene: Scene) -> list[Pending]:
    """Injects a fault, and waits for it to strike; a fault of the network may strike several connections at once."""
    fault = Fault(kind=kind, place="", command=scene.command.verb)
    with contextlib.suppress(pymysql.Error, psutil.Error, ProcessLookupError):  # its target is gone, so it does not hit
        return INJECTIONS[kind](scene, fault)
    return [Pending(fault=fault)]


# the network
def _on_the_way(scene: Scene, fault: Fault) -> list[Pending]:
    between, chance = scene.place.between, scene.chance
    moments = [*MOMENTS, *WRITERS.get(scene.writer, ())]
    moment, times = chance.choice(moments), chance.choice(TIMES)
    byte, stall_seconds = chance.choice(BYTES[moment]), chance.uniform(*STALL_SECONDS)
    fault.place = f"{PACKETS[moment]}, " + ("half" if byte is None else f"byte {byte}")
    before, victim = len(between.strikes), None
    between.arm(Harm(moment, ACTS[fault.kind], byte), times)
    try:
        if moment is Moment.CONNECT:
            victim = _kill_one(scene)
        until(lambda: len(between.strikes) > before or not scene.command.is_alive)
        if len(between.strikes) > before:
            until(lambda: len(between.strikes) == before + times, patience_seconds=BURST_SECONDS)
            if fault.kind is Kind.STALL:
                time.sleep(stall_seconds)
    finally:
        between.disarm()
    return [
        Pending(
            fault=replace(fault, hit=True, process_id=strike.process_id or victim or 0),
            logins=strike.logins,
            waits=fault.kind is Kind.STALL,
        )
        for strike in between.strikes[before:]
    ] or [Pending(fault=fault)]


def _kill_one(scene: Scene, *, query_only: bool = False) -> int | None:
    """Kills a connection of the command, or its statement; returns the process that had it. None: it had none."""
    live = sorted(scene.place.between.live.copy().items())
    with scene.place.admin.connection() as admin:
        if query_only:
            live = _at_work(scene, admin)
        if not live:
            return None
        connection_id, process_id = scene.chance.choice(live)
        return process_id if faults.kill_sessions(admin, [connection_id], query_only=query_only) else None


def _at_work(scene: Scene, admin: Connection) -> list[tuple[int, int]]:
    """Connection and process ids of the command's connections that run a statement; waits for one."""
    working: list[tuple[int, int]] = []

    def look() -> bool:
        live = scene.place.between.live.copy()
        statement = "SELECT id FROM information_schema.processlist WHERE command = 'Query' AND info IS NOT NULL AND id IN %s ORDER BY id"
        working[:] = [(number, live[number]) for (number,) in sql.rows(admin, statement, [0, *live])]
        return bool(working) or not scene.command.is_alive

    until(look)
    return working


def _killed_connection(scene: Scene, fault: Fault) -> list[Pending]:
    logins = scene.place.between.logins.copy()
    victim = _kill_one(scene)
    fault.place = "the command's" if victim == scene.command.process.pid else "a worker's"
    fault.hit, fault.process_id = victim is not None, victim or 0
    return [Pending(fault=fault, logins=logins[fault.process_id])]


def _killed_query(scene: Scene, fault: Fault) -> list[Pending]:
    """Of a statement that waits for a row, or of any that runs."""
    said = Said(scene, "(error 1317)")
    fault.place = "any statement"
    if scene.lock and scene.chance.random() < 1 / 2:
        fault.place = "a statement that waits for a row"
        with _holder(scene, []) as (_, waits):
            victim = _kill_one(scene, query_only=True) if waits else None
    else:
        victim = _kill_one(scene, query_only=True)
    fault.process_id = victim or 0
    fault.hit = victim is not None and said.again(REACTION_SECONDS)
    return [Pending(fault=fault, words=said.words, said=said.before)]


# processes
def _worker(scene: Scene, fault: Fault) -> list[Pending]:
    workers, said = scene.workers, Said(scene, "replaces it")
    if not workers:
        return [Pending(fault=fault)]
    number = scene.chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
    fault.place, fault.process_id = number.name, scene.chance.choice(workers)
    os.kill(fault.process_id, number)
    fault.hit = True
    return [Pending(fault=fault, words=said.words, said=said.before)]


def _parent(scene: Scene, fault: Fault) -> list[Pending]:
    number = scene.chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
    fault.place, fault.process_id = number.name, scene.command.process.pid
    until(lambda: fault.process_id in scene.processes or not scene.command.is_alive)
    if fault.process_id in scene.processes and scene.command.is_alive:
        scene.command.process.send_signal(number)
        fault.hit = True
    # it never connects again: a login under this process id would be another command's
    return [Pending(fault=fault, logins=2**62)]


def _paused(scene: Scene, fault: Fault) -> list[Pending]:
    processes = scene.processes
    seconds = scene.chance.uniform(*PAUSE_SECONDS)
    if not processes:
        return [Pending(fault=fault)]
    fault.process_id = scene.chance.choice(processes)
    fault.place = "the command" if fault.process_id == scene.command.process.pid else "a worker"
    os.kill(fault.process_id, signal.SIGSTOP)
    try:
        time.sleep(seconds)
        fault.hit = fault.process_id in scene.processes
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(fault.process_id, signal.SIGCONT)
    return [Pending(fault=fault, waits=True)]


# locks
def _locked(scene: Scene, fault: Fault) -> list[Pending]:
    said, seconds = Said(scene, "(error 1205)"), scene.chance.choice(LOCK_SECONDS)
    fault.place = f"for {seconds:g} s"
    if not scene.lock:
        return [Pending(fault=fault)]
    with _holder(scene, []) as (_, waits):
        fault.hit = waits
        if waits:
            time.sleep(seconds)
    return [Pending(fault=fault, words=said.words, said=said.before, waits=not (seconds > ROW_LOCK_TIMEOUT_SECONDS and said.again()))]


def _deadlock(scene: Scene, fault: Fault) -> list[Pending]:
    said = Said(scene, "(error 1213)")
    if not scene.lock_others:
        return [Pending(fault=fault)]
    with _holder(scene, faults.heavy()) as (holder, waits):
        if waits:
            sql.rows(holder, scene.lock_others)
    fault.hit = waits and said.again()
    return [Pending(fault=fault, words=said.words, said=said.before)]


@contextmanager
def _holder(scene: Scene, before: list[str]) -> Iterator[tuple[Connection, bool]]:
    """A session that has locked a row, and whether the command waits for it."""
    place = scene.place
    with place.admin.connection(place.database.target.database) as holder, place.admin.connection() as watcher:
        holder.begin()
        for statement in before:
            sql.execute(holder, statement)
        sql.rows(holder, scene.lock)
        waiting = "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"

        def waits() -> bool:
            return any(number in place.between.live for (number,) in sql.rows(watcher, waiting))

        until(lambda: waits() or not scene.command.is_alive, LOCK_POLL_SECONDS)
        yield holder, waits()
        error_codes.rollback(holder)


# the server
def _server(scene: Scene, fault: Fault) -> list[Pending]:
    server, between = scene.place.server, scene.place.between
    assert server
    seconds = scene.chance.uniform(*DOWN_SECONDS)
    fault.place = f"for {seconds:.1f} s"
    processes = scene.processes
    if not processes:
        return [Pending(fault=fault)]
    # any of them shows whether the command comes back: the first is the one that lives longest
    fault.process_id = scene.command.process.pid if scene.command.process.pid in processes else processes[0]
    logins = between.logins[fault.process_id]
    if fault.kind is Kind.SERVER_KILLED:
        faults.kill_server(server)
    else:
        server.stop()
    fault.hit = True
    time.sleep(seconds)
    server.start(quiet, port=between.server[1])
    return [Pending(fault=fault, logins=logins)]


INJECTIONS: dict[Kind, Injection] = {
    Kind.CUT: _on_the_way,
    Kind.CLOSE: _on_the_way,
    Kind.STALL: _on_the_way,
    Kind.KILL_CONNECTION: _killed_connection,
    Kind.KILL_QUERY: _killed_query,
    Kind.LOCK: _locked,
    Kind.DEADLOCK: _deadlock,
    Kind.PAUSE: _paused,
    Kind.WORKER: _worker,
    Kind.PARENT: _parent,
    Kind.SERVER_KILLED: _server,
    Kind.SERVER_RESTARTED: _server,
}
