"""export: files that load into the tables that seed would have filled, and that DuckDB and Polars read; with and without a database."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import psutil
import pytest
from click.testing import CliRunner, Result
from schemas_sources import load as create
from schemas_sources import own_schema
from support.exports import content, load
from support.servers import Database, slow_on_mysql, until, worker_processes

from parloader.cli.commands import cli

SLOW = pytest.mark.slow

FORMATS = ("csv", "tsv", "parquet", "sql")


def exported(folder: Path, *arguments: str, code: int = 0) -> Result:
    """Runs export without a database."""
    done = CliRunner(env={"PARLOADER_URL": None}).invoke(cli, ["export", "--to", str(folder), *arguments], prog_name="parloader")
    assert done.exit_code == code, f"{arguments}: exit {done.exit_code}\n{done.stdout}{done.stderr}"
    return done


def bytes_of(folder: Path) -> dict[str, str]:
    """The checksum of each file."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


# A cycle of two tables, with rows that reference their own table, a timestamp that each UPDATE changes, and types that files write in their own way
STAFF = (
    """CREATE TABLE unit (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(40) NULL, chief_id INT UNSIGNED NULL,
        updated_at TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)""",
    """CREATE TABLE staff (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, unit_id INT UNSIGNED NOT NULL, boss_id INT UNSIGNED NULL,
        flags BIT(5) NULL, born YEAR NOT NULL, wage DECIMAL(8, 3) NULL, ratio FLOAT NOT NULL, at DATETIME(3) NULL, clock TIME NULL,
        document JSON NULL, photo BLOB NULL, hash BINARY(4) NOT NULL, place POINT NOT NULL, size ENUM('small', 'it''s') NULL,
        FOREIGN KEY (unit_id) REFERENCES unit (id), FOREIGN KEY (boss_id) REFERENCES staff (id))""",
    "ALTER TABLE unit ADD FOREIGN KEY (chief_id) REFERENCES staff (id)",
)


@contextlib.contextmanager
def another(database: Database) -> Iterator[Database]:
    """Another database of the same server, to load files into."""
    name = f"{database.target.database}_second"
    database.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield replace(database, target=replace(database.target, database=name))
    database.execute(f"DROP DATABASE {name}")


def require_equal_when_loaded(database: Database, create_tables: Callable[[Database], object], *options: str) -> None:
    """Export with a database, and from a plan file without one: the files load into tables equal to those that seed fills."""
    create_tables(database)
    plan = database.folder / "plan.toml"
    database.parloader("plan", *options, "--write", str(plan))
    for name in ("csv", "tsv", "sql"):
        arguments = ("--plan", str(plan), "--format", name, "--rows-per-file", "50")
        database.parloader("export", *arguments, "--to", str(database.folder / name))
        exported(database.folder / f"{name}-alone", *arguments)
    database.parloader("seed", *options, "--procs", "1")
    seeded = content(database)
    for folder in ("csv", "csv-alone", "tsv", "tsv-alone", "sql", "sql-alone"):
        with another(database) as other:
            create_tables(other)
            load(other, database.folder / folder)
            assert content(other) == seeded, folder


def test_the_files_load_into_equal_tables(database: Database) -> None:
    require_equal_when_loaded(database, lambda each: each.execute(*STAFF), "--table", "staff", "--rows", "120")


@SLOW
@pytest.mark.parametrize(
    "schema",
    [
        "types",
        "cycles",
        "self_reference",
        "binary_keys",
        "text_keys",
        "names",
        "tenants",
        "uuids",
        "tables_without_key",
        "own_types",
        "partitions",
    ],
)
def test_the_files_of_whole_schemas_load_into_equal_tables(database: Database, schema: str) -> None:
    left_out = {"cycles": ("chicken", "egg", "omelette"), "own_types": ("document",) if database.server.kind == "mysql" else ()}.get(
        schema, ()
    )
    options = [option for table in left_out for option in ("--rows", f"{table}=0")]
    require_equal_when_loaded(
        database, lambda each: create(own_schema(schema, each.server.kind), each.target), "--all", "--rows", "80", *options
    )


@pytest.mark.parametrize("schema", ["staff", pytest.param("types", marks=SLOW)])
def test_polars_and_duckdb_read_the_rows_of_the_database(database: Database, schema: str) -> None:
    if schema == "staff":
        database.execute(*STAFF)
    else:
        create(own_schema(schema, database.server.kind), database.target)
    choice = ("--all", "--rows", "60")
    folders = {name: database.folder / name for name in ("parquet", "csv")}
    for name, folder in folders.items():
        database.parloader("export", *choice, "--to", str(folder), "--format", name, "--rows-per-file", "25", "--procs", "1")
    database.parloader("seed", *choice, "--procs", "1")
    for table in manifest(folders["parquet"])["tables"]:
        expected = database.rows(f"SELECT {', '.join(map(as_text, table['columns']))} FROM {table['table']} ORDER BY id")
        for name, folder in folders.items():
            read = next(each["commands"] for each in manifest(folder)["tables"] if each["table"] == table["table"])
            for rows in (by_polars(folder, read["polars"]), by_duckdb(folder, read["duckdb"])):
                found = [tuple(map(plain, row, table["columns"])) for row in rows]
                assert found == [tuple(map(plain, row, table["columns"])) for row in expected], (name, table["table"])


