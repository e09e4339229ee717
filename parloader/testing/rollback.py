"""Isolation of tests by a transaction of SQLAlchemy that is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from parloader.database import transaction_marks
from parloader.errors import ParloaderError, UsageError

# They lock no table, and see no row
SAVEPOINT_STATEMENTS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


class Uses:
    """Whether the transaction of rolled_back has used tables: it locks them against a load, and does not see rows that are loaded later."""

    def __init__(self) -> None:
        self.any = False

    def watch(self, connection: Connection) -> None:
        """Notes the statements of the connection from now on."""
        event.listen(connection, "before_cursor_execute", self._note)

    def forget(self) -> None:
        """The transaction has ended."""
        self.any = False

    def _note(self, _: Connection, __: object, statement: str, *___: object) -> None:
        self.any = self.any or not statement.startswith(SAVEPOINT_STATEMENTS)


@contextmanager
def rolled_back(engine: Engine, uses: Uses | None = None) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back at the end of the block. Its commit() is refused; savepoints can be committed.

    `uses` tells, in the block, whether the transaction has used tables.
    ParloaderError at the end: a statement in the block has committed the transaction.
    """
    ended = []
    uses = uses or Uses()

    def begin(connection: Connection) -> None:
        transaction_marks.mark(connection.connection.cursor())

    def rollback(connection: Connection) -> None:
        uses.forget()
        if not transaction_marks.is_marked(connection.connection.cursor()):
            ended.append(connection)

    with engine.connect() as connection:
        uses.watch(connection)
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
        raise _ended()


def _ended() -> ParloaderError:
    return ParloaderError(
        "the test's transaction ended before the test, so what it wrote may remain: CREATE, ALTER, DROP and TRUNCATE commit; a deadlock rolls back",
        "Request parloader_reset instead, which takes back committed changes as well",
    )


class SavepointSession(Session):
    """One whose transactions are savepoints."""

    def commit(self) -> None:
        """ParloaderError: the savepoint has ended with its transaction."""
        __tracebackhide__ = True
        try:
            super().commit()
        except DBAPIError as error:
            if not transaction_marks.is_savepoint_missing(error.orig):
                raise
            raise _ended() from None


@contextmanager
def session_on(connection: Connection) -> Iterator[Session]:
    """A Session whose commits go to savepoints of the connection of rolled_back, which reports it if the transaction has ended."""
    session = SavepointSession(connection, join_transaction_mode="create_savepoint")
    try:
        yield session
    finally:
        try:
            session.close()
        except DBAPIError as error:
            if not transaction_marks.is_savepoint_missing(error.orig):
                raise


def _refuse(_: Connection) -> None:
    raise UsageError(
        "commit() on parloader_connection would keep the changes that its transaction is there to roll back",
        "Use parloader_session, whose commit() goes to a savepoint, or request parloader_reset and commit on a connection of your own",
    )
