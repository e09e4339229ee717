"""click commands: options → a frozen config → one call; errors → exit codes. No SQL, no logic."""

import functools
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from parloader import __version__
from parloader.errors import Interrupted, ParloaderError, UsageError, VerifyFailed
from parloader.loading.batching import Batch, FixedBatch, WriterName
from parloader.options import bench_options, plan_options, procs_option
from parloader.settings import save_settings, settings_of_file

# What takes long to import (Polars, SQLAlchemy) is imported by the command that needs it: worker processes import this module too.

CONFIG_FILE = "parloader.toml"
EXIT_CODES = (
    "Exit codes: 0 done; 1 failed, or verify found differences; 2 usage; 3 refused (schema, another run, session laws, privileges); "
    "4 cannot connect or log in; 130 interrupted. Options are also read from PARLOADER_* variables and parloader.toml."
)


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a command's result goes: stdout, as text or as one JSON object. Everything else goes to stderr."""

    verbosity: int
    as_json: bool

    def show(self, result: Mapping[str, Any], text: Callable[[], str]) -> None:
        click.echo(json.dumps(result) if self.as_json else text())


def main() -> None:
    sys.exit(cli.main(prog_name="parloader", standalone_mode=True))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="parloader", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Fill a table of a MySQL or MariaDB database with millions of deterministic rows, from several processes, every constraint left on.

    Without --url (or PARLOADER_URL) a private server on this machine is used.
    """
    with _exit_codes(verbosity=1):
        context.default_map = _defaults_of_file(Path(CONFIG_FILE))


def _defaults_of_file(file: Path) -> dict[str, Any]:
    """What parloader.toml says, for each command that has the option."""
    settings = settings_of_file(file)
    if "set" in settings:
        if not isinstance(settings["set"], dict):
            raise UsageError(f"set in {file} is not a table", 'Write it as [set], then lines such as start = "2020-01-01"')
        settings["set"] = [f"{name}={value}" for name, value in settings["set"].items()]
    return _settings_of(cli, settings)


def _settings_of(command: click.Command, settings: dict[str, Any]) -> dict[str, Any]:
    """click's default_map of the command: its own options, or those of its subcommands."""
    if isinstance(command, click.Group):
        return {name: _settings_of(subcommand, settings) for name, subcommand in command.commands.items()}
    options = {option.opts[0].lstrip("-").replace("-", "_"): option.name for option in command.params}
    if command.name == "bench":  # its lists are what to try, not what was found
        settings = {name: value for name, value in settings.items() if name in ("url", "set")}
    return {name: settings[setting] for setting, name in options.items() if setting in settings and name}


