"""Measures a load with its secondary indexes in place, and without them followed by ALTER TABLE … ADD INDEX.

The table has four plain indexes of random values. Its primary key, its foreign key (with the index that it needs) and its CHECK stay on
in both cases. Each buffer pool size has a private server of its own, durable by default, and the two cases take turns on it. A table in
Markdown goes to stdout, a line for each load to stderr.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import quote

import click
from compare_server import Place, say, throwaway
from measuring import on_each_server, procs_option, rounds_option, rows_option, server_option

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.session import connected, server_info
from parloader.ledger import store

DEFERRED = tuple(f"number_{n}" for n in range(1, 5))

SENSORS = 100

PLAN = f"""
plan = "defer-indexes"

[table.sensor]
rows = {SENSORS}
key = "id"

[table.reading]
rows = 1
key = "id"
partitioned = true

[table.reading.column]
sensor_id = {{ pick = "sensor.id" }}
level = {{ uniform = [0, 100] }}
{"".join(f"{name} = {{ uniform = [1, 1_000_000_000_000] }}" + chr(10) for name in DEFERRED)}
"""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one load. `build_seconds`: of the ALTER TABLE, 0 if the indexes were in place.

    `cpu_seconds` and `pages` (read and written by InnoDB) are the server's, which noise affects less than it does the time.
    """

    load_seconds: float
    build_seconds: float
    cpu_seconds: float
    pages: int

    @property
    def seconds(self) -> float:
        return self.load_seconds + self.build_seconds


@dataclass(frozen=True, kw_only=True)
class Result:
    """All rounds with one buffer pool. `table_bytes`: of the table with all its indexes."""

    server: str
    pool_bytes: int
    table_bytes: int
    in_place: list[Cost]
    deferred: list[Cost]


def create(connection: Connection, indexes: tuple[str, ...]) -> None:
    """Creates the tables anew, with indexes on these columns besides those of the keys."""
    store.drop(connection)
    sql.execute(connection, "DROP TABLE IF EXISTS reading, sensor")
    sql.execute(connection, "CREATE TABLE sensor (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY)")
    sql.execute(
        connection,
        "CREATE TABLE reading (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, sensor_id BIGINT UNSIGNED NOT NULL, "
        f"level INT NOT NULL, {''.join(f'{name} BIGINT NOT NULL, ' for name in DEFERRED)}"
        f"KEY reading_sensor (sensor_id), {''.join(f'KEY {name} ({name}), ' for name in indexes)}"
        "CONSTRAINT reading_sensor FOREIGN KEY (sensor_id) REFERENCES sensor (id), CONSTRAINT level_range CHECK (level BETWEEN 0 AND 100))",
    )


def load(place: Place, rows: int, procs: int, *, deferred: bool) -> Cost:
    """Loads the table once, from an empty state. ClickException with the command's output if it fails."""
    with connected(place.target) as connection:
        create(connection, () if deferred else DEFERRED)
        place.settle(connection)
        cpu_before, pages_before = place.cpu_seconds(), _pages(connection)
        begun = time.monotonic()
        _seed(place, rows, procs)
        loaded = time.monotonic()
        if deferred:
            additions = ", ".join(f"ADD INDEX {name} ({name})" for name in DEFERRED)
            sql.execute(connection, f"ALTER TABLE reading {additions}, ALGORITHM=INPLACE")
        built = time.monotonic()
        return Cost(
            load_seconds=loaded - begun,
            build_seconds=built - loaded if deferred else 0.0,
            cpu_seconds=place.cpu_seconds() - cpu_before,
            pages=_pages(connection) - pages_before,
        )


def _pages(connection: Connection) -> int:
    """The pages that InnoDB has read and written so far."""
    counters = sql.rows(connection, "SHOW GLOBAL STATUS WHERE variable_name IN ('Innodb_pages_read', 'Innodb_pages_written')")
    return sum(int(count) for _, count in counters)


