"""The database that a function's first argument names: a URL, an SQLAlchemy URL or engine, or None for the private server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, Union

from parloader.database import option_file
from parloader.database.private_server.server import PrivateServer
from parloader.database.target import Target, parse_url
from parloader.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

Database: TypeAlias = Union[str, "URL", "Engine", "AsyncEngine", None]
"""A URL as for --url, an SQLAlchemy URL or engine, or None: the private server."""


@contextmanager
def connected_to(database: Database, note: Callable[[str], None]) -> Iterator[Target]:
    """Where to connect. The private server runs at least until the end of the block. UsageError: it is no MySQL or MariaDB database."""
    if database is None:
        with PrivateServer.default().in_use(note) as server:
            yield server.target
    else:
        yield target_of(database)


def target_of(database: object) -> Target:
    """Where to connect. Only what a URL text leaves out is read from ~/.my.cnf. UsageError: it is no MySQL or MariaDB database."""
    if isinstance(database, str):
        if not database:
            raise UsageError(
                "the URL of the database is empty", "Write mysql://USER:PASSWORD@HOST/DATABASE, or None for the private server"
            )
        if "://" not in database:  # not shown: it may be a part of a URL with a password
            raise UsageError(
                "the URL is not valid: the first argument is the database, and it is no URL",
                'Write mysql://USER:PASSWORD@HOST/DATABASE, and name a table with table="orders"',
            )
        return parse_url(database, option_file.defaults())
    from parloader.api import engines  # SQLAlchemy takes a tenth of a second to import

    return engines.target_of(database)
