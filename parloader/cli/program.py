"""The command line as a program: from its arguments to its exit code, whatever happens."""

import atexit
import gc
import os
import sys

import click

from parloader.cli.commands import cli
from parloader.cli.output import Output, exit_codes
from parloader.cli.redaction import mask_process_list
from parloader.failures import traceback_wanted

# Imports create many objects that live until the end; with Python's default (700, 10, 10), the collector would scan them again and again
COLLECT_AFTER = (10_000, 20, 20)


def run() -> int:
    """Runs the command that sys.argv names; returns its exit code."""
    gc.set_threshold(*COLLECT_AFTER)
    atexit.register(gc.freeze)  # otherwise the interpreter scans all objects twice before it exits, which takes a tenth of a second
    if not traceback_wanted():
        sys.unraisablehook = lambda _: None  # an exception that nothing can handle has no effect on the result
    if "_PARLOADER_COMPLETE" in os.environ:
        import parloader.cli.completion.shells  # noqa: F401  # click finds them there
    try:
        with exit_codes(Output(verbosity=1, as_json=False)):
            mask_process_list()
            return cli.main(prog_name="parloader", standalone_mode=False) or 0
    except click.exceptions.Exit as end:
        return end.exit_code
