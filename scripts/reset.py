"""Measures how long a reset takes on a database of 100 tables of which three were touched, and what it replaces.

In each round, a session does in three tables what tests do: it inserts a row, updates one and deletes one; then the database is reset. The
tables are chosen anew in each round. A table for each server goes to stdout.
"""

import random
import time
from collections.abc import Callable
from statistics import median

import click
from compare_server import Place, say, throwaway
from measuring import HERE, Version, new_database, on_each_server, rounds_option, server_option

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.session import connected, server_info
from parloader.database.target import Target, parse_url
from parloader.operations.reset import mark, reset

TABLES = 100

TOUCHED = 3

COMMANDS = 5
"""How many complete commands are measured: each starts Python."""

LARGE = (1000, 10_000)
"""Rows of the tables that are touched; the others have the first number."""

TABLE = """CREATE TABLE {} (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE, name VARCHAR(80) NOT NULL, status ENUM('new', 'paid', 'sent') NOT NULL,
    amount DECIMAL(10,2) NULL, note TEXT NULL, parent BIGINT UNSIGNED NULL, created_at DATETIME(6) NOT NULL, KEY (status, created_at),
    FOREIGN KEY (parent) REFERENCES {} (id) ON DELETE CASCADE)"""

NUMBERS = "(SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 1 AS n FROM digit a, digit b, digit c, digit d)"

ROWS = """INSERT INTO {} (code, name, status, amount, note, created_at) SELECT CONCAT('C-', LPAD(n, 8, '0')), CONCAT('name number ', n), 1 + n MOD 3, n / 7,
    REPEAT('a note ', n MOD 12), '2024-01-01' + INTERVAL n MINUTE FROM {} AS numbers WHERE n <= {}"""


def create(connection: Connection, large: int) -> list[str]:
    """Creates the tables and their rows; returns the names of those to touch."""
    sql.execute(connection, "CREATE TABLE digit (n INT PRIMARY KEY)")
    sql.execute(connection, "INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)")
    names = [f"t{number:02d}" for number in range(TABLES - 1)]
    for number, name in enumerate(names):
        sql.execute(connection, TABLE.format(name, names[number - 1] if number % 10 else name))
        sql.execute(connection, ROWS.format(name, NUMBERS, large if number % 3 == 0 else LARGE[0]))
    return names[::3]


def touch(connection: Connection, name: str) -> None:
    number = random.randint(1, LARGE[0])
    sql.execute(
        connection, f"INSERT INTO {name} (code, name, status, created_at) VALUES (%s, 'new', 1, NOW())", f"new {time.monotonic_ns()}"[-20:]
    )
    sql.execute(connection, f"UPDATE {name} SET status = 3, amount = 1 WHERE id = %s", number)
    sql.execute(connection, f"DELETE FROM {name} WHERE id = %s", number % LARGE[0] + 1)


def timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def measure_size(place: Place, large: int, rounds: int) -> dict[str, float]:
    """The medians, in milliseconds."""
    url = new_database(place, f"shop_{large}")
    target: Target = parse_url(url)
    with connected(target) as connection:
        names = create(connection, large)
        marking = timed(lambda: mark(target))
        place.settle(connection)
        found: dict[str, list[float]] = {"reset of nothing": [], "reset": [], "command": []}
        for _ in range(2):
            reset(target)
        for number in range(rounds):
            found["reset of nothing"].append(timed(lambda: reset(target)))
            for what in ("reset", "command") if number < COMMANDS else ("reset",):
                for name in random.sample(names, TOUCHED):
                    touch(connection, name)
                if what == "reset":
                    found[what].append(timed(lambda: reset(target)))
                else:
                    found[what].append(Version(checkout=HERE, url=url).run(("reset",), place.home).seconds)
        result = reset(target)
        assert not result.rows
        restarted = timed(lambda: (sql.execute(connection, f"DELETE FROM parloader_pristine_shop_{large}.parloader_boot"), reset(target)))
    return {"mark": marking * 1000, **{name: median(times) * 1000 for name, times in found.items()}, "after a restart": restarted * 1000}


def measure(kind: ServerKind, rounds: int) -> tuple[str, list[dict[str, float]]]:
    with throwaway(kind, tcp=False) as place:
        results = []
        for large in LARGE:
            results.append(measure_size(place, large, rounds))
            say(f"{kind}: {large:,} rows: {results[-1]}")
        with connected(place.target) as connection:
            return str(server_info(connection)), results


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@rounds_option
@server_option
def main(*, rounds: int, kinds: tuple[str, ...]) -> None:
    """Measure parloader reset on a database of 100 tables of which three were touched, each with a row inserted, updated and deleted."""
    click.echo(
        "| server | rows in a touched table | reset, three tables touched | nothing touched | `parloader reset` as a command | all compared (restart) | `--mark` |"
    )
    click.echo("|---|---:|---:|---:|---:|---:|---:|")
    for name, results in on_each_server(kinds, lambda kind: measure(kind, rounds)):
        for large, times in zip(LARGE, results, strict=True):
            shown = (times[what] for what in ("reset", "reset of nothing", "command", "after a restart", "mark"))
            click.echo(f"| {name} | {large:,} | {' | '.join(f'{ms:,.0f} ms' for ms in shown)} |")


if __name__ == "__main__":
    main()
