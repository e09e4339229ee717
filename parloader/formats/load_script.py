"""load.sql, which loads the files of an export into tables, with every check on, and what other programs need to read them.

LOAD DATA LOCAL skips rows that violate a constraint and changes values that do not fit, and only warns. So the script compares the number of
rows and of warnings after each file, and fails before the COMMIT: it prepares a statement whose column does not exist and whose name is the
message, which is the only way to raise an error in plain SQL on both servers.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote

from parloader.formats.columns import FileColumn
from parloader.formats.layout import DataFile, FileTable
from parloader.formats.manifest import FileRecord
from parloader.formats.names import SUFFIXES, Compression, FormatName
from parloader.formats.session import SESSION
from parloader.quantities import counted
from parloader.schema.model import quote_identifier
from parloader.schema.table_names import quote_table, split

SCRIPT = "load.sql"

LATER = "`parloader_later`"
"""The temporary table with the values of deferred columns."""

DECOMPRESS = {Compression.ZSTD: "unzstd *.zst", Compression.GZIP: "gunzip --keep *.gz"}

DUCKDB_TYPES = {
    "Int8": "TINYINT",
    "Int16": "SMALLINT",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "UInt8": "UTINYINT",
    "UInt16": "USMALLINT",
    "UInt32": "UINTEGER",
    "UInt64": "UBIGINT",
    "Float32": "FLOAT",
    "Float64": "DOUBLE",
    "Date": "DATE",
    "Datetime": "TIMESTAMP",
    "Time": "TIME",
    "String": "VARCHAR",
    "Binary": "VARCHAR",
}

FIELDS = {
    FormatName.CSV: """FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\\n' IGNORE 1 LINES""",
    FormatName.TSV: "FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'",
}


def load_command(name: FormatName, compression: Compression, folder: str) -> str | None:
    """The command that loads the files. None: they are for other programs."""
    if name is FormatName.PARQUET:
        return None
    infile = "" if name is FormatName.SQL else "--local-infile=1 "
    decompress = f"{DECOMPRESS[compression]} && " if compression in DECOMPRESS else ""
    return f"cd {quote(folder)} && {decompress}mysql --default-character-set=utf8mb4 {infile}DATABASE < {SCRIPT}"


def commands(name: FormatName, table: FileTable, compression: Compression) -> dict[str, str]:
    """How DuckDB and Polars read the table's files, and MySQL Shell loads them, in their folder; as far as the format is for them."""
    match name:
        case FormatName.PARQUET:
            files = f"{table.file_name}.*.parquet"
            return {"duckdb": f"SELECT * FROM read_parquet('{files}')", "polars": f"pl.scan_parquet('{files}')"}
        case FormatName.CSV:
            files = f"{table.file_name}.*.csv{SUFFIXES[compression]}"
            types = ", ".join(f"{_sql_string(column.name)}: {_sql_string(_duckdb_type(column))}" for column in table.columns)
            schema = ", ".join(f"{column.name!r}: {_polars_type(column)}" for column in table.columns)
            return {
                "duckdb": f"SELECT * FROM read_csv('{files}', header = true, nullstr = '', allow_quoted_nulls = false, columns = {{{types}}})",
                "polars": f"pl.scan_csv('{files}', schema={{{schema}}})",
            }
        case FormatName.TSV:
            return {"mysqlsh": _import_table(table, compression)}
    return {}


def _import_table(table: FileTable, compression: Compression) -> str:
    """MySQL Shell's statement. A decoded column is in the variable of its name (modules/util/import_table/load_data.cc)."""
    decoded = {column.name: "UNHEX" for column in table.columns if column.is_bytes}
    for column in table.columns:
        if column.is_number:
            decoded[column.name] = f"CAST(@{quote_identifier(column.name)} AS {'SIGNED' if column.is_signed else 'UNSIGNED'})"
    database, own = split(table.name)
    options = {
        **({"schema": database} if database is not None else {}),
        "table": own,
        "characterSet": "utf8mb4",
        "columns": list(table.column_names),
        **({"decodeColumns": decoded} if decoded else {}),
    }
    files = f"{table.file_name}.*.tsv{SUFFIXES[compression]}"
    return f"util.importTable({json.dumps([files], ensure_ascii=False)}, {json.dumps(options, ensure_ascii=False)})"


def _polars_type(column: FileColumn) -> str:
    return "pl.String" if column.is_bytes else f"pl.{column.type_name}"


def _duckdb_type(column: FileColumn) -> str:
    """The type of the column in CSV: bytes are hexadecimal digits."""
    name, parameters, rest = column.type_name.partition("(")
    return f"DECIMAL({rest}" if name == "Decimal" else DUCKDB_TYPES[name if parameters else column.type_name]


def _sql_string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def unloadable(tables: Mapping[str, FileTable], records: Sequence[FileRecord]) -> Iterator[tuple[str, str]]:
    """(table, column) with NULLs and empty texts, which LOAD DATA cannot tell apart in CSV."""
    for table, contents in _contents(tables, records).items():
        yield from ((table, column) for column in tables[table].column_names if column in contents.nulls and column in contents.empty)


