"""The schemas that parloader is tried on: those in tests/schemas, and those of real applications in Debian packages.

From a package, only the statements that create tables are run (CREATE TABLE, ALTER TABLE, CREATE INDEX, CREATE TRIGGER), so the tables are
empty; skipped statements are counted. Packages are downloaded into a temporary folder, unpacked there, and not kept.
"""

import contextlib
import gzip
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

import pymysql

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import connected
from parloader.database.target import Target

OWN = Path(__file__).parent.parent / "tests" / "schemas"

OTHER_DATABASE = "OTHER_DATABASE"
"""Placeholder in a schema's text for a second database; its name is that of the first with the suffix `_other`."""

TOKEN = re.compile(
    r"""(?P<comment>--(?=\s|$)[^\n]*|\#[^\n]*|/\*(?!!).*?\*/)
    |(?P<kept>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|/\*!.*?\*/)
    |(?P<delimiter>^[ \t]*DELIMITER[ \t]+(?P<new>\S+)[^\n]*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)

MAKES_TABLES = re.compile(r"(CREATE TABLE|ALTER TABLE|CREATE (UNIQUE |FULLTEXT )?INDEX|CREATE TRIGGER)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A Debian package and the files in it that create an application's tables (glob patterns, in the order in which they run)."""

    name: str
    files: tuple[str, ...]


PACKAGES = {
    "zabbix": Package(name="zabbix-server-mysql", files=("usr/share/zabbix-server-mysql/schema.sql.gz",)),
    "mediawiki": Package(
        name="mediawiki",
        files=(
            "usr/share/mediawiki/maintenance/tables-generated.sql",
            "usr/share/mediawiki/extensions*/*/db_patches/mysql/tables-generated.sql",
            "usr/share/mediawiki/extensions*/*/sql/mysql/tables-generated.sql",
        ),
    ),
    "roundcube": Package(name="roundcube-core", files=("usr/share/roundcube/SQL/mysql.initial.sql",)),
    "phpmyadmin": Package(name="phpmyadmin", files=("usr/share/phpmyadmin/sql/create_tables.sql",)),
    "icingadb": Package(name="icingadb", files=("usr/share/icingadb/schema/mysql/schema.sql",)),
    "icinga-ido": Package(name="icinga2-ido-mysql", files=("usr/share/icinga2-ido-mysql/schema/mysql.sql",)),
}


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A schema to try. `kinds`: the servers it is for. `origin`: the file, or the package and its version. `about`: the leading comment of a
    schema in tests/schemas."""

    name: str
    kinds: tuple[str, ...]
    origin: str
    statements: tuple[str, ...]
    own: bool
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A schema in a database. `skipped`: how many statements of a package were not run, by first words, or were rejected, by error."""

    target: Target
    tables: tuple[str, ...]
    skipped: tuple[tuple[str, int], ...] = ()


class NotToBeHad(Exception):
    """A package cannot be downloaded, or lacks the expected files."""


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
        own=True,
        about=" ".join(line.removeprefix("-- ") for line in takewhile(lambda line: line.startswith("-- "), text.splitlines())),
    )


def package_schema(name: str, folder: Path) -> Schema:
    """The schema of a package, downloaded with apt-get into this folder. NotToBeHad: the package is unavailable."""
    package = PACKAGES[name]
    place = folder / package.name
    place.mkdir(parents=True, exist_ok=True)
    if not list(place.glob("*.deb")):
        _run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package.name, folder=place)
    (archive,) = place.glob("*.deb")
    _run("dpkg-deb", "-x", str(archive), str(place / "unpacked"), folder=place)
    version = _run("dpkg-deb", "--field", str(archive), "Version", folder=place).strip()
    files = [file for pattern in package.files for file in sorted((place / "unpacked").glob(pattern))]
    if not files:
        raise NotToBeHad(f"{archive.name} has none of {', '.join(package.files)}")
    return Schema(
        name=name,
        kinds=("mariadb", "mysql"),
        origin=f"Debian's {package.name} {version}",
        statements=tuple(statement for file in files for statement in statements(_text(file))),
        own=False,
    )


def _run(*command: str, folder: Path) -> str:
    try:
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError as error:
        raise NotToBeHad(f"{command[0]} is not on this machine: packages are fetched on Debian and Ubuntu only") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or error.stdout.strip() or "no output").splitlines()[-1]
        raise NotToBeHad(f"{' '.join(command)}: {last} (apt-get update may help)") from error


def _text(file: Path) -> str:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return data.decode("utf-8", errors="replace")


def load(schema: Schema, target: Target) -> Loaded:
    """Creates the schema's tables in the target's database, which exists and is empty."""
    other = f"{target.database}_other"
    skipped: Counter[str] = Counter()
    with connected(target) as connection:
        if not schema.own:
            # as the applications' installers do: allows zero dates, and tables before their parents
            sql.execute(connection, "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', foreign_key_checks = 0")
        for statement in schema.statements:
            if not schema.own and not MAKES_TABLES.match(" ".join(statement.split())):
                skipped[" ".join(statement.split()[:2]).upper()] += 1
                continue
            try:
                _execute(connection, statement.replace(OTHER_DATABASE, other))
            except pymysql.Error as error:
                if schema.own:
                    raise
                skipped[f"refused by the server: {error.args[1]}"] += 1
        tables = tuple(name for (name,) in sql.rows(connection, "SHOW TABLES"))
    return Loaded(target=target, tables=tables, skipped=tuple(skipped.items()))


def _execute(connection: Connection, statement: str) -> None:
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
