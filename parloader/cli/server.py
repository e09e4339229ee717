"""The commands that control the private server."""

from typing import TYPE_CHECKING

import click

from parloader.cli.decorators import with_output
from parloader.cli.help_pages import EXIT_CODES, Group
from parloader.cli.options.number_types import WholeNumber
from parloader.cli.output import Output
from parloader.cli.redaction import redact

if TYPE_CHECKING:  # it imports the driver, which takes longer than to print a --help
    from parloader.database.private_server.server import PrivateServer


@click.group(cls=Group)
def server() -> None:
    """Control the private server.

    Commands without --url start it and stop it themselves; server start keeps it running for other clients.
    """


@server.command("start", epilog=EXIT_CODES)
@click.option(
    "--port",
    type=WholeNumber(0, 65535),
    help="Also listen on this TCP port of 127.0.0.1 (0: any free port), with a password that server url prints.",
)
@with_output
def server_start(*, output: Output, port: int | None) -> None:
    """Start the server, and keep it running until server stop."""
    from parloader.cli.terminal.screen import Screen
    from parloader.database.private_server.server import PrivateServer

    private = PrivateServer.default()
    private.start(Screen(output.verbosity).note, port)
    _show_server(private, output)


@server.command("stop", epilog=EXIT_CODES)
@with_output
def server_stop(*, output: Output) -> None:
    """Stop the server. Its data stays on disk."""
    from parloader.database.private_server.server import PrivateServer

    stopped = PrivateServer.default().stop()
    output.show({"running": False, "stopped": stopped}, lambda: "stopped" if stopped else "the private server was not running")


@server.command("status", epilog=EXIT_CODES)
@with_output
def server_status(*, output: Output) -> None:
    """Show whether the server is running, and where its data is."""
    from parloader.database.private_server.server import PrivateServer

    _show_server(PrivateServer.default(), output)


@server.command("url", epilog=EXIT_CODES)
@with_output
def server_url(*, output: Output) -> None:
    """Print the server's URL, for --url. Started with --port, the URL has a password."""
    from parloader.database.private_server.server import PrivateServer

    private = PrivateServer.default()
    url = private.tcp_url() or private.url
    output.show({"url": url}, lambda: url)


def _show_server(private: "PrivateServer", output: Output) -> None:
    running = private.running()
    lines = [f"{'running' if running else 'not running'}; data in {private.home}", *([private.url] if running else [])]
    tcp_url = redact(private.tcp_url() or "")
    if tcp_url:
        lines.append(f"{tcp_url} (parloader server url prints it with the password)")
    document = {"running": running, "url": private.url if running else None, "tcp_url": tcp_url or None, "home": str(private.home)}
    output.show(document, lambda: "\n".join(lines))
