"""The commands that bring the private server, or a database of it, back to an earlier state: snapshot and reset."""

import functools
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from parloader.cli.completion import candidates
from parloader.cli.decorators import with_output, with_target
from parloader.cli.help_pages import EXIT_CODES, Command, Group
from parloader.cli.output import Output
from parloader.cli.settings_file import SETTINGS_FILE, read_settings
from parloader.errors import ParloaderError, Refused, UsageError
from parloader.quantities import counted

if TYPE_CHECKING:  # they import the driver, which takes longer than to print a --help
    from parloader.cli.terminal.screen import Screen
    from parloader.database.private_server.snapshots import Snapshot
    from parloader.database.target import Target
    from parloader.operations.reset import ResetResult

MIB = 2**20


def _without_url(function: Callable[..., None]) -> Callable[..., None]:
    """Refused: a variable or parloader.toml names another server than the private one."""

    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        settings = read_settings(SETTINGS_FILE)
        for where, url in (("PARLOADER_URL", os.environ.get("PARLOADER_URL")), ("url in parloader.toml", settings.get("url"))):
            if url and not _of_private_server(str(url)):
                raise Refused(
                    f"snapshots are of the private server only, and {where} names another server",
                    f"Unset {where} to work on the private server",
                )
        function(**options)

    return wrapper


def _of_private_server(url: str) -> bool:
    """Whether it is one of those that parloader server url prints."""
    from parloader.database.private_server.server import PrivateServer
    from parloader.database.target import parse_url

    server = PrivateServer.default()
    try:
        target = parse_url(url)
    except ParloaderError:
        return False
    access = server.tcp_access()
    by_tcp = access is not None and (target.host, target.port) == ("127.0.0.1", access.port)
    return target.unix_socket == server.target.unix_socket or (by_tcp and not target.unix_socket)


@click.group(cls=Group)
def snapshot() -> None:
    """Save and restore all data of the private server.

    A snapshot is a copy of its data folder. The server is stopped for the copy, and runs again afterwards if server start kept it running.
    """


@snapshot.command("save", epilog=EXIT_CODES)
@click.argument("name")
@click.option("--replace", is_flag=True, help="Replace a snapshot that has this name.")
@_without_url
@with_output
def snapshot_save(*, output: Output, name: str, replace: bool) -> None:
    """Save all databases of the private server as the snapshot NAME."""
    from parloader.cli.terminal.screen import Screen
    from parloader.database.private_server.server import PrivateServer
    from parloader.operations import snapshot as operation

    result = operation.save(PrivateServer.default(), name, replace=replace, say=Screen(output.verbosity).note)
    output.show(result.as_json(), lambda: f"saved {_described(result.snapshot)} in {result.seconds:.1f} s")


@snapshot.command("restore", epilog=EXIT_CODES)
@click.argument("name", shell_complete=candidates.snapshots)
@_without_url
@with_output
def snapshot_restore(*, output: Output, name: str) -> None:
    """Replace all data of the private server by that of the snapshot NAME. What was written since is lost."""
    from parloader.cli.terminal.screen import Screen
    from parloader.database.private_server.server import PrivateServer
    from parloader.operations import snapshot as operation

    result = operation.restore(PrivateServer.default(), name, say=Screen(output.verbosity).note)
    state = "; the server runs again" if result.running else ""
    output.show(result.as_json(), lambda: f"restored {_described(result.snapshot)} in {result.seconds:.1f} s{state}")


@snapshot.command("list", epilog=EXIT_CODES)
@_without_url
@with_output
def snapshot_list(*, output: Output) -> None:
    """List the snapshots: name, server, size, date, and the databases in them."""
    from parloader.database.private_server.server import PrivateServer
    from parloader.operations import snapshot as operation

    found = operation.list_snapshots(PrivateServer.default())
    output.show(
        {"snapshots": [one.as_json() for one in found]},
        lambda: "\n".join(map(_described, found)) or "no snapshots; to save one: parloader snapshot save NAME",
    )


@snapshot.command("drop", epilog=EXIT_CODES)
@click.argument("name", shell_complete=candidates.snapshots)
@_without_url
@with_output
def snapshot_drop(*, output: Output, name: str) -> None:
    """Remove the snapshot NAME."""
    from parloader.database.private_server.server import PrivateServer
    from parloader.operations import snapshot as operation

    operation.drop(PrivateServer.default(), name)
    output.show({"dropped": name}, lambda: f"removed the snapshot {name}")


def _described(snapshot: "Snapshot") -> str:
    """shop: MariaDB 10.11.18, 172 MiB, 2026-11-29 03:40; shop: 7 tables, about 1,000,220 rows"""
    saved = time.strftime("%Y-%m-%d %H:%M", time.localtime(snapshot.saved_at))
    databases = "; ".join(
        f"{database.name}: {counted(database.tables, 'table')}, about {counted(database.rows, 'row')}"
        for database in snapshot.databases
        if database.tables
    )
    parts = f"{snapshot.name}: {snapshot.server}, {snapshot.stored_bytes / MIB:,.0f} MiB, {saved}"
    return f"{parts}; {databases}" if databases else parts


@click.command(cls=Command, epilog=EXIT_CODES)
@click.option("--mark", "marking", is_flag=True, help="Remember the present state of the database; a later reset goes back to it.")
@click.option("--forget", is_flag=True, help="Remove the mark, and the copies of the rows that it keeps.")
@with_target
def reset(*, target: "Target", output: Output, screen: "Screen", marking: bool, forget: bool) -> None:
    """Take back what was written in a database of the private server since reset --mark.

    Changed, deleted and added rows, AUTO_INCREMENT counters, tables, views, triggers, routines and events are as they were. Only tables that
    may have changed are compared, so it takes a fraction of a second.
    """
    from parloader.operations import reset as operation

    if marking and forget:
        raise UsageError("--mark and --forget cannot be combined", "Use one of them")
    if forget:
        operation.forget(target)
        output.show({"database": target.database, "forgotten": True}, lambda: f"removed the mark of the database {target.database}")
    elif marking:
        marked = operation.mark(target)
        text = f"marked {counted(marked.tables, 'table')} with {counted(marked.rows, 'row')} in {marked.seconds:.1f} s; to go back: parloader reset"
        output.show(marked.as_json(), lambda: text)
    else:
        result = operation.reset(target)
        output.show(result.as_json(), lambda: _reset_text(result))


def _reset_text(result: "ResetResult") -> str:
    lines = [f"{table}: {counted(rows, 'row')}" for table, rows in result.rows.items()]
    for what, names in (
        ("AUTO_INCREMENT set back", result.counters),
        ("created again", result.rebuilt),
        ("dropped", result.dropped),
        ("brought back", result.programs),
    ):
        if names:
            lines.append(f"{what}: {', '.join(names)}")
    compared = counted(len(result.compared), "table")
    why = "" if result.known else " (all: the server was restarted since the last look, or a reset was interrupted)"
    lines.append(f"{result.database} is as marked; compared {compared}{why} in {result.seconds * 1000:,.0f} ms")
    return "\n".join(lines)
