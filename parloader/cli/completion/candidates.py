"""What can be typed for an option: tables and runs of the database that the words before the cursor name, and plan files.

Nothing here prints, asks, waits long or starts a server. Whatever fails offers nothing.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, TypeAlias

import click

from parloader.cli.connection_options import ConnectionOptions
from parloader.cli.settings_file import SETTINGS_FILE, read_settings
from parloader.quantities import counted

if TYPE_CHECKING:  # each takes longer to import than a TAB may take
    from click.shell_completion import CompletionItem

    from parloader.database.driver import Connection
    from parloader.database.target import Target

    Items: TypeAlias = list[CompletionItem[str]]

# A server that takes longer is not waited for: the user has typed the name meanwhile
PATIENCE_SECONDS = 2.0


def plan_files(_: click.Context, __: click.Parameter, incomplete: str) -> "Items":
    """The plan files, and folders with more of them, which the shell itself looks for."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="toml")]


def tables(context: click.Context, _: click.Parameter, incomplete: str) -> "Items":
    """The tables of the database."""
    return _starting_with(incomplete, dict.fromkeys(_ask(context, _table_names), ""))


def tables_with_rows(context: click.Context, _: click.Parameter, incomplete: str) -> "Items":
    """The tables, each followed by the = of TABLE=ROWS."""
    return _starting_with(incomplete, {f"{name}=": "" for name in _ask(context, _table_names)})


def runs(context: click.Context, _: click.Parameter, incomplete: str) -> "Items":
    """The numbers of the runs in the ledger."""
    return _starting_with(incomplete, dict(line.split(" ", 1) for line in _ask(context, _run_numbers)))


def snapshots(_: click.Context, __: click.Parameter, incomplete: str) -> "Items":
    """The snapshots of the private server."""
    names: dict[str, str] = {}
    with contextlib.suppress(Exception):
        from parloader.database.private_server.server import PrivateServer
        from parloader.operations.snapshot import list_snapshots

        names = {
            each.name: f"{each.server}, {counted(len(each.databases), 'database')}" for each in list_snapshots(PrivateServer.default())
        }
    return _starting_with(incomplete, names)


def _starting_with(incomplete: str, texts: dict[str, str]) -> "Items":
    from click.shell_completion import CompletionItem

    return [CompletionItem(text, help=help_text) for text, help_text in texts.items() if text.startswith(incomplete)]


def _ask(context: click.Context, question: "Callable[[Connection], list[str]]") -> list[str]:
    """The answer of the database; nothing if it does not answer in time.

    A thread asks, because neither a look-up of a host's name nor every step of logging in has a time limit of its own.
    """
    answer: list[str] = []

    def ask() -> None:
        with contextlib.suppress(Exception):
            target = _target(context)
            if target is not None:
                from parloader.database.session import connected

                with connected(target) as connection:
                    answer.extend(question(connection))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    return [] if thread.is_alive() else answer


def _target(context: click.Context) -> "Target | None":
    """The database of the options, variables and settings. None: it needs a password that is typed, or a private server that does not run."""
    given = {field.name: context.params.get(field.name) for field in fields(ConnectionOptions)}
    if given["ask_password"]:
        return None
    settings = read_settings(SETTINGS_FILE)
    for name in ("url", "ssl_mode", "ssl_ca", "ssl_cert", "ssl_key"):
        given[name] = given[name] or settings.get(name)
    target = ConnectionOptions(**given).target()  # type: ignore[arg-type]  # as click and the settings check them
    if target is not None:
        return target
    from parloader.database.private_server.server import PrivateServer

    server = PrivateServer.default()
    return server.target if server.running() else None


def _table_names(connection: "Connection") -> list[str]:
    from parloader.database.introspection import list_tables
    from parloader.ledger import store

    listed = list_tables(connection)
    return sorted(name for name in store.table_names(listed) if listed.tables[name].table_type != "VIEW")


def _run_numbers(connection: "Connection") -> list[str]:
    """Each run's number and, behind a blank, what it has loaded."""
    from parloader.ledger import store

    if not store.exists(connection):
        return []
    return [f"{run.run_id} {run.target}, {counted(run.done_rows, 'row')}" for run in store.runs(connection)]
