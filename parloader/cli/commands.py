"""click commands: options → a frozen config → one call; errors → exit codes. No SQL, no logic."""

import atexit
import gc
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from parloader import __version__
from parloader.cli.decorators import EXIT_CODES, Output, confirmed, exit_codes, on_terminal, with_permission, with_target
from parloader.cli.options import bench_options, fault_options, of_the_plan, plan_options, procs_option
from parloader.cli.redaction import MaskingGroup, mask_process_list
from parloader.cli.server import server
from parloader.cli.settings_file import CONNECTION_SETTINGS, save_settings, settings_of_file
from parloader.cli.throttle_options import chunk_option, with_limits
from parloader.errors import Interrupted, UsageError, VerifyFailed
from parloader.limits import MAX_SAMPLED_ROWS
from parloader.rows.writers import WriterName
from parloader.workers.batching import Batch, FixedBatch

# What takes long to import (Polars, SQLAlchemy) is imported by the command that needs it: worker processes import this module too.
CONFIG_FILE = "parloader.toml"

# What the worker processes of seed import
SEED_MODULE = "parloader.workers.tasks.load"

# Imports create many objects that live to the end, and the default (700, 10, 10) has the collector look at all of them again and again
COLLECT_AFTER = (10_000, 20, 20)


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, at whatever moment it comes
    gc.set_threshold(*COLLECT_AFTER)
    atexit.register(gc.freeze)  # else the interpreter collects garbage among all objects twice before it ends: a tenth of a second
    mask_process_list()
    sys.exit(cli.main(prog_name="parloader", standalone_mode=True))


@click.group(cls=MaskingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="parloader", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Fill a table of a MySQL or MariaDB database with millions of deterministic rows, from several processes, every constraint left on.

    Without --url (or PARLOADER_URL) a private server on this machine is used.
    """
    with exit_codes(verbosity=1):
        context.default_map = _settings_of(cli, settings_of_file(Path(CONFIG_FILE)))


def _settings_of(command: click.Command, settings: dict[str, Any]) -> dict[str, Any]:
    """click's default_map of the command: its own options, or those of its subcommands."""
    if isinstance(command, click.Group):
        return {name: _settings_of(subcommand, settings) for name, subcommand in command.commands.items()}
    options = {option.opts[0].lstrip("-").replace("-", "_"): option.name for option in command.params}
    if command.name == "bench":  # its lists are what to try, not what was found
        settings = {name: value for name, value in settings.items() if name in (*CONNECTION_SETTINGS, "allow_remote", "set")}
    return {name: settings[setting] for setting, name in options.items() if setting in settings and name}


@cli.command(epilog=EXIT_CODES)
@plan_options
@click.option("--new-run", is_flag=True, help="Add these rows after those of an earlier, complete run.")
@fault_options
@with_target
@with_permission
@with_limits
def seed(*, target: Any, output: Output, screen: Any, **options: Any) -> None:
    """Fill a table and the parents that it needs: all of it, or what is missing after an interruption."""
    from parloader.config import SeedConfig
    from parloader.workers.runner import default_executor

    config, executor = SeedConfig(target=target, **of_the_plan(options)), default_executor()
    with executor.ready(config.most_workers, SEED_MODULE):  # they import while this process does
        from parloader.cli import report
        from parloader.operations import seed as operation

        result = operation.seed(config, screen, executor)
    output.show(result.as_json(), lambda: report.seed(result))


@cli.command(epilog=EXIT_CODES)
@plan_options
@click.option("--sample", type=click.IntRange(1, MAX_SAMPLED_ROWS), metavar="ROWS", help="Print so many rows, too.")
@click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.toml",
    help="Write what was worked out, as a plan file to edit.",
)
@with_target
def plan(*, target: Any, output: Output, screen: Any, sample: int | None, write: Path | None, **options: Any) -> None:
    """Show what seed would do, and whether the schema fits. Writes nothing to the database."""
    from parloader.cli import report
    from parloader.config import SeedConfig
    from parloader.operations import plan as operation

    if write and write.exists():
        raise UsageError(f"{write} is there already", "Give another name, or move it away")
    result = operation.plan(SeedConfig(target=target, **of_the_plan(options)), sample or 0)
    output.show(result.as_json(), lambda: report.plan(result))
    if write:
        operation.write(result, write)
        screen.note(f"written: {write}; edit it, then: parloader seed --plan {write}")