@contextmanager
def _exit_codes(verbosity: int) -> Iterator[None]:
    """The one place where errors become messages and exit codes."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("error: interrupted", err=True)
        raise click.exceptions.Exit(Interrupted.exit_code) from None
    except ParloaderError as error:
        if verbosity > 1:
            traceback.print_exc()
        if str(error):
            click.echo(f"error: {error}", err=True)
        raise click.exceptions.Exit(error.exit_code) from None


def _verbosity(function: Callable[..., Any]) -> Callable[..., Any]:
    """-q, -v and --json, handed on as one `output`; errors end in exit codes."""

    @click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
    @click.option("-q", "--quiet", is_flag=True, help="Only the result and errors.")
    @click.option("-v", "--verbose", is_flag=True, help="More detail, and tracebacks.")
    @functools.wraps(function)
    def wrapper(*, as_json: bool, quiet: bool, verbose: bool, **options: Any) -> None:
        output = Output(verbosity=0 if quiet else 2 if verbose else 1, as_json=as_json)
        with _exit_codes(output.verbosity):
            function(output=output, **options)

    return wrapper


def _connected(function: Callable[..., Any]) -> Callable[..., Any]:
    """--url, handed on as `target`: the database it names, else that of the private server, which runs as long as the command."""

    @click.option(
        "--url", envvar="PARLOADER_URL", show_envvar=True, help="mysql://USER:PASSWORD@HOST/DATABASE; without it, a private server."
    )
    @_verbosity
    @functools.wraps(function)
    def wrapper(*, url: str | None, output: Output, **options: Any) -> None:
        from parloader.database.connect import parse_url
        from parloader.database.server import PrivateServer
        from parloader.loading.progress import Screen

        screen = Screen(output.verbosity)
        if url is not None:
            function(target=parse_url(url), output=output, screen=screen, **options)
        else:
            with PrivateServer.default().in_use(screen.note) as server:
                function(target=server.target, output=output, screen=screen, **options)

    return wrapper


@cli.command(epilog=EXIT_CODES)
@plan_options
@click.option("--new-run", is_flag=True, help="Add these rows after those of an earlier, complete run.")
@click.option(
    "--retry-seconds",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="How long a batch is tried again after a deadlock or a lost connection.",
)
@_connected
def seed(
    *,
    target: Any,
    output: Output,
    screen: Any,
    rows: int,
    procs: int,
    batch: Batch,
    writer: WriterName,
    parameters: dict[str, str],
    new_run: bool,
    retry_seconds: float,
) -> None:
    """Fill the table: all of it, or what is missing after an interruption."""
    from parloader import report
    from parloader.config import SeedConfig
    from parloader.operations import seed as operation

    config = SeedConfig(
        target=target,
        rows=rows,
        procs=procs,
        batch=batch,
        writer=writer,
        parameters=parameters,
        new_run=new_run,
        retry_seconds=retry_seconds,
    )
    result = operation.seed(config, screen)
    output.show(result.as_json(), lambda: report.seed(result))


@cli.command(epilog=EXIT_CODES)
@plan_options
@_connected
def plan(
    *,
    target: Any,
    output: Output,
    screen: Any,
    rows: int,
    procs: int,
    batch: Batch,
    writer: WriterName,
    parameters: dict[str, str],
) -> None:
    """Show what seed would do, and whether the schema fits. Writes nothing."""
    from parloader import report
    from parloader.config import SeedConfig
    from parloader.operations import plan as operation

    config = SeedConfig(target=target, rows=rows, procs=procs, batch=batch, writer=writer, parameters=parameters)
    result = operation.plan(config)
    output.show(result.as_json(), lambda: report.plan(result))


@cli.command(epilog=EXIT_CODES)
@procs_option
@click.option("--ignore-extra", is_flag=True, help="Rows that others added since the load are said, but are no difference.")
@_connected
def verify(*, target: Any, output: Output, screen: Any, procs: int, ignore_extra: bool) -> None:
    """Prove, row for row, that what is there is what the plan says. Exit code 1 if anything differs."""
    from parloader import report
    from parloader.config import VerifyConfig
    from parloader.operations import verify as operation

    result = operation.verify(VerifyConfig(target=target, procs=procs, ignore_extra=ignore_extra), screen)
    output.show(result.as_json(), lambda: report.verify(result))
    if not result.ok:
        raise VerifyFailed(result.summary)


@cli.command(epilog=EXIT_CODES)
@procs_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show per table what would go, and delete nothing.")
@_connected
def clean(*, target: Any, output: Output, screen: Any, procs: int, yes: bool, dry_run: bool) -> None:
    """Remove what parloader made in this database, and nothing else."""
    from parloader import report
    from parloader.config import CleanConfig
    from parloader.operations import clean as operation

    config = CleanConfig(target=target, procs=procs)
    if dry_run or not yes:
        preview = operation.preview_clean(config)
        if dry_run:
            output.show(preview.as_json(), lambda: report.clean(preview))
            return
        if preview.rows and not _confirmed(f"{report.clean(preview)}\nDelete these {preview.rows:,} rows from {target}?"):
            raise Interrupted("nothing was deleted", "To delete without a question: parloader clean --yes")
    result = operation.clean(config, screen)
    output.show(result.as_json(), lambda: report.clean(result))


def _confirmed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


@cli.command(epilog=EXIT_CODES)
@_connected
def status(*, target: Any, output: Output, screen: Any) -> None:
    """Show the runs in this database: what is done, what is missing, how to go on."""
    from parloader import report
    from parloader.operations import status as operation

    result = operation.status(target)
    output.show(result.as_json(), lambda: report.status(result))


@cli.command(epilog=EXIT_CODES)
@bench_options
@_connected
def bench(
    *,
    target: Any,
    output: Output,
    screen: Any,
    procs: tuple[int, ...],
    batches: tuple[Batch, ...],
    writers: tuple[WriterName, ...],
    rows: int,
    rounds: int,
    parameters: dict[str, str],
    plot: Path | None,
    save: bool,
) -> None:
    """Find the processes, batch and writer for this server: measure combinations, in turns, on scratch tables in this database.

    They have the columns, indexes and constraints of yours and are dropped at the end. Your own tables are not touched.
    """
    from parloader import report
    from parloader.config import BenchConfig, default_bench_procs
    from parloader.operations import bench as operation

    config = BenchConfig(
        target=target,
        procs=procs or default_bench_procs(),
        batches=batches,
        writers=writers,
        rows=rows,
        rounds=rounds,
        parameters=parameters,
    )
    result = operation.bench(config, screen)
    output.show(result.as_json(), lambda: report.bench(result))
    if plot:
        from parloader.plot import draw_bench

        draw_bench(result, plot)
        screen.note(f"drawn: {plot}")
    if save:
        best = result.best.point
        save_settings(
            Path(CONFIG_FILE),
            {
                "procs": best.procs,
                "batch": best.batch.rows if isinstance(best.batch, FixedBatch) else best.batch.text,
                "writer": str(best.writer),
            },
        )
        screen.note(f"saved to {CONFIG_FILE}: {best.options}")


@cli.group()
def schema() -> None:
    """The state of script_execution's schema, and the step to migration V97."""