def as_text(column: dict[str, str]) -> str:
    """SQL for a value as `plain` compares it."""
    name, kind = f"`{column['name']}`", str(column["server_type"])
    if kind.startswith(("bit", "year")):
        return f"{name} + 0"
    return f"HEX({name})" if column["type"] == "Binary" else f"CAST({name} AS CHAR)"


def plain(value: object, column: dict[str, str]) -> object:
    """A value as text or a number, however the reader has it."""
    if value is None or value == "":
        return value if column["type"] == "String" else None
    kind = column["type"]
    if kind.startswith(("Int", "UInt")):
        return int(str(value))
    if kind.startswith("Float"):
        return pytest.approx(float(str(value)), rel=1e-5)
    if kind == "Binary":
        return (value.hex() if isinstance(value, bytes) else str(value)).upper()
    if kind.startswith("Decimal"):
        return f"{float(str(value)):.4f}"
    text = str(value)
    if "json" in str(column["server_type"]) or column["name"] == "document":
        return json.loads(text)
    digits = {"Datetime('us')": 19, "Time": 8}.get(kind)
    return text[:digits].replace("T", " ") if digits else text


def by_polars(folder: Path, expression: str) -> list[tuple[Any, ...]]:
    """The rows that the manifest's expression gives in the folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        frame: pl.DataFrame = eval(expression, {"pl": pl}).collect()
        return frame.sort("id").rows()
    finally:
        os.chdir(before)


def by_duckdb(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of the manifest's query, in the folder."""
    with duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{folder}'")
        return connection.execute(f"{query} ORDER BY id").fetchall()


def test_the_built_in_plan_needs_no_database(tmp_path: Path) -> None:
    said = exported(tmp_path / "files", "--rows", "500")
    assert said.stdout.splitlines()[-2].startswith(f"exported 821 rows to {tmp_path / 'files'}, 7 files, ")
    frame = pl.read_parquet(tmp_path / "files" / "script_execution.*.parquet")
    assert frame.height == 500
    assert frame["id"].to_list() == list(range(1, 501))
    assert frame["schedule_id"].null_count() == 250


@pytest.mark.processes
@pytest.mark.parametrize("name", ["parquet", *(pytest.param(name, marks=SLOW) for name in FORMATS if name != "parquet")])
def test_the_files_are_the_same_for_any_number_of_processes(tmp_path: Path, name: str) -> None:
    common = ("--rows", "20000", "--rows-per-file", "3000", "--format", name)
    exported(tmp_path / "one", *common, "--procs", "1")
    exported(tmp_path / "three", *common, "--procs", "3")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "three")
    for compression in ("zstd", "gzip", "none"):
        folders = [tmp_path / f"{compression}-{n}" for n in (1, 2)]
        for folder in folders:
            exported(folder, "--rows", "100", "--format", name, "--compress", compression, "--procs", "1")
        assert bytes_of(folders[0]) == bytes_of(folders[1])


def test_the_manifest_tells_the_truth(tmp_path: Path) -> None:
    exported(tmp_path / "files", "--rows", "250", "--rows-per-file", "100", "--format", "csv", "--compress", "gzip", "--seed", "7")
    found = manifest(tmp_path / "files")
    assert (found["rows"], found["seed"], found["format"], found["compression"]) == (571, 7, "csv", "gzip")
    listed = [file for table in found["tables"] for file in table["files"]]
    assert {file["name"] for file in listed} | {"manifest.json", "load.sql"} == {file.name for file in (tmp_path / "files").iterdir()}
    for file in listed:
        path = tmp_path / "files" / file["name"]
        assert (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) == (file["bytes"], file["sha256"])
    target = found["tables"][-1]
    assert [(file["first_row"], file["rows"]) for file in target["files"]] == [(0, 100), (100, 100), (200, 50)]
    assert [column["name"] for column in target["columns"]][:2] == ["id", "script_reference_id"]
    assert sum(pl.read_csv(tmp_path / "files" / file["name"]).height for file in target["files"]) == 250


