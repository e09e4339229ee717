"""The mark: copies of all tables of a database, in a database of its own, and what else is needed to bring the database back to that state.

The copies have the rows, without indexes other than a key, foreign keys, triggers or generated columns. A table in memory, which is empty
after a restart of the server, shows that the evidence is of the running server.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from parloader.database import error_codes, introspection, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.pristine import definitions, evidence
from parloader.database.pristine.definitions import Program
from parloader.database.pristine.evidence import Evidence
from parloader.schema.model import ColumnType, TableSchema, TableType

PREFIX = "parloader_pristine_"

MAX_NAME_CHARACTERS = 64

# What a later version of parloader changes here makes earlier marks unusable
FORMAT = 1

# Rows may have values that only an earlier sql_mode accepted, such as 0000-00-00; what is written is what was stored, unchanged
LENIENT_MODE = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"


@dataclass(frozen=True, kw_only=True)
class PristineColumn:
    """A column that is written: not a generated one."""

    name: str
    kind: ColumnType


@dataclass(frozen=True, kw_only=True)
class PristineTable:
    """A table as it was, and the copy of its rows."""

    name: str
    copy: str  # in the mark's database
    columns: tuple[PristineColumn, ...]
    key: tuple[str, ...]  # of columns that are never NULL; (): the table has none
    integer_key: bool  # whether the key is one integer column
    lowest: int | None  # the lowest key, if it is one integer column and there are rows
    highest: int | None  # the highest one
    rows: int
    counter: int | None  # AUTO_INCREMENT
    definition: str  # CREATE TABLE
    versioned: bool  # whether the server keeps its earlier rows (SYSTEM VERSIONING), which cannot be brought back
    transactional: bool  # InnoDB


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The state of a database, as it is to be brought back."""

    database: str  # of the copies
    tables: Mapping[str, PristineTable]
    programs: tuple[Program, ...]
    evidence: Evidence  # as of the last look
    again: frozenset[str]  # tables that have been written since that look, so their rows are compared again
    known: bool  # whether the evidence says what happened since: the server was not restarted, and no reset was interrupted
    token: str  # of the evidence

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


def database_name(database: str) -> str:
    """The name of the database that holds the copies of another."""
    name = PREFIX + database
    if len(name) <= MAX_NAME_CHARACTERS:
        return name
    return name[: MAX_NAME_CHARACTERS - 17] + "_" + hashlib.sha256(database.encode()).hexdigest()[:16]


def be_lenient(connection: Connection) -> None:
    """Lets the session write every value that a table can have."""
    sql.execute(connection, f"SET SESSION sql_mode = '{LENIENT_MODE}'")
    if not connection.dialect.has_not_enforced:
        sql.execute(connection, "SET SESSION check_constraint_checks = 0")


def create(connection: Connection, database: str) -> Mark:
    """Copies the tables of the connection's database, and remembers the rest. An earlier mark of it is replaced."""
    be_lenient(connection)
    evidence.keep(connection)
    hidden = database_name(database)
    seen = evidence.read(connection)
    drop(connection, database)
    sql.execute(connection, f"CREATE DATABASE {sql.quote(hidden)} CHARACTER SET utf8mb4")
    schema = introspection.read_tables(connection, seen.tables)
    tables = {
        name: _copied(connection, hidden, number, table)
        for number, (name, table) in enumerate(sorted(schema.items()))
        if table.table_type in (TableType.TABLE, TableType.SYSTEM_VERSIONED)
    }
    counters = evidence.counters(connection)  # now, when the tables are open
    tables = {name: replace(table, counter=counters[name]) if name in counters else table for name, table in tables.items()}
    programs = definitions.programs(connection)
    sql.execute(
        connection,
        f"CREATE TABLE {sql.quote(hidden)}.parloader_mark (name VARCHAR(16) PRIMARY KEY, document LONGTEXT NOT NULL) ENGINE=InnoDB CHARSET=utf8mb4",
    )
    sql.execute(connection, f"CREATE TABLE {sql.quote(hidden)}.parloader_boot (token CHAR(16) PRIMARY KEY) ENGINE=MEMORY")
    mark = Mark(database=hidden, tables=tables, programs=programs, evidence=seen, again=frozenset(), known=True, token="")
    _save(connection, mark, "mark", {"tables": [asdict(t) for t in tables.values()], "programs": [asdict(p) for p in programs]})
    trust_evidence(connection, mark, seen, ())
    return mark


