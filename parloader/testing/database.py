"""A database of a test run, as fixtures give it to tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parloader.database import application_settings
from parloader.database.application_settings import PlainConnection
from parloader.database.driver import DriverError
from parloader.database.target import Target
from parloader.errors import UsageError
from parloader.files import read_text, why_unreadable

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Database:
    """A database that exists while the tests run."""

    def __init__(self, target: Target, *, allow_remote: tuple[str, ...] = ()) -> None:
        self.allow_remote = allow_remote
        """the hosts besides this machine to which the run may write"""
        self._target = target
        self._engine: Engine | None = None

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
    def django_settings(self) -> dict[str, Any]:
        """An entry of settings.DATABASES in Django."""
        return application_settings.django_settings(self._target)

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
        where = "the script"
        if isinstance(script, Path):
            where = str(script)
            try:
                script = read_text(script)
            except (OSError, ValueError) as error:
                raise UsageError(f"cannot read {where}: {why_unreadable(error)}", "Name a file of SQL statements") from error
        try:
            application_settings.run_script(self._target, script)
        except DriverError as error:
            raise UsageError(f"a statement of {where} fails: {error.args[-1]}", "Correct the script") from error

    def close(self) -> None:
        """Closes the connections of its Engine."""
        if self._engine is not None:
            self._engine.dispose()

    def __repr__(self) -> str:
        return f"<Database {self._target}>"
