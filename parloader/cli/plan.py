"""The click command plan, which shows what seed would do. No logic."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parloader.cli.decorators import with_target
from parloader.cli.file_types import OutputFile
from parloader.cli.help_pages import EXIT_CODES, Command
from parloader.cli.options.number_types import WholeNumber
from parloader.cli.options.plan_options import PlanOptions, new_run_option, plan_options
from parloader.cli.output import Output
from parloader.errors import UsageError
from parloader.limits import MAX_SAMPLED_ROWS
from parloader.process_limits import require_resources

if TYPE_CHECKING:
    from parloader.cli.terminal.screen import Screen
    from parloader.database.target import Target


@click.command(cls=Command, epilog=EXIT_CODES)
@plan_options
@new_run_option
@click.option("--sample", type=WholeNumber(1, MAX_SAMPLED_ROWS), metavar="ROWS", help="Also print this many sample rows.")
@click.option(
    "--write",
    type=OutputFile(),
    metavar="FILE.toml",
    help="Write the plan that seed would use to a file, for you to edit.",
)
@click.option(
    "--profile",
    is_flag=True,
    help="Also print what the rows will look like: NULLs, distinct values, smallest, median, largest and most frequent ones, children per parent.",
)
@click.option(
    "--html",
    type=OutputFile(),
    metavar="FILE.html",
    help="Write the profile to a page with histograms.",
)
@with_target
def plan(
    *,
    target: "Target",
    output: Output,
    screen: "Screen",
    load: PlanOptions,
    new_run: bool,
    sample: int | None,
    write: Path | None,
    profile: bool,
    html: Path | None,
) -> None:
    """Show what seed would do, and whether the schema fits. Nothing is written to the database."""
    require_resources()
    from parloader.cli.texts import report
    from parloader.operations import plan as operation

    if write and os.path.lexists(write):  # also False for a name that no file can have
        raise UsageError(f"{write} already exists", "Choose another name, or move it away")
    result = operation.plan(replace(load.config(target), new_run=new_run), sample or 0, profiled=profile or html is not None)
    if write:
        operation.write(result, write)
        screen.note(f"wrote {write}; edit it, then run: {load.seed_command(write, new_run=new_run)}")
    if html:
        from parloader.cli.pages.profile_page import write_profile

        write_profile(result, html)
        screen.note(f"wrote {html}")
    output.show(result.as_json(), lambda: report.plan(result, with_profiles=profile), result.failure)
