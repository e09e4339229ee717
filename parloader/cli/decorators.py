"""What commands share: their output, and the database that they work on. Imports nothing large."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from parloader import signals
from parloader.cli.connection_options import ConnectionOptions, connection_options
from parloader.cli.file_types import require_different_files
from parloader.cli.option_groups import CONNECTION, OUTPUT, option_group
from parloader.cli.options.name_types import Name
from parloader.cli.output import JSON_OPTION, Output, current_output
from parloader.cli.redaction import forget_variables
from parloader.cli.suggested_commands import repeated_options
from parloader.errors import UsageError

if TYPE_CHECKING:  # it imports the driver, which takes longer than to print a --help
    from parloader.cli.terminal.screen import Screen
    from parloader.database.target import Target

_output_options = option_group(
    OUTPUT.option(JSON_OPTION, "as_json", is_flag=True, help="Print the result, or the error, as one JSON object on stdout."),
    OUTPUT.option("-q", "--quiet", is_flag=True, help="Print only the result and errors."),
    OUTPUT.option("-v", "--verbose", is_flag=True, help="Also print details and tracebacks."),
)


def with_output(function: Callable[..., None]) -> Callable[..., None]:
    """--json, -q and -v, passed on as one Output, `output`."""

    @_output_options
    @functools.wraps(function)
    def wrapper(*, as_json: bool, quiet: bool, verbose: bool, **options: Any) -> None:
        forget_variables()
        output = current_output()
        output.verbosity, output.as_json = 0 if quiet else 2 if verbose else 1, as_json
        signals.raise_interrupts()
        require_different_files(click.get_current_context())
        function(output=output, **options)

    return wrapper


def with_target(function: Callable[..., None]) -> Callable[..., None]:
    """The connection and output options, passed on as `target`, `output` and `screen`.

    Without --url the target is the database of the private server, which runs as long as the command.
    """

    @connection_options
    @with_output
    @functools.wraps(function)
    def wrapper(*, connection: ConnectionOptions, output: Output, **options: Any) -> None:
        screen = screen_of(output)
        with opened(connection, screen) as target:
            function(target=target, output=output, screen=screen, **options)

    return wrapper


def screen_of(output: Output) -> "Screen":
    """Where the command shows its progress. Commands in messages connect as this one does."""
    from parloader.cli.terminal.screen import Screen

    output.repeated = repeated_options(click.get_current_context())
    return Screen(output.verbosity, output.runnable)


@contextmanager
def opened(connection: ConnectionOptions, screen: "Screen") -> "Iterator[Target]":
    """The target that the options name; without --url, that of the private server, which runs meanwhile."""
    target = connection.target()
    if target is not None:
        if target.others:
            from parloader.database.cluster import tell_unreachable

            tell_unreachable(screen.note)
        yield target
    else:
        from parloader.database.private_server.server import PrivateServer

        with PrivateServer.default().in_use(screen.note) as server:
            yield server.target


def on_terminal() -> bool:
    """Whether a user can be asked: stdin is a terminal, not a pipe that answers yes to everything."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    """Asks the user at the terminal."""
    signals.interrupt_input()
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)  # the error that follows begins a line
        return False


def require_terminal(what: str, command: str) -> None:
    """UsageError: nobody can answer what the command is about to ask. `what` says so; `command` does not ask."""
    if not on_terminal():
        raise UsageError(f"{what}, and there is no terminal to ask on", f"To answer yes without being asked: {command}")


def with_permission(function: Callable[..., None]) -> Callable[..., None]:
    """--allow-remote, passed on as `allow_remote`, for commands that write. If it lacks a host of the target, the user at the terminal is asked."""

    @CONNECTION.option(
        "--allow-remote",
        type=Name("host"),
        multiple=True,
        metavar="HOST",
        envvar="PARLOADER_ALLOW_REMOTE",
        help="Permit writing to this host, which is another machine. Repeatable.",
    )
    @functools.wraps(function)
    def wrapper(*, target: "Target", allow_remote: tuple[str, ...], **options: Any) -> None:
        from parloader.runs.permission import forbidden_hosts, not_this_machine

        hosts = forbidden_hosts(target, allow_remote) if on_terminal() else ()
        if hosts and confirmed(f"{not_this_machine(hosts)}. Write to the database {target}?"):
            allow_remote = (*allow_remote, *hosts)
        function(target=target, allow_remote=allow_remote, **options)

    return wrapper
