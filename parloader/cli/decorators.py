"""What commands share: where results go, exit codes, and the database that a command is for. Imports nothing large, as cli.py."""

import functools
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from parloader.cli.connection_options import ConnectionOptions, connection_options
from parloader.cli.redaction import forget_variables
from parloader.errors import Interrupted, ParloaderError

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


@contextmanager
def exit_codes(verbosity: int) -> Iterator[None]:
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
            click.echo(f"error: {_one_line(str(error))}", err=True)
        raise click.exceptions.Exit(error.exit_code) from None


def _one_line(text: str) -> str:
    """What names, values and the server's words have of control characters (and of bytes that are no text) is written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def with_output(function: Callable[..., Any]) -> Callable[..., Any]:
    """-q, -v and --json, handed on as one `output`; errors end in exit codes."""

    @click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
    @click.option("-q", "--quiet", is_flag=True, help="Only the result and errors.")
    @click.option("-v", "--verbose", is_flag=True, help="More detail, and tracebacks.")
    @functools.wraps(function)
    def wrapper(*, as_json: bool, quiet: bool, verbose: bool, **options: Any) -> None:
        forget_variables()
        output = Output(verbosity=0 if quiet else 2 if verbose else 1, as_json=as_json)
        with exit_codes(output.verbosity):
            function(output=output, **options)

    return wrapper


def with_target(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of connection_options, handed on as `target`: the database they name, else that of the private server, which runs as long as the command."""

    @connection_options
    @with_output
    @functools.wraps(function)
    def wrapper(*, named: ConnectionOptions, output: Output, **options: Any) -> None:
        from parloader.workers.progress import Screen

        screen = Screen(output.verbosity)
        target = named.target()
        if target is not None:
            function(target=target, output=output, screen=screen, **options)
        else:
            from parloader.database.private_server import PrivateServer

            with PrivateServer.default().in_use(screen.note) as server:
                function(target=server.target, output=output, screen=screen, **options)

    return wrapper


def on_terminal() -> bool:
    """Whether somebody is there to be asked, and no pipe that says yes to everything."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


def with_permission(function: Callable[..., Any]) -> Callable[..., Any]:
    """--allow-remote, handed on as `allow_remote`, for commands that write. Where it lacks the target's host, whoever sits at the terminal is asked."""

    @click.option(
        "--allow-remote",
        multiple=True,
        metavar="HOST",
        envvar="PARLOADER_ALLOW_REMOTE",
        help="Write to this host, which is not this machine. Repeatable.",
    )
    @functools.wraps(function)
    def wrapper(*, target: Any, allow_remote: tuple[str, ...], **options: Any) -> None:
        from parloader.runs.permission import is_permitted

        question = f"{target.host} is not this machine. Go on, and write to the database {target}?"
        if on_terminal() and not is_permitted(target, allow_remote) and confirmed(question):
            allow_remote = (*allow_remote, target.host)
        function(target=target, allow_remote=allow_remote, **options)

    return wrapper
