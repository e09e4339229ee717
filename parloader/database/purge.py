"""Postpones InnoDB's purge: the work of removing deleted rows from every index, which otherwise competes with those who delete more rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from parloader.database import error_codes, sql
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ParloaderError


@contextmanager
def purge_postponed(target: Target) -> Iterator[None]:
    """While the block runs, InnoDB purges nothing that is deleted meanwhile, on the node that this connects to.

    A transaction of its own could still see these rows, but reads none. Its connection is silent, so the server ends it after IDLE_SECONDS
    at the latest: a clean that is paused or lost postpones no purge for longer. Nothing depends on it: without it, InnoDB purges as ever.
    """
    try:
        connection = connect(target, autocommit=False, short_lived=True)
    except ParloaderError:
        yield
        return
    try:
        with error_codes.suppress_driver_errors():
            sql.execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        yield
    finally:
        error_codes.close(connection)
