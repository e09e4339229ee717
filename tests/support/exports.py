"""Loads exported files as a client of the server would: load.sql, statement by statement."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pymysql
from support.servers import Database

from parloader.database import sql


def statements(folder: Path, script: str = "load.sql") -> Iterator[str]:
    """The statements of a script, with those of the scripts that it names after SOURCE, as the mysql client does."""
    lines: list[str] = []
    with (folder / script).open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.startswith("SOURCE "):
                yield from statements(folder, line.removeprefix("SOURCE ").strip())
            elif not line.startswith("--"):
                lines.append(line)
                if line.endswith(";\n"):
                    yield "".join(lines).strip()
                    lines = []
    assert not "".join(lines).strip()


def load(database: Database, folder: Path) -> None:
    """Runs load.sql in the folder, on a plain connection."""
    t = database.target
    where = {"unix_socket": t.unix_socket} if t.unix_socket else {"host": t.host, "port": t.port}
    connection = pymysql.connect(user=t.user, password=t.password, database=t.database, charset="utf8mb4", local_infile=True, **where)
    with contextlib.closing(connection), contextlib.chdir(folder), connection.cursor() as cursor:
        for statement in statements(Path(os.curdir)):
            cursor.execute(statement)
        connection.commit()


def content(database: Database) -> dict[str, list[str]]:
    """The rows of each table, as bytes in hexadecimal digits, in no particular order; without parloader's own tables."""
    found = {}
    with database.connection() as connection:
        for name, kind in sql.rows(connection, "SHOW FULL TABLES"):
            if kind == "BASE TABLE" and not name.startswith("parloader_"):
                columns = [column for (column, *_) in sql.rows(connection, f"SHOW COLUMNS FROM {sql.quote(name)}")]
                values = ", ".join(f"HEX({sql.quote(column)})" for column in columns)
                found[name] = sorted(map(repr, sql.rows(connection, f"SELECT {values} FROM {sql.quote(name)}")))
    return found