def _seed(place: Place, rows: int, procs: int) -> None:
    plan = place.home / "plan.toml"
    plan.write_text(PLAN)
    url = f"mysql://root:@localhost/{place.target.database}?unix_socket={quote(str(place.target.unix_socket))}"
    command = [sys.executable, "-m", "parloader", "seed", "--plan", str(plan), "--rows", str(rows), "--procs", str(procs), "--json"]
    done = subprocess.run(command, cwd=place.home, env={**os.environ, "PARLOADER_URL": url}, capture_output=True, text=True)
    if done.returncode or json.loads(done.stdout)["rows"] != rows:
        raise click.ClickException(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def measure(kind: ServerKind, pool_bytes: int, rows: int, rounds: int, procs: int) -> Result:
    """All rounds on one server. ServerStartError: this machine has no such server."""
    costs: dict[bool, list[Cost]] = {False: [], True: []}
    with throwaway(kind, tcp=False, options=(f"--innodb-buffer-pool-size={pool_bytes}",)) as place:
        for number in range(rounds):
            for deferred in (False, True) if number % 2 else (True, False):
                cost = load(place, rows, procs, deferred=deferred)
                costs[deferred].append(cost)
                say(
                    f"{kind}, pool of {_mib(pool_bytes)}, round {number + 1} of {rounds}, "
                    f"{'deferred' if deferred else 'in place'}: {cost.load_seconds:.1f} + {cost.build_seconds:.1f} s, "
                    f"server CPU {cost.cpu_seconds:.1f} s, {cost.pages:,} pages"
                )
        with connected(place.target) as connection:
            sql.rows(connection, "ANALYZE TABLE reading")
            table_bytes = _table_bytes(connection)
            return Result(
                server=str(server_info(connection)),
                pool_bytes=pool_bytes,
                table_bytes=table_bytes,
                in_place=costs[False],
                deferred=costs[True],
            )


def _table_bytes(connection: Connection) -> int:
    """The size of the table's file."""
    return int(
        sql.value(
            connection,
            "SELECT FILE_SIZE FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME = %s"
            if server_info(connection).kind is ServerKind.MARIADB
            else "SELECT FILE_SIZE FROM information_schema.INNODB_TABLESPACES WHERE NAME = %s",
            "parloader/reading",
        )
    )


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.0f} MiB"


def table(results: list[Result], rows: int) -> str:
    lines = [
        "| server | rows | table | buffer pool | in place, s | deferred, s (load + build) | ratio | server CPU, s | pages read and written |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for found in results:
        ratio = median(late.seconds / early.seconds for early, late in zip(found.in_place, found.deferred, strict=True))
        cpu = " → ".join(f"{median(cost.cpu_seconds for cost in costs):.1f}" for costs in (found.in_place, found.deferred))
        pages = " → ".join(f"{median(cost.pages for cost in costs):,.0f}" for costs in (found.in_place, found.deferred))
        late = median(cost.seconds for cost in found.deferred)
        parts = f"{median(cost.load_seconds for cost in found.deferred):.1f} + {median(cost.build_seconds for cost in found.deferred):.1f}"
        lines.append(
            f"| {found.server} | {rows:,} | {_mib(found.table_bytes)} | {_mib(found.pool_bytes)} "
            f"| {median(cost.seconds for cost in found.in_place):.1f} | {late:.1f} ({parts}) | {ratio:.2f} | {cpu} | {pages} |"
        )
    return "\n".join(lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@rows_option
@rounds_option
@procs_option
@click.option(
    "--pool", "pools", type=click.IntRange(min=8), multiple=True, default=(1024, 64), show_default=True, help="Buffer pool sizes, in MiB."
)
@server_option
def main(*, rows: int, rounds: int, procs: int, pools: tuple[int, ...], kinds: tuple[str, ...]) -> None:
    """Measure a load with its secondary indexes in place, and with them added after it."""
    found = on_each_server(kinds, lambda kind: [measure(kind, pool * 2**20, rows, rounds, procs) for pool in pools])
    results = [result for of_server in found for result in of_server]
    click.echo(table(results, rows))


if __name__ == "__main__":
    main()
