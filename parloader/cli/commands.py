"""The click commands. Each turns its options into a frozen config, calls one operation and prints the result. No SQL, no logic."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parloader.cli.bench import bench
from parloader.cli.completion.command import completion
from parloader.cli.decorators import confirmed, require_terminal, with_permission, with_target
from parloader.cli.export import export
from parloader.cli.help_pages import EXIT_CODES, Program, help_command, version_option
from parloader.cli.options.executor_options import with_execution
from parloader.cli.options.models_option import create_option, create_tables
from parloader.cli.options.plan_options import PlanOptions, fault_options, new_run_option, plan_options
from parloader.cli.options.report_option import limit_option, report_option, reported
from parloader.cli.options.run_options import CleanOptions, VerifyOptions, clean_options, verify_options
from parloader.cli.options.throttle_options import chunk_option, with_limits
from parloader.cli.output import Output
from parloader.cli.plan import plan
from parloader.cli.server import server
from parloader.cli.settings_file import CONNECTION_SETTINGS, SETTINGS_FILE, OptionValue, read_settings
from parloader.cli.snapshot import reset, snapshot
from parloader.errors import Interrupted, UsageError, VerifyFailed
from parloader.process_limits import require_resources
from parloader.quantities import counted
from parloader.workers.batching import AutoBatch
from parloader.workers.execution import Execution

if TYPE_CHECKING:
    from parloader.cli.terminal.screen import Screen
    from parloader.database.target import Target
    from parloader.workers.throttle import Limits

# Each command imports its operation itself: the driver, Polars and SQLAlchemy take long to import, and worker processes import this module too.

# They work also where parloader.toml has mistakes
WITHOUT_SETTINGS = ("help", "completion")

# The worker processes of seed import this while the parent process imports the rest
SEED_MODULE = "parloader.workers.tasks.load"


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@version_option
@click.pass_context
def cli(context: click.Context) -> None:
    """Fill tables of a MySQL or MariaDB database with millions of deterministic rows, using several processes and keeping every constraint on.

    Without --url (or PARLOADER_URL), a private server on this machine is used.
    """
    if context.invoked_subcommand not in WITHOUT_SETTINGS:
        context.default_map = _default_map(cli, read_settings(SETTINGS_FILE))


def _default_map(command: click.Command, settings: Mapping[str, OptionValue]) -> dict[str, Any]:
    """The settings as click's default_map: by option for a command, by subcommand for a group."""
    if isinstance(command, click.Group):
        return {name: _default_map(subcommand, settings) for name, subcommand in command.commands.items()}
    options = {option.opts[0].lstrip("-").replace("-", "_"): option.name for option in command.params}
    if command.name == "bench":  # --procs, --batch … list what to try, while the settings say what seed uses
        settings = {name: value for name, value in settings.items() if name in (*CONNECTION_SETTINGS, "allow_remote", "column_rule", "set")}
    if command.name == "export":  # its --compress is about files, the setting about connections
        settings = {name: value for name, value in settings.items() if name != "compress"}
    return {name: settings[setting] for setting, name in options.items() if setting in settings and name}


@cli.command(epilog=EXIT_CODES)
@plan_options
@create_option
@new_run_option
@fault_options
@report_option
@limit_option
@with_target
@with_permission
@with_limits
@with_execution
def seed(
    *,
    target: "Target",
    output: Output,
    screen: "Screen",
    load: PlanOptions,
    create: bool,
    new_run: bool,
    retry_seconds: float,
    worker_restarts: int,
    report_file: Path | None,
    server_limit: int | None,
    limits: "Limits",
    allow_remote: tuple[str, ...],
    execution: Execution,
) -> None:
    """Fill a table and the parent rows it needs. Run again after an interruption, it loads only what is missing."""
    from parloader.workers.runner import executor_for

    config = replace(
        load.config(target),
        new_run=new_run,
        retry_seconds=retry_seconds,
        worker_restarts=worker_restarts,
        limits=limits,
        allow_remote=allow_remote,
    )
    require_resources(config.most_workers)
    with (
        reported(report_file, screen, output, target, server_limit) as reporting,
        executor_for(execution, config.procs, target, screen.note) as executor,
        executor.ready(config.most_workers, SEED_MODULE),  # starts the workers, which import while this process does
    ):
        from parloader.cli.texts import report
        from parloader.operations import seed as operation

        created = create_tables(config, screen) if create else ()
        result = operation.seed(config, reporting.progress, executor)
        reporting.result = result = replace(result, created_tables=created) if created else result
    output.show(result.as_json(), lambda: report.seed(result, with_workers=output.verbosity > 0), result.failure)


cli.add_command(plan)
cli.add_command(export)


@cli.command(epilog=EXIT_CODES)
@verify_options
@report_option
@with_target
@with_execution
def verify(
    *, target: "Target", output: Output, screen: "Screen", scope: VerifyOptions, report_file: Path | None, execution: Execution
) -> None:
    """Compare every generated row with the database. Exit code 1 if anything differs."""
    require_resources(scope.procs)
    from parloader.cli.texts import report
    from parloader.operations import verify as operation
    from parloader.workers.runner import executor_for

    with (
        reported(report_file, screen, output, target) as reporting,
        executor_for(execution, scope.procs, target, screen.note) as executor,
    ):
        result = reporting.result = operation.verify(scope.config(target), reporting.progress, executor)
    output.show(result.as_json(), lambda: report.verify(result), None if result.ok else VerifyFailed(result.summary, result.hint))


