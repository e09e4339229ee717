"""Postpones InnoDB's purge: the work of removing deleted rows from every index, which otherwise competes with those who delete more rows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from parloader.database import error_codes, sql
from parloader.database.driver import Connection
from parloader.database.session import IDLE_SECONDS, connect
from parloader.database.target import Target
from parloader.errors import ParloaderError


@contextmanager
def purge_postponed(target: Target) -> Iterator[None]:
    """While the block runs, InnoDB purges nothing that is deleted meanwhile, on the server's node that it connects to.

    A transaction of its own still sees these rows, but reads none. Nothing depends on it: without a connection, InnoDB purges as ever. The
    server ends the connection after IDLE_SECONDS of silence, so nothing is postponed for long if this machine is lost.
    """
    try:
        connection = connect(target, autocommit=False, short_lived=True)
    except ParloaderError:
        yield
        return
    with error_codes.suppress_driver_errors():
        sql.execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
    over = threading.Event()
    thread = threading.Thread(target=_keep_open, args=(connection, over), name="parloader purge", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _keep_open(connection: Connection, over: threading.Event) -> None:
    """Keeps the connection from being silent until it is over, then closes it."""
    with error_codes.suppress_driver_errors():  # the connection is lost
        while not over.wait(IDLE_SECONDS / 4):
            sql.execute(connection, "DO 0")
    error_codes.close(connection)
