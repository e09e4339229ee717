"""The commands for the private server."""

from typing import Any

import click

from parloader.cli.decorators import EXIT_CODES, Output, with_output


@click.group()
def server() -> None:
    """The private server: commands without --url start it for as long as they run; this keeps it running for other clients."""


@server.command("start", epilog=EXIT_CODES)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Listen on this TCP port of 127.0.0.1 too (0: any free one), with a password that server url shows.",
)
@with_output
def server_start(*, output: Output, port: int | None) -> None:
    """Start it and leave it running until stop."""
    from parloader.database.private_server import PrivateServer
    from parloader.workers.progress import Screen

    private = PrivateServer.default()
    private.start(Screen(output.verbosity).note, port)
    _show_server(private, output)


@server.command("stop", epilog=EXIT_CODES)
@with_output
def server_stop(*, output: Output) -> None:
    """Shut it down; its data stays."""
    from parloader.database.private_server import PrivateServer

    stopped = PrivateServer.default().stop()
    output.show({"running": False, "stopped": stopped}, lambda: "stopped" if stopped else "it was not running")


@server.command("status", epilog=EXIT_CODES)
@with_output
def server_status(*, output: Output) -> None:
    """Say whether it runs, and where its data is."""
    from parloader.database.private_server import PrivateServer

    _show_server(PrivateServer.default(), output)


@server.command("url", epilog=EXIT_CODES)
@with_output
def server_url(*, output: Output) -> None:
    """Print its URL for --url (with the password, where it was started with --port)."""
    from parloader.database.private_server import PrivateServer

    private = PrivateServer.default()
    url = private.tcp_url() or private.url
    output.show({"url": url}, lambda: url)


def _show_server(private: Any, output: Output) -> None:
    running = private.running()
    state = {"running": running, "url": private.url if running else None, "home": str(private.home)}
    output.show(
        state, lambda: f"{'running' if running else 'not running'}; data in {private.home}" + (f"\n{private.url}" if running else "")
    )