@cli.command(epilog=EXIT_CODES)
@procs_option
@click.option("--ignore-extra", is_flag=True, help="Rows that others added since the load are said, but are no difference.")
@with_target
def verify(*, target: Any, output: Output, screen: Any, procs: int, ignore_extra: bool) -> None:
    """Prove, row for row, that what is there is what the plan says. Exit code 1 if anything differs."""
    from parloader.cli import report
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
@fault_options
@chunk_option
@click.option("--edited-too", is_flag=True, help="Delete rows of parloader's that somebody edited since, too.")
@with_target
@with_permission
@with_limits
def clean(
    *,
    target: Any,
    output: Output,
    screen: Any,
    procs: int,
    yes: bool,
    dry_run: bool,
    edited_too: bool,
    retry_seconds: float,
    worker_restarts: int,
    chunk: Any,
    limits: Any,
    allow_remote: tuple[str, ...],
) -> None:
    """Remove what parloader made in this database, and nothing else."""
    from parloader.cli import report
    from parloader.config import CleanConfig
    from parloader.operations import clean as operation

    config = CleanConfig(
        target=target,
        procs=procs,
        edited_too=edited_too,
        retry_seconds=retry_seconds,
        worker_restarts=worker_restarts,
        chunk=chunk,
        limits=limits,
        allow_remote=allow_remote,
    )
    if dry_run or not yes:
        # edited rows are looked for once: here, or by clean itself when the question is answered
        preview = operation.preview_clean(config if dry_run else replace(config, edited_too=True), screen)
        if dry_run:
            output.show(preview.as_json(), lambda: report.clean(preview))
            return
        if preview.rows and not confirmed(f"{report.clean(preview)}\nDelete these {preview.rows:,} rows from {target}?"):
            raise Interrupted("nothing was deleted", "To delete without a question: parloader clean --yes")
    result = operation.clean(config, screen)
    output.show(result.as_json(), lambda: report.clean(result))


@cli.command(epilog=EXIT_CODES)
@with_target
def status(*, target: Any, output: Output, screen: Any) -> None:
    """Show the runs in this database: what is done, what is missing, how to go on."""
    from parloader.cli import report
    from parloader.operations import status as operation

    result = operation.status(target)
    output.show(result.as_json(), lambda: report.status(result))


@cli.command(epilog=EXIT_CODES)
@with_target
def pause(*, target: Any, output: Output, screen: Any) -> None:
    """Let the seed or clean that is at work in this database wait, and the next ones too, until parloader resume."""
    from parloader.cli import report
    from parloader.operations import pause as operation

    result = operation.pause(target)
    output.show(result.as_json(), lambda: report.pause(result))


@cli.command(epilog=EXIT_CODES)
@with_target
def resume(*, target: Any, output: Output, screen: Any) -> None:
    """Let what waits since parloader pause go on."""
    from parloader.cli import report
    from parloader.operations import pause as operation

    result = operation.resume(target)
    output.show(result.as_json(), lambda: report.pause(result))


@cli.command(epilog=EXIT_CODES)
@bench_options
@with_target
@with_permission
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
    allow_remote: tuple[str, ...],
) -> None:
    """Find the processes, batch and writer for this server: measure combinations, in turns, on scratch tables in this database.

    They have the columns, indexes and constraints of yours and are dropped at the end. Your own tables are not touched.
    """
    from parloader.cli import report
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
        allow_remote=allow_remote,
    )
    result = operation.bench(config, screen)
    output.show(result.as_json(), lambda: report.bench(result))
    if plot:
        from parloader.cli.plot import draw_bench

        draw_bench(result, plot)
        screen.note(f"drawn: {plot}")
    if save:
        best = result.best.configuration
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
@with_target
def schema_check(*, target: Any, output: Output, screen: Any) -> None:
    """Say which state the schema is in: empty, before V97, V97 or other. Exit code 3 where seed would refuse it."""
    from parloader.cli import report
    from parloader.operations import schema as operation

    result = operation.check_schema(target)
    output.show(result.as_json(), lambda: report.schema(result))
    result.require_fit()


@schema.command("upgrade", epilog=EXIT_CODES)
@with_target
@with_permission
def schema_upgrade(*, target: Any, output: Output, screen: Any, allow_remote: tuple[str, ...]) -> None:
    """Apply the V97 step to a schema before it. The rows stay."""
    from parloader.cli import report
    from parloader.config import UpgradeConfig
    from parloader.operations import schema as operation

    result = operation.upgrade_schema(UpgradeConfig(target=target, allow_remote=allow_remote))
    output.show(result.as_json(), lambda: report.schema(result))


@cli.command(epilog=EXIT_CODES)
@click.option("--forbid", is_flag=True, help="Forbid parloader to write in this database: make the marker table.")
@click.option("--allow", is_flag=True, help="Allow it again: drop the marker table.")
@click.option("--yes", is_flag=True, help="Do not ask before --allow.")
@with_target
def guard(*, target: Any, output: Output, screen: Any, forbid: bool, allow: bool, yes: bool) -> None:
    """Say whether parloader may write in this database; forbid it, or allow it again.

    In a database with the table parloader_forbidden, seed, clean, bench and schema upgrade are refused, whatever their options.
    """
    from parloader.cli import report
    from parloader.operations import guard as operation

    if forbid and allow:
        raise UsageError("--forbid and --allow exclude each other", "Give one of them")
    if allow and not yes and not (on_terminal() and confirmed(f"Allow parloader to write to the database {target} again?")):
        raise Interrupted("nothing was changed", "To allow it without a question: parloader guard --allow --yes")
    change = operation.Change.FORBID if forbid else operation.Change.ALLOW if allow else None
    result = operation.guard(target, change)
    output.show(result.as_json(), lambda: report.guard(result))


cli.add_command(server)
