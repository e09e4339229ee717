"""The options of export. (What it writes: tests/acceptance/test_export.py.)"""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parloader.cli.commands import cli
from parloader.config import ExportConfig
from parloader.errors import UsageError
from parloader.formats.names import Compression, FormatName
from parloader.operations.export_result import ExportResult


class Export:
    """In place of the operation: remembers its configuration."""

    config: ExportConfig

    def __call__(self, config: ExportConfig, *_: object) -> ExportResult:
        self.config = config
        return ExportResult(folder=config.folder, format=config.format, compression=Compression.NONE, tables=(), written=0, seconds=0.0)


@pytest.fixture
def operation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Export:
    monkeypatch.chdir(tmp_path)
    export = Export()
    monkeypatch.setattr("parloader.operations.export.export", export)
    return export


def parloader(*arguments: str, **variables: str) -> Result:
    return CliRunner(env={"PARLOADER_URL": None, **variables}).invoke(cli, ["export", *arguments], prog_name="parloader")


def test_without_a_url_a_plan_file_needs_no_server(operation: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a server was started")

    monkeypatch.setattr("parloader.database.private_server.server.PrivateServer.default", refuse)
    assert parloader("--to", "files").exit_code == 0
    assert parloader("--to", "files", "--plan", "plan.toml").exit_code == 0
    assert operation.config.target is None
    assert operation.config.plan == "plan.toml"
    assert "a server was started" in str(parloader("--to", "files", "--table", "t").stderr)


def test_with_a_url_the_database_is_read(operation: Export) -> None:
    parloader("--to", "files", "--plan", "plan.toml", "--url", "mysql://ann@db/shop")
    assert operation.config.target is not None
    parloader("--to", "files", PARLOADER_URL="mysql://ann@db/shop")
    assert operation.config.target is not None


def test_the_options(operation: Export) -> None:
    parloader(
        "--to", "files", "--format", "csv", "--compress", "gzip", "--rows-per-file", "2k", "--rows", "1M", "--seed", "3", "--procs", "5"
    )
    config = operation.config
    assert (config.folder, config.format, config.compression) == (Path("files"), FormatName.CSV, Compression.GZIP)
    assert (config.rows_per_file, config.rows, config.seed, config.procs) == (2000, 1_000_000, 3, 5)


def test_how_connections_are_compressed_says_nothing_about_files(operation: Export) -> None:
    Path("parloader.toml").write_text('compress = "auto"')
    assert parloader("--to", "files", PARLOADER_COMPRESS="auto").exit_code == 0
    assert operation.config.compression is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "parloader export: --to is missing"),
        (("--to", ""), "--to: '' is not the name of a folder"),
        (("--to", "files", "--rows-per-file", "0"), "--rows-per-file: '0' is not a number of rows from 1 to"),
        (("--to", "files", "--rows-per-file", "many"), "--rows-per-file: 'many' is not a number of rows"),
        (("--to", "files", "--format", "xml"), "--format: 'xml' is not one of 'csv', 'tsv', 'parquet', 'sql'"),
        (("--to", "files", "--compress", "lz4"), "--compress: 'lz4' is not one of 'zstd', 'gzip', 'none'"),
        (("--to", "files", "--ssl-ca", "ca.pem"), "--ssl-ca is given without --url"),
    ],
)
def test_invalid_options(operation: Export, arguments: tuple[str, ...], message: str) -> None:
    done = parloader(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1


def test_tables_need_a_database() -> None:
    with pytest.raises(UsageError, match="--table needs a database, whose tables it reads"):
        ExportConfig(target=None, folder=Path("files"), tables=("t",))
