"""Tells whether a server is a private server of parloader's on this machine."""

from pathlib import Path

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer
from parloader.database.target import Target
from parloader.errors import Refused


def require_private(connection: Connection, target: Target) -> PrivateServer:
    """The private server that the connection leads to. Refused: it leads to another server, whose data is not parloader's to replace."""
    directory, pid_file = (Path(path) for path in sql.row(connection, "SELECT @@datadir, @@pid_file"))
    server = PrivateServer(home=pid_file.parent)
    if not (target.is_local() and pid_file == server.pid_file and directory.parent.resolve() == server.home.resolve() and server.process()):
        raise Refused(
            f"{target} is not a private server of parloader on this machine, so its databases are not reset",
            "Leave out --url (or PARLOADER_URL) to use the private server",
        )
    return server