def test_again_only_the_missing_files_are_written_and_none_is_overwritten(tmp_path: Path) -> None:
    common = ("--rows", "300", "--rows-per-file", "100", "--format", "tsv")
    folder = tmp_path / "files"
    exported(folder, *common)
    before = bytes_of(folder)
    assert "has this export already: 9 files" in exported(folder, *common).stdout
    (folder / "script_execution.00002.tsv").unlink()
    (folder / "load.sql").write_text("-- mine")
    said = exported(folder, *common)
    assert (folder / "load.sql").read_text() == "-- mine"
    (folder / "load.sql").unlink()
    exported(folder, *common)
    assert "; 8 files had been written before" in said.stdout
    assert bytes_of(folder) == before
    edited = folder / "script_execution.00001.tsv"
    edited.write_bytes(b"mine")
    said = exported(folder, *common, code=3)
    assert f"{edited} has another content than this export gives it" in said.stderr
    assert edited.read_bytes() == b"mine"
    edited.unlink()
    exported(folder, *common)
    assert bytes_of(folder) == before
    said = exported(folder, "--rows", "301", *common[2:], code=3)
    assert "holds another export: 621 rows of 7 tables as tsv, plan script_execution, seed 0; this one is 622 rows" in said.stderr
    assert bytes_of(folder) == before


def test_folders_that_are_refused(tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.txt").write_text("mine")
    assert "is not empty, and what it holds is not an export of parloader: mine.txt" in exported(tmp_path / "used", code=3).stderr
    assert "it is a file, not a folder" in exported(tmp_path / "used" / "mine.txt", code=2).stderr
    for text in ("{}", "[]", "not json", '{"tables": 5}'):
        (tmp_path / "damaged").mkdir(exist_ok=True)
        (tmp_path / "damaged" / "manifest.json").write_text(text)
        assert "manifest.json cannot be read" in exported(tmp_path / "damaged", code=3).stderr
    assert os.listdir(tmp_path / "damaged") == ["manifest.json"]
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / ".parloader-export.jsonl").touch()  # killed before its first line
    exported(tmp_path / "half", "--rows", "1")


