"""The faults, one function each. A context manager causes the fault at the beginning of the block and undoes it at the end."""

import contextlib
import itertools
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import psutil
import pymysql
from support.loads import Load
from support.servers import PATIENCE_SECONDS, Database, TestServer, quiet, tcp_address, until

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import server_info

PASSWORD = "pass"

# The minimum of MariaDB (Server System Variables, max_connections), and more connections than that
FEWEST_CONNECTIONS = 10

HOGS = 12

# Less than a batch of 500 rows
SMALL_PACKET_BYTES = 16 * 1024

# More rows than a batch has, and its locks: of two sessions in a deadlock InnoDB rolls back the one that has changed less
HEAVY_ROWS = 5000

numbers = itertools.count(1)


# accounts
@contextmanager
def ordinary_account(database: Database) -> Iterator[Database]:
    """The database over TCP, with an account that has all privileges in it, and on the server only the one that clean needs."""
    user = f"ordinary_{next(numbers)}"
    with database.server.connection() as admin:
        sql.execute(admin, f"DROP USER IF EXISTS {user}@'%%'")
        sql.execute(admin, f"CREATE USER {user}@'%%' IDENTIFIED BY %s", PASSWORD)
        sql.execute(admin, f"GRANT ALL ON {sql.quote(database.target.database)}.* TO {user}@'%%'")
        sql.execute(admin, f"GRANT PROCESS ON *.* TO {user}@'%%'")
        host, port = tcp_address(database.target, admin)
    yield replace(database, target=replace(database.target, user=user, password=PASSWORD, host=host, port=port, unix_socket=None))
    with database.server.connection() as admin:
        sql.execute(admin, f"DROP USER {user}@'%%'")


@contextmanager
def password_changed(database: Database) -> Iterator[None]:
    """Changes the password of the load's account."""
    statement = f"ALTER USER {database.target.user}@'%%' IDENTIFIED BY %s"
    with database.server.connection() as admin:
        sql.execute(admin, statement, "another")
    yield
    with database.server.connection() as admin:
        sql.execute(admin, statement, PASSWORD)


# processes
def signalled(process: psutil.Process, number: signal.Signals) -> None:
    """Sends the signal, unless the process has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def kill_workers(load: Load, number: signal.Signals = signal.SIGKILL, *, most: int = 1) -> set[int]:
    """Sends the signal to at most `most` workers; returns the process ids of all workers."""
    workers = load.workers()
    for victim in workers[:most]:
        signalled(victim, number)
    return {worker.pid for worker in workers}


def out_of_memory(load: Load) -> None:
    """Limits one worker to the memory that it already has."""
    (victim, *_) = load.workers()
    used_bytes = victim.memory_info().vms
    victim.rlimit(psutil.RLIMIT_AS, (used_bytes, used_bytes))


# connections
def kill_sessions(admin: Connection, ids: Iterable[int], *, query_only: bool = False) -> int:
    """Kills these connections, or only their current statements; returns how many existed."""
    killed = 0
    for number in ids:
        with contextlib.suppress(pymysql.Error):  # the connection has ended
            sql.execute(admin, f"KILL {'QUERY' if query_only else 'CONNECTION'} %s", number)
            killed += 1
    return killed


# locks
def heavy() -> list[str]:
    """Statements that make a transaction too heavy to be the victim of a deadlock. They write into a database of their own."""
    return [
        "CREATE DATABASE IF NOT EXISTS faults",
        "CREATE TABLE IF NOT EXISTS faults.heavy (n INT PRIMARY KEY) ENGINE=InnoDB",
        "BEGIN",  # again: DDL commits
        "INSERT INTO faults.heavy VALUES " + ", ".join(f"({n:d})" for n in range(HEAVY_ROWS)),
    ]


def deadlock(holder: Connection) -> None:
    """A heavy session, which has locked the row that the workers wait for, requests one that they have locked: the server rolls each of them back."""
    sql.execute(holder, "UPDATE script_reference SET name = name ORDER BY id LIMIT 1")


# the server's state
@contextmanager
def settings(server: TestServer, **wanted: object) -> Iterator[Connection]:
    """Sets global variables of the server, and restores them at the end. Yields an administrator's connection."""
    with server.connection() as admin:
        before = {name: sql.value(admin, f"SELECT @@GLOBAL.{name}") for name in wanted}
        try:
            for name, value in wanted.items():
                sql.execute(admin, f"SET GLOBAL {name} = %s", value)
            yield admin
        finally:
            for name, value in reversed(before.items()):
                sql.execute(admin, f"SET GLOBAL {name} = %s", value)


@contextmanager
def read_only(server: TestServer) -> Iterator[None]:
    """Makes the server read-only; on MySQL with super_read_only."""
    with server.connection() as admin:
        mysql = server_info(admin).kind is ServerKind.MYSQL
    with settings(server, read_only=1, **({"super_read_only": 1} if mysql else {})):
        yield


@contextmanager
def no_connection_left(database: Database) -> Iterator[Connection]:
    """Uses up the server's connections; existing ones stay. Yields an administrator's connection."""
    with contextlib.ExitStack() as stack:
        for _ in range(HOGS):
            stack.enter_context(database.connection())
        yield stack.enter_context(settings(database.server, max_connections=FEWEST_CONNECTIONS))


def refused_connections(admin: Connection) -> int:
    """How many connections the server has refused because it had too many."""
    return int(sql.row(admin, "SHOW GLOBAL STATUS LIKE 'Connection_errors_max_connections'")[1])


def small_packets(server: TestServer) -> AbstractContextManager[Connection]:
    """Small packets for every connection that is opened in the block."""
    return settings(server, max_allowed_packet=SMALL_PACKET_BYTES)


def kill_server(server: PrivateServer) -> None:
    """Kills the server, like a crash."""
    process = psutil.Process(int((server.home / "pid").read_text()))
    process.kill()
    psutil.wait_procs([process], timeout=PATIENCE_SECONDS)


def restart_server(server: PrivateServer) -> None:
    server.stop()
    server.start(quiet)


# the schema
def meanwhile(load: Load, statement: str, release: Callable[[], None]) -> None:
    """Runs a statement; calls `release`, which ends the load's transactions, when it waits for them or is done."""
    failure: list[Exception] = []
    with load.database.server.connection(load.database.target.database) as other, load.database.server.connection() as watcher:

        def run() -> None:
            try:
                sql.execute(other, statement)
            except pymysql.Error as error:
                failure.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        waits = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s AND state LIKE '%%metadata lock%%'"
        until(lambda: failure or not thread.is_alive() or sql.value(watcher, waits, other.thread_id()), f"{statement} waits for the load")
        release()
        thread.join()
    assert not failure, failure
