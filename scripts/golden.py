"""Records what parloader makes of known schemas and plan files, or compares it with the record in tests/golden.

The record of a server is one JSON file for each schema of tests/schemas, one for the plan files of tests/golden/plans and one for the built-in
plan. It has the inferred plan of each table, a digest of its sample rows and, for the tables that no other table references, the digests of all
loaded rows and the ledger. Rows that a plan file or a ledger describes never change, so the record changes only with an inference that the
changelog names.
"""

import difflib
import hashlib
import json
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from click.testing import CliRunner
from schemas_server import KINDS, running
from schemas_sources import Schema, database, load, own_schemas, statements

from parloader.cli.commands import cli
from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import connected
from parloader.database.target import Target

RECORD = Path(__file__).parent.parent / "tests" / "golden"

PLANS = RECORD / "plans"

PLAN_FILES = "plan-files"

BUILT_IN = "built-in"

INFERRED_ROWS = 300

SAMPLED_ROWS = 50

LOADED_ROWS = 60

SENT_AS_HEX = {
    "vector",
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection",
}
# These differ from run to run, or name the version
NOT_RECORDED = {"parloader_version", "started_at", "committed_at", "first_index", "row_count"}


def names(kind: str) -> list[str]:
    """The records of a server."""
    return [BUILT_IN, PLAN_FILES, *(schema.name for schema in own_schemas() if kind in schema.kinds)]


def taken(admin: Target, kind: str, name: str) -> dict[str, Any]:
    """The record `name`, as this version of parloader would write it."""
    with database(admin, f"golden_{name.replace('-', '_')}") as target:
        if name == BUILT_IN:
            return _built_in(target)
        if name == PLAN_FILES:
            return _plan_files(target)
        schema = next(schema for schema in own_schemas() if schema.name == name and kind in schema.kinds)
        return _of_schema(target, schema)


def recorded(folder: Path, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / kind / f"{name}.json").read_text(encoding="utf-8"))
    return found


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The lines that differ, with the path of the entry they belong to."""
    return list(difflib.unified_diff(_lines(old), _lines(new), "recorded", "now", lineterm="", n=2))


def _lines(record: Mapping[str, Any]) -> list[str]:
    return json.dumps(_ordered(record), indent=1, sort_keys=True, ensure_ascii=False).splitlines()


def _ordered(value: Any) -> Any:
    """Tables by name: version 0.1.0 put tables that do not depend on each other in an order that changed from run to run."""
    if isinstance(value, dict):
        return {name: _ordered(each) for name, each in value.items() if name != "position"}
    if isinstance(value, list):
        return (
            sorted(map(_ordered, value), key=_name)
            if value and all(isinstance(each, dict) for each in value)
            else list(map(_ordered, value))
        )
    return value


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry.get("table_name") or entry.get("target"))


def _built_in(target: Target) -> dict[str, Any]:
    _run(target, "seed", "--rows", "2000", "--procs", "2", "--batch", "300")
    _run(
        target,
        "seed",
        "--rows",
        "500",
        "--procs",
        "1",
        "--new-run",
        "--set",
        "start=1999-01-01",
        "--set",
        "span=30d",
        "--set",
        "scheduled_share=0.3",
    )
    return {"loaded": _loaded(target)}


def _plan_files(target: Target) -> dict[str, Any]:
    with connected(target) as connection:
        for statement in statements((PLANS / "tables.sql").read_text(encoding="utf-8")):
            _execute(connection, statement)
    found = {}
    with chdir(PLANS):  # the ledger has the name of the file as it was given
        for file in sorted(PLANS.glob("*.toml")):
            _run(target, "seed", "--plan", file.name, "--procs", "2", "--batch", "100")
            found[file.name] = _loaded(target)
            _run(target, "clean", "--yes")
    return found


def _of_schema(target: Target, schema: Schema) -> dict[str, Any]:
    tables = load(schema, target)
    return {
        "inferred": {table: _inferred(target, table) for table in tables},
        "loaded": {table: _seeded(target, table) for table in _childless(target, tables)},
    }


def _inferred(target: Target, table: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="parloader-golden-") as folder:
        file = Path(folder) / "plan.toml"
        arguments = ("--table", table, "--rows", str(INFERRED_ROWS), "--procs", "1", "--sample", str(SAMPLED_ROWS))
        code, output = _command(target, "plan", *arguments, "--json", "--write", str(file))
        if code:
            return {"exit_code": code}
        samples = [entry.get("sample", []) for entry in json.loads(output)["tables"]]
        return {"plan": tomllib.loads(file.read_text(encoding="utf-8")), "sample": _digest(samples)}


def _seeded(target: Target, table: str) -> dict[str, Any]:
    code, _ = _command(target, "seed", "--table", table, "--rows", str(LOADED_ROWS), "--procs", "1")
    if code:
        return {"exit_code": code}
    found = _loaded(target)
    _run(target, "clean", "--yes", "--procs", "1")
    return found


def _childless(target: Target, tables: tuple[str, ...]) -> list[str]:
    """The tables that no other table references."""
    statement = "SELECT DISTINCT referenced_table_name FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND table_name <> referenced_table_name"
    with connected(target) as connection:
        parents = {parent for (parent,) in sql.rows(connection, statement)}
    return [table for table in tables if table not in parents]


def _loaded(target: Target) -> dict[str, Any]:
    """The ledger, and the digest of each table's loaded columns."""
    with connected(target) as connection:
        ledger = {table: _ledger_rows(connection, table) for table in ("parloader_run", "parloader_table", "parloader_batch")}
        columns: dict[str, dict[str, None]] = {}
        for run in ledger["parloader_run"]:
            for table in run["definition"]["table"]:
                unchecked = table.get("unchecked", ())
                wanted = (*([table["key"]] if "key" in table else ()), *(c for c in table["column"] if c not in unchecked))
                columns.setdefault(table["name"], {}).update(dict.fromkeys(wanted))
        rows = {table: _rows_digest(connection, table, list(names)) for table, names in columns.items() if names}
    return {"ledger": ledger, "rows": rows}