class _Contents:
    """Of all files of a table: the columns with NULLs, and those with empty texts."""

    def __init__(self, records: Sequence[FileRecord]) -> None:
        self.nulls = frozenset(column for record in records for column in record.nulls)
        self.empty = frozenset(column for record in records for column in record.empty)


def _contents(tables: Mapping[str, FileTable], records: Sequence[FileRecord]) -> dict[str, _Contents]:
    return {name: _Contents([record for record in records if record.table == name]) for name in tables}


def load_script(
    name: FormatName,
    compression: Compression,
    tables: Mapping[str, FileTable],
    files: Sequence[DataFile],
    records: Sequence[FileRecord],
    about: str,
) -> str:
    """The text of load.sql. `files`: in the order in which they are loaded; `records`: what is in them."""
    command = load_command(name, compression, ".") or ""
    lines = [f"-- {about}", f"-- Run in this folder: {command.removeprefix('cd . && ')}"]
    if name is not FormatName.SQL:
        lines.append("-- MySQL reads local files only if its setting local_infile is on: SET GLOBAL local_infile = 1")
    lines += ["", SESSION]
    suffix = SUFFIXES[compression]
    contents = _contents(tables, records)
    if name is FormatName.SQL:
        lines += [f"SOURCE {file.name.removesuffix(suffix)}" for file in files]
        return "\n".join(lines) + "\n"
    for file in files:
        lines += _loading(name, file, file.name.removesuffix(suffix), tables[file.table], contents[file.table])
    for table in tables.values():
        if table.later:
            lines += _later(name, table, [file for file in files if file.table == table.name], suffix, contents[table.name])
    return "\n".join(lines) + "\n"


def _loading(name: FormatName, file: DataFile, path: str, table: FileTable, contents: _Contents) -> Iterator[str]:
    yield "START TRANSACTION;"
    both = contents.nulls & contents.empty if name is FormatName.CSV else frozenset()
    if both:
        column = next(column for column in table.column_names if column in both)
        yield f"SET @parloader_check = {_message(f'{table.name}.{column} has NULLs and empty texts: export to tsv')};"
        yield "PREPARE parloader_check FROM @parloader_check;"
    yield _load_data(name, path, quote_table(table.name), table, contents, table.column_names, left_out=table.later)
    expected = counted(file.rows.rows, "row")
    failure = _message(f"{path}: expected {expected}, no warning")
    yield f"SET @parloader_check = IF(ROW_COUNT() = {file.rows.rows:d} AND @@warning_count = 0, 'DO 0', {failure});"
    yield "PREPARE parloader_check FROM @parloader_check;"
    yield "COMMIT;"
    yield ""


def _message(text: str) -> str:
    """A string with a statement that fails with this message."""
    return "'SELECT " + quote_identifier(text).replace("\\", "\\\\").replace("'", "''") + "'"


def _load_data(
    name: FormatName,
    path: str,
    into: str,
    table: FileTable,
    contents: _Contents,
    wanted: Sequence[str],
    *,
    left_out: Sequence[str] = (),
) -> str:
    """The statement that loads these columns of a file: those that need a conversion, or are left out, by way of variables."""
    fields, settings = [], []
    for number, column in enumerate(table.columns, 1):
        value = variable = f"@c{number}"
        if name is FormatName.CSV and column.name in contents.nulls:
            value = f"NULLIF({value}, '')"
        if column.is_bytes:
            value = f"UNHEX({value})"
        if column.is_number:
            value = f"CAST({value} AS {'SIGNED' if column.is_signed else 'UNSIGNED'})"
        if column.name not in wanted or column.name in left_out:
            fields.append(variable)
        elif value == variable:
            fields.append(quote_identifier(column.name))
        else:
            fields.append(variable)
            settings.append(f"{quote_identifier(column.name)} = {value}")
    return "\n  ".join(
        [
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {into} CHARACTER SET utf8mb4",
            FIELDS[name],
            f"({', '.join(fields)})" + ("" if settings else ";"),
            *([f"SET {', '.join(settings)};"] if settings else []),
        ]
    )


def _later(name: FormatName, table: FileTable, files: Sequence[DataFile], suffix: str, contents: _Contents) -> Iterator[str]:
    """Sets the columns that reference rows of later tables, when every table has its rows."""
    wanted = (*table.row_key, *table.later)
    columns = ", ".join(map(quote_identifier, wanted))
    into = quote_table(table.name)
    on = " AND ".join(f"{into}.{quote_identifier(column)} = {LATER}.{quote_identifier(column)}" for column in table.row_key)
    settings = [f"{into}.{quote_identifier(column)} = {LATER}.{quote_identifier(column)}" for column in table.later]
    settings += [f"{into}.{quote_identifier(column)} = {into}.{quote_identifier(column)}" for column in table.preserved]
    for file in files:
        yield f"CREATE TEMPORARY TABLE {LATER} AS SELECT {columns} FROM {into} LIMIT 0;"
        yield f"ALTER TABLE {LATER} ADD PRIMARY KEY ({', '.join(map(quote_identifier, table.row_key))});"
        yield _load_data(name, file.name.removesuffix(suffix), LATER, table, contents, wanted)
        yield f"UPDATE {into} JOIN {LATER} ON {on} SET {', '.join(settings)};"
        yield f"DROP TEMPORARY TABLE {LATER};"
        yield ""
