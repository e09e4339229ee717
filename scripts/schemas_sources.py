"""The schemas in tests/schemas, how an SQL file is split into statements, and the databases in which schemas are tried."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import connected
from parloader.database.target import Target

OWN = Path(__file__).parent.parent / "tests" / "schemas"

OTHER_DATABASE = "OTHER_DATABASE"
"""Placeholder in a schema's text for a second database; its name is that of the first with the suffix `_other`."""

TOKEN = re.compile(
    r"""(?P<comment>--(?=\s|$)[^\n]*|\#[^\n]*|/\*(?!!).*?\*/|\\$)
    |(?P<kept>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|/\*!.*?\*/)
    |(?P<delimiter>^[ \t]*DELIMITER[ \t]+(?P<new>\S+)[^\n]*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A schema of tests/schemas. `kinds`: the servers it is for. `origin`: its file. `about`: its leading comment. Also what remains of an
    application whose tables were created once: its statements."""

    name: str
    kinds: tuple[str, ...]
    origin: str
    statements: tuple[str, ...]
    about: str = ""


def statements(text: str) -> Iterator[str]:
    """Splits an SQL file into statements as the servers' clients do: at the current delimiter, with comments removed."""
    delimiter, statement = ";", ""
    for token in TOKEN.finditer(text):
        if token["comment"]:
            statement += " "
        elif token["delimiter"] and not statement.strip():
            delimiter, statement = token["new"], ""
        else:
            statement += token[0]
            if token["other"] and statement.endswith(delimiter):
                if done := statement.removesuffix(delimiter).strip():
                    yield done
                statement = ""
    if statement.strip():
        yield statement.strip()


def own_schemas() -> tuple[Schema, ...]:
    """The schemas in tests/schemas: `<name>.sql` is for both servers, `<name>.mariadb.sql` and `<name>.mysql.sql` for one."""
    return tuple(map(_own_schema, sorted(OWN.glob("*.sql"))))


def own_schema(name: str, kind: str) -> Schema:
    """The schema `name` for this server ("mariadb", "mysql")."""
    return next(schema for schema in own_schemas() if schema.name == name and kind in schema.kinds)


def _own_schema(file: Path) -> Schema:
    name, *kind = file.name.removesuffix(".sql").split(".")
    text = file.read_text(encoding="utf-8")
    return Schema(
        name=name,
        kinds=tuple(kind) or ("mariadb", "mysql"),
        origin=f"tests/schemas/{file.name}",
        statements=tuple(statements(text)),
        about=" ".join(line.removeprefix("-- ") for line in takewhile(lambda line: line.startswith("-- "), text.splitlines())),
    )


def load(schema: Schema, target: Target) -> tuple[str, ...]:
    """Creates the schema's tables in the target's database, which exists and is empty; returns their names."""
    with connected(target) as connection:
        for statement in schema.statements:
            execute(connection, statement.replace(OTHER_DATABASE, f"{target.database}_other"))
        return tuple(name for (name,) in sql.rows(connection, "SHOW TABLES"))


def execute(connection: Connection, statement: str) -> None:
    """Executes the statement unchanged: a percent sign in it is not a placeholder."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextlib.contextmanager
def database(admin: Target, name: str) -> Iterator[Target]:
    """A new database of this name; drops it at the end, with the second one that a schema may have created."""
    names = (f"`{name}`", f"`{name}_other`")
    with connected(replace(admin, database="mysql")) as connection:
        # a foreign key to the second database prevents dropping that one first
        for each in names:
            sql.execute(connection, f"DROP DATABASE IF EXISTS {each}")
        sql.execute(connection, f"CREATE DATABASE {names[0]} CHARACTER SET utf8mb4")
    try:
        yield replace(admin, database=name)
    finally:
        with connected(replace(admin, database="mysql")) as connection:
            for each in names:
                sql.execute(connection, f"DROP DATABASE IF EXISTS {each}")