def _copied(connection: Connection, hidden: str, number: int, table: TableSchema) -> PristineTable:
    """Copies the rows of a table."""
    columns = tuple(PristineColumn(name=c.name, kind=c.kind) for c in table.columns if not c.generated)
    key = table.row_key
    names = key.columns if key and not any(key.prefixes) and key.period is None else ()
    copy = f"copy_{number}"
    index = f"(PRIMARY KEY ({', '.join(map(sql.quote, names))}))" if names else ""
    selected = ", ".join(sql.quote(column.name) for column in columns)
    rows = sql.execute(
        connection,
        f"CREATE TABLE {sql.quote(hidden)}.{copy} {index} ENGINE=InnoDB SELECT {selected} FROM {sql.quote_table(table.name)}",
    )
    integer_key = len(names) == 1 and table.column(names[0]).kind is ColumnType.INTEGER
    lowest, highest = (
        sql.row(connection, f"SELECT MIN({sql.quote(names[0])}), MAX({sql.quote(names[0])}) FROM {sql.quote(hidden)}.{copy}")
        if integer_key
        else (None, None)
    )
    return PristineTable(
        name=table.name,
        copy=copy,
        columns=columns,
        key=names,
        integer_key=integer_key,
        lowest=lowest,
        highest=highest,
        rows=rows,
        counter=1 if any(column.auto_increment for column in table.columns) else None,
        definition=introspection.definition(connection, table.name),
        versioned=table.table_type is TableType.SYSTEM_VERSIONED,
        transactional=table.engine == "InnoDB",
    )


def load(connection: Connection, database: str) -> Mark | None:
    """The mark of a database; None: it has none, or one that another version of parloader made."""
    hidden = database_name(database)
    try:
        found = sql.rows(connection, f"SELECT name, document FROM {sql.quote(hidden)}.parloader_mark")
        boot = [token for (token,) in sql.rows(connection, f"SELECT token FROM {sql.quote(hidden)}.parloader_boot")]
    except DriverError as error:
        if error_codes.is_table_missing(error):
            return None
        raise
    documents = {name: json.loads(text) for name, text in found}
    marked, last = documents.get("mark"), documents.get("evidence")
    if not (marked and last) or marked["format"] != FORMAT:
        return None
    return Mark(
        database=hidden,
        tables={document["name"]: _table(document) for document in marked["tables"]},
        programs=tuple(Program(**program) for program in marked["programs"]),
        evidence=Evidence.from_json(last["evidence"]),
        again=frozenset(last["again"]),
        known=boot == [last["token"]],
        token=last["token"],
    )


def _table(document: dict[str, Any]) -> PristineTable:
    columns = tuple(PristineColumn(name=column["name"], kind=ColumnType(column["kind"])) for column in document["columns"])
    return PristineTable(**{**document, "columns": columns, "key": tuple(document["key"])})


def save_evidence(connection: Connection, mark: Mark, seen: Evidence, again: Iterable[str]) -> None:
    """Remembers the evidence of a moment at which the database was as marked, except for what was taken back since in the tables `again`."""
    _save(connection, mark, "evidence", {"token": mark.token, "evidence": seen.as_json(), "again": sorted(again)})


def trust_evidence(connection: Connection, mark: Mark, seen: Evidence, again: Iterable[str]) -> None:
    """Saves the evidence, and that it is of the running server."""
    boot, token = f"{sql.quote(mark.database)}.parloader_boot", secrets.token_hex(8)
    save_evidence(connection, replace(mark, token=token), seen, again)
    sql.execute(connection, f"DELETE FROM {boot}")
    sql.execute(connection, f"INSERT INTO {boot} VALUES (%s)", token)


def distrust_evidence(connection: Connection, mark: Mark) -> None:
    """Has the next look take everything for changed, unless `trust_evidence` comes before: what follows can be interrupted halfway."""
    sql.execute(connection, f"DELETE FROM {sql.quote(mark.database)}.parloader_boot")


def _save(connection: Connection, mark: Mark, name: str, document: dict[str, Any]) -> None:
    statement = f"REPLACE INTO {sql.quote(mark.database)}.parloader_mark VALUES (%s, %s)"
    sql.execute(connection, statement, name, json.dumps({"format": FORMAT, **document}))


def drop(connection: Connection, database: str) -> None:
    """Removes the mark of a database, if it has one."""
    sql.execute(connection, f"DROP DATABASE IF EXISTS {sql.quote(database_name(database))}")
