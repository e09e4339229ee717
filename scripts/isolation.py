"""Measures what the isolation of a test costs: the milliseconds that a fixture of the pytest plugin takes before and after a test.

The database has many tables with a few rows each, and a large one. Each test changes, deletes and adds a row in three of the small ones.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from statistics import median

import click
from compare_server import throwaway
from sqlalchemy import Connection, text

from parloader.database.application_settings import mysql_url
from parloader.database.dialects import ServerKind
from parloader.errors import ServerStartError
from parloader.testing import Database, Seeder
from parloader.testing.rollback import rolled_back
from parloader.testing.server import KINDS, OPTIONS, Settings, running_server

TABLES = 100

ROWS = 100

WRITES = ("UPDATE t{} SET n = n + 1 WHERE id = 5", "DELETE FROM t{} WHERE id = 6", "INSERT INTO t{} (n, name) VALUES (1, 'a')")

TABLE = "CREATE TABLE t{} (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, name VARCHAR(40) NOT NULL, KEY (n))"


def write(connection: Connection) -> None:
    for table in (1, 2, 3):
        for statement in WRITES:
            connection.execute(text(statement.format(table)))


@contextmanager
def by_rollback(database: Database) -> Iterator[None]:
    with rolled_back(database.engine) as connection:
        yield
        write(connection)


@contextmanager
def by_reset(database: Database) -> Iterator[None]:
    database.renew()
    yield
    with database.engine.begin() as connection:
        write(connection)
    database.reset()


@contextmanager
def by_clean(database: Database) -> Iterator[None]:
    seeded = Seeder(database, keep=False)
    seeded("t4", rows=ROWS)
    yield
    seeded.clean_up()


# What a test requests, and what the fixture does
WAYS: dict[str, Callable[[Database], AbstractContextManager[None]]] = {
    "parloader_session": by_rollback,
    "parloader_reset": by_reset,
    f'seeded("t4", rows={ROWS})': by_clean,
}


def measure(kind: ServerKind, rows: int, rounds: int) -> None:
    with (
        throwaway(kind, tcp=False, options=OPTIONS) as place,
        running_server(Settings(url=mysql_url(place.target))) as server,
        server.database() as database,
    ):
        database.run_script(";".join(TABLE.format(number) for number in range(TABLES)))
        seeded = Seeder(database)
        seeded("t0", rows=rows)
        seeded([f"t{number}" for number in range(1, TABLES)], rows=ROWS)
        begun = time.perf_counter()
        database.mark()
        marked = time.perf_counter() - begun
        print(f"{server}: {TABLES - 1} tables of {ROWS} rows and one of {rows:,} rows; the state is remembered in {marked:.1f} s\n")
        print("| the test requests | ms before the test | ms after it, with its 9 statements |\n|---|---|---|")
        for name, way in WAYS.items():
            before, after = [], []
            for _ in range(rounds):
                begun = time.perf_counter()
                with way(database):
                    inside = time.perf_counter()
                before.append(inside - begun)
                after.append(time.perf_counter() - inside)
            print(f"| `{name}` | {median(before) * 1000:.0f} | {median(after) * 1000:.0f} |")
        print()


@click.command(help=__doc__)
@click.option("--server", "kinds", type=click.Choice(["mariadb", "mysql"]), multiple=True, default=["mariadb", "mysql"], show_default=True)
@click.option("--rows", type=click.IntRange(min=1), default=100_000, show_default=True, help="Rows of the large table.")
@click.option("--rounds", type=click.IntRange(min=1), default=30, show_default=True, help="Tests of each kind.")
def main(kinds: tuple[str, ...], rows: int, rounds: int) -> None:
    for kind in kinds:
        try:
            measure(KINDS[kind][0], rows, rounds)
        except ServerStartError as error:
            print(f"{kind} is left out: {error}\n")


if __name__ == "__main__":
    main()
