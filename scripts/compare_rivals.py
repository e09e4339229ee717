"""Loaders that scripts/lib_rivals.sh fetches: mysqlclient and mysql2, which insert, and two that restore dumps: mariadb-import --dir and myloader.

The two that restore create the table anew from a folder of files, and turn checks off. scripts/violations shows what that means for a row that
breaks a constraint.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from compare_client import COLUMNS, MYSQLCLIENT, RIVALS, TABLE, Job, batch_file, frames
from compare_loaders import LOADERS, SCRIPTS, Command, Loader, Run, clients_of, entire_span, from_start_to_last_commit, program

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.session import connected
from parloader.database.target import Target

MYSQL2 = RIVALS / "mysql2/node_modules"

IMPORTER = "mariadb-import-11.8"

IMPORT_DIR = "mariadb-import --dir"

MYLOADER = "myloader"

# How long a statement of mydumper's files is, by its default (mydumper --help, --statement-size)
STATEMENT_BYTES = 1_000_000

MYDUMPER_HEADER = """/*!40101 SET NAMES binary*/;
/*!40014 SET FOREIGN_KEY_CHECKS=0*/;
/*!40103 SET TIME_ZONE='+00:00' */;
"""


def mysql2_command(target: Target, job: dict[str, object]) -> Command:
    """A process of compare_mysql2.js."""
    place = {"socketPath": target.unix_socket} if target.unix_socket else {"host": target.host, "port": target.port}
    server = {**place, "user": target.user, "password": target.password, "database": target.database}
    return Command(
        arguments=("node", str(SCRIPTS / "compare_mysql2.js")),
        given=json.dumps({"server": server, **job}).encode(),
        more_environment={"NODE_PATH": str(MYSQL2)},
    )


def _mysql2(run: Run) -> Sequence[Command]:
    shares = [[(batch.start, batch.stop) for batch in run.job.batches(worker)] for worker in range(run.job.procs)]
    return [mysql2_command(run.target, {"rows": run.job.rows, "batches": batches}) for batches in shares if batches]


def import_dir_command(target: Target, folder: Path, threads: int) -> Command:
    """mariadb-import of a folder as mariadb-dump --dir writes it: without indexes and constraints, which it adds afterwards."""
    to = ("--no-defaults", "--skip-ssl", f"--socket={target.unix_socket}", f"--user={target.user}")
    return Command(arguments=(str(program([IMPORTER])), *to, "--local", f"--parallel={threads}", f"--dir={folder}"))


def myloader_command(target: Target, folder: Path, threads: int) -> Command:
    """myloader of a folder as mydumper writes it. `-o` replaces the table."""
    to = ("-S", target.unix_socket or "", "-u", target.user, "-B", target.database)
    return Command(arguments=(str(program([MYLOADER])), *to, "-d", str(folder), "-o", "-t", str(threads), "-v", "1"))


def write_import_dir(folder: Path, database: str, table: str, definition: str, lines: str) -> None:
    """The files of one table for mariadb-import --dir: its CREATE TABLE, and its rows in the default format of LOAD DATA."""
    (folder / database).mkdir(parents=True)
    (folder / database / f"{table}.sql").write_text(f"DROP TABLE IF EXISTS `{table}`;\n{definition};\n")
    (folder / database / f"{table}.txt").write_text(lines)


def write_mydumper(folder: Path, database: str, table: str, definition: str, chunks: Sequence[str]) -> None:
    """The files of one table for myloader: its CREATE TABLE, and a file for each chunk of INSERT statements."""
    folder.mkdir(parents=True)
    (folder / "metadata").write_text("Started dump at: 2024-01-01 00:00:00\nFinished dump at: 2024-01-01 00:00:01\n")
    (folder / f"{database}-schema-create.sql").write_text(f"CREATE DATABASE `{database}`;\n")
    (folder / f"{database}.{table}-schema.sql").write_text(f"{MYDUMPER_HEADER}{definition};\n")
    for number, statements in enumerate(chunks):
        (folder / f"{database}.{table}.{number:05d}.sql").write_text(MYDUMPER_HEADER + statements)


def _inserts(table: str, frame: pl.DataFrame) -> str:
    """INSERT statements of about STATEMENT_BYTES, as mydumper writes them."""
    texts = [
        pl.concat_str(pl.lit('"'), pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S"), pl.lit('"'))
        if kind.is_temporal()
        else pl.col(name).cast(pl.String)
        for name, kind in frame.schema.items()
    ]
    row = pl.concat_str(*(text.fill_null("NULL") for text in texts), separator=",")
    rows = frame.select(pl.concat_str(pl.lit("("), row, pl.lit(")")).alias("row"))["row"].to_list()
    each = max(1, STATEMENT_BYTES // (len(rows[0]) + 2))
    return "".join(
        f"INSERT INTO `{table}` VALUES\n" + ",\n".join(rows[start : start + each]) + ";\n" for start in range(0, len(rows), each)
    )


def _import_folder(files: Path) -> Path:
    return files / "import-dir"


def _mydumper_folder(files: Path) -> Path:
    return files / "mydumper"


def make_dumps(target: Target, files: Path, job: Job) -> None:
    """Writes what the two restoring loaders read, beside the ready-made files (compare_loaders.make_files) of this job."""
    with connected(target) as connection:
        definition = sql.row(connection, f"SHOW CREATE TABLE {TABLE}")[1]
    batches = [batch for worker in range(job.procs) for batch in job.batches(worker)]
    frame = frames(job.rows)
    lines = "".join(Path(batch_file(str(files), batch)).read_text() for batch in batches)
    write_import_dir(_import_folder(files), target.database, TABLE, definition, lines)
    chunks = [_inserts(TABLE, frame(batch).select(COLUMNS)) for batch in batches]
    write_mydumper(_mydumper_folder(files), target.database, TABLE, definition, chunks)


def _threads(run: Run) -> int:
    """With the checks off, MariaDB locks an empty table for the first INSERT (bulk insert), and the threads of myloader end in a deadlock."""
    return 1 if run.place.kind is ServerKind.MARIADB else run.job.procs


RIVAL_LOADERS = (
    Loader(
        name="mysqlclient executemany",
        commands=clients_of("mysqlclient executemany"),
        span=from_start_to_last_commit,
        needs_folder=MYSQLCLIENT,
        over_network=True,
    ),
    Loader(
        name="mysql2", commands=_mysql2, span=from_start_to_last_commit, needs=("node",), needs_folder=MYSQL2 / "mysql2", over_network=True
    ),
    Loader(
        name=IMPORT_DIR,
        commands=lambda run: [import_dir_command(run.target, _import_folder(run.files), run.job.procs)],
        span=entire_span,
        needs=(IMPORTER,),
    ),
    Loader(
        name=MYLOADER,
        commands=lambda run: [myloader_command(run.target, _mydumper_folder(run.files), _threads(run))],
        span=entire_span,
        needs=(MYLOADER,),
    ),
)

ALL_LOADERS = (*LOADERS, *RIVAL_LOADERS)