def test_a_mistake_in_the_plan_leaves_no_folder(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('plan = "p"\n[table.a]\nrows = 10\nkey = "id"\n[table.a.column]\nb_id = { pick = "b.id" }\n')
    said = exported(tmp_path / "files", "--plan", str(plan), code=2)
    assert "table a picks from b, which is not in the plan. Add b to the plan, or name the database with --url" in said.stderr
    plan.write_text('plan = "p"\n[table.a]\nrows = 10\nkey = "id"\n[table.a.column]\nc = { expr = "1 / missing" }\n')
    said = exported(tmp_path / "files", "--plan", str(plan), code=2)
    assert "it depends on missing" in said.stderr
    assert "or name the database with --url" in said.stderr
    assert not (tmp_path / "files").exists()


@slow_on_mysql("server")
def test_existing_rows_are_used_but_not_exported(database: Database) -> None:
    database.execute(
        "CREATE TABLE country (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL)",
        "CREATE TABLE city (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, country_id INT NOT NULL, FOREIGN KEY (country_id) REFERENCES country (id))",
        "INSERT INTO country (id, name) VALUES (5, 'a'), (9, 'b')",
    )
    folder = database.folder / "files"
    choice = ("--table", "city", "--rows", "40", "--parents", "country=2")
    said = database.parloader("export", *choice, "--to", str(folder), "--format", "tsv")
    assert "rows that the database has already are used, but not exported: country 2" in said.stderr
    assert not list(folder.glob("country.*"))
    load(database, folder)
    assert database.rows("SELECT COUNT(*), COUNT(DISTINCT country_id) FROM city") == ((40, 2),)
    assert not database.rows("SHOW TABLES LIKE 'parloader%%'")


@slow_on_mysql("server")
def test_the_rows_of_a_run_can_be_exported_afterwards(database: Database) -> None:
    create(own_schema("binary_keys", database.server.kind), database.target)
    choice = ("--table", "purchase", "--rows", "50")
    database.parloader("export", *choice, "--to", str(database.folder / "before"), "--format", "csv")
    database.parloader("seed", *choice)
    said = database.parloader("export", *choice, "--to", str(database.folder / "after"), "--format", "csv")
    assert "these are the rows of run 1, which is in the database" in said.stderr
    files = [
        {name: each for name, each in bytes_of(database.folder / folder).items() if name.endswith(".csv")} for folder in ("before", "after")
    ]
    assert files[0] == files[1]


def test_nulls_beside_empty_texts_are_named_in_csv_and_kept_in_tsv(database: Database) -> None:
    database.execute("CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a VARCHAR(10) NULL, b VARCHAR(10) NOT NULL)")
    plan = database.folder / "plan.toml"
    texts = r'["", "NULL", "\\N", "a,b", "\"", "tab\t", "line\nend", "\r", "back\\"]'
    plan.write_text(
        f'plan = "p"\n[table.t]\nrows = 60\nkey = "id"\n[table.t.column]\na = {{ cycle = {texts}, null_share = 0.4 }}\nb = {{ cycle = {texts} }}\n'
    )
    database.parloader("seed", "--plan", str(plan))
    seeded = database.rows("SELECT * FROM t ORDER BY id")
    for name in ("tsv", "sql", "csv"):
        said = exported(database.folder / name, "--plan", str(plan), "--format", name)
        assert ("t.a has NULLs and empty texts" in said.stderr) is (name == "csv")
        database.execute("DELETE FROM t")
        if name == "csv":
            with pytest.raises(Exception, match="NULLs and empty texts: export to tsv"):
                load(database, database.folder / name)
            assert database.value("SELECT COUNT(*) FROM t") == 0
        else:
            load(database, database.folder / name)
            assert database.rows("SELECT * FROM t ORDER BY id") == seeded


def test_load_sql_stops_at_a_row_that_the_server_skips(database: Database) -> None:
    database.execute("CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, CHECK (n < 5))")
    plan = database.folder / "plan.toml"
    plan.write_text('plan = "p"\n[table.t]\nrows = 10\nkey = "id"\n[table.t.column]\nn = { sequence = 0 }\n')
    exported(database.folder / "files", "--plan", str(plan), "--format", "csv")
    with pytest.raises(Exception, match=r"t.00001.csv: expected 10 rows, no warning"):
        load(database, database.folder / "files")
    assert database.value("SELECT COUNT(*) FROM t") == 0


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "parloader", "export", "--to", str(folder), "--format", "csv", "--procs", "2", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PARLOADER_URL"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def has_files(folder: Path) -> bool:
    return any(folder.glob("script_execution.*.csv"))


LARGE = ("--rows", "600000", "--rows-per-file", "20000")


@SLOW
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_export_is_completed_by_the_next(tmp_path: Path, number: signal.Signals) -> None:
    exported(tmp_path / "whole", *LARGE, "--format", "csv")
    process = started(tmp_path / "files", *LARGE)
    until(lambda: has_files(tmp_path / "files") or process.poll() is not None, "the first file")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (-number if number == signal.SIGKILL else 130), said
    if number != signal.SIGKILL:
        assert "The same command writes the others" in said
        assert not list((tmp_path / "files").glob("*.unfinished"))
    assert not (tmp_path / "files" / "manifest.json").exists()
    until(lambda: _free(tmp_path / "files"), "the end of its workers")
    exported(tmp_path / "files", *LARGE, "--format", "csv")
    assert bytes_of(tmp_path / "files") == bytes_of(tmp_path / "whole")


def _free(folder: Path) -> bool:
    """Whether no process has a file open there."""
    for process in psutil.process_iter():
        try:
            if any(file.path.startswith(str(folder)) for file in process.open_files()):
                return False
        except psutil.Error:
            continue
    return True


@SLOW
def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    exported(tmp_path / "whole", *LARGE, "--format", "csv")
    process = started(tmp_path / "files", *LARGE)
    until(lambda: has_files(tmp_path / "files") or process.poll() is not None, "the first file")
    for worker in worker_processes(psutil.Process(process.pid).children(recursive=True))[:1]:
        worker.kill()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "was killed by SIGKILL (out of memory?) while working on" in said
    assert "worker 2 replaces it" in said
    assert bytes_of(tmp_path / "files") == bytes_of(tmp_path / "whole")


@SLOW
@pytest.mark.processes
@pytest.mark.parametrize("name", FORMATS)
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, name: str) -> None:
    plan = tmp_path / "plan.toml"
    texts = ", ".join(f'"{letter * 50_000}"' for letter in "abcdefgh")
    plan.write_text(f'plan = "p"\n[table.t]\nrows = 1\nkey = "id"\n[table.t.column]\na = {{ choice = [{texts}] }}\n')

    def peak_bytes(rows: int) -> int:
        command = ("--plan", str(plan), "--rows", str(rows), "--format", name, "--procs", "1", "--json")
        workers = json.loads(run_alone(tmp_path / f"{rows}", *command))["workers"]
        return max(int(worker["peak_rss_bytes"]) for worker in workers)

    assert peak_bytes(8000) < peak_bytes(2000) + 50 * 2**20


def run_alone(folder: Path, *arguments: str) -> str:
    """The output of an export in a process of its own."""
    command = [sys.executable, "-m", "parloader", "export", "--to", str(folder), *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PARLOADER_URL"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@SLOW
def test_one_export_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    process = started(tmp_path / "files", *LARGE)
    try:
        until(lambda: has_files(tmp_path / "files"), "the first file")
        said = exported(tmp_path / "files", *LARGE, "--format", "csv", code=3)
        assert "another export writes to the folder" in said.stderr
    finally:
        process.terminate()
        process.communicate(timeout=60)
