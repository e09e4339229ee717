"""The ways to load that scripts/violations tries, each with rows of which one breaks a constraint: what the client reports of it."""

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
from compare_client import MYSQLCLIENT, mysqlclient_connect
from compare_loaders import PARLOADER_COMMAND, Command, environment, program, url_of
from compare_rivals import (
    IMPORT_DIR,
    IMPORTER,
    MYLOADER,
    MYSQL2,
    import_dir_command,
    myloader_command,
    mysql2_command,
    write_import_dir,
    write_mydumper,
)

from parloader.database import sql
from parloader.database.session import connected
from parloader.database.target import Target

ROWS = 100

BAD = 60
"""The number of the row that breaks a constraint, from 0: neither the first nor the last, and not in every sample."""

TIMEOUT_SECONDS = 60

COLUMNS = ("id", "parent_id", "code", "amount")

PARENT = "CREATE TABLE parent (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB"

CHILD = """CREATE TABLE child (
  id INT NOT NULL PRIMARY KEY,
  parent_id INT NOT NULL,
  code INT NOT NULL,
  amount INT NOT NULL,
  UNIQUE KEY uq_child_code (code),
  KEY ix_child_parent (parent_id),
  CONSTRAINT fk_child_parent FOREIGN KEY (parent_id) REFERENCES parent (id),
  CONSTRAINT chk_child_amount CHECK (amount > 0)
) ENGINE=InnoDB"""

INSERT = f"INSERT INTO child ({', '.join(COLUMNS)}) VALUES "

LOAD_DATA = f"LOAD DATA LOCAL INFILE %s INTO TABLE child ({', '.join(COLUMNS)})"

# Then MariaDB writes the first statement into an empty table page by page, and finds duplicates when that ends (bulk insert, MDEV-24621)
CHECKS_OFF = ("SET SESSION foreign_key_checks = 0", "SET SESSION unique_checks = 0")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A constraint, and the value of `column` in row BAD that breaks it. `violations`: SQL for how many rows in the table break it."""

    name: str
    constraint: str
    column: str
    value: int
    violations: str

    def rows(self) -> list[tuple[int, ...]]:
        rows = [dict(zip(COLUMNS, (i + 1, 1, i + 1, 1), strict=True)) for i in range(ROWS)]
        rows[BAD][self.column] = self.value
        return [tuple(row[name] for name in COLUMNS) for row in rows]

    def lines(self) -> str:
        """The rows in the default format of LOAD DATA."""
        return "".join("\t".join(map(str, row)) + "\n" for row in self.rows())

    def plan(self) -> str:
        """A plan file for parloader with these rows."""
        expressions = {"parent_id": "1", "code": "i + 1", "amount": "1"}
        bad = f"CASE WHEN i = {BAD} THEN {self.value} ELSE {expressions[self.column]} END"
        columns = {**{name: f"{text} + 0 * i" for name, text in expressions.items()}, self.column: bad}
        lines = (f'{name} = {{ expr = "{text}" }}\n' for name, text in columns.items())
        return f'plan = "violations"\n[table.child]\nrows = {ROWS}\n[table.child.column]\n{"".join(lines)}'


# By the clustered index, so that rows are counted which another index lacks
CASES = (
    Case(
        name="FOREIGN KEY",
        constraint="fk_child_parent",
        column="parent_id",
        value=999,
        violations="SELECT COUNT(*) FROM child FORCE INDEX (PRIMARY) WHERE parent_id NOT IN (SELECT id FROM parent)",
    ),
    Case(
        name="CHECK",
        constraint="chk_child_amount",
        column="amount",
        value=0,
        violations="SELECT COUNT(*) FROM child FORCE INDEX (PRIMARY) WHERE amount <= 0",
    ),
    Case(
        name="UNIQUE",
        constraint="uq_child_code",
        column="code",
        value=7,
        violations="SELECT COUNT(*) - COUNT(DISTINCT code + 0) FROM child FORCE INDEX (PRIMARY)",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a client tells its user. `error`: empty if it reports success; `acknowledged`: the rows that it or the server says were written."""

    error: str = ""
    acknowledged: int = 0
    warnings: int = 0


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to load the rows of a case into the empty table."""

    name: str
    load: Callable[[Target, Case, Path], Answer]
    needs: tuple[str, ...] = ()
    needs_folder: Path | None = None

    @property
    def missing(self) -> bool:
        return bool((self.needs and not program(self.needs)) or (self.needs_folder and not self.needs_folder.exists()))


def _run(command: Command, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command.arguments,
        input=command.given.decode(),
        env=environment(command),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )


def _failure(done: "subprocess.CompletedProcess[str]") -> str:
    """What a program that failed says; empty if it succeeded."""
    return f"{done.stdout}{done.stderr}".strip() or f"exit code {done.returncode}" if done.returncode else ""


def _parloader(writer: str) -> Callable[[Target, Case, Path], Answer]:
    def load(target: Target, case: Case, folder: Path) -> Answer:
        plan = folder / "violations.toml"
        plan.write_text(case.plan())
        options = ("seed", "--plan", str(plan), "--procs=1", f"--writer={writer}", "--json", "--quiet")
        done = _run(Command(arguments=(*PARLOADER_COMMAND, *options), url=url_of(target)), folder)
        return Answer(error=_failure(done), acknowledged=0 if done.returncode else json.loads(done.stdout)["rows"])

    return load


def _connect(target: Target) -> "pymysql.connections.Connection[Any]":
    """As an application connects: with the server's settings, in a transaction."""
    place: dict[str, Any] = {"unix_socket": target.unix_socket} if target.unix_socket else {"host": target.host, "port": target.port}
    account: dict[str, Any] = {"user": target.user, "password": target.password, "database": target.database}
    return pymysql.connect(**place, **account, charset="utf8mb4", local_infile=True)


