"""The click command bench, which finds the fastest settings. No logic."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parloader.cli.decorators import with_permission, with_target
from parloader.cli.help_pages import EXIT_CODES, Command
from parloader.cli.options.bench_options import BenchOptions, bench_options
from parloader.cli.options.executor_options import with_execution
from parloader.cli.options.report_option import report_option, reported
from parloader.cli.output import Output
from parloader.cli.settings_file import SETTINGS_FILE, save_settings
from parloader.process_limits import require_resources
from parloader.workers.batching import FixedBatch
from parloader.workers.execution import Execution

if TYPE_CHECKING:
    from parloader.database.target import Target
    from parloader.operations.bench_result import BenchResult
    from parloader.workers.progress import Progress


@click.command(cls=Command, epilog=EXIT_CODES)
@bench_options
@report_option
@with_target
@with_permission
@with_execution
def bench(
    *,
    target: "Target",
    output: Output,
    screen: "Progress",
    what: BenchOptions,
    plot: Path | None,
    save: bool,
    report_file: Path | None,
    allow_remote: tuple[str, ...],
    execution: Execution,
) -> None:
    """Find the fastest settings for this server.

    Measures each combination of --procs, --batch and --writer once per round, on scratch tables in this database. They have the columns,
    indexes and constraints of a table of yours (--table, --plan) or of the built-in example, and are dropped at the end. Your own tables are not
    touched.
    """
    require_resources()
    from parloader.cli.texts import report
    from parloader.operations import bench as operation
    from parloader.workers.runner import executor_for

    with (
        reported(report_file, screen, output, target) as reporting,
        executor_for(execution, what.most_procs, target, screen.note) as executor,
    ):
        config = what.config(target, executor.capacity, allow_remote)
        result = reporting.result = operation.bench(config, reporting.progress, executor)
    output.show(result.as_json(), lambda: report.bench(result))
    if plot:
        from parloader.cli.pages.bench_chart import draw_bench

        draw_bench(result, plot)
        screen.note(f"drew {plot}")
    if save:
        _save(result, screen)


def _save(result: "BenchResult", screen: "Progress") -> None:
    best = result.best.configuration
    batch = best.batch.rows if isinstance(best.batch, FixedBatch) else best.batch.text
    limit = round(result.baseline.rows_per_second)
    save_settings(SETTINGS_FILE, {"procs": best.procs, "batch": batch, "writer": str(best.writer), "server_limit": limit})
    screen.note(f"saved to {SETTINGS_FILE}: {best.options}, and the server limit for reports: {limit:,} rows/s")
