"""Isolation of tests by a transaction of SQLAlchemy that is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

from parloader.database import transaction_marks
from parloader.errors import ParloaderError, UsageError


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back at the end of the block. Its commit() is refused; savepoints can be committed.

    ParloaderError at the end: a statement in the block has committed the transaction.
    """
    ended = []

    def begin(connection: Connection) -> None:
        transaction_marks.mark(connection.connection.cursor())

    def rollback(connection: Connection) -> None:
        if not transaction_marks.is_marked(connection.connection.cursor()):
            ended.append(connection)

    with engine.connect() as connection:
        event.listen(connection, "begin", begin)
        event.listen(connection, "rollback", rollback)
        event.listen(connection, "commit", _refuse)
        connection.begin()
        try:
            yield connection
        finally:
            connection.rollback()
            if not connection.invalidated:
                connection.connection.rollback()  # after a refused commit, SQLAlchemy believes that there is no transaction
    if ended:
        raise ParloaderError(
            "the test's transaction ended before the test, so what it wrote may remain: CREATE, ALTER, DROP and TRUNCATE commit; a deadlock rolls back",
            "Request parloader_reset instead, which takes back committed changes as well",
        )


def _refuse(_: Connection) -> None:
    raise UsageError(
        "commit() on parloader_connection would keep the changes that its transaction is there to roll back",
        "Use parloader_session, whose commit() goes to a savepoint, or request parloader_reset and commit on a connection of your own",
    )