@schema.command("check", epilog=EXIT_CODES)
@_connected
def schema_check(*, target: Any, output: Output, screen: Any) -> None:
    """Say which state the schema is in: empty, before V97, V97 or other. Exit code 3 where seed would refuse it."""
    from parloader import report
    from parloader.operations import schema as operation

    result = operation.check_schema(target)
    output.show(result.as_json(), lambda: report.schema(result))
    result.require_fit()


@schema.command("upgrade", epilog=EXIT_CODES)
@_connected
def schema_upgrade(*, target: Any, output: Output, screen: Any) -> None:
    """Apply the V97 step to a schema before it. The rows stay."""
    from parloader import report
    from parloader.operations import schema as operation

    result = operation.upgrade_schema(target)
    output.show(result.as_json(), lambda: report.schema(result))


@cli.group()
def server() -> None:
    """The private server: commands without --url start it for as long as they run; this keeps it running for other clients."""


@server.command("start", epilog=EXIT_CODES)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Listen on this TCP port of 127.0.0.1 too (0: any free one), with a password that server url shows.",
)
@_verbosity
def server_start(*, output: Output, port: int | None) -> None:
    """Start it and leave it running until stop."""
    from parloader.database.server import PrivateServer
    from parloader.loading.progress import Screen

    private = PrivateServer.default()
    private.start(Screen(output.verbosity).note, port)
    _show_server(private, output)


@server.command("stop", epilog=EXIT_CODES)
@_verbosity
def server_stop(*, output: Output) -> None:
    """Shut it down; its data stays."""
    from parloader.database.server import PrivateServer

    stopped = PrivateServer.default().stop()
    output.show({"running": False, "stopped": stopped}, lambda: "stopped" if stopped else "it was not running")


@server.command("status", epilog=EXIT_CODES)
@_verbosity
def server_status(*, output: Output) -> None:
    """Say whether it runs, and where its data is."""
    from parloader.database.server import PrivateServer

    _show_server(PrivateServer.default(), output)


@server.command("url", epilog=EXIT_CODES)
@_verbosity
def server_url(*, output: Output) -> None:
    """Print its URL for --url (with the password, where it was started with --port)."""
    from parloader.database.server import PrivateServer

    private = PrivateServer.default()
    url = private.tcp_url() or private.url
    output.show({"url": url}, lambda: url)


def _show_server(private: Any, output: Output) -> None:
    running = private.running()
    state = {"running": running, "url": private.url if running else None, "home": str(private.home)}
    output.show(
        state, lambda: f"{'running' if running else 'not running'}; data in {private.home}" + (f"\n{private.url}" if running else "")
    )
