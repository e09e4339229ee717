"""What scripts/soak does to a load: each fault of tests/faults that can be undone, as a context manager under a name."""

import contextlib
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psutil
import pymysql
from faults import inject
from faults.load import Load, row_held, sessions, writing
from faults.proxy import Act, Harm, Moment, Proxy
from support import Database, quiet

from parloader.database.server import PrivateServer


@dataclass(frozen=True, kw_only=True)
class Place:
    """A server, and a database on it as a load sees it: through the proxy, by an ordinary account."""

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
# What a fault meets with where the load is not that far yet, or has ended: then it is none
MISSED = (pymysql.Error, psutil.Error, ValueError)


def _worker(number: signal.Signals, most: int = 1) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        inject.kill_workers(scene.load, number, most=most)
        yield

    return fault


def _parent(number: signal.Signals) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        inject.signalled(psutil.Process(scene.load.process.pid), number)
        yield

    return fault


@contextmanager
def _stopped_worker(scene: Scene) -> Iterator[None]:
    victim = scene.chance.choice(scene.load.workers() or [psutil.Process(scene.load.process.pid)])
    inject.signalled(victim, signal.SIGSTOP)
    yield
    inject.signalled(victim, signal.SIGCONT)


@contextmanager
def _out_of_memory(scene: Scene) -> Iterator[None]:
    inject.out_of_memory(scene.load)
    yield


def _sessions(*, workers_only: bool, query_only: bool = False) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        database = scene.place.database
        with database.server.connection() as admin:
            found = writing if workers_only else sessions
            inject.kill_sessions(admin, found(admin, database), query_only=query_only)
        yield

    return fault


def _on_the_way(harm: Harm) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        scene.place.between.arm(harm, times=scene.chance.randint(1, 5))
        if harm.moment is Moment.CONNECT:
            with _sessions(workers_only=False)(scene):
                pass
        yield
        scene.place.between.disarm()

    return fault


@contextmanager
def _locked_row(scene: Scene) -> Iterator[None]:
    with inject.settings(scene.place.database.server, innodb_lock_wait_timeout=1), row_held(scene.place.database):
        yield


@contextmanager
def _deadlock(scene: Scene) -> Iterator[None]:
    with row_held(scene.place.database, inject.heavy()) as holder:
        inject.deadlock(holder)
    yield


@contextmanager
def _server_killed(scene: Scene) -> Iterator[None]:
    inject.kill_server(scene.place.server)
    yield
    scene.place.server.start(quiet, port=scene.place.port)


@contextmanager
def _server_shut_down(scene: Scene) -> Iterator[None]:
    scene.place.server.stop()
    yield
    scene.place.server.start(quiet, port=scene.place.port)


def _state(of: Callable[[Scene], AbstractContextManager[object]]) -> Fault:
    """A state of the server that new connections meet with; the old ones are killed."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[None]:
        database = scene.place.database
        with database.server.connection() as admin, of(scene):
            inject.kill_sessions(admin, writing(admin, database))
            yield

    return fault


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
    "read-only": _state(lambda scene: inject.read_only(scene.place.database.server)),
    "small packets": _state(lambda scene: inject.small_packets(scene.place.database.server)),
    "no connection left": _state(lambda scene: inject.no_connection_left(scene.place.database)),
    "another password": _state(lambda scene: inject.password_changed(scene.place.database)),
    **{f"proxy: {harm}": _on_the_way(harm) for harm in (Harm(moment, act) for moment in Moment for act in Act)},
}


@contextmanager
def done(fault: Fault, scene: Scene) -> Iterator[bool]:
    """The fault at the beginning of the block, undone at its end. Yields whether there was something to do it to."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(fault(scene))
        except MISSED:
            yield False
            return
        yield True
