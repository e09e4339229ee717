"""One client process of a compared Python loader: loads its partition, one transaction per batch.

Reads the job as JSON from stdin, so that no password is visible in the process list. Prints the times of the first statement and of the
last commit, in seconds of the monotonic clock. Imports only what its loader needs, because start-up time counts.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from parloader.database.driver import Connection
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.database.tls import Tls
from parloader.plans.row_ranges import IndexRange, batches, split

RIVALS = Path(__file__).resolve().parent.parent / ".servers/rivals"
"""Where scripts/lib_rivals.sh puts what it fetches."""

MYSQLCLIENT = RIVALS / "mysqlclient"

TABLE = "script_execution"

COLUMNS = ("id", "script_reference_id", "script_version_id", "schedule_id", "planned", "triggering_event_id", "created_at")

SOURCE = "compare_source.script_execution"
"""A copy of the rows for INSERT … SELECT, in a separate database and without secondary indexes."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all processes of a loader load together."""

    rows: int
    procs: int
    batch_rows: int

    def batches(self, worker: int) -> tuple[IndexRange, ...]:
        """The batches of one worker, split as parloader splits them."""
        share = split((IndexRange(0, self.rows),), self.procs)
        return (
            tuple(batch for partition in share[worker] for batch in batches(partition, lambda: self.batch_rows))
            if worker < len(share)
            else ()
        )


Load = Callable[[IndexRange], None]


def frames(rows: int) -> "Callable[[IndexRange], pl.DataFrame]":
    """parloader's generator, for a database in which the keys of every parent table begin with 1."""
    from parloader.builtin.plan import script_execution
    from parloader.generation.frames import RowGenerator
    from parloader.plans.model import all_new

    plan = script_execution(rows)
    generator = RowGenerator(plan, plan.target, {table.name: all_new(table) for table in plan.tables})
    return generator.frame


def sqlalchemy_executemany(connection: Connection, rows: int, _: str) -> Load:
    """SQLAlchemy Core's insert() with a list of dicts. The best case for it: parloader's vectorised generator provides the rows."""
    import sqlalchemy as sa
    from sqlalchemy.pool import StaticPool

    from parloader.builtin.ddl import metadata

    frame = frames(rows)
    session = sa.create_engine("mysql+pymysql://", creator=lambda: connection, poolclass=StaticPool).connect()
    insert = metadata.tables[TABLE].insert()

    def load(batch: IndexRange) -> None:
        session.execute(insert, frame(batch).to_dicts())
        session.commit()

    return load


def pymysql_executemany(connection: Connection, rows: int, _: str) -> Load:
    """PyMySQL's executemany(), which joins the tuples into multi-row INSERTs of up to a megabyte. The best case for it, as above."""
    frame = frames(rows)
    insert = f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"

    def load(batch: IndexRange) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(insert, frame(batch).rows())
        connection.commit()

    return load


def mysqlclient_executemany(connection: Any, rows: int, _: str) -> Load:
    """The executemany() of mysqlclient, whose protocol is in C; it joins the tuples into multi-row INSERTs of up to 64 KiB. The best case, as above."""
    frame = frames(rows)
    insert = f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"

    def load(batch: IndexRange) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(insert, frame(batch).rows())
        connection.commit()

    return load


def mysqlclient_connect(target: Target) -> Any:
    sys.path.insert(0, str(MYSQLCLIENT))
    os.environ.setdefault("MARIADB_PLUGIN_DIR", str(next(RIVALS.glob("libmariadb-dev/usr/lib/*/libmariadb3/plugin"), "")))
    import MySQLdb  # type: ignore[import-untyped]

    place = {"unix_socket": target.unix_socket} if target.unix_socket else {"host": target.host, "port": target.port}
    return MySQLdb.connect(**place, user=target.user, password=target.password, database=target.database, charset="utf8mb4")


def load_data_ready(connection: Connection, _: int, folder: str) -> Load:
    """LOAD DATA LOCAL from a ready-made file for each batch."""
    statement = f"LOAD DATA LOCAL INFILE 'ready' INTO TABLE {TABLE} CHARACTER SET utf8mb4 ({', '.join(COLUMNS)})".encode()

    def load(batch: IndexRange) -> None:
        loaded = connection.load_local(statement, Path(batch_file(folder, batch)).read_bytes())
        if (loaded.records, loaded.skipped, loaded.warnings) != (batch.rows, 0, 0):
            raise RuntimeError(f"LOAD DATA did not take all of {batch}: {loaded}")
        connection.commit()

    return load


def insert_select(connection: Connection, _: int, __: str) -> Load:
    """No client work: the server copies the rows from another table."""

    def load(batch: IndexRange) -> None:
        names = ", ".join(COLUMNS)
        between = f"id BETWEEN {batch.start + 1:d} AND {batch.stop:d}"
        connection.query(f"INSERT INTO {TABLE} ({names}) SELECT {names} FROM {SOURCE} WHERE {between}")
        connection.commit()

    return load


LOADERS: dict[str, Callable[[Any, int, str], Load]] = {
    "sqlalchemy executemany": sqlalchemy_executemany,
    "pymysql executemany": pymysql_executemany,
    "mysqlclient executemany": mysqlclient_executemany,
    "load data ready": load_data_ready,
    "insert select": insert_select,
}


def batch_file(folder: str, batch: IndexRange) -> str:
    """The path of a batch's file. Its base name is the table's, because mariadb-import takes the table from it."""
    return f"{folder}/{batch.start}/{TABLE}.txt"


def main(loader: str, worker: int, folder: str, target: dict[str, Any], job: dict[str, int]) -> None:
    work = Job(**job)
    to = Target(**{**target, "tls": Tls(**target["tls"])})
    by_parloader = partial(connect, autocommit=False, local_infile=loader == "load data ready")
    connection = (mysqlclient_connect if loader == "mysqlclient executemany" else by_parloader)(to)
    load = LOADERS[loader](connection, work.rows, folder)
    begun_seconds = time.monotonic()
    for batch in work.batches(worker):
        load(batch)
    print(json.dumps({"begun_seconds": begun_seconds, "ended_seconds": time.monotonic()}))


if __name__ == "__main__":
    main(**json.load(sys.stdin))
