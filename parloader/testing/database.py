"""A database of a test run, as fixtures give it to tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from parloader.database import application_settings, error_codes, introspection, temporary_databases
from parloader.database.application_settings import PlainConnection
from parloader.database.driver import DriverError
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import AnotherRun, Refused, UsageError
from parloader.files import read_text, why_unreadable
from parloader.operations import reset
from parloader.testing.messages import of_earlier_test, raised_for_tests

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from parloader.testing.rollback import Uses


class Database:
    """A database that exists while the tests run."""

    def __init__(self, target: Target, *, allow_remote: tuple[str, ...] = ()) -> None:
        self.allow_remote = allow_remote
        """the hosts besides this machine to which the run may write"""
        self._target = target
        self._engine: Engine | None = None
        self._uses: Uses | None = None  # of the transaction of rolled_back; None: there is none
        self._marked: frozenset[str] | None = None  # the tables at the mark; None: there is none, or rows have been seeded since

    @property
    def name(self) -> str:
        return self._target.database

    @property
    def url(self) -> str:
        """For SQLAlchemy: create_engine(url). It begins with mysql+pymysql://, and parloader takes it as well."""
        return application_settings.sqlalchemy_url(self._target)

    @property
    def mysql_url(self) -> str:
        """For other programs: mysql://USER:PASSWORD@HOST/DATABASE, or with ?unix_socket=PATH."""
        return application_settings.mysql_url(self._target)

    @property
    def engine(self) -> "Engine":
        """An Engine of SQLAlchemy, always the same one. It is disposed of before the database is dropped."""
        if self._engine is None:
            from sqlalchemy import create_engine

            self._engine = create_engine(self.url)
        return self._engine

    @contextmanager
    def connect(self) -> Iterator[PlainConnection]:
        """A connection of PyMySQL, which is closed at the end of the block. Commit what you write."""
        connection = application_settings.open_plain(self._target)
        try:
            yield connection
        finally:
            connection.close()

    def run_script(self, script: str | Path) -> None:
        """Runs the statements of an SQL script: its text, or the path of a file. UsageError: the file cannot be read, or a statement fails."""
        __tracebackhide__ = True
        self.forget_mark()
        try:
            text = script if isinstance(script, str) else read_text(script)
            application_settings.run_script(self._target, text)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {script}: {why_unreadable(error)}", "Name a file of SQL statements") from None
        except DriverError as error:
            what = "the script" if isinstance(script, str) else script
            raise UsageError(f"a statement of {what} fails: {error.args[-1]}", _advice_on_script(script, error)) from None

    def mark(self) -> None:
        """Remembers the present state: what parloader_reset goes back to. Refused: the server is not a private server, or a transaction is open."""
        __tracebackhide__ = True
        with raised_for_tests():
            reset.mark(self._target)
            self._marked = self.tables()

    def reset(self) -> None:
        """Goes back to the mark: rows, AUTO_INCREMENT, tables, views, triggers and routines. Refused: as for mark, or there is no mark.

        Connections with uncommitted changes are ended first. That is reported after the reset, as AnotherRun.
        """
        __tracebackhide__ = True
        with raised_for_tests():
            try:
                reset.reset(self._target)
            except AnotherRun as error:
                with connected(self._target) as connection, self._target.translate_errors("ending open transactions"):
                    if not temporary_databases.end_open_transactions(connection):
                        raise
                reset.reset(self._target)
                raise AnotherRun(f"{error.message}, which were rolled back", error.next_step) from error

    def renew(self) -> None:
        """Goes back to the mark. If there is none, or tables were added or rows seeded since, it marks the present state instead."""
        __tracebackhide__ = True
        try:
            if self._marked is None or self._marked != self.tables():
                self.mark()
            else:
                self.reset()
        except AnotherRun as error:
            raise of_earlier_test(error) from None

    def forget_mark(self) -> None:
        """The next renew marks the state that there is then."""
        self._marked = None

    def tables(self) -> frozenset[str]:
        """The names of its tables."""
        with connected(self._target) as connection, self._target.translate_errors("listing the tables"):
            return frozenset(introspection.list_tables(connection).tables)

    def column_rules(self) -> list[str]:
        """What an ORM knows of the values of columns and the server does not, as rules for parloader.seed."""
        return []

    @contextmanager
    def rolled_back(self) -> "Iterator[Connection]":
        """A connection of SQLAlchemy in a transaction that is rolled back at the end of the block. ParloaderError: a statement has committed it."""
        from parloader.testing.rollback import Uses, rolled_back

        self._uses = Uses()
        try:
            with rolled_back(self.engine, self._uses) as connection:
                yield connection
        finally:
            self._uses = None

    def require_no_transaction(self) -> None:
        """Refused if a transaction is open in which rows that parloader loads would not be seen or not be rolled back, as far as it knows of any."""
        if self._uses and self._uses.any:
            raise Refused(
                "the test's own parloader_session or parloader_connection has already used the database: a load may have to wait for its transaction",
                "Call seeded before the first query of the test, or in a fixture that the test requests before its session",
            )

    def close(self) -> None:
        """Closes the connections of its Engine."""
        if self._engine is not None:
            self._engine.dispose()

    def __repr__(self) -> str:
        return f"<Database {self._target}>"


def _advice_on_script(script: str | Path, error: DriverError) -> str:
    """What to do about a statement that fails."""
    if isinstance(script, str) and script.strip().lower().endswith(".sql"):
        return f"A text is run as statements. For a file, give its path: Path({script.strip()!r})"
    if error_codes.is_table_there_already(error):
        return 'If it is the second call, the fixture that calls run_script lacks scope="session"; otherwise, drop the table first'
    return "Correct it"
