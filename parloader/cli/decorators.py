"""What commands share: where results go, exit codes, and the database that a command works on. Imports nothing large."""

import functools
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from parloader.cli.connection_options import ConnectionOptions, connection_options
from parloader.cli.option_groups import option_group
from parloader.cli.redaction import forget_variables
from parloader.errors import Interrupted, ParloaderError

if TYPE_CHECKING:  # it imports the driver, which takes longer than to print a --help
    from parloader.database.target import Target

EXIT_CODES = (
    "Exit codes: 0 done; 1 failed, or verify found differences; 2 usage error; 3 refused (schema, another run, session settings, "
    "privileges); 4 cannot connect or log in; 130 interrupted. Options can also be set in PARLOADER_* variables and parloader.toml."
)


@dataclass(frozen=True, kw_only=True)
class Output:
    """Prints a command's result on stdout. Everything else goes to stderr."""

    verbosity: int  # 0: only the result and errors, 1: also notes and progress, 2: also details and tracebacks
    as_json: bool  # print one JSON object instead of text

    def show(self, result: Mapping[str, Any], text: Callable[[], str]) -> None:
        click.echo(json.dumps(result) if self.as_json else text())


@contextmanager
def exit_codes(verbosity: int) -> Iterator[None]:
    """The one place that turns errors into messages and exit codes."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("error: interrupted", err=True)
        raise click.exceptions.Exit(Interrupted.exit_code) from None
    except ParloaderError as error:
        if verbosity > 1:
            traceback.print_exc()
        if str(error):
            click.echo(f"error: {_one_line(str(error))}", err=True)
        raise click.exceptions.Exit(error.exit_code) from None


def _one_line(text: str) -> str:
    """The text with control characters, and bytes that are not UTF-8, as escapes: names, values and server messages can contain them."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


_output_options = option_group(
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="Print only the result and errors."),
    click.option("-v", "--verbose", is_flag=True, help="Also print details and tracebacks."),
)


def with_output(function: Callable[..., None]) -> Callable[..., None]:
    """--json, -q and -v, passed on as one Output, `output`. Errors become exit codes."""

    @_output_options
    @functools.wraps(function)
    def wrapper(*, as_json: bool, quiet: bool, verbose: bool, **options: Any) -> None:
        forget_variables()
        output = Output(verbosity=0 if quiet else 2 if verbose else 1, as_json=as_json)
        with exit_codes(output.verbosity):
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
        from parloader.workers.progress import Screen

        screen = Screen(output.verbosity)
        target = connection.target()
        if target is not None:
            function(target=target, output=output, screen=screen, **options)
        else:
            from parloader.database.private_server.server import PrivateServer

            with PrivateServer.default().in_use(screen.note) as server:
                function(target=server.target, output=output, screen=screen, **options)

    return wrapper


def on_terminal() -> bool:
    """Whether a user can be asked: stdin is a terminal, not a pipe that answers yes to everything."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


def with_permission(function: Callable[..., None]) -> Callable[..., None]:
    """--allow-remote, passed on as `allow_remote`, for commands that write. If it lacks a host of the target, the user at the terminal is asked."""

    @click.option(
        "--allow-remote",
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