@cli.command(epilog=EXIT_CODES)
@clean_options
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.option("--dry-run", is_flag=True, help="Show how many rows of each table would be deleted; delete nothing.")
@fault_options
@chunk_option
@report_option
@with_target
@with_permission
@with_limits
@with_execution
def clean(
    *,
    target: "Target",
    output: Output,
    screen: "Screen",
    scope: CleanOptions,
    yes: bool,
    dry_run: bool,
    retry_seconds: float,
    worker_restarts: int,
    chunk: AutoBatch,
    report_file: Path | None,
    limits: "Limits",
    allow_remote: tuple[str, ...],
    execution: Execution,
) -> None:
    """Delete the rows that parloader created, and nothing else."""
    require_resources(scope.procs)
    from parloader.cli.texts import report
    from parloader.operations import clean as operation
    from parloader.workers.runner import executor_for

    config = scope.config(
        target, retry_seconds=retry_seconds, worker_restarts=worker_restarts, chunk=chunk, limits=limits, allow_remote=allow_remote
    )
    with executor_for(execution, scope.procs, target, screen.note) as executor:
        if dry_run or not yes:
            # clean looks for edited rows itself, so the preview before the question does not
            preview = operation.preview_clean(config if dry_run else replace(config, edited_too=True), screen, executor)
            if dry_run:
                output.show(preview.as_json(), lambda: report.clean(preview))
                return
            if preview.rows:
                rows, command = f"{'' if preview.exact else 'up to '}{counted(preview.rows, 'row')}", str(replace(config.command, yes=True))
                require_terminal(f"clean asks before it deletes {rows} from {target}", command)
                if not confirmed(f"{report.clean(preview)}\nDelete {rows} from {target}?"):
                    raise Interrupted("nothing was deleted", f"To delete without being asked: {command}")
        with reported(report_file, screen, output, target) as reporting:
            result = reporting.result = operation.clean(config, reporting.progress, executor)
    output.show(result.as_json(), lambda: report.clean(result))


@cli.command(epilog=EXIT_CODES)
@with_target
def status(*, target: "Target", output: Output, screen: "Screen") -> None:
    """List runs, their progress, and the command that resumes them."""
    from parloader.cli.texts import report
    from parloader.operations import status as operation

    result = operation.status(target)
    output.show(result.as_json(), lambda: report.status(result))


@cli.command(epilog=EXIT_CODES)
@with_target
def pause(*, target: "Target", output: Output, screen: "Screen") -> None:
    """Pause the running seed or clean, until parloader resume. Those started later in this database wait as well."""
    from parloader.cli.texts import report
    from parloader.operations import pause as operation

    result = operation.pause(target)
    output.show(result.as_json(), lambda: report.pause(result))


@cli.command(epilog=EXIT_CODES)
@with_target
def resume(*, target: "Target", output: Output, screen: "Screen") -> None:
    """Resume what parloader pause has paused."""
    from parloader.cli.texts import report
    from parloader.operations import pause as operation

    result = operation.resume(target)
    output.show(result.as_json(), lambda: report.pause(result))


cli.add_command(bench)


@cli.group()
def schema() -> None:
    """Check and upgrade the schema of the built-in example."""


@schema.command("check", epilog=EXIT_CODES)
@with_target
def schema_check(*, target: "Target", output: Output, screen: "Screen") -> None:
    """Show the state of the schema: empty, before V97, V97 or other. Exit code 3 if seed would refuse it."""
    from parloader.cli.texts import report
    from parloader.operations import schema as operation

    result = operation.check_schema(target)
    output.show(result.as_json(), lambda: report.schema(result), result.misfit)


@schema.command("upgrade", epilog=EXIT_CODES)
@with_target
@with_permission
def schema_upgrade(*, target: "Target", output: Output, screen: "Screen", allow_remote: tuple[str, ...]) -> None:
    """Apply migration V97 to a schema that is in the state before it. No row is lost."""
    from parloader.cli.texts import report
    from parloader.config import UpgradeConfig
    from parloader.operations import schema as operation

    result = operation.upgrade_schema(UpgradeConfig(target=target, allow_remote=allow_remote))
    output.show(result.as_json(), lambda: report.schema(result))


@cli.command(epilog=EXIT_CODES)
@click.option("--forbid", is_flag=True, help="Forbid parloader to write in this database: create the table parloader_forbidden.")
@click.option("--allow", is_flag=True, help="Allow it again: drop that table.")
@click.option("--yes", is_flag=True, help="With --allow: do not ask.")
@with_target
def guard(*, target: "Target", output: Output, screen: "Screen", forbid: bool, allow: bool, yes: bool) -> None:
    """Show whether parloader may write in this database. Forbid it, or allow it again.

    In a database with the table parloader_forbidden, seed, clean, bench and schema upgrade are refused, whatever their options.
    """
    from parloader.cli.texts import report
    from parloader.operations import guard as operation

    if forbid and allow:
        raise UsageError("--forbid and --allow cannot be combined", "Use one of them")
    if allow and not yes:
        require_terminal(f"guard --allow asks before it allows parloader to write to {target} again", "parloader guard --allow --yes")
        if not confirmed(f"Allow parloader to write to the database {target} again?"):
            raise Interrupted("nothing was changed", "To allow it without being asked: parloader guard --allow --yes")
    change = operation.Change.FORBID if forbid else operation.Change.ALLOW if allow else None
    result = operation.guard(target, change)
    output.show(result.as_json(), lambda: report.guard(result))


cli.add_command(server)
cli.add_command(snapshot)
cli.add_command(reset)
cli.add_command(completion)
cli.add_command(help_command)