def _in_transaction(
    connect: Callable[[Target], Any], load: Callable[[Any, Case, Path], int], first: Iterable[str] = ()
) -> Callable[[Target, Case, Path], Answer]:
    """Loads by a cursor, then commits. `load` returns the rows that the server acknowledged."""

    def load_and_commit(target: Target, case: Case, folder: Path) -> Answer:
        connection = connect(target)
        try:
            with connection.cursor() as cursor:
                for statement in first:
                    cursor.execute(statement)
                acknowledged = load(cursor, case, folder)
                cursor.execute("SHOW COUNT(*) WARNINGS")
                (warnings,) = cursor.fetchone()
            connection.commit()
        except Exception as error:  # of whatever driver it is
            return Answer(error=str(error))
        finally:
            connection.close()
        return Answer(acknowledged=acknowledged, warnings=warnings)

    return load_and_commit


def _executemany(cursor: Any, case: Case, _: Path) -> int:
    return int(cursor.executemany(f"{INSERT}(%s, %s, %s, %s)", case.rows()))


def _insert_ignore(cursor: Any, case: Case, _: Path) -> int:
    return int(cursor.executemany(f"{INSERT.replace('INSERT', 'INSERT IGNORE')}(%s, %s, %s, %s)", case.rows()))


def _insert_select(cursor: Any, case: Case, _: Path) -> int:
    cursor.execute("DROP TABLE IF EXISTS source")
    cursor.execute(f"CREATE TABLE source ({', '.join(f'{name} INT NOT NULL' for name in COLUMNS)}) ENGINE=InnoDB")
    cursor.executemany("INSERT INTO source VALUES (%s, %s, %s, %s)", case.rows())
    return int(cursor.execute("INSERT INTO child SELECT * FROM source"))


def _load_data(cursor: Any, case: Case, folder: Path) -> int:
    file = folder / "child.txt"
    file.write_text(case.lines())
    return int(cursor.execute(LOAD_DATA, (str(file),)))


def _mysql2(target: Target, case: Case, folder: Path) -> Answer:
    done = _run(mysql2_command(target, {"statement": f"{INSERT}?", "values": case.rows()}), folder)
    return Answer(error=_failure(done), acknowledged=0 if done.returncode else json.loads(done.stdout)["acknowledged"])


def _imported(done: "subprocess.CompletedProcess[str]") -> Answer:
    """What mariadb-import prints: Records: 100  Deleted: 0  Skipped: 1  Warnings: 1."""
    counts = {name: int(number) for name, number in re.findall(r"(\w+): (\d+)", done.stdout)}
    acknowledged = counts.get("Records", 0) - counts.get("Skipped", 0)
    return Answer(error=_failure(done), acknowledged=acknowledged, warnings=counts.get("Warnings", 0))


def _mariadb_import(target: Target, case: Case, folder: Path) -> Answer:
    file = folder / "child.txt"
    file.write_text(case.lines())
    to = ("--no-defaults", "--skip-ssl", f"--socket={target.unix_socket}", f"--user={target.user}", "--local", target.database, str(file))
    return _imported(_run(Command(arguments=(str(program([IMPORTER])), *to)), folder))


def _import_dir(target: Target, case: Case, folder: Path) -> Answer:
    with connected(target) as connection:  # as a dump has it: mariadb-import understands no other spelling
        definition = sql.row(connection, "SHOW CREATE TABLE child")[1]
    write_import_dir(folder / "dump", target.database, "child", definition, case.lines())
    return _imported(_run(import_dir_command(target, folder / "dump", 1), folder))


def _myloader(target: Target, case: Case, folder: Path) -> Answer:
    values = ",\n".join(f"({','.join(map(str, row))})" for row in case.rows())
    write_mydumper(folder / "dump", target.database, "child", CHILD, [f"INSERT INTO `child` VALUES\n{values};\n"])
    done = _run(myloader_command(target, folder / "dump", 1), folder)
    return Answer(error=_failure(done), acknowledged=ROWS)


WAYS = (
    Way(name="parloader, `--writer insert`", load=_parloader("insert")),
    Way(name="parloader, `--writer load-data`", load=_parloader("load-data")),
    Way(name="PyMySQL executemany", load=_in_transaction(_connect, _executemany)),
    Way(name="mysqlclient executemany", load=_in_transaction(mysqlclient_connect, _executemany), needs_folder=MYSQLCLIENT),
    Way(name="mysql2, `INSERT … VALUES ?`", load=_mysql2, needs=("node",), needs_folder=MYSQL2 / "mysql2"),
    Way(name="INSERT IGNORE", load=_in_transaction(_connect, _insert_ignore)),
    Way(name="LOAD DATA LOCAL", load=_in_transaction(_connect, _load_data)),
    Way(name="mariadb-import (11.8)", load=_mariadb_import, needs=(IMPORTER,)),
    Way(name=f"{IMPORT_DIR} (11.8)", load=_import_dir, needs=(IMPORTER,)),
    Way(name=f"{MYLOADER} (0.10)", load=_myloader, needs=(MYLOADER,)),
    Way(name="checks off: INSERT", load=_in_transaction(_connect, _executemany, CHECKS_OFF)),
    Way(name="checks off: INSERT IGNORE", load=_in_transaction(_connect, _insert_ignore, CHECKS_OFF)),
    Way(name="checks off: INSERT … SELECT", load=_in_transaction(_connect, _insert_select, CHECKS_OFF)),
    Way(name="checks off: LOAD DATA LOCAL", load=_in_transaction(_connect, _load_data, CHECKS_OFF)),
)
