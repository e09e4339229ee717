"""--report: writes a page about the command at hand, also if it fails. Imports nothing large."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parloader.cli.file_types import OutputFile
from parloader.cli.option_groups import OUTPUT
from parloader.cli.options.number_types import RowCount
from parloader.cli.output import Output, error_to_show
from parloader.errors import ParloaderError
from parloader.limits import MAX_ROWS

if TYPE_CHECKING:
    from parloader.workers.progress import Progress
    from parloader.workers.recorder import Recorder


def _report(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
    if file is not None and importlib.util.find_spec("matplotlib") is None:
        raise click.BadParameter("the charts of a report need matplotlib: pip install 'parloader[plot]'")
    return file


report_option = OUTPUT.option(
    "--report",
    "report_file",
    type=OutputFile(),
    callback=_report,
    metavar="FILE.html",
    help="Write a page about this command: rows, rates and latencies over time by worker, memory, retries, waits, the result.",
)


limit_option = OUTPUT.option(
    "--server-limit",
    type=RowCount(1, MAX_ROWS),
    metavar="ROWS",
    help="Rows per second that the server can take, as parloader bench has measured, for the report: a line in its chart. parloader bench --save "
    "writes it to parloader.toml.",
)


@dataclass
class Report:
    """What the page shows of the command."""

    progress: "Progress"
    """the observer to give to the operation"""
    result: Any = None
    """of the operation, when it has one"""
    limit: int | None = None
    """the server limit that an earlier bench measured, in rows per second"""


@contextmanager
def reported(file: Path | None, screen: "Progress", output: Output, target: object, limit: int | None = None) -> Iterator[Report]:
    """A context in which the command runs, and after which the page is written, whatever happened. None: no page is asked for.

    A page that cannot be written is one line on stderr, and no reason for the command to fail.
    """
    if file is None:
        yield Report(screen)
        return
    from parloader.workers.recorder import Recorder

    recorder = Recorder(screen)
    report = Report(recorder, limit=limit)
    error: ParloaderError | None = None
    try:
        yield report
    except BaseException as exception:
        error = error_to_show(exception)
        raise
    finally:
        recorder.end()
        _write(file, report, recorder, error, output, str(target))


def _write(file: Path, report: Report, recorder: "Recorder", error: ParloaderError | None, output: Output, target: str) -> None:
    try:
        from parloader.cli.pages.page import write_page
        from parloader.cli.pages.run_page import asked_for, run_page

        asked = asked_for(click.get_current_context(), output, target, report.limit)
        write_page(file, run_page(recorder, report.result, error, asked, output))
    except KeyboardInterrupt:
        click.echo("the report was not written: interrupted", err=True)
    except Exception as failure:  # the rows are loaded, whatever it is
        click.echo(f"the report was not written: {error_to_show(failure)}", err=True)
    else:
        report.progress.note(f"wrote {file}")
