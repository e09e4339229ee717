"""The faults of scripts/soak: every fault of tests/faults that can be undone, as a named context manager."""

import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psutil
import pymysql
from support import faults
from support.loads import PARENT, Load, row_held, sessions, writing
from support.proxy import Act, Harm, Moment, Proxy
from support.servers import Database, quiet

from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer


@dataclass(frozen=True, kw_only=True)
class Place:
    """A server and a database on it, as a load sees it: through the proxy, with an ordinary account."""

    server: PrivateServer
    database: Database
    between: Proxy

    @property
    def port(self) -> int:
        return self.between.server[1]


@dataclass(frozen=True, kw_only=True)
class Scene:
    place: Place
    load: Load
    chance: random.Random


Fault = Callable[[Scene], AbstractContextManager[None]]

# How long a proxy waits for its trigger
PROXY_SECONDS = 5.0


class Missed(Exception):
    """The fault found no target: the load has not come that far, or has ended."""


def _worker(number: signal.Signals, most: int = 1) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        if not faults.kill_workers(scene.load, number, most=most):
            raise Missed
        yield

    return fault


def _parent(number: signal.Signals) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        faults.signalled(psutil.Process(scene.load.process.pid), number)
        yield

    return fault


@contextmanager
def _stopped_worker(scene: Scene) -> Iterator[None]:
    workers = scene.load.workers()
    if not workers:
        raise Missed
    victim = scene.chance.choice(workers)
    faults.signalled(victim, signal.SIGSTOP)
    yield
    faults.signalled(victim, signal.SIGCONT)


@contextmanager
def _out_of_memory(scene: Scene) -> Iterator[None]:
    faults.out_of_memory(scene.load)
    yield


def _sessions(*, workers_only: bool, query_only: bool = False) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        database = scene.place.database
        with database.server.connection() as admin:
            ids = _at_work(scene, admin) if workers_only else sessions(admin, database)
            if not faults.kill_sessions(admin, ids, query_only=query_only):
                raise Missed
        yield

    return fault


def _on_the_way(harm: Harm) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        between, end = scene.place.between, time.monotonic() + PROXY_SECONDS
        before = len(between.done)
        between.arm(harm, times=scene.chance.randint(1, 5))
        try:
            if harm.moment is Moment.CONNECT:
                with _sessions(workers_only=False)(scene):
                    pass
            while len(between.done) == before and scene.load.process.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
            if len(between.done) == before:
                raise Missed
            yield
        finally:
            between.disarm()

    return fault


@contextmanager
def _locked_row(scene: Scene) -> Iterator[None]:
    with row_held(scene.place.database, PARENT):
        yield


@contextmanager
def _deadlock(scene: Scene) -> Iterator[None]:
    with row_held(scene.place.database, PARENT, faults.heavy()) as holder:
        faults.deadlock(holder)
    yield


@contextmanager
def _server_killed(scene: Scene) -> Iterator[None]:
    faults.kill_server(scene.place.server)
    yield
    scene.place.server.start(quiet, port=scene.place.port)


@contextmanager
def _server_shut_down(scene: Scene) -> Iterator[None]:
    scene.place.server.stop()
    yield
    scene.place.server.start(quiet, port=scene.place.port)


def _state(of: Callable[[Scene], AbstractContextManager[object]]) -> Fault:
    """A server state that affects new connections; existing connections of the workers are killed."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        database = scene.place.database
        with database.server.connection() as admin, of(scene):
            faults.kill_sessions(admin, _at_work(scene, admin))
            yield

    return fault


def _at_work(scene: Scene, admin: Connection) -> list[int]:
    """Waits for workers that write and returns their connections; none if the load has ended."""
    while not (found := writing(admin, scene.place.database)) and scene.load.process.poll() is None:
        time.sleep(0.01)
    return found


FAULTS: dict[str, Fault] = {
    "kill -9 a worker": _worker(signal.SIGKILL),
    "SIGTERM a worker": _worker(signal.SIGTERM),
    "kill -9 every worker": _worker(signal.SIGKILL, most=99),
    "kill -9 the parent": _parent(signal.SIGKILL),
    "SIGTERM the parent": _parent(signal.SIGTERM),
    "SIGSTOP a worker": _stopped_worker,
    "memory limit": _out_of_memory,
    "KILL every connection": _sessions(workers_only=False),
    "KILL the workers' connections": _sessions(workers_only=True),
    "KILL QUERY": _sessions(workers_only=True, query_only=True),
    "locked row": _locked_row,
    "deadlock": _deadlock,
    "kill -9 the server": _server_killed,
    "server shut down": _server_shut_down,
    "read-only": _state(lambda scene: faults.read_only(scene.place.database.server)),
    "small packets": _state(lambda scene: faults.small_packets(scene.place.database.server)),
    "no connection left": _state(lambda scene: faults.no_connection_left(scene.place.database)),
    "another password": _state(lambda scene: faults.password_changed(scene.place.database)),
}

ON_THE_WAY = {f"proxy: {harm}": _on_the_way(harm) for harm in (Harm(moment, act) for moment in Moment for act in Act)}


def some_fault(chance: random.Random, writer: str) -> tuple[str, Fault]:
    """A random fault and its name; one in three is a network fault."""
    never = Moment.FILE if writer == "insert" else Moment.INSERT
    on_the_way = {name: fault for name, fault in ON_THE_WAY.items() if never not in name}
    return chance.choice(list((on_the_way if chance.random() < 1 / 3 else FAULTS).items()))


@contextmanager
def done(fault: Fault, scene: Scene) -> Iterator[bool]:
    """Applies the fault at the start of the block and undoes it at the end. Yields whether it found a target."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(fault(scene))
        except (Missed, pymysql.Error, psutil.Error, ValueError):  # the load has no table, process or worker yet, or any more
            yield False
            return
        yield True
