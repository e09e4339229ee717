"""Tells which tables of a database may have changed since an earlier moment, without reading their rows.

InnoDB notes for each table the second of the last commit that changed a row of it (information_schema.tables.update_time), below the level
of SQL: the rows that a foreign key deletes or changes count as well. It forgets that at a restart, for a table that is created anew (TRUNCATE
does that: it gets another id), and if it evicts the table from its cache. `read` keeps it from the last one; the others are noticed here.

A table that has not changed may be named, but one that has is never left out: a change in the very second of the earlier look cannot be told
from one before it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection

# InnoDB evicts tables, and forgets their times, beyond this number of tables (MySQL manual and MariaDB documentation, table_definition_cache)
CACHED_TABLES = 100_000

BASE_TABLES = ("BASE TABLE", "SYSTEM VERSIONED")


@dataclass(frozen=True, kw_only=True)
class TableEvidence:
    """What the server knows of a table without looking at its rows."""

    updated: int | None  # the second of the last change, since 1970; None: no change since the server started, or not known
    created: int | None  # the second of the last change of its definition
    counter: int | None  # AUTO_INCREMENT; None: the table has none, or (in MySQL) was not opened since the server started
    ids: tuple[int, ...]  # InnoDB's ids of the table or of its partitions; none: of another engine


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the server knows of a database at one moment."""

    second: int  # of the look, since 1970
    tables: Mapping[str, TableEvidence]

    def as_json(self) -> dict[str, Any]:
        tables = {name: (t.updated, t.created, t.counter, t.ids) for name, t in self.tables.items()}
        return {"second": self.second, "tables": tables}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Evidence":
        return cls(
            second=document["second"],
            tables={
                name: TableEvidence(updated=updated, created=created, counter=counter, ids=tuple(ids))
                for name, (updated, created, counter, ids) in document["tables"].items()
            },
        )


@dataclass(frozen=True, kw_only=True)
class Suspects:
    """What may have changed between two looks."""

    rows: frozenset[str]  # tables whose rows may have
    definitions: frozenset[str]  # tables whose definition may have


def keep(connection: Connection) -> None:
    """Has InnoDB remember the times of all tables."""
    sql.execute(connection, f"SET GLOBAL table_definition_cache = {CACHED_TABLES:d}")


# Names that InnoDB does not encode
PLAIN_NAME = re.compile(r"[0-9A-Za-z_]+")

PARTITION = re.compile("#p#", re.IGNORECASE)

TABLE_IDS = {ServerKind.MARIADB: "information_schema.innodb_sys_tables", ServerKind.MYSQL: "information_schema.innodb_tables"}


def read(connection: Connection) -> Evidence:
    """The evidence for the connection's database, at this moment."""
    if connection.dialect.kind is ServerKind.MYSQL:
        sql.execute(connection, "SET SESSION information_schema_stats_expiry = 0")  # otherwise a day old
    look = "SELECT FLOOR(UNIX_TIMESTAMP(SYSDATE(6))), @@GLOBAL.table_definition_cache, DATABASE()"
    second, cached, database = sql.row(connection, look)
    statement = """SELECT table_name, table_type, UNIX_TIMESTAMP(update_time), UNIX_TIMESTAMP(create_time), auto_increment
        FROM information_schema.tables WHERE table_schema = DATABASE()"""
    listed = [row for row in sql.rows(connection, statement) if row[1] in BASE_TABLES]
    ids = _table_ids(connection, database, [name for name, *_ in listed]) if cached >= CACHED_TABLES else {}
    return Evidence(
        second=int(second),
        tables={
            name: TableEvidence(updated=_whole(updated), created=_whole(created), counter=_whole(counter), ids=ids.get(name, ()))
            for name, _, updated, created, counter in listed
        },
    )


def counters(connection: Connection) -> dict[str, int]:
    """Table → its AUTO_INCREMENT, of tables that have one and were opened since the server started."""
    statement = (
        "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL"
    )
    return {name: int(counter) for name, counter in sql.rows(connection, statement)}


def _whole(number: Any) -> int | None:
    return None if number is None else int(number)


def _table_ids(connection: Connection, database: str, tables: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Table → the ids of it or of its partitions, which InnoDB lists as database/table#P#partition.

    It encodes other characters than letters, digits and _ as @ and a code. Names with such a character share their ids: if one of the tables is
    created anew, all of them seem to be.
    """
    pattern = f"{database}/%" if PLAIN_NAME.fullmatch(database) else "%@%/%"
    statement = f"SELECT name, table_id FROM {TABLE_IDS[connection.dialect.kind]} WHERE name LIKE %s"
    found: dict[str, list[int]] = {}
    for name, number in sql.rows(connection, statement, pattern):
        table = PARTITION.split(name.partition("/")[2], maxsplit=1)[0].lower()
        found.setdefault("@" if "@" in table else table, []).append(int(number))
    return {table: tuple(sorted(found.get(table.lower() if PLAIN_NAME.fullmatch(table) else "@", ()))) for table in tables}


def suspects(before: Evidence, now: Evidence) -> Suspects:
    """What may have changed. The server must not have been restarted in between.

    A table with another id may be another one of its name, which foreign keys of any table follow: all definitions may have changed then.
    A change of the definition can have the server forget the time of the last change of the rows.
    """
    if now.second < before.second:  # the clock was set back, so its times prove nothing
        return everything(before, now)
    common = before.tables.keys() & now.tables.keys()
    rows, definitions = set(), set()
    exchanged = before.tables.keys() != now.tables.keys()
    for name in common:
        old, new = before.tables[name], now.tables[name]
        if not new.ids or old.ids != new.ids or old.updated != new.updated or (new.updated or 0) >= before.second:
            rows.add(name)
        if old.created != new.created or (new.created or 0) >= before.second:
            rows.add(name)
            definitions.add(name)
        exchanged |= old.ids != new.ids
    return Suspects(rows=frozenset(rows), definitions=frozenset(common if exchanged else definitions))


def everything(before: Evidence, now: Evidence) -> Suspects:
    """All of it may have changed: nothing is known of what happened in between."""
    return Suspects(
        rows=frozenset(before.tables.keys() & now.tables.keys()),
        definitions=frozenset(before.tables.keys() & now.tables.keys()),
    )