def _ledger_rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    columns = [str(name) for (name, *_) in sql.rows(connection, f"SHOW COLUMNS FROM {table}")]
    kept = [name for name in columns if name not in NOT_RECORDED]
    found = sql.rows(connection, f"SELECT DISTINCT {', '.join(kept)} FROM {table} ORDER BY {', '.join(map(str, range(1, len(kept) + 1)))}")
    return [{name: _value(name, value) for name, value in zip(kept, row, strict=True)} for row in found]


def _value(name: str, value: object) -> object:
    """Run numbers count on from run to run, so they are left out; documents are read, without the columns' types, which the schema has."""
    if name == "run_id":
        return None
    if name in ("definition", "details", "segments", "parameters") and isinstance(value, str):
        document = json.loads(value)
        return {key: item for key, item in document.items() if key != "types"} if name == "details" else document
    return value


def _rows_digest(connection: Connection, table: str, columns: list[str]) -> str:
    types = {name: kind for name, kind, *_ in sql.rows(connection, f"SHOW COLUMNS FROM {sql.quote(table)}")}
    written = [name for name in columns if name in types]  # helper columns are not
    # MySQL sends these in a character set that cannot hold their bytes
    values = ", ".join(f"HEX({sql.quote(name)})" if types[name].partition("(")[0] in SENT_AS_HEX else sql.quote(name) for name in written)
    rows = sql.rows(connection, f"SELECT {values} FROM {sql.quote(table)}")
    return f"{len(rows)} rows {_digest(sorted(map(repr, rows)))}"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _run(target: Target, *arguments: str) -> None:
    code, output = _command(target, *arguments)
    if code:
        raise RuntimeError(f"parloader {' '.join(arguments)}: exit code {code}: {output}")


def _command(target: Target, *arguments: str) -> tuple[int, str]:
    """Runs parloader in this process; returns the exit code and what it printed on stdout, or on stderr if it failed."""
    done = CliRunner().invoke(cli, [*arguments, "--url", _url(target)], prog_name="parloader")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stderr if done.exit_code else done.stdout


def _url(target: Target) -> str:
    """With the password, even if empty, so that nothing is read from ~/.my.cnf."""
    secret = f":{quote(target.password, safe='')}"
    socket = f"?unix_socket={quote(target.unix_socket)}" if target.unix_socket else ""
    return f"mysql://{quote(target.user, safe='')}{secret}@{target.host}:{target.port}/{quote(target.database, safe='')}{socket}"


def _execute(connection: Connection, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _servers(kinds: tuple[str, ...]) -> Iterator[dict[str, Target]]:
    with tempfile.TemporaryDirectory(prefix="parloader-golden-") as folder, ExitStack() as stack:
        yield {kind: stack.enter_context(running(Path(folder) / kind, kind)).target for kind in kinds}


@click.command(help=__doc__)
@click.option("--server", type=click.Choice([*KINDS, "both"]), default="both", show_default=True)
@click.option("--only", multiple=True, metavar="NAME", help="This record; may be repeated.  [default: all]")
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write the record to this folder instead of comparing.",
)
def main(server: str, only: tuple[str, ...], record: Path | None) -> None:
    kinds = tuple(KINDS) if server == "both" else (server,)
    failed = False
    with _servers(kinds) as admins:
        for kind, admin in admins.items():
            for name in (name for name in names(kind) if not only or name in only):
                now = taken(admin, kind, name)
                if record:
                    (record / kind).mkdir(parents=True, exist_ok=True)
                    (record / kind / f"{name}.json").write_text("\n".join(_lines(now)) + "\n", encoding="utf-8")
                    click.echo(f"{kind} {name}: recorded", err=True)
                else:
                    lines = differences(recorded(RECORD, kind, name), now)
                    failed |= bool(lines)
                    click.echo(f"{kind} {name}: {'differs' if lines else 'equal'}", err=True)
                    for line in lines[:60]:
                        click.echo(line)
    sys.exit(failed)


if __name__ == "__main__":
    main()
